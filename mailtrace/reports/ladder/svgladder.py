"""Draws ladders as SVG: lanes with their heads, rungs one below the other, cut into pages between them.

Time and packets stand in a gutter on the left, what was said above its arrow. Only where an arrow passes a lane does
its text have paper below it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailtrace.model import StepKind
from mailtrace.model.language import counted, said
from mailtrace.reports.ladder.figures import Arrow, Ladder, Note, Pause
from mailtrace.reports.ladder.ink import Sheet, Tone, letters
from mailtrace.reports.ladder.ladderlayout import (
    GUTTER,
    GUTTER_BOLD,
    MARGIN,
    NAME,
    PAD,
    SUMMARY,
    TITLE,
    TOLD,
    Layout,
    Measured,
)
from mailtrace.reports.ladder.measure import measured, wrapped
from mailtrace.reports.ladder.rungmarks import arrow_tone, draw_arrow, draw_break, draw_legend, legend_height
from mailtrace.reports.ladder.words import gutter_packets, pause_said, rung_title, time_said, took_said
from mailtrace.reports.safe import safe

FOOT, MORE, NUMBER = 16.0, 20.0, 6.0
"""Heights below the rungs: of the end of the lanes, of what is said of arrows left out, of the number of the page."""


def draw_ladder(ladder: Ladder, page_ratio: float | None, *, titled: bool) -> list[str]:
    """Return a ladder as pages, none higher than `page_ratio` times its width, one without it."""
    layout = Layout(ladder)
    most = None
    if page_ratio is not None:
        most = layout.width * page_ratio - _top_height(layout, titled) - _foot_height(layout)
    pages = _pages(layout.rungs, most)
    return [_Page(layout, page, number, len(pages), titled).drawn() for number, page in enumerate(pages, 1)]


def _top_height(layout: Layout, titled: bool) -> float:
    """Return where the rungs begin: below the title and the heads of the lanes."""
    return MARGIN + _title_height(layout, titled) + _heads_height(layout) + 10


def _foot_height(layout: Layout) -> float:
    """Return how much a page has below its rungs at most."""
    legend = legend_height(layout.ladder, layout.width - 2 * MARGIN)
    return FOOT + (MORE if layout.ladder.more else 0) + legend + NUMBER + MARGIN


def _title_height(layout: Layout, titled: bool) -> float:
    if not titled:
        return 0.0
    title, summary = _titles(layout)
    return letters(TITLE, title) + letters(SUMMARY, summary) + 12


def _titles(layout: Layout) -> tuple[list[str], list[str]]:
    room = layout.width - 2 * MARGIN
    ladder = layout.ladder
    return wrapped(safe(ladder.title), room, measured(TITLE), 3), wrapped(
        safe(ladder.summary), room, measured(SUMMARY), 3
    )


def _heads_height(layout: Layout) -> float:
    heights = [sum(letters(font, lines) for lines, font in head) for head in layout.heads]
    return max(heights, default=0.0) + 2 * PAD


def _pages(rungs: Sequence[Measured], most: float | None) -> list[list[Measured]]:
    """Cut rungs into pages, as few as can be, of which the last is not nearly empty."""
    if most is None:
        return [list(rungs)]
    pages = _cut(rungs, most)
    fuller = (_cut(rungs, most * tenths / 10) for tenths in range(5, 10))
    return next((tried for tried in fuller if len(tried) == len(pages)), pages)


def _cut(rungs: Sequence[Measured], most: float) -> list[list[Measured]]:
    """Cut rungs into pages of a height; what leads to an arrow stays with it."""
    pages: list[list[Measured]] = [[]]
    used = 0.0
    for block in _blocks(rungs):
        height = sum(rung.height for rung in block)
        if pages[-1] and used + height > most:
            pages.append([])
            used = 0.0
        pages[-1] += block
        used += height
    return pages


def _blocks(rungs: Sequence[Measured]) -> Iterator[list[Measured]]:
    """Yield what no page may part: headings and pauses with the arrow that they lead to."""
    block: list[Measured] = []
    for rung in rungs:
        block.append(rung)
        leads = isinstance(rung.rung, Pause) or (isinstance(rung.rung, Note) and rung.rung.kind is StepKind.HOP)
        if not leads:
            yield block
            block = []
    if block:
        yield block


class _Page:
    """One page of a ladder while it is drawn."""

    def __init__(self, layout: Layout, rungs: Sequence[Measured], number: int, many: int, titled: bool) -> None:
        ladder = layout.ladder
        title = ladder.title
        if many > 1:
            title = said("{title} (page {number} of {many})", title=title, number=number, many=many)
        self._layout = layout
        self._rungs = rungs
        self._is_last = number == many
        self._more = said("page {number} of {many}", number=number, many=many) if many > 1 else ""
        self._titled = titled
        self._sheet = Sheet(layout.width, title, ladder.summary)
        self._top = _top_height(layout, titled)

    def drawn(self) -> str:
        """Return the page as an SVG document."""
        bottom = self._top + sum(rung.height for rung in self._rungs)
        self._lanes(bottom)
        self._heads()
        y = self._top
        for rung in self._rungs:
            self._rung(rung, y)
            y += rung.height
        return self._sheet.document(self._foot(bottom))

    def _lanes(self, bottom: float) -> None:
        """Draw the lanes, broken where time is left out."""
        start = self._top - 10
        y = self._top
        cuts: list[tuple[float, float]] = []
        for rung in self._rungs:
            if isinstance(rung.rung, Pause):
                cuts.append((y + 4, y + rung.height - 4))
            y += rung.height
        for x in self._layout.middles:
            at = start
            for begin, end in cuts:
                self._sheet.line(x, at, x, begin, Tone.RULE)
                self._sheet.line(x, begin, x, end, Tone.RULE, dash="1.5 5")
                at = end
            self._sheet.line(x, at, x, bottom + 4, Tone.RULE)

    def _heads(self) -> None:
        layout, sheet = self._layout, self._sheet
        y = MARGIN
        if self._titled:
            title, summary = _titles(layout)
            sheet.text(MARGIN, y + TITLE.size, title, TITLE)
            sheet.text(MARGIN, y + letters(TITLE, title) + SUMMARY.size, summary, SUMMARY, Tone.FAINT)
            y += _title_height(layout, self._titled)
        height = _heads_height(layout)
        for middle, width, head in zip(layout.middles, layout.widths, layout.heads, strict=True):
            sheet.box(middle - width / 2, y, width, height, Tone.SHADE, Tone.RULE, round_=5)
            at = y + PAD
            for lines, font in head:
                tone = Tone.INK if font is NAME else Tone.FAINT
                sheet.text(middle, at + font.size * 0.95, lines, font, tone, "middle")
                at += letters(font, lines)
        titles = said("Time"), said("Packets")
        baseline = y + height - 4
        sheet.text(MARGIN + layout.gutter_time, baseline, [titles[0]], GUTTER, Tone.FAINT, "end")
        sheet.text(MARGIN + layout.gutter_time + 12, baseline, [titles[1]], GUTTER, Tone.FAINT)

    def _rung(self, rung: Measured, y: float) -> None:
        match rung.rung:
            case Arrow():
                with self._sheet.group(rung_title(rung.rung)):
                    self._arrow(rung, rung.rung, y)
            case Note():
                self._note(rung, rung.rung, y)
            case Pause():
                self._pause(rung, rung.rung, y)

    def _gutter(self, at: Arrow | Note, baseline: float) -> None:
        sheet, time = self._sheet, self._layout.gutter_time
        sheet.text(MARGIN + time, baseline, [time_said(at)], GUTTER, Tone.FAINT, "end")
        if at.packets:
            sheet.text(MARGIN + time + 12, baseline, [gutter_packets(at.packets)], GUTTER, Tone.INK)
        if isinstance(at, Arrow) and took_said(at):
            sheet.text(MARGIN + time + 12, baseline + GUTTER.size + 2, [took_said(at)], GUTTER_BOLD, Tone.WAIT)

    def _arrow(self, rung: Measured, arrow: Arrow, y: float) -> None:
        layout, sheet = self._layout, self._sheet
        line_y = y + rung.above
        begin, end = layout.room(arrow)
        tone = arrow_tone(arrow)
        first, last = sorted((arrow.source, arrow.target))
        self._gutter(arrow, line_y + 4)
        baseline = y + rung.font.size + (6 if arrow.source == arrow.target else 1)
        if first == last:
            sheet.text(begin, baseline, rung.lines, rung.font, tone)
        else:
            if last - first > 1:
                self._paper(rung, (begin + end) / 2, y)
            sheet.text((begin + end) / 2, baseline, rung.lines, rung.font, tone, "middle")
        draw_arrow(sheet, arrow, layout.middles[arrow.source], layout.middles[arrow.target], line_y)

    def _paper(self, rung: Measured, middle: float, y: float) -> None:
        """Lay paper below a text that stands upon lanes."""
        width = max(map(measured(rung.font), rung.lines), default=0.0) + 8
        self._sheet.box(middle - width / 2, y, width, letters(rung.font, rung.lines) + 2)

    def _note(self, rung: Measured, note: Note, y: float) -> None:
        layout, sheet = self._layout, self._sheet
        trouble = note.kind is StepKind.TROUBLE
        begin, end = layout.note_ends(note) if trouble else (layout.left, layout.right)
        height = letters(rung.font, rung.lines) + 10
        tone = Tone.BAD if trouble else Tone.RULE
        sheet.box(begin, y + 5, end - begin, height, Tone.PAPER if trouble else Tone.SHADE, tone, round_=3)
        sheet.box(begin, y + 5, 4, height, Tone.BAD if trouble else Tone.CLIENT)
        lines_tone = Tone.BAD if trouble else Tone.INK
        sheet.text(begin + 2 * PAD, y + 10 + rung.font.size * 0.9, rung.lines, rung.font, lines_tone)
        if trouble:
            self._gutter(note, y + 5 + height / 2 + 4)

    def _pause(self, rung: Measured, pause: Pause, y: float) -> None:
        layout, sheet = self._layout, self._sheet
        middle = y + rung.height / 2
        x = MARGIN + layout.gutter_time
        draw_break(sheet, x - 16, y + 5, y + rung.height - 5)
        sheet.text(x + 12, middle + 4, [pause_said(pause)], GUTTER_BOLD, Tone.WAIT)
        if rung.lines:
            centre = (layout.left + layout.right) / 2
            width = max(map(measured(rung.font), rung.lines)) + 16
            height = letters(rung.font, rung.lines)
            sheet.box(centre - width / 2, middle - height / 2 - 2, width, height + 4)
            sheet.text(centre, middle - height / 2 + rung.font.size, rung.lines, rung.font, Tone.WAIT, "middle")

    def _foot(self, bottom: float) -> float:
        """Draw what stands below the rungs, and return where the page ends."""
        layout, sheet = self._layout, self._sheet
        y = bottom + FOOT
        more = layout.ladder.more
        if self._is_last and more:
            told = counted("{count} more arrow is not drawn.", "{count} more arrows are not drawn.", more)
            sheet.text(MARGIN, y + 8, [told], TOLD, Tone.BAD)
            y += MORE
        draw_legend(sheet, layout.ladder, MARGIN, y, layout.width - 2 * MARGIN)
        y += legend_height(layout.ladder, layout.width - 2 * MARGIN)
        if self._more:
            sheet.text(layout.width - MARGIN, y + 2, [self._more], GUTTER, Tone.FAINT, "end")
            y += NUMBER
        return y + MARGIN
