"""Fuzz targets: whatever is put where TLS should be, nothing raises, little is listed, and nothing is made up."""

from __future__ import annotations

from collections.abc import Sequence

from mailtrace.model import Closed, Data, Gap, GapReason, Side
from mailtrace.tls.certificate import parse_certificate
from mailtrace.tls.keys import Keys
from mailtrace.tls.layer import TlsLayer

Wire = Sequence[Data | Gap]

VIOLATIONS = 20
"""Kinds of violations of both sides together, each listed once."""


def fuzz_one(wire: Wire, keys: Keys, spoken: tuple[bytes, bytes]) -> None:
    """Read `wire`; what comes out must be a part of what was `spoken` by client and server, but for what is clear."""
    layer = TlsLayer(keys)
    clear: list[Data | Gap | Closed] = []
    for event in wire:
        clear += layer.feed(event)
    clear += layer.feed(Closed(Side.CLIENT, "fin", 999, 9))
    clear += layer.feed(Closed(Side.SERVER, "fin", 999, 9))
    assert sum(isinstance(event, Closed) for event in clear) == 2
    assert len(layer.violations) <= VIOLATIONS
    assert len(layer.facts.messages) <= 200
    outside = {each.side for each in layer.violations if each.code == "plaintext-after-tls"}
    for event in clear:
        if isinstance(event, Gap):
            assert event.missing > 0
        elif isinstance(event, Data) and event.side not in outside:
            assert event.data in spoken[event.side]


def fuzz_certificate(der: bytes) -> None:
    """Read `der` as a certificate."""
    certificate = parse_certificate(der)
    assert len(certificate.sha256) == 64
    assert max(map(len, (certificate.subject, certificate.issuer, certificate.key, certificate.serial))) <= 1024


def events_of(data: bytes) -> list[Data | Gap]:
    """Read any octets as events: side and size, then the octets; a size of 255 is a hole."""
    events: list[Data | Gap] = []
    at = 0
    while at + 2 <= len(data):
        side, size = Side(data[at] & 1), data[at + 1]
        number = len(events) + 1
        if size == 255:
            events.append(Gap(side, data[at] + 1, GapReason.LOST, number, number))
            at += 2
        else:
            events.append(Data(side, data[at + 2 : at + 2 + size], number, number))
            at += 2 + size
    return events
