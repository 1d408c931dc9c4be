"""HOT. What the JSON contract says of commands and replies, key by key (tests/bench `mail`).

They are more than all else that is written, so their records are made in one go, and what servers say again and again
is written once.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Raw, Struct
from msgspec.json import Encoder

from mailtrace.model import Command, Continuation, Outcome, Turn, masked, wire_text
from mailtrace.model.remembered import Remembered
from mailtrace.protocols.imap.folders import folder_asked, folder_told
from mailtrace.protocols.sasl import shown
from mailtrace.reports.times import iso

LINES_REMEMBERED = 2_048
"""Answers whose lines are written once for all who give the same: servers have few words."""

LINES_BYTES = 1_000
"""Octets of lines, as written, that are remembered; those of a mailbox may be as long as it is."""

_encode = Encoder().encode


class _Command(Struct, gc=False, omit_defaults=True):
    packet: int
    time: str | None
    verb: str
    argument: str
    line: str
    packets: tuple[int, ...]
    tag: str | None = None
    mailbox: str | None = None
    certain: bool = True


class _Reply(Struct, gc=False, omit_defaults=True):
    packet: int
    time: str | None
    status: str
    enhanced: str | None
    outcome: Outcome
    lines: Raw
    packets: tuple[int, ...]
    tag: str | None = None
    mailbox: str | None = None


class _Continuation(Struct, gc=False):
    packet: int
    time: str | None
    line: str
    packets: tuple[int, ...]


class TurnRecord(Struct, gc=False):
    """What the contract says of a command and what it was answered."""

    command: _Command | None
    replies: list[_Reply]
    continuations: Sequence[_Continuation]


def _lines(lines: tuple[bytes, ...], show_secrets: bool = False) -> Raw:
    """Return the lines of a reply as a list in JSON."""
    return Raw(_encode([wire_text(line) for line in shown(lines, show_secrets)]))


_LINES = Remembered(_lines, LINES_REMEMBERED, lambda _, written: len(memoryview(written)) <= LINES_BYTES)


def turn_records(turns: Sequence[Turn], show_secrets: bool) -> list[TurnRecord]:
    """Return the records of turns, made in one go: there are more of them than of anything else."""
    records = []
    for turn in turns:
        command, continued, replies = turn.command, turn.continuations, []
        for each in turn.replies:
            packet, time, lines = each.packet, iso(each.time_ns), each.lines
            written = _lines(lines, show_secrets) if show_secrets else _LINES.get(lines) or _LINES[lines]
            replies.append(_Reply(packet, time, each.status, each.enhanced, each.outcome, written, each.packets))
        asked = None if command is None else _command(command, show_secrets)
        records.append(
            TurnRecord(asked, replies, [_continuation(each, show_secrets) for each in continued] if continued else ())
        )
    return records


def imap_turn_records(turns: Sequence[Turn], show_secrets: bool) -> list[TurnRecord]:
    """Return the records of turns with what only IMAP has: tags, and the names of folders as people read them."""
    records = turn_records(turns, show_secrets)
    for turn, record in zip(turns, records, strict=True):
        if turn.command is not None and record.command is not None:
            record.command.tag = turn.command.tag
            record.command.mailbox = folder_asked(turn)
        for reply, each in zip(turn.replies, record.replies, strict=True):
            each.tag = reply.tag
            each.mailbox = folder_told(reply)
    return records


def _command(each: Command, show_secrets: bool) -> _Command:
    line, at = each.line, each.argument_at
    if each.secrets and not show_secrets:
        spans = tuple((max(0, start - at), max(0, stop - at)) for start, stop in each.secrets)
        argument, text = wire_text(masked(line[at:], spans)), wire_text(masked(line, each.secrets))
    elif line.isascii():
        text = line.decode()
        argument = text[at:]
    else:
        argument, text = wire_text(line[at:]), wire_text(line)
    told = _Command(each.packet, iso(each.time_ns), each.verb, argument, text, each.packets)
    if not each.certain:
        told.certain = False
    return told


def _continuation(each: Continuation, show_secrets: bool) -> _Continuation:
    line = wire_text(masked(each.line, each.secrets, show_secrets))
    return _Continuation(each.packet, iso(each.time_ns), line, each.packets)
