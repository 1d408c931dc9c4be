"""IMAP lines become words: pure functions from octets, nothing here remembers anything. Source: RFC 9051 section 9.

Nesting is walked with a counter, never by recursion, and not deeper than `NESTING_LIMIT`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

from msgspec import Struct

from mailtrace.model import Outcome, wire_text

NESTING_LIMIT = 64
"""Parentheses within each other that are followed: a structure of a hundred nested mails is an attack."""

MAX_VERB_OCTETS = 40  # the longest registered one has 15; what is longer is no verb

SKIPPED_FROM = 2**30
"""Octets of a literal from which on it is passed over by its count: more than any server takes."""

ENDLESS = 2**63
"""The count of a literal whose number has more digits than any length can have."""

_DIGITS_LIMIT = 19
"""Digits of a literal's count that are read: more say no length that there can be."""

VERBS = frozenset(
    (
        *("CAPABILITY", "NOOP", "LOGOUT", "STARTTLS", "AUTHENTICATE", "LOGIN", "ENABLE", "SELECT", "EXAMINE", "CREATE"),
        *("DELETE", "RENAME", "SUBSCRIBE", "UNSUBSCRIBE", "LIST", "LSUB", "XLIST", "NAMESPACE", "STATUS", "APPEND"),
        *("IDLE", "CHECK", "CLOSE", "UNSELECT", "EXPUNGE", "SEARCH", "FETCH", "STORE", "COPY", "MOVE", "ID", "SORT"),
        *("THREAD", "COMPRESS", "NOTIFY", "GETQUOTA", "GETQUOTAROOT", "SETQUOTA", "SETACL", "DELETEACL", "GETACL"),
        *("LISTRIGHTS", "MYRIGHTS", "GETMETADATA", "SETMETADATA", "GENURLAUTH", "RESETKEY", "URLFETCH", "REPLACE"),
        *("CANCELUPDATE", "CONVERSIONS", "CONVERT", "ESEARCH", "UNAUTHENTICATE", "GETJMAPACCESS", "LANGUAGE"),
        *("COMPARATOR", "RLIST", "RLSUB", "GETANNOTATION", "SETANNOTATION", "UIDBATCHES"),
        *("UID FETCH", "UID STORE", "UID COPY", "UID MOVE", "UID SEARCH", "UID SORT", "UID THREAD", "UID EXPUNGE"),
        *("UID REPLACE", "UID CONVERT"),
    )
)
"""Commands of RFC 9051, of its forerunners and of registered extensions."""

CONDITIONS = {
    b"OK": Outcome.GOOD,
    b"NO": Outcome.NO,
    b"BAD": Outcome.NO,
    b"BYE": Outcome.NO,
    b"PREAUTH": Outcome.GOOD,
}
"""The words that say how things stand. Source: RFC 9051 section 7.1."""

_TAG = re.compile(rb"[^\x00-\x20\x7f-\xff(){%*\"\\+]+\Z")
_WORD = re.compile(rb"[A-Za-z][A-Za-z0-9.=/_-]{0,39}(?= |\Z|\()")
_NUMBERED = re.compile(rb"([0-9]{1,20}) +([A-Za-z][A-Za-z0-9.=/_-]{0,39})(?= |\Z)")
_COUNT = re.compile(rb"([0-9]+)([+-]?)\Z")
_CODE = re.compile(rb"\[([A-Za-z0-9!#$&'*./:;<=>?@^_`|~-]{1,60})(?:[ \]]|\Z)")
_SPACED = re.compile(rb"[ \t]*([^ \t]*)")
_SPECIAL = re.compile(rb'["\\\\]')


class Request(Struct, frozen=True):
    """A command line cut in three: the tag, the verb in upper case (`UID FETCH` is one), the argument's place."""

    tag: bytes
    verb: str
    argument_at: int

    @property
    def well_formed(self) -> bool:
        """Whether the tag is one that a server can answer. Source: RFC 9051 section 9, `tag`."""
        return _TAG.match(self.tag) is not None

    @property
    def known(self) -> bool:
        """Whether this is surely meant as a command."""
        return self.verb in VERBS and self.well_formed


class Response(Struct, frozen=True):
    """A line of the server: see `model.Reply` for what `status` and `text` are; `tag` is None for untagged ones.

    `number` is that of `* 12 FETCH`, None where there is none. `is_data` tells that literals can follow.
    """

    tag: bytes | None
    status: str
    outcome: Outcome
    text: bytes
    number: int | None = None
    is_data: bool = False


class Literal(Struct, frozen=True):
    """The announcement at the end of a line that `count` octets follow; it starts at `at`.

    `waits`: the client sends them only after the server's `+`. Source: RFC 9051 section 4.3, RFC 7888 section 4.
    """

    count: int
    waits: bool
    at: int


class Kind(Enum):
    """What an argument of a command is."""

    ATOM = "as it stands"
    QUOTED = "in quotes"
    LIST = "in parentheses"
    LITERAL = "announced"


class Argument(Struct, frozen=True):
    """One argument: its span in the line, and what it says (a quoted string without quotes and escapes).

    Not `closed`: its closing quote is missing.
    """

    kind: Kind
    start: int
    stop: int
    value: bytes
    closed: bool = True


def parse_command(line: bytes) -> Request:
    """Cut a command line; white space before it is passed over, what is missing is empty."""
    tag, at = _word(line, 0)
    verb, at = _word(line, at)
    verb = verb.upper()
    if verb == b"UID":
        second, then = _word(line, at)
        if second:
            verb, at = verb + b" " + second.upper(), then
    return Request(tag, wire_text(verb[:MAX_VERB_OCTETS]), min(at + 1, len(line)))


def _word(line: bytes, at: int) -> tuple[bytes, int]:
    """Return the word behind the white space at `at`, and where it ends."""
    found = _SPACED.match(line, at)
    return (found[1], found.end()) if found else (b"", at)


def parse_response(line: bytes) -> Response | None:
    """Read the first line of what the server says; None when it is nothing that a server says.

    Source: RFC 9051 section 2.2.2.
    """
    if line[:1] == b"+" and line[1:2] in (b" ", b""):
        return Response(None, "+", Outcome.MORE, line[2:])
    tag, _, rest = line.partition(b" ")
    word, _, text = rest.partition(b" ")
    condition = word.upper()
    if tag != b"*":
        if condition not in (b"OK", b"NO", b"BAD") or not _TAG.match(tag):
            return None
        return Response(tag, condition.decode(), CONDITIONS[condition], text)
    if condition in CONDITIONS:
        outcome = Outcome.MORE if condition == b"OK" else CONDITIONS[condition]
        return Response(None, condition.decode(), outcome, text)
    numbered = _NUMBERED.match(rest)
    if numbered:
        return Response(None, wire_text(numbered[2].upper()), Outcome.MORE, rest, int(numbered[1]), is_data=True)
    named = _WORD.match(rest)
    return Response(None, wire_text(named[0].upper()), Outcome.MORE, rest, is_data=True) if named else None


def code_of(text: bytes) -> str:
    """Return the word of a response code such as `[UIDNEXT 5]`, '' when there is none. Source: RFC 9051 section 7.1."""
    found = _CODE.match(text)
    return wire_text(found[1].upper()) if found else ""


def literal_at_end(line: bytes) -> Literal | None:
    """Return the literal that the end of a line announces, None when there is none.

    Braces in quotes, inside a word or with anything but a number announce nothing.
    """
    if not line.endswith(b"}"):
        return None
    at = line.rfind(b"{")
    found = _COUNT.match(line[at + 1 : -1]) if at >= 0 else None
    if found is None:
        return None
    if line[at - 1 : at] == b"~":
        at -= 1
    if (at and line[at - 1 : at] not in (b" ", b"(")) or _ends_in_quotes(line[:at]):
        return None
    digits = found[1].lstrip(b"0")
    count = ENDLESS if len(digits) > _DIGITS_LIMIT else int(digits or b"0")
    return Literal(min(count, ENDLESS), found[2] != b"+", at)


def is_broken_literal(line: bytes) -> bool:
    """Tell whether the end of a line looks like a literal but announces nothing, such as `{-5}`."""
    start = line.rfind(b" {")
    return line.endswith(b"}") and start >= 0 and line[start + 2 :].count(b"{") == 0 and literal_at_end(line) is None


def _ends_in_quotes(line: bytes) -> bool:
    """Tell whether a quoted string is open at the end of a piece of a line. Source: RFC 9051 section 4.3."""
    at, closed = 0, True
    while closed and (start := line.find(b'"', at)) >= 0:
        at, _, closed = quoted(line, start)
    return not closed


def arguments(text: bytes, start: int = 0) -> Iterator[Argument]:
    """Yield the arguments of `text` from `start` on; a list is one argument, and what is not closed ends with the text.

    Source: RFC 9051 section 4.
    """
    at, stop = start, len(text)
    while at < stop:
        first = text[at : at + 1]
        if first in (b" ", b"\t"):
            at += 1
            continue
        if first == b'"':
            end, value, closed = quoted(text, at)
            yield Argument(Kind.QUOTED, at, end, value, closed)
        elif first == b"(":
            end = _list_end(text, at)
            yield Argument(Kind.LIST, at, end, text[at:end])
        else:
            _, end = _word(text, at)
            is_literal = first in (b"{", b"~") and literal_at_end(text[at:end]) is not None
            yield Argument(Kind.LITERAL if is_literal else Kind.ATOM, at, end, text[at:end])
        at = end


def quoted(text: bytes, at: int) -> tuple[int, bytes, bool]:
    """Return where the quoted string at `at` ends, what it says, and whether it is closed."""
    pieces: list[bytes] = []
    start = at = at + 1
    while found := _SPECIAL.search(text, at):
        stop = found.start()
        pieces.append(text[start:stop])
        if text[stop] == 0x22:
            return stop + 1, b"".join(pieces), True
        start, at = stop + 1, stop + 2
    return len(text), b"".join([*pieces, text[start:]]), False


def _list_end(text: bytes, at: int) -> int:
    """Return where the list at `at` ends; one that is nested too deep, or not closed, ends with the text."""
    depth = 0
    while at < len(text):
        octet = text[at]
        if octet == 0x22:
            at, _, _ = quoted(text, at)
            continue
        if octet == 0x28:
            depth += 1
            if depth > NESTING_LIMIT:
                return len(text)
        elif octet == 0x29:
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    return len(text)
