"""Findings from outside: chosen by code or name, exit code 1 where that is asked for, manual pages."""

from __future__ import annotations

import json
from typing import Any

import pytest

import mailtrace
from mailtrace.errors import UsageError
from mailtrace.model import Severity
from tests.support import SAMPLES
from tests.test_cli import REPORT_2008, REPORT_2024, fails, run

DNSAUTH = SAMPLES / "07-lab-dnsauth.pcapng"


def findings(*arguments: object, code: int = 0) -> list[dict[str, Any]]:
    """Return the findings of a report in JSON, whose exit code must be `code`."""
    done = run("analyze", "--format", "json", *arguments)
    assert done.returncode == code, done.stderr.decode()
    found: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return found


def codes(*arguments: object, code: int = 0) -> set[str]:
    """Return the codes of the findings."""
    return {each["code"] for each in findings(*arguments, code=code)}


def test_the_clean_report_of_2024() -> None:
    """Its author saw the password of kim in packet 183, and that of lee in packet 440."""
    warnings = [each for each in findings(REPORT_2024) if each["severity"] != "info"]
    assert [(each["code"], each["packets"][-1]) for each in warnings if each["code"].startswith("POP")] == [
        ("POP001", 183),
        ("POP001", 440),
    ]
    (ident,) = [each for each in warnings if not each["code"].startswith("POP")]
    assert (ident["code"], ident["packets"]) == ("SMTP066", [284, 286, 288, 297])
    assert ident["advice"].startswith("Let the client's firewall refuse port 113")


def test_json_lines_judge_only_when_asked() -> None:
    """Findings and waits need the whole capture, JSON Lines are written while it is read."""
    streamed = [json.loads(line) for line in run("analyze", "--format", "jsonl", REPORT_2008).stdout.splitlines()]
    asked = run("analyze", "--format", "jsonl", "--select", "SMTP066", REPORT_2008).stdout.splitlines()
    judged = [json.loads(line) for line in asked]
    assert [each["code"] for each in judged if each["type"] == "finding"] == ["SMTP066"]
    assert [each["code"] for each in streamed if each["type"] == "finding"] == []
    assert {len(each["waits"] or ()) > 0 for each in judged if each["type"] == "conversation"} == {True}
    assert {each["waits"] for each in streamed if each["type"] == "conversation"} == {None}


def test_rules_are_selected_and_ignored() -> None:
    assert codes("--select", "smtp048", DNSAUTH) == {"SMTP048"}
    assert codes("--select", "sender-not-authentic,SMTP047", DNSAUTH) == {"SMTP047", "SMTP048"}
    assert codes("--select", "SMTP", "--ignore", "SMTP0", DNSAUTH) == set()
    assert not codes("--ignore", "SMTP,POP", "--ignore", "DNS", DNSAUTH) & {"SMTP047", "POP001", "DNS019"}


def test_unknown_rules_are_refused() -> None:
    assert "no rule has the code or name 'SMPT001'" in fails(2, "--select", "SMPT001", REPORT_2008)
    assert "'NO-SUCH'" in fails(2, "--ignore", "NO-SUCH", REPORT_2008)
    assert "--packets lists packets" in fails(2, "--packets", "1-2", "--fail-on", "error", REPORT_2008)


@pytest.mark.parametrize("format", ["terminal", "markdown", "json", "jsonl"])
def test_a_warning_fails_where_that_is_asked_for(format: str) -> None:
    done = run("analyze", "--fail-on", "warning", "--format", format, REPORT_2008)
    assert done.returncode == 1
    assert b"SMTP066" in done.stdout
    assert run("analyze", "--fail-on", "error", "--format", format, REPORT_2008).returncode == 0


def test_what_is_ignored_does_not_fail() -> None:
    assert run("analyze", "--fail-on", "warning", "--ignore", "SMTP066", REPORT_2008).returncode == 0


def test_one_conversation_has_only_its_findings() -> None:
    found = findings("--conversation", "62", "--fail-on", "warning", DNSAUTH, code=1)
    assert {each["conversation"] for each in found} == {62}
    assert codes("--conversation", "2", "--fail-on", "warning", DNSAUTH) == set()


def test_the_rules_are_listed() -> None:
    done = run("rules")
    assert done.returncode == 0
    assert "SMTP001   warning   password-sent-in-clear" in done.stdout.decode()
    assert max(map(len, done.stdout.decode().splitlines())) <= 120


def test_a_rule_is_explained_by_code_or_name() -> None:
    page = run("explain", "smtp066").stdout.decode()
    assert page == run("explain", "ident-not-answered").stdout.decode()
    assert page.startswith("SMTP066 · ident-not-answered · warning\n\nBefore it greets,")
    for head in ("Why it matters\n", "How to mend it\n", "When it does not apply\n"):
        assert head in page
    assert "    sendmail  define(`confTO_IDENT', `0')dnl\n" in page
    assert page.endswith("Source: RFC 1413 section 4.\n")


def test_a_word_that_nobody_knows_is_refused() -> None:
    done = run("explain", "nothing-of-the-kind")
    assert (done.returncode, done.stdout) == (2, b"")


def test_p262_without_docstrings_the_manual_pages_say_so() -> None:
    page = run("explain", "SMTP066", PYTHONOPTIMIZE="2").stdout.decode()
    assert "Python was told to leave the manual pages out" in page
    done = run("analyze", "--format", "json", REPORT_2008, PYTHONOPTIMIZE="2")
    assert done.returncode == 0 and b'"code":"SMTP066"' in done.stdout


def test_judge_from_python() -> None:
    analysis = mailtrace.analyze(REPORT_2008)
    (ident,) = mailtrace.judge(analysis, select=["SMTP066"])
    assert (ident.severity, ident.packets, ident.conversation) == (Severity.WARNING, (4, 5, 6), 1)
    with pytest.raises(UsageError):
        mailtrace.judge(analysis, ignore=["nothing"])
