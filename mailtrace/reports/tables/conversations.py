"""The table of conversations: those that are told together have one row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailtrace.explain.summary import ended, together
from mailtrace.explain.walkthrough import told_together
from mailtrace.mail.naming import endpoint_text
from mailtrace.model import Conversation
from mailtrace.reports.document.parts.wording import wireshark_filter
from mailtrace.reports.tables import Source, TableKind
from mailtrace.reports.tables.values import Heading, Shape, Value

HEADINGS = (
    Heading("no", "No.", Shape.PACKETS, 6),
    Heading("packets", "Packets", Shape.PACKETS, 16),
    Heading("start", "Start", Shape.TIME, 10),
    Heading("protocol", "Protocol", Shape.LABEL, 7),
    Heading("client", "Client", Shape.TEXT, 14),
    Heading("server", "Server", Shape.TEXT, 14),
    Heading("happened", "What happened", Shape.TEXT, 28),
    Heading("result", "Result", Shape.TEXT, 18),
    Heading("duration", "Duration", Shape.DURATION, 9),
    Heading("client_address", "Client address", Shape.CODE, 20),
    Heading("server_address", "Server address", Shape.CODE, 20),
    Heading("packet_count", "Number of packets", Shape.NUMBER, 8),
    Heading("filter", "Wireshark filter", Shape.CODE, 30),
)
USUAL = 9


def _rows(source: Source) -> Iterator[tuple[Value, ...]]:
    for group in told_together(source.analysis.conversations):
        yield _row(source, group)


def _row(source: Source, group: Sequence[Conversation]) -> tuple[Value, ...]:
    key = group[0].key
    start_ns = min(each.start_ns for each in group)
    numbers = tuple(sorted({number for each in group for number in each.numbers}))
    return (
        tuple(each.id for each in group),
        numbers,
        source.since(start_ns),
        group[0].protocol.upper(),
        *source.naming.pair(key),
        together(group, source.analysis.messages).replace(" -> ", " → "),
        ended(group).says,
        max(each.end_ns for each in group) - start_ns,
        endpoint_text(key.client) if len(group) == 1 else key.client.host,
        endpoint_text(key.server),
        len(numbers),
        wireshark_filter(group),
    )


TABLE = TableKind("Conversations", HEADINGS, USUAL, _rows)
