"""DMARC by RFC 9989: the tree walk, policies, and who belongs to whom."""

from __future__ import annotations

import pytest

from mailtrace.mail.authentication.dmarc import check_dmarc, walked_names
from mailtrace.model import Dkim, Dmarc, Spf, Verdict
from tests.mail.authentication.zones import NOW_NS, Zone, book


def judged(zone: dict[str, list[str]], author: str, spf: str = "", dkim: str = "", more: Zone | None = None) -> Dmarc:
    """Judge a mail for whose envelope's domain SPF passed, and which the domain `dkim` signed; '' for neither.

    `zone` has the policy records by domain; other names on the way to the root are known not to exist.
    """
    known = {(f"_dmarc.{name}", "TXT"): records for name, records in zone.items()}
    for name in (domain for each in (author, spf, dkim) if each for domain in walked_names(each.rpartition("@")[2])):
        known.setdefault((f"_dmarc.{name}", "TXT"), ["NXDOMAIN"])
    passed = Spf(Verdict.PASS, "", spf) if spf else Spf(Verdict.FAIL, "", "other.example")
    signatures = (Dkim(Verdict.PASS, "", dkim),) if dkim else ()
    return check_dmarc(book({**known, **(more or {})}), [author], passed, signatures, NOW_NS)


def test_the_names_of_a_walk() -> None:
    """RFC 9989 section 4.10: at most eight questions."""
    assert walked_names("a.mail.example.com") == ("a.mail.example.com", "mail.example.com", "example.com", "com")
    assert walked_names("a.b.c.d.e.f.g.h.i.j.mail.example.com") == (
        *("a.b.c.d.e.f.g.h.i.j.mail.example.com", "g.h.i.j.mail.example.com", "h.i.j.mail.example.com"),
        *("i.j.mail.example.com", "j.mail.example.com", "mail.example.com", "example.com", "com"),
    )
    assert len(walked_names("a.b.c.d.e.f.mail.example")) == 8


REJECT = ["v=DMARC1; p=reject"]


@pytest.mark.parametrize(
    ("record", "spf", "dkim", "expected"),
    [
        ("v=DMARC1; p=reject", "example.com", "", ("pass", True, False)),
        ("v=DMARC1; p=reject", "", "example.com", ("pass", False, True)),
        ("v=DMARC1; p=reject", "bounce.example.com", "mail.example.com", ("pass", True, True)),
        ("v=DMARC1; p=reject; aspf=s; adkim=s", "bounce.example.com", "mail.example.com", ("fail", False, False)),
        ("v=DMARC1; p=reject; aspf=r; adkim=s", "bounce.example.com", "mail.example.com", ("pass", True, False)),
        ("v=DMARC1; p=reject; adkim=s", "", "example.com", ("pass", False, True)),
        ("v=DMARC1; p=reject", "example.org", "notexample.com", ("fail", False, False)),
    ],
)
def test_alignment(record: str, spf: str, dkim: str, expected: tuple[str, bool, bool]) -> None:
    found = judged({"example.com": [record]}, "kim@example.com", spf, dkim)
    assert (found.result.value, found.spf_aligned, found.dkim_aligned) == expected


def test_a_parent_and_siblings_are_one_organisation() -> None:
    zone = {"example.com": REJECT}
    assert judged(zone, "kim@a.example.com", "b.example.com").result is Verdict.PASS
    assert judged(zone, "kim@a.example.com", "example.com").result is Verdict.PASS
    assert judged({"co.kr": []}, "kim@a.co.kr", "b.co.kr").result is Verdict.NONE


def test_public_suffixes_split_organisations() -> None:
    """RFC 9989 section 4.10.2: below psd=y begins the organisation; psd=n ends the walk."""
    zone = {"bank": ["v=DMARC1; p=reject; psd=y"]}
    assert judged(zone, "kim@a.one.bank", "one.bank").result is Verdict.PASS
    found = judged(zone, "kim@one.bank", "two.bank")
    assert (found.result, found.record_at, found.policy) == (Verdict.FAIL, "_dmarc.bank", "reject")
    zone = {"sub.example.com": ["v=DMARC1; p=none; psd=n"], "example.com": REJECT}
    assert judged(zone, "kim@sub.example.com", "example.com").result is Verdict.FAIL
    assert judged(zone, "kim@sub.example.com", "x.sub.example.com").result is Verdict.PASS
    assert judged(zone, "kim@example.com", "sub.example.com").result is Verdict.FAIL


@pytest.mark.parametrize(
    ("tags", "exists", "expected"),
    [
        ("p=reject", True, "reject"),
        ("p=reject; sp=none", True, "none"),
        ("p=reject; sp=none; np=quarantine", True, "none"),
        ("p=reject; sp=none; np=quarantine", False, "quarantine"),
        ("p=none; np=reject", False, "reject"),
        ("p=reject; t=y", True, "quarantine"),
        ("p=quarantine; t=y", True, "none"),
        ("p=none; t=y", True, "none"),
        ("rua=mailto:a@b.example", True, "none"),
        ("p=strange", True, "none"),
    ],
)
def test_policies_of_subdomains(tags: str, exists: bool, expected: str) -> None:
    more: Zone = {("a.example.com", "MX"): ["10 mx.example.com."] if exists else ["NXDOMAIN"]}
    found = judged({"example.com": [f"v=DMARC1; {tags}"]}, "kim@a.example.com", more=more)
    assert (found.result.value, found.policy, found.record_at) == ("fail", expected, "_dmarc.example.com")


@pytest.mark.parametrize(
    "records",
    [
        ["v=DMARC1; p=reject", "v=DMARC1; p=none"],
        ["p=reject; v=DMARC1"],
        ["v=dmarc1; p=reject"],
        ["v=DMARC2; p=reject"],
        ["v=spf1 -all"],
        [r"v=DMARC1\255\000\001"],
        ["v"],
        [""],
        [],
    ],
)
def test_records_that_count_as_none(records: list[str]) -> None:
    assert judged({"example.com": records}, "kim@example.com", "example.com").result is Verdict.NONE


def test_what_was_not_captured_is_named() -> None:
    spf = Spf(Verdict.PASS, "", "example.com")
    found = check_dmarc(book({}), ["kim@example.com"], spf, (), NOW_NS)
    assert (found.result.value, found.because) == ("unknown", "the TXT record for _dmarc.example.com was not captured")
    found = check_dmarc(book({("_dmarc.a.example.com", "TXT"): ["NXDOMAIN"]}), ["k@a.example.com"], spf, (), NOW_NS)
    assert found.because == "the TXT record for _dmarc.example.com was not captured"
    found = check_dmarc(book({("_dmarc.example.com", "TXT"): REJECT}), ["k@a.example.com"], spf, (), NOW_NS)
    assert (found.result.value, found.because) == (
        "pass",
        "SPF passed for a.example.com or a name that its policy lets stand for it; the records of a.example.com, com "
        "were not captured, and are taken not to exist",
    )
    found = check_dmarc(book({("_dmarc.example.com", "TXT"): ["SERVFAIL"]}), ["k@example.com"], spf, (), NOW_NS)
    assert (found.result.value, found.because) == ("temperror", "the DNS failed: SERVFAIL for _dmarc.example.com")


def test_an_unknown_signature_leaves_it_open_but_a_pass_decides() -> None:
    zone = book({("_dmarc.example.com", "TXT"): REJECT, ("_dmarc.com", "TXT"): ["NXDOMAIN"]})
    unknown = Dkim(Verdict.UNKNOWN, "the TXT record for s._domainkey.example.com was not captured", "example.com")
    failed = Spf(Verdict.FAIL, "", "example.com")
    found = check_dmarc(zone, ["k@example.com"], failed, (unknown,), NOW_NS)
    assert (found.result.value, found.because, found.dkim_aligned) == ("unknown", unknown.because, None)
    passed = Spf(Verdict.PASS, "", "example.com")
    assert check_dmarc(zone, ["k@example.com"], passed, (unknown,), NOW_NS).result is Verdict.PASS
    elsewhere = Dkim(Verdict.UNKNOWN, "", "other.example")
    assert check_dmarc(zone, ["k@example.com"], failed, (elsewhere,), NOW_NS).result is Verdict.FAIL


@pytest.mark.parametrize("authors", [[], ["nobody"], ["a@b"], ["a@b.example", "a@c.example"], ["@"], ["\0"]])
def test_a_from_that_names_no_single_domain(authors: list[str]) -> None:
    found = check_dmarc(book({}), authors, Spf(Verdict.PASS, "", "b.example"), (), NOW_NS)
    assert found.result is Verdict.PERMERROR


def test_two_addresses_of_one_domain_and_a_domain_in_hangul() -> None:
    zone = book({("_dmarc.xn--3e0b707e.example", "TXT"): REJECT})
    spf = Spf(Verdict.PASS, "", "xn--3e0b707e.example")
    found = check_dmarc(zone, ["이@한국.example", "kim@한국.Example."], spf, (), NOW_NS)
    assert (found.result, found.domain) == (Verdict.PASS, "xn--3e0b707e.example")
