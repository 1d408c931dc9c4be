"""HOT. Collects one message as its octets arrive: its size, hash, packets and holes, and the octets themselves.

Used for everything that becomes a `Content`: dot-blocks and joined chunks. Benchmark: tests/bench, `mail`.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from mailtrace.model import NO_TIME, Content

ORDINARY = 4 * 1024 * 1024
"""Octets that any message may keep: most mail is smaller, and many open messages still fit into memory."""

KEPT_LIMIT = 64 * 1024 * 1024
"""Octets kept of one message: hardly a server accepts a larger one."""

LARGE_TOTAL = 256 * 1024 * 1024
"""Octets that messages larger than `ORDINARY` may keep together while they come, in one process."""

FILLED_LIMIT = 16 * 1024 * 1024
"""Missing octets of one hole that are hashed as NUL octets: hashing takes time, and a forged hole can have 2 GiB."""

HOLES_LIMIT = 1000
"""Holes listed of one message; the octets of further ones are still counted in its size."""


class Share:
    """What one large message has of `LARGE_TOTAL`; it is given back when nobody holds the share any more."""

    __slots__ = ("_octets",)

    taken = 0

    def __init__(self) -> None:
        self._octets = 0

    def take(self, octets: int) -> int:
        """Return how many more octets may be kept, at most `octets`."""
        granted = min(octets, LARGE_TOTAL - Share.taken)
        self._octets += granted
        Share.taken += granted
        return granted

    def __del__(self) -> None:
        Share.taken -= self._octets


class Octets:
    """Collects a message as its octets arrive: size and hash of all of it, the octets themselves up to `KEPT_LIMIT`.

    Octets that a hole swallowed stand as NUL octets, so that offsets agree; the holes tell which those are. Of a large
    message less is kept when there is no room; from the first octet on that is not kept, none is.
    """

    __slots__ = (
        "_cut",
        "_end_ns",
        "_filled",
        "_hashed",
        "_holes",
        "_kept",
        "_packets",
        "_room",
        "_share",
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
        self._room = ORDINARY  # how large it may grow as an ordinary message
        self._cut = False  # not all is kept
        self._hashed: Any = None  # of all octets, once the message is large
        self._share: Share | None = None
        self._filled = 0  # NUL octets that stand for missing ones
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
        if self.size_bytes <= self._room:
            self._kept.append(octets)
        else:
            self._add_large(octets)

    def _add_large(self, octets: bytes) -> None:
        """Append octets of a large message, and keep them as long as there is room."""
        share = self._share
        if share is None:
            share = self._share = Share()
            self._hashed = sha256(b"".join(self._kept))
            self._room = 0
        self._hashed.update(octets)
        if not self._cut:
            fits = share.take(min(len(octets), KEPT_LIMIT - self.size_bytes + len(octets)))
            self._kept.append(octets[:fits])
            self._cut = fits < len(octets)

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
        self._filled += missing
        if self._filled > ORDINARY:  # nothing of a hole was captured: forged ones must not cost memory
            self._room, self._cut = 0, True
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
            not self._cut,
            tuple(self._holes),
        )
