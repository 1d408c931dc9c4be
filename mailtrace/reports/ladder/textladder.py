"""Draws ladders as text with box drawing, for terminals: columns of display cells, so that Korean lines up.

What stands upon the lanes is laid over them sign by sign; a wide letter takes two cells. `plain` uses ASCII alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from rich.cells import cell_len
from rich.text import Text

from mailtrace.model import StepKind
from mailtrace.model.language import counted
from mailtrace.reports.ladder.figures import Arrow, Ladder, Lane, Manner, Note, Pause
from mailtrace.reports.ladder.measure import balanced, wrapped
from mailtrace.reports.ladder.spread import Span, spread
from mailtrace.reports.ladder.words import gutter_packets, pause_said, time_said, took_said
from mailtrace.reports.safe import encodable, safe

NARROWEST = 60
"""Columns below which a ladder is not made narrower: the terminal itself breaks what does not fit."""

HEAD_MOST = 22
NAME_LINES = 3
SAID_LINES = 3
SAID_LEAST = 10
LOOP = 4
"""How far an arrow goes out that comes back to its own lane."""


class _Signs(NamedTuple):
    """The signs of a ladder."""

    lane: str
    broken: str
    whole: str
    dashed: str
    double: str
    right: str
    left: str
    cross: str
    corner: str
    edge: str
    arrow: str
    dots: str


BOXES = _Signs("│", "┊", "─", "╌", "═", "▶", "◀", "×", "╯", "━", "→", "…")
ASCII = _Signs("|", ":", "-", ".", "=", ">", "<", "x", "/", "=", "->", "...")

STYLES = {
    StepKind.LOOKUP: "magenta",
    StepKind.IDENT: "yellow",
    StepKind.COMMAND: "cyan",
    StepKind.REPLY: "green",
    StepKind.CONTENT: "bold",
    StepKind.TROUBLE: "bold red",
    StepKind.HOP: "bold cyan",
    StepKind.OUTCOME: "bold cyan",
}
"""Colours where a terminal has them; they repeat what the shapes of arrows say."""

FAINT, REFUSED, WAITED = "dim", "bold red", "bold yellow"


class _Canvas:
    """One line of cells; a wide letter has its cell and an empty one behind it."""

    def __init__(self, width: int) -> None:
        self._cells = [" "] * width
        self._styles = [""] * width

    def put(self, at: int, text: str, style: str = "") -> None:
        """Lay text over what stands there, as far as there is room."""
        for char in text:
            size = cell_len(char)
            if size == 0:
                if 0 < at <= len(self._cells):
                    self._cells[at - 1] += char
                continue
            if at < 0 or at + size > len(self._cells):
                break
            self._cells[at : at + size] = [char, *[""] * (size - 1)]
            self._styles[at : at + size] = [style] * size
            at += size

    def line(self) -> Text:
        """Return it as text, without blanks at its end."""
        line = Text()
        for style, cells in groupby(zip(self._styles, self._cells, strict=True), key=lambda cell: cell[0]):
            line.append("".join(cell for _, cell in cells), style or None)
        line.rstrip()
        return line


class _Text:
    """A ladder while it is written."""

    def __init__(self, ladder: Ladder, width: int, signs: _Signs, encoding: str) -> None:
        self._ladder = ladder
        self._encoding = encoding
        self._signs = signs
        self._width = max(width, NARROWEST)
        rungs = ladder.rungs
        self._time = max((len(time_said(rung)) for rung in rungs), default=0)
        packets = [self._shown(gutter_packets(rung.packets)) for rung in rungs if not isinstance(rung, Pause)]
        pauses = [self._shown(pause_said(rung)) for rung in rungs if isinstance(rung, Pause)]
        pauses += [self._shown(took_said(rung)) for rung in rungs if isinstance(rung, Arrow)]
        self._gutter = self._time + 2 + max(map(cell_len, (*packets, *pauses)), default=0) + 2
        room = self._width - self._gutter
        widest = min(HEAD_MOST, max(8, room // max(len(ladder.lanes), 1)))
        self._heads = [self._head(lane, widest) for lane in ladder.lanes]
        self._middles = self._places(room)
        for middle, head in zip(self._middles[-1:], self._heads[-1:], strict=True):
            self._width = max(self._width, middle + (max(map(cell_len, head), default=1) + 1) // 2)
        self._lines: list[Text] = []

    def _shown(self, text: str) -> str:
        shown = safe(text).replace("→", self._signs.arrow).replace("…", self._signs.dots)
        return encodable(shown, self._encoding)

    def _head(self, lane: Lane, room: int) -> list[str]:
        texts = (lane.name, *lane.details)
        return [line for each in texts for line in balanced(self._shown(each), room, cell_len, NAME_LINES)]

    def _places(self, room: int) -> list[int]:
        """Return in which column each lane stands: closer together where the page is narrow.

        The first head may stand above the gutter, so that its lane begins right behind that.
        """
        widths = [max(map(cell_len, head), default=1) for head in self._heads]
        before = min(widths[0] / 2 - 1, self._gutter) if widths else 0
        most = room
        places: list[float] = []
        while most >= SAID_LEAST:
            places = spread(widths, self._spans(most), 1)
            if not places or places[-1] + widths[-1] / 2 - before <= room:
                break
            most -= 2
        return [self._gutter + int(place - before + 0.5) for place in places]

    def _spans(self, most: int) -> list[Span]:
        spans = []
        for rung in self._ladder.rungs:
            if isinstance(rung, Arrow):
                first, last = sorted((rung.source, rung.target))
                natural = max((cell_len(self._shown(each)) for each in rung.says), default=0)
                loop = first == last
                if last + loop < len(self._ladder.lanes):
                    wanted = max(SAID_LEAST, min(natural, most)) + 4 + LOOP * loop
                    spans.append(Span(first, last + loop, wanted))
        return spans

    def written(self) -> list[Text]:
        """Return the ladder as lines."""
        for text, style in ((self._ladder.title, "bold"), (self._ladder.summary, "")):
            self._lines += [Text(line, style) for line in wrapped(self._shown(text), self._width, cell_len)]
        self._lines.append(Text())
        self._write_heads()
        for rung in self._ladder.rungs:
            match rung:
                case Arrow():
                    self._arrow(rung)
                case Note():
                    self._note(rung)
                case Pause():
                    self._pause(rung)
        if self._ladder.more:
            more = counted("{count} more arrow is not drawn.", "{count} more arrows are not drawn.", self._ladder.more)
            self._lines += [Text(), Text(more, STYLES[StepKind.TROUBLE])]
        return self._lines

    def _canvas(self, broken: bool = False) -> _Canvas:
        canvas = _Canvas(self._width)
        for middle in self._middles:
            canvas.put(middle, self._signs.broken if broken else self._signs.lane, FAINT)
        return canvas

    def _write_heads(self) -> None:
        high = max(map(len, self._heads), default=0)
        for level in range(high):
            canvas = _Canvas(self._width)
            for middle, head in zip(self._middles, self._heads, strict=True):
                if level < len(head):
                    canvas.put(max(0, middle - cell_len(head[level]) // 2), head[level], "bold" if not level else "")
            self._lines.append(canvas.line())
        self._lines.append(self._canvas().line())

    def _put_gutter(self, canvas: _Canvas, rung: Arrow | Note) -> None:
        time = time_said(rung)
        canvas.put(self._time - len(time), time, FAINT)
        canvas.put(self._time + 2, self._shown(gutter_packets(rung.packets)))

    def _arrow(self, arrow: Arrow) -> None:
        first, last = sorted((arrow.source, arrow.target))
        loop = first == last
        style = REFUSED if arrow.manner is Manner.REFUSES else STYLES.get(arrow.kind, "")
        begin = self._middles[first] + (LOOP + 2 if loop else 2)
        end = self._middles[last] - 1
        if loop:
            end = self._middles[last + 1] - 1 if last + 1 < len(self._middles) else self._width
        for line in self._fitted(arrow.says, max(end - begin, 2)):
            canvas = self._canvas()
            canvas.put(begin if loop else begin + (end - begin - cell_len(line)) // 2, line, style)
            self._lines.append(canvas.line())
        canvas = self._canvas()
        self._put_gutter(canvas, arrow)
        canvas.put(self._middles[first] + 1, self._drawn(arrow, first, last), style)
        self._lines.append(canvas.line())
        if took_said(arrow):
            canvas = self._canvas()
            canvas.put(self._time + 2, self._shown(took_said(arrow)), WAITED)
            self._lines.append(canvas.line())

    def _fitted(self, says: Sequence[str], room: int) -> list[str]:
        lines: list[str] = []
        for each in says:
            lines += balanced(self._shown(each), room, cell_len, max(1, SAID_LINES - len(lines)))
        return lines

    def _drawn(self, arrow: Arrow, first: int, last: int) -> str:
        """Return an arrow from the lane on the left to the one on the right, or the other way."""
        signs, manner = self._signs, arrow.manner
        if first == last:
            turn = signs.cross if manner in (Manner.LOST, Manner.REFUSES) else signs.corner
            return f"{signs.left}{signs.whole * (LOOP - 2)}{turn}"
        length = self._middles[last] - self._middles[first] - 1
        stroke = {Manner.BRINGS: signs.double, Manner.ANSWERS: signs.dashed, Manner.REFUSES: signs.dashed}
        line = list(stroke.get(manner, signs.whole) * length)
        goes_right = arrow.source < arrow.target
        begin, end = (0, length - 1) if goes_right else (length - 1, 0)
        inside = 1 if goes_right else -1
        if manner is Manner.LOST:
            line[end] = line[end - inside] = " "
            line[end - 2 * inside] = signs.cross
            return "".join(line)
        line[end] = signs.right if goes_right else signs.left
        if manner is Manner.TOGETHER:
            line[begin] = signs.left if goes_right else signs.right
        elif manner is Manner.REFUSES:
            line[begin + 2 * inside] = signs.cross
        return "".join(line)

    def _note(self, note: Note) -> None:
        trouble = note.kind is StepKind.TROUBLE
        begin = self._gutter
        mark = "! " if trouble else f"{self._signs.edge * 2} "
        self._lines.append(self._canvas().line())
        for at, text in enumerate(note.says):
            for level, line in enumerate(wrapped(self._shown(text), self._width - begin - 3, cell_len, 3)):
                canvas = _Canvas(self._width)
                if trouble and not at and not level:
                    self._put_gutter(canvas, note)
                canvas.put(begin, f"{mark if not at and not level else ' ' * len(mark)}{line}", STYLES[note.kind])
                self._lines.append(canvas.line())
        self._lines.append(self._canvas().line())

    def _pause(self, pause: Pause) -> None:
        self._lines.append(self._canvas(broken=True).line())
        canvas = self._canvas(broken=True)
        canvas.put(self._time - 1, self._signs.broken, WAITED)
        canvas.put(self._time + 2, self._shown(pause_said(pause)), WAITED)
        if pause.why and self._middles:
            (line, *_) = wrapped(self._shown(pause.why), self._width - self._gutter - 2, cell_len, 1)
            middle = (self._middles[0] + self._middles[-1] + 1) // 2
            canvas.put(max(self._gutter, middle - cell_len(line) // 2 - 1), f" {line} ", WAITED)
        self._lines.append(canvas.line())
        self._lines.append(self._canvas(broken=True).line())


def lines(ladder: Ladder, width: int = 100, *, plain: bool = False, encoding: str = "utf-8") -> list[Text]:
    """Return a ladder as lines in colours, as wide as `width` cells if that is enough for its hosts.

    `plain`: our own signs are ASCII. What `encoding` cannot write of the others is spelled out.
    """
    return _Text(ladder, width, ASCII if plain else BOXES, encoding).written()


def text(ladder: Ladder, width: int = 100, *, plain: bool = False) -> str:
    """Return a ladder as text without colours; see `lines`."""
    return "".join(f"{line.plain}\n" for line in lines(ladder, width, plain=plain))
