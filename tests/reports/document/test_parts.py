"""What single parts of a report say: filters for Wireshark, lookups as nslookup prints them, shares of time."""

from __future__ import annotations

import shutil
import subprocess

import pytest

import mailtrace
from mailtrace.explain.walkthrough import told_together
from mailtrace.model import Confidence, Conversation, Lookup, TimeShare, TimeTable
from mailtrace.reports.document.parts.names import nslookup_lines
from mailtrace.reports.document.parts.steps import waits_block
from mailtrace.reports.document.parts.wording import wireshark_filter
from tests.support import SAMPLES, needs_tshark

REPORT_2024 = SAMPLES / "02-report-2024.pcapng"


def group(*ids: int) -> list[Conversation]:
    """Return conversations of the report of 2024."""
    return [each for each in mailtrace.analyze(REPORT_2024).conversations if each.id in ids]


def lookup(type_: str = "MX", rcode: str | None = "NOERROR", answers: tuple[str, ...] = (), **more: object) -> Lookup:
    """Return a lookup."""
    found = Lookup(
        name="naver.com",
        type=type_,
        rcode=rcode,
        answers=answers,
        packets=(14, 15),
        start_ns=0,
        duration_ns=1,
        message_id=1,
        client="192.0.2.1",
        server="192.0.2.53",
    )
    for name, value in more.items():
        setattr(found, name, value)
    return found


def test_filters() -> None:
    assert wireshark_filter(group(10)) == "tcp.stream eq 0"
    assert wireshark_filter(group(7)) == "ip.addr == 192.168.111.200 && ip.addr == 192.168.111.100 && udp.port == 35267"
    assert wireshark_filter(group(7, 8)) == (
        "ip.addr == 192.168.111.200 && ip.addr == 192.168.111.100 && udp.port in {35267, 57790}"
    )


@needs_tshark
def test_tshark_finds_the_packets_by_the_filters() -> None:
    """The packets of every conversation, and of those told together, are the ones that its filter selects."""
    analysis = mailtrace.analyze(REPORT_2024)
    alone = [[each] for each in analysis.conversations]
    tshark = shutil.which("tshark") or ""
    for some in (*alone[9:12], *(each for each in told_together(analysis.conversations) if len(each) > 1)):
        numbers = sorted(number for each in some for number in each.numbers)
        command = [tshark, "-r", str(REPORT_2024), "-Y", wireshark_filter(some), "-T", "fields", "-e", "frame.number"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        assert list(map(int, done.stdout.split())) == numbers


def test_answers_as_nslookup_prints_them() -> None:
    additional = ("mail.naver.com. 300 A 192.0.2.7", "mail.naver.com. 300 AAAA 2001:db8::7")
    found = lookup(answers=("10 mail.naver.com.",), authoritative=True, additional=additional)
    assert list(nslookup_lines(found)) == [
        "$ nslookup -type=mx naver.com 192.0.2.53",
        "Server:   192.0.2.53",
        "Address:  192.0.2.53#53",
        "",
        "naver.com  mail exchanger = 10 mail.naver.com.",
        "mail.naver.com.  internet address = 192.0.2.7",
        "mail.naver.com.  has AAAA address 2001:db8::7",
    ]


@pytest.mark.parametrize(
    ("found", "last"),
    [
        (lookup(rcode="NXDOMAIN"), ["** server can't find naver.com: NXDOMAIN"]),
        (lookup(nodata=True, authoritative=True), ["*** Can't find naver.com: No answer"]),
        (lookup("TXT", answers=('"v=spf1 -all"',)), ["Non-authoritative answer:", 'naver.com  text = "v=spf1 -all"']),
        (lookup("PTR", answers=("a.b.",), authoritative=True), ["naver.com  name = a.b."]),
    ],
)
def test_ways_a_lookup_ends(found: Lookup, last: list[str]) -> None:
    assert list(nslookup_lines(found))[4:] == last


def test_no_answer_at_all() -> None:
    assert list(nslookup_lines(lookup(rcode=None)))[1:] == [";; connection timed out; no servers could be reached"]


def test_spans_of_waits_in_ten_thousandths() -> None:
    long = TimeShare("ident", "because", 900, (4, 5), Confidence.LIKELY, ((0, 450), (450, 450)))
    rest = TimeShare("all else", "", 100, (), Confidence.CERTAIN, ((900, 100),))
    block = waits_block(TimeTable(1_000, (long, rest)), explained=True)
    assert [(share.letter, share.what, share.percent, share.spans) for share in block.shares] == [
        ("a", "ident (likely)", "90.0 %", ((0, 9_000),)),
        ("b", "all else", "10.0 %", ((9_000, 10_000),)),
    ]
    assert [share.why for share in waits_block(TimeTable(1_000, (long,)), explained=False).shares] == [""]
