"""The table of turns: each command with the answer that it got, in the order in which they were said."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrace.explain.smtpreplies import reply_lines
from mailtrace.model import Command, Continuation, Conversation, Reply, Turn, masked, wire_text
from mailtrace.model.figures import between
from mailtrace.protocols.sasl import shown
from mailtrace.reports.tables import Source, TableKind
from mailtrace.reports.tables.values import Heading, Shape, Value

LINE_END = " ⏎ "
"""What stands between the lines of an answer: a cell is one line."""

HEADINGS = (
    Heading("conversation", "Conversation", Shape.NUMBER, 6),
    Heading("packets", "Packets", Shape.PACKETS, 10),
    Heading("time", "Time", Shape.TIME, 10),
    Heading("command", "Command", Shape.CODE, 34),
    Heading("status", "Status", Shape.CODE, 6),
    Heading("reply", "Reply", Shape.CODE, 44),
    Heading("duration", "Duration", Shape.DURATION, 9),
    Heading("protocol", "Protocol", Shape.LABEL, 7),
    Heading("client", "Client", Shape.TEXT, 14),
    Heading("server", "Server", Shape.TEXT, 14),
    Heading("verb", "Verb", Shape.CODE, 8),
    Heading("enhanced", "Enhanced status", Shape.CODE, 8),
)
USUAL = 7


def _rows(source: Source) -> Iterator[tuple[Value, ...]]:
    for conversation in source.analysis.conversations:
        for turn in conversation.dialogue.turns:
            yield _row(source, conversation, turn)


def _row(source: Source, conversation: Conversation, turn: Turn) -> tuple[Value, ...]:
    command, replies = turn.command, turn.replies
    begun_ns = conversation.start_ns if command is None else command.time_ns
    events: list[Command | Continuation | Reply] = [
        *turn.continuations,
        *replies,
        *([] if command is None else [command]),
    ]
    lines = [line for reply in replies for line in _lines(reply, source.show_secrets, several=len(replies) > 1)]
    client, server = source.naming.pair(conversation.key)
    return (
        conversation.id,
        tuple(sorted({number for event in events for number in event.packets})),
        source.since(replies[0].time_ns if command is None and replies else begun_ns),
        None if command is None else wire_text(masked(command.line, command.secrets, source.show_secrets)),
        replies[-1].status if replies else None,
        LINE_END.join(lines) if replies else None,
        between(begun_ns, replies[-1].time_ns) if replies else None,
        conversation.protocol.upper(),
        client,
        server,
        None if command is None else command.verb,
        replies[-1].enhanced if replies else None,
    )


def _lines(reply: Reply, show_secrets: bool, *, several: bool) -> list[str]:
    """Return the lines of a reply; where there are several, such as to DATA and then to the mail, with its status."""
    if several and reply.tag is None and reply.status.isdigit():
        return reply_lines(reply, show_secrets)
    return list(map(wire_text, shown(reply.lines, show_secrets)))


TABLE = TableKind("What was said, command by command", HEADINGS, USUAL, _rows)
