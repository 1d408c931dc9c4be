"""Helpers of the DNS tests: messages written out by hand, and the datagrams of a capture read by scapy."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mailtrace.model import Data, Dialogue, Lookup, Side, Transport, Violation
from mailtrace.protocols.dns.session import DnsSession

QUERY, RESPONSE = 0x0100, 0x8180
TO_QUESTION = b"\xc0\x0c"


def name(text: str) -> bytes:
    """Encode a name without compression."""
    labels = [label.encode("latin-1") for label in text.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def record(owner: bytes, type_: int, data: bytes, ttl: int = 300, class_: int = 1) -> bytes:
    """Encode a record."""
    return owner + struct.pack("!HHIH", type_, class_, ttl, len(data)) + data


def message(
    id_: int = 0x1234,
    flags: int = QUERY,
    question: bytes = name("daum.net") + struct.pack("!HH", 15, 1),
    answers: tuple[bytes, ...] = (),
    authority: tuple[bytes, ...] = (),
    additional: tuple[bytes, ...] = (),
) -> bytes:
    """Encode a message with one question, or none when `question` is empty."""
    counts = (int(bool(question)), len(answers), len(authority), len(additional))
    return struct.pack("!6H", id_, flags, *counts) + question + b"".join((*answers, *authority, *additional))


def ask(text: str, type_: int, class_: int = 1) -> bytes:
    """Encode one question."""
    return name(text) + struct.pack("!HH", type_, class_)


def udp(*datagrams: tuple[str, bytes]) -> Dialogue:
    """Feed datagrams, `C` from the client, `S` from the server; the n-th is packet n, sent at n milliseconds."""
    session = DnsSession(Transport.UDP)
    for number, (side, wire) in enumerate(datagrams, 1):
        session.feed(Data(Side.CLIENT if side == "C" else Side.SERVER, wire, number, number * 1_000_000))
    session.finish()
    return session.dialogue


def violations(dialogue: Dialogue) -> list[str]:
    """Return the codes of all violations."""
    return [event.code for event in dialogue.events if isinstance(event, Violation)]


class Datagram(NamedTuple):
    """One UDP packet to or from port 53."""

    number: int
    time_ns: int
    key: tuple[str, int, str, int]
    side: Side
    wire: bytes


def _network_layer(frame: bytes) -> bytes:
    """Return the IP packet in an Ethernet frame, tagged or not; frames of raw IP captures are that already."""
    at = 12
    while frame[at : at + 2] == b"\x81\x00":
        at += 4
    return frame[at + 2 :] if frame[at : at + 2] in (b"\x08\x00", b"\x86\xdd") else frame


def read_datagrams(path: Path) -> Iterator[Datagram]:
    """Read the DNS datagrams of a capture; scapy reads the file, the headers are cut here."""
    from scapy.utils import RawPcapNgReader, RawPcapReader

    with RawPcapReader(str(path)) as reader:
        for number, (frame, meta) in enumerate(reader, 1):
            if isinstance(reader, RawPcapNgReader):
                time_ns = (meta.tshigh << 32 | meta.tslow) * 1_000_000_000 // meta.tsresol
            else:
                time_ns = meta.sec * 1_000_000_000 + meta.usec * 1000
            packet = _network_layer(frame)
            if packet[:1] < b"\x50" and packet[9:10] == b"\x11":
                hosts, udp_at = (packet[12:16].hex(), packet[16:20].hex()), (packet[0] & 15) * 4
            elif packet[:1] >= b"\x60" and packet[6:7] == b"\x11":
                hosts, udp_at = (packet[8:24].hex(), packet[24:40].hex()), 40
            else:
                continue
            source, target, length = struct.unpack_from("!HHH", packet, udp_at)
            wire = packet[udp_at + 8 : udp_at + length]
            if target == 53:
                yield Datagram(number, time_ns, (hosts[0], source, hosts[1], 53), Side.CLIENT, wire)
            elif source == 53:
                yield Datagram(number, time_ns, (hosts[1], target, hosts[0], 53), Side.SERVER, wire)


def read_lookups(path: Path) -> tuple[list[Lookup], list[Violation]]:
    """Return what sessions understand of a capture, lookups in order of their first packet."""
    sessions: dict[tuple[str, int, str, int], DnsSession] = {}
    for datagram in read_datagrams(path):
        session = sessions.setdefault(datagram.key, DnsSession(Transport.UDP))
        session.feed(Data(datagram.side, datagram.wire, datagram.number, datagram.time_ns))
    lookups: list[Lookup] = []
    broken: list[Violation] = []
    for session in sessions.values():
        session.finish()
        lookups += session.dialogue.lookups
        broken += [event for event in session.dialogue.events if isinstance(event, Violation)]
    return sorted(lookups, key=lambda lookup: lookup.packets[0]), broken
