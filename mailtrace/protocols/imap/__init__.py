"""IMAP, as far as knowing it when it is there: listed as `imap`, what it says is not understood yet.

Source: RFC 9051 section 7.1 (the greetings).
"""

from __future__ import annotations

import re

from mailtrace.model import Dialogue, Side, StreamEvent, Transport
from mailtrace.protocols.base import Guess, ProtocolRow

GREETINGS = (b"* OK", b"* PREAUTH", b"* BYE")

_TAGGED = re.compile(rb"[A-Za-z0-9.]{1,32}(?: [A-Za-z]{0,16}(?:[ \r\n]|\Z)|\Z)")
"""A tag and a command, as far as they came. Source: RFC 9051 section 2.2.1."""


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
        return Guess.MORE if _TAGGED.match(octets) else Guess.NO
    start = octets.upper()
    if start.startswith(GREETINGS):
        return Guess.YES
    return Guess.MORE if any(greeting.startswith(start) for greeting in GREETINGS) else Guess.NO


ROW = ProtocolRow("imap", frozenset({143}), frozenset(), ImapSession, recognise)
