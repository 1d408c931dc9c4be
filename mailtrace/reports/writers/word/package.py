"""The package around the text: styles, settings, pages, the facts about the file; and its octets, always the same.

python-docx knows how a package is put together. What it would bring along, a thumbnail and styles of its own, is left
out; and what it would date, in the package and in its facts, carries no date: same report, same octets.
"""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import docx
from docx.document import Document as Package
from docx.oxml import parse_xml
from docx.shared import Mm

from mailtrace.reports.document import Document, label
from mailtrace.reports.writers.word.markup import NAMESPACES, TAB, field, held, paragraph, run

HERE = Path(__file__).parent

PAGE_WIDTH, PAGE_HEIGHT, MARGIN, FOOT = Mm(210), Mm(297), Mm(20), Mm(10)
"""A4, and what stays white around the text and below the number of the page."""

UNWANTED = ("thumbnail", "customXml", "stylesWithEffects", "webSettings")
"""Parts of python-docx's template that a report has no use for, by the end of their kind of relation."""

NO_DATE = (1980, 1, 1, 0, 0, 0)
"""The date of every file in the package: the earliest that a zip can tell, so as good as none."""

LONGEST_FACT = 255
"""Characters that a fact about a file may have."""

UNIX = 3
"""Files in the package say that they were made there, wherever they were: it must not change the octets."""


def new_package(document: Document) -> Package:
    """Return an empty package with the look of a report: nothing in it but the end of the page."""
    package = docx.Document()
    for relations in (package.part.package.rels, package.part.rels):
        for key in [key for key, each in relations.items() if each.reltype.endswith(UNWANTED)]:
            del relations[key]
    for element, name in (
        (package.styles.element, "styles.xml"),
        (package.part.numbering_part.element, "numbering.xml"),
        (package.settings.element, "settings.xml"),
    ):
        element[:] = list(parse_xml((HERE / name).read_bytes()))
    _pages(package, document)
    _facts(package, document)
    return package


def _pages(package: Package, document: Document) -> None:
    """Set the paper, and what stands at its foot."""
    (section,) = package.sections
    section.page_width, section.page_height = PAGE_WIDTH, PAGE_HEIGHT
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = MARGIN
    section.header_distance = section.footer_distance = FOOT
    foot = f"{run(document.title)}{TAB}{field('PAGE', '1')}{run(' / ')}{field('NUMPAGES', '1')}"
    element = section.footer._element
    element[:] = list(parse_xml(f"<w:ftr {NAMESPACES}>{paragraph('Footer', foot)}</w:ftr>"))


def _facts(package: Package, document: Document) -> None:
    """Write who made what; neither when, nor how often it was saved."""
    facts = package.core_properties
    for element in list(facts._element):
        facts._element.remove(element)
    facts.title = held(document.title)[:LONGEST_FACT]
    facts.author = held(document.author)[:LONGEST_FACT]
    facts.language = document.language
    facts.comments = label("made", maker=document.maker)


def save(package: Package, out: BinaryIO) -> None:
    """Write the package: its files in the order of their names, without dates."""
    made = BytesIO()
    package.save(made)
    fixed = BytesIO()
    with zipfile.ZipFile(made) as before, zipfile.ZipFile(fixed, "w") as after:
        for name in sorted(before.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            entry = zipfile.ZipInfo(name, NO_DATE)
            entry.create_system = UNIX
            entry.compress_type = zipfile.ZIP_DEFLATED
            after.writestr(entry, before.read(name))
    out.write(fixed.getvalue())
