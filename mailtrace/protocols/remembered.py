"""HOT. What octets mean, remembered by the octets: hosts say the same few things all day (tests/bench `mail`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

REMEMBERED_OCTETS = 256
"""Octets to be remembered at most, so that a limit in number is one in memory, too."""

Meaning = TypeVar("Meaning")


class Remembered(dict[bytes, Meaning], Generic[Meaning]):
    """A dictionary that reads what it does not hold: `read` tells what octets mean, and is asked once.

    What is short enough is kept until it is more than `limit`: then all is forgotten, and what is usual soon back.
    That costs less for each look than to know what was used last.
    """

    __slots__ = ("_limit", "_read")

    def __init__(self, read: Callable[[bytes], Meaning], limit: int) -> None:
        self._read = read
        self._limit = limit

    def __missing__(self, octets: bytes) -> Meaning:
        """Read `octets`, which are not among those remembered."""
        meaning = self._read(octets)
        if len(octets) <= REMEMBERED_OCTETS:
            if len(self) >= self._limit:
                self.clear()
            self[octets] = meaning
        return meaning
