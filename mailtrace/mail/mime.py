"""Outline a message's MIME structure down to its leaves: iterative, so that no nesting can exhaust the stack.

A stack holds the parts still to be looked at, as ranges of octets; a multipart is cut at its boundary lines into new
ranges, a leaf is told. One level looks at an octet once and levels are limited, so the work is linear.

A boundary line is two hyphens and the boundary at the start of a line, then maybe two hyphens that close, then only
white space: a boundary that merely begins with another one's text is a different boundary. The line end before it
belongs to it. A multipart that is never closed ends with its parent; preamble and epilogue are no parts.
Source: RFC 2046 section 5.1. An attached message is a leaf (its octets are hashed) and is outlined inside as well.
Paths are IMAP section numbers. Source: RFC 3501 section 6.4.5.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from mailtrace.mail.headers import Head, parse_head
from mailtrace.mail.holes import count_missing
from mailtrace.mail.leaves import IDENTITY, Kind, Outline, content_type, decoded, tell_leaf, transfer_encoding
from mailtrace.model import MessagePart

DEPTH_LIMIT = 100
"""Levels of multiparts and attached messages that are opened; what is deeper is one opaque part."""

PARTS_LIMIT = 10_000
"""Parts that are told; the rest is counted. Mail programs give up far earlier."""

BOUNDARY_LIMIT = 256
"""Characters of a boundary that is believed; RFC 2046 section 5.1.1 allows 70."""

DEPTH_LIMIT_REACHED = "limit-mime-depth"
PARTS_LIMIT_REACHED = "limit-mime-parts"
BOUNDARY_MISSING = "boundary-missing"
BOUNDARY_LONG = "boundary-too-long"
BOUNDARY_UNUSED = "boundary-never-used"
UNTERMINATED = "multipart-not-closed"
OTHER_PARTS = "parts-when-decoded"
ENCODED_MULTIPART = "transfer-encoding-on-multipart"

_CR = 0x0D
_TEXT = Kind("text/plain")
_MESSAGE = Kind("message/rfc822", is_text=False, is_message=True)


class _Entity(Struct, gc=False):
    """A part still to be looked at: octets with a head, where it stands, and what it is when it does not say."""

    data: bytes
    start: int
    stop: int
    path: str
    depth: int
    default: Kind = _TEXT
    root: bool = False  # a message's own body, whose parts are numbered directly under the path
    head: Head | None = None


def outline(
    data: bytes,
    head: Head,
    defects: list[str],
    holes: frozenset[int] = frozenset(),
    take: Callable[[MessagePart, bytes], None] | None = None,
) -> Outline:
    """Return what the message `data`, whose head is already read, consists of, in order.

    `holes` are the lengths of its holes. What is wrong with it is added to `defects`. `take` is called with each leaf
    and its decoded octets.
    """
    told = Outline(defects, holes, [], [], [], False, take)
    waiting = [_Entity(data, 0, len(data), "", 0, _TEXT, True, head)]
    while waiting:
        if len(told.parts) >= PARTS_LIMIT:
            defects.append(f"{PARTS_LIMIT_REACHED}: {len(waiting)} more")
            break
        entity = waiting.pop()
        inside = _look(entity, PARTS_LIMIT - len(waiting), told)
        if inside:
            waiting += reversed(inside)
    return told


def _look(entity: _Entity, room: int, told: Outline) -> Sequence[_Entity]:
    """Tell one entity if it is a leaf; return what is inside it, at most `room` entities."""
    head = entity.head
    if head is None:
        head = parse_head(entity.data, entity.start, entity.stop, told.defects)
        if entity.root:
            told.heads.append((entity.path, head))
    kind = content_type(head.content_type, entity.default, told.defects)
    encoding = "" if head.transfer_encoding is None else transfer_encoding(head.transfer_encoding)
    if kind.is_multipart:
        body = (entity.data, head.body, entity.stop)
        children = _children(entity, kind, encoding, body, room, told)
        if children:
            return children
    path = entity.path
    if entity.root:
        path = _below(path, 1)
    octets = entity.data[head.body : entity.stop]
    missing = count_missing(octets, told.holes) if told.holes else 0
    if encoding not in IDENTITY:
        octets = decoded(octets, encoding, path, told)
    tell_leaf(path, kind, head.disposition, octets, told, missing)
    if told.take is not None:
        told.take(told.parts[-1], octets)
    if not kind.is_message:
        return ()
    if entity.depth >= DEPTH_LIMIT:
        told.defects.append(DEPTH_LIMIT_REACHED)
        return ()
    return [_Entity(octets, 0, len(octets), path, entity.depth + 1, root=True)]


def _below(path: str, number: int) -> str:
    """Return the path of the part with this number under `path`."""
    return f"{path}.{number}" if path else str(number)


def _children(
    entity: _Entity, kind: Kind, encoding: str, body: tuple[bytes, int, int], room: int, told: Outline
) -> list[_Entity]:
    """Return the parts of a multipart, none when it cannot be cut; surplus ones are counted."""
    boundary, defects = kind.boundary, told.defects
    if entity.depth >= DEPTH_LIMIT or not boundary or len(boundary) > BOUNDARY_LIMIT:
        unusable = BOUNDARY_LONG if boundary else BOUNDARY_MISSING
        defects.append(DEPTH_LIMIT_REACHED if entity.depth >= DEPTH_LIMIT else unusable)
        return []
    if len(boundary) > 70:
        defects.append(BOUNDARY_LONG)
    data, start, stop = body
    delimiter = b"--" + boundary.encode("utf-8", "replace")
    cut = _cut(data, start, stop, delimiter, room)
    if encoding not in IDENTITY:
        defects.append(ENCODED_MULTIPART)
        scratch = Outline([], told.holes, [], [], [])
        octets = decoded(data[start:stop], encoding, entity.path, scratch)
        other = _cut(octets, 0, len(octets), delimiter, room)
        if not cut.ranges:
            data, cut = octets, other
            defects += scratch.defects
        elif other.ranges:
            defects.append(f"{OTHER_PARTS}: {len(other.ranges)}")
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


def _cut(data: bytes, start: int, stop: int, delimiter: bytes, room: int) -> _Cut:
    """Cut `data[start:stop]` at the lines that `delimiter` begins; at most `room` ranges are kept."""
    cut = _Cut([], 0, False)
    open_at = -1  # where the part being read starts
    mark, size = b"\n" + delimiter, len(delimiter)
    line = start if data.startswith(delimiter, start, stop) else data.find(mark, start, stop) + 1 or -1
    while line >= 0:
        end = data.find(b"\n", line, stop)
        if end < 0:
            end = stop
        rest = data[line + size : end].rstrip(b" \t\r")
        if not rest or rest == b"--":
            if open_at >= 0:
                last = line - 2 if data[line - 2] == _CR else line - 1
                _keep(cut, open_at, max(open_at, last), room)
            if rest:
                cut.closed = True
                return cut
            open_at = min(end + 1, stop)
        line = data.find(mark, end, stop) + 1 or -1
    if open_at >= 0:
        _keep(cut, open_at, stop, room)
    return cut


def _keep(cut: _Cut, start: int, stop: int, room: int) -> None:
    """Note one part's range, or count it when there is no room."""
    if len(cut.ranges) < room:
        cut.ranges.append((start, stop))
    else:
        cut.surplus += 1
