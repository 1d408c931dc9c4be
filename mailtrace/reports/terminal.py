"""The report on a terminal: one line on the capture, a table of conversations, then each walkthrough step by step.

Journeys come first, in a table of their own. Where a table finds no room, its rows are set over several lines. Colour
repeats what words say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import BinaryIO

from rich.console import Console
from rich.text import Text

from mailtrace.explain.listing import ListingRow
from mailtrace.explain.walkthrough import told_together
from mailtrace.model import Analysis, Conversation, Note, Severity, StepKind, TimeTable, Walkthrough
from mailtrace.model.language import said
from mailtrace.reports import Report
from mailtrace.reports.findings import EXPLAIN_ONE, MOST_FINDINGS, SEVERITIES, FindingRow, finding_rows, more_of, sums
from mailtrace.reports.layout import Cell, Column, Page, column_widths, console, text_stream
from mailtrace.reports.overview import (
    NO_JOURNEY,
    JourneyRow,
    TableRow,
    capture_facts,
    contents,
    journey_rows,
    listing_cells,
    more_of_them,
    note_shown,
    notes,
    packets_shown,
    table_rows,
    told_inside,
)
from mailtrace.reports.terminalsteps import has_headings, show_steps
from mailtrace.reports.timebars import LETTERS, bar, times_headed, wait_cells
from mailtrace.reports.times import duration

__all__ = ["MANY_CONVERSATIONS", "console", "render", "render_packets", "write"]

MANY_CONVERSATIONS = 20
"""Conversations above which only their table is shown: nobody scrolls through more walkthroughs than that."""

HOW_TO_SEE_MORE = "One of them step by step: --conversation N. All of them for a program: --format jsonl."

ONE_JOURNEY = "One mail on its whole way: --journey N."

WHOLE_MAILS = "Mails and answers are shown in part; whole, as sent: --format json."

BRACKETS = "Packets in brackets are bare ACKs: they say nothing but that others have arrived."

MOST_ROWS = 200
"""Rows of the table; more are counted."""

MOST_NOTES = 10
"""Notes about the capture; more are counted."""

FAINT = "dim"

SEVERITY_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: FAINT}

TABLE = [
    Column("No.", 6, 10),
    Column("Packets", 16, 20),
    Column("Start", 6, 12, right=True),
    Column("Protocol", 8, 8),
    Column("Client and server", 26, 46),
    Column("What happened", 30, 60),
    Column("Result", 28, 40),
    Column("Duration", 8, 12, right=True),
]

JOURNEYS = [
    Column("No.", 4, 10),
    Column("Start", 6, 12, right=True),
    Column("Subject", 16, 36),
    Column("From and to", 26, 50),
    Column("Way", 30, 70),
    Column("Outcome", 12, 24),
    Column("Duration", 8, 12, right=True),
]

NARROW_JOURNEYS = [JOURNEYS[0], JOURNEYS[1], Column("From and to", 20, 60), JOURNEYS[-1]]

NARROW_TABLE = [Column("No.", 3, 10), *TABLE[2:4], Column("Client and server", 20, 60), TABLE[-1]]

FINDINGS = [Column("Severity", 8, 8), Column("Code", 7, 8), Column("What was seen", 40, 200)]

LISTING = [
    Column("No.", 3, 10, right=True),
    Column("Time", 8, 16, right=True),
    Column("Source", 15, 40),
    Column("Destination", 15, 40),
    Column("Protocol", 8, 8),
    Column("Length", 6, 6, right=True),
    Column("Info", 40, 4_000),
]

WAITS = [
    Column("", 1, 1),
    Column("Duration", 8, 12, right=True),
    Column("Share", 7, 7, right=True),
    Column("What took it", 20, 44),
    Column("Packets", 10, 20),
    Column("Why", 36, 90),
]

SHARE_STYLES = ("cyan", "yellow", "magenta", "green", "blue", "red")
"""Colours of the bar and of its letters, in turn."""

UNBROKEN = 5_000
"""Width of a packet listing that is not for a terminal: one line a packet, for grep and for a text file."""


def write(report: Report, out: BinaryIO) -> None:
    """Write the report to the terminal, or to a pipe or file as plain text."""
    with text_stream(out) as stream:
        render(report.analysis, report.walkthroughs, console(stream), report.level, report.journeys_alone)


def write_packets(rows: Iterable[ListingRow], out: BinaryIO) -> None:
    """Write a packet listing to standard output or a file."""
    with text_stream(out) as stream:
        render_packets(rows, console(stream))


def render(
    analysis: Analysis,
    walkthroughs: Iterable[Walkthrough],
    console: Console,
    level: str = "novice",
    journeys_alone: bool = False,
) -> None:
    """Print the report. `walkthroughs` may be lazy: above `MANY_CONVERSATIONS` none is asked for.

    `level` is novice, or expert to leave out what things mean. `journeys_alone`: no conversations are listed.
    """
    page = Page(console)
    _capture(page, analysis)
    _journeys(page, analysis, journeys_alone)
    groups = [] if journeys_alone else told_together(analysis.conversations)
    if groups and len(analysis.conversations) > 1:
        _table(page, analysis, groups)
    _findings(page, analysis)
    if max(len(groups), len(analysis.journeys) * journeys_alone) > MANY_CONVERSATIONS:
        page.put()
        page.paragraph(page.text(said(ONE_JOURNEY if journeys_alone else HOW_TO_SEE_MORE), "bold"))
        return
    by_id = {each.id: each for each in analysis.conversations}
    mails = acks = False
    for walkthrough in walkthroughs:
        mails = mails or any(step.kind is StepKind.CONTENT for step in walkthrough.steps)
        acks = acks or any(step.acks for step in walkthrough.steps)
        told = [] if walkthrough.journey else [by_id[id_] for id_ in walkthrough.conversations if id_ in by_id]
        _walkthrough(page, walkthrough, told, level)
    footers = [said(BRACKETS)] if acks and level == "novice" and not has_headings(page) else []
    footers += [said(WHOLE_MAILS)] if mails else []
    if footers:
        page.put()
    for footer in footers:
        page.paragraph(page.text(footer, FAINT))


def render_packets(rows: Iterable[ListingRow], console: Console) -> None:
    """Print packets as Wireshark lists them."""
    page = Page(console)
    cells = [[[page.text(cell)] for cell in listing_cells(row)] for row in rows]
    widths = column_widths(LISTING, cells, page.width if console.is_terminal else UNBROKEN)
    if widths is None:
        page.stacked(LISTING[:-1], [row[:-1] for row in cells], [row[-1] for row in cells])
        return
    page.headings(LISTING, widths, "bold")
    for row in cells:
        page.rows(LISTING, widths, row)


def _capture(page: Page, analysis: Analysis) -> None:
    name, *facts = [*capture_facts(analysis.capture), contents(analysis)]
    page.paragraph(page.dotted(page.text(name, "bold"), *map(page.text, facts)))
    told = notes(analysis)
    for note in told[:MOST_NOTES]:
        page.paragraph(_note(page, note))
    if len(told) > MOST_NOTES:
        page.paragraph(page.text(f"({more_of_them('note', len(told) - MOST_NOTES)})", FAINT))


def _note(page: Page, note: Note) -> Text:
    told = said("Partial: {note}" if note.damage else "Note: {note}", note=note_shown(note))
    return page.text(told, "bold red" if note.damage else "yellow")


def _journeys(page: Page, analysis: Analysis, alone: bool) -> None:
    """List the journeys, unless the page tells one conversation or one journey of which all follows."""
    journeys = analysis.journeys
    if alone and not journeys:
        page.put()
        page.paragraph(page.text(said(NO_JOURNEY), "bold"))
    if not journeys or (len(journeys) == 1 and (alone or len(analysis.conversations) == 1)):
        return
    page.put()
    cells = [_journey_cells(page, row) for row in journey_rows(analysis, journeys[:MOST_ROWS])]
    widths = column_widths(JOURNEYS, cells, page.width)
    if widths is not None:
        page.headings(JOURNEYS, widths, "bold")
        for row in cells:
            page.rows(JOURNEYS, widths, row)
    else:
        heads = [[row[0], row[1], row[3], row[6]] for row in cells]
        page.stacked(NARROW_JOURNEYS, heads, [[row[2][0], page.dotted(row[4][0], row[5][0])] for row in cells])
    if len(journeys) > MOST_ROWS:
        page.put(page.text(f"({more_of_them('journey', len(journeys) - MOST_ROWS)})", FAINT))
    if not alone:
        page.paragraph(page.text(said(ONE_JOURNEY), FAINT))


def _journey_cells(page: Page, row: JourneyRow) -> list[Cell]:
    return [
        [page.text(row.number, "bold")],
        [page.text(row.start, FAINT)],
        [page.text(row.subject)],
        [page.text(page.arrows(row.people))],
        [page.text(page.arrows(row.way))],
        [page.text(row.outcome, _verdict(row.ended_badly))],
        [page.text(row.duration)],
    ]


def _table(page: Page, analysis: Analysis, groups: Sequence[Sequence[Conversation]]) -> None:
    rows = table_rows(analysis, groups[:MOST_ROWS])
    page.put()
    cells = [_table_cells(page, row) for row in rows]
    widths = column_widths(TABLE, cells, page.width)
    if widths is not None:
        page.headings(TABLE, widths, "bold")
        for row in cells:
            page.rows(TABLE, widths, row)
    else:
        heads = [[row[0], *row[2:5], row[-1]] for row in cells]
        packets = [page.text(said("packets {numbers}", numbers=row.packets)) for row in rows]
        below = [[each, page.dotted(row[5][0], row[6][0])] for each, row in zip(packets, cells, strict=True)]
        page.stacked(NARROW_TABLE, heads, below)
    if len(groups) > MOST_ROWS:
        page.put(page.text(f"({more_of_them('conversation', len(groups) - MOST_ROWS)})", FAINT))
    inside = told_inside(analysis, groups)
    if inside:
        page.paragraph(page.text(inside, FAINT))


def _table_cells(page: Page, row: TableRow) -> list[Cell]:
    who = Text.assemble(page.text(row.client, "cyan"), f" {page.symbols.arrow} ", page.text(row.server, "green"))
    return [
        [page.text(row.number, "bold")],
        [page.text(row.packets)],
        [page.text(row.start, FAINT)],
        [page.text(row.protocol)],
        [who],
        [page.text(page.arrows(row.happened))],
        [page.text(row.result, _verdict(row.ended_badly))],
        [page.text(row.duration)],
    ]


def _findings(page: Page, analysis: Analysis) -> None:
    rows = finding_rows(analysis.findings)
    if not rows:
        return
    page.put()
    page.paragraph(page.text(said("Findings: {sums}", sums=sums(analysis.findings)), "bold"))
    cells = [_finding_cells(page, row) for row in rows[:MOST_FINDINGS]]
    widths = column_widths(FINDINGS, cells, page.width)
    if widths is not None:
        for cell in cells:
            page.rows(FINDINGS, widths, cell)
    else:
        page.stacked(FINDINGS[:-1], [cell[:-1] for cell in cells], [cell[-1] for cell in cells])
    if len(rows) > MOST_FINDINGS:
        page.put(page.text(f"({more_of_them('finding', len(rows) - MOST_FINDINGS)})", FAINT))
    page.paragraph(page.text(said(EXPLAIN_ONE), FAINT))


def _finding_cells(page: Page, row: FindingRow) -> list[Cell]:
    seen = Text.assemble(page.text(row.seen), page.text(f" ({row.where})", FAINT))
    return [
        [page.text(said(SEVERITIES[row.severity]), SEVERITY_STYLES[row.severity])],
        [page.text(row.code, "bold")],
        [seen, *([page.text(more_of(row), FAINT)] if row.more else [])],
    ]


def _verdict(ended_badly: bool) -> str:
    return "red" if ended_badly else ""


def _walkthrough(page: Page, told: Walkthrough, conversations: Sequence[Conversation], level: str) -> None:
    page.put()
    rule = page.symbols.rule
    title = page.fit(page.arrows(told.title), page.width - 4, "bold")
    page.put(page.text(f"{rule} ", FAINT), title, page.text(f" {rule * (page.width - 3 - title.cell_len)}", FAINT))
    facts = [page.text(page.arrows(told.summary)), page.text(told.result, _verdict(told.ended_badly) or "bold")]
    if conversations:
        packets = [packet.number for each in conversations for packet in each.packets]
        start, end = min(each.start_ns for each in conversations), max(each.end_ns for each in conversations)
        facts = [page.text(packets_shown(packets)), page.text(duration(end - start)), *facts]
    page.paragraph(page.dotted(*facts))
    for fact in told.facts:
        page.paragraph(page.text(fact))
    if told.times is not None:
        _times(page, told.times, level)
    page.put()
    show_steps(page, told.steps, level == "novice")


def _times(page: Page, times: TimeTable, level: str) -> None:
    """Show where the time went: a bar in the order of time, and what its letters mean."""
    page.put()
    page.paragraph(page.text(times_headed(times), "bold"))
    for sum_ in times.sums:
        page.paragraph(page.text(sum_))
    page.put(*(page.text(LETTERS[number], _share_style(number)) for number in bar(times, page.width)))
    cells = [_time_cells(page, number, row) for number, row in enumerate(wait_cells(times))]
    columns = WAITS if level == "novice" else WAITS[:-1]
    widths = column_widths(columns, [row[: len(columns)] for row in cells], page.width)
    if widths is not None:
        page.headings(columns, widths, FAINT)
        for row in cells:
            page.rows(columns, widths, row[: len(columns)])
    else:
        page.stacked(WAITS[:-1], [row[:-1] for row in cells], [row[-1] if level == "novice" else [] for row in cells])


def _time_cells(page: Page, number: int, row: Sequence[str]) -> list[Cell]:
    letter, *others, why = row
    return [
        [page.text(letter, _share_style(number))],
        *([page.text(cell)] for cell in others),
        [page.text(why, "italic")] if why else [],
    ]


def _share_style(number: int) -> str:
    return SHARE_STYLES[number % len(SHARE_STYLES)]
