"""Draws the picture of the README: the beginning of a real walkthrough, as the terminal shows it.

    python tests/make_picture.py

`tests/test_readme.py` holds that the picture is what mailtrace prints today.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

from msgspec.structs import replace
from rich.console import Console
from rich.terminal_theme import TerminalTheme

import mailtrace
from mailtrace.reports.terminal import render

ROOT = Path(__file__).resolve().parents[1]
CAPTURE = "samples/01-report-2008.pcapng"
PICTURE = ROOT / "samples" / "01-report-2008.svg"

WIDTH = 100
"""Columns: what a page shows at a readable size."""

STEPS = 7
"""Through the greeting that waits, the hello and the sender: enough to see how a walkthrough reads."""

THEME = TerminalTheme(
    (22, 27, 34),
    (225, 230, 237),
    [
        (22, 27, 34),
        (255, 123, 114),
        (126, 211, 133),
        (232, 193, 90),
        (121, 184, 255),
        (214, 160, 255),
        (110, 211, 224),
        (225, 230, 237),
    ],
)
"""Background, foreground and the eight colours."""

FORMAT = """<svg class="{unique_id}" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
    font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
    font-size: {char_height}px;
    line-height: {line_height}px;
    white-space: pre;
}}
.{unique_id}-title {{ font-family: system-ui, sans-serif; font-size: 17px; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""Rich's own format without its fonts, which a reader's browser would have to fetch."""


SPAN = re.compile(r'(<text [^>]*x=")([\d.]+)("[^>]*textLength=")([\d.]+)("[^>]*>)([^<]*)</text>')
"""Text of one style in a line of rich's picture: where it begins, how long it is, what it says."""


def picture() -> str:
    """Return the picture as SVG, the same every time."""
    analysis = mailtrace.analyze(ROOT / CAPTURE)
    analysis.capture.files[:] = [CAPTURE]
    beginnings = [replace(told, steps=told.steps[:STEPS]) for told in mailtrace.walkthroughs(analysis)]
    console = Console(
        file=io.StringIO(),
        record=True,
        width=WIDTH,
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},
    )
    render(analysis, beginnings, console)
    svg = console.export_svg(
        title=f"mailtrace analyze {CAPTURE}", theme=THEME, code_format=FORMAT, unique_id="mailtrace"
    )
    svg = SPAN.sub(_without_outer_spaces, svg)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def _without_outer_spaces(span: re.Match[str]) -> str:
    """Return a span that begins and ends with a letter, in its place: not every program keeps outer spaces."""
    opening, x, middle, length, closing, text = span.groups()
    cells = [each for each in re.split(r"(&#160;|&[#\w]+;|.)", text) if each]
    first = next(at for at, cell in enumerate(cells) if cell != "&#160;")
    last = max(at for at, cell in enumerate(cells) if cell != "&#160;")
    cell = float(length) / len(cells)
    x, length = f"{float(x) + first * cell:g}", f"{(last + 1 - first) * cell:g}"
    return f"{opening}{x}{middle}{length}{closing}{''.join(cells[first : last + 1])}</text>"


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
