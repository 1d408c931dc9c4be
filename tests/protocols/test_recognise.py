"""What every row's `recognise` promises: no prefix of its own words is refused, and nothing said is taken back.

RELIABILITY F123, F124 and F125.
"""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailtrace.model import Side
from mailtrace.protocols import PROTOCOLS
from mailtrace.protocols.base import Guess, ProtocolRow
from mailtrace.protocols.otherservices import other_service

ROWS = {row.name: row for row in PROTOCOLS}

SURE = [
    ("smtp", "S", b"220 mail.naver.com ESMTP Sendmail 8.17.1; Tue, 5 Nov 2024\r\n"),
    ("smtp", "S", b"220-xc90.websitewelcome.com ESMTP Exim 4.69 #1\r\n220-We do not authorize\r\n220 and/or bulk\r\n"),
    ("smtp", "S", b"220 uprise ESMTP SubEthaSMTP null\r\n"),
    ("smtp", "S", b"220 fw SMTP/smap Ready.\r\n"),
    ("smtp", "S", b"220 mx.google.com ESMTP s5sm9821 - gsmtp\n"),
    ("smtp", "S", b"220 dovecot LMTP ready\r\n"),
    ("smtp", "S", b"421 4.7.0 mx.example ESMTP too many connections\r\n"),
    ("smtp", "S", b"250 2.1.5 Recipient OK\r\n"),
    ("smtp", "C", b"EHLO client.example\r\n"),
    ("smtp", "C", b"helo client\r\n"),
    ("smtp", "C", b"LHLO client\r\n"),
    ("smtp", "C", b"MAIL FROM:<lee@naver.com> SIZE=300\r\n"),
    ("smtp", "C", b"RCPT TO:<kim@daum.net>\r\n"),
    ("smtp", "C", b"NOOP\r\nRSET\r\nMAIL FROM:<>\r\n"),
    ("smtp", "C", b"BDAT 86 LAST\r\n"),
    ("pop3", "S", b"+OK POP3 mail.daum.net server ready <1.2@x>\r\n"),
    ("pop3", "C", b"CAPA\r\n"),
    ("pop3", "C", b"APOP lee c4c9334bac560ecc979e58001b3e22fb\r\n"),
    ("imap", "S", b"* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] Dovecot ready.\r\n"),
    ("imap", "S", b"* PREAUTH IMAP4rev1 server logged in as lee\r\n"),
    ("imap", "S", b"* BYE too many connections\r\n"),
    ("imap", "C", b"a001 CAPABILITY\r\n"),
    ("imap", "C", b"A1 LOGIN lee {3}\r\n"),
    ("imap", "C", b"A142 SELECT INBOX\r\n"),
    ("tls", "C", bytes.fromhex("16030100c8010000c40303")),
    ("tls", "S", bytes.fromhex("160303003d02000039")),
    ("tls", "S", bytes.fromhex("15030100020228")),
    ("tls", "C", bytes.fromhex("1703030030a1b2c3d4e5")),
    ("tls", "C", bytes.fromhex("802e0103010015000000100000")),
    ("dns", "C", bytes.fromhex("001c12340100000100000000000005naver03636f6d00000f0001".replace("naver", "6e61766572"))),
    ("ident", "S", b"6193, 23 : USERID : UNIX : stjohns\r\n"),
]
"""Words that one row knows for its own, whatever the port."""

FITTING = [
    ("smtp", "S", b"220 mx.example\r\n"),
    ("smtp", "S", b"220 smtp.example.com ready\r\n"),
    ("smtp", "S", b"250-mx\r\n250 8BITMIME\r\n"),
    ("smtp", "C", b"AUTH PLAIN AGxlZQBsZWU=\r\n"),
    ("smtp", "C", b"QUIT\r\n"),
    ("smtp", "C", b"HELP\r\n"),
    ("pop3", "S", b"+OK\r\n"),
    ("pop3", "S", b"-ERR busy\r\n"),
    ("pop3", "C", b"USER lee\r\n"),
    ("pop3", "C", b"LIST\r\n"),
    ("imap", "C", b"a login lee lee\r\n"),
    ("imap", "C", b"tag.7 uid fetch 1:* flags\r\n"),
    ("imap", "S", b"* 3 EXISTS\r\n"),
    ("imap", "S", b"a1 OK done\r\n"),
    ("imap", "S", b"+ go ahead\r\n"),
    ("ident", "C", b"6193, 23\r\n"),
]
"""Words that fit, and could be another's."""

STRANGE = [
    ("smtp", "S", b"220 (vsFTPd 3.0.3)\r\n"),
    ("smtp", "S", b"220 ProFTPD 1.3.5 Server ready.\r\n"),
    ("smtp", "S", b"200 news.example InterNetNews NNRP server ready (posting ok).\r\n"),
    ("smtp", "C", b"GET / HTTP/1.0\r\n"),
    ("smtp", "C", b"USER lee\r\n"),
    ("smtp", "C", b"*1\r\n$4\r\nPING\r\n"),
    ("pop3", "S", b"* OK IMAP4rev1 ready\r\n"),
    ("pop3", "S", b"220 mx ESMTP\r\n"),
    ("pop3", "C", b"*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n"),
    ("imap", "S", b"+OK POP3 ready\r\n"),
    ("imap", "S", b"* ACAP (IMPLEMENTATION x)\r\n"),
    ("imap", "S", b'"IMPLEMENTATION" "Dovecot Pigeonhole"\r\n'),
    ("imap", "C", b"GET / HTTP/1.0\r\n"),
    ("imap", "C", b"MODE READER\r\n"),
    ("ident", "S", b"220 mail ESMTP\r\n"),
    ("dns", "C", b"EHLO client.example\r\n"),
]
"""Words that are refused, once there is enough of them."""


def _side(letter: str) -> Side:
    return Side.CLIENT if letter == "C" else Side.SERVER


def _guesses(row: ProtocolRow, side: Side, octets: bytes) -> list[Guess]:
    """Return what a row says of every prefix."""
    return [row.recognise(side, octets[:size]) for size in range(1, len(octets) + 1)]


@pytest.mark.parametrize(("name", "who", "octets"), [*SURE, *FITTING])
def test_no_prefix_of_a_protocol_is_refused_f124(name: str, who: str, octets: bytes) -> None:
    assert Guess.NO not in _guesses(ROWS[name], _side(who), octets)


@pytest.mark.parametrize(("name", "who", "octets"), SURE)
def test_sure_of_its_own_and_nobody_else_f123(name: str, who: str, octets: bytes) -> None:
    sure = [row.name for row in PROTOCOLS if row.recognise(_side(who), octets) is Guess.YES]
    assert sure == [name]


@pytest.mark.parametrize(("name", "who", "octets"), FITTING)
def test_what_only_fits_decides_nothing_f125(name: str, who: str, octets: bytes) -> None:
    assert ROWS[name].recognise(_side(who), octets) is Guess.MORE
    assert not [row.name for row in PROTOCOLS if row.recognise(_side(who), octets) is Guess.YES]


@pytest.mark.parametrize(("name", "who", "octets"), STRANGE)
def test_what_is_others_is_refused_f125(name: str, who: str, octets: bytes) -> None:
    assert ROWS[name].recognise(_side(who), octets) is Guess.NO


WORDS = st.one_of(
    st.sampled_from([octets for _, _, octets in [*SURE, *FITTING, *STRANGE]]),
    st.binary(max_size=20),
    st.sampled_from(
        [b"220", b" ", b"-", b"\r\n", b"SMTP", b"FTP", b"* ", b"+OK", b"EHLO x", b"a1 ", b"6, 7", b"\n", b"Q"]
    ),
)


@given(st.lists(WORDS, min_size=1, max_size=4), st.sampled_from(Side))
@example([b" ", b"USER lee\r\n"], Side.CLIENT)
def test_more_octets_take_nothing_back_f124(pieces: list[bytes], side: Side) -> None:
    """So it does not matter how a side's words were cut into segments."""
    octets = b"".join(pieces)
    for row in PROTOCOLS:
        for before, after in pairwise(_guesses(row, side, octets)):
            assert before is Guess.MORE or after is before, row.name


@given(st.lists(WORDS, min_size=1, max_size=4), st.sampled_from(Side))
def test_two_rows_are_never_both_sure_f123(pieces: list[bytes], side: Side) -> None:
    octets = b"".join(pieces)
    sure = [row.name for row in PROTOCOLS if octets and row.recognise(side, octets) is Guess.YES]
    assert len(sure) < 2


@pytest.mark.parametrize(("name", "who", "octets"), SURE)
def test_no_mail_is_taken_for_another_service(name: str, who: str, octets: bytes) -> None:
    assert other_service(_side(who), octets) is None


@given(st.binary(max_size=600), st.sampled_from(Side))
def test_any_octets_may_be_asked_about(octets: bytes, side: Side) -> None:
    assert other_service(side, octets) is None or octets
