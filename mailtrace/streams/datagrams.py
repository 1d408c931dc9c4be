"""The packets of one UDP conversation: each datagram is a whole, so there is nothing to put in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mailtrace.model import Closed, ClosedHow, Data, Gap, GapReason, Packet, StreamEvent
from mailtrace.streams.tracker import SIDES, Row

UDP_IDLE_NS = 20_000_000_000
"""Silence after which the same two endpoints begin a new conversation: longer than resolvers keep repeating."""

IDLE = ClosedHow.IDLE
NOT_CAPTURED = GapReason.NOT_CAPTURED


class DatagramTracker:
    """What `Tracker` is for TCP: takes rows, emits one `Data` a datagram, and a `Gap` where the capture cut one."""

    all_said, _whole = False, True

    def __init__(self, emit: Callable[[StreamEvent], None], client_way: int = 0, brief: bool = False) -> None:
        self._client_way = client_way
        self.numbers: list[int] = []
        self.packets: list[Packet] | None = None if brief else []
        self.first_ns = self.last_ns = 0
        self.emit = emit
        self.due_ns: int | None = None

    def feed(self, rows: Sequence[Row], at: int, buffer: bytes, runs: bytes = b"") -> int:
        """Take packets from `rows[at]` on; return the index of the first that begins another, or the end."""
        emit, packets, numbers, due_ns = self.emit, self.packets, self.numbers, self.due_ns
        if not numbers:
            self.first_ns = rows[at][1]
        for index in range(at, len(rows)):
            number, time_ns, way, _, _, _, length, captured, payload_at, _ = rows[index]
            if due_ns is not None and time_ns > due_ns:
                return index
            self.due_ns = due_ns = max(due_ns or 0, time_ns + UDP_IDLE_NS)
            side = SIDES[way ^ self._client_way]
            numbers.append(number)
            self.last_ns = time_ns
            if packets is not None:
                packets.append(Packet(number, time_ns, side, 0, 0, 0, length))
            emit(Data(side, buffer[payload_at : payload_at + captured], number, time_ns))
            if captured < length:
                self._whole = False
                emit(Gap(side, length - captured, NOT_CAPTURED, number, time_ns))
        return len(rows)

    def closed(self) -> ClosedHow:
        """Tell how it has ended: nobody says so."""
        return IDLE

    def whole(self) -> bool:
        """Tell whether all of every datagram is here."""
        return self._whole

    def finish(self) -> None:
        """Nothing more will come."""
        for side in SIDES:
            self.emit(Closed(side, "idle", self.numbers[-1], self.last_ns))
