"""Walkthroughs as blocks: their steps, where the time went, and of journeys the headings as sections of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailtrace.explain.waits.said import LATE_NS
from mailtrace.model import Side, Step, StepKind, TimeTable
from mailtrace.model.language import said
from mailtrace.reports.document.blocks import Block, Bullets, Paragraph, Share, StepItem, Steps, Tone, Waits
from mailtrace.reports.document.material import MOST_ROWS
from mailtrace.reports.document.parts.wording import arrows, left_out
from mailtrace.reports.overview import ranges, rfc
from mailtrace.reports.timebars import WAIT_TITLE, wait_cells
from mailtrace.reports.times import duration, offset

WHOLE = 10_000
"""Parts of a time that the spans of its shares are told in."""

LITERAL = (StepKind.COMMAND, StepKind.REPLY)
"""Steps that say the wire's own words."""

SIDES = {Side.CLIENT: "client", Side.SERVER: "server"}


def steps_block(steps: Sequence[Step], explained: bool) -> list[Block]:
    """Return steps of a walkthrough, nothing where there are none."""
    if not steps:
        return []
    shown = tuple(_item(step, explained) for step in steps[:MOST_ROWS])
    more = left_out(len(steps), len(shown))
    return [Steps(shown, explained), *([Paragraph(more, Tone.NOTE)] if more else [])]


def _item(step: Step, explained: bool) -> StepItem:
    return StepItem(
        number=step.number,
        kind=step.kind.value,
        side=SIDES[step.side],
        packets=ranges(step.packets),
        acks=ranges(step.acks) if step.acks else "",
        at=offset(step.offset_ns),
        after=offset(step.since_ns) if step.number > 1 else "",
        speaker=step.speaker,
        listener=step.listener,
        says=step.says if step.kind in LITERAL else tuple(map(arrows, step.says)),
        literal=step.kind in LITERAL,
        means=step.means if explained else "",
        source=rfc(step.source),
        late=step.number > 1 and step.since_ns >= LATE_NS,
    )


def heading_blocks(step: Step, explained: bool) -> Iterator[Block]:
    """Yield what a heading of a journey says below its first line; a fact that is one of several is an item."""
    items: list[str] = []
    for fact in step.says[1:]:
        item = fact.removeprefix("  - ")
        if item != fact:
            items.append(arrows(item))
            continue
        if items:
            yield Bullets(tuple(items))
            items = []
        yield Paragraph(arrows(fact))
    if items:
        yield Bullets(tuple(items))
    if explained and step.means:
        yield Paragraph(step.means)


def waits_block(times: TimeTable, explained: bool) -> Waits:
    """Return where some time went."""
    shares = []
    for share, cells in zip(times.shares, wait_cells(times), strict=False):
        letter, took, percent, what, packets, why = cells
        spans = tuple(
            (start * WHOLE // times.total_ns, -(-(start + length) * WHOLE // times.total_ns))
            for start, length in share.spans
        )
        shares.append(Share(letter, what, took, percent, packets, why if explained else "", _joined(spans)))
    return Waits(said(WAIT_TITLE), duration(times.total_ns), times.sums, tuple(shares))


def _joined(spans: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return spans in order with those that touch as one: thousands of short ones make no better picture."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)
