"""The clock by which conversations become final: the latest time of the capture so far.

Captures are put together one behind the other, and clocks are set: then it goes on from the earlier time. What was read
before and what comes behind are handed on apart, so that it makes no difference how much was read at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from mailtrace.model import NO_TIME, RawBatch

SET_BACK_NS = 30_000_000_000
"""Packets come in another order than they were captured in, but not by so much: then the clock was set."""

MOST_SETTINGS = 64
"""How often it is believed that the clock was set: of two clocks that take turns the later one counts."""


class CaptureClock:
    """`now_ns` is its time behind the part that came last, `NO_TIME` while no packet has one."""

    def __init__(self) -> None:
        self.now_ns = NO_TIME
        self._left = MOST_SETTINGS

    @property
    def passed_ns(self) -> int:
        """The time before which no packet comes any more, unless the clock is set: what was due then is final."""
        return max(self.now_ns, NO_TIME + SET_BACK_NS) - SET_BACK_NS

    def parts(self, batches: Iterable[RawBatch]) -> Iterator[RawBatch]:
        """Yield batches, cut where the clock was set."""
        for batch in batches:
            while (at := self._read(batch)) < len(batch.start):
                if at:
                    yield _rows(batch, slice(0, at))
                batch = _rows(batch, slice(at, None))
                self.now_ns = NO_TIME
                self._left -= 1
            yield batch

    def _read(self, batch: RawBatch) -> int:
        """Go on to the latest time of a batch, up to the row with which the clock was set; return that, or the end."""
        times = batch.time_ns
        if not len(times):
            return 0
        latest = np.maximum.accumulate(times)
        np.maximum(latest, self.now_ns, out=latest)
        is_back = (times < np.maximum(latest, NO_TIME + SET_BACK_NS) - SET_BACK_NS) & (times != NO_TIME)
        at = int(is_back.argmax()) if self._left and is_back.any() else len(times)
        self.now_ns = int(latest[at - 1]) if at else self.now_ns
        return at


def _rows(batch: RawBatch, which: slice) -> RawBatch:
    """Return some rows of a batch."""
    return replace(
        batch,
        first_number=batch.first_number + (which.start or 0),
        start=batch.start[which],
        captured=batch.captured[which],
        wire=batch.wire[which],
        time_ns=batch.time_ns[which],
        interface=batch.interface[which],
    )
