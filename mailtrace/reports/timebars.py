"""Where the time went, for people: a bar in the order of time, and a table of what its letters mean."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase

from mailtrace.model import Confidence, TimeShare, TimeTable
from mailtrace.model.language import said
from mailtrace.reports.overview import ranges
from mailtrace.reports.times import duration

WAIT_TITLE = "Where the time went"

WAIT_TITLES = ("", "Time", "Share", "What took it", "Packets", "Why")

LETTERS = ascii_lowercase
"""One for each share: tables have fewer lines."""

WIDEST_BAR = 100
"""Cells of a bar; a wider one says no more."""


def times_headed(table: TimeTable) -> str:
    """Return what stands above the bar."""
    return said("Where the time went: {duration}", duration=duration(table.total_ns))


def wait_cells(table: TimeTable) -> list[tuple[str, ...]]:
    """Return the lines of the table as text, in the order of `WAIT_TITLES`; what came from the wire is not yet safe."""
    return [(letter, *_cells(share, table.total_ns)) for letter, share in zip(LETTERS, table.shares, strict=False)]


def _cells(share: TimeShare, total_ns: int) -> tuple[str, ...]:
    what = said("{what} (likely)", what=share.what) if share.confidence is Confidence.LIKELY else share.what
    return (
        duration(share.duration_ns),
        f"{100 * share.duration_ns / total_ns:.1f} %",
        what,
        ranges(share.packets),
        share.why,
    )


def bar(table: TimeTable, width: int) -> list[int]:
    """Return for each cell of a bar, in the order of time, which share took most of it."""
    cells = min(width, WIDEST_BAR)
    took: list[dict[int, int]] = [{} for _ in range(cells)]
    for number, share in enumerate(table.shares):
        for start, length in share.spans:
            _fill(took, number, start, start + length, table.total_ns)
    shown: list[int] = []
    for cell in took:
        shown.append(max(cell, key=lambda number: cell[number]) if cell else shown[-1] if shown else 0)
    return shown


def _fill(took: Sequence[dict[int, int]], number: int, start: int, end: int, total: int) -> None:
    """Add a share's time to each cell that it lies in. Times are counted in parts of a cell, so that none is lost."""
    cells = len(took)
    at = start * cells // total
    while at < cells and at * total < end * cells:
        begin, until = max(start * cells, at * total), min(end * cells, (at + 1) * total)
        took[at][number] = took[at].get(number, 0) + until - begin
        at += 1
