"""The lines of POP3: verbs, secrets, first lines of answers, and what is recognised as POP3 at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrace.model import Outcome, Side, masked
from mailtrace.protocols.base import Guess
from mailtrace.protocols.pop3 import recognise
from mailtrace.protocols.pop3.grammar import (
    Request,
    Status,
    announced_octets,
    looks_like_greeting,
    looks_like_header,
    parse_request,
    parse_status,
    secret_spans,
    shown_requests,
)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"STAT", Request("STAT", 4, b"")),
        (b"retr 1", Request("RETR", 5, b"1")),
        (b"PASS  two words ", Request("PASS", 5, b" two words ")),
        (b" \tTOP 1 0", Request("TOP", 6, b"1 0")),
        (b"", Request("", 0, b"")),
        (b"\xff\xfe x", Request("\\xff\\xfe", 3, b"x")),
    ],
)
def test_request(line: bytes, expected: Request) -> None:
    assert parse_request(line) == expected


def test_a_verb_is_cut_where_it_cannot_be_one_any_more() -> None:
    assert len(parse_request(b"a" * 5000).verb) == 40


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"+OK", Status("+OK", Outcome.GOOD, b"")),
        (b"+OK 2 320", Status("+OK", Outcome.GOOD, b"2 320")),
        (b"+ok  x", Status("+OK", Outcome.GOOD, b" x")),
        (b"-ERR [IN-USE] busy", Status("-ERR", Outcome.NO, b"[IN-USE] busy")),
        (b"+ dGVzdA==", Status("+", Outcome.MORE, b"dGVzdA==")),
        (b"+", Status("+", Outcome.MORE, b"")),
        (b"+OKAY", None),
        (b"* OK", None),
        (b" +OK", None),
        (b"", None),
    ],
)
def test_status(line: bytes, expected: Status | None) -> None:
    assert parse_status(line) == expected


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"PASS a b", b"PASS ********"),
        (b"APOP kim 00", b"APOP kim ********"),
        (b"APOP 00", b"APOP ********"),
        (b"AUTH PLAIN", b"AUTH PLAIN"),
        (b"AUTH plain eA==", b"AUTH plain ********"),
        (b"AUTH PLAIN =", b"AUTH PLAIN ="),
        (b"USER kim", b"USER kim"),
    ],
)
def test_secrets(line: bytes, shown: bytes) -> None:
    assert masked(line, secret_spans(parse_request(line), line)) == shown


def test_secrets_in_the_rest_of_a_line() -> None:
    for line, shown in ((b"TOP secret", b"TOP ********"), (b"TOP 1 0", b"TOP 1 0"), (b"USER kim", b"USER kim")):
        assert masked(line, secret_spans(parse_request(line), line, whole=False)) == shown


def test_several_requests_shown() -> None:
    assert shown_requests(b"RETR 1\r\nPASS x\r\neA==\r\n") == "RETR 1, PASS ********, ********"


def test_sizes_announced() -> None:
    assert announced_octets(b"120 octets") == 120
    assert announced_octets(b"message follows (4711 Bytes)") == 4711
    assert announced_octets(b"message 1 follows") is None
    assert announced_octets(b"9" * 5000 + b" octets") is None


def test_shapes() -> None:
    assert looks_like_header(b"Return-Path: <a@b>")
    assert looks_like_header(b"X-UIDL:x")
    for line in (b"1 120", b"TOP", b": x", b"a b: c", b"a" * 5000):
        assert not looks_like_header(line)
    assert looks_like_greeting(b"Dovecot (Debian) ready.")
    assert not looks_like_greeting(b"1 120")


@pytest.mark.parametrize(
    ("side", "octets", "guess"),
    [
        (Side.SERVER, b"+OK ready\r\n", Guess.YES),
        (Side.SERVER, b"+OK\r\n", Guess.MORE),
        (Side.SERVER, b"+O", Guess.MORE),
        (Side.SERVER, b"-ERR busy\r\n", Guess.MORE),
        (Side.SERVER, b"* OK IMAP4rev1\r\n", Guess.NO),
        (Side.SERVER, b"220 ftp\r\n", Guess.NO),
        (Side.SERVER, b"+PONG\r\n", Guess.NO),
        (Side.CLIENT, b"CAPA\r\n", Guess.YES),
        (Side.CLIENT, b"RETR 1\r\n", Guess.YES),
        (Side.CLIENT, b"USER anonymous\r\n", Guess.MORE),
        (Side.CLIENT, b"AUTH secret\r\n", Guess.MORE),
        (Side.CLIENT, b"US", Guess.MORE),
        (Side.CLIENT, b"EHLO x\r\n", Guess.NO),
        (Side.CLIENT, b"a1 CAPABILITY\r\n", Guess.NO),
        (Side.CLIENT, b"\x16\x03\x01", Guess.NO),
    ],
)
def test_recognise(side: Side, octets: bytes, guess: Guess) -> None:
    assert recognise(side, octets) is guess


@given(st.binary(max_size=60))
def test_any_line(line: bytes) -> None:
    request = parse_request(line)
    assert line.endswith(request.argument)
    for start, stop in secret_spans(request, line):
        assert 0 <= start < stop <= len(line)
    parse_status(line)
    recognise(Side.CLIENT, line or b"x")
    recognise(Side.SERVER, line or b"x")
