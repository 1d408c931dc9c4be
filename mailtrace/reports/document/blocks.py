"""The kinds of block that a report consists of: few, each such that every format can show it well.

All texts are plain, one printable line each (a field of several lines is a tuple); nothing in them is markup. What
stands for itself in every format, and must not be changed, is named in `AS_IT_IS`: addresses within the document, and
pictures. Formats that know no colour still tell everything: kinds and severities come with a word of their own.
"""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

AS_IT_IS = frozenset({"anchor", "links", "svg", "mermaid", "language"})
"""Fields that are no text for people: whoever makes them answers for what is in them."""


class Kind(Enum):
    """What stands in a column or beside a label, and so how it is set."""

    TEXT = "text"
    CODE = "code"  # the wire's own words, addresses, hashes: in letters of equal width, never translated or joined
    NUMBER = "number"  # right-aligned, in letters of equal width
    LABEL = "label"  # a word or two, never broken


class Tone(Enum):
    """How a paragraph speaks."""

    PLAIN = "plain"
    LEAD = "lead"  # says in one sentence what the section is about
    RESULT = "result"  # how something ended
    NOTE = "note"  # set apart: what the reader should know, such as what was left out
    WARNING = "warning"  # set apart: the results are not whole


class Paragraph(Struct, frozen=True):
    """A paragraph of prose."""

    text: str
    tone: Tone = Tone.PLAIN


class Bullets(Struct, frozen=True):
    """A list without numbers."""

    items: tuple[str, ...]


class Fact(Struct, frozen=True):
    """A label and what belongs to it, one entry a line; never empty."""

    label: str
    values: tuple[str, ...]
    kind: Kind = Kind.TEXT


class Facts(Struct, frozen=True):
    """Labels and values: a narrow table without heads."""

    facts: tuple[Fact, ...]


class Column(Struct, frozen=True):
    """A column of a table: its head, and what stands in it. `weight` is its share of the width, roughly in letters."""

    title: str
    kind: Kind = Kind.TEXT
    weight: int = 10


class Table(Struct, frozen=True):
    """A table: every row has a cell for each column.

    `links`, where there are any, are as many as rows: the anchor of the section that tells more, '' where none does.
    `more` says what was left out, '' where nothing was. `anchor` is for references, '' where there is none.
    `name` is what the table is about, for those who want the table alone: hosts, conversations, packets, lookups ...
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    links: tuple[str, ...] = ()
    more: str = ""
    anchor: str = ""


class StepItem(Struct, frozen=True):
    """One step of a walkthrough.

    `kind` is that of `StepKind`, as its value (`command`, `reply`, `trouble` ...), `side` is client or server: who
    begins. `packets` and `acks` are runs of numbers (`16, 18`), `acks` may be ''. `at` is the time since the start,
    `after` since the step before, '' for the first. `late` tells that the pause before it was remarkable.
    `says` is what was said, a line each; `literal` if these are the wire's own words. `means` and `source` may be ''.
    """

    number: int
    kind: str
    side: str
    packets: str
    acks: str
    at: str
    after: str
    speaker: str
    listener: str
    says: tuple[str, ...]
    literal: bool
    means: str
    source: str
    late: bool = False


class Steps(Struct, frozen=True):
    """Steps of a walkthrough, in order. `explained` is False for experts: no step has anything to mean."""

    steps: tuple[StepItem, ...]
    explained: bool = True


class Figure(Struct, frozen=True):
    """A picture. `svg` is a whole svg element without scripts, references or fonts of its own, '' where there is none.

    `alternative` says in a sentence what it shows, for those who do not see it. `mermaid` and `text` show the same in
    other ways: the source of a diagram, and lines for letters of equal width; '' and () where there is none. Where a
    picture is cut into pages, `part` says which one it is; the other ways of the first show all of it.
    """

    caption: str
    alternative: str
    svg: str = ""
    mermaid: str = ""
    text: tuple[str, ...] = ()
    part: str = ""

    @property
    def captioned(self) -> str:
        """The caption with the part, where there are several."""
        return f"{self.caption} ({self.part})" if self.part else self.caption


class Verbatim(Struct, frozen=True):
    """Lines in letters of equal width, spaces kept: octets, fields, answers to lookups, the source of a mail.

    `wide` lines are never broken, since they are columns (octets); others may be. Where the lines are `short`, as names
    of fields with their values are, two columns of them find room beside each other. `caption` may be ''.
    """

    caption: str
    lines: tuple[str, ...]
    wide: bool = False
    short: bool = False


class Share(Struct, frozen=True):
    """What one reason took of some time. `letter` marks it in the bar; `spans` are where, in ten thousandths of it.

    `why` may be ''. Each span is half-open, (from, until).
    """

    letter: str
    what: str
    took: str
    percent: str
    packets: str
    why: str
    spans: tuple[tuple[int, int], ...]


class Waits(Struct, frozen=True):
    """Where some time went: a bar in the order of time, and below it what its parts are, the greatest first.

    `total` is the time in words, `sums` are lines that add up a part of it.
    """

    caption: str
    total: str
    sums: tuple[str, ...]
    shares: tuple[Share, ...]


class FoundItem(Struct, frozen=True):
    """One finding: `severity` is error, warning or info, `label` its word for people. `where` may be ''.

    `seen` is what was seen, `why` why it matters, `advice` what to do, `source` where it is written; each may be ''
    but the first.
    """

    severity: str
    label: str
    code: str
    name: str
    seen: str
    where: str
    why: str = ""
    advice: str = ""
    source: str = ""


class Findings(Struct, frozen=True):
    """Findings, the worst first. `more` says what was left out, '' where nothing was."""

    items: tuple[FoundItem, ...]
    more: str = ""


class Mail(Struct, frozen=True):
    """A mail as its reader sees it, beside its source as it was transmitted.

    `head` are the headers that a reader is shown, decoded; `body` is the text, one entry a line; `parts` are further
    parts and attachments, a line each. `source` are the lines of the source, `left_out` says what it lacks, or ''.
    """

    head: tuple[Fact, ...]
    body: tuple[str, ...]
    parts: tuple[str, ...]
    source: tuple[str, ...]
    left_out: str = ""


class Term(Struct, frozen=True):
    """A word and what it means; `kind` says what sort of word it is, `more` are further paragraphs."""

    word: str
    kind: str
    means: str
    more: tuple[str, ...] = ()
    source: str = ""


class Terms(Struct, frozen=True):
    """A glossary, in order."""

    terms: tuple[Term, ...]


Block = Paragraph | Bullets | Facts | Table | Steps | Figure | Verbatim | Waits | Findings | Mail | Terms


class Section(Struct, frozen=True):
    """A heading and what stands below it. `anchor` is unique in the document: small letters, digits and hyphens.

    `part` is the part of the report that it begins (`summary`, `topology` ...), '' within one.
    """

    heading: str
    anchor: str
    blocks: tuple[Block, ...] = ()
    sections: tuple[Section, ...] = ()
    part: str = ""


class Document(Struct, frozen=True):
    """A report. `author` may be ''; `language` is a tag such as en or ko, in which all of it is written.

    `facts` stand on its first page: what was captured, in a few words. `maker` is the program and its version.
    """

    title: str
    author: str
    language: str
    facts: tuple[Fact, ...]
    sections: tuple[Section, ...]
    maker: str
