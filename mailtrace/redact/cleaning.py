"""Writes a capture of which only packets and the plain facts about them are left.

Comments, keys, descriptions of machines and programs, and options that nobody knows are left out. Of names for
addresses those stay, replaced as everywhere, that hosts of conversations have.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable
from typing import BinaryIO

from mailtrace.capture.blocks import options
from mailtrace.capture.writer import ENHANCED, FRAME_LIMIT_BYTES, INTERFACE, NAMES, SECRETS, STATISTICS, Writer
from mailtrace.model import RawBatch
from mailtrace.redact.fields import ADDRESSES
from mailtrace.redact.frames import addressed
from mailtrace.redact.text import Rewriter

KEPT: dict[int, frozenset[int]] = {
    INTERFACE: frozenset((2, 8, 9, 10, 13, 14)),  # name, speed, resolution, time zone, checksum length, time offset
    ENHANCED: frozenset((2, 4, 5, 6)),  # flags, drops, packet id, queue
    STATISTICS: frozenset((2, 3, 4, 5, 6, 7, 8)),
}
"""By kind of block: the options that are copied."""


_ADDRESS_BYTES = {1: 4, 2: 16}
"""Kinds of records that name an address, and how long it is."""


class CleanWriter(Writer):
    """A writer for captures that are shared; names are kept of `hosts` alone, which are addresses as text."""

    def __init__(self, out: BinaryIO, rewriter: Rewriter, hosts: Collection[str]) -> None:
        """Write to `out`; the rewriter replaces in names."""
        super().__init__(out)
        self._rewriter = rewriter
        self._hosts = hosts

    def add_block(self, kind: int, body: bytes) -> None:
        """Take a block that has no packet, unless it names somebody or holds keys."""
        if kind == NAMES:
            named = [self._named(*record) for record in options(body, 0, len(body), self._order)]
            super().add_block(kind, self._list([record for record in named if record is not None]))
        elif kind != SECRETS:
            super().add_block(kind, body)

    def _named(self, kind: int, value: bytes) -> tuple[int, bytes] | None:
        """Return a record that names an address, replaced; None for a host of no conversation."""
        size = _ADDRESS_BYTES.get(kind, 0)
        address, names = value[:size], value[size:].split(b"\0")
        if len(address) < 4 or len(address) < size or addressed(address) not in self._hosts:
            return None
        if ADDRESSES in self._rewriter.fields:
            address = self._rewriter.addresses.ip(address)
        return kind, address + b"\0".join([self._rewriter.host(name) if name.isascii() else b"" for name in names])

    def add_replaced(self, batch: RawBatch, index: int, octets: bytes) -> None:
        """Write packet `index` of the batch that the reader gave last, with other octets, as many or fewer."""
        start, captured = int(batch.start[index]), int(batch.captured[index])
        octets = octets[:FRAME_LIMIT_BYTES]
        wire = int(batch.wire[index])
        interface = int(batch.interface[index]) - self._first_interface
        if self._ends is None or self._timed is None:
            stamp = int(batch.time_ns[index]) // self._units[interface]
            head = (interface, stamp >> 32, stamp & 0xFFFFFFFF, len(octets), wire)
            self._put(self._enhanced(head, octets, [], []))
        elif self._timed[index]:
            high, low = struct.unpack_from(f"{self._order}II", batch.buffer, start - 16)
            about = list(
                options(batch.buffer, start + captured + (-captured & 3), int(self._ends[index]) - 4, self._order)
            )
            about += self._drops(batch.buffer, start)
            self._put(self._enhanced((interface, high, low, len(octets), wire), octets, about, []))
        else:
            self._put(self._simple(octets.ljust(captured, b"\0"), wire))
        self.packets += 1

    def _options(self, kind: int, about: Iterable[tuple[int, bytes]]) -> bytes:
        kept = KEPT.get(kind, frozenset())
        return super()._options(kind, [(code, value) for code, value in about if code in kept])
