"""Which packets of a connection were sent again, and which only came late: one judgement for all who tell of them.

A `Mark` says whether the octets of a packet were here before, and not why. What fills a hole may be the original that
others overtook, or a repeat of one that was lost before the capture; what comes twice may be a repeat, or the original
behind its repeat. The time since the hole was seen and the acknowledgements meanwhile tell them apart: a sender repeats
when it has heard of a loss, which takes a round trip, or when its timer runs out, which takes longer.

Source: RFC 5681 section 3.2, RFC 6298 section 2.4, RFC 8985 section 6.2.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct, field

from mailtrace.model import Flags, Mark, Packet
from mailtrace.streams.roundtrip import ways_ns

SYN, ACK, FIN, RST = int(Flags.SYN), int(Flags.ACK), int(Flags.FIN), int(Flags.RST)

ASIDE = frozenset((Mark.KEEP_ALIVE, Mark.OUT_OF_WINDOW, Mark.AFTER_CLOSE, Mark.OVERLAP_CONFLICT))
"""Marks of packets that are neither: they have no octets of the stream, or others than those that were here."""

TOLD_OFTEN = 2
"""Duplicate acknowledgements that make a sender repeat: three, of which one may be missing from the capture."""

PATIENCE_NS = 20_000_000
"""Timers of TCP are longer; networks that change the order of packets delay them less."""


class Again(NamedTuple):
    """The packets with octets that were sent again, and those that came after others that were sent later."""

    resent: list[Packet]
    late: list[Packet]


class _Way(Struct):
    """What one side has sent: `ends` are the highest octets so far, reached at `times`; `filled` says when repeats
    filled holes, by sequence number; `told` are the times of the duplicate acknowledgements that it got.
    """

    ends: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    filled: dict[int, int] = field(default_factory=dict)
    acknowledged: int = 0
    told: list[int] = field(default_factory=list)


def sent_again(packets: Sequence[Packet]) -> Again:
    """Judge the packets of a connection, which stand in the order of the capture."""
    again = Again([], [])
    round_trip = sum(ways_ns(packets))
    ways = _Way(), _Way()
    for packet in packets:
        if packet.mark not in ASIDE and not packet.flags & RST:
            way, end = ways[packet.side], packet.sequence + packet.length
            if packet.length and way.ends and packet.sequence < way.ends[-1]:
                (again.resent if _is_resent(packet, way, round_trip) else again.late).append(packet)
            if not way.ends or end > way.ends[-1]:
                way.ends.append(end)
                way.times.append(packet.time_ns)
        _acknowledge(packet, ways[1 - packet.side])
    return again


def _is_resent(packet: Packet, way: _Way, round_trip: int) -> bool:
    """Judge a packet with octets before the newest."""
    patience = max(PATIENCE_NS, 2 * round_trip)
    if packet.mark is Mark.RETRANSMISSION:
        filled = way.filled.pop(packet.sequence, None)
        return filled is None or packet.time_ns - filled >= patience
    if way.acknowledged > packet.sequence:
        return False
    overtaken = way.times[bisect_right(way.ends, packet.sequence)]
    waited = packet.time_ns - overtaken
    told = len(way.told) - bisect_left(way.told, overtaken)
    resent = waited >= patience or (told >= TOLD_OFTEN and waited * 2 >= round_trip)
    if resent:
        way.filled[packet.sequence] = packet.time_ns
    return resent


def _acknowledge(packet: Packet, way: _Way) -> None:
    """Take what a packet tells the sender of the other way."""
    if not packet.flags & ACK:
        return
    if packet.acknowledged > way.acknowledged:
        way.acknowledged = packet.acknowledged
    elif packet.acknowledged == way.acknowledged and not packet.length and not packet.flags & (SYN | FIN | RST):
        way.told.append(packet.time_ns)
