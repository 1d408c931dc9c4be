"""The table of mails, each as often as it came by."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrace.explain.content import header
from mailtrace.explain.parts import people
from mailtrace.model import Message
from mailtrace.model.language import said
from mailtrace.reports.tables import Source, TableKind
from mailtrace.reports.tables.values import Heading, Shape, Value

DIRECTIONS = {
    "submitted": "handed in",
    "relayed": "passed on",
    "retrieved": "fetched",
    "appended": "stored in a folder",
}

HEADINGS = (
    Heading("no", "No.", Shape.NUMBER, 4),
    Heading("conversation", "Conversation", Shape.NUMBER, 6),
    Heading("packets", "Packets", Shape.PACKETS, 14),
    Heading("direction", "How", Shape.TEXT, 12),
    Heading("from", "From", Shape.TEXT, 22),
    Heading("to", "To", Shape.TEXT, 22),
    Heading("subject", "Subject", Shape.TEXT, 22),
    Heading("octets", "Octets", Shape.NUMBER, 8),
    Heading("date", "Date", Shape.TEXT, 20),
    Heading("message_id", "Message-ID", Shape.CODE, 30),
    Heading("encoding", "Encoding of its content", Shape.TEXT, 12),
    Heading("parts", "Parts", Shape.NUMBER, 6),
    Heading("queue_id", "Queue ID", Shape.CODE, 14),
    Heading("sha256", "SHA-256", Shape.CODE, 30),
)
USUAL = 8


def _rows(source: Source) -> Iterator[tuple[Value, ...]]:
    for message in source.analysis.messages:
        yield _row(message)


def _row(message: Message) -> tuple[Value, ...]:
    return (
        message.id,
        message.conversation,
        message.content.packets,
        said(DIRECTIONS[message.direction.value]),
        people(message.from_) or None,
        people(message.to) or None,
        " ".join((message.subject or "").split()) or None,
        message.content.size_bytes,
        header(message, "Date") or None,
        message.message_id,
        header(message, "Content-Transfer-Encoding") or None,
        len(message.parts),
        message.queue_id,
        message.content.sha256,
    )


TABLE = TableKind("The mails", HEADINGS, USUAL, _rows)
