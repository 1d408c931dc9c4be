"""Warnings about SMTP, TLS and TCP in captures of real servers: each was checked by hand against what happened there.

The lab's scripts wrote down what every client said (`*.truth.jsonl`), its switch what it lost; of the two reports their
authors wrote down what they saw.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mailtrace.analyzer import Analyzer, analyze_files
from mailtrace.findings.catalog import chosen_rules, findings
from mailtrace.model import Severity
from tests.support import SAMPLES, shared

OURS = chosen_rules(["SMTP", "TLS", "TCP"])

CLEAR_THOUGH_OFFERED = "SMTP003"
IDENT = "SMTP066"

WARNINGS = {
    "01-report-2008": [(IDENT, 1)],
    "02-report-2024": [(IDENT, 24)],
    "03-lab-journey": [(IDENT, 13)],
    "04-lab-ident-drop": [(IDENT, 1)],
    # m13.eml has a line of 1,500 octets; the session bdat-bad says `BDAT abc`; postfix sends on to sendmail in clear
    "05-lab-chunking": [("SMTP003", 12), ("SMTP015", 5), ("SMTP019", 16)],
    # Neither the scripts nor the servers were told to use TLS, so that all could be captured in clear. Two SYNs of
    # conversation 21 were lost, and four packets of 78, one of them twice
    "06-lab-lossy": [
        *((CLEAR_THOUGH_OFFERED, conversation) for conversation in (1, 21, 30, 43, 52, 70)),
        (IDENT, 30),
        ("TCP002", 78),
        ("TCP007", 21),
    ],
    # refused, each with the reason that exim wrote into its log: body altered, SPF, blocklist
    "07-lab-dnsauth": [("SMTP047", 62), ("SMTP048", 23), ("SMTP048", 54)],
    "08-imap": [(CLEAR_THOUGH_OFFERED, 2)],
    "09-starttls": [],
}


def warnings(path: Path) -> list[tuple[str, int | None]]:
    """Return code and conversation of what is worse than a remark."""
    found = findings(analyze_files(Analyzer([str(path)])), OURS)
    return sorted((each.code, each.conversation or 0) for each in found if each.severity is not Severity.INFO)


@pytest.mark.parametrize("name", WARNINGS)
def test_samples_have_these_warnings_and_no_others(name: str) -> None:
    assert warnings(SAMPLES / f"{name}.pcapng") == sorted(WARNINGS[name])


def test_nothing_is_wrong_with_tls_that_nobody_can_read() -> None:
    assert warnings(shared("captures/lab/03-starttls.pcapng")) == []
    assert warnings(shared("captures/public/zeek/tls/smtp-starttls.pcap")) == []


LOSSY = {
    ("TCP001", 1): [(12, 55), (52,)],
    ("TCP001", 21): [(135,)],
    ("TCP001", 29): [(150, 160), (162,)],
    ("TCP001", 30): [(223,)],
    ("TCP001", 43): [(273,)],
    ("TCP001", 51): [(292, 313)],
    ("TCP001", 52): [(393, 409, 412)],
    ("TCP001", 70): [(507,)],
    ("TCP002", 78): [(526, 572, 577, 579, 584)],
    ("TCP003", 21): [(105, 134)],
    ("TCP003", 43): [(272,), (276,)],
    ("TCP003", 52): [(401, 405)],
    ("TCP003", 78): [(578, 583, 584)],
    # captured, and lost behind the place of the capture; then the two without an answer
    ("DNS005", 21): [(109, 110, 116, 117)],
    ("DNS005", 70): [(428, 429, 430, 431), (453, 459, 460)],
    ("DNS005", 52): [(341, 347, 348)],
}
"""What was sent again and what came late, by the IPv4 identifications, which count what a host sends: a repeat has one
of its own behind that of the original, and what came late has a smaller one than what came before it. 584 is both: the
first of two repeats, and overtaken by the second (579)."""


def test_what_was_sent_again_and_what_came_late() -> None:
    analysis = analyze_files(Analyzer([str(SAMPLES / "06-lab-lossy.pcapng")]))
    told: dict[tuple[str, int], list[tuple[int, ...]]] = {}
    for each in findings(analysis, chosen_rules(["TCP001", "TCP002", "TCP003", "DNS005"])):
        told.setdefault((each.code, each.conversation or 0), []).append(each.packets)
    assert {key: sorted(packets) for key, packets in told.items()} == LOSSY


def test_packets_too_large_for_the_path_are_no_losses() -> None:
    """Packets 26 and 28 to 30 say so: fragmentation needed, the MTU is 1,492."""
    found = findings(
        analyze_files(Analyzer([str(shared("captures/public/zeek/smtp.pcap"))])),
        chosen_rules(["TCP001", "TCP002", "TCP017"]),
    )
    assert [(each.code, each.packets) for each in found] == [("TCP017", (22, 23, 24, 25, 27, 32, 33, 35, 36))]


def test_a_lost_piece_is_the_captures_fault() -> None:
    """Its authors cut 1,000 octets out of a chunk; the server acknowledged them."""
    path = shared("captures/public/zeek/smtp/smtp-bdat-gap.pcap")
    assert warnings(path) == [("TCP010", 1)]


def test_one_direction_alone() -> None:
    assert warnings(shared("captures/public/zeek/smtp-one-side-only.pcap")) == [("TCP012", 1)]
