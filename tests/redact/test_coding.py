"""What is encoded is replaced inside, and stays encoded."""

from __future__ import annotations

import quopri
from base64 import b64decode, encodebytes

import pytest

from mailtrace.redact.blanks import blank, blank_name
from mailtrace.redact.coding import in_base64, in_quoted_printable, in_unknown


def shout(octets: bytes) -> bytes:
    """Replace by capitals, which are as many."""
    return octets.upper()


@pytest.mark.parametrize("size", range(1, 130))
def test_base64_keeps_its_lines_and_padding(size: int) -> None:
    text = bytes(b"abcdefghij"[at % 10] for at in range(size))
    encoded = encodebytes(text).replace(b"\n", b"\r\n")
    made = in_base64(encoded, shout)
    assert b64decode(made) == text.upper()
    assert [len(line) for line in made.split(b"\r\n")] == [len(line) for line in encoded.split(b"\r\n")]


@pytest.mark.parametrize("odd", [b"", b"=", b"A", b"AB", b"QUI=QUJD", b"!!", b"QUJD!QUJD"])
def test_odd_base64_has_its_length(odd: bytes) -> None:
    assert len(in_base64(odd, shout)) == len(odd)


def test_quoted_printable() -> None:
    text = "kim schreibt: für Lee = 김철수\r\n".encode() * 4
    encoded = quopri.encodestring(text).replace(b"\n", b"\r\n").replace(b"\r\r", b"\r")
    made = in_quoted_printable(encoded, lambda octets: octets.replace(b"kim", b"bob").replace(b"Lee", b"Max"))
    assert len(made) == len(encoded)
    assert quopri.decodestring(made) == quopri.decodestring(encoded).replace(b"kim", b"bob").replace(b"Lee", b"Max")


def test_escapes_are_replaced_by_escapes() -> None:
    assert in_quoted_printable(b"=C0=CC=B3=D7_a", lambda octets: b"\xb0\xa1\xb0\xa1 x", b"_") == b"=B0=A1=B0=A1_x"


def test_a_body_of_unknown_encoding_is_told_by_its_lines() -> None:
    text = b"a text that is long enough to fill more than one line of base64, as mail programs write it"
    assert b64decode(in_unknown(encodebytes(text), shout)) == text.upper()
    assert in_unknown(b"a plain text", shout) == b"A PLAIN TEXT"
    assert in_unknown(b"one =\r\nline", shout) == b"ONE =\r\nLINE"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello Kim, 42!\r\n", "xxxxx xxx, 00!\r\n"),
        ("안녕 Kim", "가가 xxx"),
        ("für", "xéx"),
    ],
)
def test_blank_text_keeps_its_shape(text: str, expected: str) -> None:
    assert blank(text.encode()).decode() == expected


def test_blank_text_in_other_charsets() -> None:
    assert blank("안녕 Kim".encode("euc-kr")).decode("euc-kr") == "가가 xxx"


def test_a_blank_file_name_keeps_its_escapes() -> None:
    assert blank_name(b"utf-8''%EA%B7%B8.png") == b"utf-8''%78%78%78.xxx"
