"""What every report for people says about a capture and its conversations: the cells of the table, as plain text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from mailtrace.explain.clocks import clock_notes
from mailtrace.explain.journeys.summary import chain, outcome, people, span, subject, took_ns
from mailtrace.explain.listing import ListingRow
from mailtrace.explain.summary import ended, together
from mailtrace.explain.texts import listed, numbers
from mailtrace.explain.walkthrough import DEPENDENT
from mailtrace.mail.naming import Naming
from mailtrace.model import NO_TIME, Analysis, CaptureInfo, Conversation, Journey, Note, StepKind
from mailtrace.model.language import counted, said
from mailtrace.model.remarks import remark
from mailtrace.reports.times import clock, duration, microseconds, offset

MOST_RUNS = 6
"""Runs of packet numbers in one cell; two conversations that alternate would fill a page with commas."""


TABLE_TITLES = (
    "No.", "Packets", "Start", "Protocol", "Client and server", "What happened", "Result", "Duration",
)  # fmt: skip
JOURNEY_TITLES = ("No.", "Start", "Subject", "From and to", "Way", "Outcome", "Duration")
LISTING_TITLES = ("No.", "Time", "Source", "Destination", "Protocol", "Length", "Info")


KIND = "{count} {protocol}"
"""How many conversations of a protocol there are."""

MORE = {
    "note": ("{count} more note", "{count} more notes"),
    "journey": ("{count} more journey", "{count} more journeys"),
    "conversation": ("{count} more conversation", "{count} more conversations"),
    "finding": ("{count} more finding", "{count} more findings"),
}
"""How is said that there is more than is shown."""

HEADINGS = (StepKind.HOP, StepKind.OUTCOME)
"""Steps of a journey that say what the steps below them are about."""

NO_JOURNEY = "No mail in this capture is what was looked for."


class TableRow(NamedTuple):
    """One conversation in the table, or some told together; all as text, what came from the wire not yet made safe."""

    number: str
    packets: str
    start: str
    protocol: str
    client: str
    server: str
    happened: str
    result: str
    duration: str
    ended_badly: bool


def table_rows(analysis: Analysis, groups: Sequence[Sequence[Conversation]]) -> list[TableRow]:
    """Return the rows of the table of conversations, one for each group that is told together."""
    naming = Naming(analysis.hosts)
    return [_row(analysis, naming, group) for group in groups]


def _row(analysis: Analysis, naming: Naming, group: Sequence[Conversation]) -> TableRow:
    first = group[0]
    client, server = naming.pair(first.key)
    start_ns = min(each.start_ns for each in group)
    how = ended(group)
    return TableRow(
        number=ranges([each.id for each in group]),
        packets=ranges([packet.number for each in group for packet in each.packets]),
        start=since(analysis.capture.first_ns, start_ns),
        protocol=first.protocol.upper(),
        client=client,
        server=server,
        happened=together(group, analysis.messages),
        result=how.says,
        duration=duration(max(each.end_ns for each in group) - start_ns),
        ended_badly=how.is_bad,
    )


class JourneyRow(NamedTuple):
    """One journey in the list; all as text, what came from the wire not yet made safe."""

    number: str
    start: str
    subject: str
    people: str
    way: str
    outcome: str
    duration: str
    ended_badly: bool


def journey_rows(analysis: Analysis, journeys: Sequence[Journey]) -> list[JourneyRow]:
    """Return the rows of the list of journeys."""
    naming = Naming(analysis.hosts)
    conversations = {each.id: each for each in analysis.conversations}
    return [_journey_row(analysis, journey, naming, conversations) for journey in journeys]


def _journey_row(
    analysis: Analysis, journey: Journey, naming: Naming, conversations: Mapping[int, Conversation]
) -> JourneyRow:
    when, took, how = span(journey, conversations), took_ns(journey, conversations), outcome(journey)
    return JourneyRow(
        number=str(journey.id),
        start=since(analysis.capture.first_ns, when[0]) if when else "-",
        subject=subject(journey),
        people=people(journey),
        way=chain(journey, naming),
        outcome=how.says,
        duration="-" if took is None else duration(took),
        ended_badly=how.is_bad,
    )


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
    facts = [", ".join(capture.files) or said("capture"), counted("{count} packet", "{count} packets", capture.packets)]
    if capture.first_ns is not None and capture.last_ns is not None:
        lasted = duration(capture.last_ns - capture.first_ns)
        facts.append(said("{duration} from {time}", duration=lasted, time=clock(capture.first_ns)))
    return facts


def notes(analysis: Analysis) -> list[Note]:
    """Return what the user should know before reading on: of the capture, and of the clocks of its hosts."""
    keys = [each.key for each in analysis.conversations]
    taking_part = {endpoint.host for key in keys for endpoint in (key.client, key.server)}
    own = [replace(note, message=remark(note.message)) for note in analysis.capture.notes]
    return [*own, *clock_notes(analysis.hosts, taking_part)]


def note_shown(note: Note) -> str:
    """Return a note with the packets that it is about."""
    if not note.packets:
        return note.message
    return said("{note} (packets {numbers})", note=note.message, numbers=ranges(note.packets))


def contents(analysis: Analysis) -> str:
    """Return what the capture holds, or what of it was asked for: conversations by protocol, mails."""
    if not analysis.conversations:
        return said("nothing of what was asked for" if analysis.everything else "no mail traffic")
    counts = Counter(each.protocol for each in analysis.conversations)
    ordered = sorted(counts, key=lambda protocol: (protocol in DEPENDENT, -counts[protocol], protocol))
    last = counts[ordered[-1]]
    kinds = listed([said(KIND, count=f"{counts[each]:,}", protocol=each.upper()) for each in ordered])
    held = said("{kinds} conversation" if last == 1 else "{kinds} conversations", kinds=kinds)
    mails = counted("{count} mail", "{count} mails", len(analysis.messages))
    return f"{held}, {mails}" if analysis.messages else held


def told_inside(analysis: Analysis, groups: Sequence[Sequence[Conversation]]) -> str:
    """Return a sentence on the conversations that the table does not list, '' when it lists all."""
    hidden = len(analysis.conversations) - sum(map(len, groups))
    if not hidden:
        return ""
    return counted(
        "{count} DNS or ident conversation happened because of these, told inside them.",
        "{count} DNS or ident conversations happened because of these, told inside them.",
        hidden,
    )


def more_of_them(kind: str, number: int) -> str:
    """Return how many more there are than are shown, by the kind of thing in `MORE`: `12 more conversations`."""
    return counted(*MORE[kind], number)


def packets_shown(packets: Sequence[int]) -> str:
    """Return packet numbers with their noun: `packets 65-92, 94`."""
    return said("packet {numbers}" if len(set(packets)) == 1 else "packets {numbers}", numbers=ranges(packets))


def rfc(source: str | None) -> str:
    """Return where a rule is written, short: `RFC 5321 4.1.1.1`."""
    return source.replace(" section ", " ") if source else ""


def listing_cells(row: ListingRow) -> list[str]:
    """Return a row of the packet listing as text, in the order of `LISTING_TITLES`."""
    return [
        str(row.number),
        "" if row.time_ns is None else microseconds(row.time_ns),
        row.source,
        row.destination,
        row.protocol,
        str(row.length),
        row.info,
    ]
