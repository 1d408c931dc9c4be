"""Findings in reports: the worst first, those alike together, few of each rule, and the rest counted."""

from __future__ import annotations

import io
import json as standard

from mailtrace.model import Confidence, Finding, Severity
from mailtrace.reports import json, markdown, terminal
from mailtrace.reports.findings import FindingRow, finding_rows, more_of, sums
from tests.reports.analyses import submission
from tests.reports.test_terminal import console, shown


def finding(
    code: str = "SMTP001",
    message: str = "client sent the password of lee in clear",
    packets: tuple[int, ...] = (7, 8),
    conversation: int | None = 1,
    severity: Severity = Severity.WARNING,
    confidence: Confidence = Confidence.CERTAIN,
    more: int = 0,
) -> Finding:
    """Return a finding."""
    return Finding(code, "a-name", severity, confidence, message, packets, "Do this.", conversation, more=more)


def test_what_is_alike_is_one_row() -> None:
    rows = finding_rows([finding(), finding(packets=(20,), conversation=3), finding(message="other", packets=(9,))])
    assert rows == [
        FindingRow(
            Severity.WARNING,
            "SMTP001",
            "client sent the password of lee in clear",
            "conversations 1, 3; packets 7-8, 20",
        ),
        FindingRow(Severity.WARNING, "SMTP001", "other", "conversation 1; packet 9"),
    ]


def test_what_is_only_likely_says_so() -> None:
    (row,) = finding_rows([finding(confidence=Confidence.LIKELY, conversation=None, more=3)])
    assert row.seen == "client sent the password of lee in clear (likely) (and 3 more of the kind)"
    assert row.where == "packets 7-8"


def test_of_one_rule_only_the_first_rows_are_told() -> None:
    rows = finding_rows([finding(message=f"message {number}") for number in range(9)] + [finding("TCP001")])
    assert [row.seen for row in rows[:5]] == [f"message {number}" for number in range(5)]
    assert [more_of(row) for row in rows] == ["", "", "", "", "(4 more findings of SMTP001)", ""]


def test_they_are_summed_up() -> None:
    some = [finding(severity=Severity.ERROR), finding(), finding(), finding(severity=Severity.INFO)]
    assert sums(some) == "1 error, 2 warnings and 1 remark"
    assert sums([]) == ""


def test_the_terminal_shows_them_above_the_walkthroughs() -> None:
    analysis = submission()
    analysis.findings = [finding(message="evil \x1b[31m text")]
    page = console(80)
    terminal.render(analysis, [], page)
    text = shown(page)
    assert "Findings: 1 warning\nwarning   SMTP001  evil " in text
    assert "(conversation 1; packets 7-8)" in text
    assert "\x1b" not in text
    assert "What a code means, why it matters and how to mend it: mailtrace explain CODE." in text


def test_the_terminal_shows_them_on_a_narrow_page() -> None:
    analysis = submission()
    analysis.findings = [finding()]
    page = console(40)
    terminal.render(analysis, [], page)
    lines = shown(page).splitlines()
    assert "warning   SMTP001" in lines
    assert "    client sent the password of lee in" in lines
    assert max(map(len, lines)) <= 40


def test_nothing_is_said_where_there_are_none() -> None:
    page = console(80)
    terminal.render(submission(), [], page)
    assert "Findings" not in shown(page)
    assert "Findings" not in markdown.render(submission(), [])


def test_markdown_has_them_as_a_table() -> None:
    analysis = submission()
    analysis.findings = [finding(message="a | b <script>")]
    report = markdown.render(analysis, [])
    assert "## Findings\n\n1 warning\n\n| Severity | Code | What was seen | Where |\n" in report
    assert r"| warning | SMTP001 | a &#124; b \<script\> | conversation 1; packets 7-8 |" in report


def test_json_lists_all_of_them() -> None:
    analysis = submission()
    analysis.findings = [finding(more=2)] * 9
    listed = standard.loads(json.render(analysis))["findings"]
    assert len(listed) == 9
    assert listed[0] == {
        "code": "SMTP001",
        "name": "a-name",
        "severity": "warning",
        "confidence": "certain",
        "message": "client sent the password of lee in clear",
        "packets": [7, 8],
        "conversation": 1,
        "mail": None,
        "journey": None,
        "more": 2,
        "advice": "Do this.",
    }
    (line,) = [line for line in json.lines(analysis) if b'"type":"finding"' in line][:1]
    assert standard.loads(line) == {"type": "finding", **listed[0]}


def test_findings_are_written_once_each_to_a_file() -> None:
    analysis = submission()
    analysis.findings = [finding()]
    out = io.BytesIO()
    markdown.write(markdown.Report(analysis), out)
    assert out.getvalue().count(b"SMTP001") == 1
