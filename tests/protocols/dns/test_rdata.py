"""Record data: each common type by hand, all types against dnspython, broken data named."""

from __future__ import annotations

import subprocess
import sys

import dns.rdata
import dns.rdataclass
import dns.rdatatype
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrace.protocols.dns.problems import Problems
from mailtrace.protocols.dns.rdata import rdata_text
from tests.protocols.dns.datagrams import RESPONSE, TO_QUESTION, message, record
from tests.support import ROOT

PREFIX = bytes(12) + b"\x04daum\x03net\0"  # a name at octet 12 for pointers

USUAL = message(
    flags=RESPONSE,
    answers=(
        record(TO_QUESTION, 15, b"\x00\x0a\x04mail" + TO_QUESTION),
        record(TO_QUESTION, 16, b"\x06v=spf1"),
        record(TO_QUESTION, 1, bytes([192, 0, 2, 1])),
    ),
)


def text(type_: int, data: bytes, class_: int = 1) -> tuple[str, list[str]]:
    problems = Problems()
    wire = PREFIX + data
    said = rdata_text(type_, class_, wire, len(PREFIX), len(wire), {}, problems)
    return said, [detail for _, detail in problems.found]


@pytest.mark.parametrize(
    ("type_", "data", "expected"),
    [
        (1, bytes([192, 168, 111, 100]), "192.168.111.100"),
        (28, bytes.fromhex("20010db8000000000000000000000001"), "2001:db8::1"),
        (28, bytes.fromhex("00000000000000000000ffffc0000201"), "::ffff:192.0.2.1"),
        (15, b"\x00\x0a\x04mail\xc0\x0c", "10 mail.daum.net."),
        (15, b"\x00\x00\x00", "0 ."),  # the null MX of RFC 7505
        (12, b"\x04mail\xc0\x0c", "mail.daum.net."),
        (5, b"\xc0\x0c", "daum.net."),
        (2, b"\x02ns\xc0\x0c", "ns.daum.net."),
        (6, b"\x02ns\xc0\x0c\x04root\xc0\x0c" + bytes.fromhex("00000001000000020000000300000004ffffffff"),
         "ns.daum.net. root.daum.net. 1 2 3 4 4294967295"),
        (33, b"\x00\x00\x00\x01\x03\xe1\x04mail\xc0\x0c", "0 1 993 mail.daum.net."),
        (16, b"\x0bv=spf1 -all", '"v=spf1 -all"'),
        (16, b"\x09v=DKIM1; \x04p=AB", '"v=DKIM1; p=AB"'),
        (16, b"\x00", '""'),
        (16, b'\x06a"\\\x1b\xea\x7f', '"a\\"\\\\\\027\\234\\127"'),
        (99, b"\x06v=spf1", '"v=spf1"'),
        (52, bytes.fromhex("030101") + bytes(32), "3 1 1 " + "00" * 32),
        (65534, b"\x07\x7d\x12\x00\x01", "\\# 5 077d120001"),
        (64, b"\x00\x01\x04mail\xc0\x0c", "1 mail.daum.net."),
        (17, b"\x04root\xc0\x0c\xc0\x0c", "root.daum.net. daum.net."),
    ],
)  # fmt: skip
def test_presentation_format(type_: int, data: bytes, expected: str) -> None:
    assert text(type_, data) == (expected, [])


@pytest.mark.parametrize(
    ("type_", "data", "expected", "problem"),
    [
        (1, b"\x01\x02\x03", "\\# 3 010203", "the A record cannot be read"),
        (28, bytes(15), "\\# 15 " + "00" * 15, "the AAAA record cannot be read"),
        (15, b"\x00\x0a\xc0\x0cxx", "10 daum.net.", "2 octets follow the fields of the MX record"),
        (16, b"\x05abc", "\\# 4 05616263", "the TXT record is too short for its fields"),
        (6, b"\xc0\x0c\xc0\x0c" + bytes(19), "\\# 23 c00cc00c" + "00" * 19, "the SOA record is too short"),
        (33, b"\x00\x00\x00\x01\x03\xe1", "\\# 6 0000000103e1", "the SRV record"),
        (65, b"\x00\x01\x00\x00\x01\x00\x06\x02h2\x08h3", "\\# 13 000100000100060268320868", "the HTTPS record"),
        (35, b"\x00\x01\x00\x01\x05s", "\\# 6 000100010573", "the NAPTR record is too short for its fields"),
    ],
)  # fmt: skip
def test_broken_data_is_named_and_kept(type_: int, data: bytes, expected: str, problem: str) -> None:
    """J186, J191: broken data is named and kept."""
    said, problems = text(type_, data)
    assert said.startswith(expected)
    assert problems[0].startswith(problem)


def test_no_data_in_an_update() -> None:
    assert text(1, b"", class_=255) == ("", [])
    assert text(15, b"", class_=255) == ("", [])


def test_class_specific_types_keep_to_their_class() -> None:
    assert text(1, b"\xc0\x0c\x00\x07", class_=3)[0] == "\\# 4 c00c0007"


SAMPLES = [
    ("CAA", '0 issue "ca.example.net"'),
    ("DS", "18463 5 1 0c45b3d090b221e0e33bbeb5a619d89416baf197"),
    ("DNSKEY", "257 3 15 sPLqif+6aWL2/QlalTVwxjVn4WWeuYE2 VhHCd2KWC5I="),
    ("NAPTR", '100 100 "s" "SIPS+D2T" "" _sips._tcp.example.com.'),
    ("HINFO", '"INTEL-386" "Windows"'),
    ("LOC", "37 22 26.000 N 121 59 28.000 W 0.00m 1.00m 1000.00m 10.00m"),
    ("SSHFP", "2 1 a6b95f9eba1104a7272a362e8bfbcbebd5726dcf"),
    ("NSEC", "host.example.com. A MX RRSIG NSEC TYPE1234"),
    ("NSEC3PARAM", "1 0 20 7b1a90a916197e45d0772abcb6441156"),
    ("RRSIG", "A 5 3 86400 20030322173103 20030220173103 2642 example.com. oJB1W6WNGv+ldvQ3WDG0MQkg5IEhjRip"),
    ("SMIMEA", "3 0 0 30820307"),
    ("OPENPGPKEY", "AQID"),
    ("URI", '10 1 "https://www.example.com/"'),
    ("AFSDB", "1 afs.example.com."),
    ("HTTPS", '1 . alpn="h3,h2" ipv4hint="104.18.10.118"'),
    ("DNAME", "other.example.com."),
    ("TLSA", "3 1 1 8cb0fc6c527506a053f4f14c8464bebbd6dede2738d11468dd953d7d6a3021f1"),
]


@pytest.mark.parametrize(("type_", "expected"), SAMPLES)
def test_rarer_types(type_: str, expected: str) -> None:
    number = dns.rdatatype.from_text(type_)
    data = dns.rdata.from_text(dns.rdataclass.IN, number, expected).to_wire()
    assert data is not None
    assert text(int(number), data) == (expected, [])


@given(st.integers(0, 300), st.binary(max_size=80))
def test_any_data_give_some_text(type_: int, data: bytes) -> None:
    said, _ = text(type_, data)
    assert isinstance(said, str)


@given(st.binary(min_size=1, max_size=40), st.sampled_from([2, 5, 12, 15, 6, 33]))
def test_data_that_read_well_agree_with_dnspython(data: bytes, type_: int) -> None:
    said, problems = text(type_, data)
    if not problems:
        wire = PREFIX + data
        expected = dns.rdata.from_wire(1, type_, wire, len(PREFIX), len(data)).to_text()
        assert said == expected


def test_the_usual_records_need_no_dnspython() -> None:
    """Its import takes a tenth of a second, which a small capture should not pay."""
    script = (
        "import sys\n"
        "from mailtrace.protocols.dns.grammar import parse_message\n"
        f"message = parse_message({USUAL!r})\n"
        "assert [record.data for record in message.sections[0]] == ['10 mail.daum.net.', '\"v=spf1\"', '192.0.2.1']\n"
        "assert 'dns' not in sys.modules\n"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT).returncode == 0
