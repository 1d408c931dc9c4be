"""HOT. One packet captured twice: by two interfaces, or by a mirror port that sees it come and go (`mail`).

A copy has the same endpoints, TCP header and payload; link addresses, VLANs, time to live and checksums may differ.
What tells it from a real repeat is the identification that senders count up with every IPv4 packet, repeats included.
Where a sender does not (it is 0), and in IPv6, time must tell: the sooner, the less can it be a repeat. In real
captures copies come within 0.3 ms, and hardly a repeat sooner than 20 ms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mailtrace.model import NO_TIME
from mailtrace.packets.columns import Bools, Ints
from mailtrace.streams.grouping import Words
from mailtrace.streams.packetrows import (
    ACKNOWLEDGED,
    CAPTURED,
    FLAGS,
    IP_ID,
    LANE,
    LENGTH,
    MIX,
    NUMBER,
    PAYLOAD_AT,
    PLACE,
    SEQUENCE,
    TAIL,
    TIME,
    WAY,
    Table,
)

SAME_ID_NS = 150_000_000
"""How far apart copies with the same identification may be: less than the 200 ms after which Linux repeats at soonest,
since some senders, test tools mostly, give all packets the same."""

ELSEWHERE_NS = 10_000_000
"""How far apart copies without identification may be when captured on different interfaces or in different lanes."""

SAME_PLACE_NS = 1_000_000
"""How far apart they may be otherwise."""

NEAR_PACKETS = 4_096
"""How many packets of the capture may lie between copies."""

SAME = np.array([WAY, SEQUENCE, ACKNOWLEDGED, FLAGS, LENGTH, CAPTURED, IP_ID, TAIL, MIX])
"""What copies have in common."""

_MIX_A, _MIX_B, _SHIFT = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(29)


@dataclass(slots=True)
class _Seen:
    """Packets of one batch that later ones are compared with; payloads lie in `buffer`."""

    table: Table
    keys: Words
    buffer: bytes


class Copies:
    """Finds the copies among the packets kept, batch by batch."""

    def __init__(self) -> None:
        self._seen: list[_Seen] = []

    def among(self, table: Table, buffer: bytes, last_number: int) -> Ints:
        """Return which packets of the table are copies of earlier ones; `last_number` is the batch's last packet.

        A packet is compared with the one before it that looks the same, so that a third copy is one of the second.
        """
        new = _Seen(table, _keys(table), buffer)
        known = [*self._seen, new]
        copies = self._found(known) if table.shape[1] else np.zeros(0, dtype=np.int64)
        self._seen = []
        for seen in known:
            recent = seen.table[NUMBER] > last_number - NEAR_PACKETS
            if recent.all() and len(recent):
                self._seen.append(seen)
            elif recent.any():
                self._seen.append(_Seen(seen.table[:, recent], seen.keys[recent], seen.buffer))
        return copies

    def _found(self, known: list[_Seen]) -> Ints:
        keys = np.concatenate([seen.keys for seen in known])
        ordered = np.sort(keys)
        if not (ordered[1:] == ordered[:-1]).any():
            return np.zeros(0, dtype=np.int64)
        table = np.concatenate([seen.table for seen in known], axis=1)
        order = np.lexsort((table[NUMBER], keys))
        alike = np.flatnonzero(keys[order[1:]] == keys[order[:-1]])
        first, second = order[alike], order[alike + 1]
        begins_new = len(keys) - len(known[-1].keys)
        near = (second >= begins_new) & _near(table[:, first], table[:, second])
        sizes = np.cumsum([len(seen.keys) for seen in known])
        buffers = np.searchsorted(sizes, np.arange(len(keys)), side="right")

        def payload(index: int) -> bytes:
            at, seen = int(table[PAYLOAD_AT, index]), known[int(buffers[index])]
            return seen.buffer[at : at + int(table[CAPTURED, index])]

        pairs = zip(first[near].tolist(), second[near].tolist(), strict=True)
        return np.sort(np.array([b - begins_new for a, b in pairs if payload(a) == payload(b)], dtype=np.int64))


def _keys(table: Table) -> Words:
    """Return a number for each packet that is the same for copies, and hardly for others."""
    words = (
        table[MIX],
        (table[SEQUENCE] << 32) | table[ACKNOWLEDGED],
        (table[LENGTH] << 32) | ((table[IP_ID] & 0xFFFF) << 16) | (table[FLAGS] << 1) | table[WAY],
        table[TAIL],
    )
    key = np.zeros(table.shape[1], dtype=np.uint64)
    for word in words:
        key = (key ^ word.view(np.uint64)) * _MIX_A
        key ^= key >> _SHIFT
    return key


def _near(first: Table, second: Table) -> Bools:
    """Tell which pairs are alike in all that copies have in common, and near enough."""
    alike = (first[SAME] == second[SAME]).all(axis=0)
    timed = (first[TIME] != NO_TIME) & (second[TIME] != NO_TIME)
    apart_ns = np.abs(np.where(timed, second[TIME] - first[TIME], 0))
    elsewhere = (first[PLACE] != second[PLACE]) | (first[LANE] != second[LANE])
    limit_ns = np.where(second[IP_ID] > 0, SAME_ID_NS, np.where(elsewhere, ELSEWHERE_NS, SAME_PLACE_NS))
    near: Bools = alike & timed & (apart_ns <= limit_ns) & (second[NUMBER] - first[NUMBER] <= NEAR_PACKETS)
    return near
