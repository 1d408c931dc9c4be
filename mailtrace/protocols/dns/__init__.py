"""DNS (RFC 1035): the questions mail asks before it travels. Over UDP, and over TCP with lengths between messages."""

from __future__ import annotations

from mailtrace.model import Side
from mailtrace.protocols.base import Guess, ProtocolRow
from mailtrace.protocols.dns.cutter import LENGTH_OCTETS
from mailtrace.protocols.dns.grammar import looks_like_message
from mailtrace.protocols.dns.session import DnsSession

TEXT_OCTETS = 4  # an id and flags, or a length and an id: in a message hardly ever all printable

_TEXT = bytes(range(32, 127)) + b"\t\r\n"


def recognise(side: Side, data: bytes) -> Guess:
    """Tell whether octets begin a DNS message, with the length before it that TCP needs or without.

    What is no text but no proper message either is left to the port, to be named as broken.
    """
    start = data[:TEXT_OCTETS]
    if len(start) == TEXT_OCTETS and not start.strip(_TEXT):
        return Guess.NO
    return Guess.YES if looks_like_message(data) or looks_like_message(data[LENGTH_OCTETS:]) else Guess.MORE


ROW = ProtocolRow(
    name="dns",
    tcp_ports=frozenset({53}),
    udp_ports=frozenset({53}),
    session=DnsSession,
    recognise=recognise,
    is_text=False,
)
