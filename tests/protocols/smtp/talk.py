"""Helpers of the SMTP tests: a conversation fed piece by piece, and what came of it in short."""

from __future__ import annotations

from collections.abc import Iterable

from mailtrace.model import Closed, Data, Dialogue, Gap, GapReason, Side, StreamEvent, Transport, Violation
from mailtrace.protocols.smtp.session import SmtpSession
from tests.protocols.transcripts import shown

C, S = Side.CLIENT, Side.SERVER

Said = tuple[Side, bytes | int | str]
"""Octets of one side, a hole of so many octets, or how the side closes."""

GREETED: tuple[Said, ...] = ((S, b"220 mx ESMTP\r\n"), (C, b"EHLO a\r\n"), (S, b"250 mx\r\n"))
ENVELOPE: tuple[Said, ...] = (
    (C, b"MAIL FROM:<a@b>\r\n"),
    (S, b"250 Ok\r\n"),
    (C, b"RCPT TO:<c@d>\r\n"),
    (S, b"250 Ok\r\n"),
)
ASKED: tuple[Said, ...] = (*GREETED, *ENVELOPE, (C, b"DATA\r\n"), (S, b"354 go\r\n"))
GOODBYE: tuple[Said, ...] = ((C, b"QUIT\r\n"), (S, b"221 Bye\r\n"))


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


def session(*said: Said) -> SmtpSession:
    """Return a session that was fed all of this and finished."""
    fed = SmtpSession(Transport.TCP)
    for event in stream(said):
        fed.feed(event)
    fed.finish()
    return fed


def talk(*said: Said) -> Dialogue:
    """Return what a session understood of it."""
    return session(*said).dialogue


def codes(dialogue: Dialogue) -> list[str]:
    """Return the codes of all violations."""
    return [event.code for event in dialogue.events if isinstance(event, Violation)]


def told(dialogue: Dialogue, *kinds: str) -> list[str]:
    """Return the lines that dialogue files would expect, of these kinds alone."""
    return [line for line in shown(dialogue) if line.startswith(kinds)]
