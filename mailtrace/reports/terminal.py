"""The report on a terminal: one line on the capture, a table of conversations, then each walkthrough step by step.

One set of cells, three ways to set them, chosen by what the page can hold: what a step says and what it means side by
side; one below the other beside packets, times and names; or everything below those. Colour only repeats what words say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from mailtrace.explain.listing import ListingRow
from mailtrace.model import Analysis, Conversation, Note, Side, Step, StepKind, Walkthrough
from mailtrace.reports.layout import Cell, Column, Page, column_widths, console
from mailtrace.reports.overview import (
    TableRow,
    capture_facts,
    contents,
    counted,
    independent,
    ranges,
    rfc,
    table_rows,
    told_inside,
)
from mailtrace.reports.times import SECOND_NS, duration, offset

__all__ = ["MANY_CONVERSATIONS", "console", "render", "render_packets"]

MANY_CONVERSATIONS = 20
"""Conversations above which only their table is shown: nobody scrolls through more walkthroughs than that."""

MOST_ROWS = 200
"""Rows of the table; more are counted."""

MOST_NOTES = 10
"""Notes about the capture; more are counted."""

NOTICEABLE_NS = SECOND_NS
"""A pause worth a colour: a person at the keyboard notices it."""

NARROW_INDENT = 5

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

SPEAKER_STYLES = {Side.CLIENT: "cyan", Side.SERVER: "green"}
MEANS_STYLE = "italic"
FAINT = "dim"

TABLE = [
    Column("No.", 3, 6, right=True),
    Column("Packets", 9, 24),
    Column("Start", 6, 12, right=True),
    Column("Protocol", 8, 8),
    Column("Client and server", 24, 46),
    Column("What happened", 24, 60),
    Column("Result", 20, 40),
    Column("Duration", 8, 12, right=True),
]

NARROW_TABLE = [*TABLE[:4], Column("Client and server", 20, 60), TABLE[-1]]

STEP_HEAD = [Column("", 2, 5, right=True), Column("Packets (ACKs)", 8, 16)]
WIDE_STEP = [
    *STEP_HEAD,
    Column("At", 7, 12, right=True),
    Column("After", 7, 12, right=True),
    Column("Who", 20, 44),
    Column("What was said", 48, 90),
    Column("What it means", 48, 90),
]
STACKED_STEP = [*STEP_HEAD, Column("Time", 7, 12, right=True), Column("Who", 20, 44), Column("What was said", 56, 100)]

LISTING = [
    Column("No.", 3, 10, right=True),
    Column("Time", 8, 16, right=True),
    Column("Source", 10, 40),
    Column("Destination", 11, 40),
    Column("Protocol", 8, 8),
    Column("Length", 6, 6, right=True),
    Column("Info", 20, 400),
]


def render(analysis: Analysis, walkthroughs: Iterable[Walkthrough], console: Console, level: str = "novice") -> None:
    """Print the report. `walkthroughs` may be lazy: above `MANY_CONVERSATIONS` none is asked for.

    `level` is novice, or expert to leave out what things mean.
    """
    page = Page(console)
    _capture(page, analysis)
    listed = independent(analysis)
    many = len(listed) > MANY_CONVERSATIONS
    if len(listed) > 1:
        _table(page, analysis, listed)
    if many:
        page.put()
        page.paragraph(
            page.text("To see one of them step by step: --conversation N. Everything: --format jsonl.", "bold")
        )
        return
    by_id = {each.id: each for each in analysis.conversations}
    for walkthrough in walkthroughs:
        _walkthrough(page, walkthrough, [by_id[id_] for id_ in walkthrough.conversations if id_ in by_id], level)


def render_packets(rows: Iterable[ListingRow], console: Console) -> None:
    """Print packets as Wireshark lists them."""
    page = Page(console)
    cells = [
        [
            [page.text(str(row.number))],
            [page.text(listing_time(row))],
            [page.text(row.source)],
            [page.text(row.destination)],
            [page.text(row.protocol)],
            [page.text(str(row.length))],
            [page.text(row.info)],
        ]
        for row in rows
    ]
    widths = column_widths(LISTING, cells, page.width)
    if widths is None:  # too narrow for columns
        for row in cells:
            page.paragraph(Text("  ").join(cell[0] for cell in row))
        return
    page.headings(LISTING, widths, "bold")
    for row in cells:
        page.rows(LISTING, widths, row)


def listing_time(row: ListingRow) -> str:
    """Return a packet's time as Wireshark shows it: seconds since the first packet, six decimals."""
    if row.time_ns is None:
        return ""
    microseconds = row.time_ns // 1000
    sign = "-" if microseconds < 0 else ""
    return f"{sign}{abs(microseconds) // 1_000_000}.{abs(microseconds) % 1_000_000:06d}"


def _capture(page: Page, analysis: Analysis) -> None:
    name, *facts = capture_facts(analysis.capture)
    separator = f" {page.symbols.dot} "
    held = ", ".join(contents(analysis))
    page.paragraph(
        Text.assemble(
            page.text(name, "bold"), *(part for fact in [*facts, held] for part in (separator, page.text(fact)))
        )
    )
    for note in analysis.capture.notes[:MOST_NOTES]:
        page.paragraph(_note(page, note))
    if len(analysis.capture.notes) > MOST_NOTES:
        page.paragraph(page.text(f"({counted(len(analysis.capture.notes) - MOST_NOTES, 'more note')})", FAINT))


def _note(page: Page, note: Note) -> Text:
    where = f" (packets {ranges(note.packets)})" if note.packets else ""
    return page.text(
        f"{'Damaged' if note.damage else 'Note'}: {note.message}{where}", "bold red" if note.damage else "yellow"
    )


def _table(page: Page, analysis: Analysis, listed: Sequence[Conversation]) -> None:
    rows = table_rows(analysis, listed[:MOST_ROWS])
    page.put()
    cells = [_table_cells(page, row) for row in rows]
    widths = column_widths(TABLE, cells, page.width)
    if widths is not None:
        page.headings(TABLE, widths, "bold")
        for row in cells:
            page.rows(TABLE, widths, row)
    else:
        _narrow_table(page, cells)
    if len(listed) > MOST_ROWS:
        page.put(page.text(f"({counted(len(listed) - MOST_ROWS, 'more conversation')})", FAINT))
    inside = told_inside(analysis, len(listed))
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
    return "red" if result.startswith(("refused", "rejected", "deferred", "no answer")) else ""


def _narrow_table(page: Page, cells: Sequence[list[Cell]]) -> None:
    """Print two lines for each conversation: what would not fit beside goes below."""
    heads = [[*row[:5], row[-1]] for row in cells]
    widths = column_widths(NARROW_TABLE, heads, page.width)
    if widths is not None:
        page.headings(NARROW_TABLE, widths, "bold")
    for head, row in zip(heads, cells, strict=True):
        if widths is not None:
            page.rows(NARROW_TABLE, widths, head)
        else:
            page.paragraph(Text("  ").join(cell[0] for cell in head))
        (what,), (ended,) = row[5], row[6]
        page.paragraph(Text.assemble(what, f" {page.symbols.dot} ", ended), NARROW_INDENT)


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
    page.paragraph(Text(f" {page.symbols.dot} ").join(fact for fact in facts if fact.plain))
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
    return [*_head(page, step), [_at(page, step), _after(page, step)], [_who(page, step)], [*_said(page, step), *meant]]


def _narrow_steps(page: Page, steps: Sequence[Step], explained: bool) -> None:
    """Print each step's packets, times and names on a line, and below it what was said and what that means."""
    for step in steps:
        (number,), (packets,) = _head(page, step)
        number.pad_left(max(0, NARROW_INDENT - 2 - number.cell_len))
        parts = [number, packets, _at(page, step), _after(page, step), _who(page, step)]
        page.paragraph(Text("  ").join(part for part in parts if part.plain))
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
    return page.text(offset(step.since_ns), "bold yellow" if step.since_ns >= NOTICEABLE_NS else FAINT)


def _who(page: Page, step: Step) -> Text:
    speaker = page.text(step.speaker, SPEAKER_STYLES[step.side])
    return Text.assemble(speaker, f" {page.symbols.arrow} ", page.text(step.listener, SPEAKER_STYLES[step.side.other]))


def _said(page: Page, step: Step) -> Cell:
    style = STYLES[step.kind]
    if step.kind is StepKind.REPLY and step.says and step.says[0].startswith(("4", "5", "-ERR")):
        style = "bold red"
    return [page.text(page.arrows(line).expandtabs(), style) for line in step.says]


def _meant(page: Page, step: Step) -> Text:
    source = rfc(step.source)
    return Text.assemble(
        page.text(step.means, MEANS_STYLE),
        " " if step.means and source else "",
        page.text(f"[{source}]" if source else "", FAINT),
    )
