"""Mails on their way: each with the figure of it, hop by hop how it is known to be the same mail, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailtrace.model import Step, StepKind, Walkthrough
from mailtrace.model.language import said
from mailtrace.reports.document.blocks import Block, Paragraph, Section, Tone
from mailtrace.reports.document.figures import journey_figure, ladder_figures
from mailtrace.reports.document.material import Material
from mailtrace.reports.document.parts.steps import heading_blocks, steps_block, waits_block
from mailtrace.reports.document.parts.wording import arrows, left_out
from mailtrace.reports.overview import HEADINGS, NO_JOURNEY

LABELS = {
    "section": "Mails on their way",
    "result": "{way}: {result}",
    "ended": "How it ended",
}


def journeys_section(material: Material) -> Section | None:
    """Return the journeys that were chosen, None where there is none."""
    if not material.ways:
        if not material.wishes.by_journey:
            return None
        return Section(said(LABELS["section"]), "journeys", (Paragraph(said(NO_JOURNEY)),), part="journeys")
    more = left_out(len(material.analysis.journeys), len(material.ways))
    blocks = (Paragraph(more, Tone.NOTE),) if more else ()
    sections = tuple(_journey(material, told) for told in material.ways)
    return Section(said(LABELS["section"]), "journeys", blocks, sections, part="journeys")


def _journey(material: Material, told: Walkthrough) -> Section:
    anchor, wishes = f"journey-{told.journey}", material.wishes
    journey = next(each for each in material.analysis.journeys if each.id == told.journey)
    blocks: list[Block] = [
        Paragraph(arrows(said(LABELS["result"], way=told.summary, result=told.result)), Tone.RESULT),
        *(Paragraph(arrows(fact)) for fact in told.facts),
        *journey_figure(material, journey),
    ]
    if told.times is not None and material.wants("waits"):
        blocks.append(waits_block(told.times, wishes.explained))
    if wishes.by_journey:
        blocks += ladder_figures(material, told)
    return Section(arrows(told.title), anchor, tuple(blocks), tuple(_hops(material, told, anchor)))


def _hops(material: Material, told: Walkthrough, anchor: str) -> Iterator[Section]:
    """Yield a section for each hop, with its steps where mails were asked for, and one for how it ended."""
    explained, steps_too = material.wishes.explained, material.wishes.by_journey
    ended: list[Block] = []
    for number, (heading, steps) in enumerate(_by_heading(told.steps), 1):
        if heading.kind is StepKind.OUTCOME:
            ended += [Paragraph(arrows(heading.says[0]), Tone.RESULT), *heading_blocks(heading, explained)]
            continue
        blocks = [*heading_blocks(heading, explained), *(steps_block(steps, explained) if steps_too else ())]
        yield Section(arrows(heading.says[0]), f"{anchor}-hop-{number}", tuple(blocks))
    if ended:
        yield Section(said(LABELS["ended"]), f"{anchor}-end", tuple(ended))


def _by_heading(steps: Sequence[Step]) -> list[tuple[Step, list[Step]]]:
    found: list[tuple[Step, list[Step]]] = []
    for step in steps:
        if step.kind in HEADINGS:
            found.append((step, []))
        elif found:
            found[-1][1].append(step)
    return found
