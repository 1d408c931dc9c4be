"""Implicit TLS: the conversation is dark from its first octet, and what is inside is not known for sure.

Source: RFC 8314 section 3, RFC 8446 section 5.1 (the record header).
"""

from __future__ import annotations

from mailtrace.model import Data, Dialogue, Encryption, Side, StreamEvent, Transport, WentDark
from mailtrace.protocols.base import Guess, ProtocolRow

HANDSHAKE = 0x16
MAJOR_VERSION = 0x03


class TlsSession:
    """Notes that the conversation is encrypted, and when that began."""

    def __init__(self, transport: Transport) -> None:
        self.dialogue = Dialogue()

    def feed(self, event: StreamEvent) -> None:
        """Go dark with the first octets."""
        if self.dialogue.encryption is Encryption.NO and isinstance(event, Data):
            self.dialogue.encryption = Encryption.IMPLICIT
            self.dialogue.events.append(WentDark("implicit", event.packet, event.time_ns))

    def finish(self) -> None:
        """There is nothing to flush."""


def recognise(side: Side, octets: bytes) -> Guess:
    """Tell TLS by the header of a handshake record, either side's."""
    if octets[0] != HANDSHAKE:
        return Guess.NO
    if len(octets) == 1:
        return Guess.MORE
    return Guess.YES if octets[1] == MAJOR_VERSION else Guess.NO


ROW = ProtocolRow("tls", frozenset({465, 993, 995}), frozenset(), TlsSession, recognise)
