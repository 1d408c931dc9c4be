"""A mail in the two forms that signatures are made over: `simple` and `relaxed`. Source: RFC 6376 section 3.4.

All works on the octets as transmitted. Nested or long input costs linear time: the patterns have no nested repeats.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

_RUN = re.compile(rb"[ \t]{2,}|\t")
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
_SIGNATURE_TAG = re.compile(rb"(?:^|(?<=;))([ \t\r\n]*b[ \t\r\n]*=)[^;]*")

FIELDS_LIMIT = 10_000
"""Header fields looked at; real mails have fewer than two hundred."""


class RawField(Struct, frozen=True, gc=False):
    """A header field as transmitted: `name` in lower case, `octets` with its name and folds, without the last CRLF."""

    name: bytes
    octets: bytes

    @property
    def value(self) -> bytes:
        """What stands behind the colon."""
        return self.octets.partition(b":")[2]


def split_message(octets: bytes) -> tuple[list[RawField], bytes]:
    """Return the header fields and the body; a mail whose lines end with LF alone is read as if with CRLF."""
    if b"\r\n" not in octets[:1000] and b"\n" in octets:
        octets = octets.replace(b"\n", b"\r\n")
    if octets.startswith(b"\r\n"):
        return [], octets[2:]
    head, _, body = octets.partition(b"\r\n\r\n")
    fields: list[RawField] = []
    lines: list[bytes] = []
    for line in head.removesuffix(b"\r\n").split(b"\r\n"):
        if line[:1] in (b" ", b"\t") and lines:
            lines.append(line)
            continue
        _finish(lines, fields)
        lines = [line]
    _finish(lines, fields)
    return fields, body


def _finish(lines: list[bytes], fields: list[RawField]) -> None:
    """Add the field that is complete; a line that is none is passed over."""
    found = _FIELD.match(lines[0]) if lines else None
    if found is not None and len(fields) < FIELDS_LIMIT:
        fields.append(RawField(found[1].lower(), b"\r\n".join(lines)))


def canonical_body(body: bytes, how: str) -> bytes:
    """Return a body in canonical form. Source: RFC 6376 sections 3.4.3 and 3.4.4."""
    if how == "relaxed":
        body = _RUN.sub(b" ", body)
        body = body.replace(b" \r\n", b"\r\n").removesuffix(b" ")
    end = len(body)
    while body.endswith(b"\r\n", 0, end):
        end -= 2
    if not end:
        return b"" if how == "relaxed" else b"\r\n"
    return body[:end] + b"\r\n"


def canonical_field(field: RawField, how: str) -> bytes:
    """Return a field in canonical form, without its CRLF. Source: RFC 6376 sections 3.4.1 and 3.4.2."""
    if how == "simple":
        return field.octets
    value = field.value.replace(b"\r\n", b"")
    return field.name + b":" + _RUN.sub(b" ", value).strip(b" ")


def unsigned(field: RawField) -> RawField:
    """Return a signature's own field as it was when it was signed: with an empty b=. Source: RFC 6376 section 3.7."""
    name, _, value = field.octets.partition(b":")
    return RawField(field.name, name + b":" + _SIGNATURE_TAG.sub(rb"\1", value, count=1))


def chosen(fields: Iterable[RawField], names: Iterable[bytes]) -> list[RawField]:
    """Return the fields that a signature names, each name taking the lowest that is left.

    A name for which none is left stands for nothing: it shows that no such field was there.
    Source: RFC 6376 section 5.4.2.
    """
    left: dict[bytes, list[RawField]] = {}
    for field in fields:
        left.setdefault(field.name, []).append(field)
    return [left[name].pop() for name in names if left.get(name)]
