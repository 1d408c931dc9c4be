"""A mail with what was chosen replaced in it: head, parts, encoded words and all, octet for octet as long as before.

Boundaries cut the octets into heads and bodies, one after the other; nothing is nested here, so that nothing can be
nested too deep. What stands in a body is found through its transfer encoding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from mailtrace.mail.charsets import codec_of
from mailtrace.mail.leaves import IDENTITY, Kind, content_type, transfer_encoding
from mailtrace.redact.blanks import blank
from mailtrace.redact.coding import Replace, in_base64, in_quoted_printable, in_unknown
from mailtrace.redact.fields import BODIES
from mailtrace.redact.heads import Heads, replaced_in
from mailtrace.redact.text import Rewriter

OPEN_LIMIT = 20
"""Multiparts within each other whose boundaries are looked for; what is deeper belongs to the innermost of them."""

BOUNDARY_LIMIT = 256
"""Octets of a boundary that is believed; RFC 2046 section 5.1.1 allows 70."""

_TEXT = Kind("text/plain")
_FIELDS_INSIDE = frozenset(
    ("message/delivery-status", "message/disposition-notification", "message/feedback-report", "text/rfc822-headers")
)
"""Parts that are made of fields, like a head; who reads them needs their words."""

_PLAIN_CODECS = frozenset((None, "ascii", "utf-8", "cp949"))
"""Charsets in which names are found as they stand."""

_DASHES = re.compile(rb"^--", re.MULTILINE)


class Body(Struct, gc=False):
    """A body or part of one: what it is, and how it is encoded ('' for as it is)."""

    kind: Kind
    encoding: str = ""


class Mails:
    """Replaces in mails."""

    def __init__(self, rewriter: Rewriter) -> None:
        """Replace what the rewriter was told to."""
        self._rewriter = rewriter
        self.heads = Heads(rewriter)

    def mail(self, octets: bytes) -> bytes:
        """Return a mail, or what is there of one, from its first line on."""
        if not self._rewriter.fields:
            return octets
        return b"".join(self._pieces(octets))

    def head(self, octets: bytes) -> bytes:
        """Return lines of fields, as of a head, with whatever stands between them."""
        if not self._rewriter.fields:
            return octets
        pieces, at = [], 0
        while at < len(octets):
            head = self.heads.read(octets, at)
            pieces.append(self.heads.replaced(octets, at, head))
            at = head.stop
            if not head.fields:  # no field, no empty line: a line of something else
                stop = octets.find(b"\n", at) + 1 or len(octets)
                pieces.append(self.part(octets[at:stop]))
                at = stop
        return b"".join(pieces)

    def part(self, octets: bytes) -> bytes:
        """Return a body, or what is there of one, of which nothing else is known."""
        if not self._rewriter.fields:
            return octets
        return in_unknown(octets, blank if BODIES in self._rewriter.fields else self._rewriter.text)

    def _pieces(self, octets: bytes) -> Iterator[bytes]:
        boundaries: list[bytes] = []
        at, is_part = 0, True
        while at < len(octets):
            body = Body(_TEXT)
            if is_part:
                head = self.heads.read(octets, at)
                yield self.heads.replaced(octets, at, head)
                at = head.stop
                body = _body(head.first)
                if body.kind.is_multipart and 0 < len(body.kind.boundary) <= BOUNDARY_LIMIT:
                    del boundaries[OPEN_LIMIT - 1 :]
                    boundaries.append(b"--" + body.kind.boundary.encode("utf-8", "replace"))
                if body.kind.is_message and body.encoding in IDENTITY:
                    continue
            start, stop, is_part = _next_boundary(octets, at, boundaries)
            yield self._body(octets[at:start], body)
            yield octets[start:stop]
            at = stop

    def _body(self, octets: bytes, body: Body) -> bytes:
        kind, rewriter = body.kind, self._rewriter
        if kind.type in _FIELDS_INSIDE and body.encoding in IDENTITY:
            return self.head(octets)
        replace: Replace
        if BODIES in rewriter.fields:
            replace = blank if kind.is_text else _blanked
        elif kind.is_text or kind.is_message:
            replace = self._text_in(kind.charset)
        else:
            return octets
        if body.encoding == "base64":
            return in_base64(octets, _emptied if replace is _blanked else replace)
        if body.encoding == "quoted-printable":
            return in_quoted_printable(octets, replace)
        return replace(octets)

    def _text_in(self, charset: str | None) -> Replace:
        """Return what replaces in running text of a charset."""
        if charset is None or codec_of(charset) in _PLAIN_CODECS:
            return self._rewriter.text
        return lambda octets: replaced_in(octets, charset, self._rewriter.spoken, self._rewriter.text)


def _blanked(octets: bytes) -> bytes:
    """Return as many octets that tell nothing; line ends stay, so that a file in a mail has as many lines."""
    return re.sub(rb"[^\r\n]", b"x", octets)


def _emptied(octets: bytes) -> bytes:
    return b"x" * len(octets)


def _body(first: dict[str, str]) -> Body:
    kind = content_type(first.get("content-type"), _TEXT, [])
    encoding = first.get("content-transfer-encoding", "")
    return Body(kind, transfer_encoding(encoding) if encoding else "")


def _next_boundary(octets: bytes, at: int, boundaries: list[bytes]) -> tuple[int, int, bool]:
    """Return where the next boundary line starts and stops, and whether a part begins behind it.

    Boundaries of what ends with it are taken off the list. Without one it is the end.
    """
    for dashes in _DASHES.finditer(octets, at) if boundaries else ():
        start = dashes.start()
        stop = octets.find(b"\n", start) + 1 or len(octets)
        line = octets[start:stop].rstrip()
        for place in range(len(boundaries) - 1, -1, -1):
            rest = line[len(boundaries[place]) :]
            if line.startswith(boundaries[place]) and rest.strip() in (b"", b"--"):
                closes = rest.strip() == b"--"
                del boundaries[place + (not closes) :]
                return start, stop, not closes
    return len(octets), len(octets), False
