"""The document: a report built once from an analysis, free of any format, which every format only renders.

A `Document` is a tree of `Section`s, and a section holds `Block`s of the few kinds in `blocks`. Its texts are plain:
no markup, already in the language of the report, secrets masked, and made safe once at the end (`cleaned`). So whoever
writes a format escapes what is special in that format, and needs to know nothing of mail.
"""

from mailtrace.reports.document.blocks import (
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
from mailtrace.reports.document.cleaning import cleaned
from mailtrace.reports.document.labels import label

__all__ = [
    "Block",
    "Bullets",
    "Column",
    "Document",
    "Fact",
    "Facts",
    "Figure",
    "Findings",
    "FoundItem",
    "Kind",
    "Mail",
    "Paragraph",
    "Section",
    "Share",
    "StepItem",
    "Steps",
    "Table",
    "Term",
    "Terms",
    "Tone",
    "Verbatim",
    "Waits",
    "cleaned",
    "label",
]
