"""How IMAP is recognised: by the server's greeting, or by a command of the client that no other protocol has.

Source: RFC 9051 section 7.1 (the greetings) and section 2.2.1 (tags).
"""

from __future__ import annotations

import re

from mailtrace.model import Side
from mailtrace.protocols.base import Guess

_GREETING = re.compile(rb"\* (?:OK|PREAUTH|BYE)[ \[\r\n]", re.IGNORECASE)
_TAGGED = re.compile(rb"[A-Za-z0-9._-]{1,32}(?: ([A-Za-z]{0,16})([ \r\n]|\Z)|\Z)")
"""A tag and the word behind it, as far as they came."""

_ONLY_IMAP = re.compile(
    rb"(?=[A-Za-z.]{0,16}[0-9])[A-Za-z0-9.]{1,32} (?:CAPABILITY|LOGOUT|NAMESPACE|IDLE|STARTTLS|AUTHENTICATE|LOGIN"
    rb"|SELECT|EXAMINE|LIST|LSUB|STATUS|FETCH [0-9]+|UID (?:FETCH|STORE|SEARCH|COPY|MOVE|EXPUNGE))[ \r\n]"
)
"""A tag with a digit and a command in capitals: clients write so, and people hardly ever."""

_COMMANDS = (
    *(b"CAPABILITY", b"NOOP", b"LOGOUT", b"STARTTLS", b"AUTHENTICATE", b"LOGIN", b"ENABLE", b"SELECT", b"EXAMINE"),
    *(b"CREATE", b"DELETE", b"RENAME", b"SUBSCRIBE", b"UNSUBSCRIBE", b"LIST", b"LSUB", b"NAMESPACE", b"STATUS"),
    *(b"APPEND", b"IDLE", b"CHECK", b"CLOSE", b"UNSELECT", b"EXPUNGE", b"SEARCH", b"FETCH", b"STORE", b"COPY"),
    *(b"MOVE", b"UID", b"ID", b"COMPRESS", b"SORT", b"THREAD", b"GETQUOTAROOT", b"GETQUOTA", b"SETQUOTA", b"GETACL"),
    *(b"SETACL", b"MYRIGHTS", b"NOTIFY", b"UNAUTHENTICATE", b"REPLACE", b"GETMETADATA", b"SETMETADATA", b"XLIST"),
)
_STATUSES = (b"OK", b"NO", b"BAD")
_STRANGER = b"* ACAP"  # RFC 2244 section 2.2.1


def recognise(side: Side, octets: bytes) -> Guess:
    """Tell IMAP by a greeting, or by a command that is surely one; answers and other commands only fit."""
    if side is Side.CLIENT:
        return Guess.YES if _ONLY_IMAP.match(octets) else _fits(octets, _COMMANDS)
    if _GREETING.match(octets):
        return Guess.YES
    if octets[:2] in (b"*", b"* ", b"+", b"+ ") and octets[: len(_STRANGER)].upper() != _STRANGER:
        return Guess.MORE
    return _fits(octets, _STATUSES)


def _fits(octets: bytes, words: tuple[bytes, ...]) -> Guess:
    """Tell whether octets are a tag and one of `words`, as far as they came."""
    found = _TAGGED.match(octets)
    if found is None:
        return Guess.NO
    word, ended = (found[1] or b"").upper(), found[2]
    known = word in words if ended else any(each.startswith(word) for each in words)
    return Guess.MORE if known else Guess.NO
