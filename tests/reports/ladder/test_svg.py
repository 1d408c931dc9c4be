"""Drawn figures, read back: nothing lies upon anything else, no rung is lost, no text becomes markup."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mailtrace.reports.ladder import Figure, svg
from mailtrace.reports.ladder.figures import Arrow
from mailtrace.reports.ladder.ink import Tone
from mailtrace.reports.safe import safe
from tests.reports.browser import browser
from tests.reports.ladder.examples import HOSTILE, NAMES, hostile_figures, ladder, topology, way
from tests.reports.ladder.geometry import SVG, read
from tests.support import needs_chromium

FIGURES: dict[str, Figure] = {
    **{f"ladder of {hosts}": ladder(hosts) for hosts in range(1, 9)},
    **{f"ladder of 8 like {name[:7]}": ladder(8, (name,)) for name in NAMES},
    "ladder of 12": ladder(12),
    **{f"map of {hosts}": topology(hosts) for hosts in range(1, 9)},
    "way": way(4, 0),
    "way with branches": way(5, 6),
    **{f"hostile {type(figure).__name__}": figure for figure in hostile_figures()},
}

ALLOWED_TAGS = {"svg", "title", "desc", "style", "rect", "line", "path", "text", "g"}

ALLOWED_ATTRIBUTES = {
    *("class", "width", "height", "viewBox", "role", "fill", "stroke", "stroke-width", "stroke-dasharray"),
    *("x", "y", "x1", "y1", "x2", "y2", "rx", "d", "font-family", "font-size", "font-weight", "text-anchor"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_lies_upon_anything_else(name: str) -> None:
    for drawn in svg(FIGURES[name]):
        figure = read(drawn)
        assert figure.texts
        assert (figure.overlaps(), figure.struck(), figure.outside()) == ([], [], [])


def test_the_boxes_of_a_map_do_not_overlap() -> None:
    for hosts in range(2, 13):
        (drawn,) = svg(topology(hosts))
        boxes = read(drawn).boxes
        assert len(boxes) == hosts
        for at, one in enumerate(boxes):
            assert not any(one.meets(other) for other in boxes[at + 1 :])


OVERLAPS = """
(() => {
  const found = [];
  for (const svg of document.querySelectorAll("svg")) {
    const texts = [...svg.querySelectorAll("text")].filter(t => t.textContent.trim()).map(t => {
      const box = t.getBBox(), size = parseFloat(t.getAttribute("font-size"));
      const y = parseFloat(t.getAttribute("y"));
      const [top, bottom] = [y - 0.78 * size, y + 0.22 * size];
      return {left: box.x, right: box.x + box.width, top, bottom, what: t.textContent};
    });
    const paper = svg.viewBox.baseVal;
    texts.forEach((one, at) => {
      if (one.left < -0.1 || one.right > paper.width + 0.1) found.push(["outside", one.what]);
      for (const other of texts.slice(at + 1))
        if (one.left < other.right - 0.1 && other.left < one.right - 0.1
            && one.top < other.bottom - 0.1 && other.top < one.bottom - 0.1) found.push([one.what, other.what]);
    });
  }
  return [document.querySelectorAll("svg").length, found];
})()
"""
"""Texts that overlap, as a browser measures them."""


@needs_chromium
def test_nothing_lies_upon_anything_else_in_a_browser(tmp_path: Path) -> None:
    page = tmp_path / "figures.html"
    drawn = [each for figure in FIGURES.values() for each in svg(figure)]
    page.write_text(f"<!doctype html><meta charset='utf-8'>{''.join(drawn)}", encoding="utf-8")
    with browser(tmp_path / "profile") as opened:
        seen = opened.open(page, OVERLAPS)
    assert seen.found == [len(drawn), []]
    assert (seen.requests, seen.dialogs) == ([], [])


@pytest.mark.parametrize("hosts", [2, 5, 8])
def test_pages_lose_no_rung(hosts: int) -> None:
    figure = ladder(hosts)
    (whole,) = svg(figure)
    pages = svg(figure, 1.35)
    assert len(pages) > 1
    drawn = [read(page) for page in pages]
    assert all(page.height <= page.width * 1.35 for page in drawn)
    assert all((page.overlaps(), page.struck(), page.outside()) == ([], [], []) for page in drawn)
    titles = [title for page in pages for title in _group_titles(page)]
    assert titles == _group_titles(whole)
    assert len(titles) == sum(isinstance(rung, Arrow) for rung in figure.rungs)


def _group_titles(drawn: str) -> list[str]:
    """Return the titles of all arrows: each has one group of its own."""
    groups = ElementTree.fromstring(drawn).iter(f"{SVG}g")
    return [group.findtext(f"{SVG}title", "") for group in groups]


def test_a_heading_stays_with_what_it_leads_to() -> None:
    for page in svg(ladder(3), 1.0):
        texts = [element.text or "" for element in ElementTree.fromstring(page).iter(f"{SVG}text")]
        bold = [element.get("font-weight") for element in ElementTree.fromstring(page).iter(f"{SVG}text")]
        assert texts and bold[-1] != "bold"


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_figure_is_drawn_the_same(name: str) -> None:
    assert svg(FIGURES[name], 1.35) == svg(FIGURES[name], 1.35)


@pytest.mark.parametrize("name", FIGURES)
def test_only_harmless_elements_and_nothing_from_elsewhere(name: str) -> None:
    for drawn in svg(FIGURES[name]):
        for element in ElementTree.fromstring(drawn).iter():
            assert element.tag.removeprefix(SVG) in ALLOWED_TAGS
            assert set(element.attrib) <= ALLOWED_ATTRIBUTES
            looks = [*element.attrib.values(), (element.text or "") if element.tag == f"{SVG}style" else ""]
            assert not any("url(" in look or "//" in look or "@import" in look for look in looks)


def test_hostile_text_stays_text() -> None:
    for figure in hostile_figures():
        for drawn in svg(figure):
            assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ud800-\udfff]", drawn)
            texts = "".join(element.text or "" for element in ElementTree.fromstring(drawn).iter(f"{SVG}text"))
            assert safe(HOSTILE[4]).replace(" ", "") in texts.replace(" ", "")


def test_screen_readers_get_a_title_and_a_description() -> None:
    for figure in FIGURES.values():
        root = ElementTree.fromstring(svg(figure)[0])
        assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
        assert root.get("role") == "img"
        assert (root[0].text, root[1].text) == (safe(figure.title), safe(figure.summary))


def test_dark_screens_have_a_colour_for_every_tone() -> None:
    (drawn,) = svg(ladder(8))
    root = ElementTree.fromstring(drawn)
    style = root.findtext(f"{SVG}style", "")
    assert style.startswith("@media screen and (prefers-color-scheme:dark){")
    used = {name for element in root.iter() for name in element.get("class", "").split()} - {"mt-figure"}
    assert used and all(f"svg.mt-figure .{name}{{" in style for name in used)


def _brightness(colour: str) -> float:
    """Return the relative luminance of a colour, as the guidelines for accessible pages define it."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("ground", [Tone.PAPER, Tone.SHADE])
@pytest.mark.parametrize("screen", ["light", "dark"])
def test_every_text_can_be_read(ground: Tone, screen: str) -> None:
    """Text needs 4.5 to 1 against what it stands on."""
    for tone in set(Tone) - {Tone.PAPER, Tone.SHADE, Tone.RULE}:
        bright = sorted(_brightness(getattr(each, screen)) for each in (tone, ground))
        assert (bright[1] + 0.05) / (bright[0] + 0.05) >= 4.5, tone


def test_without_a_title_there_is_none() -> None:
    figure = ladder(2)
    (with_title,), (without,) = svg(figure), svg(figure, titled=False)
    assert "Journey 1: 220" in _written(with_title) and "Journey 1: 220" not in _written(without)


def _written(drawn: str) -> str:
    return "\n".join(element.text or "" for element in ElementTree.fromstring(drawn).iter(f"{SVG}text"))


def test_what_does_not_fit_is_counted() -> None:
    assert "3 more arrows are not drawn." in _written(svg(ladder(2))[0])
    assert "2 more hosts are not drawn." in _written(svg(topology(3))[0])
    assert "1 more hop is not drawn." in _written(svg(way(3, 0))[0])
