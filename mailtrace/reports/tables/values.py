"""What a table consists of before it has a format: columns with a name that no language changes, and plain values.

A value is written in two ways. `shown` is for people: `0.30 ms`, runs of packets with the middle left out, `-` where
there is nothing. `plain` is for programs and spreadsheets: a number is a number, durations are seconds, nothing is
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from msgspec import Struct

from mailtrace.model.figures import numbers
from mailtrace.model.language import said
from mailtrace.reports.document.blocks import Column, Kind, Table
from mailtrace.reports.overview import ranges
from mailtrace.reports.times import SECOND_NS, duration, iso, microseconds

Value = str | int | bool | tuple[int, ...] | None
"""What stands in a cell; times and durations are nanoseconds, packets are their numbers, None is nothing."""


class Shape(Enum):
    """What the values of a column are, and so how they are written."""

    TEXT = "text"
    CODE = "code"
    LABEL = "label"
    NUMBER = "number"
    TIME = "time"  # nanoseconds since the beginning of the capture
    DURATION = "duration"  # nanoseconds
    DATE = "date"  # nanoseconds since 1970
    PACKETS = "packets"

    @property
    def kind(self) -> Kind:
        """Return how a document sets it."""
        return KINDS.get(self, Kind.LABEL)

    @property
    def is_number(self) -> bool:
        """Tell whether its plain values are numbers."""
        return self in (Shape.NUMBER, Shape.TIME, Shape.DURATION)


KINDS = {
    Shape.TEXT: Kind.TEXT,
    Shape.CODE: Kind.CODE,
    Shape.NUMBER: Kind.NUMBER,
    Shape.TIME: Kind.NUMBER,
}
"""How shapes are set in a document; all others are labels."""


class Heading(NamedTuple):
    """A column: the name by which it is asked for, its head in English, what stands in it, its share of the width."""

    name: str
    title: str
    shape: Shape = Shape.TEXT
    weight: int = 10


class Sheet(Struct, frozen=True):
    """A table: `rows` have a value for each heading. `name` is what it is about, `caption` says it in the language.

    `count` is how many rows there would be without a limit.
    """

    name: str
    caption: str
    headings: Sequence[Heading]
    rows: Sequence[Sequence[Value]]
    count: int


def shown(value: Value, shape: Shape) -> str:
    """Return a value as people read it; what came from the wire is not yet made safe."""
    match value, shape:
        case None, _:
            return "" if shape.kind is Kind.NUMBER else "-"
        case int(), Shape.TIME:
            return microseconds(value)
        case int(), Shape.DURATION:
            return duration(value)
        case int(), Shape.DATE:
            return iso(value) or "-"
        case tuple(), _:
            return ranges(value)
    return str(value)


def plain(value: Value, shape: Shape) -> str:
    """Return a value as spreadsheets read it: seconds with nine digits, all packets, '' for nothing.

    Runs of packets have a dash of their own: a spreadsheet takes `7-8` for a date.
    """
    match value, shape:
        case None, _:
            return ""
        case int(), Shape.TIME | Shape.DURATION:
            return f"{'-' if value < 0 else ''}{abs(value) // SECOND_NS}.{abs(value) % SECOND_NS:09d}"
        case int(), Shape.DATE:
            return iso(value) or ""
        case tuple(), _:
            return numbers(value).replace("-", "–")
    return str(value)


def as_block(sheet: Sheet, caption: str, links: Iterable[str] = (), more: str = "") -> Table:
    """Return a table as a block of a document, its cells as people read them."""
    columns = tuple(Column(said(each.title), each.shape.kind, each.weight) for each in sheet.headings)
    shapes = [each.shape for each in sheet.headings]
    rows = tuple(tuple(map(shown, row, shapes)) for row in sheet.rows)
    return Table(sheet.name, caption, columns, rows, tuple(links), more)
