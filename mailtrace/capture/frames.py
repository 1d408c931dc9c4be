"""The last step every reader shares: number the frames, look for what is odd in lengths and times, make the batch.

HOT. Runs over every frame, by whole columns only.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mailtrace.capture.facts import Facts
from mailtrace.model import NO_TIME, RawBatch

Column = npt.NDArray[np.int64]

CLOCK_BACK_NS = 1_000_000_000
"""How far a time must lie before the one of the packet before it to be worth a note.

Captures of several interfaces or processors interleave their packets a little out of order all the time.
"""


def records(buffer: bytes, kind: np.dtype[Any], at: Column) -> npt.NDArray[Any]:
    """Return the record that begins at each place; they are copied as plain octets, much faster than fields."""
    plain = np.dtype((np.void, kind.itemsize))
    view: npt.NDArray[Any] = np.ndarray((max(len(buffer) - kind.itemsize + 1, 0),), plain, buffer, 0, (1,))
    return view[at].view(kind)


class Frames:
    """Makes the batches of one capture; `next_number` is the packet number of the next frame."""

    def __init__(self, facts: Facts) -> None:
        """Start at packet 1 and put notes into `facts`."""
        self._facts = facts
        self._last_time = NO_TIME
        self.next_number = 1

    def batch(
        self, buffer: bytes, start: Column, captured: Column, wire: Column, time_ns: Column, interface: Column
    ) -> RawBatch:
        """Return frames as a batch; a frame longer than it says it was on the wire was at least as long as it is."""
        first = self.next_number
        self.next_number += len(start)
        longer = captured > wire
        if longer.any():
            self._count("captured-beyond-wire", "more octets captured than were on the wire, it says", longer)
            wire = np.maximum(wire, captured)
        if not captured.all():
            self._count("empty-packet", "nothing of the packet was captured", captured == 0)
        self._watch_clock(time_ns)
        return RawBatch(
            buffer=buffer,
            first_number=first,
            start=start,
            captured=captured,
            wire=wire,
            time_ns=time_ns,
            interface=interface.astype(np.int32),
            interfaces=self._facts.interfaces,
        )

    def _count(self, code: str, message: str, which: npt.NDArray[np.bool_]) -> None:
        """Note the frames of the batch just numbered that `which` marks."""
        numbers = np.flatnonzero(which) + (self.next_number - len(which))
        self._facts.tally(code, message, numbers.tolist(), len(numbers))

    def _watch_clock(self, time_ns: Column) -> None:
        """Note packets whose time lies before that of the packet before them; packets without a time do not count."""
        numbers = np.arange(self.next_number - len(time_ns), self.next_number)
        known = time_ns != NO_TIME
        if not known.all():
            time_ns, numbers = time_ns[known], numbers[known]
        if not len(time_ns):
            return
        before = np.empty_like(time_ns)
        before[0] = time_ns[0] if self._last_time == NO_TIME else self._last_time
        before[1:] = time_ns[:-1]
        self._last_time = int(time_ns[-1])
        # Compared one-sided, since a difference of two far times would not fit 64 bits.
        back = (time_ns < before) & (time_ns < np.maximum(before, NO_TIME + CLOCK_BACK_NS) - CLOCK_BACK_NS)
        if back.any():
            found = numbers[back]
            message = "the capture's clock went back by more than a second; the order in the file is kept"
            self._facts.tally("clock-went-back", message, found.tolist(), len(found))
