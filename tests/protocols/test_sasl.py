"""SASL exchanges: the user where a mechanism shows it, and which octets are secret."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrace.protocols.sasl import Exchange, decoded, is_mechanism, may_be_response, secret_from, secret_span

NTLM = (
    b"NTLMSSP\0\x03\0\0\0"
    + bytes(24)
    + (12).to_bytes(2, "little")
    + (12).to_bytes(2, "little")
    + (64).to_bytes(4, "little")
    + bytes(16)
    + b"\x01\0\0\0"
    + "lee@ab".encode("utf-16-le")
)


@pytest.mark.parametrize(
    ("mechanism", "responses", "user"),
    [
        ("PLAIN", [b"AGxlZQBsZWU="], "lee"),  # NUL lee NUL lee
        ("PLAIN", [b"YWRtaW4AbGVlAGxlZQ=="], "lee"),  # admin NUL lee NUL lee
        ("PLAIN", [b"bGVl"], None),
        ("LOGIN", [b"bGVl", b"c2VjcmV0"], "lee"),
        ("CRAM-MD5", [b"dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw"], "tim"),  # the example of RFC 2195
        ("DIGEST-MD5", [b64encode(b'charset=utf-8,username="ch\\"ris",realm="elwood"')], 'ch"ris'),
        ("SCRAM-SHA-256", [b64encode(b"n,,n=us=2Cer=3D,r=abc"), b64encode(b"c=biws,r=abc,p=x")], "us,er="),
        ("XOAUTH2", [b64encode(b"user=a@example.com\x01auth=Bearer x\x01\x01")], "a@example.com"),
        ("OAUTHBEARER", [b64encode(b"n,a=a@example.com,\x01auth=Bearer x\x01\x01")], "a@example.com"),
        ("EXTERNAL", [b"="], None),
        ("EXTERNAL", [b"bGVl"], "lee"),
        ("NTLM", [b64encode(b"NTLMSSP\0\x01\0\0\0"), b64encode(NTLM)], "lee@ab"),
        ("GSSAPI", [b"YIIB"], None),
        ("X-UNKNOWN", [b"bGVl"], None),
    ],
)
def test_user(mechanism: str, responses: list[bytes], user: str | None) -> None:
    exchange = Exchange(mechanism)
    for response in responses:
        exchange.response(response)
    assert (exchange.user, exchange.broken, exchange.cancelled) == (user, False, False)


def test_the_password_of_a_broken_login_is_no_user() -> None:
    exchange = Exchange("LOGIN")
    exchange.response(b"not base64!")
    exchange.response(b"c2VjcmV0")
    assert (exchange.user, exchange.broken) == (None, True)


def test_cancelled() -> None:
    exchange = Exchange("plain")
    exchange.response(b"*")
    assert (exchange.mechanism, exchange.cancelled, exchange.user) == ("PLAIN", True, None)


def test_base64_is_read_strictly() -> None:
    assert decoded(b"QUI=") == b"AB"
    assert decoded(b"=") == b""
    assert decoded(b"") == b""
    for broken in (b"QUI", b"QUI=QUJD", b"Q UI=", b"QUI=\x80"):
        assert decoded(broken) is None


def test_whole_lines_are_secret_but_for_cancelling() -> None:
    assert secret_span(b"AGxlZQBsZWU=") == ((0, 12),)
    assert secret_span(b"AUTH PLAIN AGxlZQBsZWU=", 11) == ((11, 23),)
    assert secret_span(b"*") == secret_span(b"=") == secret_span(b"") == ()


def test_only_a_mechanism_is_shown() -> None:
    assert secret_from(b"AUTH PLAIN AGxl", 5) == 11
    assert secret_from(b"AUTH  plain AGxl", 5) == 12
    assert secret_from(b"AUTH hunter2", 5) == 5
    assert is_mechanism(b"SCRAM-SHA-256-PLUS")
    assert not is_mechanism(b"")


@given(
    st.sampled_from(["PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "XOAUTH2", "NTLM"]),
    st.binary(max_size=90),
)
def test_any_response(mechanism: str, octets: bytes) -> None:
    exchange = Exchange(mechanism)
    exchange.response(octets)
    exchange.response(b64encode(octets))
    assert exchange.user is None or isinstance(exchange.user, str)


@pytest.mark.parametrize(
    ("line", "may_be"),
    [
        (b"AGxlZQBodW50ZXIy", True),
        (b"aHVudGVyMg==", True),
        (b" bGVl\r", True),
        (b"ABCDEFGHIJKLMNOP", True),  # no verb is as long
        (b"QUIT", False),
        (b"XYZZ", False),
        (b"NOOP now", False),
        (b"", False),
        (b"xlZQBodW50ZXIy", True),  # the end of one whose beginning is missing
        (b"hello", True),
        (b"GET / HTTP/1.1", False),
    ],
)
def test_p256_words_that_may_answer_a_login(line: bytes, may_be: bool) -> None:
    assert may_be_response(line) is may_be
