"""The cells of the table of conversations and the line on the capture."""

from __future__ import annotations

import pytest

from mailtrace.explain.walkthrough import told_together
from mailtrace.model import NO_TIME, Analysis, CaptureInfo
from mailtrace.reports.overview import (
    capture_facts,
    contents,
    more_of_them,
    packets_shown,
    ranges,
    rfc,
    since,
    table_rows,
    told_inside,
)
from tests.reports.analyses import START_NS, submission


def test_rows() -> None:
    analysis = submission()
    (row,) = table_rows(analysis, told_together(analysis.conversations))
    assert row == (
        "1",
        "1, 4-10",
        "0.000",
        "SMTP",
        "192.168.111.130",
        "serverA",
        "lee@naver.com -> kim@daum.net",
        "accepted as 43Q1vx0G007503",
        "9.00 ms",
        False,
    )


def test_what_is_told_inside() -> None:
    analysis = submission()
    groups = told_together(analysis.conversations)
    assert told_inside(analysis, groups) == "1 DNS or ident conversation happened because of these, told inside them."
    assert told_inside(analysis, [[each] for each in analysis.conversations]) == ""


@pytest.mark.parametrize(
    ("packets", "text"),
    [
        ([], ""),
        ([3], "3"),
        ([65, 66, 67, 70], "65-67, 70"),
        ([1, 3, 5, 7, 9, 11], "1, 3, 5, 7, 9, 11"),
        ([1, 3, 5, 7, 9, 11, 13, 14], "1, 3, 5, 7, 9 ... 13-14"),
    ],
)
def test_ranges(packets: list[int], text: str) -> None:
    assert ranges(packets) == text


def test_since() -> None:
    assert since(START_NS, START_NS + 32_924_021_000) == "32.924"
    assert since(None, START_NS) == since(START_NS, NO_TIME) == "-"


def test_capture() -> None:
    assert capture_facts(submission().capture) == [
        "lab.pcapng",
        "10 packets",
        "9.00 ms from 2024-04-26 01:57:58.925 UTC",
    ]
    assert capture_facts(CaptureInfo(["a", "b"], packets=1)) == ["a, b", "1 packet"]
    assert contents(submission()) == "1 SMTP and 1 DNS conversation, 1 mail"
    assert contents(Analysis(CaptureInfo([]), [], [], [], [])) == "no mail traffic"
    everything = submission().conversations
    nothing = Analysis(CaptureInfo([]), [], [], [], [], everything=everything)
    assert contents(nothing) == "nothing of what was asked for"


def test_words() -> None:
    assert more_of_them("journey", 1) == "1 more journey"
    assert more_of_them("conversation", 1230) == "1,230 more conversations"
    assert (packets_shown([7]), packets_shown([7, 8, 12])) == ("packet 7", "packets 7-8, 12")
    assert rfc("RFC 5321 section 4.1.1.1") == "RFC 5321 4.1.1.1"
    assert rfc(None) == ""
