"""A conversation in a test: what is said piece by piece, and what a session made of it in short."""

from __future__ import annotations

from collections.abc import Iterable

from mailtrace.model import Closed, Data, Dialogue, Gap, GapReason, Side, StreamEvent, Violation
from mailtrace.protocols.base import Session
from tests.protocols.transcripts import shown

C, S = Side.CLIENT, Side.SERVER

Said = tuple[Side, bytes | int | str]
"""Octets of one side, a hole of so many octets, or how the side closes."""


def stream(said: Iterable[Said]) -> list[StreamEvent]:
    """Return the events of a conversation; the n-th piece is packet n, sent at n milliseconds."""
    events: list[StreamEvent] = []
    for packet, (side, what) in enumerate(said, 1):
        time_ns = packet * 1_000_000
        if isinstance(what, int):
            events.append(Gap(side, what, GapReason.LOST, packet, time_ns))
        elif isinstance(what, str):
            events.append(Closed(side, what, packet, time_ns))
        else:
            events.append(Data(side, what, packet, time_ns))
    return events


def understood(session: Session, said: Iterable[Said]) -> Dialogue:
    """Return what a session understands of it."""
    for event in stream(said):
        session.feed(event)
    session.finish()
    return session.dialogue


def codes(dialogue: Dialogue) -> list[str]:
    """Return the codes of all violations."""
    return [event.code for event in dialogue.events if isinstance(event, Violation)]


def told(dialogue: Dialogue, *kinds: str) -> list[str]:
    """Return the lines that dialogue files would expect, of these kinds alone."""
    return [line for line in shown(dialogue) if line.startswith(kinds)]
