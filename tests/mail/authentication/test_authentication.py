"""Whole mails judged: the seven of the lab as their server logged them, what headers claim, and never a network."""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import Any

import pytest

import mailtrace
from mailtrace.mail.authentication import Authenticator, RecordBook
from mailtrace.model import Analysis, Authentication
from tests.support import ROOT, shared

# what `10-dnsauth.c.eximlog` says; the sixth and seventh mail were refused before they were sent
LOGGED = [
    ("dnsauth.1", "pass", ["pass"], "pass"),  # DKIM: verification succeeded
    ("dnsauth.2", "pass", ["pass"], "pass"),  # DKIM: verification succeeded
    ("dnsauth.3", "pass", ["fail"], "pass"),  # body hash mismatch; that of SPF is the server's policy, not DMARC's
    ("dnsauth.4", "pass", ["permerror"], "pass"),  # invalid: public key record (currently?) unavailable
    ("dnsauth.5", "pass", [], "pass"),  # unsigned
]


@pytest.fixture(scope="module")
def lab() -> Analysis:
    """Return the capture of the lab with seven mails."""
    return mailtrace.analyze(shared("captures/lab/10-dnsauth.pcapng"))


def judge(analysis: Analysis) -> list[Authentication]:
    """Return what is judged of each mail."""
    conversations = {each.id: each for each in analysis.conversations}
    authenticator = Authenticator(RecordBook(analysis.lookups))
    return [authenticator.message(each, conversations[each.conversation]) for each in analysis.messages]


def test_the_mails_of_the_lab_as_the_server_judged_them(lab: Analysis) -> None:
    found = [
        ((message.message_id or "").strip("<>").partition("@")[0], *words(judged))
        for message, judged in zip(lab.messages, judge(lab), strict=True)
    ]
    assert found[:5] == LOGGED
    assert [each[2] for each in found[5:]] == [["pass"], ["pass"], ["permerror"], []]


def words(judged: Authentication) -> tuple[str, list[str], str]:
    """Return the verdicts alone."""
    return judged.spf.result.value, [each.result.value for each in judged.dkim], judged.dmarc.result.value


def test_the_reasons_name_lookups_and_packets(lab: Analysis) -> None:
    first, _, third, fourth, *_ = judge(lab)
    assert (first.spf.because, first.spf.lookups, first.spf.packets) == (
        *("`ip4:192.168.111.100` in the SPF record of naver.com allows 192.168.111.100", (5,)),
        (23, 24),
    )
    assert (first.dkim[0].selector, first.dkim[0].lookups, first.dkim[0].packets) == ("lab2026", (9,), (36, 37))
    assert (first.dmarc.policy, first.dmarc.record_at, first.dmarc.packets) == (
        *("quarantine", "_dmarc.naver.com"),
        (25, 26),
    )
    assert third.dkim[0].because == "the body is not the one that was signed: it was probably changed on the way"
    assert fourth.dkim[0].because == ("there is no key: nosuchsel._domainkey.naver.com does not exist (NXDOMAIN)")
    assert fourth.dkim[0].packets == (157, 158)
    assert [(each.kind, each.result) for each in first.checks] == [
        *[("reverse-name", "pass"), ("blocklist", "not listed"), ("mx", "found"), ("mta-sts", "found")]
    ]


def test_the_refused_mails_of_the_lab(lab: Analysis) -> None:
    authenticator = Authenticator(RecordBook(lab.lookups))
    sixth, seventh = (
        authenticator.refused(transaction, conversation)
        for conversation in lab.conversations
        for transaction in conversation.dialogue.transactions
        if transaction.content is None
    )
    assert (sixth.spf.result.value, sixth.spf.because, sixth.spf.lookups) == (
        *("fail", "the SPF record of naver.com does not name 192.168.111.130, and ends with `-all`"),
        (48, 49),
    )
    assert (seventh.spf.result.value, seventh.spf.because) == (
        *("unknown", "the TXT record for daum.net was not captured"),
    )
    listed = [each for each in seventh.checks if each.kind == "blocklist"]
    assert [(each.result, each.good, each.packets) for each in listed] == [("listed", False, (247, 248, 249, 250))]
    assert "https://bl.lab.example/q?192.168.111.133" in listed[0].because
    assert [each.result for each in seventh.checks if each.kind == "reverse-name"] == ["none"]


def test_what_headers_claim_is_compared(lab: Analysis) -> None:
    fetched = judge(lab)[5:]
    assert [
        [(each.header, each.method, each.result, each.by, each.agrees) for each in found.claims]
        for found in fetched[:3]
    ] == [
        [
            ("Authentication-Results", "spf", "pass", "mail.nate.com", True),
            ("Authentication-Results", "dkim", claimed, "mail.nate.com", True),
            ("Received-SPF", "spf", "pass", None, True),
        ]
        for claimed in ("pass", "pass", "invalid")
    ]


def test_no_socket_is_ever_used(lab: Analysis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is missing is unknown: nobody is asked."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a socket was used")

    for name in ("socket", "create_connection", "getaddrinfo", "gethostbyname", "gethostbyaddr", "socketpair"):
        monkeypatch.setattr(socket, name, refuse)
    without = Analysis(lab.capture, lab.hosts, lab.conversations, lab.messages, [])
    assert [words(each)[0] for each in judge(lab)[:5]] == ["pass"] * 5
    assert [words(each) for each in judge(without)[:5]] == [
        ("unknown", ["unknown"], "unknown"),
        ("unknown", ["unknown"], "unknown"),
        ("unknown", ["fail"], "unknown"),
        ("unknown", ["unknown"], "unknown"),
        ("unknown", [], "unknown"),
    ]


def test_the_code_that_judges_loads_nothing_that_asks_the_network() -> None:
    program = (
        "import sys\n"
        "from mailtrace.mail.authentication import arc, claims, dkim, keys\n"
        "keys.weakness(keys.KeyRecord('rsa', b'', (), False, False))\n"
        "print({'asyncio', 'dns', 'ssl', 'urllib.request', 'http'} & set(sys.modules))\n"
    )
    shown = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "set()"


def test_a_stream_judges_by_what_came_before(lab: Analysis) -> None:
    conversations = {each.id: each for each in lab.conversations}
    authenticator = Authenticator(RecordBook(so_far=True))
    before = authenticator.message(lab.messages[0], conversations[1])
    assert words(before) == ("unknown", ["unknown"], "unknown")
    assert before.spf.because == "the TXT record for naver.com was not captured so far"
    assert before.dkim[0].because == "the TXT record for lab2026._domainkey.naver.com was not captured so far"
    authenticator.book.observe(lab.lookups)
    after = authenticator.message(lab.messages[0], conversations[1])
    assert words(after) == ("pass", ["pass"], "pass")
