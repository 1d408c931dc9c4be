"""SMTP lines become words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrace.model import Outcome
from mailtrace.protocols.smtp.grammar import (
    CODES,
    TEXT_AT,
    Path,
    ReadCommand,
    ReplyCode,
    known_command,
    looks_like_command,
    parse_chunk,
    parse_command,
    parse_enhanced,
    parse_path,
)


def test_a_whole_segment_is_a_command_only_when_nothing_is_amiss() -> None:
    assert known_command(b"NOOP\r\n") == ReadCommand("NOOP", b"NOOP", 4)
    assert known_command(b"EHLO " + b"x" * 300 + b"\r\n") == ReadCommand("EHLO", b"EHLO " + b"x" * 300, 5)
    for octets in (b"", b"NOOP\n", b"\n", b"NOOP\r\nRSET\r\n", b"NO", b"N\0\r\n", b"N\rP\r\n", b" NOOP\r\n"):
        assert known_command(octets) is None, octets


@pytest.mark.parametrize(
    ("line", "verb", "argument"),
    [
        (b"EHLO client", "EHLO", b"client"),
        (b"mail FROM:<a@b>", "MAIL", b"FROM:<a@b>"),
        (b"rCpT  TO:<a@b>", "RCPT", b"TO:<a@b>"),
        (b"\t QUIT", "QUIT", b""),
        (b"QUIT ", "QUIT", b""),
        (b"DATA", "DATA", b""),
        (b"DATA\tx", "DATA", b"x"),
        (b"Hello, Alice (2)", "HELLO,", b"Alice (2)"),
        (b".", ".", b""),
        (b"", "", b""),
        (b"   ", "", b""),
        (b"caf\xc3\xa9 x", "CAF\u00c9", b"x"),
        (b"\xff\xfe", "\\XFF\\XFE", b""),
        (b"x" * 100, "X" * 32, b""),
    ],
)
def test_commands(line: bytes, verb: str, argument: bytes) -> None:
    found, argument_at = parse_command(line)
    assert (found, line[argument_at:]) == (verb, argument)


@given(st.binary(max_size=60))
def test_any_line_has_a_verb_and_an_argument(line: bytes) -> None:
    verb, argument_at = parse_command(line)
    assert len(verb) <= 128
    assert 0 <= argument_at <= len(line)
    parse_path(line[argument_at:], b"FROM")
    parse_chunk(line[argument_at:])


@pytest.mark.parametrize(
    "line",
    [
        *(
            b"MAIL FROM:<>",
            b"mail from: <a@b> SIZE=1",
            b"RCPT TO:<a@b>",
            b"EHLO a",
            b"HELO [10.0.0.1]",
            b"DATA",
            b"QUIT",
        ),
        *(b"BDAT 10", b"bdat 0 LAST", b"AUTH PLAIN", b"AUTH LOGIN bGVl", b"STARTTLS", b"RSET", b"NOOP"),
    ],
)
def test_commands_have_a_shape(line: bytes) -> None:
    assert looks_like_command(line)


@pytest.mark.parametrize(
    "line",
    [
        *(b"Mail from the front", b"Subject: MAIL FROM:<a>", b"Data we have", b"Quit smoking", b"Help", b"", b"."),
        *(b"From: a@b", b"EHLO, said Tim", b"Auth", b"BDAT many", b"AGxlZQBsZWU=", b"Noop noop"),
    ],
)
def test_lines_of_a_mail_have_not(line: bytes) -> None:
    assert not looks_like_command(line)


@pytest.mark.parametrize(
    ("argument", "path"),
    [
        (b"FROM:<a@example.org>", Path("a@example.org", False)),
        (b"from:<a@example.org> SIZE=10 BODY=8BITMIME", Path("a@example.org", False)),
        (b"FROM:<>", Path("", False)),
        (b"FROM: <a@b>", Path("a@b", True)),
        (b"FROM : <a@b>", Path("a@b", True)),
        (b"FROM:a@b SIZE=1", Path("a@b", False)),
        (b"FROM:<@one.example,@two.example:a@b>", Path("a@b", False)),
        (b"FROM:<Postmaster>", Path("Postmaster", False)),
        (b'FROM:<"a>b\\"c@d"@example.org> X=1', Path('"a>b\\"c@d"@example.org', False)),
        (b'FROM:<""@x>', Path('""@x', False)),
        (b"FROM:<a@[IPv6:2001:db8::1]>", Path("a@[IPv6:2001:db8::1]", False)),
        (b"FROM:<\xec\x9d\xb4@naver.com> SMTPUTF8", Path("\uc774@naver.com", False)),
        (b"FROM:<\xff@x>", Path("\\xff@x", False)),
        (b"FROM:<a@b", None),
        (b"FROM:", None),
        (b"FROM", None),
        (b"TO:<a@b>", None),
        (b'FROM:<"a@b>', None),
    ],
)
def test_paths(argument: bytes, path: Path | None) -> None:
    assert parse_path(argument, b"FROM") == path


@pytest.mark.parametrize(
    ("argument", "chunk"),
    [
        (b"10", (10, False)),
        (b"0 LAST", (0, True)),
        (b"7 last", (7, True)),
        (b"9223372036854775807", (2**63 - 1, False)),
        *((argument, None) for argument in (b"", b"-1", b"+5", b"0x10", b"1.0", b"5 FIRST", b"5 LAST x", b"LAST")),
        *((argument, None) for argument in (b"18446744073709551616", b"9223372036854775808", b"\xd9\xa3", b"1" * 5000)),
    ],
)
def test_chunks(argument: bytes, chunk: tuple[int, bool] | None) -> None:
    assert parse_chunk(argument) == chunk


@pytest.mark.parametrize(
    ("line", "parsed"),
    [
        (b"250 Ok", ReplyCode("250", Outcome.GOOD, False)),
        (b"250-Ok", ReplyCode("250", Outcome.GOOD, True)),
        (b"250", ReplyCode("250", Outcome.GOOD, False)),
        (b"354 go", ReplyCode("354", Outcome.MORE, False)),
        (b"451 later", ReplyCode("451", Outcome.LATER, False)),
        (b"550 no", ReplyCode("550", Outcome.NO, False)),
        *(
            (line, None)
            for line in (b"", b"25", b"2505", b"650 x", b"050 x", b"abc x", b"250_x", b"+OK", b"\xb2\xb5\xb0 x")
        ),
    ],
)
def test_reply_lines(line: bytes, parsed: ReplyCode | None) -> None:
    assert CODES.get(line[:TEXT_AT]) == parsed


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"2.1.0 Ok", "2.1.0"),
        (b"5.7.26", "5.7.26"),
        (b"2.0.0: 8b0a Message accepted", "2.0.0"),
        (b"4.999.999 x", "4.999.999"),
        *((text, None) for text in (b"2.1.0x", b"2.1", b"3.1.0 x", b"2.1000.0 x", b"2.1.0.4 host", b"Ok 2.1.0", b"")),
    ],
)
def test_enhanced_codes(text: bytes, code: str | None) -> None:
    assert parse_enhanced(text) == code
