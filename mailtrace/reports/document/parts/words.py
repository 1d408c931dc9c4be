"""The words that a report uses, explained: what was said on the wire, and the terms that the explanations need."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailtrace.explain.glossary import Entry, entries_of, look_up
from mailtrace.model import Analysis, Command, Reply
from mailtrace.model.language import said
from mailtrace.reports.document.blocks import Block, Paragraph, Section, Term, Terms
from mailtrace.reports.document.material import Material
from mailtrace.reports.document.parts.wording import left_out
from mailtrace.reports.overview import rfc

LABELS = {
    "section": "Glossary",
    "lead": "The commands, codes and terms that this report uses. More on each of them: mailtrace explain WORD.",
}

MOST_TERMS = 150
"""Words explained in one report; twenty pages of them."""

_WORD = re.compile(r"[\w.+/-]+")


def glossary_section(material: Material) -> Section | None:
    """Return the glossary, None where no word of it is used."""
    found = dict.fromkeys([*_spoken(material.analysis), *_used(material)])
    ordered = sorted(found, key=lambda entry: (entry.name.casefold(), entry.kind))
    if not ordered:
        return None
    terms = Terms(tuple(_term(entry) for entry in ordered[:MOST_TERMS]))
    more = left_out(len(ordered), len(terms.terms))
    blocks: list[Block] = [Paragraph(said(LABELS["lead"])), terms, *([Paragraph(more)] if more else [])]
    return Section(said(LABELS["section"]), "glossary", tuple(blocks), part="glossary")


def _term(entry: Entry) -> Term:
    return Term(entry.name, entry.kind, entry.means, entry.know[:1], rfc(entry.source))


def _spoken(analysis: Analysis) -> Iterator[Entry]:
    """Yield the words of protocols that stand in the conversations."""
    words: dict[str, None] = {}
    for conversation in analysis.conversations:
        protocol = conversation.protocol
        for event in conversation.dialogue.events:
            if isinstance(event, Command) and event.verb:
                words[f"{protocol} {event.verb}"] = None
            elif isinstance(event, Reply) and protocol == "smtp":
                words[event.status] = None
    for lookup in analysis.lookups:
        words[f"dns {lookup.type}"] = None
        words[f"dns {lookup.rcode}"] = None
    for word in words:
        yield from look_up(word)


def _used(material: Material) -> Iterator[Entry]:
    """Yield the terms of the field that stand in the explanations."""
    said_so = " ".join(
        text
        for told in (*material.told, *material.ways)
        for step in told.steps
        for text in (*(step.says if not step.number else ()), step.means)
    )
    used = {word.casefold() for word in _WORD.findall(said_so)}
    for entry in entries_of("term"):
        if entry.name.casefold() in used:
            yield entry
