"""HOT. Reading one header field of many frames at once: gathers over the batch's shared buffer (tests/bench `mixed`).

Each width has a view of the buffer in which a number begins at every octet, so that a field is one gather. A gather
that runs past the buffer reads its last octets instead of raising; callers mask such frames by length.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Octets:
    """The octets of one batch, readable at many places at once."""

    def __init__(self, buffer: bytes) -> None:
        self._u8 = _view(buffer, "u1")
        self._u16 = _view(buffer, ">u2")
        self._u32 = _view(buffer, ">u4")
        self._u64 = _view(buffer, ">u8")

    def u8(self, at: Ints) -> Ints:
        """Return the octet at each place, as int64."""
        return _gather(self._u8, at).astype(np.int64)

    def u16(self, at: Ints) -> Ints:
        """Return the big-endian 16-bit number at each place."""
        return _gather(self._u16, at).astype(np.int64)

    def u32(self, at: Ints) -> Ints:
        """Return the big-endian 32-bit number at each place."""
        return _gather(self._u32, at).astype(np.int64)

    def u64(self, at: Ints) -> npt.NDArray[np.uint64]:
        """Return the big-endian 64-bit number at each place, unsigned."""
        return _gather(self._u64, at).astype(np.uint64)


def _view(buffer: bytes, kind: str) -> npt.NDArray[Any]:
    """Return the buffer as if a number began at each octet."""
    size = np.dtype(kind).itemsize
    if len(buffer) < size:
        buffer = buffer.ljust(size, b"\0")
    return np.ndarray((len(buffer) - size + 1,), kind, buffer, 0, (1,))


def _gather(view: npt.NDArray[Any], at: Ints) -> npt.NDArray[Any]:
    gathered: npt.NDArray[Any] = view[np.minimum(at, len(view) - 1)]
    return gathered
