"""HOT. Collects one message as its octets arrive: its size, hash, packets and holes, and the octets themselves.

Used for everything that becomes a `Content`: dot-blocks and joined chunks. Benchmark: tests/bench, `mail`.
"""

from __future__ import annotations

import hashlib

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
        "_hash",
        "_holes",
        "_kept",
        "_kept_all",
        "_packets",
        "_room",
        "_start_ns",
        "complete",
        "how",
        "size_bytes",
    )

    def __init__(self, how: str) -> None:
        self.how = how
        self.size_bytes = 0
        self.complete = False
        self._hash = hashlib.sha256()
        self._kept: list[bytes] = []
        self._kept_all = True
        self._room = KEPT_LIMIT
        self._holes: list[tuple[int, int]] = []
        self._packets: list[int] = []
        self._start_ns: int | None = None
        self._end_ns = NO_TIME

    @property
    def has_holes(self) -> bool:
        """Whether octets are missing so far."""
        return bool(self._holes)

    def add(self, octets: bytes) -> None:
        """Append octets of the message."""
        size = len(octets)
        self.size_bytes += size
        self._hash.update(octets)
        if size <= self._room:
            self._kept.append(octets)
            self._room -= size
        else:
            self._kept.append(octets[: self._room])
            self._kept_all = False
            self._room = 0

    def carried(self, packet: int, time_ns: int) -> None:
        """Note a packet that carried a piece of the message or its end."""
        if self._start_ns is None:
            self._start_ns = time_ns
        self._end_ns = time_ns
        if not self._packets or self._packets[-1] != packet:
            self._packets.append(packet)

    def hole(self, missing: int) -> None:
        """Note that octets are missing here."""
        if len(self._holes) < HOLES_LIMIT:
            self._holes.append((self.size_bytes, missing))
        filled = min(missing, FILLED_LIMIT)
        self.add(bytes(filled))
        if filled < missing:
            self.size_bytes += missing - filled
            self._kept_all = False

    def content(self) -> Content:
        """Return the message as it is now."""
        packets = tuple(sorted(set(self._packets)))
        return Content(
            how=self.how,
            kept=b"".join(self._kept),
            size_bytes=self.size_bytes,
            sha256=self._hash.hexdigest(),
            packets=packets,
            start_ns=NO_TIME if self._start_ns is None else self._start_ns,
            end_ns=self._end_ns,
            complete=self.complete and not self._holes,
            kept_all=self._kept_all,
            holes=tuple(self._holes),
        )
