"""The table of waits: where the time of each conversation went, moment by moment; together they are all of it.

Lookups and ident calls that were made for another conversation are waits of that one.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from mailtrace.explain.waits import causes, waits
from mailtrace.explain.waits.table import Told, words
from mailtrace.explain.walkthrough import told_together
from mailtrace.model import Confidence
from mailtrace.model.language import said
from mailtrace.reports.tables import Source, TableKind
from mailtrace.reports.tables.values import Heading, Shape, Value

CONFIDENCES = {Confidence.CERTAIN: "certain", Confidence.LIKELY: "likely"}

HEADINGS = (
    Heading("conversation", "Conversation", Shape.NUMBER, 6),
    Heading("start", "Start", Shape.TIME, 10),
    Heading("duration", "Duration", Shape.DURATION, 9),
    Heading("what", "What took it", Shape.TEXT, 40),
    Heading("packets", "Packets", Shape.PACKETS, 14),
    Heading("confidence", "How sure", Shape.LABEL, 8),
    Heading("why", "Why", Shape.TEXT, 50),
    Heading("kind", "Kind", Shape.CODE, 14),
)
USUAL = 6


def _rows(source: Source) -> Iterator[tuple[Value, ...]]:
    asked = causes(source.everything.conversations)
    for conversation in chain.from_iterable(told_together(source.analysis.conversations)):
        names = source.naming.pair(conversation.key)
        for wait in waits(conversation, asked.get(conversation.id)):
            what, why = words(Told(wait, names))
            yield (
                conversation.id,
                source.since(wait.start_ns),
                wait.duration_ns,
                what,
                wait.packets,
                said(CONFIDENCES[wait.confidence]),
                why or None,
                wait.kind.value,
            )


TABLE = TableKind("Where the time went", HEADINGS, USUAL, _rows)
