"""Lines of columns on a console: what a table needs here and rich's own does not do.

Cells are paragraphs, wrapped to their column by display cells, so that Korean lines up; a continuation line keeps the
indent of its paragraph. No line ends in spaces and none is longer than the page, so that a pipe gets clean text.
Text enters by `Page.text` alone, which makes it safe and fit for the console's encoding; it is never read as markup.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from typing import BinaryIO, NamedTuple, TextIO

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from mailtrace.model.language import said
from mailtrace.reports.safe import encodable, safe

NARROWEST = 20
"""Columns below which a page is not made narrower: the terminal itself breaks what does not fit."""

GAP = 2
"""Blank columns between two cells."""

GLUE = "\ue000"
"""A space that no line breaks at: `put` makes it one, and `safe` lets no other private character through."""

BELOW_INDENT = 4

Cell = Sequence[Text]


class Symbols(NamedTuple):
    """Signs that are ours, for consoles that can show them and for those that cannot."""

    arrow: str
    dots: str
    rule: str
    dot: str


FANCY = Symbols("→", "…", "─", "·")
PLAIN = Symbols("->", "...", "-", "|")


class Column(NamedTuple):
    """A column: its heading in English, and the range of widths it can live with."""

    title: str
    least: int
    most: int
    right: bool = False


class Page:
    """A console to put lines on, `width` cells wide."""

    def __init__(self, console: Console, environment: Mapping[str, str] = os.environ) -> None:
        """Learn what the console can show; the environment's locale may say that it is a plain one."""
        self.console = console
        self.width = max(console.width, NARROWEST)
        self.encoding = console.encoding
        utf = self.encoding.lower().replace("-", "").startswith("utf")
        self.symbols = FANCY if utf and not plain_locale(environment) else PLAIN
        self._utf = utf
        self._bare = console.color_system is None and not console.record

    def text(self, text: str, style: str = "") -> Text:
        """Return text from anywhere, made safe to show."""
        shown = safe(text)
        if not self._utf:
            shown = encodable(shown, self.encoding)
        return Text(shown, style)

    def arrows(self, text: str) -> str:
        """Return a sentence with its ` -> ` drawn as the page draws arrows."""
        return text.replace(" -> ", f" {self.symbols.arrow} ")

    def fit(self, text: str, cells: int, style: str = "") -> Text:
        """Return text cut to a number of cells, with dots for what is missing."""
        whole = self.text(text, style)
        if cell_len(whole.plain) <= cells:
            return whole
        dots = self.symbols.dots[:cells]
        whole.plain = set_cell_size(whole.plain, cells - len(dots)).rstrip() + dots
        return whole

    def dotted(self, *facts: Text) -> Text:
        """Return facts in one line with dots between them, empty ones left out."""
        return Text(f" {self.symbols.dot} ").join(fact for fact in facts if fact.plain)

    def put(self, *parts: Text | str) -> None:
        """Print one line."""
        line = Text.assemble(*parts)
        line.plain = line.plain.replace(GLUE, " ").rstrip()
        if self._bare:  # nothing to draw: in reports of a small capture this is a quarter of all work
            self.console.file.write(f"{line.plain}\n")
        else:
            self.console.print(line, soft_wrap=True)

    def paragraph(self, text: Text, indent: int = 0) -> None:
        """Print text wrapped to the page, indented."""
        for line in wrapped(self.console, text, self.width - indent):
            self.put(" " * indent, line)

    def rows(self, columns: Sequence[Column], widths: Sequence[int], cells: Sequence[Cell]) -> None:
        """Print one row: each cell wrapped to the width of its column."""
        for line in beside(self.console, columns, widths, cells):
            self.put(line)

    def stacked(self, columns: Sequence[Column], heads: Sequence[Sequence[Cell]], below: Sequence[Cell]) -> None:
        """Print rows whose last cells found no room beside: they stand below, indented."""
        widths = column_widths(columns, heads, self.width)
        if widths is not None:
            self.headings(columns, widths, "bold")
        for head, cell in zip(heads, below, strict=True):
            if widths is not None:
                self.rows(columns, widths, head)
            else:
                self.paragraph(Text("  ").join(part[0] for part in head))
            for paragraph in cell:
                self.paragraph(paragraph, BELOW_INDENT)

    def headings(self, columns: Sequence[Column], widths: Sequence[int], style: str) -> None:
        """Print the row of headings, underlined."""
        self.rows(columns, widths, [[self.text(said(column.title), style)] for column in columns])
        self.put(self.text(self.symbols.rule * min(self.width, sum(widths) + GAP * (len(widths) - 1)), "dim"))


def plain_locale(environment: Mapping[str, str]) -> bool:
    """Tell whether the locale is C or POSIX; Python then sets LC_CTYPE to C.UTF-8 by itself, so that says nothing."""
    values = (environment.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    chosen = next((value for value in values if value not in ("", "C.UTF-8")), "")
    return chosen in ("C", "POSIX")


@contextmanager
def text_stream(out: BinaryIO) -> Iterator[TextIO]:
    """Give text for `out`: standard output itself where it is that, so that its width and encoding are known."""
    if out is sys.stdout.buffer:
        yield sys.stdout
        sys.stdout.flush()
        return
    text = io.TextIOWrapper(out, encoding="utf-8", errors="backslashreplace", newline="\n")
    yield text
    text.detach()


class _Console(Console):
    """Rich's console, which leaves a closed pipe to the caller instead of ending the program with code 1."""

    def on_broken_pipe(self) -> None:
        """Raise it again. Raises: `BrokenPipeError`."""
        raise BrokenPipeError


def console(stream: TextIO, width: int | None = None) -> Console:
    """Return a console on a stream: colours only on a terminal, `width` as the terminal's or the environment's."""
    return _Console(file=stream, width=width, markup=False, highlight=False, emoji=False, force_jupyter=False)


def fit(columns: Sequence[Column], width: int) -> bool:
    """Tell whether a page can hold columns, each as narrow as may be."""
    return sum(column.least for column in columns) + GAP * (len(columns) - 1) <= width


def column_widths(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], width: int) -> list[int] | None:
    """Return the width of each column, at best that of its longest paragraph; None when the page cannot hold them."""
    if not fit(columns, width):
        return None
    wanted = [
        min(column.most, max(column.least, cell_len(said(column.title)), *(_natural(row[at]) for row in rows)))
        for at, column in enumerate(columns)
    ]
    room = width - GAP * (len(columns) - 1)
    while sum(wanted) > room:
        spare = [have - column.least for have, column in zip(wanted, columns, strict=True)]
        widest = max(range(len(wanted)), key=lambda at: (spare[at] > 0, wanted[at]))
        wanted[widest] -= 1
    return wanted


def fixed_widths(columns: Sequence[Column], width: int) -> list[int] | None:
    """Return widths for rows that are not known yet: a share of the page each; None where that is too little.

    What is left above the least widths goes to those that can be wider, in proportion.
    """
    spare = [column.most - column.least for column in columns]
    room = width - GAP * (len(columns) - 1) - sum(column.least for column in columns)
    if room < 0:
        return None
    room = min(room, sum(spare))
    return [column.least + room * more // max(sum(spare), 1) for column, more in zip(columns, spare, strict=True)]


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines whose columns stand below each other; the last one is as wide as it is."""
    widths = [max(map(cell_len, column)) for column in list(zip(*rows, strict=True))[:-1]]
    return [
        "  ".join([*(set_cell_size(cell, width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in rows
    ]


def _natural(cell: Cell) -> int:
    return max((cell_len(paragraph.plain) for paragraph in cell), default=0)


def beside(console: Console, columns: Sequence[Column], widths: Sequence[int], cells: Sequence[Cell]) -> Iterator[Text]:
    """Yield the lines of one row."""
    stacks = [
        [line for paragraph in cell for line in wrapped(console, paragraph, width)]
        for cell, width in zip(cells, widths, strict=True)
    ]
    for level in zip_longest(*stacks):
        line = Text()
        for at, (column, width, piece) in enumerate(zip(columns, widths, level, strict=True)):
            blank = width - (cell_len(piece.plain) if piece is not None else 0)
            line.append(" " * (GAP * (at > 0) + blank * column.right))
            line.append_text(piece if piece is not None else Text())
            line.append(" " * (blank * (not column.right)))
        yield line


def wrapped(console: Console, text: Text, width: int) -> list[Text]:
    """Return a paragraph as lines of at most `width` cells, each with the paragraph's own indent."""
    width = max(width, 2)  # a wide character must fit
    if cell_len(text.plain) <= width:
        return [text]
    indent = min(len(text.plain) - len(text.plain.lstrip(" ")), width // 2)
    lines = text[indent:].wrap(console, width - indent, overflow="fold", no_wrap=False)
    for line in lines:
        line.rstrip()
    return [Text.assemble(" " * indent, line) for line in lines]
