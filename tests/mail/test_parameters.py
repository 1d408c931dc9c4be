"""MIME values and their parameters. Numbers are those of the acceptance list, section K."""

from __future__ import annotations

import pytest

from mailtrace.mail.parameters import parse_mime_value
from tests.mail.contents import growth


@pytest.mark.parametrize(
    ("value", "main", "parameters"),
    [
        ("text/plain", "text/plain", {}),
        ("TEXT/Plain (comment)", "text/plain", {}),
        ("text/plain; charset=us-ascii (Plain text)", "text/plain", {"charset": "us-ascii"}),
        ('text/plain; CHARSET="UTF-8"', "text/plain", {"charset": "UTF-8"}),
        ('x/y; boundary="a;b=\\"c"; z=1', "x/y", {"boundary": 'a;b="c', "z": "1"}),
        ('x/y; boundary="b" (why)', "x/y", {"boundary": "b"}),
        ("x/y ; a = b ;c=d;", "x/y", {"a": "b", "c": "d"}),
        ("attachment; filename=my report (1).pdf", "attachment", {"filename": "my report"}),
        ("attachment; filename=my report(1).pdf", "attachment", {"filename": "my report(1).pdf"}),
        ('attachment; filename="=?euc-kr?B?sei02cC9?=.txt"', "attachment", {"filename": "김다음.txt"}),
        ("attachment; filename*=euc-kr'ko'%B1%E8%B4%D9%C0%BD.txt", "attachment", {"filename": "김다음.txt"}),
        ("attachment; filename*=utf-8''%EB%B3%B4%EA%B3%A0%EC%84%9C.pdf", "attachment", {"filename": "보고서.pdf"}),
        (
            "a/b; name*0*=utf-8''%EA%B8%B4%20%ED%8C; name*1*=%8C%EC%9D%BC; name*2=.bin",
            "a/b",
            {"name": "긴 파일.bin"},
        ),
        ('a/b; name*1="two"; name*0="one "', "a/b", {"name": "one two"}),
        ("a/b; name*=''%C7%D1%B1%DB", "a/b", {"name": "한글"}),  # no charset named
        ("a/b; name*=ks_c_5601-1987''%8Cc%B9%E6%B0%A2%C7%CF", "a/b", {"name": "똠방각하"}),  # CP949 only
        # pieces cut inside a syllable, one of them percent-encoded and one not
        ("a/b; name*0*=euc-kr''%B1%E8%B4; name*1*=%D9%C0%BD; name*2=.txt", "a/b", {"name": "김다음.txt"}),
        # encoded words where RFC 2231 has its own spelling
        ('a/b; name*0="=?euc-kr?B?sei0"; name*1="2cC9?=.txt"', "a/b", {"name": "김다음.txt"}),
        ("a/b; name*=utf-8''=?utf-8?B?7ZWc6riA?=.txt", "a/b", {"name": "한글.txt"}),
        ("a/b; name*=utf-8''%3D?utf-8?B?7ZWc?%3D", "a/b", {"name": "=?utf-8?B?7ZWc?="}),  # means what it says
        ('a/b; name="=?euc-kr?B?seg=?= =?euc-kr?B?tNnAvQ==?=.txt"', "a/b", {"name": "김다음.txt"}),
        ("a/b; name*0*=utf-8''100%; name*1*=%zz%41", "a/b", {"name": "100%%zzA"}),
        ("", "", {}),
    ],
)
def test_values(value: str, main: str, parameters: dict[str, str]) -> None:
    defects: list[str] = []
    parsed = parse_mime_value(value, defects)
    assert (parsed.value, parsed.parameters) == (main, parameters)
    assert defects == []


@pytest.mark.parametrize(
    ("value", "parameters", "defect"),
    [
        ("a/b; x=1; x=2", {"x": "1"}, "parameter-given-twice: x: 2"),
        (
            "a/b; name=plain.txt; name*=utf-8''other.txt",
            {"name": "other.txt"},
            "parameter-readings-differ: name: plain.txt",
        ),
        ("a/b; n*0=a; n*0=b; n*1=c", {"n": "ac"}, "parameter-given-twice: n*0: b"),
        ("a/b; name*0=one; name*2=three", {"name": "one"}, "parameter-broken"),
        ("a/b; name*99999=x", {"name": ""}, "parameter-broken"),
        ("a/b; alone", {}, "parameter-broken"),
        ("a/b; =x", {}, "parameter-broken"),
        ("a/b; name*=idna''abc", {"name": "abc"}, "charset-unknown: idna"),
        ("a/b; name*=utf-8''a%FF", {"name": "a\ufffd"}, "octets-not-in-charset: utf-8"),
    ],
)
def test_k197_broken_parameters(value: str, parameters: dict[str, str], defect: str) -> None:
    for _ in range(2):  # a remembered value tells its defects again
        defects: list[str] = []
        assert parse_mime_value(value, defects).parameters == parameters
        assert defects == [defect]


def test_k197_more_parameters_than_the_limit() -> None:
    defects: list[str] = []
    value = "a/b" + "".join(f"; p{number}=x" for number in range(200))
    assert len(parse_mime_value(value, defects).parameters) == 128
    assert defects == ["limit-parameters"]


@pytest.mark.parametrize("unit", [";", "; a=b", '"', '; a="', "\\", "; a*0=b", "; a*99999*=b", "*", "=", "(", "%", "'"])
def test_k197_linear(unit: str) -> None:
    assert growth(lambda size: parse_mime_value("a/b;" + unit * size, []), 10_000) <= 2.6
    assert growth(lambda size: parse_mime_value("a/b; c*=" + unit * size, []), 10_000) <= 2.6
