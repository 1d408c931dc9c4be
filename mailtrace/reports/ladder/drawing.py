"""Figures as SVG documents: `svg` gives each figure to whoever draws its kind."""

from __future__ import annotations

from mailtrace.reports.ladder.figures import Figure, Ladder, Topology
from mailtrace.reports.ladder.svgladder import draw_ladder
from mailtrace.reports.ladder.svgtopology import draw_topology
from mailtrace.reports.ladder.svgway import draw_way


def svg(figure: Figure, page_ratio: float | None = None, *, titled: bool = True) -> list[str]:
    """Return a figure as SVG documents, one for each page; one alone without `page_ratio`.

    No page of a ladder is then higher than `page_ratio` times its width (of A4 paper with margins: 1.35); the other
    figures always have one page. `titled`: the title stands in the figure, too.
    """
    if isinstance(figure, Ladder):
        return draw_ladder(figure, page_ratio, titled=titled)
    if isinstance(figure, Topology):
        return [draw_topology(figure, titled=titled)]
    return [draw_way(figure, titled=titled)]
