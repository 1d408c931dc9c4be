"""Mermaid text: every line is a statement of ours, and nothing from the wire is more than text in it."""

from __future__ import annotations

import html
import re

import pytest

from mailtrace.reports.ladder import Figure, mermaid
from mailtrace.reports.ladder.figures import Arrow
from mailtrace.reports.safe import safe
from tests.reports.ladder.examples import HOSTILE, hostile_figures, ladder, topology, way

TEXT = r"(?:[\w ,.()+=/·…→@*-]|#\d+;|<br/>)*"
"""What text may consist of: letters, a few harmless signs, entities and our own line breaks."""

SEQUENCE = re.compile(
    "sequenceDiagram"
    rf"|    accTitle: {TEXT}"
    rf"|    participant h\d+ as {TEXT}"
    rf"|    h\d+(?:->>|-->>|-x)h\d+: {TEXT}"
    rf"|    Note over h\d+(?:,h\d+)?: {TEXT}"
)

CHART = re.compile(
    "flowchart LR"
    rf"|    accTitle: {TEXT}"
    rf'|    (?:h\d+|more)\["{TEXT}"\]'
    rf'|    h\d+ (?:-->|<-->|-\.->|--x)\|"{TEXT}"\| h\d+'
)

FIGURES: list[Figure] = [ladder(2), ladder(8), topology(8), way(5, 6), *hostile_figures()]


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: type(figure).__name__)
def test_every_line_is_a_statement_of_ours(figure: Figure) -> None:
    written = mermaid(figure)
    first, *lines = written.splitlines()
    assert first in ("sequenceDiagram", "flowchart LR")
    wanted = SEQUENCE if first == "sequenceDiagram" else CHART
    assert [line for line in lines if not wanted.fullmatch(line)] == []
    assert not re.search(r"%%|--[^>x]|\bend\b|_|\$\$", written.replace("-->", "").replace("--x", ""), re.IGNORECASE)


def test_entities_stand_for_the_signs_that_were_there() -> None:
    for figure in hostile_figures():
        written = mermaid(figure).replace("<br/>", " ")
        read = html.unescape(re.sub(r"#(\d+);", r"&#\1;", written))
        for hostile in (HOSTILE[3], HOSTILE[4], HOSTILE[8]):
            assert safe(hostile) in read


def test_a_ladder_has_a_message_for_every_arrow() -> None:
    figure = ladder(4)
    messages = [line for line in mermaid(figure).splitlines() if re.match(r"    h\d+-", line)]
    assert len(messages) == sum(isinstance(rung, Arrow) for rung in figure.rungs)


def test_one_packet_is_no_packets() -> None:
    written = mermaid(ladder(2, arrows=3))
    assert "<br/>+0.000, packet 1\n" in written
    assert "<br/>+2.000, packets 2001, 2003\n" in written


def test_the_same_figure_is_written_the_same() -> None:
    assert [mermaid(figure) for figure in FIGURES] == [mermaid(figure) for figure in FIGURES]
