"""What every protocol offers: one row that says when it applies, and a session that turns ordered bytes into events.

A session does no I/O and never raises on traffic: bad bytes become a `Violation`, missing bytes a `Gap`. It is told
everything with `feed`, in stream order for each side, and writes what it understood into its `dialogue`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from mailtrace.model import Dialogue, Side, StreamEvent, Transport


class Session(Protocol):
    """One conversation being understood."""

    dialogue: Dialogue

    def feed(self, event: StreamEvent) -> None:
        """Take the next event of either side."""

    def finish(self) -> None:
        """Flush what is still open: no more will come. Called once, at the end."""


class Guess(Enum):
    """What the first octets of one side say about a protocol."""

    YES = "yes"  # this is it, whatever the port
    NO = "no"  # this side cannot be speaking it
    MORE = "more"  # fits so far; the port decides if nothing better comes


@dataclass(frozen=True, slots=True)
class ProtocolRow:
    """One protocol: `session` makes a session for a transport, `recognise` looks at the first octets of one side.

    `recognise` is only called with at least one octet; for UDP with one whole datagram. Empty port sets mean that the
    protocol does not run over that transport.
    """

    name: str
    tcp_ports: frozenset[int]
    udp_ports: frozenset[int]
    session: Callable[[Transport], Session]
    recognise: Callable[[Side, bytes], Guess]

    def ports(self, transport: Transport) -> frozenset[int]:
        """Return the usual server ports over `transport`."""
        return self.tcp_ports if transport is Transport.TCP else self.udp_ports
