"""Address lists in every form of RFC 5322 and beyond. Numbers are those of the acceptance list, section K."""

from __future__ import annotations

import pytest

from mailtrace.mail.addresses import parse_addresses
from tests.mail.contents import growth


def people(value: str) -> list[tuple[str, str]]:
    """Return the mailboxes of a value as pairs."""
    return [(person.name, person.address) for person in parse_addresses(value, [])]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("lee@naver.com", [("", "lee@naver.com")]),
        ("<lee@naver.com>", [("", "lee@naver.com")]),
        ("Lee <lee@naver.com>", [("Lee", "lee@naver.com")]),
        ("Lee Naver<lee@naver.com>", [("Lee Naver", "lee@naver.com")]),
        ('"Buchanan, Bill" <b@napier.ac.uk>', [("Buchanan, Bill", "b@napier.ac.uk")]),
        (r'"a \"quoted\" name" <a@b>', [('a "quoted" name', "a@b")]),
        ("a@b, c@d", [("", "a@b"), ("", "c@d")]),
        ("A <a@b>, C <c@d>,, ", [("A", "a@b"), ("C", "c@d")]),
        ("A <a@b>; C <c@d>", [("A", "a@b"), ("C", "c@d")]),
        ("lee@naver.com (Lee)", [("Lee", "lee@naver.com")]),
        ("Lee (the (nested) one) <lee@naver.com> (work)", [("Lee", "lee@naver.com")]),
        ("=?euc-kr?Q?=C0=CC=B3=D7=C0=CC=B9=F6?= <lee@naver.com>", [("이네이버", "lee@naver.com")]),
        ('"=?euc-kr?B?sei02cC9?=" <kim@daum.net>', [("김다음", "kim@daum.net")]),
        ("=?euc-kr?B?sei02cC9?=<kim@daum.net>", [("김다음", "kim@daum.net")]),
        ("=?euc-kr?B?wMyz?=\t=?euc-kr?B?18DMufY=?= <lee@naver.com>", [("이네이버", "lee@naver.com")]),
        ("이네이버 <이네이버@naver.com>", [("이네이버", "이네이버@naver.com")]),
        ("undisclosed-recipients:;", []),
        ("Friends: A <a@b>, c@d;, e@f", [("A", "a@b"), ("", "c@d"), ("", "e@f")]),
        ("<@a.org,@b.org:lee@naver.com>", [("", "lee@naver.com")]),
        ("Lee <@a.org:lee@naver.com>, x@y", [("Lee", "lee@naver.com"), ("", "x@y")]),
        ("lee @ naver.com", [("", "lee@naver.com")]),
        ("<lee @naver.com >", [("", "lee@naver.com")]),
        ('"a b"@example.org', [("", '"a b"@example.org')]),
        ('<"a > b"@example.org>', [("", '"a > b"@example.org')]),
        ("lee@[192.0.2.1]", [("", "lee@[192.0.2.1]")]),
        ("Lee <lee@[IPv6:2001:db8::1]>", [("Lee", "lee@[IPv6:2001:db8::1]")]),
        ("root", [("", "root")]),
        ("Mail Delivery System", [("Mail Delivery System", "")]),
        ("Lee lee@naver.com", [("Lee", "lee@naver.com")]),
        ("A <a@b> C <c@d>", [("A", "a@b"), ("C", "c@d")]),
        ("<<a@b>>", [("", "a@b")]),
        ("A <>", [("A", "")]),
        ("", []),
        (",;,", []),
    ],
)
def test_lists(value: str, expected: list[tuple[str, str]]) -> None:
    assert people(value) == expected


def test_k204_a_decoded_name_is_never_structure() -> None:
    value = "=?utf-8?q?Kim=2C_=3Cboss=40bank=3E=2C?= <evil@example.org>, x@y"
    assert people(value) == [("Kim, <boss@bank>,", "evil@example.org"), ("", "x@y")]


def test_k204_a_raw_comma_inside_an_encoded_word_does_not_cut_it() -> None:
    assert people("=?utf-8?Q?Kim,_Lee?= <a@b>") == [("Kim, Lee", "a@b")]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<a@b, c@d", [("", "a@b"), ("", "c@d")]),
        ("A <a@b", [("A", "a@b")]),
        ("a@b (never", [("never", "a@b")]),
        ('"never <a@b>', [("never", "a@b")]),
    ],
)
def test_k196_what_is_never_closed(value: str, expected: list[tuple[str, str]]) -> None:
    defects: list[str] = []
    assert [(person.name, person.address) for person in parse_addresses(value, defects)] == expected
    assert defects == ["address-unclosed"]


def test_k196_more_addresses_than_the_limit() -> None:
    defects: list[str] = []
    assert len(parse_addresses("a@b," * 10_050, defects)) == 10_000
    assert defects == ["limit-addresses"]


UNITS = [*'(),:<>"\\[] @', "=?", "=?a?q?", "a@b,", "<a,", "a:", "a:;", '<"', "<(", "<@,"]


@pytest.mark.parametrize("unit", UNITS)
def test_k196_hostile_lists_are_linear_and_need_no_stack(unit: str) -> None:
    assert growth(lambda size: people(unit * size), 20_000) <= 2.6
    people("To <a@b>" + unit * 50_000 + "<c@d>")
