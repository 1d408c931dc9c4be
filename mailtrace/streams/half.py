"""HOT. One direction of a TCP stream: octets into order, holes named, every octet accounted for once (`mail`).

Offsets are 64-bit and count from the first octet after the SYN (or from the first octet seen), so that sequence wrap is
no concern beyond `seqnum`. The first copy of an octet wins; a later copy that differs is a conflict. Segments behind a
hole wait in `pending`, sorted and free of overlaps, until the hole is filled or given up.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable

from msgspec import Struct, field

from mailtrace.model import Data, Gap, GapReason, Mark, Side, StreamEvent
from mailtrace.streams.seqnum import MODULUS, distance

Waiting = tuple[int, bytes, int, int, int]
"""Offset, captured octets, length on the wire, packet number, time_ns."""

WINDOW_BYTES = 4 << 20
"""Octets that may wait behind a hole; as much as common receive windows. Farther ahead is out of window."""

PENDING_SEGMENTS = 8_192
"""Segments that may wait behind a hole; tiny segments must not cost more memory than large ones."""

TOTAL_PENDING_BYTES = 256 << 20
"""Octets that may wait behind holes in all streams that one process understands."""

HISTORY_SEGMENTS = 8
"""Delivered segments remembered to compare repeats with: most repeats are of the last few."""

HISTORY_BYTES = 16_384
"""Octets of them remembered, the last: more than eight segments on common links have, or most of a giant."""


class Budget:
    """What all streams share: `pending_bytes` counts the octets waiting behind holes anywhere."""

    __slots__ = ("limit", "pending_bytes")

    def __init__(self, limit: int = TOTAL_PENDING_BYTES) -> None:
        self.limit = limit
        self.pending_bytes = 0


class Half(Struct, eq=False):
    """One direction: `next` is the offset expected next, `acked` how far the other side has acknowledged.

    `base` is the sequence number of offset 0, None until known, and `wire_next` that of the octet expected next;
    `fin_at` is the offset of the FIN, None until seen. While nothing is missing `acked` may lag behind: it counts only
    beyond `next`. `end` is what ended it: how, the packet and its time. The counters name the fate of every captured
    payload octet: delivered, duplicate, conflict or discarded; `missing` are the octets of its `gaps`. Repeats are
    compared with what was delivered only where there is a `history` (`compare`): they are but a mark on a packet.
    """

    side: Side
    emit: Callable[[StreamEvent], None]
    budget: Budget
    history: deque[tuple[int, bytes]] | None = None
    base: int | None = None
    wire_next: int = 0
    next: int = 0
    acked: int = 0
    syn_seen: bool = False
    heard: bool = False
    fin_at: int | None = None
    end: tuple[str, int, int] | None = None
    pending: list[Waiting] = field(default_factory=list)
    early: Waiting | None = None
    suspicion: int = 0  # packets seen since octets were acknowledged that never came; 0 = no suspicion
    duplicate: int = 0
    conflict: int = 0
    discarded: int = 0
    gaps: int = 0
    missing: int = 0
    remembered: int = 0  # octets in the history

    @property
    def delivered(self) -> int:
        """How many octets were handed on."""
        return self.next - self.missing

    @property
    def is_said(self) -> bool:
        """All that it says was handed on, up to its FIN."""
        return self.fin_at is not None and self.next >= self.fin_at

    @property
    def is_open(self) -> bool:
        """Its start is known, and neither early octets nor a FIN ask for care."""
        return self.base is not None and self.early is None and self.fin_at is None

    @property
    def is_calm(self) -> bool:
        """It has been heard, and nothing is missing of what the other side acknowledged or a segment waits behind."""
        return self.heard and not self.pending and not self.suspicion and self.acked <= self.next

    @property
    def reached(self) -> int:
        """How far its octets are acknowledged; one beyond them is the FIN."""
        return self.acked if self.fin_at is None else min(self.acked, self.fin_at)

    def compare(self) -> None:
        """Compare repeats with what was delivered, from now on."""
        self.history = deque()

    def begin_at(self, base: int) -> None:
        """Learn where the stream starts."""
        self.base = base
        self.wire_next = (base + self.next) % MODULUS

    def offset_of(self, sequence: int) -> int:
        """Return the offset that a sequence number means, the nearest to what is expected next."""
        return self.next + distance(self.wire_next, sequence)

    def accept(self, offset: int, data: bytes, length: int, packet: int, time_ns: int) -> Mark:
        """Take one segment in any order, deliver what is now in order, and say what was remarkable about it."""
        if offset + length <= self.next:
            return self._repeat(offset, data)
        if offset > self.next:
            return self._wait(offset, data, length, packet, time_ns)
        mark = Mark.NONE
        if offset < self.next:
            known = self.next - offset
            mark = self._repeat(offset, data[:known])
            data, length = data[known:], length - known
        filled = bool(self.pending)
        self._take(data, length, packet, time_ns)
        if filled:
            self._drain()
            mark = Mark.OUT_OF_ORDER if mark is Mark.NONE else mark
        return mark

    def deliver(self, data: bytes, packet: int, time_ns: int) -> None:
        """Hand on octets that are next in order."""
        self.remember(data)
        self.next += len(data)
        self.wire_next = (self.wire_next + len(data)) % MODULUS
        self.emit(Data(self.side, data, packet, time_ns))

    def go_on(self, wire_next: int) -> None:
        """All octets before this one were handed on."""
        self.next += (wire_next - self.wire_next) % MODULUS
        self.wire_next = wire_next

    def remember(self, data: bytes) -> None:
        """Keep octets that are next in order to compare repeats with."""
        if self.history is not None and data:
            kept = data[-HISTORY_BYTES:]
            if len(self.history) == HISTORY_SEGMENTS:
                self.remembered -= len(self.history.popleft()[1])
            self.history.append((self.next + len(data) - len(kept), kept))
            self.remembered += len(kept)
            while self.remembered > HISTORY_BYTES:
                self.remembered -= len(self.history.popleft()[1])

    def give_up(self, packet: int, time_ns: int, why: GapReason) -> None:
        """Declare the hole before the first waiting segment, or up to what was acknowledged, and go on behind it."""
        stop = self.pending[0][0] if self.pending else self.reached
        if stop > self.next:
            self._gap(stop - self.next, packet, time_ns, why)
        self._drain()

    def end_at(self, offset: int) -> None:
        """The FIN is here: what waits behind it was never part of the stream."""
        self.fin_at = offset
        while self.pending and self.pending[-1][0] >= offset:
            data = self.pending.pop()[1]
            self.budget.pending_bytes -= len(data)
            self.discarded += len(data)

    def ended(self, fin_at: int, packet: int, time_ns: int) -> None:
        """Take a FIN; the first counts, unless it lies before what was said."""
        if self.fin_at is None and fin_at >= self.next:
            self.end_at(fin_at)
            self.end = ("fin", packet, time_ns)

    def confirm(self, early: Waiting, acked: int) -> None:
        """Octets that came with a SYN count once they are acknowledged. Source: RFC 7413 section 4."""
        self.early = None
        if acked >= early[2]:
            self.accept(*early)
        else:
            self.discarded += len(early[1])

    def finish(self, packet: int, time_ns: int) -> None:
        """Nothing more will come: give up every hole, the last one up to the FIN or to what was acknowledged."""
        self.suspicion = 0
        while self.pending:
            why = GapReason.NOT_CAPTURED if self.acked >= self.pending[0][0] else GapReason.LOST
            self.give_up(packet, time_ns, why)
        if not self.heard:
            missing = self.acked - self.next
        elif self.fin_at is not None:
            missing = self.fin_at - self.next
        else:  # an acknowledgement one beyond the last octet is that of a FIN not captured
            missing = self.acked - self.next if self.acked > self.next + 1 else 0
        if missing > 0:
            self._gap(missing, packet, time_ns, GapReason.NOT_CAPTURED)

    def _take(self, data: bytes, length: int, packet: int, time_ns: int) -> None:
        if data:
            self.deliver(data, packet, time_ns)
        if length > len(data):  # cut by the snap length
            self._gap(length - len(data), packet, time_ns, GapReason.NOT_CAPTURED)

    def _gap(self, missing: int, packet: int, time_ns: int, why: GapReason) -> None:
        self.gaps += 1
        self.missing += missing
        self.next += missing
        self.wire_next = (self.wire_next + missing) % MODULUS
        self.emit(Gap(self.side, missing, why, packet, time_ns))

    def _drain(self) -> None:
        while self.pending and self.pending[0][0] <= self.next:
            offset, data, length, packet, time_ns = self.pending.pop(0)
            self.budget.pending_bytes -= len(data)
            known = self.next - offset
            if known >= length:
                self._repeat(offset, data)
                continue
            if known:
                self._repeat(offset, data[:known])
            self._take(data[known:], length - known, packet, time_ns)

    def _wait(self, offset: int, data: bytes, length: int, packet: int, time_ns: int) -> Mark:
        """Keep a segment behind a hole: only the octets that no waiting segment has yet."""
        if offset - self.next > WINDOW_BYTES:
            if self.acked < offset:
                self.discarded += len(data)
                return Mark.OUT_OF_WINDOW
            while self.pending:
                self.give_up(packet, time_ns, GapReason.NOT_CAPTURED)
            if offset > self.next:
                self._gap(offset - self.next, packet, time_ns, GapReason.NOT_CAPTURED)
            self._take(data, length, packet, time_ns)
            return Mark.NONE
        mark = self._insert(offset, data, length, packet, time_ns)
        budget = self.budget
        while self.pending and (budget.pending_bytes > budget.limit or len(self.pending) > PENDING_SEGMENTS):
            self.give_up(packet, time_ns, GapReason.LIMIT)
        return mark

    def _insert(self, offset: int, data: bytes, length: int, packet: int, time_ns: int) -> Mark:
        mark, stop = Mark.NONE, offset + length
        at = bisect_left(self.pending, (offset,))
        if at and self.pending[at - 1][0] + self.pending[at - 1][2] > offset:
            at -= 1
        while offset < stop:
            behind = at == len(self.pending) or self.pending[at][0] >= stop
            free = stop if behind else max(self.pending[at][0], offset)
            if free > offset:
                piece = data[: free - offset]
                self.pending.insert(at, (offset, piece, free - offset, packet, time_ns))
                self.budget.pending_bytes += len(piece)
                at += 1
            data, offset = data[free - offset :], free
            if offset < stop:
                there, kept, kept_length = self.pending[at][:3]
                common = min(stop, there + kept_length) - offset
                copy = self._compare(kept[offset - there : offset - there + common], data[:common])
                mark = copy if mark is not Mark.OVERLAP_CONFLICT else mark
                data, offset = data[common:], offset + common
                at += 1
        return mark

    def _repeat(self, offset: int, data: bytes) -> Mark:
        """Octets already passed: compare with what is remembered of them."""
        mark = Mark.RETRANSMISSION
        for start, kept in self.history or ():
            low, high = max(start, offset), min(start + len(kept), offset + len(data))
            if low < high and kept[low - start : high - start] != data[low - offset : high - offset]:
                mark = Mark.OVERLAP_CONFLICT
        if mark is Mark.OVERLAP_CONFLICT:
            self.conflict += len(data)
        else:
            self.duplicate += len(data)
        return mark

    def _compare(self, kept: bytes, copy: bytes) -> Mark:
        size = min(len(kept), len(copy))
        if kept[:size] != copy[:size]:
            self.conflict += len(copy)
            return Mark.OVERLAP_CONFLICT
        self.duplicate += len(copy)
        return Mark.RETRANSMISSION
