"""Where the boxes of a map stand and where the texts of its lines: on a ring, with as few crossings as can be.

Boxes on a ring are never passed by a line between two others. Texts lie on their lines; where one finds no free place,
the ring grows. All of it is plain geometry in a fixed order, so that the same hosts always stand in the same places.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from math import cos, hypot, radians, sin
from typing import NamedTuple

GROWTH = 1.12
MOST_GROWTH = 16
"""How often the ring grows until texts are laid where they are crossed: it is then six times as wide."""

SHARES = (0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73)
"""Where on a line its text may lie, the best place first."""

ROOM = 5.0
"""Free space around a text."""

SMALLEST = 1e-9
"""What is shorter has no direction."""

SEEN = 64.0
"""What must be seen of a line that has a text upon it."""


class Point(NamedTuple):
    """A place on the paper."""

    x: float
    y: float


class Box(NamedTuple):
    """A rectangle on the paper, by its middle."""

    x: float
    y: float
    width: float
    height: float

    def meets(self, other: Box, room: float = 0.0) -> bool:
        """Tell whether two boxes overlap, or are nearer than `room`."""
        return (
            abs(self.x - other.x) * 2 < self.width + other.width + 2 * room
            and abs(self.y - other.y) * 2 < self.height + other.height + 2 * room
        )


class Line(NamedTuple):
    """A straight line between two boxes, from edge to edge; `one` and `other` are the places of the boxes."""

    begin: Point
    end: Point
    one: int
    other: int

    def at(self, share: float) -> Point:
        """Return the point at a share of the line's length."""
        return Point(
            self.begin.x + (self.end.x - self.begin.x) * share, self.begin.y + (self.end.y - self.begin.y) * share
        )

    def shows(self, box: Box) -> float:
        """Return how much of it is seen when a box lies on it."""
        near, far = self.within(box) or (0.0, 0.0)
        return self.length * (1 - far + near)

    @property
    def length(self) -> float:
        """How long it is."""
        return hypot(self.end.x - self.begin.x, self.end.y - self.begin.y)

    def within(self, box: Box) -> tuple[float, float] | None:
        """Return from which share of the line to which it lies in a box, None where it passes by."""
        near, far = 0.0, 1.0
        for begin, end, middle, size in (
            (self.begin.x, self.end.x, box.x, box.width),
            (self.begin.y, self.end.y, box.y, box.height),
        ):
            way = end - begin
            if abs(way) < SMALLEST:
                if abs(begin - middle) >= size / 2:
                    return None
                continue
            enters, leaves = sorted(((middle - size / 2 - begin) / way, (middle + size / 2 - begin) / way))
            near, far = max(near, enters), min(far, leaves)
        return (near, far) if near < far else None


class Placed(NamedTuple):
    """A map that is laid out: boxes of hosts, lines, the box of each line's text, and how large the paper has to be."""

    hosts: list[Box]
    lines: list[Line]
    texts: list[Box]
    width: float
    height: float


Size = tuple[float, float]


def laid_out(hosts: Sequence[Size], links: Sequence[tuple[int, int]], texts: Sequence[Size]) -> Placed:
    """Return a place for everything: `hosts` and `texts` are sizes, a text for each of the `links` between hosts."""
    order = _ordered(len(hosts), links)
    scale = 1.0
    for _ in range(MOST_GROWTH):
        boxes = _on_ring(hosts, order, scale)
        lines = [_line(boxes, one, other) for one, other in links]
        if not any(one.meets(other, 24) for one, other in combinations(boxes, 2)):
            placed = _texts(boxes, lines, texts, strict=True)
            if placed is not None:
                return _moved(boxes, lines, placed)
        scale *= GROWTH
    return _moved(boxes, lines, _texts(boxes, lines, texts, strict=False) or [])


def _ordered(many: int, links: Sequence[tuple[int, int]]) -> list[int]:
    """Return which host stands at which place of the ring: hosts are swapped as long as that spares crossings."""
    order = list(range(many))
    best = _cost(order, links)
    better = True
    while better:
        better = False
        for one, other in combinations(range(1, many), 2):
            tried = order[:]
            tried[one], tried[other] = tried[other], tried[one]
            cost = _cost(tried, links)
            if cost < best:
                order, best, better = tried, cost, True
    return order


def _cost(order: Sequence[int], links: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return how many lines cross, and how far apart are those who spoke with each other."""
    place = {host: at for at, host in enumerate(order)}
    spans = [tuple(sorted((place[one], place[other]))) for one, other in links]
    crossings = sum(a < c < b < d or c < a < d < b for (a, b), (c, d) in combinations(spans, 2))
    return crossings, sum(min(b - a, len(order) - b + a) for a, b in spans)


def _on_ring(hosts: Sequence[Size], order: Sequence[int], scale: float) -> list[Box]:
    many = len(hosts)
    width = max((size[0] for size in hosts), default=0.0)
    height = max((size[1] for size in hosts), default=0.0)
    across = scale * (width / 2 + 90 + 16 * max(0, many - 4))
    down = 0.0 if many <= 2 else scale * (height / 2 + 62 + 26 * max(0, many - 4))
    first = 180.0 if many <= 2 else -90.0 if many % 2 else -90.0 - 180.0 / many
    boxes = [Box(0, 0, 0, 0)] * many
    for place, host in enumerate(order):
        angle = radians(first + 360.0 * place / max(many, 1))
        x, y = (across * cos(angle), down * sin(angle)) if many > 1 else (0.0, 0.0)
        boxes[host] = Box(round(x, 3), round(y, 3), *hosts[host])
    return boxes


def _line(boxes: Sequence[Box], one: int, other: int) -> Line:
    return Line(_edge(boxes[one], boxes[other]), _edge(boxes[other], boxes[one]), one, other)


def _edge(box: Box, towards: Box) -> Point:
    """Return where a line from the middle of a box to another leaves it."""
    dx, dy = towards.x - box.x, towards.y - box.y
    shares = [
        half / abs(way) for half, way in ((box.width / 2 + 3, dx), (box.height / 2 + 3, dy)) if abs(way) > SMALLEST
    ]
    share = min(shares, default=0.0)
    return Point(box.x + dx * share, box.y + dy * share)


def _texts(boxes: Sequence[Box], lines: Sequence[Line], sizes: Sequence[Size], *, strict: bool) -> list[Box] | None:
    """Return where the texts lie, None where one finds no place; not `strict`, it then lies in the middle."""
    found: dict[int, Box] = {}
    for at in sorted(range(len(lines)), key=lambda number: (lines[number].length, number)):
        free = [box for box in _places(lines[at], sizes[at]) if not _taken(box, (*boxes, *found.values()))]
        clear = [
            box
            for box in free
            if lines[at].shows(box) >= SEEN
            and not any(other != at and line.within(box) is not None for other, line in enumerate(lines))
        ]
        chosen = next(iter(clear or ([] if strict else free)), None)
        if chosen is None:
            if strict:
                return None
            chosen = next(_places(lines[at], sizes[at]))
        found[at] = chosen
    return [found[at] for at in range(len(lines))]


def _places(line: Line, size: Size) -> Iterator[Box]:
    for share in SHARES:
        yield Box(*line.at(share), *size)


def _taken(box: Box, others: Iterable[Box]) -> bool:
    return any(box.meets(other, ROOM) for other in others)


def _moved(boxes: Sequence[Box], lines: Sequence[Line], texts: Sequence[Box]) -> Placed:
    """Return everything moved so that it begins at the corner of the paper."""
    every = [*boxes, *texts]
    left = min((box.x - box.width / 2 for box in every), default=0.0)
    top = min((box.y - box.height / 2 for box in every), default=0.0)
    right = max((box.x + box.width / 2 for box in every), default=0.0)
    bottom = max((box.y + box.height / 2 for box in every), default=0.0)

    def moved(box: Box) -> Box:
        return Box(box.x - left, box.y - top, box.width, box.height)

    return Placed(
        [moved(box) for box in boxes],
        [
            Line(
                Point(line.begin.x - left, line.begin.y - top),
                Point(line.end.x - left, line.end.y - top),
                line.one,
                line.other,
            )
            for line in lines
        ],
        [moved(box) for box in texts],
        right - left,
        bottom - top,
    )
