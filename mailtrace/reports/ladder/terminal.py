"""Ladders on a terminal, in colours and as wide as it is, or in a text file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from mailtrace.reports.ladder.figures import Ladder
from mailtrace.reports.ladder.textladder import lines
from mailtrace.reports.layout import PLAIN, Page, console, text_stream


def write_text(ladders: Iterable[Ladder], out: BinaryIO, width: int | None = None) -> None:
    """Write ladders one below the other, as wide as the terminal where no `width` is given."""
    with text_stream(out) as stream:
        page = Page(console(stream, width))
        for at, ladder in enumerate(ladders):
            if at:
                page.put()
            for line in lines(ladder, page.width, plain=page.symbols is PLAIN, encoding=page.encoding):
                page.put(line)
