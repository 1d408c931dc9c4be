"""HOT. One TCP conversation: its packets, and what each side said, in order (tests/bench `mail`).

The usual packet of an open connection takes the short way through `feed`; whatever opens, closes or disturbs a
connection takes the long way through `_unusual`. Octets are handed on as soon as they are in order, acknowledged or
not. Those that the other side acknowledged but the capture does not hold are given up after a few more packets, since
captures from several queues swap neighbours; until then what is said waits, to be put in order (`streams/merging.py`).
Source: RFC 9293 sections 3.4 to 3.10.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mailtrace.model import Closed, ClosedHow, Data, Gap, GapReason, Mark, Packet, Side, StreamEvent
from mailtrace.streams.half import Budget, Half
from mailtrace.streams.merging import Held, merged
from mailtrace.streams.seqnum import MODULUS

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
UNUSUAL = FIN | SYN | RST
SIDES = (Side.CLIENT, Side.SERVER)

REORDER_PACKETS = 8
"""Packets of the conversation to wait for acknowledged octets before giving them up: swapped neighbours are nearer."""

HELD_EVENTS = 256
"""Events that are held at most while octets are awaited; a few packets of each side bring far fewer."""

LOOK_BACK_PACKETS = 1_024
"""Packets of which is known what they acknowledge: octets behind a hole may have come long before it was known."""

RESET_WINDOW = 1 << 20
"""How far ahead of the expected octet a reset may lie and still be believed."""

LINGER_NS = 5_000_000_000
"""How long after its close a conversation still takes late packets: last acknowledgements and repeats."""

Row = Sequence[int]
"""A packet: number, time_ns, way, sequence, acknowledged, flags, length on the wire, captured, payload start.

The way is 0 or 1; a tracker knows which of them is the client's.
"""


class Tracker:
    """The packets of one conversation, in capture order, turned into stream events for `emit`.

    `client_way` is the way of the client's packets; `budget` is shared with the other conversations. `due_ns` is when a
    closed conversation is final, None while open. `numbers` are those of its packets, `packets` what is to be known of
    them, None in a `brief` one.
    """

    __slots__ = (
        "_acknowledged", "_client_way", "_ends", "_held", "_holding", "_reset_by", "_server_starts", "_settled",
        "due_ns", "emit", "first_ns", "halves", "last_ns", "numbers", "packets",
    )  # fmt: skip

    def __init__(
        self,
        emit: Callable[[StreamEvent], None],
        client_way: int = 0,
        budget: Budget | None = None,
        brief: bool = False,
    ) -> None:
        budget = budget or Budget()
        self._client_way = client_way
        self.numbers: list[int] = []
        self.packets: list[Packet] | None = None if brief else []
        self.first_ns = self.last_ns = 0
        self.emit = emit
        self.halves = (Half(Side.CLIENT, emit, budget), Half(Side.SERVER, emit, budget))
        self._holding = False  # octets were acknowledged that are not here: what comes meanwhile is put in order later
        self._held: tuple[list[Held], list[Held]] = ([], [])
        self._acknowledged: dict[
            int, int
        ] = {}  # how far packets did the other side, by number, while octets are missing
        self.due_ns: int | None = None
        self._settled = False  # both starts known, nothing closing: the short way is safe
        self._reset_by: int | None = None
        self._ends: dict[int, tuple[str, int, int]] = {}
        self._server_starts: list[int] = []

    def feed(self, rows: Sequence[Row], at: int, buffer: bytes) -> int:
        """Take packets from `rows[at]` on; return the index of the first that begins another, or the end."""
        halves, packets, numbers, client_way = self.halves, self.packets, self.numbers, self._client_way
        for index in range(at, len(rows)):
            number, time_ns, way, sequence, acknowledged, flags, length, captured, payload_at = rows[index]
            side = way ^ client_way
            half, other = halves[side], halves[1 - side]
            if flags & UNUSUAL or not self._settled:
                if not self._unusual(rows[index], buffer):
                    return index
                continue
            half.heard = True
            offset = half.next if sequence == half.wire_next else half.offset_of(sequence)
            acked = -1
            if flags & ACK:
                acked = other.next if acknowledged == other.wire_next else other.offset_of(acknowledged)
            if acked > other.acked:
                other.acked = acked
                if acked > other.next and other.heard and not other.suspicion:
                    other.suspicion = 1
                    self._begin_holding()
            mark = Mark.NONE
            if length:
                if offset == half.next and captured == length and not half.pending:
                    half.deliver(buffer[payload_at : payload_at + captured], number, time_ns)
                elif length == 1 and offset == half.next - 1:
                    mark = Mark.KEEP_ALIVE
                    half.duplicate += captured
                else:
                    data = buffer[payload_at : payload_at + captured]
                    mark = half.accept(offset, data, length, number, time_ns)
            elif offset == half.next - 1:
                mark = Mark.KEEP_ALIVE
            numbers.append(number)
            self.last_ns = time_ns
            if packets is not None:
                packets.append(Packet(number, time_ns, SIDES[side], flags, offset + 1, acked + 1, length, mark))
            if half.pending or other.pending or half.suspicion or other.suspicion:
                self._disturbed(number, time_ns, acked)
        return len(rows)

    def finish(self) -> None:
        """Nothing more will be said: give up what is missing, and close both sides; late packets may still come."""
        last, last_ns = self.numbers[-1], self.last_ns
        for half in self.halves:
            half.finish(last, last_ns)
            half.suspicion = 0
        self._hand_on()
        for side, half in enumerate(self.halves):
            how, number, time_ns = self._ends.get(side, ("open", last, last_ns))
            self.emit(Closed(half.side, how, number, time_ns))
            half.emit = _drop
        self.emit = _drop

    @property
    def closed(self) -> ClosedHow:
        """How it has ended so far."""
        if self._reset_by is not None:
            return ClosedHow.RST
        return ClosedHow.FIN if self.all_said else ClosedHow.OPEN

    @property
    def all_said(self) -> bool:
        """Both sides have ended what they say, and all of it was handed on."""
        client, server = self.halves
        if client.fin_at is None or server.fin_at is None:
            return False
        return client.next >= client.fin_at and server.next >= server.fin_at

    @property
    def whole(self) -> bool:
        """Seen from the first SYN on without a hole; a server that refuses sends none of its own."""
        client, server = self.halves
        answered = server.syn_seen or (self._reset_by == Side.SERVER and not server.next)
        return client.syn_seen and answered and not client.gaps and not server.gaps

    def _disturbed(self, number: int, time_ns: int, acked: int) -> None:
        """Take a packet while octets are missing: remember what it acknowledges, to put in order what is said now."""
        acknowledged = self._acknowledged
        acknowledged[number] = acked
        if len(acknowledged) > LOOK_BACK_PACKETS:
            del acknowledged[next(iter(acknowledged))]
        if self._holding:
            self._suspect(number, time_ns)

    def _suspect(self, number: int, time_ns: int) -> None:
        """Give acknowledged octets a few packets to arrive, then declare them not captured."""
        for half in self.halves:
            reached = half.reached
            if not half.suspicion or reached <= half.next:
                half.suspicion = 0
                continue
            half.suspicion += 1
            if half.suspicion <= REORDER_PACKETS:
                continue
            if half.pending or reached > half.next + 1:
                while half.pending and half.pending[0][0] <= reached:
                    half.give_up(number, time_ns, GapReason.NOT_CAPTURED)
                if half.next < reached:
                    half.give_up(number, time_ns, GapReason.NOT_CAPTURED)
                half.suspicion = 0
        self._hand_on()

    def _begin_holding(self) -> None:
        """One side acknowledges octets that are not here: what both say waits until it can be put in order."""
        self._holding = True
        for half in self.halves:
            half.emit = self._hold

    def _hold(self, event: StreamEvent) -> None:
        """Keep an event that a half has just let go."""
        size = len(event.data) if isinstance(event, Data) else event.missing if isinstance(event, Gap) else 0
        self._held[event.side].append((self.halves[event.side].next - size, event))

    def _hand_on(self) -> None:
        """Hand on what was held, in order, once the missing octets have come or will not."""
        client, server = self._held
        few = len(client) + len(server) < HELD_EVENTS
        if not self._holding or (few and any(0 < half.suspicion <= REORDER_PACKETS for half in self.halves)):
            return
        self._holding = False
        for half in self.halves:
            half.emit = self.emit
        for event in merged(client, server, self._acknowledged):
            self.emit(event)
        client.clear()
        server.clear()

    def _unusual(self, row: Row, buffer: bytes) -> bool:
        """Take a packet that opens, closes or finds an unsettled connection; False when it begins another."""
        number, time_ns, way, sequence, acknowledged, flags, length, captured, payload_at = row
        side = way ^ self._client_way
        if self.due_ns is not None and time_ns > self.due_ns:
            return False
        if flags & SYN and not flags & RST and not self._synchronise(side, sequence, flags):
            return False
        half, other = self.halves[side], self.halves[1 - side]
        self._settle(half, other, sequence, acknowledged, flags)
        offset = half.offset_of(sequence) if half.base is not None else half.next
        acked = -1
        if flags & ACK and other.base is not None:
            acked = other.offset_of(acknowledged)
            other.acked = max(other.acked, acked)
            self._confirm(other, acked)
            if other.reached > other.next and other.heard and not other.suspicion:
                other.suspicion = 1
                self._begin_holding()
        data = buffer[payload_at : payload_at + captured]
        mark = self._payload(half, offset, data, length, row) if length and not flags & RST else Mark.NONE
        if flags & SYN and half.heard and mark is Mark.NONE:
            mark = Mark.RETRANSMISSION
        if flags & RST:
            half.discarded += captured
            mark = self._reset(half, side, offset, row)
        elif flags & FIN:
            self._finished(half, side, offset + length, row)
        half.heard = True
        self._note(Packet(number, time_ns, half.side, flags, offset + 1, acked + 1, length, mark))
        if half.pending or other.pending or half.suspicion or other.suspicion:
            self._disturbed(number, time_ns, acked)
        if self.due_ns is None and (self._reset_by is not None or self.all_said):
            self.due_ns = time_ns + LINGER_NS
        self._settled = self.due_ns is None and len(self._server_starts) < 2 and half.is_open and other.is_open
        return True

    def _note(self, packet: Packet) -> None:
        """Add a packet to those of the conversation."""
        self.last_ns = packet.time_ns
        if not self.numbers:
            self.first_ns = packet.time_ns
        self.numbers.append(packet.number)
        if self.packets is not None:
            self.packets.append(packet)

    def _synchronise(self, side: int, sequence: int, flags: int) -> bool:
        """A SYN sets where a side's octets start. A different start is a new conversation once the first was answered.

        Before that, the last SYN counts, and of several SYN+ACKs the one that the client acknowledges.
        """
        half, other = self.halves[side], self.halves[1 - side]
        start = (sequence + 1) % MODULUS
        if half.base is None or half.base == start:
            half.begin_at(start)
            half.syn_seen = True
        elif half.next or other.next or self.due_ns is not None or not half.syn_seen:
            return False
        elif flags & ACK:
            half.begin_at(start)
        elif other.heard:
            return False
        else:
            half.begin_at(start)
            half.early = None
        if flags & ACK:
            self._server_starts.append(start)
        return True

    def _settle(self, half: Half, other: Half, sequence: int, acknowledged: int, flags: int) -> None:
        """Learn where both sides start, from a packet in the middle of a connection if need be."""
        if half.base is None and not flags & RST:
            half.begin_at(sequence)
        if flags & ACK and not flags & RST:
            if other.base is None:
                other.begin_at(acknowledged)
            elif not other.next and acknowledged in self._server_starts:
                other.begin_at(acknowledged)
                self._server_starts.clear()

    def _confirm(self, half: Half, acked: int) -> None:
        """Octets that came with a SYN count once they are acknowledged. Source: RFC 7413 section 4."""
        if half.early is not None:
            early, half.early = half.early, None
            if acked >= early[2]:
                half.accept(*early)
            else:
                half.discarded += len(early[1])

    def _payload(self, half: Half, offset: int, data: bytes, length: int, row: Row) -> Mark:
        number, time_ns, flags = row[0], row[1], row[5]
        if flags & SYN:
            half.discarded += len(half.early[1]) if half.early else 0
            half.early = (0, data, length, number, time_ns)
            return Mark.NONE
        if half.fin_at is not None and offset >= half.fin_at:
            half.discarded += len(data)
            return Mark.AFTER_CLOSE
        if self._reset_by == half.side:  # a reset that its supposed sender ignores was not his
            self._reset_by = self.due_ns = None
            self._ends.pop(half.side, None)
        return half.accept(offset, data, length, number, time_ns)

    def _reset(self, half: Half, side: int, offset: int, row: Row) -> Mark:
        """Believe a reset only where the connection is. Source: RFC 9293 section 3.5.3, RFC 5961 section 3."""
        if half.base is not None and half.heard and not -1 <= offset - half.next <= RESET_WINDOW:
            return Mark.OUT_OF_WINDOW
        if self._reset_by is None:
            self._reset_by = side
            self._ends.setdefault(side, ("rst", row[0], row[1]))
        return Mark.NONE

    def _finished(self, half: Half, side: int, fin_at: int, row: Row) -> None:
        if half.fin_at is None and fin_at >= half.next:
            half.end_at(fin_at)
            self._ends[side] = ("fin", row[0], row[1])


def _drop(event: StreamEvent) -> None:
    """Hand on nothing: all is said, and who listened need not be kept."""
