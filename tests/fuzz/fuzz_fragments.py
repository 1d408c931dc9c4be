"""Fuzz target: any fragments make only packets whose octets were sent, the same however they are batched."""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import replace

import numpy as np

from mailtrace.model import Interface
from mailtrace.packets.decode import Decoder
from mailtrace.packets.fragments import OCTET_LIMIT, PACKET_LIMIT
from tests.packets.test_decode import batch_of
from tests.packets.test_fragments import part, part_6

ORDER_BYTES = 6
"""Octets that describe one fragment: identification, offset, size, kind, content, seconds since the last."""

Packets = dict[int, bytes]


def _frames(data: bytes) -> tuple[list[bytes], list[int]]:
    """Return the fragments described, of UDP datagrams over IPv4 and IPv6, and their times."""
    frames, times, now = [], [], 0
    for identification, offset, size, kind, content, pause in struct.iter_unpack(">6B", data[: len(data) // 6 * 6]):
        now += (pause & 7) * 10**9 if pause & 8 else pause
        octets = bytes([content]) * (size if kind & 2 else size // 8 * 8)
        if offset == 0:
            octets = struct.pack(">HHHH", 1000, 25, 0, 0) + octets
        more, at = bool(kind & 1), offset * (8 if kind & 4 else 512)
        if kind & 8:
            frames.append(part_6(octets, at & 0xFFF8, more, identification & 3, following=17))
        else:
            frames.append(part(octets, at & 0xFFF8, more, identification & 3, protocol=17))
        times.append(now)
    return frames, times


def _read(frames: list[bytes], times: list[int], size: int) -> tuple[Packets, Counter[str], list[str]]:
    """Return the payloads put together, by packet number, what was counted, and the notes."""
    decoder = Decoder()
    found: Packets = {}
    other: Counter[str] = Counter()
    for begin in range(0, len(frames), size):
        some = [(frame, len(frame)) for frame in frames[begin : begin + size]]
        batch = replace(batch_of(some, Interface(101)), first_number=begin + 1)
        batch = replace(batch, time_ns=np.array(times[begin : begin + size], dtype=np.int64))
        decoded = decoder.decode(batch)
        other += decoded.other
        udp = decoded.udp
        for row, at, captured in zip(udp.row.tolist(), udp.payload_at.tolist(), udp.captured.tolist(), strict=True):
            found[batch.first_number + row] = decoded.buffer[at : at + captured]
        held = decoder._fragments._packets
        assert decoder._fragments._octets == sum(packet.captured() for packet in held.values()) <= OCTET_LIMIT
        assert len(held) <= PACKET_LIMIT
    return found, other, [note.message for note in decoder.notes()]


def fuzz_one(data: bytes) -> None:
    """Read `data` as orders for fragments; raises only when a promise is broken."""
    frames, times = _frames(data)
    found, other, _ = whole = _read(frames, times, max(len(frames), 1))
    assert sum(other.values()) + len(found) == len(frames)
    for payload in found.values():
        assert len(payload) <= 0xFFFF
        assert all(len(set(payload[at : at + 8])) == 1 for at in range(0, len(payload), 8))
    for size in (1, 3):
        assert _read(frames, times, size) == whole
