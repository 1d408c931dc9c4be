"""Heads of messages, well-formed and not. Numbers are those of the acceptance list, section K."""

from __future__ import annotations

import pytest

from mailtrace.mail.headers import Head, parse_head, without_comments
from tests.mail.contents import growth


def head(octets: bytes) -> tuple[Head, list[str]]:
    """Return the head of octets and its defects."""
    defects: list[str] = []
    return parse_head(octets, 0, len(octets), defects), defects


def test_fields_and_body() -> None:
    found, defects = head(b"From: a@b\r\nSubject:  two words \r\nX-Empty:\r\n\r\nbody")
    assert found.fields == [("From", "a@b"), ("Subject", "two words"), ("X-Empty", "")]
    assert found.body == 45
    assert found.first["subject"] == "two words"
    assert defects == []


@pytest.mark.parametrize("ending", [b"\r\n", b"\n"])
def test_line_ends_and_folding(ending: bytes) -> None:
    octets = ending.join([b"A: one", b" two", b"\tthree", b"B:", b" =?x?=", b"", b"body"])
    found, defects = head(octets)
    assert found.fields == [("A", "one two\tthree"), ("B", "=?x?=")]
    assert octets[found.body :] == b"body"
    assert defects == []


def test_mixed_line_ends() -> None:
    found, _ = head(b"A: one\n two\r\nB: three\r\n\nbody")
    assert found.fields == [("A", "one two"), ("B", "three")]
    assert found.body == 24


@pytest.mark.parametrize(
    ("octets", "fields", "body"),
    [
        (b"", [], 0),
        (b"\r\nbody", [], 2),
        (b"\nbody", [], 1),
        (b"A: b", [("A", "b")], 4),
        (b"A: b\r\n", [("A", "b")], 6),
        (b"A: b\r\n\r\n", [("A", "b")], 8),
    ],
)
def test_k209_heads_without_much(octets: bytes, fields: list[tuple[str, str]], body: int) -> None:
    found, defects = head(octets)
    assert (found.fields, found.body, defects) == (fields, body, [])


@pytest.mark.parametrize(
    ("octets", "body"),
    [
        (b"Hello, Alice (1)\r\n", b"Hello, Alice (1)\r\n"),
        (b"A: b\r\nno field here\r\nC: d\r\n\r\nbody", b"no field here\r\nC: d\r\n\r\nbody"),
        (b"A: b\r\nDear Sir: hello\r\n\r\nbody", b"Dear Sir: hello\r\n\r\nbody"),
        (b" folded into nothing\r\nA: b\r\n\r\nbody", b" folded into nothing\r\nA: b\r\n\r\nbody"),
        (b"A: b\r\n\xc7\xd1: x\r\n\r\nbody", b"\xc7\xd1: x\r\n\r\nbody"),
        (b"A: b\r\nN\0: x\r\n\r\nbody", b"N\0: x\r\n\r\nbody"),
    ],
)
def test_k195_k209_a_line_that_is_no_field_begins_the_body(octets: bytes, body: bytes) -> None:
    found, defects = head(octets)
    assert octets[found.body :] == body
    assert defects == ["no-empty-line-before-body"]


def test_k195_odd_names() -> None:
    found, defects = head(b"Subject : spaced\r\n: nameless\r\n\r\n")
    assert found.fields == [("Subject", "spaced"), ("", "nameless")]
    assert defects == ["space-before-colon", "header-without-name"]


def test_k195_bare_cr_and_nul_end_no_line() -> None:
    found, defects = head(b"Subject: a\rBcc: x\0y\r\n\r\n")
    assert found.fields == [("Subject", "a\ufffdBcc: x\ufffdy")]
    assert defects == ["control-character-in-header"]


def test_mbox_line_before_the_head() -> None:
    found, defects = head(b"From lee@naver.com Fri Apr 26\r\nA: b\r\n\r\nbody")
    assert found.fields == [("A", "b")]
    assert defects == ["mbox-from-line"]


def test_k195_eight_bit_values() -> None:
    found, defects = head("제목: 없음\r\n".encode()[8:] + "A: 한글\r\n\r\n".encode())
    assert defects == ["no-empty-line-before-body"]
    found, defects = head("A: 한글\r\n\r\n".encode())
    assert (found.fields, defects) == ([("A", "한글")], [])
    found, defects = head(b"A: \xc7\xd1\xb1\xdb\r\n\r\n")
    assert (found.fields, defects) == ([("A", "한글")], ["header-charset-guessed: euc-kr"])


def test_k195_limits_are_told() -> None:
    found, defects = head(b"A: " + b"x" * 200_000 + b"\r\n\r\nbody")
    assert len(found.fields[0][1]) == 102_400
    assert defects == ["limit-header-octets"]
    found, defects = head(b"A: b\r\n" * 10_007 + b"\r\nbody")
    assert len(found.fields) == 10_000
    assert found.body == 60_044
    assert defects == ["limit-headers: 7 more"]
    found, defects = head(b"A: b\r\n" + b" " * 11_000_000)
    assert found.body == 10 * 1024 * 1024
    assert defects == ["limit-head-octets"] or defects == ["limit-head-octets", "limit-header-octets"]


@pytest.mark.parametrize("octets", [b"A: " + b"x" * 10_000_000, b"A: b" + b"\r\n x" * 1_000_000])
def test_k195_ten_megabytes_of_one_header(octets: bytes) -> None:
    found, defects = head(octets + b"\r\n\r\nbody")
    ((_, value),) = found.fields
    assert 102_399 <= len(value) <= 102_400  # a space at its end is cut
    assert (octets + b"\r\n\r\nbody")[found.body :] == b"body"
    assert defects == ["limit-header-octets"]


@pytest.mark.parametrize("unit", [b"A: b\r\n", b" x\r\n", b"A", b":", b"\r", b"A: b\r\n c\r\n", b"\0", b"\xc7: b\r\n"])
def test_k195_linear(unit: bytes) -> None:
    assert growth(lambda size: head(b"X: y\r\n" + unit * size), 20_000) <= 2.6


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("a (b) c", "a   c"),
        ("a (b (c) d) e", "a   e"),
        ('"(kept)" (gone)', '"(kept)"  '),
        (r"(a \) b) c", "  c"),
        ("a (never closed", "a  "),
        ("a) b", "a) b"),
    ],
)
def test_comments(value: str, plain: str) -> None:
    assert without_comments(value) == plain


@pytest.mark.parametrize("unit", ["(", ")", "()", '"', "\\", "(\\"])
def test_k196_comments_are_linear(unit: str) -> None:
    assert growth(lambda size: without_comments(unit * size), 50_000) <= 2.6
