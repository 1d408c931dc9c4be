"""SMTP and LMTP (RFC 5321, RFC 2033): how it is recognised, and its row."""

from __future__ import annotations

from mailtrace.model import Side
from mailtrace.protocols.base import Guess, ProtocolRow
from mailtrace.protocols.smtp.grammar import looks_like_command, parse_enhanced, parse_reply_line
from mailtrace.protocols.smtp.session import SmtpSession

_OTHERS = (b"GET ", b"POST", b"HEAD", b"PUT ", b"OPTI", b"CONN", b"SSH-", b"USER", b"PASS", b"CAPA", b"*")
"""How clients of other protocols begin: HTTP, SSH, POP3 and FTP, Redis."""

_PROXY = b"PROXY "
"""A load balancer's line before the client's first."""


def recognise(side: Side, octets: bytes) -> Guess:
    """Tell SMTP by the server's greeting or the client's first command."""
    return _recognise_client(octets) if side is Side.CLIENT else _recognise_server(octets)


def _recognise_client(octets: bytes) -> Guess:
    """A command in its strict form is SMTP; other text may be a mail whose beginning is missing."""
    first, end, rest = octets.partition(b"\n")
    if first.startswith(_PROXY) and end:
        first, end, _ = rest.partition(b"\n")
    if end and looks_like_command(first.removesuffix(b"\r")):
        return Guess.YES
    binary = octets[0] < ord(" ") and octets[:1] not in b"\t\r\n"
    return Guess.NO if binary or b"\0" in octets or octets.startswith(_OTHERS) else Guess.MORE


def _recognise_server(octets: bytes) -> Guess:
    """A greeting names SMTP or ESMTP nearly always; FTP and NNTP begin with the same digits."""
    line, end, _ = octets.partition(b"\n")
    if len(line) < 4 and not end:
        return Guess.MORE if line.isdigit() else Guess.NO
    parsed = parse_reply_line(line.removesuffix(b"\r"))
    if parsed is None or parsed.status in ("200", "201"):
        return Guess.NO
    text = octets.upper()
    if parsed.status == "220":
        if b"SMTP" in text or b"LMTP" in text:
            return Guess.YES
        return Guess.NO if b"FTP" in text else Guess.MORE
    return Guess.YES if parse_enhanced(parsed.text) else Guess.MORE


ROW = ProtocolRow("smtp", frozenset({24, 25, 587, 2525}), frozenset(), SmtpSession, recognise)
