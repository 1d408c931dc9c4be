"""A page of the glossary on a terminal: what a word means, what one should know of it, and where that is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from mailtrace.explain.glossary import Entry
from mailtrace.model.language import said
from mailtrace.reports.layout import Page, console

FORM_INDENT = 4


def write_entries(entries: Sequence[Entry], out: TextIO) -> None:
    """Write the pages of a word, a rule between them where it means several things."""
    page = Page(console(out))
    for place, entry in enumerate(entries):
        if place:
            page.put()
            page.put(page.text(page.symbols.rule * page.width, "dim"))
            page.put()
        _write(page, entry)


def _write(page: Page, entry: Entry) -> None:
    page.paragraph(page.dotted(page.text(entry.name, "bold"), page.text(entry.called, "bold"), page.text(entry.kind)))
    page.put()
    page.paragraph(page.text(entry.means))
    for paragraph in entry.know:
        page.put()
        page.paragraph(page.text(paragraph))
    if entry.form:
        page.put()
        for line in entry.form:
            page.paragraph(page.text(line), FORM_INDENT)
    if entry.who:
        page.put()
        page.paragraph(page.text(entry.who))
    if entry.see or entry.source:
        page.put()
    if entry.see:
        page.paragraph(page.text(said("See also: {words}.", words=", ".join(entry.see))))
    if entry.source:
        page.paragraph(page.text(said("Source: {source}.", source=entry.source)))
