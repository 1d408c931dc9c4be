"""Draws the map of hosts: a box for each, and lines between those that spoke, with protocols and conversations."""

from __future__ import annotations

from mailtrace.model.language import counted, said
from mailtrace.reports.ladder.figures import Lane, Link, Topology
from mailtrace.reports.ladder.ink import Sheet, Tone, letters
from mailtrace.reports.ladder.measure import Font, balanced, measured, wrapped
from mailtrace.reports.ladder.ring import Box, Line, laid_out
from mailtrace.reports.safe import safe

TITLE = Font(15, bold=True)
NAME = Font(13, bold=True)
DETAIL = Font(10.5)
SPOKEN = Font(11)

MARGIN = 14.0
PAD = 8.0
BOX_LEAST, BOX_MOST = 96.0, 190.0
SPOKEN_MOST = 160.0
LINES = 4
LEAST_WIDTH = 420.0

HEAD_LENGTH = 6.0
"""What the head of an arrow takes of its line."""

Lines = list[tuple[list[str], Font, Tone]]


def draw_topology(topology: Topology, *, titled: bool) -> str:
    """Return the map as an SVG document."""
    links = [link for link in topology.links if link.one != link.other]
    itself = {link.one: link for link in topology.links if link.one == link.other}
    boxes = [_box(host, itself.get(at)) for at, host in enumerate(topology.hosts)]
    texts = [_spoken(link) for link in links]
    placed = laid_out(
        [_size(box) for box in boxes],
        [(link.one, link.other) for link in links],
        [(max(map(measured(SPOKEN), lines), default=0.0) + 8, letters(SPOKEN, lines) + 4) for lines in texts],
    )
    width = max(LEAST_WIDTH, placed.width + 2 * MARGIN)
    sheet = Sheet(width, topology.title, topology.summary)
    top = MARGIN
    if titled:
        sheet.text(MARGIN, MARGIN + TITLE.size, [topology.title], TITLE)
        top += TITLE.size + 16
    left = (width - placed.width) / 2
    for link, line, place in zip(links, placed.lines, placed.texts, strict=True):
        _draw_link(sheet, link, line, place, left, top)
    for lines, place in zip(texts, placed.texts, strict=True):
        _draw_text(sheet, lines, place, left, top)
    for box, place in zip(boxes, placed.hosts, strict=True):
        _draw_box(sheet, box, place, left, top)
    bottom = top + placed.height + MARGIN
    note = wrapped(safe(topology.summary), width - 2 * MARGIN, measured(DETAIL), LINES)
    sheet.text(MARGIN, bottom + DETAIL.size, note, DETAIL, Tone.FAINT)
    bottom += letters(DETAIL, note) + 8
    if topology.more:
        told = counted("{count} more host is not drawn.", "{count} more hosts are not drawn.", topology.more)
        sheet.text(MARGIN, bottom + 6, [told], SPOKEN, Tone.BAD)
        bottom += 18
    return sheet.document(bottom)


def _box(host: Lane, itself: Link | None) -> Lines:
    room = BOX_MOST - 2 * PAD
    details = [*host.details, *(said("with itself: {what}", what=each) for each in (itself.says if itself else ()))]
    lines = [(balanced(safe(host.name), room, measured(NAME), LINES), NAME, Tone.INK)]
    return [*lines, *((balanced(safe(each), room, measured(DETAIL), LINES), DETAIL, Tone.FAINT) for each in details)]


def _spoken(link: Link) -> list[str]:
    """Return the lines that stand upon a link."""
    return [line for each in link.says for line in balanced(safe(each), SPOKEN_MOST, measured(SPOKEN), LINES)]


def _size(box: Lines) -> tuple[float, float]:
    wide = max((measured(font)(line) for lines, font, _ in box for line in lines), default=0.0)
    return max(BOX_LEAST, wide + 2 * PAD), sum(letters(font, lines) for lines, font, _ in box) + 2 * PAD


def _draw_link(sheet: Sheet, link: Link, line: Line, text: Box, left: float, top: float) -> None:
    """Draw who spoke with whom, the line broken where its text stands: arrows point at those who were called."""
    length = max(line.length, 1.0)
    along = (line.end.x - line.begin.x) / length, (line.end.y - line.begin.y) / length
    near, far = line.within(text) or (1.0, 1.0)
    for begin, end in ((HEAD_LENGTH * link.from_other / length, near), (far, 1 - HEAD_LENGTH * link.from_one / length)):
        if begin < end:
            one, other = line.at(begin), line.at(end)
            sheet.line(left + one.x, top + one.y, left + other.x, top + other.y, Tone.CLIENT)
    if link.from_one:
        sheet.head(left + line.end.x, top + line.end.y, along, Tone.CLIENT)
    if link.from_other:
        sheet.head(left + line.begin.x, top + line.begin.y, (-along[0], -along[1]), Tone.CLIENT)


def _draw_text(sheet: Sheet, lines: list[str], place: Box, left: float, top: float) -> None:
    sheet.text(left + place.x, top + place.y - place.height / 2 + SPOKEN.size + 1, lines, SPOKEN, Tone.INK, "middle")


def _draw_box(sheet: Sheet, box: Lines, place: Box, left: float, top: float) -> None:
    x, y = left + place.x, top + place.y - place.height / 2
    sheet.box(x - place.width / 2, y, place.width, place.height, Tone.SHADE, Tone.RULE, round_=6)
    y += PAD
    for lines, font, tone in box:
        sheet.text(x, y + font.size * 0.95, lines, font, tone, "middle")
        y += letters(font, lines)
