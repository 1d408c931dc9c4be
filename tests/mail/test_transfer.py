"""Transfer encodings read forgivingly. Numbers are those of the acceptance list, section K."""

from __future__ import annotations

import pytest

from mailtrace.mail.transfer import decode_base64, decode_quoted_printable, decode_uuencode, other_base64_reading
from tests.mail.contents import growth


@pytest.mark.parametrize(
    ("encoded", "octets", "dropped"),
    [
        (b"", b"", 0),
        (b"QUJD", b"ABC", 0),
        (b"QU\r\nJD \t", b"ABC", 0),
        (b"QUI=", b"AB", 0),
        (b"QUI", b"AB", 0),  # padding missing
        (b"QUI=QUJD", b"ABABC", 0),  # two encoded texts joined
        (b"QQ==\r\nQg==\r\n", b"AB", 0),
        (b"QU!J#D", b"ABC", 2),
        (b"QUJDR", b"ABC", 1),  # six bits are no octet
        (b"-_-_", b"\xfb\xff\xbf", 0),  # the URL alphabet
        (b"+_/-", b"\xfb", 2),  # both alphabets: the standard one counts
        (b"====", b"", 0),
        (b"\x00\xff", b"", 2),
    ],
)
def test_k200_base64(encoded: bytes, octets: bytes, dropped: int) -> None:
    assert decode_base64(encoded) == (octets, dropped)


@pytest.mark.parametrize(
    ("encoded", "octets", "wrong"),
    [
        (b"plain\r\n", b"plain\r\n", 0),
        (b"=C7=d1", b"\xc7\xd1", 0),
        (b"a=\r\nb=\nc", b"abc", 0),
        (b"a= \t\r\nb", b"ab", 0),  # white space behind a soft break
        (b"a=\rb", b"a=\rb", 0),  # a lone CR ends no line and hides nothing
        (b"a=", b"a", 0),
        (b"=ZZ=0=", b"=ZZ=0", 2),
        (b"keep \r\n", b"keep \r\n", 0),
        (b"under_score", b"under_score", 0),
    ],
)
def test_k201_quoted_printable(encoded: bytes, octets: bytes, wrong: int) -> None:
    assert decode_quoted_printable(encoded) == (octets, wrong)


@pytest.mark.parametrize("unit", [b"QUI=", b"=", b"!", b"QUJD\r\n", b"-"])
def test_k200_base64_is_linear(unit: bytes) -> None:
    assert growth(lambda size: decode_base64(unit * size), 100_000) <= 2.6


@pytest.mark.parametrize("unit", [b"=", b"=C7", b"= ", b"=\r", b"=\r\n", b" ", b"= \r\n"])
def test_k201_quoted_printable_is_linear(unit: bytes) -> None:
    assert growth(lambda size: decode_quoted_printable(unit * size), 100_000) <= 2.6


def test_k200_k201_a_line_of_ten_megabytes() -> None:
    assert decode_base64(b"QUJD" * 2_500_000) == (b"ABC" * 2_500_000, 0)
    assert decode_quoted_printable(b"=41bc" * 2_000_000) == (b"Abc" * 2_000_000, 0)


@pytest.mark.parametrize(
    ("encoded", "octets"),
    [
        (b"QUI=QUJD", b"AB"),
        (b"QUI=\r\n QUJD", b"AB"),
        (b"=QUJD", b""),
        (b"QUI=", None),
        (b"QQ==\r\n", None),
        (b"QUJD", None),
        (b"", None),
    ],
)
def test_k200_the_reading_of_those_who_stop_at_padding(encoded: bytes, octets: bytes | None) -> None:
    assert other_base64_reading(encoded) == octets


@pytest.mark.parametrize(
    ("encoded", "octets", "whole"),
    [
        (b"begin 644 x\r\n#04)#\r\n`\r\nend\r\n", b"ABC", True),
        (b"words before\nbegin 644 x\n#04)#\nend\n", b"ABC", True),
        (b"#04)#\r\n", b"ABC", False),
        (b"begin 644 x\r\n#04)#\r\n", b"ABC", False),
        (b"begin 644 x\r\n#04)#\r\nno lines of it\r\n", b"ABC", False),
        (b"text\r\n", b"text\r\n", False),
        (b"", b"", False),
    ],
)
def test_k202_uuencode_as_a_transfer_encoding(encoded: bytes, octets: bytes, whole: bool) -> None:
    assert decode_uuencode(encoded) == (octets, whole)


@pytest.mark.parametrize("unit", [b"begin ", b"begin 644 x\n", b"#04)#\n", b"`\n", b"\n"])
def test_k202_uuencode_is_linear(unit: bytes) -> None:
    assert growth(lambda size: decode_uuencode(unit * size), 20_000) <= 2.6
