"""Tables on a terminal: as wide as it is, each cell wrapped to its column; in a pipe one line for each row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from mailtrace.model.language import said
from mailtrace.reports.document.blocks import Kind
from mailtrace.reports.layout import Column, Page, column_widths, console, text_stream
from mailtrace.reports.tables.values import Heading, Shape, Sheet, shown

UNBROKEN = 5_000
"""Width of a page that goes to a file or a pipe: each row is one line there, for tools that look for lines."""

LEAST = {Shape.TEXT: 12, Shape.CODE: 14, Shape.PACKETS: 9}
"""Letters that a column needs to be readable; cells of other columns are not broken, up to `LONGEST_LABEL`."""

LONGEST_LABEL = 20


def write(sheet: Sheet, out: BinaryIO) -> None:
    """Write a table to standard output or a file."""
    with text_stream(out) as stream:
        page = Page(console(stream))
        shapes = [heading.shape for heading in sheet.headings]
        texts = [[page.arrows(text) for text in map(shown, row, shapes)] for row in sheet.rows]
        cells = [[[page.text(text)] for text in row] for row in texts]
        width = page.width if page.console.is_terminal else UNBROKEN
        columns = [_column(heading, column, width) for heading, *column in zip(sheet.headings, *texts, strict=True)]
        widths = column_widths(columns, cells, width)
        if widths is None:
            below = [[page.text(f"{said(columns[-1].title)}: {row[-1]}")] for row in texts]
            page.stacked(columns[:-1], [row[:-1] for row in cells], below)
            return
        page.headings(columns, widths, "bold")
        for row in cells:
            page.rows(columns, widths, row)


def _column(heading: Heading, texts: Sequence[str], width: int) -> Column:
    title = said(heading.title)
    longest = max(map(len, (title, *texts)))
    least = min(longest, LEAST.get(heading.shape, LONGEST_LABEL))
    return Column(heading.title, least, width, right=heading.shape.kind is Kind.NUMBER)
