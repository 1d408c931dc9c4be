"""A document with one block of every kind, and the same text everywhere a text can stand."""

from __future__ import annotations

from mailtrace.reports.document import (
    Block,
    Bullets,
    Column,
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
)

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" class="mt-figure" width="9" height="9">'
    '<title>fig</title><rect width="9" height="9"/></svg>'
)


def blocks(text: str, number: str = "12") -> tuple[Block, ...]:
    """Return one block of each kind; every tone, and steps of every sort."""
    fact = Fact(text, (text, text), Kind.CODE)
    columns = (Column(text, Kind.NUMBER), Column(text, Kind.CODE), Column(text, Kind.TEXT), Column(text, Kind.LABEL))
    step = StepItem(
        number=3,
        kind="reply",
        side="server",
        packets="16, 18",
        acks="17",
        at="+0.001",
        after="+0.001",
        speaker=text,
        listener=text,
        says=(text, text, text, text),
        literal=True,
        means=text,
        source="RFC 5321 4.2",
        late=True,
    )
    share = Share("a", text, "1.000 s", "50.0 %", "1-2", text, ((0, 2_500), (5_000, 7_500)))
    rest = Share("b", text, "1.000 s", "50.0 %", "", "", ((2_500, 5_000), (7_500, 10_000)))
    found = FoundItem("warning", text, "SMTP001", text, text, text, text, text, "RFC 8314 3")
    return (
        *(Paragraph(text, tone) for tone in Tone),
        Bullets((text, text)),
        Facts((fact, Fact(text, (text,)))),
        Table("packets", text, columns, ((number, text, text, text),), more=text),
        Steps((step,)),
        Figure(text, text, SVG, "sequenceDiagram\n    A->>B: hello\n", ("A -> B",)),
        Verbatim(text, (text, "  indented"), short=True),
        Verbatim("", (text,), wide=True),
        Waits(text, "2.000 s", (text,), (share, rest)),
        Findings((found,), text),
        Mail((fact,), (text, "", text), (text,), (text, text), text),
        Terms((Term(text, text, text, (text,), "RFC 5598 2"),)),
    )


def specimen(text: str = "plain", language: str = "en") -> Document:
    """Return the document, its texts as they are given: not cleaned."""
    inner = Section(text, "inner", blocks(text))
    outer = Section(text, "outer", blocks(text), (inner,), part="summary")
    return Document(text, text, language, (Fact(text, (text,)),), (outer,), "mailtrace 1")
