"""Outline a message's MIME structure and decode its leaves: iterative, so that no nesting can exhaust the stack.

A stack holds the parts still to be looked at, as ranges of octets; a multipart is cut at its boundary lines into new
ranges, a leaf is decoded and told. One level looks at an octet once and levels are limited, so the work is linear.

A boundary line is two hyphens and the boundary at the start of a line, then maybe two hyphens that close, then only
white space: a boundary that merely begins with another one's text is a different boundary. The line end before it
belongs to it. A multipart that is never closed ends with its parent; preamble and epilogue are no parts.
Source: RFC 2046 section 5.1. An attached message is a leaf (its octets are hashed) and is outlined inside as well.
Paths are IMAP section numbers. Source: RFC 3501 section 6.4.5.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256

from msgspec import Struct

from mailtrace.mail import charsets
from mailtrace.mail.flowed import unfold
from mailtrace.mail.headers import Head, parse_head
from mailtrace.mail.parameters import parse_mime_value
from mailtrace.mail.transfer import decode_base64, decode_quoted_printable
from mailtrace.model import MessagePart

DEPTH_LIMIT = 100
"""Levels of multiparts and attached messages that are opened; what is deeper is one opaque part."""

PARTS_LIMIT = 10_000
"""Parts that are told; the rest is counted. Mail programs give up far earlier."""

TEXT_LIMIT = 64 * 1024
"""Octets of one part that are shown as text: more than anybody reads in a walkthrough; size and hash cover all."""

BOUNDARY_LIMIT = 256
"""Characters of a boundary that is believed; RFC 2046 section 5.1.1 allows 70."""

REMEMBERED_TYPE = 100
"""Characters of a Content-Type that is read once for all its repetitions; boundaries make longer ones rarely repeat."""

DEPTH_LIMIT_REACHED = "limit-mime-depth"
PARTS_LIMIT_REACHED = "limit-mime-parts"
TEXT_LIMIT_REACHED = "limit-text"
BOUNDARY_MISSING = "boundary-missing"
BOUNDARY_LONG = "boundary-too-long"
BOUNDARY_UNUSED = "boundary-never-used"
UNTERMINATED = "multipart-not-closed"
ENCODED_MULTIPART = "transfer-encoding-on-multipart"
BASE64_DROPPED = "base64-octets-dropped"
WRONG_ESCAPES = "quoted-printable-broken"
UNKNOWN_ENCODING = "transfer-encoding-unknown"
BAD_CONTENT_TYPE = "content-type-broken"
UUENCODED = "uuencoded-file"
YENC = "yenc-file"
BINHEX = "binhex-file"

_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
_UUENCODE = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,255})", re.MULTILINE)
_BINHEX = b"(This file must be converted with BinHex"
_IDENTITY = frozenset(("", "7bit", "8bit", "binary"))


class _Kind(Struct, frozen=True, gc=False):
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


_TEXT = _Kind("text/plain")
_MESSAGE = _Kind("message/rfc822", is_text=False, is_message=True)


class _Entity(Struct, gc=False):
    """A part still to be looked at: octets with a head, where it stands, and what it is when it does not say."""

    data: bytes
    start: int
    stop: int
    path: str
    depth: int
    default: _Kind = _TEXT
    root: bool = False  # a message's own body, whose parts are numbered directly under the path
    head: Head | None = None


def outline(data: bytes, head: Head, defects: list[str]) -> tuple[MessagePart, ...]:
    """Return the leaves of the message `data`, whose head is already read, in order."""
    parts: list[MessagePart] = []
    waiting = [_Entity(data, 0, len(data), "", 0, root=True, head=head)]
    while waiting:
        if len(parts) >= PARTS_LIMIT:
            defects.append(f"{PARTS_LIMIT_REACHED}: {len(waiting)} more")
            break
        entity = waiting.pop()
        waiting += reversed(_look(entity, parts, PARTS_LIMIT - len(waiting), defects))
    return tuple(parts)


def _look(entity: _Entity, parts: list[MessagePart], room: int, defects: list[str]) -> list[_Entity]:
    """Tell one entity if it is a leaf; return what is inside it, at most `room` entities."""
    head = entity.head or parse_head(entity.data, entity.start, entity.stop, defects)
    fields = head.first
    kind = _content_type(fields.get("content-type"), entity.default, defects)
    encoding = _encoding(fields["content-transfer-encoding"]) if "content-transfer-encoding" in fields else ""
    if kind.is_multipart:
        body = (entity.data, head.body, entity.stop)
        children = _children(entity, kind, encoding, body, room, defects)
        if children:
            return children
    path = entity.path
    if entity.root:
        path = _below(path, 1)
    octets = entity.data[head.body : entity.stop]
    if encoding not in _IDENTITY:
        octets = _decoded(octets, encoding, path, defects)
    parts.append(_leaf(path, kind, fields.get("content-disposition"), octets, defects))
    if not kind.is_message:
        return []
    if entity.depth >= DEPTH_LIMIT:
        defects.append(DEPTH_LIMIT_REACHED)
        return []
    return [_Entity(octets, 0, len(octets), path, entity.depth + 1, root=True)]


def _below(path: str, number: int) -> str:
    """Return the path of the part with this number under `path`."""
    return f"{path}.{number}" if path else str(number)


def _content_type(value: str | None, default: _Kind, defects: list[str]) -> _Kind:
    """Return what a Content-Type field says; the default without one."""
    if value is None:
        return default
    read = _kind if len(value) <= REMEMBERED_TYPE else _kind.__wrapped__
    kind, troubles = read(value)
    if troubles:
        defects += troubles
    return kind


@lru_cache(maxsize=256)
def _kind(value: str) -> tuple[_Kind, tuple[str, ...]]:
    """Read a Content-Type field, with its defects; plain text when it is broken. Source: RFC 2045 section 5.2."""
    troubles: list[str] = []
    said = parse_mime_value(value, troubles)
    type_, parameters = said.value, said.parameters
    if not _TYPE.fullmatch(type_):
        troubles.append(BAD_CONTENT_TYPE)
        type_ = "text/plain"
    kind = _Kind(
        type=type_,
        boundary=parameters.get("boundary", "").rstrip(),
        charset=parameters.get("charset") or None,
        name=parameters.get("name"),
        is_flowed=parameters.get("format", "").lower() == "flowed",
        is_space_deleted=parameters.get("delsp", "").lower() == "yes",
        is_multipart=type_.startswith("multipart/"),
        is_text=type_.startswith(("text/", "multipart/")),
        is_message=type_ in ("message/rfc822", "message/global"),
    )
    return kind, tuple(troubles)


def _encoding(value: str) -> str:
    """Return the transfer encoding a field names, in lower case; '' when it names none."""
    words = value.replace('"', " ").replace(";", " ").split(None, 1)
    return words[0].lower() if words else ""


def _children(
    entity: _Entity, kind: _Kind, encoding: str, body: tuple[bytes, int, int], room: int, defects: list[str]
) -> list[_Entity]:
    """Return the parts of a multipart, none when it cannot be cut; surplus ones are counted in `defects`."""
    boundary = kind.boundary
    if entity.depth >= DEPTH_LIMIT or not boundary or len(boundary) > BOUNDARY_LIMIT:
        unusable = BOUNDARY_LONG if boundary else BOUNDARY_MISSING
        defects.append(DEPTH_LIMIT_REACHED if entity.depth >= DEPTH_LIMIT else unusable)
        return []
    if len(boundary) > 70:
        defects.append(BOUNDARY_LONG)
    data, start, stop = body
    cut = _cut(data, start, stop, boundary.encode("utf-8", "replace"), room)
    if encoding not in _IDENTITY:
        defects.append(ENCODED_MULTIPART)
        if not cut.ranges:
            data = _decoded(data[start:stop], encoding, entity.path, defects)
            cut = _cut(data, 0, len(data), boundary.encode("utf-8", "replace"), room)
    if not cut.ranges:
        defects.append(BOUNDARY_UNUSED)
    elif not cut.closed:
        defects.append(UNTERMINATED)
    if cut.surplus:
        defects.append(f"{PARTS_LIMIT_REACHED}: {cut.surplus} more")
    default = _MESSAGE if kind.type == "multipart/digest" else _TEXT
    return [
        _Entity(data, first, last, _below(entity.path, number), entity.depth + 1, default)
        for number, (first, last) in enumerate(cut.ranges, 1)
    ]


class _Cut(Struct, gc=False):
    """Where a boundary cuts: the parts' ranges, how many more there were, and whether the closing line was there."""

    ranges: list[tuple[int, int]]
    surplus: int
    closed: bool


def _cut(data: bytes, start: int, stop: int, boundary: bytes, room: int) -> _Cut:
    """Cut `data[start:stop]` at the lines of `boundary`; at most `room` ranges are kept."""
    delimiter = b"--" + boundary
    cut = _Cut([], 0, False)
    open_at = -1  # where the part being read starts
    at = start if data.startswith(delimiter, start, stop) else data.find(b"\n" + delimiter, start, stop)
    while at >= 0 and not cut.closed:
        text = at if at == start and data.startswith(delimiter, at) else at + 1
        end = data.find(b"\n", text, stop)
        end = stop if end < 0 else end
        rest = data[text + len(delimiter) : end].rstrip(b" \t\r")
        if rest in (b"", b"--"):
            if open_at >= 0:
                last = at - 1 if data[at - 1 : at] == b"\r" else at
                _keep(cut, open_at, max(open_at, last), room)
            open_at = min(end + 1, stop)
            cut.closed = rest == b"--"
        at = data.find(b"\n" + delimiter, end, stop)
    if open_at >= 0 and not cut.closed:
        _keep(cut, open_at, stop, room)
    return cut


def _keep(cut: _Cut, start: int, stop: int, room: int) -> None:
    """Note one part's range, or count it when there is no room."""
    if len(cut.ranges) < room:
        cut.ranges.append((start, stop))
    else:
        cut.surplus += 1


def _decoded(octets: bytes, encoding: str, path: str, defects: list[str]) -> bytes:
    """Return the octets with a transfer encoding undone that changes them. Source: RFC 2045 section 6."""
    if encoding == "base64":
        octets, dropped = decode_base64(octets)
        if dropped:
            defects.append(f"{BASE64_DROPPED}: part {path or '0'}: {dropped}")
    elif encoding == "quoted-printable":
        octets, wrong = decode_quoted_printable(octets)
        if wrong:
            defects.append(f"{WRONG_ESCAPES}: part {path or '0'}: {wrong}")
    else:
        defects.append(f"{UNKNOWN_ENCODING}: {encoding[:40]}")
    return octets


def _leaf(path: str, kind: _Kind, disposition: str | None, octets: bytes, defects: list[str]) -> MessagePart:
    """Tell one part that holds no others that can be told apart from it."""
    filename = kind.name
    shown = None
    if disposition is not None:
        said = parse_mime_value(disposition, defects)
        filename = said.parameters.get("filename", filename)
        shown = said.value or None
    charset = kind.charset
    text, guessed = None, False
    if kind.is_text:
        text, charset, guessed = _text(octets, charset, path, defects)
        if kind.is_flowed:
            text = unfold(text, kind.is_space_deleted)
    return MessagePart(
        path=path,
        content_type=kind.type,
        charset=charset.lower() if charset else None,
        filename=filename,
        size_bytes=len(octets),
        sha256=sha256(octets).hexdigest(),
        text=text,
        charset_guessed=guessed,
        disposition=shown,
    )


def _text(octets: bytes, charset: str | None, path: str, defects: list[str]) -> tuple[str, str | None, bool]:
    """Return the shown text of a part with line feeds as line ends, its charset, and whether that was guessed."""
    if b"begin " in octets or _BINHEX in octets:
        defects += _embedded_files(octets)
    cut = len(octets) > TEXT_LIMIT
    if cut:
        defects.append(f"{TEXT_LIMIT_REACHED}: part {path}: {TEXT_LIMIT} of {len(octets)} octets shown")
        octets = octets[:TEXT_LIMIT]
    if charset is not None:
        text, guessed = charsets.decode(octets, charset, defects, cut=cut), False
    else:
        text, charset = charsets.guess(octets, cut=cut)
        guessed = charset is not None
    return text.replace("\r\n", "\n"), charset or "us-ascii", guessed


def _embedded_files(octets: bytes) -> list[str]:
    """Return the files that older encodings put into text; they are named, not opened."""
    found = [f"{UUENCODED}: {charsets.guess(each[1])[0]}" for each in _UUENCODE.finditer(octets)]
    if b"=ybegin " in octets:
        found.append(YENC)
    if _BINHEX in octets:
        found.append(BINHEX)
    return found
