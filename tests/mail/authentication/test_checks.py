"""What lookups say of hosts and domains: names that lead back, block lists, exchangers, TLS policies."""

from __future__ import annotations

import pytest

from mailtrace.mail.authentication.blocklists import listing_meaning
from mailtrace.mail.authentication.checks import client_checks, domain_checks
from mailtrace.model import Check
from tests.mail.authentication.zones import NOW_NS, Zone, book

CLIENT = "192.0.2.7"
POINTER = ("7.2.0.192.in-addr.arpa", "PTR")


def of_client(zone: Zone, client: str = CLIENT) -> list[Check]:
    """Return what is known of a client."""
    return list(client_checks(book(zone), client, NOW_NS))


def of_domain(zone: Zone) -> list[tuple[str, str, bool | None]]:
    """Return kind, result and judgement of what is known of a domain."""
    return [(each.kind, each.result, each.good) for each in domain_checks(book(zone), "example.kr", NOW_NS)]


@pytest.mark.parametrize(
    ("zone", "result", "because"),
    [
        ({POINTER: ["NXDOMAIN"]}, "none", "no name is known for 192.0.2.7"),
        ({POINTER: ["SERVFAIL"]}, "temperror", "the DNS failed: SERVFAIL"),
        (
            {POINTER: ["a.example."], ("a.example", "A"): [CLIENT]},
            "pass",
            "192.0.2.7 is a.example, which leads back to it",
        ),
        (
            {POINTER: ["a.example."], ("a.example", "A"): []},
            "fail",
            "192.0.2.7 is a.example by its PTR record: the name does not lead back to it",
        ),
        (
            {POINTER: ["a.example."]},
            "unknown",
            "192.0.2.7 is a.example; whether that leads back to it was not captured",
        ),
        (
            {POINTER: ["x.example.", "a.example."], ("a.example", "A"): ["1.2.3.4", CLIENT]},
            "pass",
            "192.0.2.7 is a.example, which leads back to it",
        ),
    ],
)
def test_reverse_names(zone: Zone, result: str, because: str) -> None:
    (found,) = of_client(zone)
    assert (found.kind, found.result, found.because) == ("reverse-name", result, because)


def test_a_name_of_version_6_leads_back_however_it_is_spelled() -> None:
    pointer = "7" + ".0" * 23 + ".8.b.d.0.1.0.0.2.ip6.arpa"
    zone: Zone = {(pointer, "PTR"): ["a.example."], ("a.example", "AAAA"): ["2001:db8:0::7"]}
    assert [each.result for each in of_client(zone, "2001:db8::7")] == ["pass"]


@pytest.mark.parametrize(
    ("zone_name", "answer", "result", "because", "good"),
    [
        ("bl.lab.example", "127.0.0.2", "listed", "192.0.2.7 is listed (127.0.0.2), says bl.lab.example", False),
        (
            "zen.spamhaus.org",
            "127.0.0.11",
            "listed",
            "192.0.2.7 should not send mail directly, as far as Spamhaus knows (PBL), says zen.spamhaus.org "
            "(Spamhaus ZEN)",
            False,
        ),
        (
            "zen.spamhaus.org",
            "127.255.255.254",
            "unclear",
            "zen.spamhaus.org (Spamhaus ZEN): the list refuses to answer: it was asked through a public resolver",
            None,
        ),
        (
            "spamlist.or.kr",
            "127.0.0.2",
            "listed",
            "192.0.2.7 is listed, says spamlist.or.kr (KISA-RBL, the list of the Korea Internet and Security Agency)",
            False,
        ),
        (
            "list.dnswl.org",
            "127.0.5.3",
            "listed",
            "192.0.2.7 is listed, with trust: high, says list.dnswl.org (DNSWL)",
            True,
        ),
        (
            "dead.example.org",
            "192.0.2.99",
            "unclear",
            "dead.example.org: the answer is outside of 127.0.0.0/8: the list does not work any more, or somebody else "
            "answers",
            None,
        ),
        ("bl.lab.example", "NXDOMAIN", "not listed", "192.0.2.7 is not listed by bl.lab.example", True),
        ("bl.lab.example", "SERVFAIL", "temperror", "bl.lab.example could not be asked: SERVFAIL", None),
    ],
)
def test_lists(zone_name: str, answer: str, result: str, because: str, good: bool | None) -> None:
    (found,) = of_client({(f"7.2.0.192.{zone_name}", "A"): [answer]})
    assert (found.result, found.because, found.good) == (result, because, good)


def test_the_reason_of_a_list_is_quoted() -> None:
    name = "7.2.0.192.bl.lab.example"
    (found,) = of_client({(name, "A"): ["127.0.0.2"], (name, "TXT"): [r"see \"x\" \255"]})
    assert found.because == '192.0.2.7 is listed (127.0.0.2), says bl.lab.example: "see "x" \\xff"'
    assert (found.lookups, found.packets) == ((1, 2), (1, 2, 3, 4))


def test_meanings_of_odd_answers() -> None:
    assert listing_meaning("bl.example", "127.0.0.1")[1] is None
    assert listing_meaning("bl.example", "::1")[1] is None
    assert listing_meaning("bl.example", "alias.example.")[1] is None
    assert listing_meaning("LIST.dnswl.org.", "127.0.0.255") == (
        "the list refuses to answer: it was asked too often",
        None,
    )


MX = ("example.kr", "MX")


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ({MX: ["10 mail.example.kr."]}, [("mx", "found", None)]),
        ({MX: ["0 ."]}, [("mx", "null", False)]),
        ({MX: []}, [("mx", "implicit", None)]),
        ({MX: ["NXDOMAIN"]}, [("mx", "no such domain", False)]),
        ({MX: ["SERVFAIL"]}, [("mx", "temperror", None)]),
        ({MX: ["10 192.0.2.1."]}, [("mx", "bad", False)]),
        (
            {MX: ["10 m.example.kr."], ("m.example.kr", "A"): ["real.example.kr.", "192.0.2.1"]},
            [("mx", "alias", False)],
        ),
        (
            {MX: ["10 m.example.kr."], ("_25._tcp.m.example.kr", "TLSA"): ["3 1 1 abcd"]},
            [("mx", "found", None), ("tlsa", "found", None)],
        ),
        (
            {MX: ["10 m.example.kr."], ("_25._tcp.m.example.kr", "TLSA"): ["0 1 1 abcd"]},
            [("mx", "found", None), ("tlsa", "unusable", None)],
        ),
        (
            {MX: ["10 m.example.kr."], ("_25._tcp.m.example.kr", "TLSA"): ["NXDOMAIN"]},
            [("mx", "found", None), ("tlsa", "none", None)],
        ),
        ({("_mta-sts.example.kr", "TXT"): ["v=STSv1; id=20261122T000000;"]}, [("mta-sts", "found", True)]),
        ({("_mta-sts.example.kr", "TXT"): ["NXDOMAIN"]}, [("mta-sts", "none", None)]),
        ({("_mta-sts.example.kr", "TXT"): ["v=STSv1; id=1", "v=STSv1; id=2"]}, [("mta-sts", "none", None)]),
        ({("_smtp._tls.example.kr", "TXT"): ["v=TLSRPTv1; rua=mailto:a@example.kr"]}, [("tls-reports", "found", True)]),
        ({}, []),
        ({MX: [f"{'9' * 400} a.example.", "x"]}, [("mx", "implicit", None)]),
    ],
)
def test_domains(zone: Zone, expected: list[tuple[str, str, bool | None]]) -> None:
    assert of_domain(zone) == expected
