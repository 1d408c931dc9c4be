"""The report as Markdown, for GitHub and Obsidian: the same table and walkthroughs as on a terminal, ready to hand in.

Every cell is either escaped prose or a code span (`reports.safe`); mails and long answers stand as code blocks below
the table of their walkthrough, because a table cell cannot hold them. The same capture gives the same octets.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import BinaryIO

from mailtrace.explain.listing import ListingRow
from mailtrace.explain.walkthrough import told_together
from mailtrace.model import Analysis, Conversation, Step, StepKind, Walkthrough
from mailtrace.reports import Report
from mailtrace.reports.overview import (
    LISTING_TITLES,
    TABLE_TITLES,
    capture_facts,
    contents,
    counted,
    listing_cells,
    ranges,
    rfc,
    table_rows,
    told_inside,
)
from mailtrace.reports.safe import longest_run, markdown, markdown_code, safe
from mailtrace.reports.times import duration, offset

MOST_ROWS = 2_000
"""Rows of a table, and walkthroughs; a longer document opens in no editor. More are counted."""

SHORT_SAYS = 3
"""Lines of what was said that fit a table cell; more stand below the table."""

WHERE_THE_REST_IS = "`mailtrace analyze --format jsonl` lists all, `--conversation N` tells one."

STEP_TITLES = ("Step", "Packets (ACKs)", "At", "After", "Who", "What was said", "What it means")


def write(report: Report, out: BinaryIO) -> None:
    """Write the report to a file or a pipe, as UTF-8."""
    out.write(render(report.analysis, report.walkthroughs, report.level).encode("utf-8", "backslashreplace"))


def write_packets(rows: Iterable[ListingRow], out: BinaryIO) -> None:
    """Write a packet listing, in UTF-8."""
    out.write(render_packets(rows).encode("utf-8", "backslashreplace"))


def render(analysis: Analysis, walkthroughs: Iterable[Walkthrough], level: str = "novice") -> str:
    """Return the report. `level` is novice, or expert to leave out what things mean."""
    name, *facts = [*capture_facts(analysis.capture), ", ".join(contents(analysis)) or "no mail traffic"]
    blocks = [f"# {markdown(name)}", " · ".join(map(markdown, facts))]
    notes = [
        f"- {markdown(note.message)}{f' (packets {ranges(note.packets)})' if note.packets else ''}"
        for note in analysis.capture.notes[:MOST_ROWS]
    ]
    blocks += ["\n".join(notes)] if notes else []
    groups = told_together(analysis.conversations)
    blocks += _conversations(analysis, groups) if groups else []
    by_id = {each.id: each for each in analysis.conversations}
    for told in list(walkthroughs)[:MOST_ROWS]:
        blocks += _walkthrough(told, [by_id[id_] for id_ in told.conversations if id_ in by_id], level == "novice")
    return "\n\n".join(blocks) + "\n"


def render_packets(rows: Iterable[ListingRow]) -> str:
    """Return packets as a table with Wireshark's columns."""
    cells = [[*map(markdown, row[:-1]), markdown_code(row[-1])] for row in map(listing_cells, rows)]
    return _table(LISTING_TITLES, cells) + "\n"


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = [f"| {' | '.join(titles)} |", f"|{'---|' * len(titles)}"]
    return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in rows)])


def _conversations(analysis: Analysis, groups: Sequence[Sequence[Conversation]]) -> list[str]:
    rows = [
        [
            *map(markdown, (row.number, row.packets, row.start, row.protocol)),
            f"{markdown(row.client)} → {markdown(row.server)}",
            markdown(row.happened.replace(" -> ", " → ")),
            *map(markdown, (row.result, row.duration)),
        ]
        for row in table_rows(analysis, groups[:MOST_ROWS])
    ]
    blocks = ["## Conversations", _table(TABLE_TITLES, rows)]
    if len(groups) > MOST_ROWS:
        blocks.append(f"{counted(len(groups) - MOST_ROWS, 'more conversation')}: {WHERE_THE_REST_IS}")
    inside = told_inside(analysis, groups)
    return [*blocks, *([inside] if inside else [])]


def _walkthrough(told: Walkthrough, conversations: Sequence[Conversation], explained: bool) -> list[str]:
    facts = [markdown(told.summary.replace(" -> ", " → ")), f"**{markdown(told.result)}**"]
    if conversations:
        packets = [packet.number for each in conversations for packet in each.packets]
        start, end = min(each.start_ns for each in conversations), max(each.end_ns for each in conversations)
        facts = [f"Packets {ranges(packets)}", duration(end - start), *facts]
    titles = STEP_TITLES if explained else STEP_TITLES[:-1]
    rows = [_row(step)[: len(titles)] for step in told.steps]
    blocks = [f"## {markdown(told.title.replace(' -> ', ' → '))}", " · ".join(facts), _table(titles, rows)]
    for step in told.steps:
        if _is_long(step):
            blocks += [f"Step {step.number}:", _code_block(step.says)]
    return blocks


def _row(step: Step) -> list[str]:
    packets = " ".join([ranges(step.packets), f"({ranges(step.acks)})" if step.acks else ""]).strip()
    source = rfc(step.source)
    meant = " ".join(filter(None, [markdown(step.means), f"({markdown(source)})" if source else ""]))
    return [
        str(step.number),
        packets,
        offset(step.offset_ns),
        offset(step.since_ns) if step.number > 1 else "",
        f"{markdown(step.speaker)} → {markdown(step.listener)}",
        _said(step),
        meant,
    ]


def _is_long(step: Step) -> bool:
    return len(step.says) > SHORT_SAYS


def _said(step: Step) -> str:
    """Return what was said, as code where it is the wire's own words."""
    shown = step.says[:1] if _is_long(step) else step.says
    literal = step.kind in (StepKind.COMMAND, StepKind.REPLY)
    lines = [markdown_code(line) if literal else markdown(line) for line in shown]
    return "<br>".join([*lines, *(["(all of it below)"] if _is_long(step) else [])])


def _code_block(lines: Sequence[str]) -> str:
    shown = [safe(line.expandtabs()) for line in lines]
    fence = "`" * max(3, 1 + max(map(longest_run, shown)))
    return "\n".join([f"{fence}text", *shown, fence])
