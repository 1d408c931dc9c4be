"""The document as Markdown, for GitHub and Obsidian: tables, code blocks, and figures as Mermaid diagrams.

Every text is either escaped prose or code (`reports.safe`), so that nothing from the wire becomes a link, a picture,
HTML or a diagram. Fences are longer than any run of backticks within.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, BinaryIO

from mailtrace.reports.document import (
    Block,
    Bullets,
    Document,
    Fact,
    Facts,
    Figure,
    Findings,
    Kind,
    Mail,
    Paragraph,
    Section,
    StepItem,
    Steps,
    Table,
    Terms,
    Tone,
    Verbatim,
    Waits,
    label,
)
from mailtrace.reports.safe import longest_run, markdown, markdown_code

DEEPEST_HEADING = 6
"""Markdown has no more levels of headings."""

SHORT_SAYS = 3
"""Lines of what was said that fit a table cell; more stand below the table."""

BAR_CELLS = 72
"""Cells of the bar that shows where the time went: a code block is not wrapped."""

WHOLE = 10_000
"""Parts of the time in which spans are told."""

Lines = Iterator[str]


def write(document: Document, out: BinaryIO) -> None:
    """Write the document, in UTF-8."""
    out.write(render(document).encode("utf-8", "backslashreplace"))


def render(document: Document) -> str:
    """Return the document as Markdown: blocks with empty lines between them."""
    return "\n\n".join(_Page().blocks(document)) + "\n"


def written(block: Block) -> str:
    """Return one block alone as Markdown, such as a table that goes into somebody else's text."""
    return "\n\n".join(_WRITERS[type(block)](_Page(), block)) + "\n"


class _Page:
    """A document while it is written; figures and tables are counted."""

    def __init__(self) -> None:
        self._counts = {"figure": 0, "table": 0}

    def blocks(self, document: Document) -> Lines:
        """Yield the whole document."""
        yield f"# {markdown(document.title)}"
        if document.author:
            yield markdown(document.author)
        yield _facts(document.facts)
        for section in document.sections:
            yield from self._section(section, 2)
        yield f"*{markdown(label('made', maker=document.maker))}*"

    def _section(self, section: Section, level: int) -> Lines:
        yield f"{'#' * min(level, DEEPEST_HEADING)} {markdown(section.heading)}"
        for block in section.blocks:
            yield from _WRITERS[type(block)](self, block)
        for inner in section.sections:
            yield from self._section(inner, level + 1)

    def caption(self, kind: str, text: str) -> Lines:
        """Yield the caption of a figure or a table, with its number; nothing where it has none."""
        if text:
            self._counts[kind] += 1
            yield f"**{markdown(label(kind, number=self._counts[kind]))}** {markdown(text)}"


def _paragraph(page: _Page, block: Paragraph) -> Lines:
    text = markdown(block.text)
    match block.tone:
        case Tone.NOTE | Tone.WARNING:
            yield f"> {text}"
        case Tone.RESULT:
            yield f"**{text}**"
        case _:
            yield text


def _bullets(page: _Page, block: Bullets) -> Lines:
    yield "\n".join(f"- {markdown(item)}" for item in block.items)


def _fact_block(page: _Page, block: Facts) -> Lines:
    yield _facts(block.facts)


def _facts(facts: Iterable[Fact]) -> str:
    return "\n".join(f"- **{markdown(fact.label)}:** {_lines(fact.values, fact.kind)}" for fact in facts)


def _lines(values: Iterable[str], kind: Kind = Kind.TEXT) -> str:
    return "<br>".join(_cell(value, kind) for value in values)


def _cell(text: str, kind: Kind) -> str:
    return markdown_code(text) if kind is Kind.CODE and text.strip() else markdown(text)


def _table(page: _Page, block: Table) -> Lines:
    yield from page.caption("table", block.caption)
    rows = [[_cell(cell, column.kind) for cell, column in zip(row, block.columns, strict=True)] for row in block.rows]
    numeric = [column.kind is Kind.NUMBER for column in block.columns]
    yield _grid([column.title for column in block.columns], rows, numeric)
    if block.more:
        yield markdown(block.more)


def _grid(titles: Sequence[str], rows: Iterable[Sequence[str]], numeric: Sequence[bool] = ()) -> str:
    """Return a table of cells that are Markdown already."""
    rule = "|".join("---:" if place < len(numeric) and numeric[place] else "---" for place in range(len(titles)))
    head = [f"| {' | '.join(map(markdown, titles))} |", f"|{rule}|"]
    return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in rows)])


def _steps(page: _Page, block: Steps) -> Lines:
    titles = [label("step"), f"{label('packets')} ({label('acks')})", *map(label, ("at", "after", "who", "said"))]
    titles += [label("means")] if block.explained else []
    yield _grid(titles, [_step(step)[: len(titles)] for step in block.steps])
    for step in block.steps:
        if len(step.says) > SHORT_SAYS:
            yield f"{markdown(label('step'))} {step.number}:"
            yield _fenced(step.says)


def _step(step: StepItem) -> list[str]:
    shown = step.says[:1] if len(step.says) > SHORT_SAYS else step.says
    source = f"({markdown(step.source)})" if step.source else ""
    return [
        str(step.number),
        " ".join(filter(None, [step.packets, f"({step.acks})" if step.acks else ""])),
        step.at,
        step.after,
        f"{markdown(step.speaker)} → {markdown(step.listener)}",
        _lines(shown, Kind.CODE if step.literal else Kind.TEXT) + (" ..." if len(shown) < len(step.says) else ""),
        " ".join(filter(None, [markdown(step.means), source])),
    ]


def _figure(page: _Page, block: Figure) -> Lines:
    if block.mermaid:
        yield _fenced(block.mermaid.splitlines(), "mermaid")
    elif block.text:
        yield _fenced(block.text)
    else:
        return  # the further pages of a figure that is shown whole already
    yield from page.caption("figure", block.caption)


def _verbatim(page: _Page, block: Verbatim) -> Lines:
    if block.caption:
        yield f"**{markdown(block.caption)}**"
    yield _fenced(block.lines)


def _waits(page: _Page, block: Waits) -> Lines:
    yield f"**{markdown(block.caption)}: {markdown(block.total)}**"
    yield from map(markdown, block.sums)
    yield _fenced([_bar(block)])
    rows = [
        [*map(markdown, (share.letter, share.took, share.percent, share.what, share.packets, share.why))]
        for share in block.shares
    ]
    yield _grid(["", *map(label, ("time", "share", "what", "packets", "why"))], rows, [False, True, True])


def _bar(block: Waits) -> str:
    """Return a bar of letters: for each cell, of the share that took most of it."""
    cells = []
    for cell in range(BAR_CELLS):
        start, end = cell * WHOLE // BAR_CELLS, (cell + 1) * WHOLE // BAR_CELLS
        took = [
            (sum(max(0, min(until, end) - max(begin, start)) for begin, until in share.spans), -place)
            for place, share in enumerate(block.shares)
        ]
        cells.append(block.shares[-max(took)[1]].letter)
    return "".join(cells)


def _findings(page: _Page, block: Findings) -> Lines:
    for item in block.items:
        where = f" ({markdown(item.where)})" if item.where else ""
        lines = [f"- **{markdown(item.label)} {markdown(item.code)}**: {markdown(item.seen)}{where}"]
        more = {"matters": item.why, "advice": item.advice, "source": item.source}
        lines += [f"  - {markdown(label(key))}: {markdown(text)}" for key, text in more.items() if text]
        yield "\n".join(lines)
    if block.more:
        yield markdown(block.more)


def _mail(page: _Page, block: Mail) -> Lines:
    yield f"**{markdown(label('reader'))}**"
    yield _facts(block.head)
    yield _fenced(block.body)
    if block.parts:
        yield "\n".join([f"- {markdown(part)}" for part in block.parts])
    yield f"**{markdown(label('transmitted'))}**"
    yield _fenced(block.source)
    if block.left_out:
        yield markdown(block.left_out)


def _terms(page: _Page, block: Terms) -> Lines:
    rows = []
    for term in block.terms:
        source = f"({term.source})" if term.source else ""
        rows.append([markdown(term.word), markdown(term.kind), markdown(" ".join([term.means, *term.more, source]))])
    yield _grid([*map(label, ("word", "kind", "means"))], rows)


def _fenced(lines: Sequence[str], language: str = "text") -> str:
    fence = "`" * max(3, 1 + max(map(longest_run, lines), default=0))
    return "\n".join([f"{fence}{language}", *lines, fence])


_WRITERS: dict[type, Callable[[_Page, Any], Lines]] = {
    Paragraph: _paragraph,
    Bullets: _bullets,
    Facts: _fact_block,
    Table: _table,
    Steps: _steps,
    Figure: _figure,
    Verbatim: _verbatim,
    Waits: _waits,
    Findings: _findings,
    Mail: _mail,
    Terms: _terms,
}
"""Who writes each kind of block."""
