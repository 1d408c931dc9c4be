"""What writers for paper share: how wide columns are, which colours mean what, and the bar of waits as a picture.

A page cannot be moved sideways, so a table is measured before it is set: columns of labels and numbers get what they
need, and the others share what is left by how much stands in them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

from mailtrace.reports.document import Column, Document, FoundItem, Kind, Section, StepItem, Table, Verbatim, Waits
from mailtrace.reports.ladder.ink import Tone
from mailtrace.reports.ladder.measure import Font, measured

CONTENTS_DEPTH = 2
"""Levels of headings that the table of contents shows."""

CONTENTS_MOST = 40
"""Sections within one part that the table of contents lists; of more it would be longer than a page by itself."""

CROWDED = 7
"""Columns from which on a table is set in smaller letters."""

MEASURED_ROWS = 500
"""Rows of a table that are measured; the others are like them, and lines are broken where they are not."""

LONGEST_LABEL = 14.0
"""Of a label that is not to be broken, in sizes of its letters: 25 letters or so. A longer one is broken."""

LONGEST_WORD = 7.0
"""What a column of text has at least, if it has words so long."""

LONGEST_TEXT = 34.0
"""What counts of a long text when columns share the room: more makes it higher, and not the others narrower."""

PADDING = 1.3
"""Room beside the text of a cell, both sides together."""

EQUAL_SIZE = 0.95
"""Letters of equal width are set smaller by this, since they look larger."""

NARROWER = 0.86
"""How wide Arial and Helvetica are, by the widest letters that `measured` counts on."""

COLUMN_LINES, COLUMN_MOST = 16, 120
"""So many short lines stand in two columns: fewer fit anyway, and of more a column would be longer than a page."""

PARTS = ("#c98316", "#4f8fcf", "#4d9e68", "#a36fce", "#3c9ba3", "#cf6a5f", "#8d96a0", "#b3a14a")
"""Colours of the parts of a bar, in order and again from the first; their letters tell them apart without colour."""

BAR_WIDTH, BAR_HEIGHT = 720.0, 22.0
WHOLE = 10_000
"""Spans of waits are told in ten thousandths."""

LETTER_STYLE = 'font-size="11" font-weight="bold" fill="#ffffff" text-anchor="middle"'
LETTER_ROOM = 12.0
"""The part of a bar that has room for its letter."""


class Look(NamedTuple):
    """A colour for letters and edges, and its wash for what they stand on, as six hexadecimal digits each."""

    ink: str
    wash: str


CLIENT, SERVER = Look(Tone.CLIENT.light[1:], "eef5fc"), Look(Tone.SERVER.light[1:], "eef7f0")
LOOKUP, MAIL = Look(Tone.LOOKUP.light[1:], "f5f0fa"), Look(Tone.MAIL.light[1:], "ebf6f7")
QUIET, WAIT, BAD = (
    Look(Tone.FAINT.light[1:], "f4f6f8"),
    Look(Tone.WAIT.light[1:], "fdf5e6"),
    Look(Tone.BAD.light[1:], "fdf0ee"),
)

STEP_LOOKS = {
    "connect": QUIET,
    "close": QUIET,
    "lookup": LOOKUP,
    "ident": WAIT,
    "content": MAIL,
    "trouble": BAD,
}
"""By the kind of a step; others have the colour of their side."""


def step_look(step: StepItem) -> Look:
    """Return the colour of a step: of what is special about it, else of the side that begins."""
    return STEP_LOOKS.get(step.kind, CLIENT if step.side == "client" else SERVER)


def finding_look(item: FoundItem) -> Look:
    """Return the colour of a finding."""
    return {"error": BAD, "warning": WAIT}.get(item.severity, QUIET)


def together(source: str) -> str:
    """Return where something is written, such as `RFC 5321 4.2.1`, with spaces at which no line is broken."""
    return re.sub(r"(?<![,;]) ", "\N{NO-BREAK SPACE}", source)


def part_colour(place: int) -> str:
    """Return the colour of a part of a bar, by its place, as six hexadecimal digits."""
    return PARTS[place % len(PARTS)][1:]


def listed(document: Document) -> list[tuple[int, Section]]:
    """Return the headings for the table of contents, in order, each with its level from 1; one alone needs none."""
    if len(document.sections) == 1 and not document.sections[0].sections:
        return []
    found: list[tuple[int, Section]] = []
    for section in document.sections:
        found.append((1, section))
        if len(section.sections) <= CONTENTS_MOST:
            found += [(CONTENTS_DEPTH, inner) for inner in section.sections]
    return found


def halves(block: Verbatim) -> list[tuple[str, ...]]:
    """Return the lines for each of two columns, or for one alone where they are few or long."""
    lines = block.lines
    if not block.short or not COLUMN_LINES <= len(lines) <= COLUMN_MOST:
        return [lines]
    middle = (len(lines) + 1) // 2
    return [lines[:middle], lines[middle:]]


def column_shares(table: Table, room: float) -> list[float]:
    """Return the share of each column in the width of a table, together 1; `room` is that width in sizes of letters."""
    rows = table.rows[:MEASURED_ROWS]
    wants = [_wanted(column, [row[at] for row in rows]) for at, column in enumerate(table.columns)]
    least, most = [want[0] + PADDING for want in wants], [want[1] + PADDING for want in wants]
    left = room - sum(least)
    if left <= 0:
        return [each / sum(least) for each in least]
    open_ = sum(most) - sum(least)
    if open_ <= left:
        return [each / sum(most) for each in most]
    return [(low + left * (high - low) / open_) / room for low, high in zip(least, most, strict=True)]


def _wanted(column: Column, cells: Sequence[str]) -> tuple[float, float]:
    """Return how wide a column has to be, and how wide it would like to be."""
    equal = column.kind in (Kind.CODE, Kind.NUMBER)
    measure = measured(Font(EQUAL_SIZE, equal=True) if equal else Font(NARROWER))
    head = measured(Font(NARROWER, bold=True))
    title = max(map(head, column.title.split()), default=0.0)
    whole = max(map(measure, cells), default=0.0)
    if column.kind in (Kind.NUMBER, Kind.LABEL):
        fixed = max(title, min(whole, LONGEST_LABEL))
        return fixed, max(fixed, min(whole, LONGEST_TEXT))
    word = max((measure(word) for cell in cells for word in cell.split()), default=0.0)
    least = max(title, min(word, LONGEST_WORD))
    return least, max(least, min(whole, LONGEST_TEXT))


def bar(waits: Waits) -> str:
    """Return the bar of waits as an SVG document: its parts in the order of time, each with its letter."""
    scale = BAR_WIDTH / WHOLE
    spans = sorted((span, place) for place, share in enumerate(waits.shares) for span in share.spans)
    drawn = []
    for (start, end), place in spans:
        x, wide = start * scale, (end - start) * scale
        fill = PARTS[place % len(PARTS)]
        drawn.append(f'<rect x="{x:.1f}" y="0" width="{wide:.1f}" height="{BAR_HEIGHT}" fill="{fill}"/>')
        if wide >= LETTER_ROOM:
            letter = escape(waits.shares[place].letter)
            middle = f'x="{x + wide / 2:.1f}" y="{BAR_HEIGHT * 0.68:.1f}"'
            drawn.append(f"<text {middle} {LETTER_STYLE}>{letter}</text>")
    size = f'width="{BAR_WIDTH}" height="{BAR_HEIGHT}" viewBox="0 0 {BAR_WIDTH} {BAR_HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif">{"".join(drawn)}</svg>'
