"""HOT. Collects one message as its octets arrive: its size, hash, packets and holes, and the octets themselves.

Used for everything that becomes a `Content`: dot-blocks and joined chunks. Benchmark: tests/bench, `mail`.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from mailtrace.model import NO_TIME, Content

KEPT_LIMIT = 4 * 1024 * 1024
"""Octets kept of one message: most mail is smaller, and many open messages still fit into memory."""

FILLED_LIMIT = 16 * 1024 * 1024
"""Missing octets of one hole that are hashed as NUL octets: hashing takes time, and a forged hole can have 2 GiB."""

HOLES_LIMIT = 1000
"""Holes listed of one message; the octets of further ones are still counted in its size."""


class Octets:
    """Collects a message as its octets arrive: size and hash of all of it, the octets themselves up to `KEPT_LIMIT`.

    Octets that a hole swallowed stand as NUL octets, so that offsets agree; the holes tell which those are.
    """

    __slots__ = (
        "_end_ns",
        "_hashed",
        "_holes",
        "_kept",
        "_packets",
        "_start_ns",
        "complete",
        "how",
        "size_bytes",
    )

    def __init__(self, how: str) -> None:
        self.how = how
        self.size_bytes = 0
        self.complete = False
        self._kept: list[bytes] = []
        self._hashed: Any = None  # of all octets, once they are more than are kept
        self._holes: list[tuple[int, int]] = []
        self._packets: list[int] = []
        self._start_ns = self._end_ns = NO_TIME

    @property
    def has_holes(self) -> bool:
        """Whether octets are missing so far."""
        return bool(self._holes)

    def add(self, octets: bytes) -> None:
        """Append octets of the message."""
        self.size_bytes += len(octets)
        if self.size_bytes <= KEPT_LIMIT:
            self._kept.append(octets)
        else:
            self._overflow(octets)

    def _overflow(self, octets: bytes) -> None:
        """Append octets that find no room, or not all of them."""
        if self._hashed is None:
            kept = b"".join(self._kept)
            self._hashed = sha256(kept)
            self._kept.append(octets[: KEPT_LIMIT - len(kept)])
        self._hashed.update(octets)

    def carried(self, packet: int, time_ns: int) -> None:
        """Note a packet that carried a piece of the message or its end."""
        if not self._packets:
            self._start_ns = time_ns
        self._end_ns = time_ns
        self._packets.append(packet)

    def hole(self, missing: int) -> None:
        """Note that octets are missing here."""
        if len(self._holes) < HOLES_LIMIT:
            self._holes.append((self.size_bytes, missing))
        filled = min(missing, FILLED_LIMIT)
        self.add(bytes(filled))
        self.size_bytes += missing - filled

    def content(self) -> Content:
        """Return the message as it is now."""
        kept = b"".join(self._kept)
        return Content(
            self.how,
            kept,
            self.size_bytes,
            (self._hashed or sha256(kept)).hexdigest(),
            tuple(sorted(set(self._packets))),
            self._start_ns,
            self._end_ns,
            self.complete and not self._holes,
            self._hashed is None,
            tuple(self._holes),
        )
