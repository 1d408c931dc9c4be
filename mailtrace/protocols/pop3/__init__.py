"""POP3 (RFC 1939): how a person fetches mail: log in, list, fetch, delete, and good-bye."""

from __future__ import annotations

import re

from mailtrace.model import Side
from mailtrace.protocols.base import Guess, ProtocolRow
from mailtrace.protocols.pop3.grammar import VERBS, parse_request
from mailtrace.protocols.pop3.session import Pop3Session

_ONLY_POP3 = re.compile(
    rb"(?:CAPA|UIDL|STLS|APOP [^ ]+ [0-9a-f]{32}|TOP [0-9]+ [0-9]+|RETR [0-9]+) *\r?\n", re.IGNORECASE
)
_GREETING = b"+OK "


def recognise(side: Side, data: bytes) -> Guess:
    """Tell POP3 by `+OK` with a text, or by a command that no other protocol has.

    A bare `+OK` and `-ERR` are left to the port: Redis answers so too.
    """
    if side is Side.SERVER:
        start = data[:4].upper()
        if start == _GREETING:
            return Guess.YES
        return (
            Guess.MORE if any(word.startswith(start) for word in (_GREETING, b"+OK\r", b"+OK\n", b"-ERR")) else Guess.NO
        )
    line, ended, _ = data.partition(b"\n")
    if _ONLY_POP3.match(line + ended):
        return Guess.YES
    verb = parse_request(line.removesuffix(b"\r")).verb
    known = verb in VERBS if ended or b" " in line.lstrip(b" \t") else any(each.startswith(verb) for each in VERBS)
    return Guess.MORE if known else Guess.NO


ROW = ProtocolRow(
    name="pop3",
    tcp_ports=frozenset({110}),
    udp_ports=frozenset(),
    session=Pop3Session,
    recognise=recognise,
    tls_ports=frozenset({995}),
)
