"""SMTP and LMTP (RFC 5321, RFC 2033): how it is recognised, and its row."""

from __future__ import annotations

from mailtrace.model import Side
from mailtrace.model.remembered import Remembered, is_short
from mailtrace.protocols.base import Guess, ProtocolRow
from mailtrace.protocols.otherservices import greets_for_files
from mailtrace.protocols.smtp.grammar import (
    CODES,
    TEXT_AT,
    VERBS,
    looks_like_command,
    parse_command,
    parse_enhanced,
)
from mailtrace.protocols.smtp.session import SmtpSession

CLIENT = Side.CLIENT

REMEMBERED_FIRST_WORDS = 1024
"""First words of either side remembered with what they tell: a host says the same in all its conversations."""

_SHARED = frozenset({"", "AUTH", "DATA", "RSET", "QUIT", "NOOP", "HELP"})
"""Verbs that other protocols have too, POP3 and FTP first of all: they decide nothing, the line behind them may."""

_GREETINGS = (b"220", b"421", b"554")
"""What a server may open with. Source: RFC 5321 section 4.3.2."""


def recognise(side: Side, octets: bytes) -> Guess:
    """Tell SMTP by the server's greeting or the client's first command."""
    return (_client_words if side is CLIENT else _server_words)[octets]


def _recognise_client(octets: bytes) -> Guess:
    """A command in its strict form is SMTP; one of no strict form fits, and other text does not."""
    at, end = 0, octets.find(b"\n")
    while end >= 0:
        line = octets[at:end].removesuffix(b"\r")
        verb = parse_command(line)[0]
        if verb not in _SHARED:
            return Guess.YES if looks_like_command(line) else Guess.MORE if verb in VERBS else Guess.NO
        at, end = end + 1, octets.find(b"\n", end + 1)
    word = octets[at:].lstrip(b" \t\r").split(b" ", 1)[0].removesuffix(b"\r").upper()
    if at or any(verb.encode().startswith(word) for verb in VERBS):
        return Guess.MORE
    return Guess.NO


def _recognise_server(octets: bytes) -> Guess:
    """A greeting names SMTP or ESMTP nearly always; FTP and NNTP begin with the same digits."""
    at, end = 0, octets.find(b"\n")
    if end < 0:
        return Guess.MORE if _begins_reply(octets) else Guess.NO
    while end >= 0:
        line = octets[at:end].removesuffix(b"\r")
        code = CODES.get(line[:TEXT_AT])
        if code is None or code.status in ("200", "201"):
            return Guess.MORE if at else Guess.NO
        guess = _judge_line(octets[at : end + 1], line[TEXT_AT:])
        if guess is not Guess.MORE or not code.more:
            return guess
        at, end = end + 1, octets.find(b"\n", end + 1)
    return Guess.MORE


def _begins_reply(octets: bytes) -> bool:
    """Tell whether octets, as far as they came, are a code and what may stand behind it."""
    code, behind = octets[:3], octets[3:4]
    return (
        code.isdigit() and code[:1] in b"12345" and behind in (b"", b" ", b"-", b"\r") and code not in (b"200", b"201")
    )


def _judge_line(line: bytes, text: bytes) -> Guess:
    """Look for the protocol's name in a line of a greeting, or for an enhanced code in another reply."""
    if line[:3] in _GREETINGS:
        upper = line.upper()
        named = b" ESMTP" in upper or ((b"SMTP" in upper or b"LMTP" in upper) and _names_mail(upper))
        for_files = upper.find(b"FTP") >= 0 and greets_for_files(line)
        return Guess.NO if for_files and not named else Guess.YES if named and not for_files else Guess.MORE
    return Guess.YES if parse_enhanced(text) else Guess.MORE


def _names_mail(line: bytes) -> bool:
    """Tell whether a word is SMTP or LMTP; in the name of a host it means nothing: smtp.example.com may serve files."""
    words = [word for word in line.split() if b"." not in word.strip(b".")]
    return any(b"SMTP" in word or b"LMTP" in word for word in words)


_client_words = Remembered(_recognise_client, REMEMBERED_FIRST_WORDS, is_short)
_server_words = Remembered(_recognise_server, REMEMBERED_FIRST_WORDS, is_short)

ROW = ProtocolRow(
    name="smtp",
    tcp_ports=frozenset({24, 25, 587, 2525}),
    udp_ports=frozenset(),
    session=SmtpSession,
    recognise=recognise,
    tls_ports=frozenset({465}),
)
