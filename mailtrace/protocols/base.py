"""What every protocol offers: one row that says when it applies, and a session that turns ordered bytes into events.

A session does no I/O and never raises on traffic: bad bytes become a `Violation`, missing bytes a `Gap`. It is told
everything with `feed`, in stream order for each side, and writes what it understood into its `dialogue`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from mailtrace.model import Data, Dialogue, Gap, Side, StreamEvent, Transport

Secure = Callable[[list[Data | Gap]], None]
"""Takes the conversation over into TLS, with the events that were not read in clear."""


class Session(Protocol):
    """One conversation being understood.

    One that can begin TLS has the attribute `secure: Secure | None`. Where it is set, the session calls it when TLS
    begins, with what it has not read of both sides in order, and is fed only what is inside TLS from then on.
    """

    @property
    def dialogue(self) -> Dialogue:
        """What was understood so far."""

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

    `recognise` is only called with at least one octet; for UDP with one whole datagram. It judges them as the first
    words of a conversation, and more octets never take back a YES or a NO. Empty port sets mean that the protocol does
    not run over that transport; `tls_ports` are those where it runs inside TLS. `is_text`: it is spoken in lines.
    """

    name: str
    tcp_ports: frozenset[int]
    udp_ports: frozenset[int]
    session: Callable[[Transport], Session]
    recognise: Callable[[Side, bytes], Guess]
    tls_ports: frozenset[int] = frozenset()
    is_text: bool = True

    def ports(self, transport: Transport) -> frozenset[int]:
        """Return the usual server ports over `transport`."""
        return self.tcp_ports if transport is Transport.TCP else self.udp_ports
