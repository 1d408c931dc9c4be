"""How wide text is, without knowing the reader's fonts: never less than what any usual font takes.

Letters of equal width are counted in cells. The others are as wide as in DejaVu Sans, which is wider than what other
systems have. Korean, Chinese and Japanese letters count two cells, and so does what their fonts draw as wide as a
letter. So what fits here fits everywhere, with a little room left over.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

CELL = 0.605
"""A letter of a font with equal widths, in parts of the font's size."""

BOLD = 1.13
"""How much wider bold letters are."""

NARROW, SMALL, MIDDLE, LARGE, HUGE = 0.42, 0.6, 0.66, 0.8, 1.0

_CLASSES = {
    **dict.fromkeys("ijl|.,:;'`!Itfr()[]{}/\\ -", NARROW),
    **dict.fromkeys('czsvxyJk"', SMALL),
    **dict.fromkeys("ABCDEFGHKLNOPQRSTUVXYZ&+=<>~^#", LARGE),
    **dict.fromkeys("mwMW@%_", HUGE),
}
"""Width of letters in a proportional font; others are `MIDDLE`."""

BREAKS = ".-/_,;:=?&"
"""Where a long word may be broken: behind one of these, or best behind the `@` of an address."""

DOTS = "…"


class Font(NamedTuple):
    """How text is set: its size, in letters of equal width or not, bold or not."""

    size: float
    equal: bool = False
    bold: bool = False


Measure = Callable[[str], float]
"""The width of a text, in whatever unit whoever draws counts."""


@lru_cache(maxsize=4096)
def _parts(char: str, equal: bool) -> float:
    """Return the width of a character in parts of the font's size."""
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(char) in "WFA":
        return 2 * CELL if equal else HUGE + 0.05
    if equal:
        return CELL
    return _CLASSES.get(char, MIDDLE if char.isascii() else HUGE)


def measured(font: Font) -> Measure:
    """Return how wide a text is at most, set in a font."""
    scale = font.size * (BOLD if font.bold and not font.equal else 1.0)

    def measure(text: str) -> float:
        return scale * sum(_parts(char, font.equal) for char in text)

    return measure


def wrapped(text: str, room: float, measure: Measure, most: int = 0) -> list[str]:
    """Return text in lines that fit into `room`, of `most` lines at most (0: all) with dots for what is left out.

    Lines are broken at spaces; a word that is too long behind a sign such as `@` or `.`, or where it must be.
    """
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if measure(joined) <= room:
            line = joined
            continue
        rest = word
        if line and measure(word) > room:  # it has to be broken anyway, so it may begin here
            begin = _good_break(word, room - measure(f"{line} "), measure)
            line, rest = (f"{line} {word[:begin]}", word[begin:]) if begin else (line, word)
        if line:
            lines.append(line)
        *full, line = _pieces(rest, room, measure)
        lines += full
        if most and len(lines) > most:
            break
    lines.append(line)
    if most and len(lines) > most:
        lines = [*lines[: most - 1], cut(f"{lines[most - 1]}{DOTS}", room, measure, always=True)]
    return lines


def balanced(text: str, room: float, measure: Measure, most: int = 0) -> list[str]:
    """Return text as `wrapped` does, in as many lines, but of about the same length: for text set in the middle."""
    lines = wrapped(text, room, measure, most)
    if len(lines) == 1 or lines[-1].endswith(DOTS):
        return lines
    whole = max(map(measure, text.split(" ")))
    for tenths in range(5, 10):
        narrower = room * tenths / 10
        tried = wrapped(text, narrower, measure, most) if narrower >= whole else []
        if len(tried) == len(lines) and not tried[-1].endswith(DOTS):
            return tried
    return lines


def cut(text: str, room: float, measure: Measure, *, always: bool = False) -> str:
    """Return text that fits into `room`, with dots for what is left out; `always`: it ends in dots already."""
    if measure(text) <= room:
        return text
    kept = text.removesuffix(DOTS) if always else text
    while kept and measure(f"{kept}{DOTS}") > room:
        kept = kept[:-1]
    return f"{kept.rstrip()}{DOTS}"


def _pieces(word: str, room: float, measure: Measure) -> list[str]:
    """Return a word in pieces that fit: one piece if it does."""
    pieces: list[str] = []
    while measure(word) > room:
        end = _good_break(word, room, measure) or _fits(word, room, measure)
        pieces.append(word[:end])
        word = word[end:]
    return [*pieces, word]


def _good_break(word: str, room: float, measure: Measure) -> int:
    """Return where a word can be broken so that its beginning fits and reads well, 0 where it cannot."""
    end = _fits(word, room, measure)
    if measure(word[:end]) > room:
        return 0
    return _last_of("@", word, end) or _last_of(BREAKS, word, end)


def _last_of(signs: str, word: str, end: int) -> int:
    """Return where a word can be broken behind one of these signs, 0 where it cannot without a ragged line."""
    return max((at + 1 for at in range(end // 3, end) if word[at] in signs), default=0)


def _fits(word: str, room: float, measure: Measure) -> int:
    """Return how many characters of a word fit, at least one; marks stay with their letter."""
    end, taken = 0, 0.0
    for char in word:
        taken += measure(char)
        if taken > room:
            break
        end += 1
    end = max(end, 1)
    while end < len(word) and measure(word[end]) == 0:
        end += 1
    return end
