"""The Info text of a TLS segment: the records and messages that end in it, `Server Hello, Change Cipher Spec`.

Records are longer than segments, so each direction of a connection remembers what is left of the one under way. A
repeat changes nothing; after a hole the next segment that begins like a record begins anew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mailtrace.model import TlsFacts
from mailtrace.streams.tcpmarks import Place
from mailtrace.tls.numbers import (
    ALERT,
    ALERT_NAMES,
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    CLIENT_HELLO,
    HANDSHAKE,
    HANDSHAKE_NAMES,
    SERVER_HELLO,
)

RECORDS = {CHANGE_CIPHER_SPEC: "Change Cipher Spec", APPLICATION_DATA: "Application Data"}
KINDS = (CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA)
"""Source: RFC 8446 section 5.1."""

ENCRYPTED_HANDSHAKE, ENCRYPTED_ALERT = "Encrypted Handshake Message", "Encrypted Alert"

RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""The random of a ServerHello that asks for another ClientHello. Source: RFC 8446 section 4.1.3."""

HEADER_OCTETS = 5
RECORD_LIMIT = 16_384 + 2_048
"""Octets of a record that is believed: the most that any version allows (RFC 5246 section 6.2.3)."""

NAMES_LIMIT = 32
"""Records named in one row; a segment of 64 kB can hold thousands of empty ones."""

_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(slots=True)
class _Way:
    """One direction of a connection: where its next octets are expected, and the record under way.

    `body` has the octets of a handshake or an alert, `left` counts those to come; `message_left` those of a handshake
    message that goes on in the next record. `sealed` once the cipher was changed.
    """

    expected: int
    header: bytearray = field(default_factory=bytearray)
    body: bytearray = field(default_factory=bytearray)
    left: int = 0
    message_left: int = 0
    sealed: bool = False


class TlsRecords:
    """Names the records of every TLS connection of a capture, segment by segment."""

    def __init__(self) -> None:
        """Begin with no connection known."""
        self._ways: dict[Place, _Way] = {}

    def see(self, place: Place, sequence: int, payload: bytes) -> str:
        """Return what ends in a segment that begins at `sequence`, '' where nothing does, or where it is no TLS."""
        way = self._ways.get(place)
        if way is None or sequence > way.expected:
            if not _begins(payload):
                return ""
            way = self._ways[place] = _Way(sequence, sealed=way.sealed if way else False)
        elif sequence < way.expected:
            return ""
        way.expected = sequence + len(payload)
        names: list[str] = []
        if not _read(way, payload, names):
            del self._ways[place]
        return ", ".join(names[:NAMES_LIMIT])


def tls_info(payload: bytes) -> str:
    """Return what ends in a segment on its own, '' where it is no TLS."""
    return TlsRecords().see(Place(b"", 0, b"", 0), 0, payload)


def messages_told(facts: TlsFacts) -> dict[int, str]:
    """Return what was opened of a handshake by the packets that completed it, alerts included."""
    told: dict[int, list[str]] = {}
    for message in facts.messages:
        told.setdefault(message.packet, []).append(_WORDS.sub(" ", message.name))
    alert = facts.alert
    if alert is not None and alert.packet in told:
        level, description = "Fatal" if alert.fatal else "Warning", alert.description.replace("_", " ").title()
        worded = f"Alert (Level: {level}, Description: {description})"
        told[alert.packet] = [worded if name == "Alert" else name for name in told[alert.packet]]
    return {packet: ", ".join(names[:NAMES_LIMIT]) for packet, names in told.items()}


def _begins(octets: bytes | bytearray) -> bool:
    """Tell whether octets begin like a record, as far as they go."""
    return bool(octets) and octets[0] in KINDS and octets[1:2] in (b"", b"\3")


def _read(way: _Way, payload: bytes, names: list[str]) -> bool:
    """Add the names of the records that end in a segment; false where a record should begin and does not."""
    at = 0
    while at < len(payload):
        if len(way.header) < HEADER_OCTETS:
            piece = payload[at : at + HEADER_OCTETS - len(way.header)]
            way.header += piece
            if len(way.header) == HEADER_OCTETS:
                way.left = int.from_bytes(way.header[3:5], "big")
            if not _begins(way.header) or way.left > RECORD_LIMIT:
                return False
        else:
            piece = payload[at : at + way.left]
            way.left -= len(piece)
            if way.header[0] in (HANDSHAKE, ALERT):
                way.body += piece
        at += len(piece)
        if len(way.header) == HEADER_OCTETS and not way.left:
            names += _record(way, way.header[0], bytes(way.body))
            way.header.clear()
            way.body.clear()
    return True


def _record(way: _Way, kind: int, body: bytes) -> list[str]:
    """Return the names of what a whole record holds."""
    if kind == HANDSHAKE:
        return _messages(way, body)
    if kind == ALERT:
        return [_alert(body) if len(body) == 2 and not way.sealed else ENCRYPTED_ALERT]
    if kind == CHANGE_CIPHER_SPEC:
        way.sealed = True
    return [RECORDS[kind]]


def _messages(way: _Way, body: bytes) -> list[str]:
    """Name the messages of a handshake record; what makes no sense is encrypted.

    TLS 1.3 says that it changed its cipher before a hello that is in clear all the same.
    """
    if way.sealed and body[:1] not in (bytes([CLIENT_HELLO]), bytes([SERVER_HELLO])):
        return [ENCRYPTED_HANDSHAKE]
    names: list[str] = []
    at = min(way.message_left, len(body))
    way.message_left -= at
    while at + 4 <= len(body) and len(names) < NAMES_LIMIT:
        size = int.from_bytes(body[at + 1 : at + 4], "big")
        name = HANDSHAKE_NAMES.get(body[at])
        if name is None or size > 0xFFFF:
            return [ENCRYPTED_HANDSHAKE]
        if body[at] == SERVER_HELLO and body[at + 6 : at + 38] == RETRY_RANDOM:
            name = "HelloRetryRequest"
        names.append(_WORDS.sub(" ", name))
        at += 4 + size
    way.message_left += max(0, at - len(body))
    return names


def _alert(body: bytes) -> str:
    """Return an alert as Wireshark words it. Source: RFC 8446 section 6."""
    level = {1: "Warning", 2: "Fatal"}.get(body[0], str(body[0]))
    description = ALERT_NAMES.get(body[1], str(body[1])).replace("_", " ").title()
    return f"Alert (Level: {level}, Description: {description})"
