"""Writes figures as Mermaid, which GitHub, Obsidian and many others draw: ladders as sequence diagrams, maps as charts.

Text stays text there: every sign that Mermaid or HTML could take for its own is written as the entity of its number, so
that nothing from the wire begins a statement, a directive or a tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from mailtrace.model import StepKind
from mailtrace.model.language import counted, said
from mailtrace.reports.ladder.figures import Arrow, Figure, Ladder, Lane, Manner, Note, Pause, Topology, Way
from mailtrace.reports.ladder.measure import wrapped
from mailtrace.reports.ladder.words import gutter_packets, pause_said, time_said
from mailtrace.reports.safe import safe

LINE_CELLS = 46
"""Cells of one line: Mermaid breaks none by itself, and makes a ladder as wide as its longest."""

NAME_CELLS = 24
"""Cells of a line in the head of a lane, which Mermaid makes no wider."""

SAID_LINES = 4

ARROWS = {
    Manner.ASKS: "->>",
    Manner.ANSWERS: "-->>",
    Manner.REFUSES: "-->>",
    Manner.BRINGS: "->>",
    Manner.TOGETHER: "->>",
    Manner.LOST: "-x",
}

_LIVE = re.compile(r"[^\w ,.()+=/·…→@*-]|_|--+|(?i:\bend\b)")
"""What could mean something to Mermaid; letters of all languages do not."""


def mermaid(figure: Figure) -> str:
    """Return a figure as a Mermaid diagram."""
    match figure:
        case Ladder():
            lines = _ladder(figure)
        case Topology():
            lines = _topology(figure)
        case Way():
            lines = _way(figure)
    return "".join(f"{line}\n" for line in lines)


def _text(texts: Sequence[str], room: int = LINE_CELLS) -> str:
    """Return lines of text as one, made harmless; each text has some lines of `room` cells."""
    lines = [line for each in texts for line in wrapped(_plain(each), room, cell_len, SAID_LINES)]
    return "<br/>".join(_LIVE.sub(_entity, line) for line in lines)


def _plain(text: str) -> str:
    """Return text in which nothing is mathematics: Mermaid looks for that when entities are letters again."""
    return safe(text).replace("$$", "$ $").replace("$$", "$ $")


def _entity(signs: re.Match[str]) -> str:
    """Return signs as the entities of their numbers."""
    return "".join(f"#{ord(sign)};" for sign in signs[0])


def _ladder(ladder: Ladder) -> Iterator[str]:
    yield "sequenceDiagram"
    yield f"    accTitle: {_LIVE.sub(_entity, _plain(ladder.title))}"
    for at, lane in enumerate(ladder.lanes):
        yield f"    participant h{at} as {_text((lane.name, *lane.details), NAME_CELLS)}"
    last = len(ladder.lanes) - 1
    for rung in ladder.rungs:
        match rung:
            case Arrow():
                told = _text((*rung.says, _facts(rung)))
                yield f"    h{rung.source}{ARROWS[rung.manner]}h{rung.target}: {told}"
            case Note():
                marks = ("!",) if rung.kind is StepKind.TROUBLE else ()
                first, end = (rung.first, rung.last) if marks else (0, last)
                yield _note(first, end, (" ".join((*marks, *rung.says[:1])), *rung.says[1:]))
            case Pause():
                waited = pause_said(rung)
                yield _note(0, last, (said("{time}: {why}", time=waited, why=rung.why) if rung.why else waited,))
    if ladder.more:
        more = counted("{count} more arrow is not drawn.", "{count} more arrows are not drawn.", ladder.more)
        yield _note(0, last, (more,))


def _facts(arrow: Arrow) -> str:
    """Return when it was, and which packets."""
    time, packets = time_said(arrow), gutter_packets(arrow.packets)
    if len(arrow.packets) == 1:
        return said("{time}, packet {packets}", time=time, packets=packets)
    return said("{time}, packets {packets}", time=time, packets=packets) if packets else time


def _note(first: int, last: int, texts: Sequence[str]) -> str:
    over = f"h{first},h{last}" if first != last else f"h{first}"
    return f"    Note over {over}: {_text(texts)}"


def _boxes(lanes: Sequence[Lane]) -> Iterator[str]:
    for at, lane in enumerate(lanes):
        yield f'    h{at}["{_text((lane.name, *lane.details))}"]'


def _topology(topology: Topology) -> Iterator[str]:
    yield "flowchart LR"
    yield f"    accTitle: {_LIVE.sub(_entity, _plain(topology.title))}"
    yield from _boxes(topology.hosts)
    for link in topology.links:
        arrow = "<-->" if link.from_one and link.from_other else "-->"
        one, other = (link.one, link.other) if link.from_one else (link.other, link.one)
        yield f'    h{one} {arrow}|"{_text(link.says)}"| h{other}'
    if topology.more:
        yield f'    more["{_text((counted("{count} more host", "{count} more hosts", topology.more),))}"]'


def _way(way: Way) -> Iterator[str]:
    yield "flowchart LR"
    yield f"    accTitle: {_LIVE.sub(_entity, _plain(way.title))}"
    for at, stop in enumerate(way.stops):
        fates = tuple(fate for fate, _ in stop.fates)
        yield f'    h{at}["{_text((stop.name, *stop.details, *fates))}"]'
    for leg in way.legs:
        arrow = "--x" if not leg.good else "-->" if leg.captured else "-.->"
        yield f'    h{leg.source} {arrow}|"{_text((*leg.above, *leg.below))}"| h{leg.target}'
    if way.more:
        yield f'    more["{_text((counted("{count} more hop", "{count} more hops", way.more),))}"]'
