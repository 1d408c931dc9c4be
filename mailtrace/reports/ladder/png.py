"""Pictures of figures: CairoSVG turns an SVG document into PNG.

A browser draws the same, but takes seconds and has to be there; CairoSVG takes a part of one, and gives the same octets
each time. What it cannot do is take a letter from a second font where the first has none, so that Korean would be empty
boxes. So fontconfig is asked which font has all letters of the document, or of a single text, and that one is named.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from functools import lru_cache
from html import unescape

from mailtrace.errors import UnreadableInput

FONT_TIMEOUT_S = 10
"""Seconds in which fontconfig answers; the first time it may have to look through all fonts."""

LETTERS_ASKED = 2_000
"""Different letters that a font is looked for by: enough to know the scripts, and no longer than a command may be."""

ELSEWHERE = {"win32": "Malgun Gothic", "darwin": "Apple SD Gothic Neo"}
"""A font with Latin and Korean letters where there is no fontconfig."""

GOOD = {
    "sans-serif": "DejaVu Sans,Noto Sans CJK KR,NanumGothic",
    "monospace": "DejaVu Sans Mono,Noto Sans Mono CJK KR,NanumGothicCoding",
}
"""Fonts of each kind, the best first; fontconfig knows others for letters that these do not have."""

_TEXT = re.compile(r"<text ([^>]*)>([^<]*)</text>")
_FAMILY = re.compile(r' ?font-family="([^"]*)"')


def png(svg: str, scale: float = 2.0) -> bytes:
    """Return an SVG document of ours as PNG, `scale` dots for each of its units. Raises: `UnreadableInput`."""
    try:
        from cairosvg import svg2png  # type: ignore[import-untyped]
    except (ImportError, OSError):  # the module, or the library that it loads
        raise UnreadableInput(
            "PNG needs the Cairo library (on Debian libcairo2): install it, or write .svg instead"
        ) from None
    drawn: bytes = svg2png(bytestring=with_fonts(svg).encode(), scale=scale)
    return drawn


def with_fonts(svg: str) -> str:
    """Return an SVG document of ours in which each text names one font that has all of its letters."""
    letters: dict[str, set[str]] = {kind: set() for kind in GOOD}
    for attributes, content in _TEXT.findall(svg):
        letters[_kind(attributes)] |= _letters(content)
    whole = {kind: _font(GOOD[kind], "".join(sorted(some))) for kind, some in letters.items()}

    def named(text: re.Match[str]) -> str:
        attributes, content = text.groups()
        kind = _kind(attributes)
        family, missing = whole[kind]
        own = _letters(content)
        if not missing.isdisjoint(own):
            family, _ = _font(f"{family},{GOOD[kind]}", "".join(sorted(own)))
        return f'<text {_FAMILY.sub("", attributes)} font-family="{family}">{content}</text>'

    return _FAMILY.sub("", _TEXT.sub(named, svg), count=1)  # the first is that of the document


def _kind(attributes: str) -> str:
    """Return of which kind the font of a text is: the last in its list; of a text without list, the document's."""
    family = _FAMILY.search(attributes)
    kind = family[1].rpartition(",")[2].strip() if family is not None else ""
    return kind if kind in GOOD else "sans-serif"


def _letters(content: str) -> set[str]:
    return {char for char in unescape(content) if not char.isascii()}


@lru_cache(maxsize=256)
def _font(families: str, letters: str) -> tuple[str, frozenset[str]]:
    """Return the font that has most of these letters, the first of `families` that does, and the letters it lacks."""
    first = families.partition(",")[0]
    if sys.platform in ELSEWHERE:
        return ELSEWHERE[sys.platform], frozenset()
    if not letters:
        return first, frozenset()
    wanted = f"{families}:charset={' '.join(f'{ord(char):x}' for char in letters[:LETTERS_ASKED])}"
    try:
        asked = subprocess.run(
            ["fc-match", "-f", "%{family[0]}|%{charset}", wanted],
            capture_output=True,
            timeout=FONT_TIMEOUT_S,
            check=True,
            text=True,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return first, frozenset()
    family, _, ranges = asked.stdout.partition("|")
    if not family or set(family) & set("\"'<>&,"):
        return first, frozenset()
    return family, frozenset(letters) - set(_covered(letters, ranges.split()))


def _covered(letters: str, ranges: Iterable[str]) -> Iterable[str]:
    """Yield the letters that lie in ranges as fontconfig writes them: `20-7e a1-ff 111`."""
    spans = [tuple(int(end, 16) for end in each.split("-")) for each in ranges]
    for letter in letters:
        if any(span[0] <= ord(letter) <= span[-1] for span in spans):
            yield letter
