"""Reads back what was drawn: where the texts, arrows and boxes of an SVG document lie, by a measure of our own.

A letter of equal width takes 0.602 of the size of its font, as in DejaVu Sans Mono, Menlo and Courier; of proportional
fonts an average line takes no more than 0.58 for each letter, in bold 0.64. Letters of Korean take all of the size.
"""

from __future__ import annotations

import unicodedata
from itertools import combinations
from typing import NamedTuple
from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"
EQUAL, PROPORTIONAL, BOLD, WIDE = 0.602, 0.58, 0.64, 1.0
ASCENT, DESCENT = 0.78, 0.22


class Area(NamedTuple):
    """A rectangle, and what is in it."""

    left: float
    top: float
    right: float
    bottom: float
    what: str

    def meets(self, other: Area) -> bool:
        return (
            self.left < other.right - 0.05
            and other.left < self.right - 0.05
            and self.top < other.bottom - 0.05
            and other.top < self.bottom - 0.05
        )


class Drawn(NamedTuple):
    """An SVG document, read back."""

    width: float
    height: float
    texts: list[Area]
    lines: list[Area]
    boxes: list[Area]

    def overlaps(self) -> list[tuple[str, str]]:
        """Return the texts that lie upon each other."""
        return [(one.what, other.what) for one, other in combinations(self.texts, 2) if one.meets(other)]

    def struck(self) -> list[tuple[str, str]]:
        """Return the texts that an arrow goes through; lanes, which stand upright, lie below."""
        flat = [line for line in self.lines if line.bottom - line.top < 1]
        return [(text.what, line.what) for text in self.texts for line in flat if text.meets(line)]

    def outside(self) -> list[str]:
        """Return what does not lie on the paper."""
        paper = Area(0, 0, self.width, self.height, "")
        every = (*self.texts, *self.lines, *self.boxes)
        return [
            each.what
            for each in every
            if each.left < paper.left - 0.05
            or each.top < paper.top - 0.05
            or each.right > paper.right + 0.05
            or each.bottom > paper.bottom + 0.05
        ]


def text_width(text: str, size: float, *, equal: bool, bold: bool) -> float:
    """Return how wide a text is when it is drawn, about."""
    narrow = EQUAL if equal else BOLD if bold else PROPORTIONAL
    width = 0.0
    for char in text:
        if unicodedata.category(char) in ("Mn", "Me", "Cf"):
            continue
        width += WIDE if unicodedata.east_asian_width(char) in "WF" else narrow
    return width * size


def read(svg: str) -> Drawn:
    """Read an SVG document of ours."""
    root = ElementTree.fromstring(svg)
    texts, lines, boxes = [], [], []
    for element in root.iter():
        get = element.get
        match element.tag.removeprefix(SVG):
            case "text":
                texts.append(_text(element))
            case "line":
                (x1, x2), (y1, y2) = (sorted(float(get(f"{axis}{n}", "0")) for n in "12") for axis in "xy")
                lines.append(Area(x1, y1 - 0.7, x2, y2 + 0.7, "line"))
            case "rect" if get("x") is not None:
                left, top = float(get("x", "0")), float(get("y", "0"))
                boxes.append(Area(left, top, left + float(get("width", "0")), top + float(get("height", "0")), "box"))
    return Drawn(float(root.get("width", "0")), float(root.get("height", "0")), texts, lines, boxes)


def _text(element: ElementTree.Element) -> Area:
    get = element.get
    size, x, y = (float(get(name, "0")) for name in ("font-size", "x", "y"))
    content = element.text or ""
    equal = "monospace" in get("font-family", "")
    width = text_width(content, size, equal=equal, bold=get("font-weight") == "bold")
    left = {"start": x, "middle": x - width / 2, "end": x - width}[get("text-anchor", "start")]
    return Area(left, y - ASCENT * size, left + width, y + DESCENT * size, content)
