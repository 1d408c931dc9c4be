"""A window over octets that come one after another, from a file, a pipe or a decompressor.

A reader works inside `buffer`; when it needs more it says how much of the window it has used, and the unfinished rest
is carried over to the front of the next window. Only plain reads are used, never a memory map: a file that is cut while
we read it must end early, not end the process. Nothing here seeks, so a pipe gives what a file gives.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

KEEP_BYTES = 31 << 20
"""Dropping a block of this size, never touched, is how the C library learns to keep the memory of dropped windows.

Otherwise it gives each window back to the system and gets the next one page by page: a fifth of the time of reading.
Just below the most that glibc agrees to; elsewhere it does nothing.
"""


class Octets:
    """Octets of a source: `buffer` is the window, `offset` the place of its first octet in the source.

    `ended` tells that the source has nothing after `buffer`; `failure` is the system's reason when reading it failed.
    """

    def __init__(self, read: Callable[[int], bytes], ahead: int = 0) -> None:
        """Read from `read(size)`, which gives up to `size` octets and none at the end.

        It is asked for `ahead` octets at least: from a source that gives what has come by now, more are taken than are
        wanted, but never waited for.
        """
        _keep_windows()
        self._read = read
        self._ahead = ahead
        self.buffer = b""
        self.offset = 0
        self.ended = False
        self.failure: str | None = None

    def advance(self, used: int, wanted: int) -> None:
        """Drop the first `used` octets of the window and fill it up to `wanted` octets, or to the end of the source."""
        pieces = [self.buffer[used:]]
        missing = wanted - len(pieces[0])
        while missing > 0 and not self.ended:
            piece = self._next(max(missing, self._ahead))
            pieces.append(piece)
            missing -= len(piece)
        self.offset += used
        self.buffer = b"".join(pieces) if len(pieces) > 1 else pieces[0]

    def read(self, size: int) -> bytes:
        """Give up to `size` octets from the front of the window, so that one `Octets` can be the source of another."""
        if not self.buffer:
            self.advance(0, size)
        piece = self.buffer[:size]
        self.advance(len(piece), 0)
        return piece

    def _next(self, size: int) -> bytes:
        """Read once; the end of the source and a failing one both end the window."""
        try:
            piece = self._read(size)
        except OSError as error:
            self.failure = error.strerror or str(error)
            piece = b""
        self.ended = not piece
        return piece


@cache
def _keep_windows() -> None:
    """Let the C library keep the memory of windows; once, since the next such block would have to be cleared."""
    bytes(KEEP_BYTES)
