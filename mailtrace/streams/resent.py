"""Which packets of a connection were sent again, and which only came late: one judgement for all who tell of them.

A `Mark` says whether the octets of a packet were here before, and not why. What fills a hole may be the original that
others overtook, or a repeat of one that was lost before the capture; what comes twice may be a repeat, or the original
behind its repeat. The time since the hole was seen and the acknowledgements meanwhile tell them apart: a sender repeats
when it has heard of a loss, which takes a round trip, or when its timer runs out, which takes longer. Where a sender
counts the IPv4 identification up, it settles the matter: that of a repeat is behind those of all that was sent before.

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


NEAR_IDS = 256
"""How near two identifications of one flight are where the sender counts them; random ones hardly ever are."""

IDS = 1 << 16


class Again(NamedTuple):
    """The packets that were sent again, and those that came after others that were sent later; some are both."""

    resent: list[Packet]
    late: list[Packet]


class _Way(Struct):
    """What one side has sent: `ends` are the highest octets so far, reached at `times` by packets with `ids`; `filled`
    says when repeats filled holes, by sequence number; `told` are the times of the duplicate acknowledgements it got.
    """

    ends: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    newest_id: int = 0
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
            way = ways[packet.side]
            if is_acknowledged(packet) and way.ends and packet.sequence < way.ends[-1]:
                resent = _is_resent(packet, way, round_trip)
                if resent:
                    again.resent.append(packet)
                if not resent or _ahead(way.newest_id, packet.ip_id) > 0:
                    again.late.append(packet)
            _take(packet, way)
        _acknowledge(packet, ways[1 - packet.side])
    return again


def is_acknowledged(packet: Packet) -> bool:
    """Tell whether the other side has to acknowledge a packet, so that it may be sent again. A call is not judged here:
    a SYN without ACK is repeated because nobody answers.
    """
    return bool(packet.length or packet.flags & FIN or packet.flags & (SYN | ACK) == SYN | ACK)


def _take(packet: Packet, way: _Way) -> None:
    """Take how far a packet goes."""
    end = packet.sequence + packet.length + bool(packet.flags & (SYN | FIN))
    if not way.ends or end > way.ends[-1]:
        way.ends.append(end)
        way.times.append(packet.time_ns)
        way.ids.append(packet.ip_id)
    if packet.ip_id > 0 and _ahead(way.newest_id, packet.ip_id) <= 0:
        way.newest_id = packet.ip_id


def _ahead(one: int, other: int) -> int:
    """Return by how much an identification was counted after another, below 0 for before; 0 if that is not known."""
    ahead = (one - other + IDS // 2) % IDS - IDS // 2
    return ahead if one > 0 and other > 0 and abs(ahead) <= NEAR_IDS else 0


def _is_resent(packet: Packet, way: _Way, round_trip: int) -> bool:
    """Judge a packet with octets before the newest."""
    patience = max(PATIENCE_NS, 2 * round_trip)
    overtaker = bisect_right(way.ends, packet.sequence)
    counted = _ahead(packet.ip_id, way.ids[overtaker])
    if counted:
        return counted > 0
    if packet.mark is Mark.RETRANSMISSION:
        filled = way.filled.pop(packet.sequence, None)
        return filled is None or packet.time_ns - filled >= patience
    if way.acknowledged > packet.sequence:
        return False
    overtaken = way.times[overtaker]
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
