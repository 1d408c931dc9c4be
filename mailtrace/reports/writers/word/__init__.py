"""The document as a file for word processors (docx): Word, LibreOffice, Hancom, by styles that can be changed."""

from __future__ import annotations

from typing import BinaryIO

from docx.oxml import parse_xml

from mailtrace.reports.document import Document
from mailtrace.reports.writers.word.blocks import Body
from mailtrace.reports.writers.word.markup import NAMESPACES
from mailtrace.reports.writers.word.package import new_package, save


def write(document: Document, out: BinaryIO) -> None:
    """Write the file."""
    package = new_package(document)
    body = package.element.body
    end = body[-1]
    for element in list(parse_xml(f"<w:body {NAMESPACES}>{Body(document, package).markup()}</w:body>")):
        end.addprevious(element)
    save(package, out)
