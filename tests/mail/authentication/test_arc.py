"""ARC: chains that another program sealed, and all that can be wrong with them."""

from __future__ import annotations

import re
import time

import pytest

from mailtrace.mail.authentication.arc import check_arc
from mailtrace.mail.authentication.dkim import signed_mail
from mailtrace.model import Arc
from tests.mail.authentication.test_dkim import DATA, KEYS
from tests.mail.authentication.zones import NOW_NS, Zone, book

TWO = (DATA / "sealed-2.eml").read_bytes()


def judged(octets: bytes, zone: Zone = KEYS, whole: bool = True) -> Arc:
    """Return the verdict on a chain."""
    return check_arc(signed_mail(octets, whole, NOW_NS), book(zone))


def test_chains_that_another_program_sealed() -> None:
    one = judged((DATA / "sealed-1.eml").read_bytes())
    assert (one.result.value, one.instances, one.sealers) == ("pass", 1, ("list.example.org",))
    two = judged(TWO)
    assert (two.result.value, two.instances, two.sealers) == ("pass", 2, ("list.example.org", "example.kr"))
    assert (two.because, two.lookups) == ("the newest signature and all seals hold", (1, 2))


def test_a_mail_without_seals() -> None:
    assert judged(b"From: a@b.example\r\n\r\n").result.value == "none"


@pytest.mark.parametrize(
    ("old", "new", "because"),
    [
        (rb"list footer", b"other footer", "the body is not the one that the last forwarder signed"),
        (rb"Subject:", b"Subject: new", "the headers that the last forwarder signed are not these"),
        (rb"dkim=pass header", b"dkim=fail header", "the sets up to 2 are not these"),
        (rb"cv=pass", b"cv=fail", "the seal of set 2 says that the chain was broken before it"),
        (rb"cv=pass", b"cv=none", "the seal of set 2 says cv=none, which cannot be"),
        (rb"i=2;", b"i=3;", "the chain is not whole: fields are missing"),
        (rb"i=2;", b"i=1;", "set 1 of the chain has a field twice"),
        (rb"i=2;", b"i=x;", "the chain has a field without its number (i=)"),
        (rb"i=2;", b"i=99;", "the chain has a field without its number (i=)"),
        (rb"cv=pass", b"cv=pass; h=from", "a seal names headers (h=), which it may not"),
    ],
)
def test_broken_chains(old: bytes, new: bytes, because: str) -> None:
    found = judged(re.sub(old, new, TWO, count=1 if b"dkim=pass" not in old else 9))
    assert (found.result.value, found.because[: len(because)]) == ("fail", because)


def test_without_the_keys_it_is_not_known() -> None:
    found = judged(TWO, {})
    assert (found.result.value, found.because) == (
        "unknown",
        "the TXT record for two._domainkey.list.example.org was not captured",
    )
    assert judged(TWO.replace(b"list footer", b"other"), {}).result.value == "fail"
    gone = judged(TWO, {**KEYS, ("one._domainkey.example.kr", "TXT"): ["NXDOMAIN"]})
    assert (gone.result.value, gone.because[:18]) == ("fail", "there is no key: o")
    assert judged(TWO, whole=False).result.value == "unknown"


def test_k211_a_thousand_sets_are_no_chain_and_cost_little() -> None:
    fields = b"".join(
        b"ARC-Seal: i=%d; cv=pass; d=x.example; s=s; a=rsa-sha256; b=AAAA\r\n"
        b"ARC-Message-Signature: i=%d; a=rsa-sha256; d=x.example; s=s; h=from; bh=AAAA; b=AAAA\r\n"
        b"ARC-Authentication-Results: i=%d; x.example; spf=pass\r\n" % (number, number, number)
        for number in range(1, 1001)
    )
    started = time.process_time()
    found = judged(fields + b"From: a@b.example\r\n\r\nbody\r\n")
    assert (found.result.value, found.because) == ("fail", "the chain has more than 50 sets")
    assert time.process_time() - started < 3
