"""The blocks of a report as WordprocessingML: `Body` writes them in order, and knows what is numbered and linked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from typing import Any

from docx.document import Document as Package

from mailtrace.errors import MailtraceError
from mailtrace.reports.document import (
    Block,
    Bullets,
    Document,
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
from mailtrace.reports.ladder import png
from mailtrace.reports.writers import paper
from mailtrace.reports.writers.word import markup
from mailtrace.reports.writers.word.markup import cell, lines, paragraph, row, run

WIDTH = 9638
"""Of the text, in twentieths of a point: 170 mm."""

POINT = 20
"""Twentieths in one."""

HIGHEST_PICTURE = 7_380_000
"""In English metric units: 205 mm, which leaves room for a heading, a few facts and a caption on the same page."""

UNITS_OF_TWENTIETH = 635
UNITS_OF_PIXEL = 9525
"""English metric units in a twentieth of a point, and in a pixel, of which an inch has 96."""

TEXT_SIZE, SMALL_SIZE = 8.5, 7.5
"""Sizes of letters in tables, in points; small ones where it is too narrow otherwise."""

DEEPEST_HEADING = 4

WHOLE_ROW_LINES = 14
"""A row with so many lines may be broken between two pages: kept whole it would leave too much of one empty."""

FACTS_SHARE, TERMS_SHARE = 0.2, 0.24
"""Of the width, for the words on the left."""

FINDING_HEAD = 1700
STEP_COLUMNS = (560, 1260, 1130)
"""Widths of the number, the packets and the times of a step; what was said has the rest."""

SHARE_COLUMNS = (400, 1100, 950, 5588, 1600)

MARK = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Holds the place of a number that is a field."""

PARAGRAPHS = {
    Tone.PLAIN: "Normal",
    Tone.LEAD: "Lead",
    Tone.RESULT: "Result",
    Tone.NOTE: "Note",
    Tone.WARNING: "Warning",
}
CELLS = {Kind.TEXT: "Text", Kind.CODE: "Code", Kind.NUMBER: "Number", Kind.LABEL: "Label"}

HEADS = {Kind.NUMBER: "HeadNumber"}
"""Which paragraphs are which, by the names of their styles."""

SHADE = "F4F6F8"
"""Below letters of equal width."""


class Body:
    """The body of a document, written from top to bottom."""

    def __init__(self, document: Document, package: Package) -> None:
        self._document = document
        self._package = package
        self._counts = {"Table": 0, "Figure": 0}
        self._pictures = 0
        self._bookmarks: dict[str, int] = {}
        self._note_places(document.sections)

    def markup(self) -> str:
        """Return everything, from the title on."""
        document = self._document
        pieces = [paragraph("Title", run(document.title))]
        if document.author:
            pieces.append(paragraph("Subtitle", run(document.author)))
        contents = self._contents()
        pieces += [_facts(document.facts), contents]
        for place, section in enumerate(document.sections):
            pieces.append(self._section(section, 1, new_page=bool(contents) and not place))
        return "".join(pieces)

    def _note_places(self, sections: Iterable[Section]) -> None:
        for section in sections:
            self._bookmarks[section.anchor] = len(self._bookmarks) + 1
            self._note_places(section.sections)

    def _name(self, anchor: str) -> str:
        """Return the name of a bookmark: one that word processors hide, as those of contents are."""
        return f"_Toc{self._bookmarks[anchor]:08}"

    def _contents(self) -> str:
        """Return the table of contents: lines that lead to their section, each with its page.

        The pages are fields of their own, and no field is around them all: LibreOffice works out the former when it
        opens the file, and of the latter shows what it finds. Word asks whether it may (`updateFields`).
        """
        entries = "".join(
            paragraph(f"TOC{level}", self._entry(section)) for level, section in paper.listed(self._document)
        )
        return paragraph("TOCHeading", run(label("contents"))) + entries if entries else ""

    def _entry(self, section: Section) -> str:
        name = self._name(section.anchor)
        page = markup.field(f"PAGEREF {name} \\h", "")
        return markup.link(name, f"{run(section.heading)}{markup.TAB}{page}")

    def _section(self, section: Section, level: int, *, new_page: bool = False) -> str:
        head = markup.marked(self._name(section.anchor), self._bookmarks[section.anchor], run(section.heading))
        style = f"Heading{min(level, DEEPEST_HEADING)}"
        pieces = [paragraph(style, head, look="<w:pageBreakBefore/>" if new_page else "")]
        pieces += map(self._block, section.blocks)
        pieces += (self._section(inner, level + 1) for inner in section.sections)
        return "".join(pieces)

    def _block(self, block: Block) -> str:
        return _BLOCKS[type(block)](self, block)

    def _caption(self, style: str, word: str, text: str) -> str:
        """Return a caption with a number that word processors count."""
        self._counts[word] += 1
        number = self._counts[word]
        before, _, after = label(word.lower(), number=MARK).partition(MARK)
        counted = markup.field(f"SEQ {word} \\* ARABIC", str(number), "Strong")
        return paragraph(style, f"{run(before, 'Strong')}{counted}{run(after, 'Strong')}{run(f'  {text}')}")

    def paragraph(self, block: Paragraph) -> str:
        """Return a paragraph of prose."""
        return paragraph(PARAGRAPHS[block.tone], run(block.text))

    def bullets(self, block: Bullets) -> str:
        """Return a list."""
        return "".join(paragraph("ListBullet", run(item)) for item in block.items)

    def facts(self, block: Facts) -> str:
        """Return labels and values."""
        return _facts(block.facts)

    def table(self, block: Table) -> str:
        """Return a table with its caption above it; its head is repeated on every page."""
        style, size = ("Small", SMALL_SIZE) if len(block.columns) >= paper.CROWDED else ("Table", TEXT_SIZE)
        widths = _shared(paper.column_shares(block, WIDTH / POINT / size))
        heads = [
            cell(width, paragraph(f"{style}{HEADS.get(column.kind, 'Head')}", run(column.title)))
            for width, column in zip(widths, block.columns, strict=True)
        ]
        rows = [row(heads, head=True)]
        for at, texts in enumerate(block.rows):
            anchor = block.links[at] if block.links else ""
            rows.append(row(self._cells(block, texts, anchor, style, widths)))
        caption = self._caption("TableCaption", "Table", block.caption) if block.caption else ""
        more = paragraph("Note", run(block.more)) if block.more else _gap()
        return f"{caption}{markup.table('ReportTable', widths, rows, head=True)}{more}"

    def _cells(self, block: Table, texts: Sequence[str], anchor: str, style: str, widths: Sequence[int]) -> list[str]:
        """Return the cells of a row, of which the first leads to where more is told."""
        cells = []
        for at, (text, column) in enumerate(zip(texts, block.columns, strict=True)):
            if at == 0 and anchor in self._bookmarks:
                shown = markup.link(self._name(anchor), run(text, "Hyperlink"))
            else:
                shown = run(text)
            cells.append(cell(widths[at], paragraph(f"{style}{CELLS[column.kind]}", shown)))
        return cells

    def steps(self, block: Steps) -> str:
        """Return a walkthrough as a table: which packets, when, and what was said with what it means."""
        widths = [*STEP_COLUMNS, WIDTH - sum(STEP_COLUMNS)]
        titles = ("step", "packets", "at", "said")
        heads = [
            cell(width, paragraph("TableHead", run(label(key)))) for width, key in zip(widths, titles, strict=True)
        ]
        rows = [row(heads, head=True), *(_step(step, widths) for step in block.steps)]
        return markup.table("ReportTable", widths, rows, head=True) + _gap()

    def figure(self, block: Figure) -> str:
        """Return a picture with its caption below it; where it cannot be drawn, what it shows in letters."""
        drawn = self._picture(block.svg, block.captioned, block.alternative) if block.svg else ""
        if drawn:
            return paragraph("Picture", drawn) + self._caption("PictureCaption", "Figure", block.captioned)
        if block.text:
            return paragraph("Side", run(block.caption)) + paragraph("Code", lines(block.text))
        return paragraph("Note", run(block.alternative))

    def _picture(self, svg: str, name: str, alternative: str) -> str:
        """Return a picture, as wide as the text at most; '' where nothing can draw it."""
        try:
            octets = png(svg)
        except MailtraceError:
            return ""
        self._pictures += 1
        relation, image = self._package.part.get_or_add_image(BytesIO(octets))
        width = image.px_width * UNITS_OF_PIXEL / PICTURE_SCALE
        height = image.px_height * UNITS_OF_PIXEL / PICTURE_SCALE
        fit = min(1.0, WIDTH * UNITS_OF_TWENTIETH / width, HIGHEST_PICTURE / height)
        return markup.picture(relation, self._pictures, int(width * fit), int(height * fit), name, alternative)

    def verbatim(self, block: Verbatim) -> str:
        """Return lines in letters of equal width."""
        caption = paragraph("Side", run(block.caption)) if block.caption else ""
        columns = paper.halves(block)
        if len(columns) == 1:
            return caption + paragraph("Code", lines(block.lines))
        cells = [cell(WIDTH // 2, paragraph("ColumnCode", lines(each)), fill=SHADE) for each in columns]
        return caption + markup.table("CodeTable", [WIDTH // 2] * 2, [row(cells)]) + _gap()

    def waits(self, block: Waits) -> str:
        """Return where time went: its bar, and a table of its parts."""
        pieces = [paragraph("Side", run(f"{block.caption}: {block.total}"))]
        pieces += (paragraph("TableText", run(line), look="<w:keepNext/>") for line in block.sums)
        drawn = self._picture(paper.bar(block), block.caption, block.caption)
        if drawn:
            pieces.append(paragraph("Picture", drawn))
        titles = ("", label("time"), label("share"), label("what"), label("packets"))
        styles = ("TableHead", "TableHeadNumber", "TableHeadNumber", "TableHead", "TableHead")
        heads = [cell(*each) for each in zip(SHARE_COLUMNS, map(paragraph, styles, map(run, titles)), strict=True)]
        rows = [row(heads, head=True), *(_share(share, place) for place, share in enumerate(block.shares))]
        pieces.append(markup.table("ReportTable", SHARE_COLUMNS, rows, head=True))
        return "".join(pieces) + _gap()

    def findings(self, block: Findings) -> str:
        """Return findings, the worst first."""
        widths = (FINDING_HEAD, WIDTH - FINDING_HEAD)
        found = markup.table("FactsTable", widths, [_finding(item, widths) for item in block.items])
        more = paragraph("Note", run(block.more)) if block.more else _gap()
        return (found if block.items else "") + more

    def mail(self, block: Mail) -> str:
        """Return a mail as its reader sees it, and below it as it was transmitted."""
        shown = [
            paragraph("TableText", f"{run(f'{fact.label}: ', 'Strong')}{lines(fact.values)}") for fact in block.head
        ]
        shown += [paragraph("StepMeans"), *(paragraph("StepMeans", run(line)) for line in block.body)]
        if block.parts:
            shown.append(paragraph("Side", run(label("parts"))))
            shown += (paragraph("TableText", run(part)) for part in block.parts)
        letter = markup.table("LetterTable", [WIDTH], [row([cell(WIDTH, "".join(shown))], whole=False)])
        source = paragraph("Side", run(label("transmitted"))) + paragraph("Code", lines(block.source))
        more = paragraph("Note", run(block.left_out)) if block.left_out else ""
        return paragraph("Side", run(label("reader"))) + letter + source + more

    def terms(self, block: Terms) -> str:
        """Return a glossary."""
        left = int(WIDTH * TERMS_SHARE)
        return markup.table("FactsTable", [left, WIDTH - left], [_term(term, left) for term in block.terms]) + _gap()


PICTURE_SCALE = 2.0
"""Pixels of a picture for each that it is drawn with."""

_BLOCKS: dict[type[Any], Callable[[Body, Any], str]] = {
    Paragraph: Body.paragraph,
    Bullets: Body.bullets,
    Facts: Body.facts,
    Table: Body.table,
    Steps: Body.steps,
    Figure: Body.figure,
    Verbatim: Body.verbatim,
    Waits: Body.waits,
    Findings: Body.findings,
    Mail: Body.mail,
    Terms: Body.terms,
}


def _gap() -> str:
    """Return an empty line behind a table: without one, two tables would become one."""
    return paragraph("Gap")


def _shared(shares: Sequence[float]) -> list[int]:
    """Return the widths of columns, exactly as wide as the text together."""
    widths = [int(share * WIDTH) for share in shares]
    widths[-1] += WIDTH - sum(widths)
    return widths


def _facts(facts: Iterable[Fact]) -> str:
    left = int(WIDTH * FACTS_SHARE)
    rows = [
        row(
            (
                cell(left, paragraph("TableText", run(fact.label, "Faint"))),
                cell(WIDTH - left, paragraph(f"Table{CELLS[fact.kind].replace('Number', 'Code')}", lines(fact.values))),
            )
        )
        for fact in facts
    ]
    return markup.table("FactsTable", [left, WIDTH - left], rows) + _gap() if rows else ""


def _step(step: StepItem, widths: Sequence[int]) -> str:
    look = paper.step_look(step)
    packets = run(step.packets)
    if step.acks:
        packets += markup.BREAK + run(f"{label('acks')} {step.acks}", "FaintSmall")
    time = run(step.at)
    if step.after:
        late = run(step.after, colour=paper.WAIT.ink, bold=True) if step.late else run(step.after, "Faint")
        time += markup.BREAK + late
    who = f"{run(step.speaker, colour=look.ink, bold=True)}{run(f' → {step.listener}', 'Faint')}"
    said = paragraph("StepWire" if step.literal else "StepSaid", lines(step.says), look=markup.beside(*look))
    means = run(step.means) if step.means else ""
    means += run(f"  {paper.together(step.source)}", "FaintSmall") if step.source else ""
    told = paragraph("StepWho", who) + said + (paragraph("StepMeans", means) if means else "")
    texts = (
        paragraph("TableText", run(str(step.number), colour=look.ink, bold=True)),
        paragraph("TableText", packets),
        paragraph("TableCode", time),
        told,
    )
    return row(map(cell, widths, texts), whole=len(step.says) < WHOLE_ROW_LINES)


def _share(share: Share, place: int) -> str:
    why = markup.BREAK + run(share.why, "Faint") if share.why else ""
    letter = paragraph("TableText", run(share.letter, colour="FFFFFF", bold=True))
    texts = (
        paragraph("TableNumber", run(share.took)),
        paragraph("TableNumber", run(share.percent)),
        paragraph("TableText", run(share.what, "Strong") + why),
        paragraph("TableText", run(share.packets)),
    )
    first = cell(SHARE_COLUMNS[0], letter, fill=paper.part_colour(place))
    return row([first, *map(cell, SHARE_COLUMNS[1:], texts)])


def _finding(item: FoundItem, widths: Sequence[int]) -> str:
    look = paper.finding_look(item)
    head = paragraph("TableText", run(item.label, colour=look.ink, bold=True))
    head += paragraph("TableCode", run(item.code))
    where = run(f"  {item.where}", "Faint") if item.where else ""
    told = paragraph("StepMeans", run(item.seen, "Strong") + where)
    for key, text in (("matters", item.why), ("advice", item.advice)):
        if text:
            told += paragraph("TableText", f"{run(f'{label(key)}: ', 'Faint')}{run(text)}")
    source = f"  {paper.together(item.source)}" if item.source else ""
    told += paragraph("TableText", run(f"{item.name}{source}", "FaintSmall"))
    return row((cell(widths[0], head, fill=look.wash), cell(widths[1], told)))


def _term(term: Term, left: int) -> str:
    word = paragraph("TableText", run(term.word, "Strong")) + paragraph("TableText", run(term.kind, "FaintSmall"))
    told = paragraph("TableText", run(term.means))
    told += "".join(paragraph("TableText", run(more, "Faint")) for more in term.more)
    if term.source:
        told += paragraph("TableText", run(paper.together(term.source), "FaintSmall"))
    return row((cell(left, word), cell(WIDTH - left, told)))
