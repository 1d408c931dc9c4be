"""DKIM: the signed mail of RFC 8463, mails that another program signed, and all that can be wrong with a signature."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from mailtrace.mail.authentication.canonical import RawField, canonical_body, canonical_field, split_message
from mailtrace.mail.authentication.dkim import check_dkim, signed_mail
from mailtrace.mail.authentication.keys import KeyRecord, read_key
from mailtrace.model import Dkim
from tests.mail.authentication.zones import NOW_NS, Zone, book
from tests.support import shared

DATA = Path(__file__).parents[2] / "data" / "authentication"
KEYS: Zone = {(name, "TXT"): [key] for name, key in json.loads((DATA / "keys.json").read_text()).items()}

OTHER_BODY = "the body is not the one that was signed: it was probably changed on the way"

# RFC 8463 appendix A
RFC_KEYS: Zone = {
    ("brisbane._domainkey.football.example.com", "TXT"): [
        "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    ],
    ("test._domainkey.football.example.com", "TXT"): [
        "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/"
        "J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTI"
        "KT+l/K4w3QIDAQAB"
    ],
}
RFC_MAIL = b"""DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
""".replace(b"\n", b"\r\n")


def judged(octets: bytes, zone: Zone = KEYS, whole: bool = True, time_ns: int = NOW_NS) -> list[tuple[str, str]]:
    """Return the verdicts on the signatures of a mail, and why."""
    return [(each.result.value, each.because) for each in _all(octets, zone, whole, time_ns)]


def _all(octets: bytes, zone: Zone, whole: bool = True, time_ns: int = NOW_NS) -> tuple[Dkim, ...]:
    return check_dkim(signed_mail(octets, whole, time_ns), book(zone))


def changed(old: bytes, new: bytes) -> bytes:
    """Return a signed mail with something replaced."""
    octets = (DATA / "signed-blanks-simple-simple.eml").read_bytes()
    assert old in octets
    return octets.replace(old, new, 1)


def test_the_mail_of_the_rfc() -> None:
    passed = ("pass", "football.example.com signed it, and nothing that was signed has changed since")
    assert judged(RFC_MAIL, RFC_KEYS) == [passed, passed]
    assert [each.algorithm for each in _all(RFC_MAIL, RFC_KEYS)] == ["ed25519-sha256", "rsa-sha256"]
    altered = RFC_MAIL.replace(b"dinner", b"supper")
    assert [result for result, _ in judged(altered, RFC_KEYS)] == ["fail", "fail"]


@pytest.mark.parametrize("path", sorted(DATA.glob("signed-*.eml")), ids=lambda path: path.stem)
def test_mails_that_another_program_signed(path: Path) -> None:
    octets = path.read_bytes()
    assert [result for result, _ in judged(octets)] == ["pass"]
    assert [result for result, _ in judged(octets.replace(b"kim@example.kr>", b"lee@example.kr>", 1))] == ["fail"]


def test_the_mail_of_the_lab() -> None:
    octets = shared("captures/lab/10-dkim-signed.eml").read_bytes()
    (found,) = _all(octets, {}, time_ns=1_795_321_327 * 10**9)
    assert (found.result.value, found.domain, found.selector, found.body) == ("unknown", "naver.com", "lab2026", True)
    assert found.because == (
        "the TXT record for lab2026._domainkey.naver.com was not captured; the body is the one that was signed"
    )


def test_more_after_the_signed_length_is_told() -> None:
    octets = (DATA / "signed-length.eml").read_bytes() + b"more\r\n"
    assert judged(octets) == [
        (
            "pass",
            "example.kr signed it, and nothing that was signed has changed since; of the body only the first 12 octets "
            "are signed",
        )
    ]
    assert [result for result, _ in judged(octets.replace(b"first", b"other"))] == ["fail"]


def test_a_changed_body_is_told_without_a_key() -> None:
    (found,) = _all(changed(b"two  spaces  \r\n", b"two spaces\r\n"), {})
    assert (found.result.value, found.body) == ("fail", False)
    assert found.because == OTHER_BODY


def test_a_body_with_holes_is_not_judged() -> None:
    octets = (DATA / "signed-blanks-simple-simple.eml").read_bytes()
    assert judged(octets, whole=False) == [
        ("unknown", "the headers are those that were signed; the body is not all in the capture")
    ]
    assert [result for result, _ in judged(octets.replace(b"Kim", b"Lee"), whole=False)] == ["fail"]


def test_a_header_that_was_added_below_or_signed_as_missing() -> None:
    octets = (DATA / "signed-blanks-relaxed-relaxed.eml").read_bytes()
    assert [result for result, _ in judged(b"Received: by x\r\n" + octets)] == ["pass"]
    assert [result for result, _ in judged(octets.replace(b"To: ", b"X-None: 1\r\nTo: "))] == ["fail"]
    assert [result for result, _ in judged(b"From: evil@example.org\r\n" + octets)] == ["fail"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"v=1", b"v=2", ("neutral", "the signature is of a version that does not exist")),
        (b"v=1;", b"", ("neutral", "the signature cannot be read: v= is missing")),
        (b"v=1", b"v=1; v=1", ("neutral", "the signature cannot be read: v, a, b, bh, d, h, s= is missing")),
        (b"a=rsa-sha256", b"a=rsa-sha1", ("policy", "the signature uses SHA-1, which proves nothing any more")),
        (b"a=rsa-sha256", b"a=rot13", ("neutral", "nobody knows the algorithm rot13")),
        (b"h=from", b"h=to; z=from", ("permerror", "the signature does not cover From, and so protects nothing")),
        (
            b"i=@example.kr",
            b"i=@x.kr",
            ("permerror", "the signature is for somebody (i=) outside of its own domain (d=)"),
        ),
        (
            b"c=simple/simple",
            b"c=funny",
            ("neutral", "the signature cannot be read: nobody knows its canonical form (c=)"),
        ),
        (b"q=dns/txt", b"q=http", ("permerror", "the signature's key is not in the DNS (q=)")),
        (b"v=1", b"v=1; l=99999", ("fail", OTHER_BODY)),
        (b"v=1", b"v=1; l=-1", ("neutral", "the signature cannot be read: l= is no number")),
        (b"v=1", b"v=1; x=" + b"9" * 5000, ("neutral", "the signature cannot be read: x= is no number")),
        (b"v=1", b"v=1; x=1795769990", ("fail", "the signature had expired 10 s before the mail was sent here")),
        (b"v=1", b"v=1; x=5", ("permerror", "the signature expires before it was made")),
        (b"bh=", b"bh=!", ("neutral", "the signature cannot be read: it is no base64")),
    ],
    ids=lambda value: value.decode()[:20] if isinstance(value, bytes) else None,
)
def test_signatures_that_cannot_hold(old: bytes, new: bytes, expected: tuple[str, str]) -> None:
    octets = changed(old, new)
    if b"x=17957" in new:
        octets = octets.replace(b"t=", b"y=", 1)
    assert judged(octets) == [expected]


def test_the_clock_of_the_capture_counts() -> None:
    """A signature that expired long ago was good when the mail was sent: the day of the analysis plays no part."""
    octets = changed(b"v=1", b"v=1; x=1795770100").replace(b"t=", b"y=", 1)
    assert [result for result, _ in judged(octets)] == ["fail"]  # by its headers, which were signed without x=
    assert "expired" not in judged(octets)[0][1]
    assert "expired" in judged(octets, time_ns=NOW_NS + 200 * 10**9)[0][1]


ONE = "one._domainkey.example.kr"


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        (["NXDOMAIN"], ("permerror", f"there is no key: {ONE} does not exist (NXDOMAIN)")),
        ([], ("permerror", f"there is no key: {ONE} has no TXT record")),
        (["SERVFAIL"], ("temperror", f"the DNS failed for the key {ONE}: SERVFAIL")),
        (["v=DKIM1; p="], ("permerror", f"the key {ONE} cannot be used: it was revoked (p= is empty)")),
        (["v=DKIM2; p=AAAA"], ("permerror", f"the key {ONE} cannot be used: its version is not DKIM1")),
        (["hello"], ("permerror", f"the key {ONE} cannot be used: it is no key record")),
        (["k=dsa; p=AAAA"], ("permerror", f"the key {ONE} cannot be used: nobody knows keys of the kind dsa")),
        (["s=other; p=AAAA"], ("permerror", f"the key {ONE} cannot be used: it is not for mail (s=)")),
        (["p=A"], ("permerror", f"the key {ONE} cannot be used: p= is no base64")),
        (["p=AAAA"], ("permerror", "the rsa key cannot be read")),
        (["k=ed25519; p=AAAA"], ("permerror", "the key is for another algorithm than the signature's")),
        (["h=sha1; p=AAAA"], ("permerror", "the key is for another algorithm than the signature's")),
        ([r"\000\255" * 500], ("permerror", f"the key {ONE} cannot be used: it is no key record")),
        (["p=" + "A" * 60_000], ("permerror", f"the key {ONE} cannot be used: p= is no base64")),
    ],
)
def test_keys_that_cannot_be_used(records: list[str], expected: tuple[str, str]) -> None:
    octets = (DATA / "signed-blanks-simple-simple.eml").read_bytes()
    assert judged(octets, {(ONE, "TXT"): records}) == [expected]


def test_a_key_of_512_bits_is_too_weak() -> None:
    key = "p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAMWGvUtgDA5FRiLpD+azkgPmvVGf+65pAKn4Uo8q46T4"
    key += "8yzMx2czhXz4ja5R+L3zRzTLHQ/V7gTSD3WKZZ6xnxMCAwEAAQ=="
    ((result, because),) = judged((DATA / "signed-blanks-simple-simple.eml").read_bytes(), {(ONE, "TXT"): [key]})
    assert (result, because) == ("policy", "the RSA key has only 512 bits, and so can be broken")


def test_another_key_did_not_sign() -> None:
    other = {(ONE, "TXT"): KEYS[("two._domainkey.list.example.org", "TXT")]}
    ((result, because),) = judged((DATA / "signed-blanks-simple-simple.eml").read_bytes(), other)
    assert (result, because) == (
        "fail",
        "the headers that were signed are not these, or the key of example.kr did not make the signature",
    )


def test_flags_of_keys() -> None:
    key = read_key(b"v=DKIM1; t=y:s; h=sha256; p=AAAA; n=a note")
    assert isinstance(key, KeyRecord)
    assert (key.kind, key.testing, key.strict, key.hashes, key.octets) == ("rsa", True, True, ("sha256",), b"\0\0\0")


def test_canonical_forms() -> None:
    """RFC 6376 section 3.4.5."""
    octets = b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n"
    fields, body = split_message(octets)
    assert fields == [RawField(b"a", b"A: X"), RawField(b"b", b"B : Y\t\r\n\tZ  ")]
    assert [canonical_field(field, "relaxed") for field in fields] == [b"a:X", b"b:Y Z"]
    assert [canonical_field(field, "simple") for field in fields] == [b"A: X", b"B : Y\t\r\n\tZ  "]
    assert canonical_body(body, "relaxed") == b" C\r\nD E\r\n"
    assert canonical_body(body, "simple") == b" C \r\nD \t E\r\n"
    assert (canonical_body(b"", "simple"), canonical_body(b"", "relaxed")) == (b"\r\n", b"")


@pytest.mark.parametrize(
    "octets",
    [
        *(b"", b"\r\n", b"\n", b" folded first\r\n\r\n", b"DKIM-Signature:", b"DKIM-Signature: \r\n\r\n", b"\0" * 100),
        *(
            b"DKIM-Signature: ;;;===\r\n\r\n",
            b"dkim-signature: v=1; a=\xff; b=\xff; bh=\xff; d=\xff; h=from; s=\xff\r\n\r\n",
        ),
        *(b"DKIM-Signature: v=1\r\n" * 1000 + b"\r\n", b"DKIM-Signature: " + b"b =;" * 50_000 + b"\r\n\r\n"),
        *(b"x" * 100_000, b"A:\r\n" * 30_000, b"A: " + b" \r\n" * 50_000, b"A:b\r\n\r\n" + b" \t" * 100_000),
    ],
    ids=range(15),
)
def test_hostile_mails_cost_linear_time(octets: bytes) -> None:
    started = time.process_time()
    assert len(check_dkim(signed_mail(octets, True, NOW_NS), book({}))) <= 20
    assert time.process_time() - started < 3
