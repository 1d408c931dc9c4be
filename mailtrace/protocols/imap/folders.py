"""Names of folders: modified UTF-7 on the wire, any script for people. Source: RFC 3501 section 5.1.3.

The wire form is kept wherever a line is shown as it was sent; this is what it says.
"""

from __future__ import annotations

from binascii import Error, a2b_base64

from mailtrace.model import Reply, Turn, wire_text
from mailtrace.protocols.imap.grammar import Kind, arguments, literal_at_end

LONGEST_NAME = 4096
"""Octets of a name that are decoded: servers allow some hundred, and a longer one is shown as it is."""

ASKED_AT: dict[str, int] = {
    **dict.fromkeys(("SELECT", "EXAMINE", "CREATE", "DELETE", "RENAME", "SUBSCRIBE", "UNSUBSCRIBE", "STATUS"), 0),
    **dict.fromkeys(("APPEND", "GETQUOTAROOT", "SETACL", "DELETEACL", "GETACL", "LISTRIGHTS", "MYRIGHTS"), 0),
    **dict.fromkeys(("COPY", "MOVE", "UID COPY", "UID MOVE", "REPLACE", "UID REPLACE"), 1),
}
"""Which argument of a command is the name of a folder. Source: RFC 9051 section 6.3 and section 6.4."""

TOLD_AT = {"LIST": 3, "LSUB": 3, "XLIST": 3, "STATUS": 1}
"""Which word of untagged data is. Source: RFC 9051 section 7.3."""


def folder_asked(turn: Turn) -> str | None:
    """Return the name of the folder that a command is about; None when it names none, or it was not captured."""
    command = turn.command
    place = None if command is None else ASKED_AT.get(command.verb)
    if command is None or place is None:
        return None
    return _name(command.line[command.argument_at :], place, [each.line for each in turn.continuations[: place + 1]])


def folder_told(reply: Reply) -> str | None:
    """Return the name of the folder that LIST, LSUB or STATUS tells of; None for other replies."""
    place = TOLD_AT.get(reply.status)
    return None if place is None or not reply.lines else _name(reply.lines[0], place, list(reply.lines[1:2]))


def _name(text: bytes, place: int, behind: list[bytes]) -> str | None:
    """Return the argument at `place` as a name; what follows a literal is the first line `behind`."""
    for line in [*behind, b""]:
        said = list(arguments(text))
        if len(said) > place and said[place].kind is Kind.LITERAL:
            literal = literal_at_end(text)
            return None if literal is None or len(line) < literal.count else folder_name(line[: literal.count])
        if len(said) > place:
            return None if said[place].kind is Kind.LIST else folder_name(said[place].value)
        text += b" " + line
    return None


def folder_name(octets: bytes) -> str:
    """Return the name that a mailbox name of the wire stands for, broken ones as they are.

    A name with octets above 127 is UTF-8, as UTF8=ACCEPT allows (RFC 6855 section 3).
    """
    if b"&" not in octets or not octets.isascii() or len(octets) > LONGEST_NAME:
        return wire_text(octets)
    pieces: list[str] = []
    at = 0
    while (start := octets.find(b"&", at)) >= 0:
        stop = octets.find(b"-", start)
        shifted = None if stop < 0 else _shifted(octets[start + 1 : stop])
        if shifted is None:
            return wire_text(octets)
        pieces += [octets[at:start].decode(), shifted]
        at = stop + 1
    return "".join([*pieces, octets[at:].decode()])


def _shifted(text: bytes) -> str | None:
    """Return what stands between `&` and `-`: UTF-16 in base64 with a comma for the slash; None when it is broken."""
    if not text:
        return "&"
    if b"/" in text or b"=" in text:
        return None
    try:
        octets = a2b_base64(text.replace(b",", b"/") + b"=" * (-len(text) % 4), strict_mode=True)
        return octets.decode("utf-16-be")
    except (Error, UnicodeDecodeError):
        return None
