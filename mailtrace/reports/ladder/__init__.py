"""Figures: ladders (sequence diagrams), a map of the hosts, the way of a mail; as SVG, PNG, Mermaid and text.

    figure = ladder_of(analysis, walkthrough)
    pages = svg(figure)

What a figure shows is decided once (`ladder_of`, `topology_of`, `way_of`), and drawn by whoever can: all drawers show
the same.
"""

from __future__ import annotations

from mailtrace.reports.ladder.drawing import svg
from mailtrace.reports.ladder.figures import Figure, Ladder, Topology, Way
from mailtrace.reports.ladder.mermaid import mermaid
from mailtrace.reports.ladder.png import png
from mailtrace.reports.ladder.rungs import ladder_of
from mailtrace.reports.ladder.textladder import text
from mailtrace.reports.ladder.topology import topology_of
from mailtrace.reports.ladder.way import way_of

__all__ = ["Figure", "Ladder", "Topology", "Way", "ladder_of", "mermaid", "png", "svg", "text", "topology_of", "way_of"]
