"""ident (RFC 1413): a mail server asks the machine that connects to it who the caller is, and may wait long for it."""

from __future__ import annotations

import re

from mailtrace.model import Side
from mailtrace.protocols.base import Guess, ProtocolRow
from mailtrace.protocols.ident.grammar import parse_answer, parse_ports
from mailtrace.protocols.ident.session import IdentSession

_ONLY_A_QUESTION = re.compile(rb"[0-9 \t,:]*\r?\Z")


def recognise(side: Side, data: bytes) -> Guess:
    """Tell ident by its first line; one that is nearly right is left to the port, to be named as wrong."""
    line, ended, _ = data.partition(b"\n")
    line = line.removesuffix(b"\r")
    if side is Side.CLIENT:
        if ended and parse_ports(line) is not None:
            return Guess.YES
        return Guess.MORE if _ONLY_A_QUESTION.match(line) else Guess.NO
    answer = parse_answer(line)
    if ended and answer.complete:
        return Guess.YES
    return Guess.MORE if _ONLY_A_QUESTION.match(line.partition(b":")[0]) else Guess.NO


ROW = ProtocolRow(
    name="ident",
    tcp_ports=frozenset({113}),
    udp_ports=frozenset(),
    session=IdentSession,
    recognise=recognise,
)
