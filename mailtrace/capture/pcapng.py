"""HOT. pcapng files. Source: draft-ietf-opsawg-pcapng.

Strategy: as for pcap, one tight loop walks from block to block and collects where Enhanced Packet Blocks begin; their
fields are then read together as columns (`packetblocks`). Every other block stops the loop for a moment and is
understood on its own: that is rare, and an interface description must count for the packets after it and not for those
before.

A block says its length at both ends, so damage shows at once, and the search for the next block can trust what it
finds. A batch never reaches over a section header: byte order, and with it the columns, may change there.

Benchmark: tests/bench (`mixed`).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from enum import Enum

import numpy as np

from mailtrace.capture.blocks import InterfaceBlock, block_name, comments, dropped, names, options, secrets
from mailtrace.capture.facts import Facts
from mailtrace.capture.linktypes import LINK_TYPES
from mailtrace.capture.octets import Octets
from mailtrace.capture.packetblocks import ENHANCED, OBSOLETE, PACKET_OFFSETS, SIMPLE, PacketBlocks, Section
from mailtrace.capture.resync import Resync
from mailtrace.model import RawBatch

BLOCK_LIMIT_BYTES = 16 * 2**20
"""Longest block: libpcap's limit. A longer one is damage; nothing is ever allocated because a length says so."""

FOUND_BLOCK_LIMIT_BYTES = 2**19
"""Longest block believed while searching after damage: twice the largest frame."""

INTERFACE_LIMIT = 65_536
"""Interfaces in one file; captures of whole clusters have some hundreds."""

SECTION_LIMIT = 10_000
"""Sections read in one file: each ends a batch, and a file made of them would only cost time."""

SKIPPED_TYPES_LIMIT = 64
"""Types of blocks passed over that are counted apart."""

NUMBERED = (9, 0x0BAD, 0x4000_0BAD)
"""Types of blocks Wireshark gives packet numbers although they carry no packet: journal entries and custom blocks."""

NUMBERED_LIMIT = 10_000
"""Blocks that may take a packet number: each ends a batch, and a file made of them would only cost time."""

SECRET_BLOCKS_LIMIT = 10_000
"""Blocks of secrets between packets that end a batch, so that they count from there on; of further ones it is open."""

SECTION_MAGIC = b"\x0a\x0d\x0d\x0a"
_SECTION_BYTES = 28
_ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_INTERFACE, _NAMES, _STATISTICS, _SECRETS = 1, 4, 5, 10
_SHORTEST = {_INTERFACE: 20, OBSOLETE: 32, SIMPLE: 16, _NAMES: 12, _STATISTICS: 24, ENHANCED: 32, _SECRETS: 20}


class Stop(Enum):
    """Why the walk over the blocks stopped."""

    SHORT = "the window ends"
    SECTION = "a section begins"
    SECRETS = "secrets stand between packets: they are for those after them"
    NUMBERED = "a block that is no packet took a packet number"
    DAMAGE = "what is there is no block"


class PcapngReader:
    """Reads one pcapng file, or several joined."""

    def __init__(self, octets: Octets, facts: Facts) -> None:
        """Read from `octets`, whose window begins with a section header."""
        self._octets = octets
        self._facts = facts
        self._packets = PacketBlocks(facts)
        self._resync = Resync(octets)
        self._section = Section("<", 0)
        self._skipped: dict[str, int] = {}
        self._numbered = 0
        self._sections = 0
        self._secret_blocks = 0

    def batches(self, window_bytes: Callable[[], int]) -> Iterator[RawBatch]:
        """Yield all frames, in windows of about as many octets as `window_bytes` says each time."""
        octets = self._octets
        octets.advance(0, window_bytes())
        at: int | None = 0
        while at is not None:
            at, stop, needed = self._walk(at)
            batch = self._packets.take(octets.buffer, self._section)
            if batch is not None:
                yield batch
            if stop is Stop.NUMBERED:
                self._packets.skip_number()
                continue
            if stop is Stop.SECRETS:
                continue
            if stop is Stop.SECTION:
                if self._sections == SECTION_LIMIT:
                    message = f"only the first {SECTION_LIMIT} sections of the file are read: merge them into one"
                    self._facts.note("section-limit", message, damage=True)
                    break
                at, stop, needed = self._begin_section(at)
            if stop is Stop.SHORT and not octets.ended:
                octets.advance(at, max(window_bytes(), needed))
                at = 0
            elif stop is not Stop.SECTION:
                at = self._past_damage(at, stop)
        batch = self._packets.take(octets.buffer, self._section)
        if batch is not None:
            yield batch
        self._note_skipped()

    def _walk(self, at: int) -> tuple[int, Stop, int]:
        """Read blocks from `at` on; return where it stopped, why, and how many octets are needed there to go on."""
        buffer, section = self._octets.buffer, self._section
        while True:
            at = self._run(at)
            if len(buffer) - at < 12:
                return at, Stop.SHORT, 12
            kind, length = section.head(buffer, at)
            if buffer.startswith(SECTION_MAGIC, at):
                return at, Stop.SECTION, 0
            if kind == _SECRETS and self._packets.collected and self._secret_blocks < SECRET_BLOCKS_LIMIT:
                self._secret_blocks += 1
                return at, Stop.SECRETS, 0
            if length < 12 or length & 3 or length > BLOCK_LIMIT_BYTES:
                return at, Stop.DAMAGE, 0
            if at + length > len(buffer):
                return at, Stop.SHORT, length
            if section.tail(buffer, at + length - 4)[0] != length:
                return at, Stop.DAMAGE, 0
            self._read_block(kind, at, length)
            at += length
            if kind in NUMBERED and self._takes_number():
                return at, Stop.NUMBERED, 0

    def _run(self, at: int) -> int:
        """Collect Enhanced Packet Blocks from `at` on while nothing is unusual about them; return where that ends."""
        buffer, head, tail = self._octets.buffer, self._section.packet_head, self._section.tail
        size, interfaces = len(buffer), len(self._section.clocks)
        append = self._packets.enhanced.append
        last = size - 32
        while at <= last:
            kind, length, interface = head(buffer, at)
            end = at + length
            if kind != ENHANCED or end > size or length < 32 or length & 3 or interface >= interfaces:
                break
            if tail(buffer, end - 4)[0] != length:
                break
            append(at)
            at = end
        return at

    def _read_block(self, kind: int, at: int, length: int) -> None:
        """Understand one whole block other than a section header."""
        buffer, order = self._octets.buffer, self._section.order
        if length < _SHORTEST.get(kind, 0):
            message = f"{length} octets are too few for a block of type {kind}: it is left out"
            self._facts.note("short-block", message, damage=True)
            return
        if kind in PACKET_OFFSETS:
            self._packets.add(buffer, at, at + length, kind, self._section)
            return
        if self._facts.writer is not None:
            self._facts.writer.add_block(kind, buffer[at + 8 : at + length - 4])
        if kind == _INTERFACE:
            self._add_interface(InterfaceBlock(buffer[at + 8 : at + length - 4], order))
        elif kind == _NAMES:
            for address, name in names(buffer[at + 8 : at + length - 4], order):
                self._facts.name(address, name)
        elif kind == _STATISTICS:
            self._add_statistics(buffer[at + 8 : at + length - 4])
        elif kind == _SECRETS:
            kind_of, octets = secrets(buffer[at + 8 : at + length - 4], order)
            self._facts.secret(kind_of, octets, late=self._packets.next_number > 1)
        else:
            name = block_name(kind)
            if name not in self._skipped and len(self._skipped) >= SKIPPED_TYPES_LIMIT:
                name = "other types"
            self._skipped[name] = self._skipped.get(name, 0) + 1

    def _add_interface(self, block: InterfaceBlock) -> None:
        """Add an interface to the section, with notes about what is wrong with it."""
        number = len(self._facts.interfaces)
        if number == INTERFACE_LIMIT:
            message = f"the file describes more than {INTERFACE_LIMIT} interfaces: packets of the others are left out"
            self._facts.tally("interface-limit", message, [], 0, damage=True)
            return
        if block.interface.link_type not in LINK_TYPES:
            message = f"link type {block.interface.link_type} of interface {number} is not known"
            self._facts.note("unknown-link-type", message, damage=True)
        if block.clock is None:
            message = f"the resolution or offset of time on interface {number} makes no sense: its times are unknown"
            self._facts.note("unknown-clock", message, damage=True)
        for text in block.comments:
            self._facts.comment(0, text)
        self._section.add(block)
        self._facts.interfaces.append(block.interface)

    def _add_statistics(self, body: bytes) -> None:
        """Take over an interface's count of lost packets."""
        order = self._section.order
        (interface,) = struct.unpack_from(f"{order}I", body)
        if interface < len(self._section.clocks):
            self._facts.drops_in_total(self._section.first_interface + interface, dropped(body, order))

    def _takes_number(self) -> bool:
        """Count a block that takes a packet number; tell whether it may."""
        self._numbered += 1
        if self._numbered == NUMBERED_LIMIT + 1:
            message = f"more than {NUMBERED_LIMIT} blocks that are no packets: packet numbers fall behind Wireshark's"
            self._facts.note("number-limit", message, damage=True)
        return self._numbered <= NUMBERED_LIMIT

    def _begin_section(self, at: int) -> tuple[int, Stop, int]:
        """Enter the section whose header is at `at`; return as `_walk` does, `Stop.SECTION` meaning that it is entered.

        The length of the section is ignored: it is often wrong or unknown, and its blocks tell the same.
        """
        buffer = self._octets.buffer
        if len(buffer) - at < _SECTION_BYTES:
            return at, Stop.SHORT, _SECTION_BYTES
        order = _ORDERS.get(buffer[at + 8 : at + 12])
        if order is None:
            return at, Stop.DAMAGE, 0
        length, _, major, minor = struct.unpack_from(f"{order}IIHH", buffer, at + 4)
        sound = _SECTION_BYTES <= length <= BLOCK_LIMIT_BYTES and not length & 3
        if sound and len(buffer) - at < length and not self._octets.ended:
            return at, Stop.SHORT, length
        if (major, minor) not in ((1, 0), (1, 2)):
            message = f"a section says it is of version {major}.{minor} of the pcapng format; it is read as version 1.0"
            self._facts.note("strange-version", message)
        self._section = Section(order, len(self._facts.interfaces))
        self._sections += 1
        cut = sound and len(buffer) - at < length
        whole = sound and not cut and struct.unpack_from(f"{order}I", buffer, at + length - 4)[0] == length
        if self._facts.writer is not None:
            about = options(buffer, at + 24, at + length - 4, order) if whole else ()
            self._facts.writer.begin_section(order, self._section.first_interface, about)
        if not whole:
            return at, Stop.SHORT if cut else Stop.DAMAGE, length if cut else 0
        for text in comments(buffer, at + 24, at + length - 4, order):
            self._facts.comment(0, text)
        return at + length, Stop.SECTION, 0

    def _past_damage(self, at: int, stop: Stop) -> int | None:
        """Return where the next block begins after damage at `at`, or after a block longer than the rest of the file.

        None at the end of the file, whether it is cut there or not.
        """
        octets = self._octets
        if at == len(octets.buffer) and octets.ended:
            return None
        place = octets.offset + at
        found = self._resync.find(at + 1, FOUND_BLOCK_LIMIT_BYTES + 12, self._look)
        if found is not None:
            lost = octets.offset + found - place
            message = f"damage at byte {place}: what is there is no block; {lost} octets are passed over"
            self._facts.note("damaged-block", message, damage=True)
        elif stop is Stop.SHORT:
            self._read_cut_block(at)
        else:
            more = "the search for more was given up" if self._resync.limited else "no block follows"
            message = f"damage at byte {place}: what is there is no block, and {more}"
            self._facts.note("damaged-block", message, damage=True)
        return found

    def _read_cut_block(self, at: int) -> None:
        """Note that the file ends inside the block at `at`, and use what is there of its packet."""
        buffer, order = self._octets.buffer, self._section.order
        end = self._octets.offset + len(buffer)
        kind = struct.unpack_from(f"{order}I", buffer, at)[0] if len(buffer) - at >= 12 else 0
        packets: tuple[int, ...] = ()
        if len(buffer) - at > PACKET_OFFSETS.get(kind, len(buffer)):
            packets = (self._packets.next_number,)
            self._packets.add(buffer, at, len(buffer) + 4, kind, self._section)
        self._facts.note("cut", f"the file is cut at byte {end}, inside a block", packets, damage=True)

    def _look(self, low: int, high: int) -> int | None:
        """Return the first place in the window where a packet, interface or other known block begins, or a section."""
        buffer, word = self._octets.buffer, np.dtype(f"{self._section.order}u4")
        words = np.ndarray((max(len(buffer) - 3, 0),), word, buffer, 0, (1,))
        high = max(min(high, len(buffer) - 11), low)
        kinds, lengths = words[low:high], words[low + 4 : high + 4]
        good = (
            (kinds >= 1) & (kinds <= 10) & (lengths >= 12) & (lengths <= FOUND_BLOCK_LIMIT_BYTES) & (lengths & 3 == 0)
        )
        candidates = np.flatnonzero(good) + low
        ends = candidates + lengths[candidates - low]
        candidates, ends = candidates[ends <= len(buffer)], ends[ends <= len(buffer)]
        found = candidates[words[ends - 4] == ends - candidates]
        first = int(found[0]) if len(found) else None
        section = buffer.find(SECTION_MAGIC, low, first if first is not None else high + 3)
        while section >= 0 and buffer[section + 8 : section + 12] not in _ORDERS:
            section = buffer.find(SECTION_MAGIC, section + 1, first if first is not None else high + 3)
        return section if section >= 0 else first

    def _note_skipped(self) -> None:
        """Say which blocks were passed over."""
        if self._skipped:
            kinds = ", ".join(f"{count} of {name}" for name, count in sorted(self._skipped.items()))
            self._facts.note("skipped-blocks", f"blocks mailtrace does not read: {kinds}")
