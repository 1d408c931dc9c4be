"""ident (RFC 1413): a mail server asks the machine that connects to it who the caller is, and may wait long for it."""

from __future__ import annotations

import re

from mailtrace.model import Side
from mailtrace.protocols.base import Guess, ProtocolRow
from mailtrace.protocols.ident.grammar import parse_answer
from mailtrace.protocols.ident.session import IdentSession

_ONLY_A_QUESTION = re.compile(rb"[0-9 \t,:]*\r?\Z")


def recognise(side: Side, data: bytes) -> Guess:
    """Tell ident by its answer; a question is two numbers, which any text may hold, so it is left to the port.

    What is nearly right is so too, to be named as wrong.
    """
    line, ended, _ = data.partition(b"\n")
    line = line.removesuffix(b"\r")
    if side is Side.CLIENT:
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
