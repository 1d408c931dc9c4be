"""HOT. Reading one header field of many frames at once: gathers over the batch's shared buffer (tests/bench `mixed`).

A gather that runs past the buffer reads its last octet instead of raising; callers mask such frames by length.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Octets:
    """The octets of one batch, readable at many places at once."""

    def __init__(self, buffer: bytes) -> None:
        self._octets = np.frombuffer(buffer, dtype=np.uint8) if buffer else np.zeros(1, dtype=np.uint8)

    def u8(self, at: Ints) -> Ints:
        """Return the octet at each place, as int64."""
        return self._octets.take(at, mode="clip").astype(np.int64)

    def u16(self, at: Ints) -> Ints:
        """Return the big-endian 16-bit number at each place."""
        return (self.u8(at) << 8) | self.u8(at + 1)

    def u32(self, at: Ints) -> Ints:
        """Return the big-endian 32-bit number at each place."""
        return (self.u16(at) << 16) | self.u16(at + 2)

    def u64(self, at: Ints) -> npt.NDArray[np.uint64]:
        """Return the big-endian 64-bit number at each place, unsigned."""
        high = self.u32(at).astype(np.uint64) << np.uint64(32)
        return high | self.u32(at + 4).astype(np.uint64)
