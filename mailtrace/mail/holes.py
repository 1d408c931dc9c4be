"""What is readable of a mail that was not captured whole: text on both sides of a hole, and a mark in its place.

In the octets of a message what is missing stands as NULs (see `Content`), so a run of NULs as long as one of its holes
is a hole. A run of other length is one only if it is long: NULs have no place in mail, but single ones occur.
Each piece between holes is decoded by itself, as the octets before it are unknown: base64 begins again with the next
line, and a character that the hole cut in two is left out.
"""

from __future__ import annotations

import re

from mailtrace.mail import charsets
from mailtrace.mail.transfer import decode_base64

SURE_RUN = 64
"""NULs in a row that are a hole in any case, where a limit shortened it; nobody writes so many."""

CHARACTER_LIMIT = 4
"""Octets that a character takes at most, in all charsets of mail."""

_RUN = re.compile(rb"\0+")
_RUN_IN_HEADER = re.compile("\ufffd+")

Piece = bytes | int
"""Captured octets, or how many are missing."""


def hole_mark(octets: int) -> str:
    """Return what stands in a text where octets are missing."""
    return f"[... {octets:,} octets were not captured ...]"


def pieces(octets: bytes, holes: frozenset[int]) -> list[Piece]:
    """Cut octets at their holes; `holes` are the lengths of the message's holes."""
    found: list[Piece] = []
    at = 0
    for run in _RUN.finditer(octets):
        length = run.end() - run.start()
        if length in holes or length >= SURE_RUN:
            found += [octets[at : run.start()], length]
            at = run.end()
    found.append(octets[at:])
    return [piece for piece in found if piece]


def count_missing(octets: bytes, holes: frozenset[int]) -> int:
    """Return how many octets of a part, as transmitted, were not captured."""
    return sum([piece for piece in pieces(octets, holes) if isinstance(piece, int)])


def marked_header(value: str, holes: frozenset[int]) -> str:
    """Return a header's value with marks for its holes; each of their octets stands as U+FFFD in it."""
    return _RUN_IN_HEADER.sub(lambda run: _mark_for(run[0], holes), value)


def _mark_for(run: str, holes: frozenset[int]) -> str:
    return hole_mark(len(run)) if len(run) in holes or len(run) >= SURE_RUN else run


def guess_charset(octets: bytes) -> str | None:
    """Return the most probable charset of octets with holes, None for plain ASCII."""
    return charsets.guess(octets.replace(b"\0", b""), cut=True)[1]


def decode_text(octets: bytes, holes: frozenset[int], charset: str, defects: list[str]) -> str:
    """Return the text of octets with holes, each mark on a line of its own; characters cut in two are left out."""
    said: list[str] = []
    behind_hole = False
    for piece in pieces(octets, holes):
        if isinstance(piece, int):
            said += ["" if not said or said[-1].endswith("\n") else "\n", hole_mark(piece), "\n"]
        else:
            said.append(_readable(piece, CHARACTER_LIMIT if behind_hole else 1, charset, defects))
        behind_hole = isinstance(piece, int)
    return "".join(said)


def _readable(piece: bytes, starts: int, charset: str, defects: list[str]) -> str:
    """Return the text of a piece from the first of so many octets on from where all of it is in the charset."""
    for start in range(starts):
        troubles: list[str] = []
        text = charsets.decode(piece[start:], charset, troubles, cut=True)
        if not troubles:
            return text
    return charsets.decode(piece, charset, defects, cut=True)


def decode_base64_pieces(data: bytes, holes: frozenset[int]) -> tuple[bytes, int]:
    """Return what base64 with holes encodes, each hole still there, and how many octets were dropped as no base64.

    How many octets a hole hides cannot be told exactly, so that it keeps its length.
    """
    decoded = []
    dropped = 0
    behind_hole = False
    for piece in pieces(data, holes):
        if isinstance(piece, int):
            decoded.append(b"\0" * piece)
        else:
            if behind_hole:
                piece = piece.partition(b"\n")[2]
            octets, junk = decode_base64(piece)
            decoded.append(octets)
            dropped += junk
        behind_hole = isinstance(piece, int)
    return b"".join(decoded), dropped
