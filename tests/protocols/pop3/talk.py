"""Helpers of the POP3 tests: a conversation fed piece by piece, and what came of it in short."""

from __future__ import annotations

from mailtrace.model import (
    Closed,
    Command,
    Content,
    Continuation,
    Data,
    Dialogue,
    Gap,
    GapReason,
    Lookup,
    Reply,
    Side,
    Transport,
    Violation,
    WentDark,
    masked,
)
from mailtrace.protocols.pop3.session import Pop3Session

SIDES = {"C": Side.CLIENT, "S": Side.SERVER}


def talk(*pieces: tuple[str, bytes | int], how: str = "fin") -> Dialogue:
    """Feed pieces of `C` and `S`, a number being a hole of so many octets; the n-th is packet n, sent at n."""
    session = Pop3Session(Transport.TCP)
    for number, (side, piece) in enumerate(pieces, 1):
        if isinstance(piece, int):
            session.feed(Gap(SIDES[side], piece, GapReason.LOST, number, number))
        else:
            session.feed(Data(SIDES[side], piece, number, number))
    for side in Side:
        session.feed(Closed(side, how, 99, 99))
    session.finish()
    return session.dialogue


def short(dialogue: Dialogue) -> list[str]:
    """Return one line an event, as a report would show it: secrets masked."""
    lines = []
    for event in dialogue.events:
        match event:
            case Command():
                lines.append(f"C {event.verb}: {masked(event.line, event.secrets).decode('latin-1')}")
            case Continuation():
                lines.append(f"C ... {masked(event.line, event.secrets).decode('latin-1')}")
            case Reply():
                lines.append(f"S {event.status}: " + "|".join(line.decode("latin-1") for line in event.lines))
            case Content():
                lines.append(f"{event.how} {event.size_bytes} {'whole' if event.complete else 'partial'}")
            case Violation():
                lines.append(f"! {event.code}")
            case Gap():
                lines.append(f"- {event.missing}")
            case WentDark():
                lines.append(f"dark from {event.packet}")
            case Lookup():
                lines.append("lookup")
    return lines


def pairs(dialogue: Dialogue) -> list[tuple[str | None, list[str]]]:
    """Return the turns: verb, or None for a greeting and for answers to nothing, and the status of each answer."""
    return [(turn.command and turn.command.verb, [reply.status for reply in turn.replies]) for turn in dialogue.turns]
