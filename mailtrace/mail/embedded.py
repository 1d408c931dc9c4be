"""Files that are not MIME parts of their own: put into text by older encodings, or packed into a winmail.dat.

They are named, and hashed where decoding them is simple. Every length that a format claims is held against what is
there, so that nothing is allocated by a number from the wire and one pass suffices.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from hashlib import sha256

from mailtrace.mail import charsets
from mailtrace.model import EmbeddedFile

FILES_LIMIT = 100
"""Files told of one part; newsreaders of old posted one at a time."""

NAME_LIMIT = 255
"""Octets of a file name that are kept: what file systems allow."""

BINHEX_HEAD = 512
"""Octets of a BinHex file that are decoded: its head with a name of at most 63 octets needs a fifth of that."""

PROPERTIES_LIMIT = 1_000
"""MAPI properties of one file that are looked at; Outlook writes about thirty."""

_BEGIN = re.compile(rb"^(?:begin [0-7]{3,4} |=ybegin [^\r\n]{0,200}?name=)([^\r\n]{1,255})\r?\n", re.MULTILINE)
BINHEX_LINE = b"(This file must be converted with BinHex"
_LINE_ENDS = b"\r\n"
_UUENCODED_LINE = 61
"""Characters of a line of uuencode: its length and 45 octets."""

_HQX = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_FROM_HQX = bytes.maketrans(_HQX, _BASE64)
_MINUS_42 = bytes((octet - 42) % 256 for octet in range(256))

TNEF_SIGNATURE = b"\x78\x9f\x3e\x22"
_CODEPAGE, _NEW_FILE, _TITLE, _DATA, _PROPERTIES = 0x9007, 0x9002, 0x8010, 0x800F, 0x9005
_LONG_FILENAME = 0x3707
_FIXED_SIZES = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_VARIABLE = frozenset((0x0D, 0x1E, 0x1F, 0x102))
_UTF16 = 0x1F


def files_in_text(octets: bytes, path: str) -> list[EmbeddedFile]:
    """Return the files put into the text of part `path`, in order of their encodings; at most `FILES_LIMIT`."""
    found: list[EmbeddedFile] = []
    at = 0
    while len(found) < FILES_LIMIT and (begin := _BEGIN.search(octets, at)):
        encoding = "yenc" if begin[0].startswith(b"=y") else "uuencode"
        data, at = (_yenc if encoding == "yenc" else _uuencode)(octets, begin.end())
        if data is not None:
            found.append(_file(path, encoding, _name(begin[1]), data))
    if BINHEX_LINE in octets:
        found.append(_binhex(octets, path))
    return found


def _file(path: str, encoding: str, name: str, data: bytes) -> EmbeddedFile:
    return EmbeddedFile(path, encoding, name, len(data), sha256(data).hexdigest())


def _name(octets: bytes, charset: str = "") -> str:
    """Return a file's name, whose charset mostly nothing declares."""
    octets = octets[:NAME_LIMIT].strip()
    return charsets.decode(octets, charset, []) if charsets.codec_of(charset) else charsets.guess(octets)[0]


def _uuencode(octets: bytes, at: int) -> tuple[bytes | None, int]:
    """Return the file whose lines start at `at`, None if the first is none, and where they end."""
    pieces: list[bytes] = []
    while at < len(octets):
        end = octets.find(b"\n", at)
        end = len(octets) if end < 0 else end
        line = octets[at:end].rstrip(_LINE_ENDS)
        if line == b"end":
            return b"".join(pieces), end
        try:
            pieces.append(binascii.a2b_uu(line[: _UUENCODED_LINE + 1]))
        except binascii.Error:
            break
        at = end + 1
    return b"".join(pieces) if pieces else None, at


def _yenc(octets: bytes, at: int) -> tuple[bytes | None, int]:
    """Return the file whose lines start at `at`, and where they end. Source: yenc.org, yEnc draft 1.3."""
    if octets.startswith(b"=ypart ", at):
        at = octets.find(b"\n", at) + 1 or len(octets)
    end = octets.find(b"\n=yend", at)
    end = len(octets) if end < 0 else end
    first, *escaped = octets[at:end].translate(None, _LINE_ENDS).split(b"=")
    pieces = [first.translate(_MINUS_42)]
    for piece in escaped:
        piece = piece.translate(_MINUS_42)
        pieces += [bytes(((piece[0] - 64) % 256,)), piece[1:]] if piece else []
    return b"".join(pieces), end


def _binhex(octets: bytes, path: str) -> EmbeddedFile:
    """Return what the head of a BinHex file says. Source: RFC 1741 appendix A."""
    start = octets.find(b":", octets.find(BINHEX_LINE)) + 1
    encoded = octets[start : start + BINHEX_HEAD].partition(b":")[0].translate(None, _LINE_ENDS) if start else b""
    if encoded.translate(None, _HQX):
        encoded = b""
    encoded = encoded[: len(encoded) // 4 * 4]
    head = _without_repeats(binascii.a2b_base64(encoded.translate(_FROM_HQX)))
    length = head[0] if head else 0
    size = head[12 + length : 16 + length]
    name = _name(head[1 : 1 + length])
    return EmbeddedFile(path, "binhex", name, int.from_bytes(size, "big") if len(size) == 4 else None, None)


def _without_repeats(packed: bytes) -> bytes:
    """Return octets in which 0x90 and a count stood for repeats of the octet before; with count 0 it is itself."""
    first, *runs = packed.split(b"\x90")
    pieces = [first]
    last = first[-1:]
    for run in runs:
        count = run[0] if run else 0
        pieces.append(last * (count - 1) if count else b"\x90")
        last = run[-1:] if len(run) > 1 else last if count else b"\x90"
        pieces.append(run[1:])
    return b"".join(pieces)


def files_in_tnef(octets: bytes, path: str) -> list[EmbeddedFile]:
    """Return the files packed into a winmail.dat. Source: MS-OXTNEF section 2.1.3."""
    files: list[EmbeddedFile] = []
    name, data, charset = "", None, ""
    for attribute, value in _attributes(octets):
        if attribute == _CODEPAGE:
            charset = f"cp{int.from_bytes(value[:4], 'little')}"
        elif attribute == _NEW_FILE:
            if data is not None:
                files.append(_file(path, "tnef", name, data))
            name, data = "", None
        elif attribute == _TITLE:
            name = name or _name(value.partition(b"\0")[0], charset)
        elif attribute == _DATA:
            data = value
        elif attribute == _PROPERTIES:
            name = _long_name(value, charset) or name
        if len(files) == FILES_LIMIT:
            return files
    if data is not None:
        files.append(_file(path, "tnef", name, data))
    return files


def _attributes(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and value of each attribute, up to the first that is cut. Source: MS-OXTNEF section 2.1.3.1."""
    if not octets.startswith(TNEF_SIGNATURE):
        return
    at = 6
    while at + 9 <= len(octets):
        size = int.from_bytes(octets[at + 5 : at + 9], "little")
        end = at + 9 + size
        if end > len(octets):
            return
        yield int.from_bytes(octets[at + 1 : at + 3], "little"), octets[at + 9 : end]
        at = end + 2  # a checksum


def _long_name(properties: bytes, charset: str) -> str:
    """Return the name of a file among its MAPI properties, '' without one. Source: MS-OXTNEF section 2.1.3.4."""
    at = 4
    for _ in range(min(int.from_bytes(properties[:4], "little"), PROPERTIES_LIMIT)):
        type_, id_ = (int.from_bytes(properties[at + offset : at + offset + 2], "little") for offset in (0, 2))
        at += 4
        if id_ >= 0x8000 or (type_ not in _VARIABLE and type_ not in _FIXED_SIZES):
            return ""  # a property named by words: Outlook writes those last
        if type_ in _FIXED_SIZES:
            at += _FIXED_SIZES[type_]
            continue
        size = int.from_bytes(properties[at + 4 : at + 8], "little")
        value = properties[at + 8 : at + 8 + size]
        if id_ == _LONG_FILENAME:
            if type_ != _UTF16:
                return _name(value.rstrip(b"\0"), charset)
            return charsets.decode(value[: 2 * NAME_LIMIT], "utf-16le", []).rstrip("\0")
        at += 8 + (size + 3) // 4 * 4
        if at >= len(properties):
            return ""
    return ""
