"""Writes a pcapng file from what stood in captures: packets that are chosen, and what the capture says around them.

Each section of a pcapng capture becomes a section, in its own byte order, so that most of a block is copied as it
stands: interfaces keep their numbers, time stamps their resolution and offset. Each pcap file becomes a section whose
interfaces say what its header said. Lists of options and names are written anew from what could be read of them, so
that damage is not handed on. Source: draft-ietf-opsawg-pcapng sections 3 and 4.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from mailtrace.capture.blocks import OPTION_COMMENT, options
from mailtrace.model import Interface, RawBatch

WAITING_LIMIT_BYTES = 2**20
"""A section begins when something in it is wanted; descriptions of interfaces that wait for it may take so much."""

OPTION_LIMIT_OCTETS = 65_535
"""Longest option, and with it comment: it says its length in 16 bits."""

FRAME_LIMIT_BYTES = 262_144
"""Longest frame: libpcap's and Wireshark's limit. Of a longer one the rest is told as not captured."""

BLOCK_LIMIT_BYTES = 16 * 2**20
"""Longest block that readers take: no comment is added beyond it."""

INTERFACE_LIMIT = 65_536
"""Interfaces of a section; the reader of pcapng gives no packets of others."""

STATISTICS_LIMIT_OCTETS = 1_024
"""Longest statistics of an interface; they wait for the section's end, and those that there are have about 100."""

SECTION, INTERFACE, OBSOLETE, SIMPLE, NAMES, STATISTICS, ENHANCED, SECRETS = 0x0A0D0D0A, 1, 2, 3, 4, 5, 6, 10

_DROPS = 4
_NAME = 2
_INTERFACE_DROPS = 5
_RESOLUTION, _CHECKSUM_LENGTH = 9, 13
_NO_DROPS = 0xFFFF
_NAME_BYTES = {1: 4, 2: 16}

_SIZES = {2: (4, 4), 4: (8, 8), 5: (8, 8), 6: (4, 4), 7: (1, OPTION_LIMIT_OCTETS)}
"""Least and most octets of a packet's options by code. Wireshark refuses a file for one that is not as it should be."""

_ANYWHERE = {2_988: (4, OPTION_LIMIT_OCTETS), 2_989: (4, OPTION_LIMIT_OCTETS), 19_372: (1, 0), 19_373: (1, 0)}
"""The same for custom options of all blocks; two of them nobody may copy who does not know what they mean."""

_FILTER_SIZES = {11: (1, OPTION_LIMIT_OCTETS)}

_ENHANCED_HEAD = struct.Struct("<IIIIIII").pack
_LOST = struct.Struct("<HHQHH").pack
_TAIL = struct.Struct("<I").pack
_PADDING = (b"", bytes(1), bytes(2), bytes(3))

Options = list[tuple[int, bytes]]


class Writer:
    """Takes what the reader of a capture tells, and the packets that are chosen; `packets` counts those written."""

    def __init__(self, out: BinaryIO, with_secrets: bool = False) -> None:
        """Write to `out`; secrets that decrypt traffic are left out unless `with_secrets`."""
        self._out = out
        self._with_secrets = with_secrets
        self.packets = 0
        self._begun = False
        self._waiting: list[bytes] = []
        self._statistics: dict[int, bytes] = {}
        self.begin_section("<", 0)

    def begin_section(self, order: str, first_interface: int, about: Iterable[tuple[int, bytes]] = ()) -> None:
        """Take what follows as of a section in byte order `order`, whose interface 0 readers call `first_interface`.

        `about` are the options of the section's header.
        """
        self._end_section()
        self._order = order
        self._first_interface = first_interface
        self._units: list[int] = []
        self._snap_lengths: list[int] = []
        self._statistics = {}
        self._ends: npt.NDArray[np.int64] | None = None
        self._timed: npt.NDArray[np.bool_] | None = None
        fixed = struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1)
        self._waiting = [self._block(SECTION, fixed + self._options(SECTION, about))]
        self._room = WAITING_LIMIT_BYTES

    def add_interface(self, interface: Interface, snap_length: int, unit_ns: int) -> None:
        """Describe an interface of a pcap file or live one, whose time stamps count units of so many nanoseconds."""
        about = [(_NAME, interface.name.encode("utf-8", "backslashreplace"))] if interface.name else []
        if unit_ns == 1:
            about.append((_RESOLUTION, b"\x09"))
        if interface.fcs_bytes:
            about.append((_CHECKSUM_LENGTH, bytes([interface.fcs_bytes])))
        self._units.append(unit_ns)
        fixed = struct.pack(f"{self._order}HHI", interface.link_type, 0, snap_length)
        self._hold(self._block(INTERFACE, fixed + self._options(INTERFACE, about)))

    def add_block(self, kind: int, body: bytes) -> None:
        """Take a block of a pcapng section that has no packet; blocks of strange types are left out."""
        if kind == INTERFACE and len(self._snap_lengths) < INTERFACE_LIMIT:
            self._snap_lengths.append(struct.unpack_from(f"{self._order}I", body, 4)[0])
            self._hold(self._with_options(kind, body, 8))
        elif kind == STATISTICS and len(body) <= STATISTICS_LIMIT_OCTETS:
            (interface,) = struct.unpack_from(f"{self._order}I", body)
            if interface < len(self._snap_lengths):
                self._statistics[interface] = self._with_options(kind, body, 12)
        elif kind == NAMES:
            self._add_names(body)
        elif kind == SECRETS and self._with_secrets:
            (size,) = struct.unpack_from(f"{self._order}I", body, 4)
            if 8 + size <= len(body):
                self._put(self._block(kind, body[: 8 + size]))

    def place_packets(self, ends: npt.NDArray[np.int64], timed: npt.NDArray[np.bool_]) -> None:
        """Take note where the blocks of the next batch's packets end, and which of them have time stamps."""
        self._ends, self._timed = ends, timed

    def add_packet(self, batch: RawBatch, index: int, comments: Sequence[str]) -> None:
        """Write packet `index` of the batch that the reader gave last, with `comments` behind those that it has.

        A comment that the packet has already is not added. Simple Packet Blocks have no place for comments.
        """
        start, captured = int(batch.start[index]), int(batch.captured[index])
        octets = batch.buffer[start : start + min(captured, FRAME_LIMIT_BYTES)]
        lengths = len(octets), int(batch.wire[index])
        interface = int(batch.interface[index]) - self._first_interface
        added = [(OPTION_COMMENT, _comment(text)) for text in comments]
        if self._ends is None or self._timed is None:
            stamp = int(batch.time_ns[index]) // self._units[interface]
            self._put(self._enhanced((interface, stamp >> 32, stamp & 0xFFFFFFFF, *lengths), octets, [], added))
        elif self._timed[index]:
            high, low = struct.unpack_from(f"{self._order}II", batch.buffer, start - 16)
            end = int(self._ends[index]) - 4
            about = list(options(batch.buffer, start + captured + (-captured & 3), end, self._order))
            about += self._drops(batch.buffer, start)
            self._put(self._enhanced((interface, high, low, *lengths), octets, about, added))
        else:
            self._put(self._simple(octets, lengths[1]))
        self.packets += 1

    def finish(self) -> None:
        """Make the file a whole one, also where nothing was chosen."""
        self._end_section()
        if not self._begun:
            self._put(b"")

    def _end_section(self) -> None:
        """Write what the capture says in the end about its interfaces, unless nothing of the section was wanted."""
        if not self._waiting:
            self._out.write(b"".join(self._statistics.values()))

    def _with_options(self, kind: int, body: bytes, fixed: int) -> bytes:
        """Return a block again whose first octets are fixed fields, and the rest options."""
        about = options(body, fixed, len(body), self._order)
        return self._block(kind, body[:fixed] + self._options(kind, about))

    def _enhanced(self, head: tuple[int, ...], octets: bytes, about: Options, added: Options) -> bytes:
        """Return an Enhanced Packet Block; of the options `added` those that are new and fit into it."""
        body = struct.pack(f"{self._order}IIIII", *head) + octets + bytes(-len(octets) & 3)
        room = BLOCK_LIMIT_BYTES - len(body) - len(self._options(ENHANCED, about)) - 16
        for each in added:
            room -= 4 + len(each[1]) + 3
            if each not in about and room >= 0:
                about.append(each)
        return self._block(ENHANCED, body + self._options(ENHANCED, about))

    def _simple(self, octets: bytes, wire: int) -> bytes:
        """Return a Simple Packet Block, whose captured length follows from the one on the wire and the interface.

        Where the packet was cut otherwise it is told to be as long as it is.
        """
        expected = min(wire, self._snap_lengths[0] or wire)
        told = wire if len(octets) == expected else len(octets)
        return self._block(SIMPLE, struct.pack(f"{self._order}I", told) + octets)

    def _drops(self, buffer: bytes, start: int) -> Options:
        """Return the losses that an obsolete packet block tells in a field as an option."""
        kind, drops = struct.unpack_from(f"{self._order}I6xH", buffer, start - 28)
        told = kind == OBSOLETE and drops != _NO_DROPS
        return [(_DROPS, struct.pack(f"{self._order}Q", drops))] if told else []

    def _add_names(self, body: bytes) -> None:
        """Take over the names for addresses that can be read; they are laid out as options are."""
        records = list(options(body, 0, len(body), self._order))
        behind = sum(4 + len(value) + (-len(value) & 3) for _, value in records) + 4
        named = [
            (kind, value if value.endswith(b"\x00") else value[: OPTION_LIMIT_OCTETS - 1] + b"\x00")
            for kind, value in records
            if len(value) > _NAME_BYTES.get(kind, len(value))
        ]
        if named:
            whole = body[behind - 4 : behind - 2] == bytes(2)
            about = options(body, behind, len(body), self._order) if whole else ()
            self._put(self._block(NAMES, self._list(named) + self._options(NAMES, about)))

    def _options(self, kind: int, about: Iterable[tuple[int, bytes]]) -> bytes:
        """Return options as they stand in a block of some kind, without senseless ones; nothing where none is left."""
        sizes = _ANYWHERE | (_SIZES if kind == ENHANCED else _FILTER_SIZES if kind == INTERFACE else {})
        allowed = []
        for code, value in about:
            least, most = sizes.get(code, (0, OPTION_LIMIT_OCTETS))
            if least <= len(value) <= most:
                allowed.append((code, value))
        return self._list(allowed) if allowed else b""

    def _list(self, entries: Options) -> bytes:
        """Return codes and values one after the other, and their end."""
        head = struct.Struct(f"{self._order}HH").pack
        pieces = [head(code, len(value)) + value + bytes(-len(value) & 3) for code, value in entries]
        return b"".join([*pieces, bytes(4)])

    def _block(self, kind: int, body: bytes) -> bytes:
        """Return a block with its length at both ends."""
        body += bytes(-len(body) & 3)
        length = len(body) + 12
        return struct.pack(f"{self._order}II", kind, length) + body + struct.pack(f"{self._order}I", length)

    def _hold(self, block: bytes) -> None:
        """Write a block, or let it wait where its section has not begun."""
        self._room -= len(block)
        if self._waiting and self._room >= 0:
            self._waiting.append(block)
        else:
            self._put(block)

    def _put(self, block: bytes) -> None:
        """Write a block behind those that wait."""
        self._out.write(b"".join([*self._waiting, block]))
        self._waiting.clear()
        self._begun = True


def packet_block(interface: int, time_ns: int, frame: bytes, wire: int, lost: int = 0) -> bytes:
    """Return the block of a frame of a little-endian section whose interface counts nanoseconds.

    It was `wire` octets long; `lost` packets of its interface were lost before it.
    """
    padding = -len(frame) & 3
    about = _LOST(_DROPS, 8, lost, 0, 0) if lost else b""
    length = 32 + len(frame) + padding + len(about)
    head = _ENHANCED_HEAD(ENHANCED, length, interface, time_ns >> 32, time_ns & 0xFFFFFFFF, len(frame), wire)
    return b"".join((head, frame, _PADDING[padding], about, _TAIL(length)))


def statistics_block(interface: int, time_ns: int, lost: int) -> bytes:
    """Return the block of a little-endian section that tells how many packets of an interface were lost so far."""
    about = _LOST(_INTERFACE_DROPS, 8, lost, 0, 0)
    length = 24 + len(about)
    head = struct.pack("<IIIII", STATISTICS, length, interface, time_ns >> 32, time_ns & 0xFFFFFFFF)
    return head + about + _TAIL(length)


def _comment(text: str) -> bytes:
    """Return a comment as UTF-8, cut between two characters where it is too long."""
    octets = text.encode("utf-8", "backslashreplace")[:OPTION_LIMIT_OCTETS]
    return octets.decode("utf-8", "ignore").encode()
