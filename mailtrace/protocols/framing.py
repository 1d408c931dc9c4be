r"""HOT. Cuts one side's octets into frames: lines, counted chunks and dot-blocks. Understanding them is others' work.

An `Inbox` keeps the segments of one side that are not consumed yet, just as they came, and hands out what the session
asks for next: `line()` or `take(limit)`. A hole lies in the queue like a segment and is handed out when its turn comes,
so that bytes which are held back keep their place before or behind it. In the usual case a line is one slice of one
segment and nothing is copied twice.

The line rule: a line ends at LF. CRLF is the right end; a bare LF is accepted with the fault `bare-line-feed`. A CR or
NUL elsewhere is kept in the line and named as a fault. Of a line above `LINE_LIMIT` only `LINE_KEPT` octets are kept.

A `DotBlock` is text ended by a line with a single dot: DATA and the multi-line replies of POP3. Here alone dots are
unstuffed. Only CRLF.CRLF ends it; whatever else looks like an end is kept as text and named. A segment where no dot
follows CR, LF or NUL (nearly every one) is appended in one piece.

Benchmark: tests/bench (the all-mail capture).
"""

from __future__ import annotations

import re

from msgspec import Struct

from mailtrace.model import Data, Gap
from mailtrace.protocols.octets import Octets

LINE_LIMIT = 64 * 1024
"""Octets of a line that are held while waiting for its end: more than any SASL response (12,288), and little memory."""

LINE_KEPT = 8 * 1024
"""Octets kept of a line above `LINE_LIMIT`: enough to see what it was."""

VARIANTS_LIMIT = 25
"""False ends named of one dot-block: an attack needs one."""

CONSUMED_LIMIT = 512
"""Consumed segments that may stay in the queue before it is cut: makes consuming cost the same for any length."""


CR, LF, NUL, DOT = 0x0D, 0x0A, 0x00, 0x2E
"""Octets as numbers: what stands left of `in` is taken for a number first, and to fail with `bytes` takes long."""


class Line(Struct, frozen=True, gc=False):
    """One line without its end. `faults` are violation codes; `after_gap`: its beginning may be missing."""

    line: bytes
    packet: int
    time_ns: int
    packets: tuple[int, ...]
    faults: tuple[str, ...] = ()
    after_gap: bool = False


class Inbox:
    """The octets of one side that no frame has consumed yet, in stream order, holes included.

    While it is `idle` nothing waits, nothing is begun, and nothing is missing before what comes next: a segment that is
    a frame by itself, as most are, need not be added then.
    """

    __slots__ = ("_after_gap", "_at", "_begun", "_begun_size", "_head", "_segments", "holes", "idle", "waiting")

    def __init__(self) -> None:
        self.waiting = 0  # octets in the queue; those of a line begun are not counted
        self.holes = 0  # in the queue
        self.idle = True
        self._segments: list[Data | Gap] = []
        self._head = 0  # index of the first segment that is not consumed
        self._at = 0  # octets of it that are
        self._begun: list[Data] = []  # a line whose end has not come; of a too long one only the beginning
        self._begun_size = 0
        self._after_gap = False

    def add(self, event: Data | Gap) -> None:
        """Append what came next."""
        if isinstance(event, Gap):
            self.holes += 1
        elif event.data:
            self.waiting += len(event.data)
        else:
            return
        self.idle = False
        self._segments.append(event)

    def line(self) -> Line | Gap | None:
        """Consume the next line, or the hole that comes before its end; None while neither is here.

        A line that a hole cuts is dropped: what is left of it would be a guess.
        """
        while self._head < len(self._segments):
            head = self._segments[self._head]
            if isinstance(head, Gap):
                return self._gap(head)
            end = head.data.find(b"\n", self._at)
            if end >= 0:
                if self._begun or end - self._at > LINE_LIMIT:
                    return self._joined(head, end)
                line = head.data[self._at : end]
                self._consume(head, end + 1)
                return self._finished(line, head.packet, head.time_ns, (head.packet,))
            self._begin(self._piece(head, len(head.data)))
        self.idle = not (self._begun or self._after_gap)
        return None

    def take(self, limit: int | None = None) -> Data | Gap | None:
        """Consume the rest of the next segment, at most `limit` octets of it, or the hole; None when nothing waits."""
        if self._begun:
            self._unbegin()
        if self._head == len(self._segments):
            self.idle = not self._after_gap
            return None
        head = self._segments[self._head]
        if isinstance(head, Gap):
            return self._gap(head)
        self._after_gap = False
        whole = len(head.data)
        return self._piece(head, whole if limit is None else min(whole, self._at + limit))

    def rest(self) -> list[Data | Gap]:
        """Consume all that waits, as it came."""
        return list(iter(self.take, None))

    def put_back(self, piece: Data, used: int) -> None:
        """Return the octets from offset `used` on of the piece that `take()` without limit has just given."""
        rest = Data(piece.side, piece.data[used:], piece.packet, piece.time_ns)
        self._segments[: self._head] = [rest]
        self._head = 0
        self.idle = False
        self.waiting += len(rest.data)

    def peek(self, limit: int) -> bytes:
        """Return up to `limit` of the octets before the next hole without consuming them."""
        if self._begun:
            self._unbegin()
        pieces: list[bytes] = []
        size, at = 0, self._at
        for index in range(self._head, len(self._segments)):
            segment = self._segments[index]
            if isinstance(segment, Gap) or size >= limit:
                break
            pieces.append(segment.data[at : at + limit - size])
            size += len(pieces[-1])
            at = 0
        return b"".join(pieces)

    def next_packet(self) -> int | None:
        """Return the packet of the next octet or hole that waits; None when there is nothing."""
        if self._begun:
            return self._begun[0].packet
        return self._segments[self._head].packet if self._head < len(self._segments) else None

    def last_packet(self) -> int | None:
        """Return the packet of the last octet or hole that waits; None when there is nothing."""
        return self._segments[-1].packet if self._segments else self.next_packet()

    def _piece(self, head: Data, stop: int) -> Data:
        """Consume the head segment from where it is up to offset `stop`."""
        start = self._at
        self._consume(head, stop)
        if start == 0 and stop == len(head.data):
            return head
        return Data(head.side, head.data[start:stop], head.packet, head.time_ns)

    def _consume(self, head: Data, stop: int) -> None:
        """Move on to offset `stop` of the head segment."""
        self.waiting -= stop - self._at
        if stop < len(head.data):
            self._at = stop
        else:
            self._next_segment()

    def _next_segment(self) -> None:
        """Leave the head segment behind."""
        self._at = 0
        self._head += 1
        if self._head == len(self._segments):
            self._segments.clear()
            self._head = 0
        elif self._head > CONSUMED_LIMIT:
            del self._segments[: self._head]
            self._head = 0

    def _gap(self, gap: Gap) -> Gap:
        """Consume a hole, and forget the line that it cuts."""
        self._next_segment()
        self.holes -= 1
        self._begun.clear()
        self._begun_size = 0
        self._after_gap = True
        return gap

    def _begin(self, piece: Data) -> None:
        """Keep a piece of a line whose end has not come; of a line that is too long already, only count it."""
        was_long = self._begun_size > LINE_LIMIT
        self._begun_size += len(piece.data)
        if not was_long:
            self._begun.append(piece)
            if self._begun_size > LINE_LIMIT:
                self._begun = _beginning(self._begun)

    def _unbegin(self) -> None:
        """Put a begun line back: it turned out not to be read as a line."""
        self._segments[: self._head] = self._begun
        self._head = 0
        self.waiting += sum(len(piece.data) for piece in self._begun)
        self._begun = []
        self._begun_size = 0

    def _joined(self, head: Data, end: int) -> Line:
        """Consume the line that ends at offset `end` of the head segment and began before it, or is too long."""
        pieces = [*self._begun, Data(head.side, head.data[self._at : end], head.packet, head.time_ns)]
        long = self._begun_size + end - self._at > LINE_LIMIT
        self._consume(head, end + 1)
        self._begun = []
        self._begun_size = 0
        line = b"".join([piece.data for piece in (_beginning(pieces) if long else pieces)])
        last = max(pieces, key=_packet_of)
        packets = tuple(sorted({piece.packet for piece in pieces}))
        return self._finished(line, last.packet, last.time_ns, packets, long)

    def _finished(self, line: bytes, packet: int, time_ns: int, packets: tuple[int, ...], long: bool = False) -> Line:
        """Return the line that was found, with the faults of its end and of its octets."""
        faults: tuple[str, ...] = ()
        if long:
            faults = ("line-too-long",)
        elif line.endswith(b"\r"):
            line = line[:-1]
        else:
            faults = ("bare-line-feed",)
        if CR in line:
            faults += ("bare-carriage-return",)
        if NUL in line:
            faults += ("null-octet",)
        after_gap = self._after_gap
        self._after_gap = False
        return Line(line, packet, time_ns, packets, faults, after_gap)


def _packet_of(piece: Data) -> int:
    """Return the packet number of `piece`."""
    return piece.packet


def _beginning(pieces: list[Data]) -> list[Data]:
    """Return the first `LINE_KEPT` octets of `pieces`."""
    kept: list[Data] = []
    size = 0
    for piece in pieces:
        if size == LINE_KEPT:
            break
        octets = piece.data[: LINE_KEPT - size]
        kept.append(Data(piece.side, octets, piece.packet, piece.time_ns))
        size += len(octets)
    return kept


_END = b"\r\n.\r\n"
"""The end of a dot-block: of all dots that begin a line, the usual one."""

_BEFORE_DOT = re.compile(rb"(?:\r{0,2}\n|\r)\0?\.\Z")
"""A dot that begins a line by any rule, with the line end before it."""

_AFTER_DOT = re.compile(rb"\0?(?:\r{0,2}\n|\r)")
"""A line end right after it."""

_LONGEST_END = 4
"""Octets before such a dot at most."""

_BEGINNING_DOT = re.compile(rb"\.(?<=[\r\n\0]\.)")
"""A dot that may begin a line: looking at each dot is faster than looking for line ends."""

_UNDECIDED = frozenset([b"", b"\0", b"\r", b"\r\r", b"\0\r", b"\0\r\r"])
"""What may follow a dot at the end of a segment and still become a line end, or a longer one."""

_ENDS = frozenset(b"\r\n\0")
"""The last octet of a segment after which a dot may be the first of a line."""

_LINE_END = re.compile(rb"(?:\r{0,2}\n|\r{1,2})\0?\Z")
"""The end of a segment that may be what comes before a dot."""


class Variant(Struct, frozen=True, gc=False):
    """What looks like the end of a dot-block and is none: its exact octets, and where it ends in the message."""

    octets: bytes
    packet: int
    time_ns: int
    stop: int


class DotBlock:
    """Text up to CRLF.CRLF, unstuffed into `octets`. Source: RFC 5321 section 4.5.2, RFC 1939 section 3.

    `variants` collects what looks like an end and is none, for the reader to report and clear. `undoubled` is where a
    line first began with a dot that was not doubled, and so is lost: packet and time.
    """

    __slots__ = ("_carry", "_skip", "ended", "octets", "undoubled", "variants", "variants_seen")

    def __init__(self, how: str) -> None:
        self.octets = Octets(how)
        self.ended = False
        self.undoubled: tuple[int, int] | None = None
        self.variants: list[Variant] = []
        self.variants_seen = 0
        # The line end of the command or reply before counts: a dot may begin the very first line.
        self._carry = b"\r\n"
        self._skip = 2  # octets of the carry that are not of this block

    def feed(self, piece: Data) -> int:
        """Take the next piece and return how many of its octets belong to this block: all, unless it ended.

        Every dot that begins a line is dealt with. A line end behind which a dot may follow is held back.
        """
        octets, carry = self.octets, self._carry
        octets.carried(piece.packet, piece.time_ns)
        data = carry + piece.data if carry else piece.data
        at, start = 0, self._skip
        while DOT in data and (near := _BEGINNING_DOT.search(data, at)) is not None:
            dot = near.start()
            if data[dot - 2 : dot + 3] == _END:
                if start < dot:
                    octets.add(data[start:dot])
                octets.complete = self.ended = True
                self._carry, self._skip = b"", 0
                return dot + 3 - len(carry)
            found = _BEFORE_DOT.search(data, max(at, dot - _LONGEST_END), dot + 1)
            at = dot + 1
            if found is None:
                continue
            if data[at : at + 4] in _UNDECIDED:
                self._hold_back(data, start, found.start())
                return len(piece.data)
            before, after = found.group(), _AFTER_DOT.match(data, at)
            if before.endswith(b"\r\n."):  # stuffed
                if start < dot:
                    octets.add(data[start:dot])
                start = at
                if self.undoubled is None and not after and data[at] != DOT:
                    self.undoubled = (piece.packet, piece.time_ns)
            if after:
                self._variant(before + after.group(), piece, after.end() - start)
        stop = len(data)
        if data and data[-1] in _ENDS and (last := _LINE_END.search(data, max(0, stop - 4))) is not None:
            stop = last.start()
        self._hold_back(data, start, stop)
        return len(piece.data)

    def _hold_back(self, data: bytes, start: int, stop: int) -> None:
        """Append `data` from `start` on, but keep what is behind `stop`; what stands before `start` is done with."""
        if start < stop:
            self.octets.add(data[start:stop])
        self._skip = max(0, start - stop)
        self._carry = data[stop:]

    def gap(self, gap: Gap) -> None:
        """Note a hole: what was held back is text now, and what follows may not begin a line."""
        self.flush()
        self.octets.hole(gap.missing)

    def flush(self) -> None:
        """Append what was held back as possible beginning of the end: nothing more will come."""
        rest = self._carry.replace(b"\r\n.", b"\r\n")
        self._hold_back(rest, self._skip, len(rest))

    def _variant(self, octets: bytes, piece: Data, ahead: int) -> None:
        """Note what looks like an end of data; it ends `ahead` octets behind what the message has so far."""
        self.variants_seen += 1
        if self.variants_seen <= VARIANTS_LIMIT:
            self.variants.append(Variant(octets, piece.packet, piece.time_ns, self.octets.size_bytes + ahead))
