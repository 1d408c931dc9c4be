"""Findings: what is wrong, why that matters and what to do about it, the worst first."""

from __future__ import annotations

from mailtrace.findings.catalog import rules
from mailtrace.model import Finding
from mailtrace.model.language import said
from mailtrace.reports.document.blocks import Findings, FoundItem, Paragraph, Section, Tone
from mailtrace.reports.document.material import Material
from mailtrace.reports.document.parts.wording import left_out
from mailtrace.reports.findings import MOST_FINDINGS, SEVERITIES, finding_rows, more_of, sums
from mailtrace.reports.overview import rfc

LABELS = {
    "section": "Findings",
    "none": "Nothing was found that is wrong or worth a remark.",
    "sums": "{sums}. Each has a code: mailtrace explain CODE says more about it.",
}


def findings_section(material: Material) -> Section:
    """Return the findings about what was chosen."""
    found = material.analysis.findings
    heading = said(LABELS["section"])
    if not found:
        return Section(heading, "findings", (Paragraph(said(LABELS["none"])),), part="findings")
    rows = finding_rows(found)
    first: dict[str, Finding] = {}
    for each in found:
        first.setdefault(each.code, each)
    told: set[str] = set()
    items = []
    for row in rows[:MOST_FINDINGS]:
        rule, again = rules().get(row.code), row.code in told
        told.add(row.code)
        explained = rule is not None and not again and material.wishes.explained
        items.append(
            FoundItem(
                severity=row.severity.value,
                label=said(SEVERITIES[row.severity]),
                code=row.code,
                name=first[row.code].name,
                seen=" ".join([row.seen, more_of(row)]).strip(),
                where=row.where,
                why=said(rule.manual.why) if explained and rule is not None else "",
                advice=first[row.code].advice if not again else "",
                source=rfc(rule.manual.source) if explained and rule is not None else "",
            )
        )
    more = left_out(len(rows), len(items))
    blocks = (Paragraph(said(LABELS["sums"], sums=sums(found)), Tone.LEAD), Findings(tuple(items), more))
    return Section(heading, "findings", blocks, part="findings")
