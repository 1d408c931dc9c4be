"""HOT. One TCP conversation: its packets, and what each side said, in order (tests/bench `mail`).

The usual packet of an open connection, with what comes next and after all that the other side has said, takes the short
way through `feed`; others take longer ones: `_out_of_step`, and whatever opens or closes a connection `_unusual`.
Octets are handed on as soon as they are in order, acknowledged or not. Those that the other side acknowledged but the
capture does not hold are given up after a few more packets, since captures from several queues swap neighbours; until
then what is said waits, to be put in order (`streams/merging.py`).
Source: RFC 9293 sections 3.4 to 3.10.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter

from mailtrace.model import Closed, ClosedHow, Data, Gap, GapReason, Mark, Packet, Side, StreamEvent
from mailtrace.streams.half import Budget, Half, Waiting
from mailtrace.streams.merging import Held, merged
from mailtrace.streams.seqnum import MODULUS

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
UNUSUAL = FIN | SYN | RST
USUAL = UNUSUAL | ACK
"""Bits of which the usual packet has ACK alone."""

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

_number_of = itemgetter(0)


class Tracker:
    """The packets of one conversation, in capture order, turned into stream events for `emit`.

    `client_way` is the way of the client's packets; `budget` is shared with the other conversations. `due_ns` is when a
    closed conversation is final, None while open. `numbers` are those of its packets, `packets` what is to be known of
    them, None in a `brief` one.
    """

    __slots__ = (
        "_acknowledged", "_calm", "_ends", "_halves_by_way", "_held", "_holding", "_reset_by", "_server_starts",
        "_settled", "due_ns", "emit", "first_ns", "halves", "last_ns", "numbers", "packets",
    )  # fmt: skip

    def __init__(
        self,
        emit: Callable[[StreamEvent], None],
        client_way: int = 0,
        budget: Budget | None = None,
        brief: bool = False,
    ) -> None:
        budget = budget or Budget()
        self.numbers: list[int] = []
        self.packets: list[Packet] | None = None if brief else []
        self.first_ns = self.last_ns = 0
        self.emit = emit
        self.halves = client, server = Half(Side.CLIENT, emit, budget), Half(Side.SERVER, emit, budget)
        self._halves_by_way = (
            ((server, client), (client, server)) if client_way else ((client, server), (server, client))
        )
        self._holding = False  # octets were acknowledged that are not here: what comes meanwhile is put in order later
        self._held: tuple[list[Held], list[Held]] = ([], [])
        self._acknowledged: dict[int, int] = {}  # how far packets did, by number, while octets are missing
        self.due_ns: int | None = None
        self._settled = False  # both starts known, nothing closing
        self._calm = False  # and nothing missing: the short way is safe
        self._reset_by: int | None = None
        self._ends: dict[int, tuple[str, int, int]] = {}
        self._server_starts: list[int] = []

    def feed(self, rows: Sequence[Row], at: int, buffer: bytes) -> int:
        """Take packets from `rows[at]` on; return the index of the first that begins another, or the end."""
        halves_by_way, packets, stop = self._halves_by_way, self.packets, len(rows)
        for index, row in enumerate(rows[at:], at):
            number, time_ns, way, sequence, acknowledged, flags, length, captured, payload_at = row
            half, other = halves_by_way[way]
            if (
                self._calm
                and sequence == half.wire_next
                and acknowledged == other.wire_next
                and captured == length
                and flags & USUAL == ACK
            ):
                other.acked = other.next
                if packets is not None:
                    packets.append(Packet(number, time_ns, half.side, flags, half.next + 1, other.next + 1, length))
                if length:
                    half.deliver(buffer[payload_at : payload_at + captured], number, time_ns)
            elif self._settled and not flags & UNUSUAL:
                self._out_of_step(half, other, row, buffer)
            elif not self._unusual(half, other, row, buffer):
                stop = index
                break
        if stop > at:
            if not self.numbers:
                self.first_ns = rows[at][1]
            self.numbers += map(_number_of, rows[at:stop])
            self.last_ns = rows[stop - 1][1]
        return stop

    def _out_of_step(self, half: Half, other: Half, row: Row, buffer: bytes) -> None:
        """Take a packet of an open connection that is not just what comes next, or comes while octets are missing."""
        number, time_ns, _, sequence, acknowledged, flags, length, captured, payload_at = row
        half.heard = True
        offset = half.offset_of(sequence)
        acked = other.offset_of(acknowledged) if flags & ACK else -1
        if acked > other.acked:
            other.acked = acked
            if acked > other.next and other.heard and not other.suspicion:
                other.suspicion = 1
                self._begin_holding()
        mark = Mark.NONE
        if length == 1 and offset == half.next - 1:
            mark = Mark.KEEP_ALIVE
            half.duplicate += captured
        elif length:
            mark = half.accept(offset, buffer[payload_at : payload_at + captured], length, number, time_ns)
        elif offset == half.next - 1:
            mark = Mark.KEEP_ALIVE
        if self.packets is not None:
            self.packets.append(Packet(number, time_ns, half.side, flags, offset + 1, acked + 1, length, mark))
        self._look_around(half, other, number, time_ns, acked)

    def _look_around(self, half: Half, other: Half, number: int, time_ns: int, acked: int) -> None:
        """See behind a packet whether octets are missing, and whether the short way is safe for the next."""
        if half.pending or other.pending or half.suspicion or other.suspicion:
            self._disturbed(number, time_ns, acked)
        self._calm = self._settled and half.is_calm and other.is_calm

    def finish(self) -> None:
        """Nothing more will be said: give up what is missing, and close both sides; late packets may still come."""
        last, last_ns = self.numbers[-1], self.last_ns
        for half in self.halves:
            half.finish(last, last_ns)
            half.suspicion = 0
        if self._holding:
            self._hand_on()
        for half in self.halves:
            how, number, time_ns = self._ends.get(half.side, ("open", last, last_ns))
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

    def _unusual(self, half: Half, other: Half, row: Row, buffer: bytes) -> bool:
        """Take a packet that opens, closes or finds an unsettled connection; False when it begins another."""
        number, time_ns, _, sequence, acknowledged, flags, length, captured, payload_at = row
        if self.due_ns is not None and time_ns > self.due_ns:
            return False
        if flags & SYN and not flags & RST and not self._synchronise(half, other, sequence, flags):
            return False
        if half.base is None or other.base is None or self._server_starts:
            self._settle(half, other, sequence, acknowledged, flags)
        offset = half.next if half.base is None or sequence == half.wire_next else half.offset_of(sequence)
        acked = -1
        if flags & ACK and other.base is not None:
            acked = other.next if acknowledged == other.wire_next else other.offset_of(acknowledged)
            other.acked = max(other.acked, acked)
            if other.early is not None:
                self._confirm(other, other.early, acked)
            if other.reached > other.next and other.heard and not other.suspicion:
                other.suspicion = 1
                self._begin_holding()
        mark = Mark.NONE
        if length and not flags & RST:
            mark = self._payload(half, offset, buffer[payload_at : payload_at + captured], length, row)
        if flags & SYN and half.heard and mark is Mark.NONE:
            mark = Mark.RETRANSMISSION
        if flags & RST:
            half.discarded += captured
            mark = self._reset(half, offset, row)
        elif flags & FIN:
            self._finished(half, offset + length, row)
        half.heard = True
        if self.packets is not None:
            self.packets.append(Packet(number, time_ns, half.side, flags, offset + 1, acked + 1, length, mark))
        self._settled = len(self._server_starts) < 2 and half.is_open and other.is_open
        self._look_around(half, other, number, time_ns, acked)
        if self.due_ns is None and (self._reset_by is not None or (half.fin_at is not None and self.all_said)):
            self.due_ns = time_ns + LINGER_NS
        if self.due_ns is not None:
            self._settled = self._calm = False
        return True

    def _synchronise(self, half: Half, other: Half, sequence: int, flags: int) -> bool:
        """A SYN sets where a side's octets start. A different start is a new conversation once the first was answered.

        Before that, the last SYN counts, and of several SYN+ACKs the one that the client acknowledges.
        """
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

    def _confirm(self, half: Half, early: Waiting, acked: int) -> None:
        """Octets that came with a SYN count once they are acknowledged. Source: RFC 7413 section 4."""
        half.early = None
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

    def _reset(self, half: Half, offset: int, row: Row) -> Mark:
        """Believe a reset only where the connection is. Source: RFC 9293 section 3.5.3, RFC 5961 section 3."""
        if half.base is not None and half.heard and not -1 <= offset - half.next <= RESET_WINDOW:
            return Mark.OUT_OF_WINDOW
        if self._reset_by is None:
            self._reset_by = half.side
            self._ends.setdefault(half.side, ("rst", row[0], row[1]))
        return Mark.NONE

    def _finished(self, half: Half, fin_at: int, row: Row) -> None:
        if half.fin_at is None and fin_at >= half.next:
            half.end_at(fin_at)
            self._ends[half.side] = ("fin", row[0], row[1])


def _drop(event: StreamEvent) -> None:
    """Hand on nothing: all is said, and who listened need not be kept."""
