"""Mails that were not captured whole: what is there is read, and what is not has a mark."""

from __future__ import annotations

import base64

import pytest

from mailtrace.mail.message import read_message
from mailtrace.model import Direction, Message
from tests.mail.contents import content_of, growth

HOLE = 1460
MARK = "[... 1,460 octets were not captured ...]"


def with_hole(before: bytes, behind: bytes, size: int = HOLE) -> Message:
    """Return the message read from octets with one hole."""
    content = content_of(before + bytes(size) + behind)
    content.holes = ((len(before), size),)
    content.complete = False
    return read_message(content, id=1, conversation=1, direction=Direction.SUBMITTED)


def body(before: bytes, behind: bytes, fields: bytes = b"") -> str | None:
    """Return the text of a mail with a hole in its body."""
    return with_hole(fields + b"\r\n" + before, behind).parts[0].text


def test_a_hole_in_a_text_is_a_mark() -> None:
    message = with_hole(b"Subject: x\r\n\r\nbefore\r\n", b"behind\r\n")
    (part,) = message.parts
    assert part.text == f"before\n{MARK}\nbehind\n"
    assert (part.missing_bytes, part.size_bytes) == (1460, 8 + 1460 + 8)
    assert message.content.kept.count(0) == 1460  # the octets stay as they are


@pytest.mark.parametrize(
    ("charset", "before", "behind", "text"),
    [
        # A syllable cut by the hole is left out on both sides, the others are not shifted.
        ("euc-kr", "한글".encode("euc-kr")[:-1], "한글".encode("euc-kr")[1:] + b" ok", f"한\n{MARK}\n글 ok"),
        ("ks_c_5601-1987", "똠방".encode("cp949"), "각하".encode("cp949"), f"똠방\n{MARK}\n각하"),
        ("utf-8", "한글".encode()[:-1], "한글".encode()[1:], f"한\n{MARK}\n글"),
        ("iso-2022-kr", b"\x1b$)C\x0eGQ", b"\x0eGQ1[\x0f ok", f"한\n{MARK}\n한글 ok"),
        ("utf-16le", "한글".encode("utf-16-le"), "한글".encode("utf-16-le"), f"한글\n{MARK}\n한글"),
    ],
)
def test_charsets_around_a_hole(charset: str, before: bytes, behind: bytes, text: str) -> None:
    assert body(before, behind, b"Content-Type: text/plain; charset=" + charset.encode() + b"\r\n") == text


def test_an_undeclared_charset_is_guessed_from_what_is_there() -> None:
    message = with_hole(b"\r\n" + "안녕하세요 ".encode("euc-kr"), "반갑습니다".encode("euc-kr"))
    part = message.parts[0]
    assert (part.text, part.charset, part.charset_guessed) == (f"안녕하세요 \n{MARK}\n반갑습니다", "euc-kr", True)


def test_quoted_printable_and_base64_go_on_behind_a_hole() -> None:
    fields = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"
    assert body(b"=ED=95=9C=\r\n", b"=EA=B8=80", fields) == f"한\n{MARK}\n글"
    lines = base64.encodebytes("가나다라마바사".encode() * 20).replace(b"\n", b"\r\n")
    fields = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n"
    # 12 octets of the first line are 9 of text; the line in which the hole ends is of no use, the next one is.
    text = body(lines[:12], lines[100:], fields)
    assert text is not None
    assert text.startswith(f"가나다\n{MARK}\n")
    assert text.endswith("라마바사" + "가나다라마바사" * 13)


def test_a_hole_in_the_head_is_a_mark() -> None:
    message = with_hole(b"From: a@b\r\nSubject: be", b"hind\r\nTo: c@d\r\n\r\ntext\r\n")
    assert message.subject == f"be{MARK}hind"
    assert message.headers[1] == ("Subject", f"be{MARK}hind")
    assert (message.to[0].address, message.parts[0].text) == ("c@d", "text\n")


def test_parts_around_a_hole() -> None:
    start = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\nContent-Type: x/y\r\n\r\nPK\x03\x04"
    )
    message = with_hole(start, b"end\r\n--b\r\n\r\nthree\r\n--b--\r\n")
    assert [(part.text, part.size_bytes, part.missing_bytes) for part in message.parts] == [
        ("one", 3, 0),
        (None, 4 + 1460 + 3, 1460),
        ("three", 5, 0),
    ]


def test_single_nuls_and_those_of_files_are_no_holes() -> None:
    message = with_hole(b"\r\na\0b\r\n", b"c\r\n")
    assert message.parts[0].text == f"a\0b\n{MARK}\nc\n"
    program = base64.b64encode(b"MZ" + bytes(3000))
    octets = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none"
    message = with_hole(octets, b"\r\n--b\r\nContent-Transfer-Encoding: base64\r\nContent-Type: x/y\r\n\r\n" + program)
    assert [part.missing_bytes for part in message.parts] == [1460, 0]


def test_a_text_cut_by_its_limit_inside_a_hole() -> None:
    text = body(b"x" * 65_000, b"y", b"")
    assert text == "x" * 65_000 + "\n[... 536 octets were not captured ...]\n"


@pytest.mark.parametrize("unit", [b"\0", b"\0" * 100 + b"x", b"\0x", b"\xff\0"])
def test_holes_are_found_in_linear_time(unit: bytes) -> None:
    assert growth(lambda size: with_hole(b"\r\n" + unit * size, b"", 100), 3000) <= 2.6
