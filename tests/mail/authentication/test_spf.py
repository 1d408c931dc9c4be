"""SPF against the examples of RFC 7208 and cases like those of the open test suites, written out by hand."""

from __future__ import annotations

import time
from ipaddress import ip_address

import pytest

from mailtrace.mail.authentication.records import RecordBook
from mailtrace.mail.authentication.spf import check_spf
from mailtrace.mail.authentication.spfmacros import Subject, expanded
from mailtrace.mail.authentication.spfterms import SpfSyntaxError, parse_spf, pieces
from mailtrace.model import Spf
from tests.mail.authentication.zones import NOW_NS, Zone, book

# RFC 7208 appendix A
EXAMPLE: Zone = {
    ("example.com", "A"): ["192.0.2.10", "192.0.2.11"],
    ("example.com", "MX"): ["10 mail-a.example.com.", "20 mail-b.example.com."],
    ("amy.example.com", "A"): ["192.0.2.65"],
    ("bob.example.com", "A"): ["192.0.2.66"],
    ("mail-a.example.com", "A"): ["192.0.2.129"],
    ("mail-b.example.com", "A"): ["192.0.2.130"],
    ("example.org", "MX"): ["10 mail-c.example.org."],
    ("mail-c.example.org", "A"): ["192.0.2.140"],
    ("10.2.0.192.in-addr.arpa", "PTR"): ["example.com."],
    ("65.2.0.192.in-addr.arpa", "PTR"): ["amy.example.com."],
    ("140.2.0.192.in-addr.arpa", "PTR"): ["mail-c.example.org."],
    ("4.0.0.10.in-addr.arpa", "PTR"): ["bob.example.com."],
}


def judged(record: str, client: str = "192.0.2.1", zone: Zone | None = None, sender: str = "user@example.com") -> Spf:
    """Return the verdict on a client by one record of the sender's domain."""
    whole = {(sender.rpartition("@")[2], "TXT"): [record], **(EXAMPLE if zone is None else zone)}
    return check_spf(book(whole), client, "mail.example.net", sender, NOW_NS)


def result(record: str, client: str = "192.0.2.1", zone: Zone | None = None) -> str:
    """Return only the word of the verdict."""
    return judged(record, client, zone).result.value


@pytest.mark.parametrize(
    ("record", "client", "expected"),
    [
        ("v=spf1 +all", "203.0.113.9", "pass"),
        ("v=spf1 a -all", "192.0.2.10", "pass"),
        ("v=spf1 a -all", "192.0.2.12", "fail"),
        ("v=spf1 a:example.org -all", "192.0.2.10", "unknown"),
        ("v=spf1 mx -all", "192.0.2.129", "pass"),
        ("v=spf1 mx -all", "192.0.2.131", "fail"),
        ("v=spf1 mx:example.org -all", "192.0.2.140", "pass"),
        ("v=spf1 mx mx:example.org -all", "192.0.2.140", "pass"),
        ("v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.131", "pass"),
        ("v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.143", "pass"),
        ("v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.144", "fail"),
        ("v=spf1 ptr -all", "192.0.2.65", "pass"),
        ("v=spf1 ptr -all", "192.0.2.140", "fail"),
        ("v=spf1 ptr -all", "10.0.0.4", "fail"),
        ("v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.65", "fail"),
        ("v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.129", "pass"),
    ],
)
def test_the_examples_of_the_rfc(record: str, client: str, expected: str) -> None:
    assert result(record, client) == expected


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ("v=spf1", "neutral"),
        ("v=spf1 ", "neutral"),
        ("V=SPF1 -ALL", "fail"),
        ("v=spf1 ~all", "softfail"),
        ("v=spf1 ?all", "neutral"),
        ("v=spf1 -all ip4:192.0.2.1", "fail"),
        ("v=spf1   IP4:192.0.2.1   -all", "pass"),
        ("v=spf10 -all", "none"),
        ("v=spf1-all", "none"),
        ("v=spf1 default=pass moo.cow-far_out=man:dog/cat", "neutral"),
        ("v=spf1 ip6:2001:db8::1 -all", "fail"),
        ("v=spf1 ip4:192.0.2.1/0 -all", "pass"),
    ],
)
def test_whole_records(record: str, expected: str) -> None:
    assert result(record) == expected


@pytest.mark.parametrize(
    "term",
    [
        *(
            "all.",
            "all:foo",
            "all/8",
            "include",
            "include:",
            "include:example.com/24",
            "a:",
            "a:/24",
            "a:museum",
            "a//",
        ),
        *(
            "a:example.com/33",
            "a:example.com//129",
            "a/024",
            "a:111.222.33.44",
            "a:example.-com",
            "mx:%{x}.example.com",
        ),
        *("ptr:", "ptr/24", "ip4", "ip4:", "ip4:192.0.2.1/33", "ip4:192.0.2.1/", "ip4:192.0.2", "ip4:192.0.2.1/08"),
        *("ip4:2001:db8::1", "ip6:192.0.2.1", "ip6:fe80::1%eth0", "ip6:2001:db8::1/129", "exists", "exists:"),
        *(
            "redirect=",
            "exp=",
            "exp=a%",
            "redirect=%{r}.example.com",
            "exists:%{d0}.com",
            "exists:%{}",
            "moo",
            "=foo",
            "-",
        ),
        *("redirect=a.com redirect=b.com", "exp=a.com exp=b.com", "exists:%(d).com", "a\tb", "exists:%{d", "4=foo"),
    ],
)
def test_one_error_anywhere_makes_it_invalid(term: str) -> None:
    assert result(f"v=spf1 ip4:192.0.2.1 {term}") == "permerror"


def test_octets_that_are_no_ascii_make_it_invalid() -> None:
    found = judged(r"v=spf1 a:\235\145\156 -all")
    assert (found.result.value, found.because) == (
        "permerror",
        "the SPF record of example.com cannot be used: it has octets that are no ASCII",
    )


def test_two_records_are_an_error_and_other_texts_none() -> None:
    zone: Zone = {("example.com", "TXT"): ["v=spf1 -all", "v=spf1 +all", "google-site-verification=x"]}
    found = check_spf(book(zone), "192.0.2.1", "h.example", "a@example.com", NOW_NS)
    assert (found.result.value, found.because) == ("permerror", "example.com has 2 SPF records, and may have one")
    zone = {("example.com", "TXT"): ["v=spf1 -all", "unrelated"]}
    assert check_spf(book(zone), "192.0.2.1", "h.example", "a@example.com", NOW_NS).result.value == "fail"


INCLUDED: Zone = {
    ("pass.example", "TXT"): ["v=spf1 +all"],
    ("fail.example", "TXT"): ["v=spf1 -all"],
    ("soft.example", "TXT"): ["v=spf1 ~all"],
    ("neutral.example", "TXT"): ["v=spf1 ?all"],
    ("bad.example", "TXT"): ["v=spf1 moo"],
    ("empty.example", "TXT"): [],
    ("gone.example", "TXT"): ["NXDOMAIN"],
    ("down.example", "TXT"): ["SERVFAIL"],
}


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ("v=spf1 include:pass.example -all", "pass"),
        ("v=spf1 ?include:pass.example -all", "neutral"),
        ("v=spf1 -include:pass.example +all", "fail"),
        ("v=spf1 include:fail.example ~all", "softfail"),
        ("v=spf1 include:soft.example +all", "pass"),
        ("v=spf1 include:neutral.example -all", "fail"),
        ("v=spf1 include:bad.example -all", "permerror"),
        ("v=spf1 include:empty.example -all", "permerror"),
        ("v=spf1 include:gone.example -all", "permerror"),
        ("v=spf1 include:down.example -all", "temperror"),
        ("v=spf1 include:never.example -all", "unknown"),
        ("v=spf1 redirect=fail.example", "fail"),
        ("v=spf1 redirect=soft.example", "softfail"),
        ("v=spf1 redirect=gone.example", "permerror"),
        ("v=spf1 redirect=pass.example -all", "fail"),
        ("v=spf1 ip4:192.0.2.1 include:never.example -all", "pass"),
    ],
)
def test_includes_and_redirects(record: str, expected: str) -> None:
    assert result(record, zone=INCLUDED) == expected


def test_what_is_missing_is_named_and_what_proves_it_too() -> None:
    found = judged("v=spf1 include:soft.example include:never.example -all", zone=INCLUDED)
    assert (found.result.value, found.because) == ("unknown", "the TXT record for never.example was not captured")
    assert (found.queries, found.lookups, found.packets) == (2, (1, 4), (1, 2, 7, 8))
    found = judged("v=spf1 include:pass.example -all", zone=INCLUDED)
    assert (found.mechanism, found.lookups, found.packets) == ("include:pass.example", (1, 2), (1, 2, 3, 4))
    assert check_spf(RecordBook(), "192.0.2.1", "h", "a@b.example", NOW_NS).because == (
        "the TXT record for b.example was not captured"
    )


def test_ten_questions_are_allowed_and_eleven_not() -> None:
    hosts = {(f"h{number}.example", "A"): ["198.51.100.1"] for number in range(11)}
    ten = " ".join(f"a:h{number}.example" for number in range(10))
    assert judged(f"v=spf1 {ten} ip4:192.0.2.1 -all", zone=hosts).result.value == "pass"
    found = judged(f"v=spf1 {ten} a:h10.example ip4:192.0.2.1 -all", zone=hosts)
    assert (found.result.value, found.queries) == ("permerror", 11)
    assert "more than 10 times" in found.because


def test_two_empty_answers_are_allowed_and_three_not() -> None:
    zone: Zone = {("a.example", "A"): ["NXDOMAIN"], ("b.example", "MX"): [], ("c.example", "A"): []}
    assert result("v=spf1 a:a.example mx:b.example ?all", zone=zone) == "neutral"
    found = judged("v=spf1 a:a.example mx:b.example exists:c.example ?all", zone=zone)
    assert (found.result.value, found.void) == ("permerror", 3)


def test_eleven_exchangers_are_too_many() -> None:
    zone: Zone = {("example.com", "MX"): [f"{number} mx{number}.example." for number in range(11)]}
    assert result("v=spf1 mx -all", zone=zone) == "permerror"


@pytest.mark.parametrize("record", ["v=spf1 include:example.com -all", "v=spf1 redirect=example.com"])
def test_records_that_lead_back_to_themselves_end(record: str) -> None:
    found = judged(record)
    assert (found.result.value, found.queries) == ("permerror", 11)


def test_a_bomb_of_includes_costs_eleven_questions() -> None:
    many = " ".join(f"include:i{number}.example" for number in range(1000))
    zone = {(f"i{number}.example", "TXT"): [f"v=spf1 {many} ?all"] for number in range(1000)}
    started = time.process_time()
    found = judged(f"v=spf1 {many} -all", zone=zone)
    assert (found.result.value, found.queries) == ("permerror", 11)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "filling", ["a ", "%{d}", "%{l-+_}", "=", "ip4:1.2.3.4 ", "\\255", ":", "/", "%", "a:" + "b." * 50]
)
def test_huge_records_cost_linear_time(filling: str) -> None:
    started = time.process_time()
    found = judged("v=spf1 " + filling * (65_000 // len(filling)))
    assert found.result.value in ("permerror", "neutral", "unknown")
    assert time.process_time() - started < 5


def test_binary_records_are_no_spf() -> None:
    zone: Zone = {("example.com", "TXT"): [r"\000\001\255" * 1000, r"v=spf1\000 +all"]}
    assert check_spf(book(zone), "192.0.2.1", "h.example", "a@example.com", NOW_NS).result.value == "none"


MACROS = {
    "%{s}": "strong-bad@email.example.com",
    "%{o}": "email.example.com",
    "%{d}": "email.example.com",
    "%{d4}": "email.example.com",
    "%{d3}": "email.example.com",
    "%{d2}": "example.com",
    "%{d1}": "com",
    "%{dr}": "com.example.email",
    "%{d2r}": "example.email",
    "%{l}": "strong-bad",
    "%{l-}": "strong.bad",
    "%{lr}": "strong-bad",
    "%{lr-}": "bad.strong",
    "%{l1r-}": "strong",
    "%{ir}.%{v}._spf.%{d2}": "3.2.0.192.in-addr._spf.example.com",
    "%{lr-}.lp._spf.%{d2}": "bad.strong.lp._spf.example.com",
    "%{d2}.trusted-domains.example.net": "example.com.trusted-domains.example.net",
    "%{S}": "strong-bad%40email.example.com",
    "a%%b%_c%-d": "a%b c%20d",
}
"""RFC 7208 section 7.4."""


@pytest.mark.parametrize(("written", "meant"), MACROS.items())
def test_macros(written: str, meant: str) -> None:
    subject = Subject(ip_address("192.0.2.3"), "mx.example.org", "strong-bad", "email.example.com")
    letters = frozenset("slodiphv")
    assert expanded(pieces(written, "", letters), subject, "email.example.com", lambda: "") == meant


def test_macros_of_version_6() -> None:
    subject = Subject(ip_address("2001:db8::cb01"), "h", "l", "example.com")
    written = pieces("%{ir}.%{v}._spf.%{d2}", "", frozenset("ivd"))
    assert expanded(written, subject, "example.com", lambda: "") == (
        "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com"
    )


def test_a_name_that_gets_too_long_loses_labels_on_the_left() -> None:
    subject = Subject(ip_address("192.0.2.3"), "h", "x" * 60, "example.com")
    written = pieces("%{l}.%{l}.%{l}.%{l}.%{l}.example.com", "", frozenset("l"))
    assert expanded(written, subject, "d", lambda: "") == ".".join(["x" * 60] * 3) + ".example.com"


def test_exists_with_macros_asks_for_version_4_whoever_the_client_is() -> None:
    zone: Zone = {("user.example.com", "A"): ["127.0.0.2"]}
    assert result("v=spf1 exists:%{l}.%{d} -all", "2001:db8::1", zone) == "pass"


def test_the_null_sender_is_judged_by_the_hello_name() -> None:
    zone: Zone = {("mail.example.net", "TXT"): ["v=spf1 ip4:192.0.2.1 -all"]}
    found = check_spf(book(zone), "192.0.2.1", "mail.example.net", "", NOW_NS)
    assert (found.result.value, found.identity, found.domain) == ("pass", "helo", "mail.example.net")
    assert check_spf(book(zone), "192.0.2.1", "kim-pc", "", NOW_NS).result.value == "none"


def test_addresses_of_version_4_in_version_6() -> None:
    assert result("v=spf1 ip4:192.0.2.1 -all", "::ffff:192.0.2.1") == "pass"
    zone: Zone = {("example.com", "AAAA"): ["2001:db8::7"]}
    assert result("v=spf1 a//64 -all", "2001:db8::1", zone) == "pass"
    assert result("v=spf1 a -all", "2001:db8::1", zone) == "fail"


@pytest.mark.parametrize(
    "sender", ["@", "a@", "a@@", "a@b", "a@.", "a@" + "x" * 64 + ".com", "a@b..c", "a@ .", "\0@\0.\0"]
)
def test_senders_without_a_real_domain_have_no_record(sender: str) -> None:
    found = check_spf(book({("x.example", "TXT"): ["v=spf1 -all"]}), "192.0.2.1", "h", sender, NOW_NS)
    assert found.result.value in ("none", "unknown")


def test_domains_in_hangul_are_asked_for_in_ascii() -> None:
    zone: Zone = {("xn--3e0b707e.example", "TXT"): ["v=spf1 -all"]}
    assert check_spf(book(zone), "192.0.2.1", "h", "이@한국.example", NOW_NS).result.value == "fail"


def test_parsing_keeps_the_order_and_the_redirect() -> None:
    record = parse_spf(b"v=spf1 mx redirect=_spf.example.com -ip4:192.0.2.0/24")
    assert [(term.name, term.qualifier) for term in record.terms] == [("mx", "+"), ("ip4", "-")]
    assert record.redirect == ("_spf.example.com",)
    with pytest.raises(SpfSyntaxError, match="no term"):
        parse_spf(b"v=spf1 mxx")
