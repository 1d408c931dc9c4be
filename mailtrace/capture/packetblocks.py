"""HOT. The packet blocks of a pcapng section as columns.

The walk over the blocks only collects where Enhanced Packet Blocks begin; here their fields are read together. Simple
and obsolete packet blocks are rare: they are read one by one and sorted in.

Benchmark: tests/bench (`mixed`).
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mailtrace.capture.blocks import OPTION_COMMENT, InterfaceBlock, options
from mailtrace.capture.clock import Clocks
from mailtrace.capture.facts import Facts
from mailtrace.capture.frames import Column, Frames, records
from mailtrace.model import NO_TIME, RawBatch, wire_text

OBSOLETE, SIMPLE, ENHANCED = 2, 3, 6
"""The block types that carry a packet."""

PACKET_OFFSETS = {OBSOLETE: 28, SIMPLE: 12, ENHANCED: 28}
"""How far from a block's begin its packet begins."""

OPTION_DROPS = 4


class Section:
    """What holds from one section header to the next: byte order and interfaces, `first_interface` being number 0.

    `head` unpacks a block's type and length, `packet_head` also the interface, `tail` the length at its end.
    """

    def __init__(self, order: str, first_interface: int) -> None:
        """Begin a section without interfaces."""
        self.order = order
        self.head = struct.Struct(f"{order}II").unpack_from
        self.packet_head = struct.Struct(f"{order}III").unpack_from
        self.tail = struct.Struct(f"{order}I").unpack_from
        self.first_interface = first_interface
        self.snap_lengths: list[int] = []
        self.clocks = Clocks()

    def add(self, block: InterfaceBlock) -> None:
        """Add the next interface."""
        self.snap_lengths.append(block.snap_length)
        self.clocks.add(block.clock)


class Row(NamedTuple):
    """A packet that was read on its own: places in the window, lengths, time stamp (None: no time), interface."""

    start: int
    end: int
    captured: int
    wire: int
    stamp: int | None
    interface: int


class PacketBlocks:
    """Collects the packet blocks of a window: `enhanced` are the offsets of those to be read together."""

    def __init__(self, facts: Facts) -> None:
        """Put comments, losses and notes into `facts`."""
        self._facts = facts
        self._frames = Frames(facts)
        self.enhanced: list[int] = []
        self._rows: list[Row] = []

    @property
    def next_number(self) -> int:
        """The number the next packet gets."""
        return self._frames.next_number + len(self.enhanced) + len(self._rows)

    @property
    def collected(self) -> bool:
        """Whether there are packets that no batch has yet."""
        return bool(self.enhanced or self._rows)

    def add(self, buffer: bytes, at: int, end: int, kind: int, section: Section) -> None:
        """Read the packet block of type `kind` in `buffer[at:end]` on its own; the window's end may cut it."""
        start = at + PACKET_OFFSETS[kind]
        stamp: int | None = None
        if kind == SIMPLE:
            wire, interface = section.tail(buffer, at + 8)[0], 0
            captured = min(wire, section.snap_lengths[0] or wire) if section.snap_lengths else wire
        elif kind == OBSOLETE:
            fields = struct.unpack_from(f"{section.order}HHIIII", buffer, at + 8)
            interface, drops, high, low, captured, wire = fields
            if drops != 0xFFFF and interface < len(section.clocks):
                self._facts.drops_before_packet(section.first_interface + interface, drops)
            stamp = high << 32 | low
        else:
            interface, high, low, captured, wire = struct.unpack_from(f"{section.order}IIIII", buffer, at + 8)
            stamp = high << 32 | low
        if interface >= len(section.clocks):
            message = "packets of interfaces the file does not describe are left out"
            self._facts.tally("unknown-interface", message, [], 1, damage=True)
            return
        if end > len(buffer):
            captured, end = min(captured, len(buffer) - start), len(buffer) + 4
        self._rows.append(Row(start, end, captured, wire, stamp, interface))

    def skip_number(self) -> None:
        """Give no packet the next number; only between batches."""
        self._frames.next_number += 1

    def take(self, buffer: bytes, section: Section) -> RawBatch | None:
        """Return the packets collected so far as a batch over `buffer`, None when there are none."""
        if not self.enhanced and not self._rows:
            return None
        start, end, captured, wire, interface, stamps, timed = self._columns(buffer, section.order)
        self.enhanced, self._rows = [], []
        first = self._frames.next_number
        room = end - 4 - start
        over = np.flatnonzero(captured > room)
        if len(over):
            message = "the captured length is longer than the block that has the packet"
            self._facts.tally("captured-beyond-block", message, (over + first).tolist(), len(over), damage=True)
            captured = np.minimum(captured, room)
        options_at = start + (captured + 3 & ~3)
        for row in np.flatnonzero(end - 4 - options_at >= 4).tolist():
            place = section.first_interface + int(interface[row])
            self._read_options(buffer, int(options_at[row]), int(end[row]) - 4, section.order, first + row, place)
        time_ns, clamped = section.clocks.times(stamps, interface)
        time_ns[~timed] = NO_TIME
        if self._facts.writer is not None:
            self._facts.writer.place_packets(end, timed)
        if clamped:
            message = "the time does not fit between the years 1678 and 2262: the nearest time is shown"
            self._facts.tally("time-out-of-range", message, [first + row for row in clamped], len(clamped))
        return self._frames.batch(buffer, start, captured, wire, time_ns, interface + section.first_interface)

    def _columns(
        self, buffer: bytes, order: str
    ) -> tuple[Column, Column, Column, Column, Column, npt.NDArray[np.uint64], npt.NDArray[np.bool_]]:
        """Return start, end, captured and original length, interface, stamp and whether it is one, in file order."""
        at = np.fromiter(self.enhanced, np.int64, len(self.enhanced))
        headers = records(buffer, _packet_header(order), at)
        start, end = at + PACKET_OFFSETS[ENHANCED], at + headers["length"]
        captured, wire = headers["captured"].astype(np.int64), headers["wire"].astype(np.int64)
        interface = headers["interface"].astype(np.int64)
        stamps = headers["high"].astype(np.uint64) << np.uint64(32) | headers["low"]
        timed = np.ones(len(at), np.bool_)
        if self._rows:
            rows = self._rows
            start = np.append(start, [row.start for row in rows])
            in_file = np.argsort(start)
            start, end = start[in_file], np.append(end, [row.end for row in rows])[in_file]
            captured = np.append(captured, [row.captured for row in rows])[in_file]
            wire = np.append(wire, [row.wire for row in rows])[in_file]
            interface = np.append(interface, [row.interface for row in rows])[in_file]
            stamps = np.append(stamps, np.array([row.stamp or 0 for row in rows], np.uint64))[in_file]
            timed = np.append(timed, [row.stamp is not None for row in rows])[in_file]
        return start, end, captured, wire, interface, stamps, timed

    def _read_options(self, buffer: bytes, at: int, end: int, order: str, number: int, interface: int) -> None:
        """Take comments and drop counts from the options of a packet."""
        for code, value in options(buffer, at, end, order):
            if code == OPTION_COMMENT:
                self._facts.comment(number, wire_text(value))
            elif code == OPTION_DROPS and len(value) == 8:
                self._facts.drops_before_packet(interface, struct.unpack(f"{order}Q", value)[0])


def _packet_header(order: str) -> np.dtype[Any]:
    """Return the fields that an Enhanced Packet Block begins with."""
    fields = ("type", "length", "interface", "high", "low", "captured", "wire")
    return np.dtype([(field, f"{order}u4") for field in fields])
