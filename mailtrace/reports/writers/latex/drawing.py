"""Figures drawn by TeX itself: the few things that our SVG consists of, as TikZ. So a report is one file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from mailtrace.reports.writers.latex.escaping import command, environment, tex

WIDEST, HIGHEST = 483.0, 590.0
"""What a page has room for, in points, with a heading, a few facts and a caption."""

POINTS = 0.75
"""In a pixel of the picture, if that fits."""

ANCHORS = {"start": "base west", "middle": "base", "end": "base east"}

SVG = "{http://www.w3.org/2000/svg}"

_PART = re.compile(r"([MLHVZ])([-\d. ]*)")


def drawing(svg: str) -> str:
    """Return a picture of ours as TikZ, no wider or higher than a page."""
    root = ElementTree.fromstring(svg)
    width, height = float(root.get("width", "1")), float(root.get("height", "1"))
    scale = min(POINTS, WIDEST / width, HIGHEST / height)
    return environment("drawing", "\n".join(_drawn(root, scale)), f"{scale:.3f}") + "\n"


def colours(svg: str) -> set[str]:
    """Return the colours of a picture, each as six hexadecimal digits."""
    return {digits.upper() for digits in re.findall(r'(?:fill|stroke)="#([0-9a-fA-F]{6})"', svg)}


def colour_name(digits: str) -> str:
    """Return how TeX calls a colour."""
    return f"c{digits.upper()}"


def _drawn(root: ElementTree.Element, scale: float) -> Iterator[str]:
    """Yield a command for each thing drawn, in order. What stands behind all, the paper, is there already."""
    elements = root.iter()
    for element in elements:
        match element.tag.removeprefix(SVG):
            case "rect" if element.get("x") is not None:
                x, y, width, height = (float(element.get(name, "0")) for name in ("x", "y", "width", "height"))
                round_ = float(element.get("rx", "0")) * scale
                corners = f",rounded corners={round_:.1f}pt" if round_ else ""
                look = f"{_look(element, scale)}{corners}"
                yield f"\\path[{look}] ({x:g},{y:g}) rectangle ({x + width:g},{y + height:g});"
            case "line":
                x1, y1, x2, y2 = (float(element.get(name, "0")) for name in ("x1", "y1", "x2", "y2"))
                yield f"\\path[{_look(element, scale)}] ({x1:g},{y1:g}) -- ({x2:g},{y2:g});"
            case "path":
                yield f"\\path[{_look(element, scale)}] {_way(element.get('d', ''))};"
            case "text":
                yield _words(element, scale)


def _look(element: ElementTree.Element, scale: float) -> str:
    """Return how something is filled and drawn."""
    look = []
    for name, key in (("fill", "fill"), ("stroke", "draw")):
        value = element.get(name, "none")
        if value.startswith("#"):
            look.append(f"{key}={colour_name(value[1:])}")
    if "stroke-width" in element.attrib:
        look.append(f"line width={float(element.get('stroke-width', '1')) * scale:.2f}pt")
    dashes = [float(each) * scale for each in element.get("stroke-dasharray", "").replace(",", " ").split()]
    if dashes:
        pattern = " ".join(f"{'off' if at % 2 else 'on'} {length:.2f}pt" for at, length in enumerate(dashes))
        look.append(f"dash pattern={pattern}")
    return ",".join(look)


def _way(points: str) -> str:
    """Return a path of straight lines."""
    pieces: list[str] = []
    x = y = 0.0
    for letter, numbers in _PART.findall(points):
        values = [float(each) for each in numbers.split()]
        if letter == "Z":
            pieces.append("-- cycle")
            continue
        if letter == "H":
            x = values[0]
        elif letter == "V":
            y = values[0]
        else:
            x, y = values
        way = "" if letter == "M" else "-- "
        pieces.append(f"{way}({x:g},{y:g})")
    return " ".join(pieces)


def _words(element: ElementTree.Element, scale: float) -> str:
    """Return a line of text."""
    font = (r"\ttfamily" if "monospace" in element.get("font-family", "") else "") + (
        r"\bfseries" if element.get("font-weight") == "bold" else ""
    )
    anchor = ANCHORS[element.get("text-anchor", "start")]
    colour = colour_name(element.get("fill", "#000000")[1:])
    place = f"{float(element.get('x', '0')):g},{float(element.get('y', '0')):g}"
    size = f"{float(element.get('font-size', '12')) * scale:.2f}"
    return command("W", anchor, colour, place, font, size, tex(element.text or "", breaks=False))
