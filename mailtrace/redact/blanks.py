"""Text of which nothing is left but its shape: letters become `x`, digits `0`; what it is written in stays."""

from __future__ import annotations

import re
import string

_PLAIN = bytes.maketrans(
    string.ascii_letters.encode() + string.digits.encode(), b"x" * len(string.ascii_letters) + b"0" * 10
)
_UTF8 = re.compile(rb"([\xc2-\xdf][\x80-\xbf])|([\xe0-\xef][\x80-\xbf]{2})|([\xf0-\xf4][\x80-\xbf]{3})|([\x80-\xff])")
_PAIRS = re.compile(rb"([\xa1-\xfe][\xa1-\xfe])|([\x80-\xff])")
_UTF8_BLANKS = ("é".encode(), "가".encode(), "😀".encode(), b"x")
_PAIR_BLANKS = ("가".encode("euc-kr"), b"x")
_ESCAPED = re.compile(rb"%[0-9A-Fa-f]{2}|[^%]+|%")
_CHARSET = re.compile(rb"[A-Za-z0-9_.-]{0,40}'[A-Za-z0-9-]{0,20}'")


def blank(octets: bytes) -> bytes:
    """Return text as long as this, with as many lines and words, that tells nothing."""
    if octets.isascii():
        return octets.translate(_PLAIN)
    try:
        octets.decode()
    except UnicodeDecodeError:
        pattern, blanks = _PAIRS, list(_PAIR_BLANKS)
    else:
        pattern, blanks = _UTF8, list(_UTF8_BLANKS)
    return pattern.sub(lambda found: blanks[(found.lastindex or 1) - 1], octets.translate(_PLAIN))


def blank_name(octets: bytes) -> bytes:
    """Return a file name as it stands in a parameter, blank; escapes stay escapes. Source: RFC 2231 section 4."""
    charset = _CHARSET.match(octets)
    at = charset.end() if charset else 0
    return octets[:at] + _ESCAPED.sub(_escaped, octets[at:])


def _escaped(found: re.Match[bytes]) -> bytes:
    piece = found[0]
    return b"%78" if piece.startswith(b"%") and len(piece) == 3 else blank(piece)
