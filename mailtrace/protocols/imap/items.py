"""What FETCH asks for and answers, as far as it takes to tell a mail from a part of one.

Source: RFC 9051 section 7.5.2.
"""

from __future__ import annotations

import re

from msgspec import Struct

TAIL = 1024
"""Octets before a literal in which the name of what it is stands: the longest are lists of header fields."""

_ORIGIN = re.compile(rb"(?:<([0-9]{1,19})>)?\Z")
_RFC822 = re.compile(rb"(?:\A|[ (])(RFC822(?:\.HEADER|\.TEXT)?)\Z", re.IGNORECASE)
_EMPTY_PIECE = re.compile(rb"[ (]BODY\[\]<([0-9]{1,19})> (?:\"\"|NIL)(?=[ )])", re.IGNORECASE)
_ASKED_PIECE = re.compile(rb"[ (](?:BODY|BINARY)(?:\.PEEK)?\[\]<([0-9]{1,19})\.([0-9]{1,19})>", re.IGNORECASE)
_UID = re.compile(rb"[ (]UID ([0-9]{1,20})(?=[ )])", re.IGNORECASE)
_SIZE = re.compile(rb"[ (]RFC822\.SIZE ([0-9]{1,19})(?=[ )])", re.IGNORECASE)


class Item(Struct, frozen=True):
    """What a literal of a FETCH response is: its name such as `BODY[HEADER]`, and where in it a partial one begins."""

    name: str
    origin: int | None = None

    @property
    def is_message(self) -> bool:
        """Whether it is a mail, or a piece of one, and not only a part, a header or a text."""
        return self.name in ("BODY[]", "RFC822", "BINARY[]")


def item_before(text: bytes) -> Item:
    """Return what the literal is that follows `text`; the name is empty when it cannot be told."""
    tail = text[-TAIL:].rstrip(b" ")
    upper = tail.upper()
    start = max(upper.rfind(b"BODY["), upper.rfind(b"BINARY["))
    stop = upper.rfind(b"]")
    if 0 <= start < stop:
        origin = _ORIGIN.match(tail[stop + 1 :])
        if origin:
            name = upper[start : stop + 1].decode("latin-1")
            return Item(name, None if origin[1] is None else int(origin[1]))
    old = _RFC822.search(tail)
    return Item(old[1].upper().decode() if old else "")


def asked_length(argument: bytes, origin: int) -> int | None:
    """Return how many octets FETCH asked for from `origin` on; None when it asked for all. RFC 9051 section 6.4.5."""
    for found in _ASKED_PIECE.finditer(b" " + argument):
        if int(found[1]) == origin:
            return int(found[2])
    return None


def empty_piece(text: bytes) -> int | None:
    """Return where the message ends if a response says that nothing is left there."""
    found = _EMPTY_PIECE.search(text)
    return int(found[1]) if found else None


def uid_of(text: bytes) -> int | None:
    """Return the UID that a FETCH response tells."""
    found = _UID.search(text)
    return int(found[1]) if found else None


def size_of(text: bytes) -> int | None:
    """Return the size of the whole mail that a FETCH response tells."""
    found = _SIZE.search(text)
    return int(found[1]) if found else None
