"""Helpers of the IMAP tests: a conversation fed piece by piece, and what came of it in short."""

from __future__ import annotations

from collections.abc import Iterable

from mailtrace.model import Closed, Command, Data, Dialogue, Gap, GapReason, Side, StreamEvent, Transport, Violation
from mailtrace.protocols.imap.session import ImapSession
from tests.protocols.transcripts import shown

C, S = Side.CLIENT, Side.SERVER

Said = tuple[Side, bytes | int | str]
"""Octets of one side, a hole of so many octets, or how the side closes."""

READY: tuple[Said, ...] = ((S, b"* OK ready\r\n"),)
OPENED: tuple[Said, ...] = (*READY, (C, b"a0 SELECT INBOX\r\n"), (S, b"a0 OK done\r\n"))
GOODBYE: tuple[Said, ...] = ((C, b"z9 LOGOUT\r\n"), (S, b"* BYE\r\nz9 OK bye\r\n"))
LEFT = ["command: z9 LOGOUT", "reply: BYE", "reply: z9 OK bye"]
"""What comes of GOODBYE while all is in step."""


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


def talk(*said: Said) -> Dialogue:
    """Return what a session understood of it."""
    session = ImapSession(Transport.TCP)
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


def left(dialogue: Dialogue) -> list[str]:
    """Return the last three lines of events: those of GOODBYE while all is in step."""
    return shown(dialogue, ())[-3:]


def verbs(dialogue: Dialogue) -> list[str]:
    """Return the verbs of all commands."""
    return [event.verb for event in dialogue.events if isinstance(event, Command)]
