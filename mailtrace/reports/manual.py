"""The rules for people: a list of them, the manual page of one, and the table that the README shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TextIO

from rich.text import Text

from mailtrace.findings.rule import Manual, Rule
from mailtrace.model.figures import alternatives
from mailtrace.model.language import said
from mailtrace.reports.findings import SEVERITIES
from mailtrace.reports.layout import Column, Page, column_widths, console
from mailtrace.reports.safe import markdown

LIST = [Column("Code", 8, 10), Column("Severity", 8, 8), Column("Name", 24, 44), Column("What it is", 40, 100)]

EXAMPLES = [Column("", 2, 2), Column("", 4, 20), Column("", 30, 200)]

EXAMPLE_INDENT = 4
"""How far an example stands in where a page is too narrow for columns."""

HEADS = {"why": "Why it matters", "mend": "How to mend it", "not_when": "When it does not apply"}
"""The parts of a manual page below the first, by their names in `Manual`."""


def write_rules(rules: Sequence[Rule[Any]], out: TextIO) -> None:
    """Write a list of rules."""
    page = Page(console(out))
    cells = [[[page.text(cell)] for cell in row] for row in rule_cells(rules)]
    widths = column_widths(LIST, cells, page.width)
    if widths is None:
        page.stacked(LIST[:-1], [row[:-1] for row in cells], [row[-1] for row in cells])
        return
    page.headings(LIST, widths, "bold")
    for row in cells:
        page.rows(LIST, widths, row)


def rule_cells(rules: Sequence[Rule[Any]]) -> list[list[str]]:
    """Return code, severity, name and first sentence of each rule."""
    return [
        [rule.code, said(SEVERITIES[rule.severity]), rule.name, first_sentence(said(rule.manual.what))]
        for rule in rules
    ]


def first_sentence(text: str) -> str:
    """Return the first sentence of a paragraph."""
    first, stop, _ = text.partition(". ")
    return first + stop.strip()


def write_manual(rule: Rule[Any], out: TextIO) -> None:
    """Write the manual page of a rule."""
    page, manual = Page(console(out)), rule.manual
    page.paragraph(
        page.dotted(
            page.text(rule.code, "bold"), page.text(rule.name, "bold"), page.text(said(SEVERITIES[rule.severity]))
        )
    )
    page.put()
    page.paragraph(page.text(said(manual.what)))
    for part in HEADS:
        if paragraph := getattr(manual, part):
            page.put()
            page.paragraph(page.text(said(HEADS[part]), "bold"))
            page.paragraph(page.text(said(paragraph)))
        if part == "mend":
            _examples(page, manual)
    page.put()
    page.paragraph(page.text(said("Looks at {what}.", what=_subjects(rule))))
    if manual.source:
        page.paragraph(page.text(said("Source: {source}.", source=manual.source)))


def _subjects(rule: Rule[Any]) -> str:
    """Return what a rule looks at."""
    of = alternatives(rule.over.of)
    return said(rule.over.what, of=of) if of else said(rule.over.what)


def _examples(page: Page, manual: Manual) -> None:
    cells = [[[page.text(" ")], [page.text(program)], [page.text(setting)]] for program, setting in manual.examples]
    widths = column_widths(EXAMPLES, cells, page.width) if cells else None
    for cell in cells:
        if widths is not None:
            page.rows(EXAMPLES, widths, cell)
        else:
            page.paragraph(Text(": ").join([cell[1][0], cell[2][0]]), EXAMPLE_INDENT)


def rules_table(rules: Sequence[Rule[Any]]) -> str:
    """Return the rules as a table in Markdown."""
    lines = [f"| {' | '.join(said(column.title).lower() for column in LIST)} |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(map(markdown, row))} |" for row in rule_cells(rules)]
    return "\n".join(lines) + "\n"
