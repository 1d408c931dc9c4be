"""A window over octets that come one after another, from a file, a pipe or a decompressor.

A reader works inside `buffer`; when it needs more it says how much of the window it has used, and the unfinished rest
is carried over to the front of the next window. Only plain reads are used, never a memory map: a file that is cut while
we read it must end early, not end the process. Nothing here seeks, so a pipe gives what a file gives.

A source puts its octets behind that rest, so that nothing else is copied: into the same memory again, which the
processor has at hand. Whoever still has the window before keeps it: `BytesIO` sees to that, and takes new memory then.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from io import BytesIO

Source = Callable[[memoryview], int]
"""Puts octets into a place, up to its size, and returns how many; none at the end."""

KEEP_BYTES = 31 << 20
"""Dropping a block of this size, never touched, is how the C library learns to keep the memory of dropped windows.

Otherwise it gives each window back to the system and gets the next one page by page: a fifth of the time of reading.
Just below the most that glibc agrees to; elsewhere it does nothing.
"""


class Octets:
    """Octets of a source: `buffer` is the window, `offset` the place of its first octet in the source.

    `ended` tells that the source has nothing after `buffer`; `failure` is the system's reason when reading it failed.
    """

    def __init__(self, source: Source, ahead: int = 0) -> None:
        """Read from `source`; it is offered room for `ahead` octets at least.

        From a source that gives what has come by now, more are taken than are wanted, but never waited for.
        """
        _keep_windows()
        self._source = source
        self._ahead = ahead
        self._memory = BytesIO()
        self._size = 0
        self.buffer = b""
        self.offset = 0
        self.ended = False
        self.failure: str | None = None

    def advance(self, used: int, wanted: int) -> None:
        """Drop the first `used` octets of the window and fill it up to `wanted` octets, or to the end of the source."""
        rest = self.buffer[used:]
        self.offset += used
        self.buffer = rest
        if len(rest) < wanted and not self.ended:
            self._fill(rest, wanted)

    def read(self, size: int) -> bytes:
        """Give up to `size` octets from the front of the window, so that one `Octets` can be the source of another."""
        if not self.buffer:
            self.advance(0, size)
        piece = self.buffer[:size]
        self.advance(len(piece), 0)
        return piece

    def _fill(self, rest: bytes, wanted: int) -> None:
        """Make a window of `wanted` octets that begins with `rest`, in the memory of the one before where it fits."""
        size = max(wanted, len(rest) + self._ahead)
        if size != self._size:
            self._memory, self._size = BytesIO(bytes(size)), size
        filled = len(rest)
        with self._memory.getbuffer() as place:
            place[:filled] = rest
            while filled < wanted and not self.ended:
                filled += self._next(place[filled:])
        if filled < size:
            self._memory.truncate(filled)
            self._size = filled
        self.buffer = self._memory.getvalue()

    def _next(self, place: memoryview) -> int:
        """Read once; the end of the source and a failing one both end the window."""
        try:
            count = self._source(place)
        except OSError as error:
            self.failure = error.strerror or str(error)
            count = 0
        self.ended = not count
        return count


def placed(read: Callable[[int], bytes]) -> Source:
    """Return a source of what `read(size)` gives, up to `size` octets and none at the end."""

    def source(place: memoryview) -> int:
        octets = read(len(place))
        place[: len(octets)] = octets
        return len(octets)

    return source


@cache
def _keep_windows() -> None:
    """Let the C library keep the memory of windows; once, since the next such block would have to be cleared."""
    bytes(KEEP_BYTES)
