"""HOT. What is read once for all its repetitions: hosts say the same few things all day (tests/bench `mail`)."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

REMEMBERED_OCTETS = 256
"""Octets to be remembered at most, so that a limit in number is one in memory, too."""

Key = TypeVar("Key", bound=Hashable)
Meaning = TypeVar("Meaning")


def is_short(octets: bytes, _: object) -> bool:
    """Tell whether octets are short enough to be remembered."""
    return len(octets) <= REMEMBERED_OCTETS


class Remembered(dict[Key, Meaning], Generic[Key, Meaning]):
    """A dictionary that reads what it does not hold: `read` tells what a key means, and is asked once.

    What `keeps` agrees to is kept until it is more than `limit`: then all is forgotten, and what is usual soon back.
    That costs less for each look than to know what was used last. Least costs `get`, where it can be asked first.
    """

    __slots__ = ("_keeps", "_limit", "_read")

    def __init__(self, read: Callable[[Key], Meaning], limit: int, keeps: Callable[[Key, Meaning], bool]) -> None:
        self._read = read
        self._limit = limit
        self._keeps = keeps

    def __missing__(self, key: Key) -> Meaning:
        """Read `key`, which is not among those remembered."""
        meaning = self._read(key)
        if self._keeps(key, meaning):
            if len(self) >= self._limit:
                self.clear()
            self[key] = meaning
        return meaning
