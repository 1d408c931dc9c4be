"""Cut the head of a message or part into header fields.

A header field starts with a name of printable ASCII and a colon; the head ends at the first empty line. A line that is
neither a field nor the continuation of one ends it too, and is the first line of the body, as MTAs read it: taking a
mangled line for a header would hide text from the reader. Lines may end with CRLF or a bare LF, never with a bare CR.
Source: RFC 5322 section 2.2.

Values are unfolded by removing the line ends only (RFC 5322 section 2.2.3). Most are plain ASCII; the others are UTF-8
(RFC 6532 section 3.2) or, against the rules but common in Korea, raw EUC-KR. Encoded words are left to whoever knows
what the field means, because in an address list they must be decoded after it is taken apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter

from msgspec import Struct

from mailtrace.mail import charsets

FIELD_LIMIT = 100 * 1024
"""Octets of one header field that are kept: the limit Postfix has for a header."""

HEAD_LIMIT = 10 * 1024 * 1024
"""Octets of a head that are read at all: far more than any mail has, so that a body without end is not taken for it."""

FIELDS_LIMIT = 10_000
"""Header fields listed for one message; real ones have fewer than two hundred."""

REMEMBERED_NAMES = 200
"""Header fields whose names are looked at once for all mails that have the same."""

REMEMBERED_HEAD = 200
"""Octets of a head that is read once for all its repetitions: parts say the same few things of themselves."""

NO_BLANK_LINE = "no-empty-line-before-body"
GUESSED_CHARSET = "header-charset-guessed"
CONTROL_CHARACTER = "control-character-in-header"
EMPTY_NAME = "header-without-name"
SPACE_BEFORE_COLON = "space-before-colon"
FIELD_LIMIT_REACHED = "limit-header-octets"
HEAD_LIMIT_REACHED = "limit-head-octets"
FIELDS_LIMIT_REACHED = "limit-headers"
ENVELOPE_LINE = "mbox-from-line"

Places = Mapping[str, Sequence[int]]
"""Where fields stand, by their names in lower case."""

Field = tuple[str, str]
"""Name as sent and unfolded value, encoded words not yet decoded."""

_name_of = itemgetter(0)
_NAME = re.compile("([!-9;-~]*)([ \\t]*):[ \\t]*")
_USUAL_NAME = re.compile("[!-9;-~]+")
_CONTROLS = re.compile("[\r\n\0]")


class Head(Struct, gc=False):
    """The head of a message or part: its fields in order, and the offset in the octets where its body starts.

    `places` tells where fields stand, by their names in lower case; then come the first values of those in `READ`.
    """

    fields: Sequence[Field]
    body: int
    places: Places
    message_id: str | None
    subject: str | None
    from_: str | None
    to: str | None
    cc: str | None
    date: str | None
    content_type: str | None
    transfer_encoding: str | None
    disposition: str | None

    @property
    def first(self) -> Mapping[str, str]:
        """The first value of each field by its name in lower case."""
        return {name: self.fields[places[0]][1] for name, places in self.places.items()}


READ = (
    *("message-id", "subject", "from", "to", "cc", "date"),
    *("content-type", "content-transfer-encoding", "content-disposition"),
)
"""The fields that every mail is asked for, in the order of `Head`."""


class Names(Struct, frozen=True, gc=False):
    """The names of the fields of a head; `usual` is false where one is none.

    `read` picks what `READ` wants of the values with None behind them.
    """

    names: tuple[str, ...]
    usual: bool
    places: Places
    read: Callable[[Sequence[str | None]], tuple[str | None, ...]]


def parse_head(data: bytes, start: int, stop: int, defects: list[str]) -> Head:
    """Return the head of `data[start:stop]`; what is wrong with it is added to `defects`."""
    end = data.find(b"\r\n\r\n", start, stop)
    if end >= 0:
        block = data[start:end]
        usual = _remembered(block) if len(block) <= REMEMBERED_HEAD else _usual_fields(block)
        if usual is not None:
            fields, found, first = usual
            return Head(fields, end + 4, found, *first)
    end, body = _head_end(data, start, stop)
    block = data[start:end]
    if len(block) >= HEAD_LIMIT:
        defects.append(HEAD_LIMIT_REACHED)
    fields, broken_at = _any_fields(block, defects)
    return head_of(fields, body if broken_at is None else start + broken_at)


def head_of(fields: Sequence[Field], body: int) -> Head:
    """Return the head that has these fields."""
    known = _known(tuple(map(_name_of, fields)))
    return Head(fields, body, known.places, *known.read([*(value for _, value in fields), None]))


def _any_fields(block: bytes, defects: list[str]) -> tuple[list[Field], int | None]:
    """Return the fields of any head, and the offset of the line that ends it without being empty, None without one."""
    # Latin-1 keeps every octet and its offset; values with other octets are read properly in `_value`.
    lines = block.decode("latin-1").split("\n")
    fields: list[Field] = []
    surplus = at = index = 0
    broken_at = None
    while index < len(lines):
        line = lines[index]
        found = _NAME.match(line)
        if found is None and line.rstrip("\r"):
            if at or not line.startswith(("From ", ">From ")):
                defects.append(NO_BLANK_LINE)
                broken_at = at
                break
            defects.append(ENVELOPE_LINE)
        first = index
        index += 1
        while index < len(lines) and lines[index][:1] in _FOLDS:
            index += 1
        at += sum(map(len, lines[first:index])) + index - first
        if found is None:
            continue
        if len(fields) == FIELDS_LIMIT:
            surplus += 1
            continue
        if found[2] or not found[1]:
            defects.append(SPACE_BEFORE_COLON if found[1] else EMPTY_NAME)
        folded = [line[found.end() :], *lines[first + 1 : index]]
        fields.append((found[1], _value("".join([part.removesuffix("\r") for part in folded]), defects)))
    if surplus:
        defects.append(f"{FIELDS_LIMIT_REACHED}: {surplus} more")
    return fields, broken_at


def _usual_fields(block: bytes) -> tuple[Sequence[Field], Places, Sequence[str | None]] | None:
    """Return the fields of a head in which nothing is remarkable, their places, and the values of those in `READ`.

    None for any other head. In such a head every CR and LF belongs to the line end before a field or before the
    continuation of one. It is read in a fifth of the time.
    """
    if not block.isascii() or 0 in block or len(block) > FIELD_LIMIT:
        return None
    lines = block.decode().replace("\r\n\t", "\t").replace("\r\n ", " ").split("\r\n")
    text = "".join(lines)
    if "\r" in text or "\n" in text or len(lines) > FIELDS_LIMIT:
        return None
    for mark in (": ", ":"):  # hardly anybody leaves the blank out
        names, values = _cut(lines, mark)
        known = _known(names)
        if known.usual and len(names) == len(lines):
            return list(zip(known.names, values, strict=True)), known.places, known.read([*values, None])
    return None


def _cut(lines: Sequence[str], mark: str) -> tuple[tuple[str, ...], Sequence[str]]:
    """Cut lines at the first mark in each, up to a line that has none; return names and values."""
    names: list[str] = []
    values: list[str] = []
    for line in lines:
        name, found, value = line.partition(mark)
        if not found:
            break
        names.append(name)
        values.append(value.strip(" \t"))
    return tuple(names), values


_remembered = lru_cache(maxsize=256)(_usual_fields)


def _known(names: tuple[str, ...]) -> Names:
    """Return what is known of a head by its names: most of a server have the same, which stay the same objects."""
    return (_read_names if len(names) <= REMEMBERED_NAMES else _read_names.__wrapped__)(names)


@lru_cache(maxsize=256)
def _read_names(names: tuple[str, ...]) -> Names:
    found: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        found.setdefault(name.lower(), []).append(place)
    usual = all(_USUAL_NAME.fullmatch(name) for name in names)
    return Names(names, usual, found, itemgetter(*[found.get(name, (len(names),))[0] for name in READ]))


def _head_end(data: bytes, start: int, stop: int) -> tuple[int, int]:
    """Return where the last header line ends, its line end not included, and where the body starts."""
    if data.startswith((b"\r\n", b"\n"), start, stop):
        return start, data.index(b"\n", start) + 1
    end = body = min(stop, start + HEAD_LIMIT)
    at = data.find(b"\n\r\n", start, end)
    if at >= 0:
        end, body = at, at + 3
    at = data.find(b"\n\n", start, end)
    if at >= 0:
        end, body = at, at + 2
    return end - data.endswith(b"\r", start, end), body


def _value(value: str, defects: list[str]) -> str:
    """Return a value of Latin-1 characters, each an octet, as the text it was meant to be."""
    if len(value) > FIELD_LIMIT:
        defects.append(FIELD_LIMIT_REACHED)
        value = value[:FIELD_LIMIT]
    value = value.strip(" \t\r")
    if not value.isascii():
        octets = value.encode("latin-1")
        try:
            value = octets.decode("utf-8")
        except UnicodeDecodeError:
            value, charset = charsets.guess(octets)
            defects.append(f"{GUESSED_CHARSET}: {charset}")
    if _CONTROLS.search(value):
        defects.append(CONTROL_CHARACTER)
        value = _CONTROLS.sub("\ufffd", value)
    return value


def without_comments(value: str) -> str:
    """Return `value` with every comment replaced by a space; quoted strings keep their parentheses.

    An unclosed comment runs to the end. Source: RFC 5322 section 3.2.2.
    """
    if "(" not in value:
        return value
    pieces = []
    depth = at = 0
    quoted = False
    for special in _SPECIALS.finditer(value):
        mark = special[0]
        if mark == '"' and depth == 0:
            quoted = not quoted
        elif mark == "(" and not quoted:
            if depth == 0:
                pieces += [value[at : special.start()], " "]
            depth += 1
        elif mark == ")" and depth:
            depth -= 1
            at = special.end()
    if depth == 0:
        pieces.append(value[at:])
    return "".join(pieces)


_SPECIALS = re.compile(r'\\.|["()]')
_FOLDS = (" ", "\t")
