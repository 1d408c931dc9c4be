"""What was captured: the files and their hashes, packets and times, what there is to know before reading on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailtrace.mail.naming import Naming
from mailtrace.model import Analysis
from mailtrace.model.language import said
from mailtrace.reports.document.blocks import (
    Block,
    Column,
    Fact,
    Facts,
    Kind,
    Paragraph,
    Section,
    Table,
    Tone,
)
from mailtrace.reports.document.material import MOST_ROWS, Material
from mailtrace.reports.document.parts.wording import arrows, left_out
from mailtrace.reports.findings import sums
from mailtrace.reports.overview import (
    JOURNEY_TITLES,
    TABLE_TITLES,
    contents,
    journey_rows,
    note_shown,
    notes,
    table_rows,
    told_inside,
)
from mailtrace.reports.times import clock, duration

LABELS = {
    "section": "What was captured",
    "file": "File",
    "size": "Size",
    "hash": "SHA-256",
    "packets": "Packets",
    "octets": "{count} octets",
    "whole": "{packets}, {octets} octets",
    "begin": "Begin",
    "end": "End",
    "took": "{end} ({duration} later)",
    "links": "Link type",
    "held": "Mail traffic",
    "other": "Other traffic",
    "counted": "{what}: {count}",
    "found": "Findings",
    "note": "Note: {note}",
    "damage": "Not whole: {note}",
    "journeys": "Mails on their way",
    "conversations": "Conversations",
}

MOST_COUNTERS = 12
"""Kinds of other traffic that are named; a capture of a large network has dozens."""

JOURNEY_KINDS = (Kind.LABEL, Kind.LABEL, Kind.TEXT, Kind.TEXT, Kind.TEXT, Kind.TEXT, Kind.LABEL)
TABLE_KINDS = (Kind.TEXT, Kind.TEXT, Kind.LABEL, Kind.LABEL, Kind.TEXT, Kind.TEXT, Kind.TEXT, Kind.LABEL)
JOURNEY_WEIGHTS = (4, 8, 18, 26, 34, 12, 10)
TABLE_WEIGHTS = (6, 16, 7, 7, 18, 28, 18, 9)


def capture_section(material: Material) -> Section:
    """Return the first section of a report."""
    blocks: list[Block] = [Facts(tuple(_facts(material))), *_notes(material.analysis)]
    journeys, conversations = journey_table(material), conversation_table(material)
    blocks += [each for each in (journeys, conversations) if each is not None]
    inside = told_inside(material.analysis, material.groups)
    if inside:
        blocks.append(Paragraph(inside))
    return Section(said(LABELS["section"]), "summary", tuple(blocks), part="summary")


def front(material: Material) -> tuple[Fact, ...]:
    """Return the facts of the first page: what was captured, how much, when."""
    return tuple(each for each in _facts(material) if each.label in (said(LABELS[key]) for key in ON_FRONT))


ON_FRONT = ("file", "held", "found")


def _facts(material: Material) -> Iterator[Fact]:
    capture = material.everything.capture
    yield Fact(said(LABELS["file"]), tuple(file.name for file in material.files), Kind.CODE)
    yield Fact(said(LABELS["size"]), tuple(_octets(file.size_bytes) for file in material.files))
    yield Fact(said(LABELS["hash"]), tuple(file.sha256 for file in material.files), Kind.CODE)
    yield Fact(
        said(LABELS["packets"]), (said(LABELS["whole"], packets=f"{capture.packets:,}", octets=f"{capture.bytes:,}"),)
    )
    if capture.first_ns is not None and capture.last_ns is not None:
        took = duration(capture.last_ns - capture.first_ns)
        yield Fact(said(LABELS["begin"]), (clock(capture.first_ns),))
        yield Fact(said(LABELS["end"]), (said(LABELS["took"], end=clock(capture.last_ns), duration=took),))
    yield Fact(said(LABELS["links"]), tuple(capture.link_types) or ("-",))
    yield Fact(said(LABELS["held"]), (contents(material.everything),))
    if capture.counters:
        most = sorted(capture.counters.items(), key=lambda item: (-item[1], item[0]))[:MOST_COUNTERS]
        shown = [said(LABELS["counted"], what=what, count=f"{count:,}") for what, count in most]
        yield Fact(said(LABELS["other"]), ("; ".join(shown),))
    if material.analysis.findings:
        yield Fact(said(LABELS["found"]), (sums(material.analysis.findings),))


def _octets(size_bytes: int) -> str:
    return said(LABELS["octets"], count=f"{size_bytes:,}")


def _notes(analysis: Analysis) -> Iterator[Block]:
    """Yield what there is to know before reading on: that the results are not whole, first of all."""
    found = sorted(notes(analysis), key=lambda note: not note.damage)
    for note in found[:MOST_ROWS]:
        key, tone = ("damage", Tone.WARNING) if note.damage else ("note", Tone.NOTE)
        yield Paragraph(said(LABELS[key], note=note_shown(note)), tone)


def journey_table(material: Material) -> Table | None:
    """Return the table of mails on their way, None where there is none."""
    analysis = material.analysis
    rows = journey_rows(analysis, analysis.journeys[:MOST_ROWS])
    if not rows:
        return None
    links = tuple(f"journey-{row.number}" if material.wants("journeys") else "" for row in rows)
    return Table(
        "journeys",
        said(LABELS["journeys"]),
        _columns(JOURNEY_TITLES, JOURNEY_KINDS, JOURNEY_WEIGHTS),
        tuple(tuple(map(arrows, row[:-1])) for row in rows),
        links,
        left_out(len(analysis.journeys), len(rows)),
    )


def conversation_table(material: Material) -> Table | None:
    """Return the table of conversations, None where there is none."""
    groups = material.groups[:MOST_ROWS]
    rows = table_rows(material.analysis, groups)
    if not rows:
        return None
    cells = tuple(
        (
            *(row.number, row.packets, row.start, row.protocol, f"{row.client} → {row.server}"),
            *(arrows(row.happened), row.result, row.duration),
        )
        for row in rows
    )
    told = len(material.told) if material.wants("walkthroughs", "packets", "waits") else 0
    links = tuple(material.anchors[group[0].id] if place < told else "" for place, group in enumerate(groups))
    return Table(
        "conversations",
        said(LABELS["conversations"]),
        _columns(TABLE_TITLES, TABLE_KINDS, TABLE_WEIGHTS),
        cells,
        links,
        left_out(len(material.groups), len(rows)),
    )


def _columns(titles: Sequence[str], kinds: Sequence[Kind], weights: Sequence[int]) -> tuple[Column, ...]:
    return tuple(Column(said(title), kind, weight) for title, kind, weight in zip(titles, kinds, weights, strict=True))


def named(naming: Naming, address: str) -> str:
    """Return a host by name and address."""
    name = naming.of(address)
    return address if name == address else f"{name} ({address})"
