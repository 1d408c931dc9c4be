"""HOT. The leaves of a message: octets with their transfer encoding undone, read as text where they are text (`mail`).

Everything is told once: type, size and hash of every leaf, the text of those that people read, what it is beyond its
type, and the files that older encodings put into it. What is missing from the capture is a mark in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256

from msgspec import Struct

from mailtrace.mail import charsets, embedded, holes
from mailtrace.mail.bounces import NATURES, STARTS_IN_WORDS
from mailtrace.mail.flowed import unfold
from mailtrace.mail.headers import Head
from mailtrace.mail.natures import nature_of_file, nature_of_text, nature_of_type
from mailtrace.mail.parameters import parse_mime_value
from mailtrace.mail.transfer import decode_base64, decode_quoted_printable, decode_uuencode, other_base64_reading
from mailtrace.model import EmbeddedFile, MessagePart

TEXT_LIMIT = 64 * 1024
"""Octets of one part that are shown as text: more than anybody reads in a walkthrough; size and hash cover all."""

FILES_LIMIT = 1_000
"""Embedded files told of one message."""

REMEMBERED_TYPE = 100
"""Characters of a Content-Type that is read once for all its repetitions; boundaries make longer ones rarely repeat."""

TEXT_LIMIT_REACHED = "limit-text"
FILES_LIMIT_REACHED = "limit-embedded-files"
BASE64_DROPPED = "base64-octets-dropped"
OTHER_READING = "base64-other-reading"
WRONG_ESCAPES = "quoted-printable-broken"
BROKEN_UUENCODE = "uuencode-broken"
UNKNOWN_ENCODING = "transfer-encoding-unknown"
BAD_CONTENT_TYPE = "content-type-broken"

IDENTITY = frozenset(("", "7bit", "8bit", "binary"))
"""Transfer encodings that change nothing. Source: RFC 2045 section 6.2."""

_OPEN = ord("(")
"""How the line begins by which BinHex is known; this one octet is looked for in no time."""

_UUENCODE = frozenset(("x-uuencode", "uuencode", "x-uue", "uue"))
_MULTIPART = re.compile(r'(multipart/[a-z]+);\s*boundary="([^"\\?]+)"')
"""What a multipart says of itself, nearly always: its boundary, which is never the same, and nothing to decode."""

_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
_TEXTS_BY_NATURE = frozenset(("delivery-status", "disposition-notification", "feedback-report", "headers"))


class Kind(Struct, frozen=True, gc=False):
    """What a Content-Type field says: a type in lower case and what matters of its parameters."""

    type: str
    boundary: str = ""
    charset: str | None = None
    name: str | None = None
    is_flowed: bool = False
    is_space_deleted: bool = False
    is_multipart: bool = False
    is_text: bool = True  # shown as text, like a multipart that cannot be cut
    is_message: bool = False
    nature: str | None = None


class Outline(Struct, gc=False):
    """What is told of a message: its leaves, the heads of messages inside with their paths, files that are no leaves.

    `holes` are the lengths of what is missing from it. `may_report` tells that a leaf may be about another mail.
    """

    defects: list[str]
    holes: frozenset[int]
    parts: list[MessagePart]
    heads: list[tuple[str, Head]]
    files: list[EmbeddedFile]
    may_report: bool = False
    take: Callable[[MessagePart, bytes], None] | None = None


def content_type(value: str | None, default: Kind, defects: list[str]) -> Kind:
    """Return what a Content-Type field says; the default without one."""
    if value is None:
        return default
    read = _kind if len(value) <= REMEMBERED_TYPE else _kind.__wrapped__
    kind, troubles = read(value)
    if troubles:
        defects += troubles
    return kind


@lru_cache(maxsize=256)
def _kind(value: str) -> tuple[Kind, tuple[str, ...]]:
    """Read a Content-Type field, with its defects; plain text when it is broken. Source: RFC 2045 section 5.2."""
    multipart = _MULTIPART.fullmatch(value)
    if multipart is not None:
        return Kind(multipart[1], multipart[2].rstrip(), is_multipart=True), ()
    troubles: list[str] = []
    said = parse_mime_value(value, troubles)
    type_, parameters = said.value, said.parameters
    if not _TYPE.fullmatch(type_):
        troubles.append(BAD_CONTENT_TYPE)
        type_ = "text/plain"
    nature = nature_of_type(type_, parameters)
    kind = Kind(
        type=type_,
        boundary=parameters.get("boundary", "").rstrip(),
        charset=parameters.get("charset") or None,
        name=parameters.get("name"),
        is_flowed=parameters.get("format", "").lower() == "flowed",
        is_space_deleted=parameters.get("delsp", "").lower() == "yes",
        is_multipart=type_.startswith("multipart/"),
        is_text=type_.startswith(("text/", "multipart/")) or nature in _TEXTS_BY_NATURE,
        is_message=type_ in ("message/rfc822", "message/global"),
        nature=nature,
    )
    return kind, tuple(troubles)


def transfer_encoding(value: str) -> str:
    """Return the transfer encoding a field names, in lower case; '' when it names none."""
    words = value.replace('"', " ").replace(";", " ").split(None, 1)
    return words[0].lower() if words else ""


def decoded(octets: bytes, encoding: str, path: str, told: Outline) -> bytes:
    """Return the octets with a transfer encoding undone that changes them. Source: RFC 2045 section 6."""
    part = path or "0"
    if encoding == "base64":
        if told.holes:
            octets, dropped = holes.decode_base64_pieces(octets, told.holes)
        else:
            other = other_base64_reading(octets)
            octets, dropped = decode_base64(octets)
            if other is not None:
                told.defects.append(f"{OTHER_READING}: part {part}: sha256 {sha256(other).hexdigest()}")
        if dropped:
            told.defects.append(f"{BASE64_DROPPED}: part {part}: {dropped}")
    elif encoding == "quoted-printable":
        octets, wrong = decode_quoted_printable(octets)
        if wrong:
            told.defects.append(f"{WRONG_ESCAPES}: part {part}: {wrong}")
    elif encoding in _UUENCODE:
        octets, is_whole = decode_uuencode(octets)
        if not is_whole:
            told.defects.append(f"{BROKEN_UUENCODE}: part {part}")
    else:
        told.defects.append(f"{UNKNOWN_ENCODING}: {encoding[:40]}")
    return octets


def tell_leaf(
    path: str, kind: Kind, disposition: str | None, octets: bytes, told: Outline, missing_bytes: int = 0
) -> None:
    """Tell one part that holds no others that can be told apart from it; `octets` are decoded."""
    filename = kind.name
    shown = None
    if disposition is not None:
        said = parse_mime_value(disposition, told.defects)
        filename = said.parameters.get("filename", filename)
        shown = said.value or None
    charset, nature = kind.charset, kind.nature
    text, guessed = None, False
    if kind.is_text:
        text, charset, guessed = _text(octets, charset, path, told)
        if kind.is_flowed:
            text = unfold(text, kind.is_space_deleted)
        if kind.type != "text/html":  # which has neither, and is searched in vain
            nature = nature_of_text(octets) or nature
            if octets.find(b"begin ") >= 0 or (_OPEN in octets and octets.find(embedded.BINHEX_LINE) >= 0):
                _keep_files(embedded.files_in_text(octets, path), told)
        if nature in NATURES or text.startswith(STARTS_IN_WORDS):
            told.may_report = True
    elif not kind.is_message:
        nature = nature_of_file(nature, octets)
        if nature == "tnef":
            _keep_files(embedded.files_in_tnef(octets, path), told)
        elif nature == "binhex":
            _keep_files(embedded.files_in_text(octets, path), told)
    charset = charset.lower() if charset else None
    size, digest = len(octets), sha256(octets).hexdigest()
    part = MessagePart(path, kind.type, charset, filename, size, digest, text, guessed, shown, nature, missing_bytes)
    told.parts.append(part)


def _keep_files(files: list[EmbeddedFile], told: Outline) -> None:
    """Tell the files in one part, as far as there is room."""
    room = FILES_LIMIT - len(told.files)
    told.files += files[:room]
    if len(files) > room:
        told.defects.append(FILES_LIMIT_REACHED)


def _text(octets: bytes, charset: str | None, path: str, told: Outline) -> tuple[str, str | None, bool]:
    """Return the shown text of a part with line feeds as line ends, its charset, and whether that was guessed."""
    if charset is not None and not told.holes and len(octets) <= TEXT_LIMIT:  # as nearly all are
        return charsets.decode_lines(octets, charset, told.defects), charset, False
    cut = len(octets) > TEXT_LIMIT
    if cut:
        told.defects.append(f"{TEXT_LIMIT_REACHED}: part {path}: {TEXT_LIMIT} of {len(octets)} octets shown")
        octets = octets[:TEXT_LIMIT]
    guessed = charset is None
    if told.holes:
        charset = charset or holes.guess_charset(octets)
        text = holes.decode_text(octets, told.holes, charset or "us-ascii", told.defects)
    elif charset is not None:
        text = charsets.decode(octets, charset, told.defects, cut=cut)
    else:
        text, charset = charsets.guess(octets, cut=cut)
    return text.replace("\r\n", "\n"), charset or "us-ascii", guessed and charset is not None
