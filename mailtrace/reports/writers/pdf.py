"""The document as PDF: the page printed by Chromium, or where that is missing the docx by LibreOffice.

Chromium comes first: its figures stay drawings whose text can be searched, and links and headings lead through the
file. Both date what they make, and LibreOffice numbers it; these few octets are always the same here.
"""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import BinaryIO

from mailtrace.errors import UnreadableInput
from mailtrace.reports.document import Document
from mailtrace.reports.writers.programs import printed, printers

HOW_TO_INSTALL = "install one (Debian: chromium or libreoffice-writer), or write .html and print it in a browser"

SOURCES = {"html": "mailtrace.reports.writers.html", "docx": "mailtrace.reports.writers.word"}
"""Who writes what the programs print."""

_CHANGING = (
    (re.compile(rb"(/(?:Creation|Mod)Date ?\(D:)\d{14}"), rb"\g<1>19800101000000"),
    (re.compile(rb"(/ID \[ ?<)[0-9A-F]{32}(>\s*<)[0-9A-F]{32}"), rb"\g<1>" + b"0" * 32 + rb"\g<2>" + b"0" * 32),
    (re.compile(rb"(/DocChecksum /)[0-9A-F]{32}"), rb"\g<1>" + b"0" * 32),
)
"""What differs from one printing to the next, and what stands there instead: as long, so that nothing moves.

Source: ISO 32000-1 sections 14.3.3 and 14.4.
"""


_ELEMENT = re.compile(rb"(?<=\(node)\d{8}(?=\))")
"""Chromium's numbers for elements of the page; some printings leave out one that others use."""


def check() -> None:
    """Raises: `UnreadableInput` where nothing is here that makes a PDF."""
    if not printers():
        raise UnreadableInput(f"a PDF needs Chromium or LibreOffice, and neither is here: {HOW_TO_INSTALL}")


def write(document: Document, out: BinaryIO) -> None:
    """Write the file. Raises: `UnreadableInput` where no program is here that makes it, or none does."""
    check()
    for printer in printers():

        def source(path: Path, writer: str = SOURCES[printer.format]) -> None:
            with path.open("wb") as file:
                import_module(writer).write(document, file)

        made = printed(printer, source)
        if made is not None:
            out.write(_settled(made))
            return
    tried = " and ".join(printer.path for printer in printers())
    raise UnreadableInput(f"{tried} made no PDF: write .html and print it in a browser, or .docx")


def _settled(octets: bytes) -> bytes:
    for pattern, instead in _CHANGING:
        octets = pattern.sub(instead, octets)
    places = {number: b"%08d" % place for place, number in enumerate(sorted(set(_ELEMENT.findall(octets))), 1)}
    return _ELEMENT.sub(lambda found: places[found[0]], octets)
