"""The figures of a report: which there are, and what stands below them; how they are drawn is `reports.ladder`'s."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mailtrace.model import Journey, Walkthrough
from mailtrace.model.language import said
from mailtrace.reports.document.blocks import Figure

if TYPE_CHECKING:
    from mailtrace.reports.document.material import Material

LABELS = {
    "topology": "The hosts, and who spoke to whom",
    "way": "The way of mail {number}",
    "ladder": "Who says what to whom: {title}",
    "part": "part {page} of {pages}",
}

SHORT_RATIO = 0.9
"""Height of a ladder, by its width, that still finds room below the facts of its conversation, on A4."""

PAGE_RATIO = 1.3
"""Height of a page of nothing but a ladder, by its width: what A4 leaves between its margins."""

TEXT_WIDTH = 100
"""Columns of a ladder made of text."""


def topology_figure(material: Material) -> Iterator[Figure]:
    """Yield the hosts and who calls whom, nothing where there is no conversation."""
    from mailtrace.reports.ladder import mermaid, svg, topology_of

    if material.analysis.conversations:
        figure = topology_of(material.analysis)
        (drawn,) = svg(figure, titled=False)
        yield Figure(said(LABELS["topology"]), figure.summary, drawn, mermaid(figure))


def journey_figure(material: Material, journey: Journey) -> Iterator[Figure]:
    """Yield the way of one mail from host to host."""
    from mailtrace.reports.ladder import mermaid, svg, way_of

    figure = way_of(material.everything, journey)
    (drawn,) = svg(figure, titled=False)
    yield Figure(said(LABELS["way"], number=journey.id), figure.summary, drawn, mermaid(figure))


def ladder_figures(material: Material, told: Walkthrough) -> Iterator[Figure]:
    """Yield the ladder of a walkthrough, in as many pages as it needs; the first has the other forms of all of it."""
    from mailtrace.reports.ladder import ladder_of, mermaid, svg, text

    figure = ladder_of(material.everything, told)
    pages = svg(figure, SHORT_RATIO, titled=False)
    if len(pages) > 2:
        pages = svg(figure, PAGE_RATIO, titled=False)
    caption = said(LABELS["ladder"], title=told.title.replace(" -> ", " → "))
    for number, drawn in enumerate(pages, 1):
        part = said(LABELS["part"], page=number, pages=len(pages)) if len(pages) > 1 else ""
        if number == 1:
            lines = tuple(text(figure, TEXT_WIDTH).splitlines())
            yield Figure(caption, figure.summary, drawn, mermaid(figure), lines, part)
        else:
            yield Figure(caption, figure.summary, drawn, part=part)
