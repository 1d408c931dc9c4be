"""Making packets of a connection by hand, and reading what a tracker says about them."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailtrace.model import Closed, Data, Gap, Side, StreamEvent
from mailtrace.streams.runs import runs_in
from mailtrace.streams.sift import ROW
from mailtrace.streams.tracker import Row, Tracker

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
CLIENT, SERVER = 0, 1


@dataclass
class Wire:
    """Both sides' packets, as rows over one buffer; sequence numbers start at the given initial ones."""

    client_isn: int = 1000
    server_isn: int = 5000
    buffer: bytearray = field(default_factory=bytearray)
    rows: list[Row] = field(default_factory=list)
    time_ns: int = 1_000_000_000

    def packet(self, side: int, sequence: int, acknowledged: int, flags: int, data: bytes = b"", cut: int = 0) -> None:
        """Add one packet with numbers relative to the initial ones (0 = the SYN); `cut` octets were not captured."""
        own, other = (self.client_isn, self.server_isn)[:: 1 if side == CLIENT else -1]
        kept = data[: len(data) - cut]
        at = len(self.buffer)
        self.buffer += kept
        self.time_ns += 1_000_000
        number = len(self.rows) + 1
        self.rows.append(
            (number, self.time_ns, side, (own + sequence) % 2**32, (other + acknowledged) % 2**32 if flags & ACK else 0,
             flags, len(data), len(kept), at, 0)
        )  # fmt: skip

    def handshake(self) -> None:
        """Add SYN, SYN+ACK, ACK."""
        self.packet(CLIENT, 0, 0, SYN)
        self.packet(SERVER, 0, 1, SYN | ACK)
        self.packet(CLIENT, 1, 1, ACK)

    def renumbered(self, order: list[int]) -> list[Row]:
        """Return the rows at these places (repeats allowed) as a capture in this order."""
        return [(n, 1_000_000_000 + n, *self.rows[i][2:]) for n, i in enumerate(order, 1)]


@dataclass
class Heard:
    """What a tracker said: each side's octets with holes as None, all events, and the tracker."""

    events: list[StreamEvent]
    tracker: Tracker

    def octets(self, side: int) -> bytes:
        """Return one side's octets; a hole of n stands as n NULs."""
        parts = [
            event.data if isinstance(event, Data) else b"\0" * event.missing
            for event in self.events
            if isinstance(event, Data | Gap) and event.side == side
        ]
        return b"".join(parts)

    def gaps(self, side: int) -> list[tuple[int, str]]:
        """Return one side's holes: octets missing and why."""
        return [(e.missing, e.why.value) for e in self.events if isinstance(e, Gap) and e.side == side]

    def closes(self) -> dict[Side, str]:
        """Return how each side ended."""
        return {event.side: event.how for event in self.events if isinstance(event, Closed)}

    def marks(self) -> list[str]:
        """Return what was remarkable about each packet."""
        return [packet.mark.value for packet in self.tracker.packets]


def heard(rows: list[Row], buffer: bytes | bytearray, pieces: int = 1 << 30) -> Heard:
    """Feed rows to a tracker, a few at a time, and finish it; the rows must be one conversation.

    One that is told of runs, and knows nothing of single packets, has to say the same.
    """
    events: list[StreamEvent] = []
    same: list[StreamEvent] = []
    tracker, brief = Tracker(events.append), Tracker(same.append, brief=True)
    for at in range(0, len(rows), pieces):
        part = rows[at : at + pieces]
        taken = tracker.feed(part, 0, bytes(buffer))
        if taken != len(part):
            raise RuntimeError(f"packet {part[taken][0]} began a new conversation")
        brief.feed(part, 0, bytes(buffer), runs_in(b"".join(ROW.pack(*row) for row in part), [len(part)]))
    tracker.finish()
    brief.finish()
    assert same == events
    assert (brief.whole(), brief.closed(), brief.numbers) == (tracker.whole(), tracker.closed(), tracker.numbers)
    return Heard(events, tracker)
