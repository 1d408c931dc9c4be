"""HOT. Reading one header field of many frames at once: gathers over the batch's shared buffer (tests/bench `mixed`).

Each width has a view of the buffer in which a number begins at every octet, so that a field is one gather, and so is
a header: its fields then lie side by side. A gather that runs past the buffer reads its last octets instead of
raising; callers mask such frames by length.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Headers = npt.NDArray[np.void]
"""Records of header fields; a field of all of them is `headers["name"]`."""


class Octets:
    """The octets of one batch, readable at many places at once."""

    def __init__(self, buffer: bytes) -> None:
        self._buffer = buffer

    def u8(self, at: Ints) -> Ints:
        """Return the octet at each place, as int64."""
        return np.frombuffer(self._buffer or b"\0", np.uint8).take(at, mode="clip").astype(np.int64)

    def u16(self, at: Ints) -> Ints:
        """Return the big-endian 16-bit number at each place."""
        return _gather(self._buffer, ">u2", at).astype(np.int64)

    def u32(self, at: Ints) -> Ints:
        """Return the big-endian 32-bit number at each place."""
        return _gather(self._buffer, ">u4", at).astype(np.int64)

    def u64(self, at: Ints) -> npt.NDArray[np.uint64]:
        """Return the big-endian 64-bit number at each place, unsigned."""
        return _gather(self._buffer, ">u8", at).astype(np.uint64)

    def headers(self, kind: np.dtype[np.void], at: Ints) -> Headers:
        """Return the header at each place as a record; they are copied as plain octets, ten times as fast as fields."""
        return _gather(self._buffer, f"V{kind.itemsize}", at).view(kind)


def _gather(buffer: bytes, kind: str, at: Ints) -> npt.NDArray[Any]:
    """Gather from the buffer as if one item began at each octet."""
    size = np.dtype(kind).itemsize
    if len(buffer) < size:
        buffer = buffer.ljust(size, b"\0")
    view: npt.NDArray[Any] = np.ndarray((len(buffer) - size + 1,), kind, buffer, 0, (1,))
    gathered: npt.NDArray[Any] = view[np.minimum(at, len(view) - 1)]
    return gathered
