"""Fuzz target: any octets of a client and a server, cut and holed anyhow, end in a dialogue that keeps promises."""

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
    Reply,
    Side,
    Transport,
    masked,
)
from mailtrace.protocols.imap.folders import folder_asked, folder_told
from mailtrace.protocols.imap.session import ImapSession

TURN_MARK = b"\xfe\xfa"
"""Where the other side speaks; what comes first is the server's."""

HOLE_MARK = b"\xfe\xfb"
"""Where some octets of the side are missing."""


def _play(turns: list[bytes], size: int) -> Dialogue:
    """Return what a session understood; every piece of `size` octets is a segment, every turn has one packet number."""
    session = ImapSession(Transport.TCP)
    for number, turn in enumerate(turns, 1):
        side = Side(number % 2)
        for place, octets in enumerate(turn.split(HOLE_MARK)):
            if place:
                session.feed(Gap(side, 9, GapReason.LOST, number, number))
            for at in range(0, len(octets), size):
                session.feed(Data(side, octets[at : at + size], number, number))
    for side in Side:
        session.feed(Closed(side, "fin", len(turns), len(turns)))
    session.finish()
    return session.dialogue


def _check(dialogue: Dialogue, octets: int) -> None:
    """Hold the promises that need no second look."""
    for event in dialogue.events:
        match event:
            case Command() | Continuation():
                assert all(0 <= start < stop <= len(event.line) for start, stop in event.secrets)
                assert len(masked(event.line, event.secrets)) <= len(event.line) + 8 * len(event.secrets)
            case Content():
                assert event.size_bytes >= len(event.kept)
                assert not (event.complete and event.holes)
    replies = [reply for turn in dialogue.turns for reply in turn.replies]
    assert len(replies) == len([event for event in dialogue.events if isinstance(event, Reply)])
    assert {id(turn.command) for turn in dialogue.turns if turn.command} == {
        id(event) for event in dialogue.events if isinstance(event, Command)
    }
    assert sum(len(content.kept) for content in dialogue.contents) <= 300 * octets + 100_000
    for turn in dialogue.turns:
        folder_asked(turn)
    for reply in replies:
        folder_told(reply)


def _kept(dialogue: Dialogue) -> list[object]:
    """Return what must not depend on cuts."""
    kept: list[object] = []
    for event in dialogue.events:
        match event:
            case Command():
                kept.append((event.line, event.secrets, event.certain))
            case Continuation():
                kept.append((event.line, event.secrets))
            case Reply():
                kept.append((event.tag, event.status, event.lines))
            case Content():
                kept.append((event.sha256, event.complete))
            case _:
                kept.append(type(event))
    return [*kept, dialogue.logins]


def fuzz_one(data: bytes) -> None:
    """Take a conversation from `data`; raises when a promise is broken."""
    turns = data.split(TURN_MARK)
    whole = _play(turns, 1 << 30)
    _check(whole, len(data))
    for size in (1, 5):
        assert _kept(_play(turns, size)) == _kept(whole)
