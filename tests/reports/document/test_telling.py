"""Which packets of the rebuilt reports are worth showing in full."""

from __future__ import annotations

import mailtrace
from mailtrace.reports.document.telling import telling_packets
from tests.support import SAMPLES


def test_the_report_of_2008() -> None:
    """Greeting, hello, sender, DATA, both packets of the mail, its acceptance."""
    analysis = mailtrace.analyze(SAMPLES / "01-report-2008.pcapng")
    assert telling_packets(analysis.conversations) == [6, 7, 10, 14, 16, 18, 20]


def test_the_report_of_2024() -> None:
    """The same of SMTP; the first answers of MX and PTR; of POP3 greeting, password, RETR and the mail."""
    analysis = mailtrace.analyze(SAMPLES / "02-report-2024.pcapng")
    assert telling_packets(analysis.conversations) == [15, 70, 73, 76, 80, 86, 89, 91, 94, 174, 181, 193, 195]


def test_nothing_to_tell() -> None:
    assert telling_packets([]) == []
