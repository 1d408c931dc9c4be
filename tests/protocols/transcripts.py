r"""Dialogues as text: how `tests/dialogues/<protocol>/*.txt` are read, played to a session, and what comes out as text.

    # One sentence: what this dialogue shows.       Lines that start with # are comments, and empty ones are skipped
    # transport: udp                                (only where it is not TCP; then each step is a datagram)
    S: 220 mx.example ESMTP                         one line of the server, CRLF is added
    C: EHLO client.example                          one line of the client
    C| raw octets\r\nwith \n \0 \xff \\ escapes      octets as they are: nothing is added, white space at the end counts
    C? 12                                           a hole of 12 octets in what the client said
    S! fin                                          the server closes: fin, rst
    ---
    reply: 220 mx.example ESMTP                     every event, in order; the lines of a reply are joined by " / "
    reply: a1 OK done                               an IMAP reply with its tag; untagged: `OK` or `FETCH 1 FETCH`
    command: EHLO client.example                    secrets as ********, "(uncertain) " before it when it is
    continuation: ********
    content: DATA complete "Hi\r\n"                 its octets, escaped; or cut, with its holes as [offset+missing]
    violation: bare-line-feed client
    gap: client 12
    dark: starttls
    lookup: MX daum.net NOERROR 10 mail.daum.net.
    turn: EHLO -> 250                               then the views, each only if there is a line of it here, save that
    turn: (none) -> 220                             transactions and logins are always compared
    transaction: a@b -> c@d 250, e@f 550 | accepted 250 QUEUEID
    login: PLAIN lee accepted                       or refused, or unanswered; the user is - when not known

`test_dialogues.py` plays every dialogue as written, as the Chooser gives it, with all of a turn in one segment, by
single octets, cut in two at every place (all with the same events), with flipped bits (no exception), and with a hole
at many places (no exception, no certain command and no complete content that was not there without the hole).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from mailtrace.model import (
    Closed,
    Command,
    Content,
    Continuation,
    Data,
    Dialogue,
    Event,
    Gap,
    GapReason,
    Lookup,
    Proxied,
    Reply,
    Side,
    StreamEvent,
    Transport,
    Violation,
    WentDark,
    masked,
    wire_text,
)
from mailtrace.protocols import PROTOCOLS
from mailtrace.protocols.base import ProtocolRow, Session

DIALOGUES = Path(__file__).resolve().parents[1] / "dialogues"
SIDES = {"C": Side.CLIENT, "S": Side.SERVER}
ALWAYS_COMPARED = ("transaction", "login")
VIEWS = ("turn", *ALWAYS_COMPARED)
MICROSECOND = 1000

_ESCAPE = re.compile(r"\\(r|n|t|0|\\|x[0-9a-f]{2})")
_NAMED = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\"}


@dataclass(frozen=True)
class Step:
    """What one side does next: octets, a hole (`missing`) or a close (`closed`)."""

    side: Side
    octets: bytes = b""
    missing: int = 0
    closed: str = ""


@dataclass(frozen=True)
class Transcript:
    """One dialogue file."""

    name: str
    transport: Transport
    steps: tuple[Step, ...]
    expected: tuple[str, ...]

    @property
    def row(self) -> ProtocolRow:
        """The protocol it is about, by its folder."""
        return next(row for row in PROTOCOLS if row.name == self.name.split("/")[0])


def names() -> list[str]:
    """Return the names of all dialogues, `protocol/name`."""
    return sorted(f"{path.parent.name}/{path.stem}" for path in DIALOGUES.glob("*/*.txt"))


def read_transcript(name: str) -> Transcript:
    """Read one dialogue file."""
    text = (DIALOGUES / f"{name}.txt").read_text(encoding="utf-8")
    said, _, expected = text.partition("\n---\n")
    transport = Transport.UDP if "# transport: udp" in said else Transport.TCP
    steps = tuple(_step(line) for line in said.splitlines() if line and not line.startswith("#"))
    lines = tuple(line.rstrip() for line in expected.splitlines() if line.strip() and not line.startswith("#"))
    return Transcript(name, transport, steps, lines)


def octets(text: str) -> bytes:
    """Return the octets that a text with escapes stands for."""
    pieces, at = [], 0
    for found in _ESCAPE.finditer(text):
        code = found.group(1)
        pieces.append(text[at : found.start()].encode())
        pieces.append(bytes([int(code[1:], 16)]) if code[0] == "x" else _NAMED[code].encode())
        at = found.end()
    return b"".join([*pieces, text[at:].encode()])


def escaped(data: bytes) -> str:
    """Return octets as text with escapes: UTF-8 where it is, everything else as in the dialogue files."""
    text = wire_text(data.replace(b"\\", b"\\\\"))
    named = {ord(char): f"\\{name}" for name, char in _NAMED.items() if name != "\\"}
    return "".join(named.get(ord(char), char if ord(char) >= 32 else f"\\x{ord(char):02x}") for char in text)


def _step(line: str) -> Step:
    side, kind, rest = SIDES[line[0]], line[1], line[2:].removeprefix(" ")
    if kind == "?":
        return Step(side, missing=int(rest))
    if kind == "!":
        return Step(side, closed=rest.strip())
    return Step(side, octets(rest) if kind == "|" else rest.rstrip().encode() + b"\r\n")


def stream_events(steps: Iterable[Step]) -> Iterator[StreamEvent]:
    """Number the steps as packets, a microsecond apart."""
    for packet, step in enumerate(steps, 1):
        if step.closed:
            yield Closed(step.side, step.closed, packet, packet * MICROSECOND)
        elif step.missing:
            yield Gap(step.side, step.missing, GapReason.LOST, packet, packet * MICROSECOND)
        elif step.octets:
            yield Data(step.side, step.octets, packet, packet * MICROSECOND)


def play(session: Session, steps: Iterable[Step]) -> Dialogue:
    """Feed a session and finish it."""
    for event in stream_events(steps):
        session.feed(event)
    session.finish()
    return session.dialogue


def joined(steps: Iterable[Step]) -> list[Step]:
    """Return the steps with all octets of a turn in one."""
    whole: list[Step] = []
    for (side, plain), group in groupby(steps, key=lambda step: (step.side, bool(step.octets))):
        members = list(group)
        whole += [Step(side, b"".join(step.octets for step in members))] if plain else members
    return whole


def cut(steps: Iterable[Step], size: int) -> list[Step]:
    """Return the steps in pieces of at most `size` octets."""
    return [
        piece
        for step in steps
        for piece in (
            [Step(step.side, step.octets[at : at + size]) for at in range(0, len(step.octets), size)]
            if step.octets
            else [step]
        )
    ]


def shown(dialogue: Dialogue, views: Iterable[str] = VIEWS) -> list[str]:
    """Return the events of a dialogue, then the wanted views, as the lines that dialogue files expect."""
    lines = [_event(event) for event in dialogue.events]
    if "turn" in views:
        for turn in dialogue.turns:
            asked = "(none)" if turn.command is None else turn.command.verb
            lines.append(f"turn: {asked} -> {' '.join(reply.status for reply in turn.replies)}".rstrip())
    for mail in dialogue.transactions if "transaction" in views else ():
        recipients = ", ".join(f"{one.address} {one.status}" for one in mail.recipients) or "nobody"
        ended = " ".join(filter(None, (mail.outcome.value, mail.status, mail.queue_id)))
        lines.append(f"transaction: {'?' if mail.sender is None else mail.sender or '<>'} -> {recipients} | {ended}")
    for login in dialogue.logins if "login" in views else ():
        ended = {True: "accepted", False: "refused", None: "unanswered"}[login.accepted]
        lines.append(f"login: {login.mechanism} {login.user or '-'} {ended}")
    return lines


def _event(event: Event) -> str:
    match event:
        case Command():
            doubt = "" if event.certain else "(uncertain) "
            return f"command: {doubt}{escaped(masked(event.line, event.secrets))}".rstrip()
        case Continuation():
            return f"continuation: {escaped(masked(event.line, event.secrets))}".rstrip()
        case Reply():
            tag = "" if event.tag is None else f"{escaped(event.tag.encode())} "
            return f"reply: {tag}{event.status} {' / '.join(escaped(line) for line in event.lines)}".rstrip()
        case Content():
            state = "complete" if event.complete else "cut"
            holes = "".join(f" [{offset}+{missing}]" for offset, missing in event.holes)
            return f'content: {event.how} {state}{holes} "{escaped(event.kept)}"'
        case Violation():
            return f"violation: {event.code} {event.side.name.lower()}"
        case Gap():
            return f"gap: {event.side.name.lower()} {event.missing}"
        case WentDark():
            return f"dark: {event.why}"
        case Proxied():
            return f"proxied: {event.said}"
        case Lookup():
            return f"lookup: {event.type} {event.name} {event.rcode} {' '.join(event.answers)}".rstrip()
