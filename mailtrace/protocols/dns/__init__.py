"""DNS (RFC 1035): the questions mail asks before it travels. Over UDP, and over TCP with lengths between messages."""

from __future__ import annotations

from mailtrace.model import Side
from mailtrace.protocols.base import Guess, ProtocolRow
from mailtrace.protocols.dns.cutter import LENGTH_OCTETS
from mailtrace.protocols.dns.grammar import looks_like_message
from mailtrace.protocols.dns.names import HEADER_OCTETS, MAX_NAME_OCTETS
from mailtrace.protocols.dns.session import DnsSession

_ENOUGH = LENGTH_OCTETS + HEADER_OCTETS + MAX_NAME_OCTETS + 4  # the longest question fits: more change no guess


def recognise(side: Side, data: bytes) -> Guess:
    """Tell whether octets begin a DNS message, with the length before it that TCP needs or without."""
    if looks_like_message(data) or looks_like_message(data[LENGTH_OCTETS:]):
        return Guess.YES
    if len(data) >= _ENOUGH or (data[:4].isascii() and data[:4].decode().isprintable()):
        return Guess.NO
    question_count = data[LENGTH_OCTETS + 4 : LENGTH_OCTETS + 6]
    return Guess.MORE if b"\x00\x01".startswith(question_count) else Guess.NO


ROW = ProtocolRow(
    name="dns",
    tcp_ports=frozenset({53}),
    udp_ports=frozenset({53}),
    session=DnsSession,
    recognise=recognise,
)
