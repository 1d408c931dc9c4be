"""What an explanation needs of IMAP's grammar: values with their nesting, the literals of an answer put in their place.

Nothing here calls itself: lists within lists are kept on a stack, and those deeper than a mail needs are left out.
Source: RFC 9051 section 4.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mailtrace.model import wire_text
from mailtrace.protocols.imap.grammar import literal_at_end, quoted
from mailtrace.protocols.imap.items import item_before

LINE_END = b"\r\n"

DEEPEST = 32
"""Lists within each other that are read: a mail of many parts needs five, a structure made to hurt has thousands."""

Value = str | None | list["Value"]
"""A word or a string as text, None for NIL, or a list of values."""


class Literal(str):
    """Text that came as a literal; `lines` are its octets as the answer has them, one entry a line."""

    __slots__ = ("lines",)

    lines: tuple[bytes, ...]

    def __new__(cls, lines: tuple[bytes, ...]) -> Literal:
        """Make the text of its lines."""
        made = super().__new__(cls, wire_text(b"\r\n".join(lines)))
        made.lines = lines
        return made


class _Reader:
    """Puts values together from pieces of text and literals between them."""

    def __init__(self) -> None:
        self.values: list[Value] = []
        self._open: list[list[Value]] = [self.values]
        self._too_deep = 0

    def add(self, value: Value) -> None:
        """Take the next value."""
        if not self._too_deep:
            self._open[-1].append(value)

    def text(self, text: bytes) -> None:
        """Take the values of a piece of text."""
        at = 0
        while at < len(text):
            octet = text[at : at + 1]
            if octet == b'"':
                at, said, _ = quoted(text, at)
                self.add(wire_text(said))
                continue
            if octet in (b" ", b"(", b")"):
                self._bracket(octet)
                at += 1
                continue
            stop = _atom_end(text, at)
            word = wire_text(text[at:stop])
            self.add(None if word.upper() == "NIL" else word)
            at = stop

    def _bracket(self, octet: bytes) -> None:
        if octet == b"(":
            if self._too_deep or len(self._open) > DEEPEST:
                self._too_deep += 1
                return
            inner: list[Value] = []
            self._open[-1].append(inner)
            self._open.append(inner)
        elif octet == b")" and self._too_deep:
            self._too_deep -= 1
        elif octet == b")" and len(self._open) > 1:
            self._open.pop()


def _atom_end(text: bytes, at: int) -> int:
    """Return where a word ends; what stands in square brackets belongs to it: `BODY[HEADER.FIELDS (DATE FROM)]<0>`."""
    start = at
    while at < len(text) and text[at : at + 1] not in (b" ", b"(", b")", b'"'):
        if text[at : at + 1] == b"[":
            end = text.find(b"]", at)
            if end < 0:
                return len(text)
            at = end
        at += 1
    return max(at, start + 1)


class Piece(NamedTuple):
    """A piece of an answer: text, the announcement of the literal behind it ('' where none is), and that literal.

    The literal is None where its octets stand elsewhere, as those of a mail do.
    """

    text: bytes
    announced: bytes = b""
    literal: Literal | None = None


def values(*lines: bytes) -> list[Value]:
    """Return the values of an answer or a command, its literals in their place."""
    reader = _Reader()
    for piece in pieces(lines):
        reader.text(piece.text)
        if piece.announced:
            reader.add(wire_text(piece.announced) if piece.literal is None else piece.literal)
    return reader.values


def pieces(lines: Sequence[bytes]) -> Iterator[Piece]:
    """Yield an answer cut where literals stand in it."""
    left = deque(lines)
    while left:
        line = left.popleft()
        announced = literal_at_end(line)
        if announced is None:
            yield Piece(line)
            continue
        text = line[: announced.at]
        own = [] if item_before(text).is_message else _taken(left, announced.count)
        yield Piece(text, line[announced.at :], Literal(tuple(own)) if own else None)


def _taken(left: deque[bytes], count: int) -> list[bytes]:
    """Take the lines of a literal of `count` octets off, and leave the rest of the line it ends in.

    Nothing is taken where its octets are not all there.
    """
    if sum(len(line) + len(LINE_END) for line in left) < count:
        return []
    own: list[bytes] = []
    while left:
        line = left.popleft()
        own.append(line[:count])
        if count <= len(line):
            left.appendleft(line[count:])
            break
        count = max(0, count - len(line) - len(LINE_END))
    return own


def pairs(items: Sequence[Value]) -> list[tuple[str, Value]]:
    """Return a list of names and values in pairs, as FETCH and STATUS give them; names in upper case."""
    found = []
    for at in range(0, len(items) - 1, 2):
        name = items[at]
        if isinstance(name, str):
            found.append((name.upper(), items[at + 1]))
    return found


def words(value: Value) -> list[str]:
    """Return the words of a list, or the one word that stands without parentheses; what is no word is left out."""
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if value else []
