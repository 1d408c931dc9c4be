"""Where the lanes of a ladder stand: as close as their heads allow, and as far apart as what is said asks for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple


class Span(NamedTuple):
    """Something that lies between two lanes, `first` before `last`, and wants so much room there."""

    first: int
    last: int
    wanted: float


def spread(heads: Sequence[float], spans: Iterable[Span], gap: float) -> list[float]:
    """Return where the middle of each lane is, counted from the left end of the first head.

    `heads` are the widths of their heads, `gap` lies between two of them at least.
    """
    gaps = [one / 2 + gap + other / 2 for one, other in pairwise(heads)]
    for first, last, wanted in sorted(set(spans), key=lambda span: (span.last - span.first, span)):
        missing = wanted - sum(gaps[first:last])
        if missing > 0:
            for at in range(first, last):
                gaps[at] += missing / (last - first)
    middles = [heads[0] / 2] if heads else []
    for each in gaps:
        middles.append(middles[-1] + each)
    return middles
