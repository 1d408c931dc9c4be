"""What every report for people says about a capture and its conversations, as plain text: the words of the table's cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from mailtrace.explain.naming import Naming
from mailtrace.explain.summary import happened, result
from mailtrace.explain.texts import numbers
from mailtrace.model import NO_TIME, Analysis, CaptureInfo, Conversation
from mailtrace.reports.times import clock, duration, offset

MOST_RUNS = 6
"""Runs of packet numbers in one cell; two conversations that alternate would fill a page with commas."""

DEPENDENT = ("dns", "ident")
"""Protocols that serve others: a conversation that one of another protocol caused is told inside that one."""


class TableRow(NamedTuple):
    """One conversation in the table; everything as text, what came from the wire not yet made safe."""

    number: str
    packets: str
    start: str
    protocol: str
    client: str
    server: str
    happened: str
    result: str
    duration: str


def independent(analysis: Analysis) -> list[Conversation]:
    """Return the conversations that are not told inside another one of this analysis."""
    told = {each.id for each in analysis.conversations if each.protocol not in DEPENDENT}
    return [each for each in analysis.conversations if each.protocol not in DEPENDENT or not _causes(each) & told]


def _causes(conversation: Conversation) -> set[int]:
    causes = {conversation.caused_by, *(lookup.caused_by for lookup in conversation.dialogue.lookups)}
    return {cause for cause in causes if cause is not None}


def table_rows(analysis: Analysis, conversations: Sequence[Conversation]) -> list[TableRow]:
    """Return the rows of the table of conversations."""
    naming = Naming(analysis.hosts)
    first_ns = analysis.capture.first_ns
    return [
        TableRow(
            number=str(each.id),
            packets=ranges([packet.number for packet in each.packets]),
            start=since(first_ns, each.start_ns),
            protocol=each.protocol.upper(),
            client=naming.pair(each.key)[0],
            server=naming.pair(each.key)[1],
            happened=happened(each, analysis.messages),
            result=result(each),
            duration=duration(each.end_ns - each.start_ns),
        )
        for each in conversations
    ]


def since(first_ns: int | None, time_ns: int) -> str:
    """Return the seconds from the capture's beginning, '-' where one of both has no time."""
    if first_ns is None or time_ns == NO_TIME:
        return "-"
    return offset(time_ns - first_ns).lstrip("+")


def ranges(packets: Sequence[int]) -> str:
    """Return packet numbers with runs joined, the middle left out of very many: `65-92, 94, 96`."""
    runs = numbers(list(packets)).split(", ")
    if len(runs) <= MOST_RUNS:
        return ", ".join(runs)
    return f"{', '.join(runs[: MOST_RUNS - 1])} ... {runs[-1]}"


def capture_facts(capture: CaptureInfo) -> list[str]:
    """Return what the first line says: files, packets, time."""
    facts = [", ".join(capture.files) or "capture", counted(capture.packets, "packet")]
    if capture.first_ns is not None and capture.last_ns is not None:
        facts.append(f"{duration(capture.last_ns - capture.first_ns)} from {clock(capture.first_ns)}")
    return facts


def contents(analysis: Analysis) -> list[str]:
    """Return what the capture holds: conversations by protocol, mails."""
    counts = Counter(each.protocol.upper() for each in analysis.conversations)
    held = [counted(count, f"{protocol} conversation") for protocol, count in counts.items()]
    return [*held, *([counted(len(analysis.messages), "mail")] if analysis.messages else [])] or ["no mail traffic"]


def told_inside(analysis: Analysis, listed: int) -> str:
    """Return a sentence on the conversations that the table does not list, '' when it lists all."""
    hidden = len(analysis.conversations) - listed
    if not hidden:
        return ""
    return f"{counted(hidden, 'DNS or ident conversation')} belonged to these and {'is' if hidden == 1 else 'are'} told inside them."


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it is one: `1 packet`, `1,230 packets`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def rfc(source: str | None) -> str:
    """Return where a rule is written, short: `RFC 5321 4.1.1.1`."""
    return source.replace(" section ", " ") if source else ""
