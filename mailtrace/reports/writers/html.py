"""The document as one HTML page: no script, no request, its style and pictures inside it; for screen, phone and paper.

The template escapes everything (`autoescape`); only pictures stand as they are. As a second net the page forbids itself
everything but its own styles, each by its hash, so that even what slipped through could load and run nothing.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from mailtrace.reports.document import Block, Document, Figure, Section, Share, Table, label

PAGE = Path(__file__).parent / "page"
"""Where the template and the style lie."""

CONTENTS_DEPTH = 2
"""Levels of headings that the table of contents shows."""

DEEPEST_HEADING = 6
"""HTML has no more levels of headings."""

STACKED_COLUMNS = 4
"""Tables with fewer columns fit a phone; of those with more every row becomes a card there, but for long lists."""

LONG_LISTS = frozenset({"packets", "lookups"})
"""Tables whose rows are too many for cards: they are moved sideways instead."""

BAR_WIDTH = 10_000
"""Width of the bar of waits in its own units: spans are told in ten thousandths."""

_RUN = re.compile(r"(?<![\w-])[0-9]+-[0-9]+(?![\w-])")
"""A run of packet numbers, which no line should break."""

_STYLE = re.compile(r"<style>([^<]*)</style>")


def write(document: Document, out: BinaryIO) -> None:
    """Write the page, in UTF-8."""
    out.write(render(document).encode("utf-8", "backslashreplace"))


def render(document: Document) -> str:
    """Return the page."""
    style = (PAGE / "style.css").read_text(encoding="utf-8")
    numbers = dict(_numbers(document.sections))
    return _template().render(
        document=document,
        style=Markup(style),
        policy=_policy([style, *_styles(document.sections)]),
        numbers=numbers,
        depth=CONTENTS_DEPTH,
        bar_width=BAR_WIDTH,
    )


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(PAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(label=label, kind_of=_kind, drawn=Markup, stacked=_stacked, heading=_heading)
    environment.filters.update(spans=_spans, identity=id, unbroken=_unbroken)
    return environment.get_template("page.html.j2")


def _kind(block: Block) -> str:
    """Return by which name the template shows a block."""
    return type(block).__name__.lower()


def _heading(depth: int) -> int:
    return min(depth, DEEPEST_HEADING)


def _stacked(table: Table) -> bool:
    return len(table.columns) >= STACKED_COLUMNS and table.name not in LONG_LISTS


def _unbroken(text: str) -> Markup:
    """Return a text escaped, its runs of packet numbers each in one piece; a cell on a phone wants a single element."""
    runs, count = _RUN.subn(r'<span class="run">\g<0></span>', str(escape(text)))
    return Markup(f"<span>{runs}</span>" if count else runs)


def _spans(shares: Iterable[Share]) -> list[tuple[int, int, int, Share]]:
    """Return where the parts of a bar lie: start, length and place of their share, in the order of time."""
    return sorted(
        ((start, end - start, place, share) for place, share in enumerate(shares) for start, end in share.spans),
        key=lambda each: each[:3],
    )


def _numbers(sections: Iterable[Section]) -> Iterator[tuple[int, int]]:
    """Yield the numbers of figures and tables that have a caption, by the identity of the block."""
    counts = {"figure": 0, "table": 0}
    for block in _blocks(sections):
        if isinstance(block, Figure | Table) and block.caption:
            counts[_kind(block)] += 1
            yield id(block), counts[_kind(block)]


def _blocks(sections: Iterable[Section]) -> Iterator[Block]:
    for section in sections:
        yield from section.blocks
        yield from _blocks(section.sections)


def _styles(sections: Iterable[Section]) -> list[str]:
    """Return the styles within the pictures, each once."""
    drawn = [block.svg for block in _blocks(sections) if isinstance(block, Figure)]
    return list(dict.fromkeys(style for svg in drawn for style in _STYLE.findall(svg)))


def _policy(styles: Iterable[str]) -> str:
    """Return what the page may do: use these styles, and nothing else. Source: Content Security Policy Level 3."""
    hashes = [base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() for style in styles]
    allowed = " ".join(f"'sha256-{each}'" for each in hashes)
    return f"default-src 'none'; style-src {allowed}; base-uri 'none'; form-action 'none'"
