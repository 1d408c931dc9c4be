"""Tables as JSON: a list of objects, one a line, with the names of columns as keys, for any program."""

from __future__ import annotations

from typing import BinaryIO

from mailtrace.reports.json import encoded
from mailtrace.reports.tables.values import Shape, Sheet, Value
from mailtrace.reports.times import iso, seconds


def write(sheet: Sheet, out: BinaryIO) -> None:
    """Write a table. Durations are seconds, packets a list of numbers, and null is nothing."""
    columns = [(heading.name, heading.shape) for heading in sheet.headings]
    rows = (
        encoded({name: _value(value, shape) for value, (name, shape) in zip(row, columns, strict=True)})
        for row in sheet.rows
    )
    out.write(b"[" + b",\n".join(rows) + b"]\n")


def _value(value: Value, shape: Shape) -> object:
    match value, shape:
        case int(), Shape.TIME | Shape.DURATION:
            return seconds(value)
        case int(), Shape.DATE:
            return iso(value)
    return value
