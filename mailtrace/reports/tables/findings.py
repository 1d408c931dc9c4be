"""The table of findings, the worst first."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrace.model.language import said
from mailtrace.reports.findings import SEVERITIES
from mailtrace.reports.tables import Source, TableKind
from mailtrace.reports.tables.values import Heading, Shape, Value
from mailtrace.reports.tables.waits import CONFIDENCES

HEADINGS = (
    Heading("severity", "Severity", Shape.LABEL, 8),
    Heading("code", "Code", Shape.LABEL, 8),
    Heading("seen", "What was seen", Shape.TEXT, 50),
    Heading("conversation", "Conversation", Shape.NUMBER, 6),
    Heading("packets", "Packets", Shape.PACKETS, 14),
    Heading("advice", "What to do", Shape.TEXT, 40),
    Heading("name", "Name", Shape.CODE, 24),
    Heading("confidence", "How sure", Shape.LABEL, 8),
    Heading("mail", "Mail", Shape.NUMBER, 6),
    Heading("journey", "Journey", Shape.NUMBER, 6),
    Heading("more", "More of the kind", Shape.NUMBER, 6),
)
USUAL = 5


def _rows(source: Source) -> Iterator[tuple[Value, ...]]:
    for each in source.analysis.findings:
        yield (
            said(SEVERITIES[each.severity]),
            each.code,
            each.message,
            each.conversation,
            each.packets,
            each.advice,
            each.name,
            said(CONFIDENCES[each.confidence]),
            each.mail,
            each.journey,
            each.more,
        )


TABLE = TableKind("Findings", HEADINGS, USUAL, _rows)
