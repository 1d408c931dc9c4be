"""Waits that tile a stretch of time, and layers of better reasons laid over them.

Whatever is laid over them, tiles still cover the same time, each nanosecond once: a layer cuts tiles, and never adds to
the time or takes from it. So what a layer knows may be wrong or contradict another, and the sum holds all the same.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import groupby

from mailtrace.model import NO_TIME, Wait, WaitKind

MOST_PACKETS = 24
"""Packets that prove one wait; of a long transfer in many pieces the first and the last say as much."""


def laid_over(tiles: Sequence[Wait], layer: Iterable[Wait], kinds: Container[WaitKind]) -> list[Wait]:
    """Return the tiles with those of the layer in place of what they cover, where that is one of `kinds`.

    Where two of the layer overlap, the one that begins first is seen.
    """
    cuts = list(_apart(layer))
    result: list[Wait] = []
    at = 0
    for tile in tiles:
        while at < len(cuts) and cuts[at].end_ns <= tile.start_ns:
            at += 1
        if tile.kind not in kinds:
            result.append(tile)
            continue
        here = at
        while here < len(cuts) and cuts[here].start_ns < tile.end_ns:
            tile = _cut(result, tile, cuts[here])
            here += 1
        result.append(tile)
    return [tile for tile in result if tile.duration_ns]


def _apart(layer: Iterable[Wait]) -> Iterator[Wait]:
    """Yield the waits of a layer in order, each without what an earlier one covers, so that work stays linear.

    What began nobody knows when is left out.
    """
    reached: int | None = None
    for wait in sorted((wait for wait in layer if wait.start_ns != NO_TIME), key=_start_ns):
        begin = wait.start_ns if reached is None else max(wait.start_ns, reached)
        if begin < wait.end_ns:
            yield part(wait, begin, wait.end_ns, wait.packets)
            reached = wait.end_ns


def _start_ns(wait: Wait) -> int:
    return wait.start_ns


def _cut(result: list[Wait], tile: Wait, cut: Wait) -> Wait:
    """Add what is before the cut, and what it covers; return what is left of the tile behind it."""
    begin, end = max(cut.start_ns, tile.start_ns), min(cut.end_ns, tile.end_ns)
    if begin > tile.start_ns:
        result.append(part(tile, tile.start_ns, begin, _ends(tile.packets[:1], cut.packets[:1])))
    result.append(part(cut, begin, end, cut.packets))
    return part(tile, end, tile.end_ns, _ends(cut.packets[-1:], tile.packets[-1:]))


def part(wait: Wait, start_ns: int, end_ns: int, packets: tuple[int, ...]) -> Wait:
    """Return a part of a wait, with its own proof."""
    return Wait(wait.kind, start_ns, end_ns - start_ns, packets, wait.confidence, wait.about, wait.side)


def _ends(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return one if one == other else one + other


def joined(tiles: Iterable[Wait]) -> tuple[Wait, ...]:
    """Return the tiles with neighbours of one reason made one, and empty ones left out."""
    result: list[Wait] = []
    for _, group in groupby((tile for tile in tiles if tile.duration_ns), key=_reason):
        first, *others = group
        if others:
            packets = tuple(dict.fromkeys(number for tile in (first, *others) for number in tile.packets))
            shown = packets if len(packets) <= MOST_PACKETS else (packets[0], packets[-1])
            first = part(first, first.start_ns, others[-1].end_ns, shown)
        result.append(first)
    return tuple(result)


def _reason(tile: Wait) -> tuple[object, ...]:
    return tile.kind, tile.about, tile.side, tile.confidence
