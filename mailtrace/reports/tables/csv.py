"""Tables as CSV, for spreadsheets: RFC 4180, in UTF-8, and harmless where a spreadsheet would take text for a formula.

Spreadsheets run what begins with `=`, `+`, `-` or `@`. Some skip blanks and quotes before it, or take the wide forms of
these signs for the same; where the custom of the country is to separate cells by `;`, they begin a cell behind each of
these, quoted or not. An apostrophe before such a sign makes text of it. Numbers stay numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import BinaryIO

from mailtrace.model.language import said
from mailtrace.reports.safe import safe
from mailtrace.reports.tables.values import Sheet, plain

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""Without it Excel takes UTF-8 for the code page of its country, and Korean for nonsense."""

_FORMULA = re.compile(r"""(^|;)(?=[\s'"]*[=+\-@＝＋－＠])""")
"""Where a spreadsheet could see a formula begin. Controls begin none any more: `safe` spells them."""


def write(sheet: Sheet, out: BinaryIO, *, for_file: bool = True, raw: bool = False) -> None:
    """Write a table; `raw` leaves what looks like a formula as it is.

    A file begins with a mark of its encoding, what goes to another program does not.
    """
    out.write(BYTE_ORDER_MARK if for_file else b"")
    out.write(_line(_text(said(heading.title), raw) for heading in sheet.headings))
    shapes = [heading.shape for heading in sheet.headings]
    for row in sheet.rows:
        cells = zip(map(plain, row, shapes), shapes, strict=True)
        out.write(_line(cell if shape.is_number or not cell else _text(cell, raw) for cell, shape in cells))


def _line(cells: Iterable[str]) -> bytes:
    return (",".join(cells) + "\r\n").encode("utf-8", "backslashreplace")


def _text(cell: str, raw: bool) -> str:
    """Return a text as one quoted line without controls, and, unless `raw`, as no formula."""
    shown = safe(cell)
    harmless = shown if raw else _FORMULA.sub(r"\1'", shown)
    return '"' + harmless.replace('"', '""') + '"'  # Source: RFC 4180 section 2.
