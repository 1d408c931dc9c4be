"""How long packets of a connection are on their way, from the place of the capture to each side and back."""

from __future__ import annotations

from collections.abc import Sequence

from mailtrace.model import Flags, Packet, Side

SYN = int(Flags.SYN)

SYN_AGAIN_NS = 900_000_000
"""A SYN is sent again after a second. Source: RFC 6298 section 2."""

MOST_TRIES = 32
"""Packets at the beginning among which all SYNs are: clients give up after a few."""


def ways_ns(packets: Sequence[Packet]) -> tuple[int, int]:
    """Return how long the way to each side and back took in the handshake, from where it was captured; 0 if unknown.

    TCP answers at once in the handshake, so that all of it is the way. A late answer to a SYN of which another comes
    behind it tells nothing: it is rather one to that.
    """
    ways = [0, 0]
    for side in Side:
        asked: Packet | None = None
        for index, packet in enumerate(packets):
            if packet.side is side.other and packet.flags & SYN:
                asked = packet
            elif asked is not None and packet.side is side:
                took = max(0, packet.time_ns - asked.time_ns)
                doubtful = took >= SYN_AGAIN_NS and any(_asks(each, side.other) for each in packets[index:MOST_TRIES])
                ways[side] = 0 if doubtful else took
                break
    return ways[0], ways[1]


def _asks(packet: Packet, side: Side) -> bool:
    return packet.side is side and bool(packet.flags & SYN)
