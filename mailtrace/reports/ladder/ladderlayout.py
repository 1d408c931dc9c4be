"""Where everything of a ladder lies: how wide its columns are, and how high each rung is.

Each rung is measured first and drawn later, when it is known on which page and how far down it lies. What is said
stands always between the two lanes that it is about, so that nothing lies upon anything else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailtrace.model import StepKind
from mailtrace.model.language import said
from mailtrace.reports.ladder.figures import Arrow, Ladder, Lane, Manner, Note, Pause
from mailtrace.reports.ladder.ink import letters
from mailtrace.reports.ladder.measure import Font, balanced, measured, wrapped
from mailtrace.reports.ladder.spread import Span, spread
from mailtrace.reports.ladder.words import gutter_packets, pause_said, time_said, took_said
from mailtrace.reports.safe import safe

TITLE = Font(15, bold=True)
SUMMARY = Font(12)
NAME = Font(13, bold=True)
DETAIL = Font(10.5)
SAID = Font(12, equal=True)
TOLD = Font(12)
GUTTER = Font(11)
GUTTER_BOLD = Font(11, bold=True)
HEADING = Font(13, bold=True)

MARGIN = 14.0
PAD = 7.0
"""Between the edge of a box and its text."""

HEAD_GAP = 12.0
NAME_LINES = 4
SAID_LINES = 4
"""Lines that something takes at most; the rest of it stands in the walkthrough."""

HEAD_LEAST, SAID_LEAST = 80.0, 122.0

HEAD_MOST = {2: 190.0, 3: 180.0, 4: 170.0, 5: 156.0, 6: 140.0}
SAID_MOST = {2: 430.0, 3: 270.0, 4: 190.0, 5: 172.0, 6: 160.0}
HEAD_MOST_BEYOND, SAID_MOST_BEYOND = 124.0, 140.0
"""Widths of the heads and of what is said between two lanes, by the number of lanes: paper is no wider for more."""

SIDE = 12.0
"""Between a lane and the text beside it."""

LOOP = 26.0
"""How far an arrow goes out that comes back to its own lane."""


class Measured:
    """A rung that is measured: `lines` with their font, and its height."""

    def __init__(self, rung: Arrow | Note | Pause, lines: list[str], font: Font, above: float, below: float) -> None:
        self.rung = rung
        self.lines = lines
        self.font = font
        self.above = above + letters(font, lines)
        self.height = self.above + below


class Layout:
    """Where everything of a ladder lies, but how far down."""

    def __init__(self, ladder: Ladder) -> None:
        self.ladder = ladder
        self.gutter_time, self.gutter = self._gutters()
        self.heads = [self._head(lane) for lane in ladder.lanes]
        self.widths = widths = [self._head_width(head) for head in self.heads]
        begin = MARGIN + self.gutter + HEAD_GAP
        self.middles = [begin + middle for middle in spread(widths, self._spans(), HEAD_GAP)]
        right = self.middles[-1] + widths[-1] / 2 if self.middles else begin
        self.left = begin
        self.right = max(right, begin + 320, self._loops())
        self.rungs = [self._rung(rung) for rung in ladder.rungs]

    @property
    def width(self) -> float:
        """The width of the whole figure."""
        return self.right + MARGIN

    def ends(self, first: int, last: int) -> tuple[float, float]:
        """Return where the room between two lanes begins and ends; a single lane has that around its head."""
        if first == last:
            half = self.widths[first] / 2
            return self.middles[first] - half, self.middles[first] + half
        return self.middles[first], self.middles[last]

    def _gutters(self) -> tuple[float, float]:
        """Return how wide the column of times is, and the whole gutter."""
        measure = measured(GUTTER_BOLD)
        times = [time_said(rung) for rung in self.ladder.rungs]
        packets = [gutter_packets(rung.packets) for rung in self.ladder.rungs if not isinstance(rung, Pause)]
        packets += [pause_said(rung) for rung in self.ladder.rungs if isinstance(rung, Pause)]
        packets += [took_said(rung) for rung in self.ladder.rungs if isinstance(rung, Arrow)]
        titles = said("Time"), said("Packets")
        time = max(map(measure, (*times, titles[0])))
        return time, time + 12 + max(map(measure, (*packets, titles[1])))

    def _head(self, lane: Lane) -> list[tuple[list[str], Font]]:
        room = HEAD_MOST.get(len(self.ladder.lanes), HEAD_MOST_BEYOND) - 2 * PAD
        name = balanced(safe(lane.name), room, measured(NAME), NAME_LINES)
        details = [line for each in lane.details for line in balanced(safe(each), room, measured(DETAIL), NAME_LINES)]
        return [(name, NAME), (details, DETAIL)]

    def _head_width(self, head: list[tuple[list[str], Font]]) -> float:
        return max(HEAD_LEAST, *(self._natural(lines, font) for lines, font in head)) + 2 * PAD

    def _natural(self, lines: Sequence[str], font: Font) -> float:
        return max(map(measured(font), lines), default=0.0)

    def _spans(self) -> Iterator[Span]:
        """Yield the room that arrows want."""
        most = SAID_MOST.get(len(self.ladder.lanes), SAID_MOST_BEYOND)
        for rung in self.ladder.rungs:
            if isinstance(rung, Arrow):
                first, last = sorted((rung.source, rung.target))
                natural = max(map(measured(_font(rung)), map(safe, rung.says)), default=0.0)
                wanted = max(SAID_LEAST, min(natural, most)) + 2 * SIDE
                if first == last:
                    wanted += LOOP
                    last += 1
                if last < len(self.ladder.lanes):
                    yield Span(first, last, wanted)

    def _loops(self) -> float:
        """Return how far right an arrow of the last lane to itself reaches."""
        last = len(self.middles) - 1
        loops = any(isinstance(rung, Arrow) and rung.source == rung.target == last for rung in self.ladder.rungs)
        return self.middles[last] + LOOP + SAID_LEAST + 2 * SIDE if loops else 0.0

    def room(self, arrow: Arrow) -> tuple[float, float]:
        """Return where the text of an arrow may begin and must end."""
        first, last = sorted((arrow.source, arrow.target))
        if first < last:
            return self.middles[first] + SIDE, self.middles[last] - SIDE
        end = self.middles[first + 1] if first + 1 < len(self.middles) else self.right + SIDE
        return self.middles[first] + LOOP + SIDE, end - SIDE

    def _rung(self, rung: Arrow | Note | Pause) -> Measured:
        """Measure a rung."""
        if isinstance(rung, Arrow):
            begin, end = self.room(rung)
            font = _font(rung)
            lines = _fitted(rung.says, end - begin, font)
            if rung.source == rung.target:
                return Measured(rung, lines, font, 10, 16)
            above = 10 if rung.manner is Manner.BRINGS else 6  # for the letter upon the arrow
            return Measured(rung, lines, font, above, 24 if took_said(rung) else 15)
        if isinstance(rung, Pause):
            lines = wrapped(safe(rung.why), self.right - self.left - 40, measured(TOLD), 2) if rung.why else []
            stretch = min(60.0, 8.0 * len(str(rung.duration_ns // 100_000_000)) ** 1.35)
            return Measured(rung, lines, TOLD, 10 + stretch / 2, 12 + stretch / 2)
        font = HEADING if rung.kind in (StepKind.HOP, StepKind.OUTCOME) else TOLD
        begin, end = (self.left, self.right) if font is HEADING else self.note_ends(rung)
        lines = [line for each in rung.says for line in wrapped(safe(each), end - begin - 3 * PAD, measured(font), 3)]
        return Measured(rung, lines, font, 12, 12)

    def note_ends(self, note: Note) -> tuple[float, float]:
        """Return where the box of a note begins and ends: wide enough to be read."""
        begin, end = self.ends(note.first, note.last)
        missing = max(0.0, SAID_LEAST + 60 - (end - begin + 2 * SIDE))
        return max(self.left, begin - SIDE - missing / 2), min(self.right, end + SIDE + missing / 2)


def _font(arrow: Arrow) -> Font:
    """Return how an arrow's text is set: what was said in letters of equal width, what is told of it in others."""
    quoted = (StepKind.COMMAND, StepKind.REPLY, StepKind.LOOKUP)
    return SAID if arrow.kind in quoted else TOLD


def _fitted(says: Sequence[str], room: float, font: Font) -> list[str]:
    measure = measured(font)
    lines: list[str] = []
    for each in says:
        lines += balanced(safe(each), room, measure, max(1, SAID_LINES - len(lines)))
    return lines
