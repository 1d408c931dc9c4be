"""HOT. Time stamps of capture files as nanoseconds since 1970, exact: by integers only, never by floating point.

Nearly all interfaces count in a power of ten of seconds no finer than nanoseconds; those are converted by whole
columns. Everything else (finer or binary resolutions, far offsets, stamps that leave the range) takes Python's
unbounded integers.

Benchmark: tests/bench (`mixed`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from mailtrace.model import NO_TIME

SECOND_NS = 1_000_000_000
_LATEST = 2**63 - 1
_EARLIEST = NO_TIME + 1
_PLAIN_OFFSET_S = 2**31  # offsets within this and stamps within 2**62 ns cannot overflow together
_PLAIN_STAMP_NS = 2**62


class Clock(Struct, frozen=True):
    """How an interface counts time: units per second, and seconds to add to each stamp."""

    per_second: int = 1_000_000
    offset_s: int = 0

    @property
    def plain(self) -> bool:
        """Whether 64-bit integers are enough for stamps of our time."""
        return SECOND_NS % self.per_second == 0 and abs(self.offset_s) <= _PLAIN_OFFSET_S

    def nanoseconds(self, stamp: int) -> int:
        """Return one stamp in nanoseconds, rounded down and not limited to 64 bits."""
        return stamp * SECOND_NS // self.per_second + self.offset_s * SECOND_NS


class Clocks:
    """The clocks of all interfaces of a section; None where a clock cannot be understood."""

    def __init__(self) -> None:
        """Begin without clocks."""
        self._clocks: list[Clock | None] = []
        self._columns: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.uint64]] | None = None

    def __len__(self) -> int:
        """Return how many clocks there are."""
        return len(self._clocks)

    def add(self, clock: Clock | None) -> None:
        """Append the clock of the next interface."""
        self._clocks.append(clock)
        self._columns = None

    def times(
        self, stamps: npt.NDArray[np.uint64], which: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], list[int]]:
        """Return stamps in nanoseconds, `NO_TIME` where the clock is unknown, and the rows that had to be clamped."""
        factors, offsets, ceilings = self._columns or self._make_columns()
        factor = factors[which]
        plain = (stamps <= ceilings[which]) & (factor > 0)
        times = stamps.astype(np.int64)
        times *= factor
        times += offsets[which]
        clamped = []
        for row in np.flatnonzero(~plain).tolist():
            clock = self._clocks[which[row]]
            exact = NO_TIME if clock is None else clock.nanoseconds(int(stamps[row]))
            times[row] = NO_TIME if clock is None else min(max(exact, _EARLIEST), _LATEST)
            if clock is not None and times[row] != exact:
                clamped.append(row)
        return times, clamped

    def _make_columns(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.uint64]]:
        """Lay the clocks out as columns; the factor 0 marks those that are not plain."""
        factors = [SECOND_NS // clock.per_second if clock and clock.plain else 0 for clock in self._clocks]
        offsets = [clock.offset_s * SECOND_NS if clock and clock.plain else 0 for clock in self._clocks]
        ceilings = [_PLAIN_STAMP_NS // factor if factor else 0 for factor in factors]
        self._columns = (np.array(factors, np.int64), np.array(offsets, np.int64), np.array(ceilings, np.uint64))
        return self._columns


def decimal_or_binary(code: int) -> int | None:
    """Return the units per second that an `if_tsresol` octet stands for, None above the finest ones libpcap accepts.

    Source: draft-ietf-opsawg-pcapng section 4.2: the top bit chooses powers of two, the other bits are the exponent.
    """
    exponent = code & 0x7F
    if code & 0x80:
        return 2**exponent if exponent <= 63 else None
    return 10**exponent if exponent <= 19 else None
