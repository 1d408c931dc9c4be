"""IMAP, as far as knowing it when it is there: listed as `imap`, what it says is not understood yet.

Source: RFC 9051 section 7.1 (the greetings).
"""

from __future__ import annotations

from mailtrace.model import Dialogue, Side, StreamEvent, Transport
from mailtrace.protocols.base import Guess, ProtocolRow

GREETINGS = (b"* OK", b"* PREAUTH", b"* BYE")


class ImapSession:
    """Takes everything and understands nothing."""

    def __init__(self, transport: Transport) -> None:
        self.dialogue = Dialogue()

    def feed(self, event: StreamEvent) -> None:
        """Ignore the next event."""

    def finish(self) -> None:
        """There is nothing to flush."""


def recognise(side: Side, octets: bytes) -> Guess:
    """Tell IMAP by the server's greeting; what a client says first is a tag of its choice and proves nothing."""
    if side is Side.CLIENT:
        return Guess.MORE if octets[:1].isalnum() else Guess.NO
    start = octets.upper()
    if start.startswith(GREETINGS):
        return Guess.YES
    return Guess.MORE if any(greeting.startswith(start) for greeting in GREETINGS) else Guess.NO


ROW = ProtocolRow("imap", frozenset({143}), frozenset(), ImapSession, recognise)
