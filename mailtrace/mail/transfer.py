"""Undo the transfer encodings of MIME, forgivingly: everything readable is read, and what was dropped is counted.

The standard library's decoders are used only on input they read right: `b64decode` silently stops at the first padding
(`QUI=QUJD`) and `a2b_qp` swallows the text behind a lone CR, so such input is taken apart first.
Source: RFC 2045 section 6.
"""

from __future__ import annotations

import binascii
import re

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_WHITE = b" \t\r\n"
_UUENCODED_LINE = 62
"""Characters of a line of uuencode that count: its length, 45 octets, and a checksum some programs add."""

_URL_ALPHABET = bytes.maketrans(b"-_", b"+/")

_ODD_ESCAPE = re.compile(rb"=[ \t]|=\r(?!\n)")
_SOFT_BREAK_WITH_PADDING = re.compile(rb"=[ \t]{1,998}(\r?\n)")
_WRONG_ESCAPE = re.compile(rb"=(?![0-9A-Fa-f]{2}|\r?\n|\Z)")


def decode_base64(data: bytes) -> tuple[bytes, int]:
    """Return the octets `data` encodes and how many of its octets were dropped as being no base64.

    Text that was encoded in pieces and joined is read piece by piece; white space is no error. The URL alphabet is
    accepted when the standard one is not used beside it. Source: RFC 2045 section 6.8, RFC 4648 section 5.
    """
    try:
        return binascii.a2b_base64(data.replace(b"\r\n", b""), strict_mode=True), 0
    except binascii.Error:  # not as it should be
        return _forgiven(data.translate(None, _WHITE))


def _forgiven(clean: bytes) -> tuple[bytes, int]:
    """Return what base64 without white space encodes that is not as it should be, and how many octets were dropped."""
    if (b"-" in clean or b"_" in clean) and b"+" not in clean and b"/" not in clean:
        clean = clean.translate(_URL_ALPHABET)
    junk = clean.translate(None, _ALPHABET + b"=")
    if junk:
        clean = clean.translate(None, bytes(set(junk)))
    pieces = []
    dropped = len(junk)
    for piece in clean.split(b"="):
        if not piece:
            continue
        if len(piece) % 4 == 1:  # six bits alone are no octet
            piece = piece[:-1]
            dropped += 1
        pieces.append(binascii.a2b_base64(piece + b"=" * (-len(piece) % 4)))
    return b"".join(pieces), dropped


def other_base64_reading(data: bytes) -> bytes | None:
    """Return what a reader gets who stops at padding that is not the end, None where there is none.

    Programs differ here, so that one of them may see a harmless text where another one finds a file.
    """
    at = data.find(b"=")
    if at < 0 or not data[at:].strip(b"=" + _WHITE):
        return None
    return decode_base64(data[:at])[0]


def decode_uuencode(data: bytes) -> tuple[bytes, bool]:
    """Return the octets of lines of uuencode, and whether all lines could be read up to the one that says `end`.

    Lines before the one that begins it are passed over; where that is missing every line is taken for data.
    """
    lines = data.splitlines()
    begin = next((number for number, line in enumerate(lines) if line.startswith(b"begin ")), -1)
    pieces: list[bytes] = []
    for line in lines[begin + 1 :]:
        if line == b"end":
            return b"".join(pieces), begin >= 0
        try:
            pieces.append(binascii.a2b_uu(line[:_UUENCODED_LINE]))
        except binascii.Error:
            break
    return (b"".join(pieces), False) if pieces else (data, False)


def decode_quoted_printable(data: bytes) -> tuple[bytes, int]:
    """Return the octets `data` encodes and how many wrong escapes were kept as they stand.

    White space at the end of a line is kept, though RFC 2045 section 6.7 rule 3 suspects a gateway of adding it:
    format=flowed gives it a meaning, and the octets are evidence.
    """
    if data.find(b"=") < 0:
        return data, 0
    if _ODD_ESCAPE.search(data):
        data = _SOFT_BREAK_WITH_PADDING.sub(rb"=\1", data)
        data = re.sub(rb"=\r(?!\n)", b"=3D\r", data)
    return binascii.a2b_qp(data), len(_WRONG_ESCAPE.findall(data))
