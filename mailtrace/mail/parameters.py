"""Read MIME header values: the value itself and its parameters, with the extensions that carry other scripts.

A parameter may be given plainly, with percent-encoded octets (`name*=euc-kr'ko'%B0%A1`), or in numbered pieces
(`name*0*=`, `name*1=`), which are joined as octets before their charset is applied. Where a parameter is given both
plainly and extended, the extended form counts (RFC 6266 section 4.3 does the same) and the difference is told. Encoded
words in parameters, forbidden by RFC 2047 section 5 and sent by many, are decoded.
Source: RFC 2045 section 5.1, RFC 2231 section 3.
"""

from __future__ import annotations

import re

from msgspec import Struct

from mailtrace.mail import charsets
from mailtrace.mail.encodedwords import decode_words
from mailtrace.mail.headers import without_comments

PARAMETERS_LIMIT = 128
"""Parameters of one field that are read; real ones have fewer than ten."""

SHOWN_LIMIT = 255
"""Characters of a reading that did not count which a defect repeats: a file name is no longer."""

PARAMETERS_LIMIT_REACHED = "limit-parameters"
DUPLICATE_PARAMETER = "parameter-given-twice"
DIFFERENT_READINGS = "parameter-readings-differ"
BROKEN_PARAMETER = "parameter-broken"

_USUAL = re.compile(r'([^\s;"(\\]+)(?:;\s*([A-Za-z-]+)=(?:"([^"\\]*)"|([^\s;"(\\]+)))?')
_MARK = re.compile(r'\\.|[";]', re.DOTALL)
_QUOTING = re.compile(r'\\(.)|"', re.DOTALL)
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")

_Pieces = dict[int, tuple[bool, str]]
"""The numbered pieces of one parameter: whether each is percent-encoded, and its text."""


class MimeValue(Struct, frozen=True, gc=False):
    """A value such as `text/plain`, in lower case without comments, and its parameters by name in lower case."""

    value: str
    parameters: dict[str, str]


def parse_mime_value(value: str, defects: list[str]) -> MimeValue:
    """Return what a Content-Type or Content-Disposition field says."""
    usual = _USUAL.fullmatch(value)
    if usual is not None:
        main, name, quoted, token = usual.groups()
        text = token or quoted or ""
        return MimeValue(main.lower(), {name.lower(): decode_words(text, defects)} if name else {})
    if ";" not in value:
        return MimeValue(without_comments(value).strip().lower(), {})
    pieces = _split(value)
    plain: dict[str, str] = {}
    extended: dict[str, _Pieces] = {}
    read = 0
    for piece in pieces[1:]:
        if not piece.strip():
            continue
        if read == PARAMETERS_LIMIT:
            defects.append(PARAMETERS_LIMIT_REACHED)
            break
        read += 1
        name, equals, text = piece.partition("=")
        base, number, is_encoded = _name(name.strip().lower())
        if not equals or not base:
            defects.append(BROKEN_PARAMETER)
        elif number is None:
            text = decode_words(_text(text), defects)
            if base in plain:
                defects.append(f"{DUPLICATE_PARAMETER}: {base}: {text[:SHOWN_LIMIT]}")
            plain.setdefault(base, text)
        else:
            numbered, text = extended.setdefault(base, {}), _text(text)
            if number in numbered:
                defects.append(f"{DUPLICATE_PARAMETER}: {name.strip()[:SHOWN_LIMIT]}: {text[:SHOWN_LIMIT]}")
            numbered.setdefault(number, (is_encoded, text))
    for base, numbered in extended.items():
        text = _joined(numbered, defects)
        if plain.get(base, text) != text:
            defects.append(f"{DIFFERENT_READINGS}: {base}: {plain[base][:SHOWN_LIMIT]}")
        plain[base] = text
    return MimeValue(without_comments(pieces[0]).strip().lower(), plain)


def _split(value: str) -> list[str]:
    """Cut a value at the semicolons that stand outside quoted strings."""
    pieces = []
    at = 0
    quoted = False
    for mark in _MARK.finditer(value):
        if mark[0] == '"':
            quoted = not quoted
        elif mark[0] == ";" and not quoted:
            pieces.append(value[at : mark.start()])
            at = mark.end()
    pieces.append(value[at:])
    return pieces


def _name(name: str) -> tuple[str, int | None, bool]:
    """Return a parameter's base name, its piece number (None for a plain one), and whether it is percent-encoded."""
    base, *marks = name.split("*")
    if marks == [""]:
        return base, 0, True
    if 1 <= len(marks) <= 2 and marks[0].isdecimal() and len(marks[0]) <= 5 and marks[1:] in ([], [""]):
        return base, int(marks[0]), len(marks) == 2
    return name, None, False


def _text(text: str) -> str:
    """Return a parameter's value without quotes, escapes or the comment behind it."""
    text = text.strip()
    if not text.startswith('"'):
        return text.partition(" (")[0].rstrip()
    for mark in _MARK.finditer(text, 1):
        if mark[0] == '"':
            text = text[: mark.end()]
            break
    return _QUOTING.sub(lambda found: found[1] or "", text)


def _joined(numbered: _Pieces, defects: list[str]) -> str:
    """Return the text of a parameter given in pieces, up to the first one missing.

    Source: RFC 2231 section 3, RFC 2231 section 4.
    """
    charset = ""
    octets: list[bytes] = []
    for number in range(len(numbered)):
        if number not in numbered:
            defects.append(BROKEN_PARAMETER)
            break
        is_encoded, text = numbered[number]
        if is_encoded and number == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        data = text.encode("utf-8", "replace")
        octets.append(_PERCENT.sub(lambda found: bytes((int(found[1], 16),)), data) if is_encoded else data)
    data = b"".join(octets)
    said = charsets.decode(data, charset, defects) if charset else charsets.guess(data)[0]
    # Some senders put encoded words into an extended parameter; the signs of one must stand there as they are.
    is_misused = any("=?" in text for _, text in numbered.values())
    return decode_words(said, defects) if is_misused else said
