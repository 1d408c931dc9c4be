"""Implicit TLS: the conversation is dark from its first octet, and without the keys it is not known what is inside.

Source: RFC 8314 section 3, RFC 8446 section 5.1 (the record header).
"""

from __future__ import annotations

from mailtrace.model import Data, Dialogue, Encryption, Side, StreamEvent, Transport, WentDark
from mailtrace.protocols.base import Guess, ProtocolRow, Secure

RECORDS = frozenset({0x14, 0x15, 0x16, 0x17})
"""Content types of records; a capture may begin with any of them."""

RECORD_LIMIT = (2**14 + 2048).to_bytes(2, "big")
"""The largest length of a record. Source: RFC 5246 section 6.2.3."""

HEADER_OCTETS = 5

SSL2_OFFERS = (b"\x03\0", b"\x03\x01", b"\x03\x02", b"\x03\x03")
"""Versions that a hello in the form of SSL 2 offers, besides SSL 2 itself."""


class TlsSession:
    """Notes that the conversation is encrypted, and when that began; the rest is read by whoever set `secure`."""

    def __init__(self, transport: Transport) -> None:
        self.dialogue = Dialogue()
        self.secure: Secure | None = None

    def feed(self, event: StreamEvent) -> None:
        """Go dark with the first octets."""
        if self.dialogue.encryption is Encryption.NO and isinstance(event, Data):
            self.dialogue.encryption = Encryption.IMPLICIT
            self.dialogue.events.append(WentDark("implicit", event.packet, event.time_ns))
            if self.secure is not None:
                self.secure([event])

    def finish(self) -> None:
        """There is nothing to flush."""


def recognise(side: Side, octets: bytes) -> Guess:
    """Tell TLS by the header of a record, either side's, or the hello of SSL 2.

    Source: RFC 8446 section 5.1, RFC 5246 appendix E.2.
    """
    if octets[0] in RECORDS:
        looks = octets[1:2] in (b"", b"\x03") and octets[2:3] <= b"\x04" and octets[3:5] <= RECORD_LIMIT
    else:
        old = side is Side.CLIENT and octets[0] & 0x80 and octets[2:3] in (b"", b"\x01")
        looks = bool(old) and octets[3:5] in (b"", b"\0", b"\x03", b"\0\x02", *SSL2_OFFERS)
    if not looks:
        return Guess.NO
    return Guess.YES if len(octets) >= HEADER_OCTETS else Guess.MORE


ROW = ProtocolRow(
    name="tls",
    tcp_ports=frozenset({465, 993, 995}),
    udp_ports=frozenset(),
    session=TlsSession,
    recognise=recognise,
    is_text=False,
)
