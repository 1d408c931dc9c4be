"""32-bit sequence arithmetic, here and nowhere else. Source: RFC 9293 section 3.4."""

from __future__ import annotations

MODULUS = 1 << 32
HALF = 1 << 31


def distance(start: int, to: int) -> int:
    """Return how far `to` lies behind `start` on the circle of sequence numbers: in [-2^31, 2^31)."""
    return ((to - start + HALF) & 0xFFFFFFFF) - HALF
