"""The Markdown report: its tables, and that no text from the wire becomes anything but text."""

from __future__ import annotations

import io
import re

import pytest
from markdown_it import MarkdownIt

from mailtrace.explain.listing import ListingRow
from mailtrace.model import Analysis, CaptureInfo, Note, StepKind, Walkthrough
from mailtrace.reports import Report, markdown, write
from tests.reports.analyses import filled, steps, submission
from tests.reports.test_safe import EVERYTHING_BAD, MARKDOWN_TRAPS
from tests.reports.test_terminal import MARKUP, TOLD

ENGINE = MarkdownIt("js-default", {"html": True})

OUR_TAGS = {
    *("h1", "h2", "h3", "p", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"),
    *("code", "pre", "strong", "br"),
}


def test_the_whole_report() -> None:
    assert markdown.render(submission(), [TOLD]) == (
        "# lab.pcapng\n"
        "\n"
        "10 packets · 9.00 ms from 2024-04-26 01:57:58.925 UTC · 1 SMTP and 1 DNS conversation, 1 mail\n"
        "\n"
        "## Conversations\n"
        "\n"
        "| No. | Packets | Start | Protocol | Client and server | What happened | Result | Duration |\n"
        "|---|---|---|---|---|---|---|---|\n"
        "| 1 | 1, 4-10 | 0.000 | SMTP | 192.168.111.130 → serverA | `lee@naver.com` → `kim@daum.net` "
        "| accepted as 43Q1vx0G007503 | 9.00 ms |\n"
        "\n"
        "1 DNS or ident conversation happened because of these, told inside them.\n"
        "\n"
        "## SMTP conversation 1: client:41428 → 서버:25\n"
        "\n"
        "Packets 1, 4-10 · 9.00 ms · `lee@naver.com` → `kim@daum.net` · **accepted as 43Q1vx0G007503**\n"
        "\n"
        "| Step | Packets (ACKs) | At | After | Who | What was said | What it means |\n"
        "|---|---|---|---|---|---|---|\n"
        "| 1 | 6 (7) | +5.020 |  | client → 서버 | `HELO SOFT4` | The old way. (RFC 5321 4.1.1.1) |\n"
        "| 2 | 7 | +5.021 | +0.001 | 서버 → client | `250 확인 Hello` | It is ready. |\n"
    )


def test_expert_has_no_explanations() -> None:
    report = markdown.render(submission(), [TOLD], "expert")
    assert "What it means" not in report and "old way" not in report and "`HELO SOFT4`" in report


def test_long_answers_stand_below_their_table() -> None:
    long = steps("a ``` b", (StepKind.CONTENT,))
    report = markdown.render(submission(), [Walkthrough((1,), "t", "s", "r", long)])
    assert report.endswith("\nStep 1:\n\n````text\na ``` b\nsecond\nthird\na ``` b\n````\n")


@pytest.mark.parametrize("text", [EVERYTHING_BAD, MARKUP, *MARKDOWN_TRAPS, "\n# x\n", "a\n\n| b |\n"])
def test_hostile_text_everywhere(text: str) -> None:
    analysis, told, rows = filled(text)
    plain, plain_told, plain_rows = filled("x")
    for report, same in (
        (markdown.render(analysis, told), markdown.render(plain, plain_told)),
        (markdown.render_packets(rows), markdown.render_packets(plain_rows)),
    ):
        assert not set(report) & (set(EVERYTHING_BAD) - {"\n"})
        page = ENGINE.render(report)
        assert {tag.lstrip("/") for tag in re.findall(r"<(/?[a-z0-9]+)", page)} <= OUR_TAGS
        rows_of = re.compile(r"<(?:tr|td|th|h1|h2|h3|pre)\b")
        assert len(rows_of.findall(page)) == len(rows_of.findall(ENGINE.render(same)))


def test_notes() -> None:
    info = CaptureInfo(["a.pcap"], notes=[Note("cut", "the file ends | early", (4, 5, 6), True)])
    assert markdown.render(Analysis(info, [], [], [], []), []) == (
        "# a.pcap\n\n0 packets · no mail traffic\n\n- the file ends &#124; early (packets 4-6)\n"
    )


def test_packets() -> None:
    rows = [ListingRow(1, 0, "192.168.1.2", "서버", "TCP", 62, "3577 → 25 [SYN] Seq=0")]
    assert markdown.render_packets(rows) == (
        "| No. | Time | Source | Destination | Protocol | Length | Info |\n"
        "|---|---|---|---|---|---|---|\n"
        "| 1 | 0.000000 | 192.168.1.2 | 서버 | TCP | 62 | `3577 → 25 [SYN] Seq=0` |\n"
    )


def test_written_as_a_format() -> None:
    out = io.BytesIO()
    write("markdown", Report(submission(), [TOLD]), out)
    assert out.getvalue() == markdown.render(submission(), [TOLD]).encode()
