"""HOT. One TCP conversation: its packets, and what each side said, in order (tests/bench `mail`).

The usual packet of an open connection, with what comes next and after all that the other side has said, takes the short
way through `feed`; others take longer ones: `_out_of_step`, and whatever opens or closes a connection `_unusual`. A
call that is answered and a farewell that is returned, as most connections begin and end: `_answered`, `_parted`.
Octets are handed on as soon as they are in order, acknowledged or not. Those that the other side acknowledged but the
capture does not hold are given up after a few more packets, since captures from several queues swap neighbours; until
then what is said waits, to be put in order (`streams/merging.py`).
Source: RFC 9293 sections 3.4 to 3.10.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter

from mailtrace.model import Closed, ClosedHow, Data, Gap, GapReason, Mark, Packet, Side, StreamEvent
from mailtrace.streams.half import Budget, Half
from mailtrace.streams.merging import Held, merged
from mailtrace.streams.seqnum import MODULUS

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
UNUSUAL = FIN | SYN | RST
USUAL = UNUSUAL | ACK
"""Bits of which the usual packet has ACK alone."""

CLIENT, SERVER = SIDES = (Side.CLIENT, Side.SERVER)
PLAIN = Mark.NONE
BY_RESET, BY_FIN, OPEN = ClosedHow.RST, ClosedHow.FIN, ClosedHow.OPEN

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
"""A packet: number, time_ns, way, sequence, acknowledged, flags, length on the wire, captured, payload start, IP id.

The way is 0 or 1; a tracker knows which of them is the client's. The IP id is 0 or less where there is none.
"""

_number_of = itemgetter(0)


class Tracker:
    """The packets of one conversation, in capture order, turned into stream events for `emit`.

    `client_way` is the way of the client's packets; `budget` is shared with the other conversations. `due_ns` is when a
    closed conversation is final, None while open; `all_said` tells that both sides have ended what they say, and all of
    it was handed on. `numbers` are those of its packets, `packets` what is to be known of them, None in a `brief` one.
    """

    __slots__ = (
        "_acknowledged", "_calm", "_halves_by_way", "_held", "_holding", "_reset_by", "_server_starts",
        "_settled", "all_said", "due_ns", "emit", "first_ns", "halves", "last_ns", "numbers", "packets",
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
        self.halves = pair = client, server = Half(CLIENT, emit, budget), Half(SERVER, emit, budget)
        if not brief:
            client.compare()
            server.compare()
        self._halves_by_way = ((server, client), pair) if client_way else (pair, (server, client))
        self._holding = False  # octets acknowledged are not here: what comes meanwhile is put in order later
        self._held: tuple[list[Held], list[Held]] = ([], [])
        self._acknowledged: dict[int, int] = {}  # how far packets did, by number, while octets are missing
        self.due_ns: int | None = None
        self.all_said = False
        self._settled = self._calm = False  # settled: both starts known, nothing closing; calm: nor missing
        self._reset_by: int | None = None
        self._server_starts: tuple[int, ...] = ()

    def feed(self, rows: Sequence[Row], at: int, buffer: bytes, runs: bytes = b"") -> int:
        """Take packets from `rows[at]` on; return the index of the first that begins another, or the end.

        `runs` tells by a 1 which of the rows follow the one before (`streams/runs.py`): in a `brief` one, only others
        are looked at.
        """
        halves_by_way, packets, stop = self._halves_by_way, self.packets, len(rows)
        index = at if self.numbers or stop < at + 2 else at + self._answered(rows[at], rows[at + 1])
        while index < stop:
            row = rows[index]
            number, time_ns, way, sequence, acknowledged, flags, length, captured, payload_at, _ = row
            half, other = halves_by_way[way]
            is_next = sequence == half.wire_next and acknowledged == other.wire_next and captured == length
            if is_next and self._calm and flags & USUAL == ACK:
                behind = index + 1
                if packets is None:
                    behind = max(runs.find(0, behind), behind)
                else:
                    packets.append(Packet(number, time_ns, half.side, flags, half.next + 1, other.next + 1, length))
                    half.remember(buffer[payload_at : payload_at + length])
                self._run(rows[index:behind], buffer)
                index = behind
            elif self._calm and flags & FIN and (parting := self._parted(half, other, rows[index : index + 3])):
                index += parting
            elif self._settled and not flags & UNUSUAL:
                self._out_of_step(half, other, row, buffer)
                index += 1
            elif self._unusual(half, other, row, buffer):
                index += 1
            else:
                stop = index
        if stop > at:
            if not self.numbers:
                self.first_ns = rows[at][1]
            self.numbers += map(_number_of, rows[at:stop])
            self.last_ns = rows[stop - 1][1]
        return stop

    def _run(self, rows: Sequence[Row], buffer: bytes) -> None:
        """Take packets of a calm connection that follow each other, the first of which is what comes next."""
        halves_by_way = self._halves_by_way
        sides = halves_by_way[0][0].side, halves_by_way[1][0].side
        for number, time_ns, way, _, _, _, length, _, payload_at, _ in rows:
            if length:
                self.emit(Data(sides[way], buffer[payload_at : payload_at + length], number, time_ns))
        _, _, way, sequence, acknowledged, _, length, _, _, _ = rows[-1]
        half, other = halves_by_way[way]
        half.go_on((sequence + length) % MODULUS)
        other.go_on(acknowledged)

    def _answered(self, syn: Row, answer: Row) -> int:
        """Begin with a SYN and the SYN+ACK that answers it; return how many packets that were, 0 for any others."""
        way, start, its_start = syn[2], (syn[3] + 1) % MODULUS, (answer[3] + 1) % MODULUS
        usual = syn[5] & USUAL == SYN and not syn[6] and _is(answer, 1 - way, SYN | ACK, answer[3], start)
        if not usual or start == its_start:
            return 0
        half, other = self._halves_by_way[way]
        half.base = half.wire_next = start
        other.base = other.wire_next = its_start
        half.syn_seen = half.heard = other.syn_seen = other.heard = True
        self._server_starts = (its_start,)
        self._settled = self._calm = True
        if self.packets is not None:
            self.packets.append(Packet(syn[0], syn[1], half.side, syn[5], 0, 0, 0))
            self.packets.append(Packet(answer[0], answer[1], other.side, answer[5], 0, 1, 0))
        return 2

    def _parted(self, half: Half, other: Half, rows: Sequence[Row]) -> int:
        """End a calm connection with a FIN, the FIN that answers it and, where it is next, the acknowledgement of that.

        Return how many packets that were, 0 where `rows` begin with others.
        """
        if len(rows) < 2 or not half.next or not other.next:
            return 0
        fin, answer, *after = rows
        way, ours, theirs, behind = fin[2], half.wire_next, other.wire_next, (half.wire_next + 1) % MODULUS
        if not (_is(fin, way, FIN | ACK, ours, theirs) and _is(answer, 1 - way, FIN | ACK, theirs, behind)):
            return 0
        half.fin_at, half.end = half.next, ("fin", fin[0], fin[1])
        other.fin_at, other.end = other.next, ("fin", answer[0], answer[1])
        self._settled = self._calm = False
        self.all_said, self.due_ns = True, answer[1] + LINGER_NS
        if after and not (_is(after[0], way, ACK, behind, (theirs + 1) % MODULUS) and after[0][1] <= self.due_ns):
            after.clear()
        if self.packets is not None:
            sequence, acknowledged = half.next + 1, other.next + 1
            self.packets.append(Packet(fin[0], fin[1], half.side, fin[5], sequence, acknowledged, 0))
            self.packets.append(Packet(answer[0], answer[1], other.side, answer[5], acknowledged, sequence + 1, 0))
            for row in after:
                self.packets.append(Packet(row[0], row[1], half.side, row[5], sequence + 1, acknowledged + 1, 0))
        return 2 + len(after)

    def _out_of_step(self, half: Half, other: Half, row: Row, buffer: bytes) -> None:
        """Take a packet of an open connection that is not just what comes next, or comes while octets are missing."""
        number, time_ns, _, sequence, acknowledged, flags, length, captured, payload_at, ip_id = row
        half.heard = True
        offset = half.offset_of(sequence)
        acked = other.offset_of(acknowledged) if flags & ACK else -1
        if acked > other.acked:
            other.acked = acked
            if acked > other.next and other.heard and not other.suspicion:
                other.suspicion = 1
                self._begin_holding()
        mark = PLAIN
        if length <= 1 and offset == half.next - 1:
            mark = Mark.KEEP_ALIVE
            half.duplicate += captured
        elif length:
            mark = half.accept(offset, buffer[payload_at : payload_at + captured], length, number, time_ns)
        if self.packets is not None:
            self.packets.append(Packet(number, time_ns, half.side, flags, offset + 1, acked + 1, length, mark, ip_id))
        self._look_around(half, other, number, time_ns, acked)

    def listen(self, emit: Callable[[StreamEvent], None]) -> None:
        """Hand events to `emit` from the next on."""
        self.emit = emit
        if not self._holding:
            self.halves[0].emit = self.halves[1].emit = emit

    def finish(self) -> None:
        """Nothing more will be said: give up what is missing, and close both sides; late packets may still come."""
        last, last_ns = self.numbers[-1], self.last_ns
        if self._holding or not self.all_said:
            for half in self.halves:
                half.finish(last, last_ns)
            self.all_said = self.halves[0].is_said and self.halves[1].is_said
        if self._holding:
            self._hand_on()
        emit = self.emit
        for half in self.halves:
            emit(Closed(half.side, *(half.end or ("open", last, last_ns))))
        self.listen(_drop)

    def closed(self) -> ClosedHow:
        """Tell how it has ended so far."""
        return BY_RESET if self._reset_by is not None else BY_FIN if self.all_said else OPEN

    def whole(self) -> bool:
        """Tell whether it was seen from its SYN on without a hole; a server that refuses sends none of its own."""
        client, server = self.halves
        answered = server.syn_seen or (self._reset_by == SERVER and not server.next)
        return client.syn_seen and answered and not client.gaps and not server.gaps

    def _look_around(self, half: Half, other: Half, number: int, time_ns: int, acked: int) -> None:
        """See behind a packet whether octets are missing, and whether the short way is safe for the next."""
        if half.pending or other.pending or half.suspicion or other.suspicion:
            acknowledged = self._acknowledged
            acknowledged[number] = acked  # to put in order what is said now
            if len(acknowledged) > LOOK_BACK_PACKETS:
                del acknowledged[next(iter(acknowledged))]
            if self._holding:
                self._suspect(number, time_ns)
        self._calm = self._settled and half.is_calm and other.is_calm

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
        if few and any(0 < half.suspicion <= REORDER_PACKETS for half in self.halves):
            return
        self._holding = False
        for half in self.halves:
            half.emit = self.emit
        self._held = [], []
        for event in merged(client, server, self._acknowledged):
            self.emit(event)

    def _unusual(self, half: Half, other: Half, row: Row, buffer: bytes) -> bool:
        """Take a packet that opens, closes or finds an unsettled connection; False when it begins another."""
        number, time_ns, _, sequence, acknowledged, flags, length, captured, payload_at, ip_id = row
        if self.due_ns is not None and time_ns > self.due_ns:
            return False
        was_here = half.syn_seen if flags & SYN else flags & FIN and half.fin_at is not None
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
                other.confirm(other.early, acked)
            if other.reached > other.next and other.heard and not other.suspicion:
                other.suspicion = 1
                self._begin_holding()
        mark = PLAIN
        if length and not flags & RST:
            mark = self._payload(half, offset, buffer[payload_at : payload_at + captured], length, row)
        if was_here and mark is PLAIN:
            mark = Mark.RETRANSMISSION
        if flags & RST:
            half.discarded += captured
            mark = self._reset(half, offset, row)
        elif flags & FIN:
            half.ended(offset + length, number, time_ns)
        half.heard = True
        if self.packets is not None:
            self.packets.append(Packet(number, time_ns, half.side, flags, offset + 1, acked + 1, length, mark, ip_id))
        self._settled = len(self._server_starts) < 2 and half.is_open and other.is_open
        self._look_around(half, other, number, time_ns, acked)
        self.all_said = half.is_said and other.is_said
        if self.due_ns is None and (self._reset_by is not None or self.all_said):
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
            self._server_starts += (start,)
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
                self._server_starts = ()

    def _payload(self, half: Half, offset: int, data: bytes, length: int, row: Row) -> Mark:
        number, time_ns, flags = row[0], row[1], row[5]
        if flags & SYN:
            half.discarded += len(half.early[1]) if half.early else 0
            half.early = (0, data, length, number, time_ns)
            return PLAIN
        if half.fin_at is not None and offset >= half.fin_at:
            half.discarded += len(data)
            return Mark.AFTER_CLOSE
        if self._reset_by == half.side:  # a reset that its supposed sender ignores was not his
            self._reset_by = self.due_ns = None
            half.end = None
        return half.accept(offset, data, length, number, time_ns)

    def _reset(self, half: Half, offset: int, row: Row) -> Mark:
        """Believe a reset only where the connection is. Source: RFC 9293 section 3.5.3, RFC 5961 section 3."""
        if half.base is not None and half.heard and not -1 <= offset - half.next <= RESET_WINDOW:
            return Mark.OUT_OF_WINDOW
        if self._reset_by is None:
            self._reset_by = half.side
            half.end = half.end or ("rst", row[0], row[1])
        return PLAIN


def _is(row: Row, way: int, flags: int, sequence: int, acknowledged: int) -> bool:
    """Tell whether a packet without payload says just this."""
    return row[5] & USUAL == flags and row[3] == sequence and row[4] == acknowledged and row[2] == way and not row[6]


def _drop(event: StreamEvent) -> None:
    """Hand on nothing: all is said, and who listened need not be kept."""
