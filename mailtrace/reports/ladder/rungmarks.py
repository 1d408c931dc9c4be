"""The marks of a ladder: arrows whose shape tells their meaning without colour, the break of a pause, the legend."""

from __future__ import annotations

from mailtrace.model import StepKind
from mailtrace.reports.ladder.figures import Arrow, Ladder, Manner
from mailtrace.reports.ladder.ink import Sheet, Tone, number
from mailtrace.reports.ladder.measure import Font, measured
from mailtrace.reports.ladder.words import legend_words

KIND_TONES = {
    StepKind.CONNECT: Tone.FAINT,
    StepKind.CLOSE: Tone.FAINT,
    StepKind.LOOKUP: Tone.LOOKUP,
    StepKind.IDENT: Tone.WAIT,
    StepKind.CONTENT: Tone.MAIL,
    StepKind.COMMAND: Tone.CLIENT,
    StepKind.REPLY: Tone.SERVER,
}
"""The colour of an arrow by what it is about; refusals are of the colour of what is bad."""

DASHES = {StepKind.LOOKUP: "1.5 3", StepKind.IDENT: "9 3 2 3"}
"""Lookups and ident calls have lines of their own, too."""

ANSWER_DASH = "6 4"
LOOP_WIDTH, LOOP_HEIGHT = 26.0, 12.0
SAMPLE = 34.0
"""Length of an arrow in the legend."""

LEGEND = Font(10.5)
LEGEND_LINE = 18.0


def arrow_tone(arrow: Arrow) -> Tone:
    """Return the colour of an arrow."""
    if arrow.manner is Manner.REFUSES:
        return Tone.BAD
    return KIND_TONES.get(arrow.kind, Tone.INK)


def draw_arrow(sheet: Sheet, arrow: Arrow, source: float, target: float, y: float) -> None:
    """Draw an arrow from one lane to another, or back to its own."""
    tone = arrow_tone(arrow)
    dash = DASHES.get(arrow.kind, ANSWER_DASH if arrow.manner in (Manner.ANSWERS, Manner.REFUSES) else "")
    if arrow.source == arrow.target:
        _loop(sheet, arrow, source, y, tone, dash)
        return
    way = 1.0 if target > source else -1.0
    begin, end = source + 1.5 * way, target - 1.5 * way
    if arrow.manner is Manner.LOST:
        end -= 22 * way
    line_end = end - 7 * way
    line_begin = begin + (7 * way if arrow.manner is Manner.TOGETHER else 0)
    if arrow.manner is Manner.BRINGS:
        for shift in (-1.7, 1.7):
            sheet.line(line_begin, y + shift, line_end, y + shift, tone, thick=1.3)
        _letter(sheet, begin + min(30, abs(end - begin) / 2 - 4) * way, y, tone)
    else:
        sheet.line(line_begin, y, line_end, y, tone, dash=dash)
    if arrow.manner is Manner.LOST:
        sheet.cross(end, y, Tone.BAD)
        return
    sheet.head(end, y, (way, 0), tone)
    if arrow.manner is Manner.TOGETHER:
        sheet.head(begin, y, (-way, 0), tone)
    elif arrow.manner is Manner.REFUSES:
        sheet.cross(begin + 16 * way, y, tone)


def _loop(sheet: Sheet, arrow: Arrow, x: float, y: float, tone: Tone, dash: str) -> None:
    """Draw an arrow of a host to itself, to the right of its lane."""
    right, top = x + LOOP_WIDTH, y - LOOP_HEIGHT
    points = f"M{number(x + 1.5)} {number(top)} H{number(right)} V{number(y)} H{number(x + 9)}"
    sheet.path(points, tone, dash=dash)
    if arrow.manner in (Manner.LOST, Manner.REFUSES):
        sheet.cross(right, y, Tone.BAD)
    if arrow.manner is not Manner.LOST:
        sheet.head(x + 1.5, y, (-1, 0), tone)


def _letter(sheet: Sheet, x: float, y: float, tone: Tone) -> None:
    """Draw an envelope upon an arrow that brings a mail."""
    sheet.box(x - 9, y - 6, 18, 12, Tone.PAPER, tone, round_=1)
    sheet.path(f"M{number(x - 9)} {number(y - 5)} L{number(x)} {number(y + 1)} L{number(x + 9)} {number(y - 5)}", tone)


def draw_break(sheet: Sheet, x: float, top: float, bottom: float) -> None:
    """Draw beside a pause how time goes by, with a break in it: what is left out has no scale."""
    middle = (top + bottom) / 2
    sheet.line(x, top, x, middle - 5, Tone.WAIT, thick=1.6)
    sheet.line(x, middle + 5, x, bottom - 7, Tone.WAIT, thick=1.6)
    for shift in (-3, 3):
        sheet.line(x - 6, middle + shift + 2.5, x + 6, middle + shift - 2.5, Tone.WAIT, thick=1.6)
    sheet.head(x, bottom, (0, 1), Tone.WAIT)


def _entries(ladder: Ladder, room: float) -> list[tuple[Arrow, str, float, float]]:
    """Return what the legend shows, each with its place."""
    measure = measured(LEGEND)
    placed = []
    x = y = 0.0
    for arrow, word in legend_words(ladder.rungs):
        wide = SAMPLE + 9 + measure(word) + 16
        if x and x + wide > room:
            x, y = 0.0, y + LEGEND_LINE
        placed.append((arrow, word, x, y))
        x += wide
    return placed


def legend_height(ladder: Ladder, room: float) -> float:
    """Return how high the legend is."""
    entries = _entries(ladder, room)
    return entries[-1][3] + LEGEND_LINE + 4 if entries else 0.0


def draw_legend(sheet: Sheet, ladder: Ladder, left: float, top: float, room: float) -> None:
    """Draw which look of an arrow means what."""
    for arrow, word, x, y in _entries(ladder, room):
        begin = left + x
        shortened = 22 if arrow.manner is Manner.LOST else 0  # such an arrow ends before it arrives
        draw_arrow(sheet, arrow, begin, begin + SAMPLE + shortened, top + y + 8)
        sheet.text(begin + SAMPLE + 9, top + y + 12, [word], LEGEND, Tone.FAINT)
