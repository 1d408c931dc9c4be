"""Finding the next record after damage.

Garbage between records costs those octets, not the rest of the file. Both formats search the same way: look at every
offset for something that reads as a record and is followed by what a record is followed by, in pieces that grow, so
that a short gap costs little. The search sees the same octets whatever the batch size, and is bounded over the whole
file.
"""

from __future__ import annotations

from collections.abc import Callable

from mailtrace.capture.octets import Octets

SCAN_LIMIT_BYTES = 64 * 2**20
"""Octets searched in one file: some seconds of work; a file with more garbage than this holds nothing to find."""

PLACES_LIMIT = 10_000
"""Damaged places in one file; one that has more is made to be slow."""

_FIRST_PIECE_BYTES = 2**9
_LARGEST_PIECE_BYTES = 2**17
_READ_AHEAD_BYTES = 2**20


class Resync:
    """The searches of one file."""

    def __init__(self, octets: Octets) -> None:
        """Search in `octets`."""
        self._octets = octets
        self._budget = SCAN_LIMIT_BYTES
        self._places = 0
        self.limited = False

    def find(self, at: int, beyond: int, look: Callable[[int, int], int | None]) -> int | None:
        """Return where in the window the next record begins, from `at` on; None when there is none or a limit is met.

        `look(low, high)` returns the first record that begins in that part of the window; `beyond` octets after `high`
        are there for it to see, unless the source ends before.
        """
        octets = self._octets
        self._places += 1
        piece = _FIRST_PIECE_BYTES
        while self._budget > 0 and self._places <= PLACES_LIMIT:
            if not octets.ended and len(octets.buffer) - at < piece + beyond:
                octets.advance(at, piece + beyond + _READ_AHEAD_BYTES)
                at = 0
            high = min(at + piece, len(octets.buffer))
            if at >= high:
                return None
            found = look(at, high)
            self._budget -= high - at
            if found is not None:
                return found
            at, piece = high, min(2 * piece, _LARGEST_PIECE_BYTES)
        self.limited = True
        return None
