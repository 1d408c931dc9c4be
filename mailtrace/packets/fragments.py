"""Fragments of IP packets, put together again. Source: RFC 791 section 3.2, RFC 8200 section 4.5.

What comes out is a packet as if it had never been cut, at the number of the fragment that completed it. Fragments
belong together by addresses, identification and, in IPv4, protocol; VLANs and tunnels keep them apart. The same octets
twice are one; where two fragments disagree the first wins in IPv4, and IPv6 drops the packet (RFC 5722 section 4).

Identifications are used again. A fragment that contradicts others after a pause is one of a later packet, and so is one
that completes a packet after a pause with a wrong checksum.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from hashlib import sha256

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from mailtrace.model import NO_TIME, Note, RawBatch
from mailtrace.packets.places import Places

PACKET_LIMIT = 4096
"""Packets waiting for fragments at a time; the one waiting longest is let go: first fragments alone cost nothing."""

OCTET_LIMIT = 64 * 1024 * 1024
"""Octets held by all of them; a thousand packets of the greatest size."""

WAIT_NS = 60 * 10**9
"""How long fragments are waited for, by the capture's clock. Source: RFC 8200 section 4.5."""

PAUSE_NS = 10**9
"""Fragments of one packet are sent in one go; after such a pause the same identification may be another packet's."""

LONGEST_BYTES = 0xFFFF
"""What the length fields of IP can say; fragments that reach beyond are an attack. Source: RFC 791 section 3.1."""

NOTED_PACKETS = 25
"""Packet numbers a note lists; more are only counted."""

WAITING, CONFLICTING, REFUSED = "ip fragment", "conflicting ip fragment", "refused ip fragment"
"""What fragments are counted as: waiting for others or repeating them; saying something else than an earlier one; of a
packet that cannot be."""

NOTES = {
    "fragment-conflict": "IP fragments that say something else than an earlier one about the same octets: {count:,}",
    "fragment-refused": "IP fragments that cannot be of one packet, or of any, and were left out: {count:,}",
    "fragment-missing": "IP packets that are not whole, because fragments of them are missing: {count:,}",
    "fragment-limit": "too many IP packets waited for fragments at once: {count:,} were let go early",
}

CHECKSUMS = {6: 16, 17: 6, 58: 2}
"""Where TCP, UDP and ICMPv6 have their checksum."""

Key = tuple[bytes, int, int, int]
"""Addresses, identification, protocol (0 in IPv6), lane."""


class Fragment(Struct, gc=False):
    """One fragment: `size` octets were sent from offset `start`, `data` of them captured; `more` tells of others.

    `header` is the IP header before it, `row` its frame in the batch.
    """

    row: int
    number: int
    time_ns: int
    lane: int
    depth: int
    header: bytes
    identification: int
    protocol: int
    start: int
    size: int
    data: bytes
    more: bool

    @property
    def end(self) -> int:
        """The offset of the first octet behind it."""
        return self.start + self.size

    def key(self) -> Key:
        """Return what fragments of one packet have in common."""
        if self.header[0] >> 4 == 4:
            return self.header[12:20], self.identification, self.protocol, self.lane
        return self.header[8:40], self.identification, 0, self.lane

    def between(self, start: int, end: int) -> Fragment:
        """Return the part of it from one offset to another."""
        data = self.data[start - self.start : end - self.start]
        return replace(self, start=start, size=end - start, data=data, more=self.more or end < self.end)


def fragments(batch: RawBatch, buffer: bytes, places: Places) -> list[Fragment]:
    """Return the fragments at the given places of `buffer`, in capture order."""
    order = np.lexsort((places.at, places.row)) if len(places.row) > 1 else range(len(places.row))
    found = []
    for index in order:
        row, ip_at, at = int(places.row[index]), int(places.ip_at[index]), int(places.at[index])
        captured_end, wire_end = int(places.captured_end[index]), int(places.wire_end[index])
        if buffer[ip_at] >> 4 == 4:
            header, head, protocol = buffer[ip_at:at], buffer[ip_at + 4 : ip_at + 8], buffer[ip_at + 9]
            identification, bits = int.from_bytes(head[:2], "big"), int.from_bytes(head[2:], "big")
            offset, more = (bits & 0x1FFF) * 8, bits & 0x2000
        else:
            header, head, protocol = buffer[ip_at : ip_at + 40], buffer[at : at + 8], buffer[at]
            identification, bits = int.from_bytes(head[4:], "big"), int.from_bytes(head[2:4], "big")
            offset, more, at = bits & 0xFFF8, bits & 1, at + 8
        found.append(
            Fragment(
                row=row,
                number=batch.first_number + row,
                time_ns=int(batch.time_ns[row]),
                lane=int(places.lane[index]),
                depth=int(places.depth[index]),
                header=header,
                identification=identification,
                protocol=protocol,
                start=offset,
                size=wire_end - at,
                data=buffer[at:captured_end],
                more=bool(more),
            )
        )
    return found


class Whole(Struct, gc=False):
    """A packet put together: `octets` from its IP header on, `wire` octets long on the wire."""

    last: Fragment
    octets: bytes
    wire: int


class Packet(Struct):
    """A packet in the making: pieces that do not overlap, by their start; `held` counts their octets on the wire.

    `total` is its length once the last piece is known. `echo` tells that a packet with the same key was just completed,
    so that this may be a second copy of its end.
    """

    begun_ns: int
    last_ns: int
    echo: bool
    starts: list[int] = []
    pieces: dict[int, Fragment] = {}
    held: int = 0
    total: int | None = None
    refused: bool = False

    def take(self, piece: Fragment) -> None:
        """Take a piece that overlaps none."""
        self.starts.insert(bisect_left(self.starts, piece.start), piece.start)
        self.pieces[piece.start] = piece
        self.held += piece.size
        if not piece.more:
            self.total = piece.end

    def overlapped(self, fragment: Fragment) -> list[Fragment]:
        """Return the pieces that share octets with a fragment, in order."""
        first = max(bisect_left(self.starts, fragment.start) - 1, 0)
        last = bisect_left(self.starts, fragment.end)
        pieces = (self.pieces[start] for start in self.starts[first:last])
        return [piece for piece in pieces if piece.end > fragment.start]

    def ends_otherwise(self, fragment: Fragment) -> bool:
        """Tell whether a fragment puts the packet's end elsewhere than others do."""
        if self.total is not None:
            return fragment.end > self.total or (not fragment.more and fragment.end != self.total)
        return not fragment.more and bool(self.starts) and self.pieces[self.starts[-1]].end > fragment.end

    def contradicted(self, fragment: Fragment) -> bool:
        """Tell whether a fragment cannot be of the same packet, or says something else."""
        overlapped = self.overlapped(fragment)
        return self.refused or self.ends_otherwise(fragment) or any(differ(piece, fragment) for piece in overlapped)

    def captured(self) -> int:
        """Return how many octets are in memory."""
        return sum(len(piece.data) for piece in self.pieces.values())

    def since(self, time_ns: int) -> Packet:
        """Return the packet that the pieces that came at or after a time make."""
        packet = Packet(self.last_ns, self.last_ns, False, [], {})
        for start in self.starts:
            if self.pieces[start].time_ns >= time_ns:
                packet.take(self.pieces[start])
        return packet

    def whole(self, last: Fragment) -> Whole | None:
        """Return it put together, None while pieces are missing; what the snap length cut off ends the octets early."""
        if self.held != self.total:
            return None
        data = bytearray()
        for start in self.starts:
            if len(data) < start:
                break
            data += self.pieces[start].data
        header = bytearray(self.pieces[0].header)
        if header[0] >> 4 == 4:
            header[2:4] = (len(header) + self.held).to_bytes(2, "big")
            header[6:8] = b"\0\0"
        else:
            header[4:6] = self.held.to_bytes(2, "big")
            header[6] = self.pieces[0].protocol
        return Whole(last, bytes(header + data), len(header) + self.held)


def differ(one: Fragment, other: Fragment) -> bool:
    """Tell whether two fragments say different things where both were captured."""
    start = max(one.start, other.start)
    end = max(min(one.start + len(one.data), other.start + len(other.data)), start)
    return one.data[start - one.start : end - one.start] != other.data[start - other.start : end - other.start]


def possible(fragment: Fragment) -> bool:
    """Tell whether a packet can have such a fragment: not empty, in units of eight octets but for the last, in bounds.

    Source: RFC 791 section 3.2, RFC 8200 section 4.5.
    """
    header = len(fragment.header) if fragment.header[0] >> 4 == 4 else 0
    aligned = fragment.size % 8 == 0 or not fragment.more
    return fragment.size > 0 and aligned and header + fragment.end <= LONGEST_BYTES


def wrong_checksum(whole: Whole) -> bool:
    """Tell whether a packet's transport checksum is known to be wrong.

    Source: RFC 9293 section 3.1, RFC 768, RFC 8200 section 8.1.
    """
    octets = whole.octets
    if octets[0] >> 4 == 4:
        size, protocol, addresses = (octets[0] & 15) * 4, octets[9], octets[12:20]
    else:
        size, protocol, addresses = 40, octets[6], octets[8:40]
    data = octets[size:]
    place = CHECKSUMS.get(protocol)
    if place is None or len(octets) < whole.wire or data[place : place + 2] in (b"", b"\0\0"):
        return False
    covered = addresses + data + b"\0" * (len(data) % 2)
    total = int(np.frombuffer(covered, dtype=">u2").sum(dtype=np.int64)) + protocol + len(data)
    return total % 0xFFFF != 0


class Reassembler:
    """Holds fragments until their packets are whole. Give it fragments in capture order."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._packets: dict[Key, Packet] = {}
        self._done: dict[Key, int] = {}
        self._octets = 0
        self._now = 0
        self._counts: Counter[str] = Counter()
        self._numbers: dict[str, list[int]] = {}
        self._readings = ""

    def add(self, fragment: Fragment, other: Counter[str]) -> Whole | None:
        """Return the packet that a fragment completes; None where it does not, it is then counted in `other`."""
        self._now = self._now if fragment.time_ns == NO_TIME else fragment.time_ns
        fragment.time_ns = self._now
        self._let_go()
        key = fragment.key()
        packet = self._packets.get(key)
        if packet is None or (self._now - packet.last_ns > PAUSE_NS and packet.contradicted(fragment)):
            packet = self._begin(key)
        packet.last_ns = self._now
        name = self._take(packet, fragment)
        whole = None if packet.refused else self._completed(key, packet, fragment)
        if whole is None:
            other[name] += 1
            self._let_go()
        return whole

    def notes(self) -> list[Note]:
        """Return what was odd so far."""
        counts = self._counts.copy()
        counts["fragment-missing"] += sum(not packet.refused and not packet.echo for packet in self._packets.values())
        notes = []
        for code, text in NOTES.items():
            if counts[code]:
                message = text.format(count=counts[code]) + (self._readings if code == "fragment-conflict" else "")
                packets = tuple(self._numbers.get(code, ()))
                notes.append(Note(code, message, packets, damage=code == "fragment-limit"))
        return notes

    def _begin(self, key: Key) -> Packet:
        """Begin a packet, and forget what waited under its key."""
        self._forget(key, "fragment-missing")
        echo = self._now - self._done.pop(key, self._now - WAIT_NS) <= PAUSE_NS
        packet = self._packets[key] = Packet(self._now, self._now, echo, [], {})
        return packet

    def _take(self, packet: Packet, fragment: Fragment) -> str:
        """Take what is new of a fragment, and return what it is counted as."""
        if packet.refused:
            self._note("fragment-refused", fragment)
            return REFUSED
        overlapped = packet.overlapped(fragment)
        if not possible(fragment) or packet.ends_otherwise(fragment):
            return self._refuse(packet, fragment, "fragment-refused")
        conflict = next((piece for piece in overlapped if differ(piece, fragment)), None)
        again = len(overlapped) == 1 and (overlapped[0].start, overlapped[0].end) == (fragment.start, fragment.end)
        if overlapped and fragment.header[0] >> 4 == 6 and (conflict or not again):
            return self._refuse(packet, fragment, "fragment-conflict")
        start = fragment.start
        for piece in [*overlapped, None]:
            end = piece.start if piece is not None else fragment.end
            if start < end:
                part = fragment.between(start, end)
                packet.take(part)
                self._octets += len(part.data)
            start = piece.end if piece is not None else end
        if conflict is None:
            return WAITING
        self._note("fragment-conflict", fragment)
        if not self._readings:
            one, two = (f"{each.number} with SHA-256 {sha256(each.data).hexdigest()}" for each in (conflict, fragment))
            self._readings = f" (first packet {one}, then packet {two})"
        return CONFLICTING

    def _refuse(self, packet: Packet, fragment: Fragment, code: str) -> str:
        self._note(code, fragment)
        self._octets -= packet.captured()
        packet.refused = True
        packet.starts, packet.pieces, packet.held, packet.total = [], {}, 0, None
        return REFUSED

    def _completed(self, key: Key, packet: Packet, last: Fragment) -> Whole | None:
        """Return the packet if it is whole; one that took a pause and has a wrong checksum was two."""
        whole = packet.whole(last)
        if whole is None:
            return None
        before = self._now - PAUSE_NS
        if any(piece.time_ns < before for piece in packet.pieces.values()) and wrong_checksum(whole):
            self._forget(key, "fragment-missing")
            self._packets[key] = packet.since(before)
            self._octets += self._packets[key].captured()
            return None
        del self._packets[key]
        self._octets -= packet.captured()
        self._done[key] = self._now
        if len(self._done) > PACKET_LIMIT:
            del self._done[next(iter(self._done))]
        return whole

    def _let_go(self) -> None:
        """Forget packets that waited too long, or more than fit."""
        while self._packets:
            oldest = next(iter(self._packets))
            if self._now - self._packets[oldest].begun_ns > WAIT_NS:
                self._forget(oldest, "fragment-missing")
            elif len(self._packets) > PACKET_LIMIT or self._octets > OCTET_LIMIT:
                self._forget(oldest, "fragment-limit")
            else:
                break

    def _forget(self, key: Key, code: str) -> None:
        packet = self._packets.pop(key, None)
        if packet is not None:
            self._octets -= packet.captured()
            if not packet.refused and not packet.echo:
                self._counts[code] += 1

    def _note(self, code: str, fragment: Fragment) -> None:
        self._counts[code] += 1
        numbers = self._numbers.setdefault(code, [])
        if len(numbers) < NOTED_PACKETS:
            numbers.append(fragment.number)
