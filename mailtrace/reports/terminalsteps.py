"""Steps of a walkthrough on a terminal: one set of cells, three ways to set them, chosen by what the page can hold.

What a step says and what it means stand side by side; or one below the other, beside packets, times and names; or
everything stands below those. Colour repeats what words say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.text import Text

from mailtrace.model import Side, Step, StepKind
from mailtrace.reports.layout import GLUE, Cell, Column, Page, column_widths, fit, fixed_widths
from mailtrace.reports.overview import HEADINGS, ranges, rfc
from mailtrace.reports.times import SECOND_NS, offset

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
    StepKind.HOP: "bold cyan",
    StepKind.OUTCOME: "bold cyan",
}
"""How what was said is drawn."""

REFUSAL = re.compile(r"[45]\d\d(?! OK)[ -]|-ERR|\S+ (?:NO|BAD)(?: |$)")
"""How a refusing line begins in SMTP, in POP3, and in IMAP behind its tag, which may be a number."""

SPEAKER_STYLES = {Side.CLIENT: "cyan", Side.SERVER: "green"}
MEANS_STYLE = "italic"
FAINT = "dim"

STEP_HEAD = [Column("Step", 4, 6, right=True), Column("Packets (ACKs)", 8, 16)]
WIDE_STEP = [
    *STEP_HEAD,
    Column("At", 7, 12, right=True),
    Column("After", 7, 12, right=True),
    Column("Who", 20, 44),
    Column("What was said", 48, 90),
    Column("What it means", 48, 90),
]
COMING_STEP = [Column("Step", 6, 9, right=True), *WIDE_STEP[1:]]
STACKED_STEP = [*STEP_HEAD, Column("Time", 7, 12, right=True), Column("Who", 18, 40), Column("What was said", 56, 100)]


def show_steps(page: Page, steps: Sequence[Step], explained: bool) -> None:
    """Print steps in the widest layout that fits; headings over the whole width of the page."""
    wide = WIDE_STEP if explained else WIDE_STEP[:-1]
    columns = wide if fit(wide, page.width) else STACKED_STEP
    own = [step for step in steps if step.kind not in HEADINGS] if has_headings(page) else []
    rows = {
        step.number: _wide_cells(page, step)[: len(wide)] if columns is wide else _stacked_cells(page, step, explained)
        for step in own
    }
    widths = column_widths(columns, list(rows.values()), page.width)
    if widths is None:
        _narrow_steps(page, steps, explained)
        return
    page.headings(columns, widths, FAINT)
    for index, step in enumerate(steps):
        if step.kind in HEADINGS:
            _heading(page, step, explained, index == 0)
        else:
            page.rows(columns, widths, rows[step.number])


def has_headings(page: Page) -> bool:
    """Tell whether steps stand in columns, whose headings say what is in them."""
    return fit(STACKED_STEP, page.width)


def put_step(page: Page, step: Step, number: str, explained: bool) -> None:
    """Print one step while others are still to come, under a number that also says where it belongs.

    The widths of columns depend on the page alone, so that all steps stand in line whenever they come.
    """
    wide = COMING_STEP if explained else COMING_STEP[:-1]
    stacked = [COMING_STEP[0], *STACKED_STEP[1:]]
    for columns, cells in (
        (wide, _wide_cells(page, step)[: len(wide)]),
        (stacked, _stacked_cells(page, step, explained)),
    ):
        widths = fixed_widths(columns, page.width)
        if widths is not None:
            page.rows(columns, widths, [[page.text(number, "bold")], *cells[1:]])
            return
    _narrow_steps(page, [step], explained, number)


def _heading(page: Page, step: Step, explained: bool, first: bool) -> None:
    """Print what the steps below are about."""
    if not first:
        page.put()
    title, *facts = step.says
    page.paragraph(page.text(title, STYLES[step.kind]))
    for fact in facts:
        page.paragraph(page.text(f"  {fact}"))
    if explained and step.means:
        page.paragraph(page.text(f"  {step.means}", MEANS_STYLE))


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


def _narrow_steps(page: Page, steps: Sequence[Step], explained: bool, label: str = "") -> None:
    """Print each step's packets, times and names on a line, and below it what was said and what that means.

    `label` stands for the number of a single one.
    """
    widest = max((_head(page, step)[1][0].cell_len for step in steps), default=0)
    for index, step in enumerate(steps):
        if step.kind in HEADINGS:
            _heading(page, step, explained, index == 0)
            continue
        (number,), (packets,) = _head(page, step)
        number = page.text(label, "bold") if label else number
        number.pad_left(max(0, NARROW_INDENT - 2 - number.cell_len))
        packets.pad_right(max(0, min(widest, STEP_HEAD[1].most) - packets.cell_len))
        times = Text(" ").join([_at(page, step), _after(page, step)])
        times.pad_right(max(0, NARROW_TIMES - times.cell_len))
        page.paragraph(Text("  ").join([number, packets, times, _who(page, step)]))
        for line in _said(page, step):
            page.paragraph(line, min(NARROW_INDENT, page.width // 4))
        meant = _meant(page, step) if explained else Text()
        if meant.plain:
            page.paragraph(meant, min(NARROW_INDENT + 2, page.width // 4))


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
