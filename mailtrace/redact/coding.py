"""Looks through transfer encodings: what is encoded is decoded, replaced and encoded again in the same places.

Base64 and quoted-printable stay as long as they are as long as what they encode does. Line ends, white space and
padding stay where they are.
"""

from __future__ import annotations

import re
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable

Replace = Callable[[bytes], bytes]
"""From octets to as many octets."""

_DIGITS = re.compile(rb"[A-Za-z0-9+/]+")
_CODED = re.compile(rb"=[0-9A-Fa-f]{2}|=[ \t]{0,998}\r?\n|[^=]+|=")
_ESCAPED = re.compile(rb"=[0-9A-Fa-f]{2}\Z")
_UNSAFE = re.compile(rb"[^ \t\r\n!-<>-~\x80-\xff]")
_LINE = re.compile(rb"[^\r\n]+")
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]{4,998}={0,2}\Z")
_ESCAPE = re.compile(rb"=(?:[0-9A-F]{2}|\r?\n)")

LEAST_BASE64_LINE = 60
"""Characters of a line by which text of no known encoding is taken for base64: mail programs write 76."""


def in_base64(octets: bytes, replace: Replace) -> bytes:
    """Return base64 with what it encodes replaced, whatever stands between its characters."""
    digits = b"".join(_DIGITS.findall(octets))
    rest = len(digits) % 4
    whole = digits[:-1] if rest == 1 else digits
    decoded = a2b_base64(whole + b"=" * (-len(whole) % 4))
    made = b2a_base64(replace(decoded), newline=False).rstrip(b"=") + digits[len(whole) :]
    if len(made) != len(digits):
        return octets
    at = 0

    def again(found: re.Match[bytes]) -> bytes:
        nonlocal at
        at += len(found[0])
        return made[at - len(found[0]) : at]

    return _DIGITS.sub(again, octets)


def in_quoted_printable(octets: bytes, replace: Replace, space: bytes = b" ") -> bytes:
    """Return quoted-printable with what it encodes replaced; `space` is how a space is spelled (`_` in headers)."""
    tokens = _CODED.findall(octets)
    decoded = [_decoded(token, space) for token in tokens]
    made = replace(b"".join(decoded))
    pieces, at = [], 0
    for token, old in zip(tokens, decoded, strict=True):
        new = made[at : at + len(old)]
        pieces.append(token if new == old else _spelled(token, new, space))
        at += len(old)
    return b"".join(pieces)


def _decoded(token: bytes, space: bytes) -> bytes:
    """Return the octets that a token stands for, none for a line end that is none."""
    if not token.startswith(b"="):
        return token.replace(space, b" ")
    return bytes([int(token[1:], 16)]) if _ESCAPED.match(token) else b"=" if token == b"=" else b""


def _spelled(token: bytes, octets: bytes, space: bytes) -> bytes:
    if _ESCAPED.match(token):
        return b"=%02X" % octets[0]
    return _UNSAFE.sub(b"x", octets).replace(b" ", space)


def in_unknown(octets: bytes, replace: Replace) -> bytes:
    """Return text with its content replaced where nothing says how it is encoded, but its lines do."""
    lines = _LINE.findall(octets)
    if lines and len(lines[0]) >= LEAST_BASE64_LINE and all(_BASE64_LINE.match(line) for line in lines):
        return in_base64(octets, replace)
    if _ESCAPE.search(octets):
        return in_quoted_printable(octets, replace)
    return replace(octets)
