"""Builds a document: the parts that are wanted, in the order in which a reader wants them."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrace.model.language import language, said
from mailtrace.reports.document.blocks import Document, Section
from mailtrace.reports.document.cleaning import cleaned
from mailtrace.reports.document.material import Material
from mailtrace.reports.document.parts.appendix import appendix_section
from mailtrace.reports.document.parts.capture import capture_section, front
from mailtrace.reports.document.parts.hosts import hosts_section
from mailtrace.reports.document.parts.judgements import findings_section
from mailtrace.reports.document.parts.mails import mails_section
from mailtrace.reports.document.parts.names import lookups_section
from mailtrace.reports.document.parts.talks import range_section, talks_section
from mailtrace.reports.document.parts.ways import journeys_section
from mailtrace.reports.document.parts.words import glossary_section

TITLE = "The mail in {file}"
"""What a report is called where the user does not say."""


def build(material: Material, maker: str) -> Document:
    """Return the document of an analysis, all its texts safe. `maker` names the program and its version."""
    names = ", ".join(file.name for file in material.files)
    return cleaned(
        Document(
            title=material.wishes.title or said(TITLE, file=names),
            author=material.wishes.author,
            language=language(),
            facts=front(material),
            sections=tuple(section for section in _sections(material) if section is not None),
            maker=maker,
        )
    )


def _sections(material: Material) -> Iterator[Section | None]:
    """Yield the parts in order, None for those that have nothing to say."""
    if material.wants("summary"):
        yield capture_section(material)
    if material.wants("topology"):
        yield hosts_section(material)
    if material.wants("journeys"):
        yield journeys_section(material)
    yield talks_section(material)
    yield range_section(material)
    if material.wants("dns"):
        yield lookups_section(material)
    if material.wants("messages"):
        yield mails_section(material)
    if material.wants("findings"):
        yield findings_section(material)
    if material.wants("glossary") and material.wishes.explained:
        yield glossary_section(material)
    if material.wants("appendix"):
        yield appendix_section(material)
