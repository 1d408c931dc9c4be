"""Lists of tags, `v=1; a=rsa-sha256; d=...`, as DKIM, ARC, DMARC and their relatives write them.

Source: RFC 6376 section 3.2, RFC 9989 section 4.7.
"""

from __future__ import annotations

import re

TAGS_LIMIT = 200
"""Tags read of one list; real ones have fewer than twenty."""

_SPACE = re.compile(rb"[ \t\r\n]+")
_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9_]*")

Tags = dict[str, bytes]


def parse_tags(octets: bytes) -> Tags | None:
    """Return values by name, white space around them removed; None where it is no list or a tag stands twice."""
    tags: Tags = {}
    pieces = octets.split(b";", TAGS_LIMIT)
    for piece in pieces[:TAGS_LIMIT]:
        if not piece.strip():
            continue
        name, equals, value = piece.partition(b"=")
        name = name.strip()
        if not equals or not _NAME.fullmatch(name) or name.decode("ascii") in tags:
            return None
        tags[name.decode("ascii")] = value.strip()
    return tags


def text_tag(tags: Tags, name: str, default: str = "") -> str:
    """Return a value as text, in lower case and without any white space, `default` where the tag is missing."""
    value = tags.get(name)
    return default if value is None else without_space(value).decode("utf-8", "backslashreplace").lower()


def without_space(value: bytes) -> bytes:
    """Return a value without any white space, as base64 may have anywhere."""
    return _SPACE.sub(b"", value)
