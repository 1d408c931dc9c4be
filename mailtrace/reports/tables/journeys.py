"""The table of mails on their way."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrace.explain.journeys.summary import chain, outcome, span, took_ns
from mailtrace.reports.tables import Source, TableKind
from mailtrace.reports.tables.values import Heading, Shape, Value

HEADINGS = (
    Heading("no", "No.", Shape.NUMBER, 4),
    Heading("start", "Start", Shape.TIME, 10),
    Heading("subject", "Subject", Shape.TEXT, 18),
    Heading("sender", "From", Shape.TEXT, 16),
    Heading("recipients", "To", Shape.TEXT, 16),
    Heading("way", "Way", Shape.TEXT, 34),
    Heading("outcome", "Outcome", Shape.TEXT, 12),
    Heading("duration", "Duration", Shape.DURATION, 9),
    Heading("message_id", "Message-ID", Shape.CODE, 30),
    Heading("conversations", "Conversations", Shape.PACKETS, 10),
)
USUAL = 8


def _rows(source: Source) -> Iterator[tuple[Value, ...]]:
    conversations = {each.id: each for each in source.analysis.conversations}
    for journey in source.analysis.journeys:
        when = span(journey, conversations)
        yield (
            journey.id,
            source.since(when[0]) if when else None,
            " ".join((journey.subject or "").split()) or None,
            journey.sender,
            ", ".join(each.address for each in journey.recipients) or None,
            chain(journey, source.naming).replace(" -> ", " → "),
            outcome(journey).says,
            took_ns(journey, conversations),
            journey.message_id,
            tuple(dict.fromkeys(hop.conversation for hop in journey.hops if hop.conversation is not None)),
        )


TABLE = TableKind("Mails on their way", HEADINGS, USUAL, _rows)
