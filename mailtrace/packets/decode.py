"""HOT. A batch of frames becomes columns of TCP segments and UDP datagrams (tests/bench `mixed` and `mail`).

Strategy: each round reads one header of every packet, all headers of a kind at once, until a transport is reached: for
plain traffic that is the link, IP and TCP, three rounds without any packet being looked at alone. The innermost
transport counts. What falls out is counted by name, never raised. Lengths follow the IP header, so that Ethernet
padding and trailers never reach a stream; where the snap length cut a packet, its real length is kept beside it.

Fragments are set aside in each pass, put together in capture order, and what they make is read in another pass as if
it had never been cut, in the place of the packet that completed it.

`tests/packets/twin.py` says the same thing packet by packet in plain `struct`, and a test holds the two together.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from mailtrace.model import Note, RawBatch
from mailtrace.packets.carriers import CARRIERS, DEPTH_LIMIT, Carrier, ending_name, kind_name
from mailtrace.packets.columns import Ints, Octets
from mailtrace.packets.fragments import Fragment, Reassembler, Whole, fragments
from mailtrace.packets.internet import EXTENSIONS
from mailtrace.packets.places import DATAGRAM, ENDED, FRAGMENT, IP, IPV4, IPV6, KINDS, LINK, TOO_DEEP, Places
from mailtrace.packets.transports import TUNNEL_PORTS, Segments, datagrams, read_tcp


@dataclass(slots=True)
class Decoded:
    """What a batch holds: TCP and UDP columns, and a count by name of everything else.

    `buffer` is where the payloads lie: that of the batch, longer by the datagrams put together of fragments.
    """

    tcp: Segments
    udp: Segments
    other: Counter[str]
    buffer: bytes


class Header(Struct, gc=False):
    """One header of a frame, for display: `carrier` names it, its octets lie from `at` in `decoded.buffer`.

    What it holds ends at `captured_end`, and ended at `wire_end` on the wire.
    """

    carrier: str
    kind: int
    at: int
    captured_end: int
    wire_end: int


class Decoder:
    """Decodes the batches of a capture in their order; remembers fragments that wait for others."""

    def __init__(self) -> None:
        """Begin with no fragments."""
        self._fragments = Reassembler()

    def decode(self, batch: RawBatch) -> Decoded:
        """Read all frames of a batch down to their transport payload."""
        return self._decode(batch, None)

    def decode_traced(self, batch: RawBatch) -> tuple[Decoded, list[list[Header]]]:
        """Do the same, and return for each frame the headers passed, outermost first.

        Of a frame of several packets each comes whole before the next, as does what fragments made behind them.
        """
        trace: list[list[Header]] = [[] for _ in batch.start]
        decoded = self._decode(batch, trace)
        for headers in trace:
            headers.sort(key=_start)
        return decoded, trace

    def notes(self) -> list[Note]:
        """Return what was odd about fragments so far."""
        return self._fragments.notes()

    def _decode(self, batch: RawBatch, trace: list[list[Header]] | None) -> Decoded:
        reading = Reading(trace)
        places = reading.read(batch.buffer, _frames(batch))
        queue: deque[Fragment] = deque(fragments(batch, batch.buffer, places))
        plain: list[Whole] = []
        while queue:
            whole = self._fragments.add(queue.popleft(), reading.other)
            if whole is not None and _holds_packets(whole):
                queue.extendleft(reversed(fragments(batch, *reading.read_wholes([whole]))))
            elif whole is not None:
                plain.append(whole)
        if plain:
            reading.read_wholes(plain)
        return reading.decoded()


def _start(header: Header) -> int:
    return header.at


def _frames(batch: RawBatch) -> Places:
    """Return the frames of a batch as places of their link headers."""
    if len(batch.interfaces) == 1:
        link_types, fcs_bytes = (np.full(len(batch.start), n) for n in _facts(batch)[0])
    else:
        link_types, fcs_bytes = np.array(_facts(batch), dtype=np.int64).reshape(-1, 2)[batch.interface].T
    wire_end = batch.start + batch.wire - fcs_bytes
    captured_end = np.minimum(batch.start + batch.captured, np.maximum(wire_end, batch.start))
    nothing = np.zeros(len(batch.start), dtype=np.int64)
    wire_end = np.maximum(wire_end, captured_end)
    row = np.arange(len(batch.start))
    return Places(row, link_types, batch.start, captured_end, wire_end, nothing, nothing, nothing)


def _facts(batch: RawBatch) -> list[tuple[int, int]]:
    return [(LINK | interface.link_type & 0xFFFF, interface.fcs_bytes) for interface in batch.interfaces]


READERS = list(dict.fromkeys(CARRIERS.values()))

UNKNOWN, FRAGMENTS, TCP, DATAGRAMS = range(len(READERS), len(READERS) + 4)
"""The readers that are no carriers: of kinds that nobody reads, of fragments, and of the two transports."""

ENDS = ("", "fragment", "tcp", "udp")
"""Their names in a trace."""


def _reader_numbers() -> npt.NDArray[np.uint8]:
    """Return for every kind the number of its reader."""
    numbers = np.full(KINDS, UNKNOWN, dtype=np.uint8)
    for kind, carrier in CARRIERS.items():
        numbers[kind] = READERS.index(carrier)
    numbers[[FRAGMENT, IP | 6, DATAGRAM]] = FRAGMENTS, TCP, DATAGRAMS
    return numbers


READER_OF = _reader_numbers()


def _by_reader(places: Places) -> Iterator[tuple[int, Places]]:
    """Yield the headers of each reader; their order is kept."""
    readers = READER_OF.take(places.kind)
    counts = np.bincount(readers)
    for number in np.flatnonzero(counts).tolist():
        if counts[number] == len(readers):
            yield number, places
        else:
            yield number, places.only(np.flatnonzero(readers == number))


def _holds_packets(whole: Whole) -> bool:
    """Tell whether there may be packets, and so fragments, within a packet."""
    octets = whole.octets
    protocol, at = (octets[9], (octets[0] & 15) * 4) if octets[0] >> 4 == 4 else (octets[6], 40)
    if protocol == 17:
        ports = int.from_bytes(octets[at : at + 2], "big"), int.from_bytes(octets[at + 2 : at + 4], "big")
        return bool(TUNNEL_PORTS[list(ports)].any())
    return bool(EXTENSIONS[protocol] or READER_OF[IP | protocol] < UNKNOWN)


def _column(numbers: Iterable[int]) -> Ints:
    return np.fromiter(numbers, dtype=np.int64)


class Reading:
    """The reading of one batch, round by round; all it found lies in `buffers`, one behind the other."""

    def __init__(self, trace: list[list[Header]] | None) -> None:
        """Begin with nothing read."""
        self.other: Counter[str] = Counter()
        self._buffers: list[bytes] = []
        self._base = 0
        self._tcp: list[Segments] = []
        self._udp: list[Segments] = []
        self._trace = trace

    def read(self, buffer: bytes, places: Places) -> Places:
        """Read all headers from the given ones inwards; return the fragments among them."""
        octets = Octets(buffer)
        parts = []
        while len(places.row):
            inside = []
            for number, chosen in _by_reader(places):
                if self._trace is not None:
                    self._remember(self._trace, number, chosen)
                if number < UNKNOWN:
                    inside.append(self._behind(READERS[number], octets, chosen))
                elif number == UNKNOWN:
                    self._count(chosen.kind)
                elif number == FRAGMENTS:
                    parts.append(chosen)
                else:
                    self._arrive(number, octets, chosen)
            places = Places.joined(inside)
        self._buffers.append(buffer)
        self._base += len(buffer)
        return Places.joined(parts)

    def read_wholes(self, wholes: list[Whole]) -> tuple[bytes, Places]:
        """Read packets put together of fragments; return their octets and the fragments within them."""
        buffer = b"".join(whole.octets for whole in wholes)
        size = _column(len(whole.octets) for whole in wholes)
        at = np.cumsum(size) - size
        wire_end = at + _column(whole.wire for whole in wholes)
        row, lane, depth = (_column(getattr(whole.last, name) for whole in wholes) for name in ("row", "lane", "depth"))
        kind = np.where(Octets(buffer).u8(at) >> 4 == 4, IPV4, IPV6)
        return buffer, self.read(buffer, Places(row, kind, at, at + size, wire_end, at, lane, depth))

    def decoded(self) -> Decoded:
        """Return what was read."""
        buffer = self._buffers[0] if len(self._buffers) == 1 else b"".join(self._buffers)
        return Decoded(Segments.joined(self._tcp), Segments.joined(self._udp), self.other, buffer)

    def _behind(self, carrier: Carrier, octets: Octets, places: Places) -> Places:
        """Return what lies behind headers of one carrier; those behind which nothing does are counted."""
        if carrier.deeper:
            places.depth = places.depth + 1
        inside = carrier.read(octets, places)
        if carrier.deeper:
            inside.kind = np.where(inside.depth > DEPTH_LIMIT, TOO_DEEP, inside.kind)
        ended = inside.kind >= ENDED
        if not ended.any():
            return inside
        for kind, count in zip(*np.unique(inside.kind[ended], return_counts=True), strict=True):
            self.other[ending_name(int(kind), carrier.name)] += int(count)
        return inside.only(np.flatnonzero(~ended))

    def _count(self, kinds: Ints) -> None:
        for kind, count in zip(*np.unique(kinds, return_counts=True), strict=True):
            self.other[kind_name(int(kind))] += int(count)

    def _arrive(self, number: int, octets: Octets, places: Places) -> None:
        if number == TCP:
            segments, damaged = read_tcp(octets, places)
            if damaged:
                self.other["damaged tcp header"] += damaged
        else:
            segments = datagrams(octets, places)
        segments.payload_at = segments.payload_at + self._base
        (self._tcp if number == TCP else self._udp).append(segments)

    def _remember(self, trace: list[list[Header]], number: int, places: Places) -> None:
        name = READERS[number].name if number < UNKNOWN else ENDS[number - UNKNOWN]
        columns = (places.row, places.kind, places.at, places.captured_end, places.wire_end)
        for row, kind, at, captured_end, wire_end in zip(*(column.tolist() for column in columns), strict=True):
            header = Header(name, kind, at + self._base, captured_end + self._base, wire_end + self._base)
            trace[row].append(header)
