"""The opening of a conversation: its first events, held until its protocol is known, and what each side said first.

The header of a proxy is taken off here, so that nobody behind has to know of it. What is missing in the capture may
have been anything: after a hole nothing is a beginning any more, and no header is looked for.
"""

from __future__ import annotations

from mailtrace.model import Data, Gap, Proxied, Side, StreamEvent
from mailtrace.protocols.base import Guess
from mailtrace.protocols.proxyheader import ProxyHeader, parse_proxy_header

HELD_OCTETS_LIMIT = 16 * 1024
"""Octets held of both sides before the port decides: any protocol of the table shows itself in its first lines."""

HELD_EVENTS_LIMIT = 1024
"""Events held before the port decides: a line of 512 octets from either side, octet by octet."""

LOOKED_AT = 4 * 1024
"""Octets of one side that are kept to be looked at; the header of a proxy has to fit in."""

CLIENT = Side.CLIENT


class Opening:
    """Events in `held`; by side, the octets `said` and the `first` event that carried some, None while silent.

    `has_holes` tells that octets are missing, `whole` that nothing is, not even before the first event. `proxied` is
    the header, `fault` what is wrong with it.
    """

    __slots__ = ("_header_may_come", "_octets", "fault", "first", "has_holes", "held", "proxied", "said", "whole")

    def __init__(self, from_start: bool, header_may_come: bool) -> None:
        """Begin with nothing held; `from_start`: the first packet of the conversation was captured."""
        self.held: list[StreamEvent] = []
        self.said = [b"", b""]
        self.first: list[Data | None] = [None, None]
        self.whole = from_start
        self.has_holes = False
        self.proxied: Proxied | None = None
        self.fault = ""
        self._octets = 0
        self._header_may_come = header_may_come

    @property
    def is_full(self) -> bool:
        """Whether no more is to be held."""
        return self._octets > HELD_OCTETS_LIMIT or len(self.held) > HELD_EVENTS_LIMIT

    def hold(self, event: StreamEvent) -> None:
        """Keep the next event."""
        self.held.append(event)
        if isinstance(event, Data):
            self._octets += len(event.data)
            self.hear(event)
        elif isinstance(event, Gap):
            self.has_holes = True
            self.whole = self._header_may_come = False

    def hear(self, event: Data) -> None:
        """Keep what a side said, if it is among its first octets."""
        side, data = event.side, event.data
        said = self.said[side]
        if not said:
            if data:
                self.first[side] = event
                self.said[side] = data[:LOOKED_AT]
        elif len(said) < LOOKED_AT:
            self.said[side] = said + data[: LOOKED_AT - len(said)]

    def release(self) -> list[StreamEvent]:
        """Hand out the events; what was said stays known."""
        held, self.held = self.held, []
        return held

    def forget(self) -> None:
        """Let go of what was said."""
        self.said, self.first = [b"", b""], [None, None]

    def is_past_header(self, ended: bool = False) -> bool:
        """Take the header of a proxy off what the client said; false while it may not all be here.

        `ended`: no more is waited for, and what is there counts.
        """
        said = self.said[CLIENT]
        if self._header_may_come and said:
            header = parse_proxy_header(said, ended)
            if header is Guess.MORE:
                return False
            self._header_may_come = False
            if isinstance(header, ProxyHeader):
                self._take_off(header)
        return True

    def _take_off(self, header: ProxyHeader) -> None:
        carriers, self.held = _split(self.held, header.size)
        last = carriers[-1]
        packets = tuple(dict.fromkeys(each.packet for each in carriers))
        self.proxied = Proxied(
            header.version,
            header.client,
            header.server,
            header.said,
            last.packet,
            last.time_ns,
            packets,
            header.details,
        )
        self.fault = header.fault
        self.said[CLIENT], self.first[CLIENT] = b"", None
        for event in self.held:
            if isinstance(event, Data) and event.side is CLIENT:
                self.hear(event)


def _split(events: list[StreamEvent], size: int) -> tuple[list[Data], list[StreamEvent]]:
    """Take `size` octets of the client off; return the events they were in, and what is left."""
    carriers: list[Data] = []
    left: list[StreamEvent] = []
    for event in events:
        if size and isinstance(event, Data) and event.side is CLIENT and event.data:
            carriers.append(event)
            rest = event.data[size:]
            size -= len(event.data) - len(rest)
            if not rest:
                continue
            event = Data(event.side, rest, event.packet, event.time_ns)
        left.append(event)
    return carriers, left
