"""The table of packets, with Wireshark's columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailtrace.explain.listing import ListingRow
from mailtrace.reports.tables import Source, TableKind
from mailtrace.reports.tables.values import Heading, Shape, Value

HEADINGS = (
    Heading("no", "No.", Shape.NUMBER, 5),
    Heading("time", "Time", Shape.TIME, 10),
    Heading("source", "Source", Shape.TEXT, 15),
    Heading("destination", "Destination", Shape.TEXT, 15),
    Heading("protocol", "Protocol", Shape.LABEL, 8),
    Heading("length", "Length", Shape.NUMBER, 6),
    Heading("info", "Info", Shape.CODE, 60),
    Heading("after", "After", Shape.DURATION, 10),
    Heading("date", "Date", Shape.DATE, 20),
    Heading("conversation", "Conversation", Shape.NUMBER, 6),
)
USUAL = 7


def packet_rows(packets: Iterable[ListingRow]) -> Iterator[tuple[Value, ...]]:
    """Yield Wireshark's columns of packets."""
    for row in packets:
        yield row.number, row.time_ns, row.source, row.destination, row.protocol, row.length, row.info


def _rows(source: Source) -> Iterator[tuple[Value, ...]]:
    of = {number: each.id for each in source.everything.conversations for number in each.numbers}
    first, before = source.everything.capture.first_ns, None
    for row, cells in zip(source.packets, packet_rows(source.packets), strict=True):
        after = None if before is None or row.time_ns is None else row.time_ns - before
        date = None if first is None or row.time_ns is None else first + row.time_ns
        yield *cells, after, date, of.get(row.number)
        before = row.time_ns if row.time_ns is not None else before


TABLE = TableKind("Packets", HEADINGS, USUAL, _rows)
