"""Answers to expectations: for people on a terminal, as JSON, and as JUnit XML for what grades or builds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import BinaryIO, NamedTuple
from xml.sax.saxutils import escape, quoteattr

import msgspec
from rich.cells import set_cell_size

from mailtrace.expectations.words import Answer, Proof
from mailtrace.model import CaptureInfo
from mailtrace.model.language import counted, said
from mailtrace.model.remarks import remark
from mailtrace.reports.json import encoded
from mailtrace.reports.layout import Page, console, text_stream
from mailtrace.reports.overview import capture_facts, packets_shown
from mailtrace.reports.safe import safe

SCHEMA = "mailtrace-check/1"

YES, NO = "yes", "NO"

MORE = "and {count} more"

INDENT = 5
"""Of what stands below a title: the width of its answer and two blanks."""


class Checked(NamedTuple):
    """What was checked: the capture, the title of the file of expectations ('' without one), and all answers."""

    capture: CaptureInfo
    title: str
    answers: Sequence[Answer]

    @property
    def failed(self) -> int:
        """How many expectations do not hold."""
        return sum(not answer.holds for answer in self.answers)


def write_checks(format: str, checked: Checked, out: BinaryIO) -> None:
    """Write the answers in one of the `FORMATS`."""
    FORMATS[format](checked, out)


def write_terminal(checked: Checked, out: BinaryIO) -> None:
    """Write the answers for people."""
    with text_stream(out) as stream:
        page = Page(console(stream))
        page.paragraph(page.dotted(*(page.text(fact) for fact in capture_facts(checked.capture))))
        for note in checked.capture.notes:
            if note.damage:
                page.paragraph(page.text(said("Note: {note}", note=remark(note.message)), "yellow"))
        if checked.title:
            page.paragraph(page.text(checked.title, "bold"))
        for answer in checked.answers:
            page.put()
            _answer(page, answer)
        page.put()
        page.paragraph(page.text(_sum(checked), "bold red" if checked.failed else "bold green"))


def _answer(page: Page, answer: Answer) -> None:
    """Print whether an expectation holds, and why."""
    expectation = answer.expectation
    style = "green" if answer.holds else "bold red"
    page.put(page.text(_answered(answer.holds), style), page.text(expectation.title, "bold"))
    if expectation.title != expectation.asks:
        page.paragraph(page.text(expectation.asks, "dim"), INDENT)
    page.paragraph(page.text(answer.found), INDENT)
    for proof in answer.proofs:
        page.paragraph(page.text(f"{'+' if proof.fits else '-'} {_told(proof)}"), INDENT)
    if answer.more:
        page.paragraph(page.text(said(MORE, count=f"{answer.more:,}"), "dim"), INDENT)


def _answered(holds: bool) -> str:
    """Return the answer, as wide as what stands below is indented."""
    return set_cell_size(said(YES if holds else NO), INDENT)


def _told(proof: Proof) -> str:
    """Return a proof on one line, its packets last."""
    says = "; ".join([proof.says, *proof.facts])
    return f"{says} ({packets_shown(proof.packets)})" if proof.packets else says


def _sum(checked: Checked) -> str:
    many = counted("{count} expectation", "{count} expectations", len(checked.answers))
    if not checked.failed:
        return said("Of {expectations} all hold.", expectations=many)
    return said(
        "Of {expectations} {count} does not hold." if checked.failed == 1 else "Of {expectations} {count} do not hold.",
        expectations=many,
        count=f"{checked.failed:,}",
    )


def write_json(checked: Checked, out: BinaryIO) -> None:
    """Write the answers as one JSON object."""
    record = {
        "schema": SCHEMA,
        "captures": checked.capture.files,
        "title": checked.title or None,
        "holds": not checked.failed,
        "expectations": len(checked.answers),
        "failed": checked.failed,
        "notes": [remark(note.message) for note in checked.capture.notes if note.damage],
        "answers": [_record(answer) for answer in checked.answers],
    }
    out.write(msgspec.json.format(encoded(record), indent=1) + b"\n")


def _record(answer: Answer) -> dict[str, object]:
    expectation = answer.expectation
    return {
        "number": expectation.number,
        "title": expectation.title,
        "expected": expectation.asks,
        "holds": answer.holds,
        "found": answer.found,
        "packets": answer.packets,
        "proofs": [proof._asdict() for proof in answer.proofs],
        "more": answer.more,
    }


def write_junit(checked: Checked, out: BinaryIO) -> None:
    """Write the answers as JUnit XML: the capture is a suite, each expectation a case."""
    name = quoteattr(safe(checked.title or ", ".join(checked.capture.files)))
    totals = f'tests="{len(checked.answers)}" failures="{checked.failed}" errors="0" skipped="0"'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites {totals}>", f"<testsuite name={name} {totals}>"]
    for answer in checked.answers:
        lines += _case(answer, ", ".join(checked.capture.files))
    lines += ["</testsuite>", "</testsuites>", ""]
    out.write("\n".join(lines).encode())


def _case(answer: Answer, capture: str) -> list[str]:
    """Return one case; what an answer rests on is its output, or the text of its failure."""
    expectation = answer.expectation
    told = [answer.found, *(f"{'+' if proof.fits else '-'} {_told(proof)}" for proof in answer.proofs)]
    if answer.more:
        told.append(said(MORE, count=f"{answer.more:,}"))
    body = "\n".join(escape(safe(line)) for line in [expectation.asks, *told])
    title = quoteattr(safe(f"{expectation.number}. {expectation.title}"))
    head = f'<testcase name={title} classname={quoteattr(safe(capture))} time="0">'
    if answer.holds:
        return [head, f"<system-out>{body}</system-out>", "</testcase>"]
    return [
        head,
        f'<failure type="expectation" message={quoteattr(safe(answer.found))}>{body}</failure>',
        "</testcase>",
    ]


FORMATS: dict[str, Callable[[Checked, BinaryIO], None]] = {
    "terminal": write_terminal,
    "json": write_json,
    "junit": write_junit,
}
"""Who writes each format."""
