"""Conversations: each with its ladder, where its time went, its steps, its packets, and the telling ones in full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailtrace.explain.frame import FrameView, steps_of
from mailtrace.explain.listing import ListingRow
from mailtrace.model import Conversation, Walkthrough
from mailtrace.model.language import said
from mailtrace.reports.document.blocks import (
    Block,
    Fact,
    Facts,
    Kind,
    Paragraph,
    Section,
    Table,
    Tone,
    Verbatim,
)
from mailtrace.reports.document.figures import ladder_figures
from mailtrace.reports.document.material import MOST_PACKETS_EACH, Material, conversation_anchor, packets_of
from mailtrace.reports.document.parts.steps import steps_block, waits_block
from mailtrace.reports.document.parts.wording import arrows, left_out, wireshark_filter
from mailtrace.reports.frames import hex_lines, tree_lines
from mailtrace.reports.overview import listing_cells, ranges, since
from mailtrace.reports.tables.packets import HEADINGS, USUAL, packet_rows
from mailtrace.reports.tables.values import Sheet, as_block
from mailtrace.reports.times import duration

LABELS = {
    "walkthroughs": "Conversations, step by step",
    "conversations": "Conversations",
    "packets section": "Packets {first} to {last}",
    "packets": "Packets",
    "begin": "Begins",
    "begins": "{offset} s after the beginning of the capture",
    "took": "Duration",
    "what": "What happened",
    "how": "How it ended",
    "filter": "Wireshark filter",
    "steps": "Step by step",
    "list": "The packets",
    "listed": "Packets of {title}",
    "all": "Packets {first} to {last}, as Wireshark lists them",
    "full": "Telling packets in full",
    "others": "Other packets in full",
    "frame": "Packet {number}: {info}",
    "where": "{source} → {destination}, {protocol}, at {time} s, {length} octets",
    "step": "Step {number}: {means}",
    "fields": "Its layers, from the inside out",
    "octets": "Its octets",
}

MOST_BEFORE_WAITS = 2
"""Pages of a ladder that stand before the waits: a longer one begins on a page of its own, and leaves room for them."""

LONGEST_HEADING = 90
"""Characters of what a packet says in the heading above it; the whole of it stands below."""


def talks_section(material: Material) -> Section | None:
    """Return the conversations told, None where nothing of them is wanted or there is none."""
    if not material.wants("walkthroughs", "packets", "waits") or not (material.told or material.frames):
        return None
    more = left_out(len(material.groups), len(material.told))
    blocks = (Paragraph(more, Tone.NOTE),) if more else ()
    told = zip(material.groups, material.told, strict=False)
    sections = [_conversation(material, group, each) for group, each in told]
    sections += _other_frames(material)
    heading = said(LABELS["walkthroughs" if _stepwise(material) else "conversations"])
    return Section(heading, "conversations", blocks, tuple(sections), part="walkthroughs")


def _stepwise(material: Material) -> bool:
    """Tell whether conversations are told step by step; where mails were asked for, these are."""
    return material.wants("walkthroughs") and not material.wishes.by_journey


def _conversation(material: Material, group: Sequence[Conversation], told: Walkthrough) -> Section:
    anchor, explained = conversation_anchor(group), material.wishes.explained
    blocks: list[Block] = [Facts(tuple(_facts(material, group, told)))]
    times: list[Block] = []
    if told.times is not None and material.wants("waits"):
        times.append(waits_block(told.times, explained))
    ladder: list[Block] = [*ladder_figures(material, told)] if _stepwise(material) else []
    blocks += [*times, *ladder] if len(ladder) > MOST_BEFORE_WAITS else [*ladder, *times]
    sections = []
    if _stepwise(material):
        steps = tuple(steps_block(told.steps, explained))
        sections.append(Section(said(LABELS["steps"]), f"{anchor}-steps", steps))
    if material.wants("packets"):
        sections += _packets(material, group, told, anchor)
    return Section(arrows(told.title), anchor, tuple(blocks), tuple(sections))


def _facts(material: Material, group: Sequence[Conversation], told: Walkthrough) -> Iterator[Fact]:
    start, end = min(each.start_ns for each in group), max(each.end_ns for each in group)
    yield Fact(said(LABELS["what"]), (arrows(told.summary),))
    yield Fact(said(LABELS["how"]), (arrows(told.result),))
    yield Fact(said(LABELS["packets"]), (ranges([number for each in group for number in each.numbers]),), Kind.CODE)
    offset = since(material.everything.capture.first_ns, start)
    yield Fact(said(LABELS["begin"]), (said(LABELS["begins"], offset=offset),))
    yield Fact(said(LABELS["took"]), (duration(end - start),))
    yield Fact(said(LABELS["filter"]), (wireshark_filter(group),), Kind.CODE)


def _packets(material: Material, group: Sequence[Conversation], told: Walkthrough, anchor: str) -> Iterator[Section]:
    """Yield the list of packets, and those in full."""
    numbers = packets_of(group, told)
    if material.wishes.packets is None:  # else all of the range stand in one table
        rows = [material.rows[number] for number in numbers[:MOST_PACKETS_EACH] if number in material.rows]
        if rows:
            caption = said(LABELS["listed"], title=arrows(told.title))
            table = packet_table(caption, rows, left_out(len(numbers), len(rows)))
            yield Section(said(LABELS["list"]), f"{anchor}-packets", (table,))
    frames = [material.frames[number] for number in numbers if number in material.frames]
    if frames:
        sections = tuple(frame_section(frame, told, material.wishes.explained, f"{anchor}-frame") for frame in frames)
        yield Section(said(LABELS["full"]), f"{anchor}-frames", (), sections)


def _other_frames(material: Material) -> Iterator[Section]:
    """Yield the packets in full that belong to none of the conversations told."""
    inside = {
        number
        for group, told in zip(material.groups, material.told, strict=False)
        for number in packets_of(group, told)
    }
    others = [frame for number, frame in sorted(material.frames.items()) if number not in inside]
    if others:
        frames = tuple(frame_section(frame, None, material.wishes.explained, "frame") for frame in others)
        yield Section(said(LABELS["others"]), "frames", (), frames)


def range_section(material: Material) -> Section | None:
    """Return all packets of the range that was asked for, in one table; None where none was."""
    if material.wishes.packets is None or not material.wants("packets"):
        return None
    first, last = material.wishes.packets
    rows = [row for number, row in sorted(material.rows.items()) if first <= number <= last]
    heading = said(LABELS["packets section"], first=first, last=last)
    caption = said(LABELS["all"], first=first, last=last)
    count = min(last, material.everything.capture.packets) - first + 1
    table = packet_table(caption, rows, left_out(count, len(rows)))
    return Section(heading, "packets", (table,), part="packets")


def packet_table(caption: str, rows: Sequence[ListingRow], more: str) -> Table:
    """Return packets with Wireshark's columns."""
    return as_block(Sheet("packets", caption, HEADINGS[:USUAL], list(packet_rows(rows)), len(rows)), caption, more=more)


def frame_section(frame: FrameView, told: Walkthrough | None, explained: bool, anchor: str) -> Section:
    """Return one packet in full: what it means, its fields, its octets."""
    number, time, source, destination, protocol, length, info = listing_cells(frame.row)
    shown = info if len(info) <= LONGEST_HEADING else f"{info[:LONGEST_HEADING].rstrip()} ..."
    heading = said(LABELS["frame"], number=number, info=shown)
    where = said(LABELS["where"], source=source, destination=destination, protocol=protocol, time=time, length=length)
    blocks: list[Block] = [Paragraph(where)]
    for step in steps_of(frame.row.number, told) if told is not None and explained else ():
        if step.means:
            blocks.append(Paragraph(said(LABELS["step"], number=step.number, means=step.means)))
    fields = [line for title, lines in tree_lines(frame) for line in (title, *lines)]
    if frame.tree.trouble:
        fields.append(frame.tree.trouble)
    blocks.append(Verbatim(said(LABELS["fields"]), tuple(fields), short=True))
    blocks.append(Verbatim(said(LABELS["octets"]), tuple(hex_lines(frame.octets, frame.hidden)), wide=True))
    return Section(heading, f"{anchor}-{number}", tuple(blocks))
