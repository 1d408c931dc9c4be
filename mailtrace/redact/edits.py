"""What is to be replaced in the streams of a capture: by conversation and side, runs of octets at offsets.

Whatever packet shows an octet of a stream shows what replaces it: repeats, overlaps and pieces find their part here.
"""

from __future__ import annotations

from bisect import bisect_right

from msgspec import Struct

from mailtrace.errors import UnreadableInput

BLOCK = 64
"""Octets that are compared at a time; runs are looked for in blocks that differ."""

EDITS_LIMIT_BYTES = 1 << 30
"""Replaced octets that are held at a time: they are known before the first of them is written."""

TOO_LARGE = "too much to be replaced at once: choose fewer fields, or cut the capture into parts"


class Budget:
    """What all edits of a capture have in common: how many octets they may take."""

    def __init__(self) -> None:
        """Begin with nothing taken."""
        self._left = EDITS_LIMIT_BYTES

    def take(self, octets: int) -> None:
        """Take some. Raises: `UnreadableInput` when nothing is left."""
        self._left -= octets
        if self._left < 0:
            raise UnreadableInput(TOO_LARGE)


class Edits(Struct):
    """Runs of octets that replace others: where they start, in order, and what they are."""

    starts: list[int]
    runs: list[bytes]

    def apply(self, payload: bytearray, offset: int) -> None:
        """Replace in the octets of a packet that starts at an offset of the stream."""
        at = max(bisect_right(self.starts, offset) - 1, 0)
        stop = offset + len(payload)
        while at < len(self.starts) and self.starts[at] < stop:
            start, run = self.starts[at], self.runs[at]
            first, last = max(start, offset), min(start + len(run), stop)
            if first < last:
                payload[first - offset : last - offset] = run[first - start : last - start]
            at += 1


def difference(old: bytes | bytearray, new: bytes, budget: Budget) -> Edits:
    """Return what makes the new octets of the old ones, which are as many. Raises: `UnreadableInput`."""
    edits = Edits([], [])
    begun = -1
    for at in range(0, len(old) + BLOCK, BLOCK):
        is_same = old[at : at + BLOCK] == new[at : at + BLOCK]
        if not is_same and begun < 0:
            begun = at
        elif is_same and begun >= 0:
            budget.take(at - begun)
            edits.starts.append(begun)
            edits.runs.append(new[begun:at])
            begun = -1
    return edits
