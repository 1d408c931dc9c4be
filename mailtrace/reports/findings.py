"""What every report for people says about findings: rows of a table, those of the same kind together.

What is the same about several conversations is one row. Of further findings of one rule only the first are told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mailtrace.explain.texts import listed
from mailtrace.model import Confidence, Finding, Severity
from mailtrace.model.language import counted, said
from mailtrace.reports.overview import more_of_them, packets_shown, ranges

FINDING_TITLES = ("Severity", "Code", "What was seen", "Where")

EXPLAIN_ONE = "What a code means, why it matters and how to mend it: mailtrace explain CODE."

MOST_FINDINGS = 200
"""Rows of the table; more are counted."""

SAME_RULE = 5
"""Rows of one rule: whoever has read five of them can ask for the others by its code."""

SEVERITIES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "remark"}

COUNTED = {
    Severity.ERROR: ("{count} error", "{count} errors"),
    Severity.WARNING: ("{count} warning", "{count} warnings"),
    Severity.INFO: ("{count} remark", "{count} remarks"),
}


class FindingRow(NamedTuple):
    """One row, as text; what came from the wire is not yet made safe. `more` findings of the rule have no row."""

    severity: Severity
    code: str
    seen: str
    where: str
    more: int = 0


def finding_rows(findings: Sequence[Finding]) -> list[FindingRow]:
    """Return the rows, the worst first."""
    alike: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        alike.setdefault((finding.code, finding.message), []).append(finding)
    by_rule: dict[str, list[FindingRow]] = {}
    for same in alike.values():
        by_rule.setdefault(same[0].code, []).append(_row(same))
    return [row for rows in by_rule.values() for row in _few(rows)]


def _few(rows: list[FindingRow]) -> list[FindingRow]:
    told = rows[:SAME_RULE]
    return [*told[:-1], told[-1]._replace(more=len(rows) - len(told))]


def more_of(row: FindingRow) -> str:
    """Return what to say of the findings that have no row, '' where all have one."""
    if not row.more:
        return ""
    return said("({findings} of {code})", findings=more_of_them("finding", row.more), code=row.code)


def _row(same: Sequence[Finding]) -> FindingRow:
    first = same[0]
    seen = first.message
    if first.confidence is Confidence.LIKELY:
        seen = said("{seen} (likely)", seen=seen)
    more = sum(finding.more for finding in same)
    if more:
        seen = said("{seen} (and {count} more of the kind)", seen=seen, count=f"{more:,}")
    return FindingRow(first.severity, first.code, seen, "; ".join(_where(same)))


def _where(same: Sequence[Finding]) -> list[str]:
    numbers = [number for finding in same for number in finding.packets]
    packets = packets_shown(numbers)
    conversations = list(dict.fromkeys(each.conversation for each in same if each.conversation is not None))
    if not conversations:
        return [packets]
    where = said(
        "conversation {numbers}" if len(conversations) == 1 else "conversations {numbers}",
        numbers=ranges(conversations),
    )
    return [where, packets]


def sums(findings: Iterable[Finding]) -> str:
    """Return how many there are: `1 error, 3 warnings and 2 remarks`; '' where there is none."""
    found = [finding.severity for finding in findings]
    return listed([counted(*COUNTED[each], found.count(each)) for each in COUNTED if each in found])
