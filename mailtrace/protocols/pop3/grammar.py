"""The lines of POP3, from octets to words. Source: RFC 1939 section 3."""

from __future__ import annotations

import re
from enum import Enum

from msgspec import Struct

from mailtrace.model import MASK, Outcome, masked, wire_text
from mailtrace.protocols.sasl import secret_from, secret_span

MAX_VERB_OCTETS = 40  # RFC 2449 section 4 allows 4 letters and 255 octets in all; what is longer is no verb

VERBS = frozenset(
    (
        *("USER", "PASS", "APOP", "AUTH", "STLS", "CAPA", "STAT", "LIST", "UIDL", "RETR", "TOP", "DELE"),
        *("NOOP", "RSET", "QUIT", "LANG", "UTF8", "XTND", "LAST", "RPOP"),
    )
)
"""Commands of RFC 1939, RFC 2449, RFC 2595, RFC 5034, RFC 6856 and of their forerunners."""


NUMBER_DIGITS = 15
"""Digits of a number that is believed: of a mail, or of its octets."""


class Shape(Enum):
    """What follows the first line of an answer."""

    LINE = "nothing"
    ITEMS = "lines, then a line with a single dot"
    MESSAGE = "a message, then a line with a single dot"


class Request(Struct, frozen=True):
    """A client's line cut in two: `verb` in upper case, the argument from `argument_at` on."""

    verb: str
    argument_at: int
    argument: bytes


class Status(Struct, frozen=True):
    """The first line of an answer: `status` is `+OK`, `-ERR` or `+`, `text` what stands behind it."""

    status: str
    outcome: Outcome
    text: bytes


_STATUS = re.compile(rb"(\+OK|-ERR|\+)(?: |\Z)", re.IGNORECASE)
_OUTCOMES = {"+OK": Outcome.GOOD, "-ERR": Outcome.NO, "+": Outcome.MORE}
_NUMBERED = VERBS - {"USER", "LANG", "XTND", "RPOP"}  # their arguments, if any, are numbers
_LISTINGS = (b"BBOARDS", b"X-BBOARDS")  # without a name: RFC 1082
_NUMBERS = re.compile(rb"[0-9 ]*\Z")
_OCTETS = re.compile(rb"(?<![0-9])([0-9]{1,15}) (?:octets|bytes)", re.IGNORECASE)
_HEADER = re.compile(rb"[!-9;-~]{1,100}:|From |>From ")
_GREETING = re.compile(rb"ready|pop|welcome|hello|server|<[^<>]*@[^<>]*>", re.IGNORECASE)


def parse_number(word: bytes) -> int:
    """Return the number of a mail, or of octets; 0 for what is none."""
    digits = word.strip()
    return int(digits) if digits.isdigit() and len(digits) <= NUMBER_DIGITS else 0


def parse_request(line: bytes) -> Request:
    """Cut a command into verb and argument; white space before it is passed over."""
    bare = line.lstrip(b" \t")
    word = bare.split(b" ", 1)[0]
    start = len(line) - len(bare)
    at = min(start + len(word) + 1, len(line))
    return Request(wire_text(word[:MAX_VERB_OCTETS].upper()), at, line[at:])


def secret_spans(request: Request, line: bytes, whole: bool = True) -> tuple[tuple[int, int], ...]:
    """Return the spans of a command that must be masked: passwords, digests, initial responses.

    A line that is not `whole` lacks its beginning: a verb with a strange argument may be the rest of a password.
    """
    stop = len(line)
    argument = request.argument
    if request.verb == "PASS":  # everything is the password, spaces included: RFC 1939 section 7
        start = request.argument_at
    elif request.verb == "APOP":  # name, space, digest: RFC 1939 section 7
        start = request.argument_at + argument.rstrip().rfind(b" ") + 1
    elif request.verb == "AUTH":  # mechanism, space, initial response: RFC 5034 section 4
        start = secret_from(line, request.argument_at)
        return secret_span(line, start)
    elif not whole and request.verb in _NUMBERED and not _NUMBERS.match(argument):
        start = request.argument_at
    else:
        return ()
    return ((start, stop),) if start < stop else ()


def shown_requests(octets: bytes) -> str:
    """Return what a client sent as text that may be shown: lines that are no known command could be secret."""
    lines = [line.removesuffix(b"\r") for line in octets.split(b"\n")]
    requests = [parse_request(line) for line in lines]
    pieces = [
        masked(line, secret_spans(request, line)) if request.verb in VERBS else MASK
        for request, line in zip(requests, lines, strict=True)
        if line
    ]
    return wire_text(b", ".join(pieces))


def parse_status(line: bytes) -> Status | None:
    """Read the first line of an answer, or a challenge of the server; None when it is neither."""
    found = _STATUS.match(line)
    if found is None:
        return None
    status = found[1].decode().upper()
    return Status(status, _OUTCOMES[status], line[found.end() :])


def answer_shape(request: Request, outcome: Outcome) -> Shape:
    """Tell what follows the first line of the answer to a command."""
    if outcome is not Outcome.GOOD:
        return Shape.LINE
    match request.verb:
        case "RETR" | "TOP":  # RFC 1939 section 5 and section 7
            return Shape.MESSAGE
        case "CAPA":  # RFC 2449 section 5
            return Shape.ITEMS
        case "LIST" | "UIDL" | "AUTH" | "LANG" if not request.argument.strip():
            # RFC 1939 section 5 and section 7; RFC 1734 as servers extended it; RFC 6856 section 3.2
            return Shape.ITEMS
        case "XTND" if request.argument.strip().upper() in _LISTINGS:
            return Shape.ITEMS
    return Shape.LINE


def announced_octets(text: bytes) -> int | None:
    """Return the size in `+OK 120 octets`; it is free text, so there may be none. Source: RFC 1939 section 5."""
    found = _OCTETS.search(text)
    return int(found[1]) if found else None


def looks_like_header(line: bytes) -> bool:
    """Tell whether a line may be the first one of a message. Source: RFC 5322 section 2.2."""
    return _HEADER.match(line) is not None


def looks_like_greeting(text: bytes) -> bool:
    """Tell whether the text of the server's first line greets rather than answers. Source: RFC 1939 section 4."""
    return _GREETING.search(text) is not None
