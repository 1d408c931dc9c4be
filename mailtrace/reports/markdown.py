"""The report as Markdown, for GitHub and Obsidian: the same table and walkthroughs as on a terminal, ready to hand in.

Every cell is either escaped prose or a code span (`reports.safe`); mails and long answers stand as code blocks below
the table of their walkthrough, because a table cell cannot hold them. The same capture gives the same octets.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import BinaryIO

from mailtrace.explain.listing import ListingRow
from mailtrace.explain.walkthrough import told_together
from mailtrace.model import Analysis, Conversation, Step, StepKind, TimeTable, Walkthrough
from mailtrace.model.language import said
from mailtrace.reports import Report
from mailtrace.reports.findings import (
    EXPLAIN_ONE,
    FINDING_TITLES,
    MOST_FINDINGS,
    SEVERITIES,
    finding_rows,
    more_of,
    sums,
)
from mailtrace.reports.overview import (
    HEADINGS,
    JOURNEY_TITLES,
    LISTING_TITLES,
    NO_JOURNEY,
    TABLE_TITLES,
    capture_facts,
    contents,
    journey_rows,
    listing_cells,
    more_of_them,
    note_shown,
    notes,
    ranges,
    rfc,
    table_rows,
    told_inside,
)
from mailtrace.reports.safe import longest_run, markdown, markdown_code, safe
from mailtrace.reports.timebars import LETTERS, WAIT_TITLES, bar, times_headed, wait_cells
from mailtrace.reports.times import duration, offset

MOST_ROWS = 2_000
"""Rows of a table, and walkthroughs; a longer document opens in no editor. More are counted."""

SHORT_SAYS = 3
"""Lines of what was said that fit a table cell; more stand below the table."""

WHERE_THE_REST_IS = (
    "{more}: `mailtrace analyze --format jsonl` lists all, `--conversation N` or `--journey N` tells one."
)

BAR_CELLS = 72
"""Cells of the bar that shows where the time went: a code block is not wrapped."""

STEP_TITLES = ("Step", "Packets (ACKs)", "At", "After", "Who", "What was said", "What it means")


def write(report: Report, out: BinaryIO) -> None:
    """Write the report to a file or a pipe, as UTF-8."""
    told = render(report.analysis, report.walkthroughs, report.level, report.journeys_alone)
    out.write(told.encode("utf-8", "backslashreplace"))


def write_packets(rows: Iterable[ListingRow], out: BinaryIO) -> None:
    """Write a packet listing, in UTF-8."""
    out.write(render_packets(rows).encode("utf-8", "backslashreplace"))


def render(
    analysis: Analysis, walkthroughs: Iterable[Walkthrough], level: str = "novice", journeys_alone: bool = False
) -> str:
    """Return the report. `level` is novice, or expert to leave out what things mean.

    `journeys_alone`: no conversations are listed.
    """
    name, *facts = [*capture_facts(analysis.capture), contents(analysis)]
    blocks = [f"# {markdown(name)}", " · ".join(map(markdown, facts))]
    noted = [f"- {markdown(note_shown(note))}" for note in notes(analysis)[:MOST_ROWS]]
    blocks += ["\n".join(noted)] if noted else []
    blocks += _journeys(analysis)
    groups = [] if journeys_alone else told_together(analysis.conversations)
    blocks += _conversations(analysis, groups) if groups else []
    blocks += _findings(analysis)
    by_id = {each.id: each for each in analysis.conversations}
    for told in list(walkthroughs)[:MOST_ROWS]:
        inside = [] if told.journey else [by_id[id_] for id_ in told.conversations if id_ in by_id]
        blocks += _walkthrough(told, inside, level == "novice")
    if journeys_alone and not analysis.journeys:
        blocks.append(said(NO_JOURNEY))
    return "\n\n".join(blocks) + "\n"


def render_packets(rows: Iterable[ListingRow]) -> str:
    """Return packets as a table with Wireshark's columns."""
    cells = [[*map(markdown, row[:-1]), markdown_code(row[-1])] for row in map(listing_cells, rows)]
    return _table(LISTING_TITLES, cells) + "\n"


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = [f"| {' | '.join(map(said, titles))} |", f"|{'---|' * len(titles)}"]
    return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in rows)])


def _journeys(analysis: Analysis) -> list[str]:
    rows = [
        [markdown(cell.replace(" -> ", " → ")) for cell in row[:-1]]
        for row in journey_rows(analysis, analysis.journeys[:MOST_ROWS])
    ]
    if not rows:
        return []
    blocks = [f"## {said('Journeys')}", _table(JOURNEY_TITLES, rows)]
    if len(analysis.journeys) > MOST_ROWS:
        blocks.append(_rest("journey", len(analysis.journeys) - MOST_ROWS))
    return blocks


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
    blocks = [f"## {said('Conversations')}", _table(TABLE_TITLES, rows)]
    if len(groups) > MOST_ROWS:
        blocks.append(_rest("conversation", len(groups) - MOST_ROWS))
    inside = told_inside(analysis, groups)
    return [*blocks, *([inside] if inside else [])]


def _findings(analysis: Analysis) -> list[str]:
    rows = finding_rows(analysis.findings)
    if not rows:
        return []
    cells = [
        [
            *map(
                markdown,
                (said(SEVERITIES[row.severity]), row.code, " ".join([row.seen, more_of(row)]).strip(), row.where),
            )
        ]
        for row in rows
    ]
    blocks = [f"## {said('Findings')}", sums(analysis.findings), _table(FINDING_TITLES, cells[:MOST_FINDINGS])]
    if len(rows) > MOST_FINDINGS:
        blocks.append(_rest("finding", len(rows) - MOST_FINDINGS))
    return [*blocks, said(EXPLAIN_ONE)]


def _rest(kind: str, more: int) -> str:
    """Return how many more there are, and who tells of them."""
    return said(WHERE_THE_REST_IS, more=more_of_them(kind, more))


def _walkthrough(told: Walkthrough, conversations: Sequence[Conversation], explained: bool) -> list[str]:
    facts = [markdown(told.summary.replace(" -> ", " → ")), f"**{markdown(told.result)}**"]
    if conversations:
        packets = [packet.number for each in conversations for packet in each.packets]
        start, end = min(each.start_ns for each in conversations), max(each.end_ns for each in conversations)
        facts = [said("Packets {numbers}", numbers=ranges(packets)), duration(end - start), *facts]
    blocks = [f"## {markdown(told.title.replace(' -> ', ' → '))}", " · ".join(facts), *map(markdown, told.facts)]
    blocks += _times(told.times, explained) if told.times is not None else []
    below: list[Step] = []
    for step in told.steps:
        if step.kind in HEADINGS:
            blocks += [*_steps(below, explained), *_heading(step, explained)]
            below = []
        else:
            below.append(step)
    return [*blocks, *_steps(below, explained)]


def _times(times: TimeTable, explained: bool) -> list[str]:
    """Return where the time went: a bar in the order of time, and what its letters mean."""
    titles = WAIT_TITLES if explained else WAIT_TITLES[:-1]
    drawn = "".join(LETTERS[number] for number in bar(times, BAR_CELLS))
    rows = [list(map(markdown, cells[: len(titles)])) for cells in wait_cells(times)]
    return [
        f"**{times_headed(times)}**",
        *map(markdown, times.sums),
        _code_block([drawn]),
        _table(titles, rows),
    ]


def _heading(step: Step, explained: bool) -> list[str]:
    """Return what the steps below are about; a fact that is one of several is an item of a list."""
    blocks = [f"### {markdown(step.says[0])}"]
    for fact in step.says[1:]:
        item = fact.removeprefix("  - ")
        if item == fact:
            blocks.append(markdown(fact))
        elif blocks[-1].startswith("- "):
            blocks[-1] += f"\n- {markdown(item)}"
        else:
            blocks.append(f"- {markdown(item)}")
    return [*blocks, *([markdown(step.means)] if explained and step.means else [])]


def _steps(steps: Sequence[Step], explained: bool) -> list[str]:
    """Return a table of steps, and below it what was too long for it."""
    if not steps:
        return []
    titles = STEP_TITLES if explained else STEP_TITLES[:-1]
    blocks = [_table(titles, [_row(step)[: len(titles)] for step in steps])]
    for step in steps:
        if _is_long(step):
            blocks += [said("Step {number}:", number=step.number), _code_block(step.says)]
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
        _spoken(step),
        meant,
    ]


def _is_long(step: Step) -> bool:
    return len(step.says) > SHORT_SAYS


def _spoken(step: Step) -> str:
    """Return what was said, as code where it is the wire's own words."""
    shown = step.says[:1] if _is_long(step) else step.says
    literal = step.kind in (StepKind.COMMAND, StepKind.REPLY)
    lines = [markdown_code(line) if literal else markdown(line) for line in shown]
    return "<br>".join([*lines, *([said("(all of it below)")] if _is_long(step) else [])])


def _code_block(lines: Sequence[str]) -> str:
    shown = [safe(line.expandtabs()) for line in lines]
    fence = "`" * max(3, 1 + max(map(longest_run, shown)))
    return "\n".join([f"{fence}text", *shown, fence])
