"""The report on a terminal: one line on the capture, a table of conversations, then each walkthrough step by step.

One set of cells, three ways to set them, chosen by what the page can hold: what a step says and what it means side by
side; one below the other, beside packets, times and names; or everything below those. Colour repeats what words say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import BinaryIO

from rich.console import Console
from rich.text import Text

from mailtrace.explain.listing import ListingRow
from mailtrace.explain.walkthrough import told_together
from mailtrace.model import Analysis, Conversation, Note, Side, Step, StepKind, Walkthrough
from mailtrace.reports import Report
from mailtrace.reports.layout import GLUE, Cell, Column, Page, column_widths, console, text_stream
from mailtrace.reports.overview import (
    TableRow,
    capture_facts,
    contents,
    counted,
    listing_cells,
    ranges,
    rfc,
    table_rows,
    told_inside,
)
from mailtrace.reports.times import SECOND_NS, duration, offset

__all__ = ["MANY_CONVERSATIONS", "console", "render", "render_packets", "write"]

MANY_CONVERSATIONS = 20
"""Conversations above which only their table is shown: nobody scrolls through more walkthroughs than that."""

HOW_TO_SEE_MORE = "One of them step by step: --conversation N. All of them for a program: --format jsonl."

WHOLE_MAILS = "Mails and answers are shown in part; whole, as sent: --format json."

MOST_ROWS = 200
"""Rows of the table; more are counted."""

MOST_NOTES = 10
"""Notes about the capture; more are counted."""

NOTICEABLE_NS = SECOND_NS
"""A pause worth a colour: a person at the keyboard notices it."""

NARROW_INDENT = 5
NARROW_TIMES = 13

STYLES = {
    StepKind.CONNECT: "",
    StepKind.LOOKUP: "magenta",
    StepKind.IDENT: "magenta",
    StepKind.COMMAND: "bold",
    StepKind.REPLY: "bold",
    StepKind.CONTENT: "",
    StepKind.CLOSE: "",
    StepKind.TROUBLE: "bold red",
}
"""How what was said is drawn."""

REFUSAL = re.compile(r"[45]\d\d(?! OK)[ -]|-ERR|\S+ (?:NO|BAD)(?: |$)")
"""How a refusing line begins in SMTP, in POP3, and in IMAP behind its tag, which may be a number."""

BAD_RESULTS = ("refused", "failed", "no answer", "broken off", "given up", "silent")
"""Words of a result that are worth a colour."""

SPEAKER_STYLES = {Side.CLIENT: "cyan", Side.SERVER: "green"}
MEANS_STYLE = "italic"
FAINT = "dim"

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

NARROW_TABLE = [Column("No.", 3, 10), *TABLE[2:4], Column("Client and server", 20, 60), TABLE[-1]]

STEP_HEAD = [Column("Step", 4, 6, right=True), Column("Packets (ACKs)", 8, 16)]
WIDE_STEP = [
    *STEP_HEAD,
    Column("At", 7, 12, right=True),
    Column("After", 7, 12, right=True),
    Column("Who", 20, 44),
    Column("What was said", 48, 90),
    Column("What it means", 48, 90),
]
STACKED_STEP = [*STEP_HEAD, Column("Time", 7, 12, right=True), Column("Who", 18, 40), Column("What was said", 56, 100)]

LISTING = [
    Column("No.", 3, 10, right=True),
    Column("Time", 8, 16, right=True),
    Column("Source", 15, 40),
    Column("Destination", 15, 40),
    Column("Protocol", 8, 8),
    Column("Length", 6, 6, right=True),
    Column("Info", 40, 4_000),
]

UNBROKEN = 5_000
"""Width of a packet listing that is not for a terminal: one line a packet, for grep and for a text file."""


def write(report: Report, out: BinaryIO) -> None:
    """Write the report to the terminal, or to a pipe or file as plain text."""
    with text_stream(out) as stream:
        render(report.analysis, report.walkthroughs, console(stream), report.level)


def write_packets(rows: Iterable[ListingRow], out: BinaryIO) -> None:
    """Write a packet listing to standard output or a file."""
    with text_stream(out) as stream:
        render_packets(rows, console(stream))


def render(analysis: Analysis, walkthroughs: Iterable[Walkthrough], console: Console, level: str = "novice") -> None:
    """Print the report. `walkthroughs` may be lazy: above `MANY_CONVERSATIONS` none is asked for.

    `level` is novice, or expert to leave out what things mean.
    """
    page = Page(console)
    _capture(page, analysis)
    groups = told_together(analysis.conversations)
    many = len(groups) > MANY_CONVERSATIONS
    if len(analysis.conversations) > 1:
        _table(page, analysis, groups)
    if many:
        page.put()
        page.paragraph(page.text(HOW_TO_SEE_MORE, "bold"))
        return
    by_id = {each.id: each for each in analysis.conversations}
    mails = False
    for walkthrough in walkthroughs:
        mails = mails or any(step.kind is StepKind.CONTENT for step in walkthrough.steps)
        _walkthrough(page, walkthrough, [by_id[id_] for id_ in walkthrough.conversations if id_ in by_id], level)
    if mails:
        page.put()
        page.paragraph(page.text(WHOLE_MAILS, FAINT))


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
    name, *facts = [*capture_facts(analysis.capture), ", ".join(contents(analysis)) or "no mail traffic"]
    page.paragraph(page.dotted(page.text(name, "bold"), *map(page.text, facts)))
    for note in analysis.capture.notes[:MOST_NOTES]:
        page.paragraph(_note(page, note))
    if len(analysis.capture.notes) > MOST_NOTES:
        page.paragraph(page.text(f"({counted(len(analysis.capture.notes) - MOST_NOTES, 'more note')})", FAINT))


def _note(page: Page, note: Note) -> Text:
    where = f" (packets {ranges(note.packets)})" if note.packets else ""
    return page.text(
        f"{'Partial' if note.damage else 'Note'}: {note.message}{where}", "bold red" if note.damage else "yellow"
    )


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
        below = [[Text.assemble("packets ", row[1][0]), page.dotted(row[5][0], row[6][0])] for row in cells]
        page.stacked(NARROW_TABLE, heads, below)
    if len(groups) > MOST_ROWS:
        page.put(page.text(f"({counted(len(groups) - MOST_ROWS, 'more conversation')})", FAINT))
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
        [page.text(row.result, _verdict(row.result))],
        [page.text(row.duration)],
    ]


def _verdict(result: str) -> str:
    return "red" if any(word in result for word in BAD_RESULTS) else ""


def _walkthrough(page: Page, told: Walkthrough, conversations: Sequence[Conversation], level: str) -> None:
    page.put()
    rule = page.symbols.rule
    title = page.fit(page.arrows(told.title), page.width - 4, "bold")
    page.put(page.text(f"{rule} ", FAINT), title, page.text(f" {rule * (page.width - 3 - title.cell_len)}", FAINT))
    facts = [page.text(page.arrows(told.summary)), page.text(told.result, _verdict(told.result) or "bold")]
    if conversations:
        packets = [packet.number for each in conversations for packet in each.packets]
        start, end = min(each.start_ns for each in conversations), max(each.end_ns for each in conversations)
        facts = [page.text(f"packets {ranges(packets)}"), page.text(duration(end - start)), *facts]
    page.paragraph(page.dotted(*facts))
    page.put()
    _steps(page, told.steps, level == "novice")


def _steps(page: Page, steps: Sequence[Step], explained: bool) -> None:
    """Print steps in the widest layout that fits."""
    wide = WIDE_STEP if explained else WIDE_STEP[:-1]
    rows = [_wide_cells(page, step)[: len(wide)] for step in steps]
    widths = column_widths(wide, rows, page.width)
    columns = wide
    if widths is None:
        columns, rows = STACKED_STEP, [_stacked_cells(page, step, explained) for step in steps]
        widths = column_widths(columns, rows, page.width)
    if widths is None:
        _narrow_steps(page, steps, explained)
        return
    page.headings(columns, widths, FAINT)
    for row in rows:
        page.rows(columns, widths, row)


def _wide_cells(page: Page, step: Step) -> list[Cell]:
    return [
        *_head(page, step),
        [_at(page, step)],
        [_after(page, step)],
        [_who(page, step)],
        _said(page, step),
        [_meant(page, step)],
    ]


def _stacked_cells(page: Page, step: Step, explained: bool) -> list[Cell]:
    meant = [_meant(page, step)] if explained else []
    times = [_at(page, step), _after(page, step)]
    return [*_head(page, step), times, _who_stacked(page, step), [*_said(page, step), *meant]]


def _narrow_steps(page: Page, steps: Sequence[Step], explained: bool) -> None:
    """Print each step's packets, times and names on a line, and below it what was said and what that means."""
    heads = [_head(page, step) for step in steps]
    widest = max((packets.cell_len for _, (packets,) in heads), default=0)
    for step, ((number,), (packets,)) in zip(steps, heads, strict=True):
        number.pad_left(max(0, NARROW_INDENT - 2 - number.cell_len))
        packets.pad_right(max(0, min(widest, STEP_HEAD[1].most) - packets.cell_len))
        times = Text(" ").join([_at(page, step), _after(page, step)])
        times.pad_right(max(0, NARROW_TIMES - times.cell_len))
        page.paragraph(Text("  ").join([number, packets, times, _who(page, step)]))
        for line in _said(page, step):
            page.paragraph(line, min(NARROW_INDENT, page.width // 4))
        if explained and _meant(page, step).plain:
            page.paragraph(_meant(page, step), min(NARROW_INDENT + 2, page.width // 4))


def _head(page: Page, step: Step) -> list[Cell]:
    acks = f"({ranges(step.acks)})" if step.acks else ""
    packets = Text.assemble(
        page.text(ranges(step.packets)), " " if acks and step.packets else "", page.text(acks, FAINT)
    )
    return [[page.text(str(step.number), "bold")], [packets]]


def _at(page: Page, step: Step) -> Text:
    return page.text(offset(step.offset_ns))


def _after(page: Page, step: Step) -> Text:
    if step.number == 1:
        return Text()
    return page.text(offset(step.since_ns), "bold yellow" if step.since_ns >= NOTICEABLE_NS else FAINT)


def _who(page: Page, step: Step) -> Text:
    speaker = page.text(step.speaker, SPEAKER_STYLES[step.side])
    return Text.assemble(speaker, f" {page.symbols.arrow} ", page.text(step.listener, SPEAKER_STYLES[step.side.other]))


def _who_stacked(page: Page, step: Step) -> Cell:
    """Return both names below each other: side by side they would take the room of what was said."""
    speaker = page.text(step.speaker, SPEAKER_STYLES[step.side])
    listener = page.text(step.listener, SPEAKER_STYLES[step.side.other])
    return [speaker, Text.assemble(f"{page.symbols.arrow} ", listener)]


def _said(page: Page, step: Step) -> Cell:
    style = STYLES[step.kind]
    if step.kind is StepKind.LOOKUP:
        return [page.text(page.arrows(line), style) for line in step.says]
    last = len(step.says) - 1
    shown = []
    for at, line in enumerate(step.says):
        refuses = step.kind is StepKind.REPLY and at in (0, last) and REFUSAL.match(line) is not None
        shown.append(page.text(line.expandtabs(), "bold red" if refuses else "" if at else style))
    return shown


def _meant(page: Page, step: Step) -> Text:
    source = rfc(step.source)
    cited = page.text(f"[{source}]" if source else "", FAINT)
    cited.plain = cited.plain.replace(" ", GLUE)
    return Text(" ").join(part for part in (page.text(step.means, MEANS_STYLE), cited) if part.plain)
