"""The blocks of a report as LaTeX: each function returns one block, its texts spelled by `escaping`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from mailtrace.reports.document import (
    Block,
    Bullets,
    Fact,
    Facts,
    Figure,
    Findings,
    FoundItem,
    Kind,
    Mail,
    Paragraph,
    Section,
    Share,
    StepItem,
    Steps,
    Table,
    Term,
    Terms,
    Tone,
    Verbatim,
    Waits,
    label,
)
from mailtrace.reports.writers import paper
from mailtrace.reports.writers.latex.drawing import colour_name, colours, drawing
from mailtrace.reports.writers.latex.escaping import below, command, environment, spaced, tex
from mailtrace.reports.writers.latex.tables import SMALL, SMALLER, table

WIDTH = 483.0
"""Of the text, in points: 170 mm."""

TEXT_SIZE, SMALL_SIZE = 8.0, 7.0
"""Sizes of letters in tables, in points, as LaTeX has them for a document in letters of 10."""

HEADINGS = ("section", "subsection", "subsubsection", "paragraph")

FACT_SHARES, TERM_SHARES = (0.2, 0.8), (0.24, 0.76)
WAIT_SHARES = (0.04, 0.12, 0.1, 0.54, 0.2)
"""Of the width, for the columns of facts, of a glossary, and of what took time."""

WAIT_KINDS = (Kind.TEXT, Kind.NUMBER, Kind.NUMBER, Kind.TEXT, Kind.TEXT)
TEXTS = (Kind.TEXT, Kind.TEXT)

QUIET, WHITE = ("rule", "shade"), ("rule", "white")
"""The edge and the wash of lines that mean nothing special."""

EMPTY = r"\strut"
"""A line without anything."""

WAIT_ROOM = command("Needspace", r"12\baselineskip")
FINDING_ROOM = command("Needspace", r"5\baselineskip")
"""What is to stay together on a page, at least in part."""


def section(each: Section, level: int = 1) -> str:
    """Return a section with all that is in it."""
    head = command(HEADINGS[min(level, len(HEADINGS)) - 1], tex(each.heading)) + command("label", each.anchor)
    inner = "".join(section(inside, level + 1) for inside in each.sections)
    if level == 1 and len(each.sections) > paper.CONTENTS_MOST:
        inner = _contents_depth(1) + inner + _contents_depth(paper.CONTENTS_DEPTH)
    return f"\n{head}\n{''.join(map(block, each.blocks))}{inner}"


def _contents_depth(depth: int) -> str:
    return command("addtocontents", "toc", rf"\protect\setcounter{{tocdepth}}{{{depth}}}") + "\n"


def block(each: Block) -> str:
    """Return one block."""
    return f"{_BLOCKS[type(each)](each)}\n"


def facts(each: Iterable[Fact]) -> str:
    """Return labels and values, '' where there are none."""
    rows = [(faint(fact.label), _typed(fact.kind, below(fact.values))) for fact in each]
    return table(rows, FACT_SHARES, TEXTS) if rows else ""


def used_colours(sections: Iterable[Section]) -> set[str]:
    """Return the colours of all pictures, each as six hexadecimal digits."""
    found = set()
    for each in _all_blocks(sections):
        if isinstance(each, Figure):
            found |= colours(each.svg)
        elif isinstance(each, Waits):
            found |= colours(paper.bar(each))
    return found


def faint(text: str) -> str:
    """Return text that stands back."""
    return command("faint", tex(text))


def _all_blocks(sections: Iterable[Section]) -> Iterator[Block]:
    for each in sections:
        yield from each.blocks
        yield from _all_blocks(each.sections)


def _typed(kind: Kind, text: str) -> str:
    return rf"\ttfamily {text}" if kind in (Kind.CODE, Kind.NUMBER) else text


def _bold(text: str) -> str:
    return command("textbf", tex(text))


def _source(text: str) -> str:
    return " " + command("source", tex(paper.together(text))) if text else ""


def _note(text: str) -> str:
    return _paragraph(Paragraph(text, Tone.NOTE)) if text else ""


def _lines(texts: Iterable[str], look: tuple[str, str], font: str) -> str:
    """Return lines, spelled already, on a wash and with an edge."""
    return environment("lines", "\n".join(command("LL", text) for text in texts), *look, font)


def _names(look: paper.Look) -> tuple[str, str]:
    return colour_name(look.ink), colour_name(look.wash)


def _paragraph(each: Paragraph) -> str:
    text = tex(each.text)
    match each.tone:
        case Tone.LEAD:
            return command("lead", text)
        case Tone.RESULT:
            return command("result", text)
        case Tone.NOTE:
            return _lines([text], QUIET, r"\small")
        case Tone.WARNING:
            return _lines([text], _names(paper.BAD), r"\small")
    return rf"{text}\par"


def _bullets(each: Bullets) -> str:
    items = "\n".join(rf"\item {{}}{tex(item)}" for item in each.items)
    return environment("itemize", items) if items else ""


def _facts(each: Facts) -> str:
    return facts(each.facts)


def _table(each: Table) -> str:
    crowded = len(each.columns) >= paper.CROWDED
    size, points = (SMALLER, SMALL_SIZE) if crowded else (SMALL, TEXT_SIZE)
    made = table(
        (_row(row, each.links[at] if each.links else "") for at, row in enumerate(each.rows)),
        paper.column_shares(each, WIDTH / points),
        [column.kind for column in each.columns],
        heads=[column.title for column in each.columns],
        caption=each.caption,
        size=size,
    )
    return made + _note(each.more)


def _row(cells: Iterable[str], link: str) -> Iterator[str]:
    """Yield the cells of a row, of which the first leads to where more is told."""
    first, *others = map(tex, cells)
    yield rf"\hyperref[{link}]{{{first}}}" if link else first
    yield from others


def _steps(each: Steps) -> str:
    return environment("steps", "\n".join(map(_step, each.steps)))


def _step(step: StepItem) -> str:
    look = _names(paper.step_look(step))
    packets = f"{tex(label('packets'))} {tex(step.packets)}"
    packets += " " + faint(f"({label('acks')} {step.acks})") if step.acks else ""
    after = _bold(step.after) if step.late else faint(step.after)
    who = (look[0], str(step.number), tex(step.speaker), tex(step.listener))
    pieces = [command("step", *who, packets, tex(step.at), after)]
    pieces.append(_lines(map(spaced, step.says), look, r"\code" if step.literal else r"\small"))
    if step.means or step.source:
        pieces.append(command("means", tex(step.means) + _source(step.source)))
    return "\n".join(pieces)


def _figure(each: Figure) -> str:
    if not each.svg:
        return _note(each.alternative)
    caption = rf"\captionof{{figure}}[]{{{tex(each.captioned)}}}"
    return environment("minipage", drawing(each.svg) + caption, r"\linewidth") + r"\par"


def _verbatim(each: Verbatim) -> str:
    caption = command("side", tex(each.caption)) + "\n" if each.caption else ""
    columns = paper.halves(each)
    if len(columns) == 1:
        return caption + _lines(map(spaced, each.lines), QUIET, r"\code")
    halves = [_lines(map(spaced, lines), QUIET, r"\smallcode") for lines in columns]
    beside = "%\n".join(environment("half", half) for half in halves)
    return rf"{caption}\noindent{beside}\par"


def _waits(each: Waits) -> str:
    pieces = [WAIT_ROOM + command("side", tex(f"{each.caption}: {each.total}"))]
    pieces += (command("sumline", tex(line)) for line in each.sums)
    pieces.append(drawing(paper.bar(each)))
    heads = ("", *map(label, ("time", "share", "what", "packets")))
    rows = [_share(share, place) for place, share in enumerate(each.shares)]
    return "\n".join((*pieces, table(rows, WAIT_SHARES, WAIT_KINDS, heads=heads)))


def _share(share: Share, place: int) -> tuple[str, ...]:
    letter = command("letter", colour_name(paper.part_colour(place)), tex(share.letter))
    why = rf"\newline {faint(share.why)}" if share.why else ""
    return letter, tex(share.took), tex(share.percent), _bold(share.what) + why, tex(share.packets)


def _findings(each: Findings) -> str:
    return "\n".join((*map(_finding, each.items), _note(each.more)))


def _finding(item: FoundItem) -> str:
    look = _names(paper.finding_look(item))
    texts = [command("finding", look[0], tex(item.label), tex(item.code), tex(item.name))]
    texts.append(f"{_bold(item.seen)} {faint(item.where)}")
    for key, text in (("matters", item.why), ("advice", item.advice)):
        if text:
            texts.append(f"{faint(f'{label(key)}:')} {tex(text)}")
    if item.source:
        texts.append(_source(item.source))
    return FINDING_ROOM + _lines(texts, look, r"\small")


def _mail(each: Mail) -> str:
    shown = [f"{_bold(f'{fact.label}:')} {below(fact.values)}" for fact in each.head]
    shown += [EMPTY, *map(spaced, each.body)]
    if each.parts:
        shown += [EMPTY, _bold(label("parts")), *(rf"\textbullet{{}} {tex(part)}" for part in each.parts)]
    pieces = [command("side", tex(label("reader"))), _lines(shown, WHITE, r"\small")]
    pieces += [command("side", tex(label("transmitted"))), _lines(map(spaced, each.source), QUIET, r"\code")]
    return "\n".join((*pieces, _note(each.left_out)))


def _terms(each: Terms) -> str:
    return table(map(_term, each.terms), TERM_SHARES, TEXTS) if each.terms else ""


def _term(term: Term) -> tuple[str, str]:
    more = "".join(rf"\newline {faint(each)}" for each in term.more)
    return rf"{_bold(term.word)}\newline {faint(term.kind)}", tex(term.means) + more + _source(term.source)


_BLOCKS: dict[type[Any], Callable[[Any], str]] = {
    Paragraph: _paragraph,
    Bullets: _bullets,
    Facts: _facts,
    Table: _table,
    Steps: _steps,
    Figure: _figure,
    Verbatim: _verbatim,
    Waits: _waits,
    Findings: _findings,
    Mail: _mail,
    Terms: _terms,
}
