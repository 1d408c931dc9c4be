"""Draws the way of a mail: stops as boxes in columns, hops as arrows between them, branches in rows of their own.

All hops of one row lie on one line; a branch leaves its stop by a line down to its own row. Rows are ordered so that
nothing but branches of the same stop lies between, and no line passes a box. A long way goes on below, in another band:
the line turns at the right edge, and comes in again at the left one.
"""

from __future__ import annotations

from typing import NamedTuple

from mailtrace.model.language import counted
from mailtrace.reports.ladder.figures import Leg, Stop, Way
from mailtrace.reports.ladder.ink import Sheet, Tone, letters, number
from mailtrace.reports.ladder.measure import Font, balanced, measured, wrapped
from mailtrace.reports.safe import safe

TITLE = Font(15, bold=True)
SUMMARY = Font(12)
NAME = Font(13, bold=True)
DETAIL = Font(10.5)
FATE = Font(11, bold=True)
LEG = Font(11)

MARGIN = 14.0
PAD = 8.0
BOX_LEAST, BOX_MOST = 84.0, 176.0
LEG_LEAST, LEG_MOST = 60.0, 150.0
SIDE = 18.0
"""Left and right of the text of a hop: where branches go down, and where the head of its arrow is."""

ROW_GAP, BAND_GAP = 22.0, 30.0
BAND_MOST = 1_100.0
"""Width from which on a way goes on below."""

LEAST_WIDTH = 420.0

LINES = 4
"""Lines that something takes at most."""

FATE_TONES = {True: Tone.SERVER, False: Tone.BAD, None: Tone.WAIT}

Lines = list[tuple[list[str], Font, Tone]]


class _Rows(NamedTuple):
    """How far down everything lies: the middle of each row of each band, the turn above each band, and the end."""

    middles: dict[tuple[int, int], float]
    turns: dict[int, float]
    bottom: float


class _Plan:
    """Where everything of a way lies."""

    def __init__(self, way: Way) -> None:
        self.way = way
        self.boxes = [_box(stop) for stop in way.stops]
        self.legs = [(_texts(leg.above), _texts(leg.below)) for leg in way.legs]
        columns = 1 + max((stop.column for stop in way.stops), default=0)
        self.widths = [BOX_LEAST] * columns
        for stop, box in zip(way.stops, self.boxes, strict=True):
            self.widths[stop.column] = max(self.widths[stop.column], _wide(box) + 2 * PAD)
        gaps = [LEG_LEAST] * columns
        for leg, (above, below) in zip(way.legs, self.legs, strict=True):
            wide = max(map(measured(LEG), (*above, *below)), default=0.0)
            column = way.stops[leg.source].column
            gaps[column] = max(gaps[column], wide)
        self.bands, self.lefts = _placed(self.widths, [gap + 2 * SIDE for gap in gaps])
        self.right = max((left + wide for left, wide in zip(self.lefts, self.widths, strict=True)), default=0.0)
        turns = len(set(self.bands)) > 1
        self.width = max(LEAST_WIDTH, self.right + (SIDE if turns else 0) + MARGIN)

    def rows(self, top: float) -> _Rows:
        """Return how far down everything lies."""
        heights: dict[tuple[int, int], float] = {}
        for stop, box in zip(self.way.stops, self.boxes, strict=True):
            key = self.bands[stop.column], stop.row
            heights[key] = max(heights.get(key, 0.0), _high(box) + 2 * PAD)
        for leg, (above, below) in zip(self.way.legs, self.legs, strict=True):
            target = self.way.stops[leg.target]
            key = self.bands[target.column], target.row
            heights[key] = max(heights[key], 2 * max(letters(LEG, above), letters(LEG, below)) + 12)
        rows = _Rows({}, {}, top)
        y = top
        for band, row in sorted(heights):
            if band and band not in rows.turns:
                rows.turns[band] = y - ROW_GAP + (ROW_GAP + BAND_GAP) / 2
                y += BAND_GAP
            rows.middles[band, row] = y + heights[band, row] / 2
            y += heights[band, row]
            rows = rows._replace(bottom=y)
            y += ROW_GAP
        return rows


def _placed(widths: list[float], gaps: list[float]) -> tuple[list[int], list[float]]:
    """Return in which band each column is, and where it begins; a band after the first begins with a gap."""
    bands, lefts = [0], [MARGIN]
    for column in range(1, len(widths)):
        left = lefts[-1] + widths[column - 1] + gaps[column - 1]
        fits = left + widths[column] <= BAND_MOST
        bands.append(bands[-1] + (not fits))
        lefts.append(left if fits else MARGIN + gaps[column - 1])
    return bands, lefts


def _box(stop: Stop) -> Lines:
    room = BOX_MOST - 2 * PAD
    lines = [(balanced(safe(stop.name), room, measured(NAME), LINES), NAME, Tone.INK)]
    lines += [(balanced(safe(each), room, measured(DETAIL), LINES), DETAIL, Tone.FAINT) for each in stop.details]
    return lines + [
        (balanced(safe(told), room, measured(FATE), LINES), FATE, FATE_TONES[good]) for told, good in stop.fates
    ]


def _texts(texts: tuple[str, ...]) -> list[str]:
    return [line for each in texts for line in balanced(safe(each), LEG_MOST, measured(LEG), LINES)]


def _wide(box: Lines) -> float:
    return max((measured(font)(line) for lines, font, _ in box for line in lines), default=0.0)


def _high(box: Lines) -> float:
    return sum(letters(font, lines) for lines, font, _ in box)


def draw_way(way: Way, *, titled: bool) -> str:
    """Return the way of a mail as an SVG document."""
    plan = _Plan(way)
    sheet = Sheet(plan.width, way.title, way.summary)
    rows = plan.rows(MARGIN + (_draw_titles(sheet, plan) if titled else 0))
    bottom = rows.bottom
    for leg, texts in zip(way.legs, plan.legs, strict=True):
        _draw_leg(sheet, plan, rows, leg, texts)
    for stop, box in zip(way.stops, plan.boxes, strict=True):
        _draw_stop(sheet, plan, stop, box, rows.middles[plan.bands[stop.column], stop.row])
    if way.more:
        told = counted("{count} more hop is not drawn.", "{count} more hops are not drawn.", way.more)
        sheet.text(MARGIN, bottom + 24, [told], LEG, Tone.BAD)
        bottom += 24
    return sheet.document(bottom + MARGIN)


def _draw_titles(sheet: Sheet, plan: _Plan) -> float:
    """Draw title and summary, and return how high they are."""
    room = plan.width - 2 * MARGIN
    title = wrapped(safe(plan.way.title), room, measured(TITLE), LINES)
    summary = wrapped(safe(plan.way.summary), room, measured(SUMMARY), LINES)
    sheet.text(MARGIN, MARGIN + TITLE.size, title, TITLE)
    sheet.text(MARGIN, MARGIN + letters(TITLE, title) + SUMMARY.size, summary, SUMMARY, Tone.FAINT)
    return letters(TITLE, title) + letters(SUMMARY, summary) + 14


def _draw_stop(sheet: Sheet, plan: _Plan, stop: Stop, box: Lines, middle: float) -> None:
    left, width = plan.lefts[stop.column], plan.widths[stop.column]
    height = _high(box) + 2 * PAD
    y = middle - height / 2
    sheet.box(left, y, width, height, Tone.SHADE, Tone.RULE, round_=6)
    y += PAD
    for lines, font, tone in box:
        sheet.text(left + width / 2, y + font.size * 0.95, lines, font, tone, "middle")
        y += letters(font, lines)


def _draw_leg(sheet: Sheet, plan: _Plan, rows: _Rows, leg: Leg, texts: tuple[list[str], list[str]]) -> None:
    source, target = plan.way.stops[leg.source], plan.way.stops[leg.target]
    from_band, band = plan.bands[source.column], plan.bands[target.column]
    begin, end = plan.lefts[source.column] + plan.widths[source.column], plan.lefts[target.column]
    from_y, y = rows.middles[from_band, source.row], rows.middles[band, target.row]
    tone = Tone.MAIL if leg.good else Tone.BAD
    dash = "" if leg.captured else "3 4"
    ways = [f"M{number(begin)} {number(from_y)}"]
    if band != from_band:
        begin = MARGIN
        ways += [f"H{number(plan.right + 9)}", f"V{number(rows.turns[band])}", f"H{number(begin)}", f"V{number(y)}"]
    elif y != from_y:
        ways += [f"H{number(begin + 9)}", f"V{number(y)}"]
    sheet.path(" ".join([*ways, f"H{number(end - 7)}"]), tone, dash=dash, thick=1.8)
    if leg.good:
        sheet.head(end - 1, y, (1, 0), tone)
    else:
        sheet.cross(end - 7, y, tone)
    above_line, below_line = texts
    centre = (begin + end) / 2
    sheet.text(centre, y - 7 - letters(LEG, above_line[1:]), above_line, LEG, Tone.FAINT, "middle")
    sheet.text(centre, y + 5 + LEG.size, below_line, LEG, tone, "middle")
