"""Of an answer of every mechanism the user stays and the secret goes; it stays base64 of its length."""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest

from mailtrace.redact import secrets

SECRET = "canary-7f3a-Ω".encode()
NTLM = (
    b"NTLMSSP\0\x03\0\0\0" + bytes.fromhex("18001800480000001800180060000000 0400040040000000".replace(" ", ""))
    + bytes.fromhex("0600060044000000 0000000078000000 0000000078000000 01820000".replace(" ", ""))
    + b"dom." + b"k\0i\0m\0" + b"\x11" * 48
)  # fmt: skip

ANSWERS = [
    ("PLAIN", 1, b"\0kim\0" + SECRET, b"\0kim\0" + b"x" * len(SECRET)),
    ("PLAIN", 1, b"boss\0kim\0" + SECRET, b"boss\0kim\0" + b"x" * len(SECRET)),
    ("LOGIN", 1, b"kim", b"kim"),
    ("LOGIN", 2, SECRET, b"x" * len(SECRET)),
    ("CRAM-MD5", 1, b"kim b913a602c7eda7a495b4e6e7334d3890", b"kim " + b"0" * 32),
    (
        "DIGEST-MD5", 1,
        b'username="kim",realm="x.net",nonce="OA6M",cnonce="OA6MHX",nc=00000001,qop=auth,response=d388dad9,charset=utf-8',
        b'username="kim",realm="x.net",nonce="0000",cnonce="000000",nc=00000001,qop=auth,response=00000000,charset=utf-8',
    ),
    ("SCRAM-SHA-1", 1, b"n,,n=kim,r=fyko+d2l", b"n,,n=kim,r=00000000"),
    ("SCRAM-SHA-256", 2, b"c=biws,r=fyko%hv,p=v0X8v3Bz2T0=", b"c=biws,r=0000000,p=00000000000="),
    ("SCRAM-SHA-256-PLUS", 2, b"c=cD10bHMtdW5p,r=fy,p=v0X8", b"c=000000000000,r=00,p=0000"),
    (
        "XOAUTH2", 1,
        b"user=kim@x.net\x01auth=Bearer ya29.token\x01\x01", b"user=kim@x.net\x01auth=Bearer xxxxxxxxxx\x01\x01",
    ),
    (
        "OAUTHBEARER", 1,
        b"n,a=kim,\x01host=x\x01auth=Bearer vF9dft4q\x01\x01", b"n,a=kim,\x01host=x\x01auth=Bearer xxxxxxxx\x01\x01",
    ),
    ("GSSAPI", 1, SECRET, bytes(len(SECRET))),
    ("NTLM", 2, NTLM, NTLM[:64] + bytes(4) + b"k\0i\0m\0" + bytes(48)),
]  # fmt: skip


@pytest.mark.parametrize(("mechanism", "number", "said", "expected"), ANSWERS)
def test_p257_an_answer(mechanism: str, number: int, said: bytes, expected: bytes) -> None:
    made = secrets.answer(mechanism, b64encode(said), number, lambda name: name)
    assert b64decode(made, validate=True) == expected
    assert len(made) == len(b64encode(said))


def test_p257_the_user_is_replaced_where_names_are() -> None:
    for mechanism, number, said, _ in ANSWERS:
        if mechanism not in ("GSSAPI", "NTLM") and b"kim" in said:
            made = secrets.answer(mechanism, b64encode(said), number, lambda name: name.replace(b"kim", b"bob"))
            assert b"kim" not in b64decode(made) and b"bob" in b64decode(made), mechanism


@pytest.mark.parametrize(
    ("mechanism", "said", "expected"),
    [
        ("CRAM-MD5", b"<1896.697170952@mail.x.net>", b"<0000.000000000@0000.0.000>"),
        ("SCRAM-SHA-1", b"r=fyko3r,s=QSXCR+Q6sek8bf92,i=4096", b"r=000000,s=0000000000000000,i=4096"),
        ("SCRAM-SHA-1", b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=", b"v=000000000000000000000000000="),
        ("DIGEST-MD5", b'realm="x",nonce="OA6MG9tEQ",qop="auth"', b'realm="x",nonce="000000000",qop="auth"'),
        ("LOGIN", b"Password:", b"Password:"),
    ],
)
def test_p257_a_challenge(mechanism: str, said: bytes, expected: bytes) -> None:
    assert b64decode(secrets.challenge(mechanism, b64encode(said), lambda name: name)) == expected


def test_p257_what_is_no_base64_is_crossed_out() -> None:
    assert secrets.answer("PLAIN", b"hunter2!", 1, lambda name: name) == b"00000000"
    assert secrets.answer("PLAIN", b"*", 1, lambda name: name) == b"*"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (b"hunter2", b"xxxxxxx"),
        (b'"my \\"pw\\" 1"', b'"xxxxxxxxxxx"'),
        (b"{18}", b"{18}"),
        (b"{3+}", b"{3+}"),
        (b'a"b', b"xxx"),
    ],
)
def test_p256_a_secret_in_clear(said: bytes, expected: bytes) -> None:
    assert secrets.crossed_out(said) == expected


def test_p257_the_stamp_of_apop() -> None:
    assert secrets.stamp(b"+OK ready <1896.697+x@mail.x.net>") == b"+OK ready <0000.0000000@mail.x.net>".replace(
        b"0000000", b"00000"
    )
