"""The table of lookups in the DNS."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrace.explain.dns import answer_shown
from mailtrace.model import Lookup
from mailtrace.reports.tables import Source, TableKind
from mailtrace.reports.tables.values import Heading, Shape, Value

HEADINGS = (
    Heading("no", "No.", Shape.NUMBER, 4),
    Heading("packets", "Packets", Shape.PACKETS, 8),
    Heading("client", "Asks", Shape.TEXT, 16),
    Heading("server", "Is asked", Shape.TEXT, 14),
    Heading("name", "Name", Shape.CODE, 28),
    Heading("type", "Type", Shape.LABEL, 6),
    Heading("answer", "Answer", Shape.CODE, 28),
    Heading("duration", "Duration", Shape.DURATION, 9),
    Heading("caused_by", "For conversation", Shape.NUMBER, 10),
    Heading("time", "Time", Shape.TIME, 10),
    Heading("status", "Status", Shape.LABEL, 9),
    Heading("conversation", "Conversation", Shape.NUMBER, 6),
    Heading("retries", "Asked again", Shape.NUMBER, 6),
)
USUAL = 9


def _rows(source: Source) -> Iterator[tuple[Value, ...]]:
    for lookup in source.analysis.lookups:
        yield _row(source, lookup)


def _row(source: Source, lookup: Lookup) -> tuple[Value, ...]:
    return (
        lookup.id,
        lookup.packets,
        source.naming.of(lookup.client),
        source.naming.of(lookup.server),
        lookup.name,
        lookup.type,
        answer_shown(lookup),
        lookup.took_ns,
        lookup.caused_by,
        source.since(lookup.start_ns),
        lookup.rcode,
        lookup.conversation,
        lookup.retries,
    )


TABLE = TableKind("Lookups in the DNS", HEADINGS, USUAL, _rows)
