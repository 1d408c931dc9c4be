"""Puts what both sides said in the order they said it, where a capture lost or swapped packets.

Usually the order of the packets is that order. But an answer can be captured before its question, and a hole is known
only some packets after it. Acknowledgements tell: who acknowledges octets has heard them. So what acknowledges an event
comes behind it, and only where neither acknowledges the other the order of the packets decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mailtrace.model import Data, StreamEvent

Held = tuple[int, StreamEvent]
"""An event and the offset of its first octet in what its side says."""


def merged(client: Sequence[Held], server: Sequence[Held], acknowledged: Mapping[int, int]) -> Iterator[StreamEvent]:
    """Yield the events of both sides, each in its own order; `acknowledged` are offsets by packet number."""
    at, to = 0, 0
    while at < len(client) and to < len(server):
        if _comes_first(client, at, server, to, acknowledged):
            yield client[at][1]
            at += 1
        else:
            yield server[to][1]
            to += 1
    for _, event in (*client[at:], *server[to:]):
        yield event


def _comes_first(
    ours: Sequence[Held], at: int, theirs: Sequence[Held], to: int, acknowledged: Mapping[int, int]
) -> bool:
    """Tell whether our next event was said before theirs."""
    heard_ours = _heard(theirs[to][1], acknowledged) > ours[at][0]
    heard_theirs = _heard(ours[at][1], acknowledged) > theirs[to][0]
    return heard_ours if heard_ours != heard_theirs else _packet(ours, at) < _packet(theirs, to)


def _heard(event: StreamEvent, acknowledged: Mapping[int, int]) -> int:
    """Return how far its sender had heard the other side; of a hole nobody knows."""
    return acknowledged.get(event.packet, -1) if isinstance(event, Data) else -1


def _packet(events: Sequence[Held], at: int) -> int:
    """Return the packet of an event; of a hole that of the octets behind it, since what proves it comes much later."""
    for _, event in events[at:]:
        if isinstance(event, Data):
            return event.packet
    return events[at][1].packet
