"""The second opinion as a report: what nothing explains first and in full, then the known faults with their places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct

from mailtrace.crosscheck.facts import Difference, Fact, Kind
from mailtrace.crosscheck.faults import Explained, Fault
from mailtrace.model import MASK
from mailtrace.model.figures import alternatives
from mailtrace.model.language import counted, said
from mailtrace.protocols.pop3 import words as pop3
from mailtrace.protocols.smtp import words as smtp
from mailtrace.reports.layout import Page, console, text_stream
from mailtrace.reports.overview import packets_shown, ranges
from mailtrace.reports.safe import json_safe

SCHEMA = "mailtrace-crosscheck/1"

MOST_PLACES = 12
"""Places of one known fault that are listed on a terminal; more are counted."""

SUMS = "{differences} explained by known faults of tshark, {count} unexplained."
DIFFERENCES = ("{count} difference", "{count} differences")

KINDS = {kind: kind.value for kind in Kind}
"""What facts are about, in words."""

VERBS = frozenset({*smtp.COMMANDS, *pop3.COMMANDS})
"""Words that are commands. What tshark takes for one may be a password: other words that only it sees are masked."""


class Opinions(Struct, frozen=True):
    """What was compared: how many facts each side has, and the differences in the order of packets.

    `complaint` is what tshark said when it did not end well, None when it did.
    """

    name: str
    tshark: str
    ours: int
    theirs: int
    cases: tuple[Explained, ...]
    complaint: str | None = None

    @property
    def unexplained(self) -> list[Explained]:
        """The differences that no known fault explains."""
        return [case for case in self.cases if case.fault is None]

    @property
    def agreed(self) -> int:
        """How many of our facts tshark sees in the same way."""
        return self.ours - sum(case.difference.ours is not None for case in self.cases)


def write_terminal(opinions: Opinions, out: BinaryIO) -> None:
    """Write the report for people."""
    with text_stream(out) as stream:
        page = Page(console(stream))
        _summary(page, opinions)
        for case in opinions.unexplained:
            _case(page, case)
        faults = {case.fault.name: case.fault for case in opinions.cases if case.fault is not None}
        for name, fault in faults.items():
            _fault(page, fault, [case for case in opinions.cases if case.fault and case.fault.name == name])


def write_json(opinions: Opinions, out: BinaryIO) -> None:
    """Write the report as one JSON object."""
    record = {
        "schema": SCHEMA,
        "capture": opinions.name,
        "tshark": opinions.tshark,
        "tshark_complaint": opinions.complaint,
        "facts": {"mailtrace": opinions.ours, "tshark": opinions.theirs, "agreed": opinions.agreed},
        "unexplained": len(opinions.unexplained),
        "differences": [_record(case) for case in opinions.cases],
    }
    out.write(json_safe(msgspec.json.format(msgspec.json.encode(record), indent=1)) + b"\n")


def _summary(page: Page, opinions: Opinions) -> None:
    page.paragraph(
        page.dotted(
            page.text(opinions.name, "bold"),
            page.text(counted("mailtrace tells {count} fact", "mailtrace tells {count} facts", opinions.ours)),
            page.text(said("tshark {version} tells {count}", version=opinions.tshark, count=opinions.theirs)),
            page.text(said("{count} agree", count=opinions.agreed)),
        )
    )
    known, unexplained = len(opinions.cases) - len(opinions.unexplained), len(opinions.unexplained)
    if opinions.complaint:
        page.paragraph(page.text(said("tshark did not end well: {why}", why=opinions.complaint), "yellow"))
    if not opinions.cases:
        page.paragraph(page.text(said("The two agree in everything.")))
        return
    sums = said(SUMS, differences=counted(*DIFFERENCES, known), count=unexplained)
    page.paragraph(page.text(sums, "bold red" if unexplained else ""))


def _case(page: Page, case: Explained) -> None:
    """Print an unexplained difference in full."""
    difference = case.difference
    page.put()
    page.paragraph(page.text(f"{_where(case)}: {said(KINDS[difference.fact.kind])}", "bold"))
    page.paragraph(page.text(f"mailtrace  {_words(difference.ours, difference)}"), 2)
    page.paragraph(page.text(f"tshark     {_words(difference.theirs, difference)}{_elsewhere(difference)}"), 2)


def _fault(page: Page, fault: Fault, cases: Sequence[Explained]) -> None:
    """Print a known fault and where it shows."""
    page.put()
    page.paragraph(
        page.text(
            said("Known: {fault} ({differences})", fault=fault.name, differences=counted(*DIFFERENCES, len(cases))),
            "bold",
        )
    )
    page.paragraph(page.text(said(fault.says), "italic"), 2)
    places = Counter(f"{_where(case)}: {_short(case.difference)}" for case in cases)
    for place, count in islice(places.items(), MOST_PLACES):
        page.paragraph(page.text(said("{place} ({count} times)", place=place, count=count) if count > 1 else place), 2)
    if len(places) > MOST_PLACES:
        page.paragraph(page.text(said("and {count} more", count=len(places) - MOST_PLACES), "dim"), 2)


def _where(case: Explained) -> str:
    fact, conversation = case.difference.fact, case.conversation
    packets = packets_shown(fact.packets)
    if conversation is not None:
        own = conversation.protocol
        return said("{packets}, conversation {id} ({protocol})", packets=packets, id=conversation.id, protocol=own)
    return said("{packets}, TCP stream {id}", packets=packets, id=fact.stream) if fact.stream is not None else packets


def _short(difference: Difference) -> str:
    """Say in a few words who sees what; where both see the same mail, the sizes tell it."""
    ours, theirs, kind = difference.ours, difference.theirs, said(KINDS[difference.fact.kind])
    if ours is None or theirs is None:
        who = "tshark" if ours is None else "mailtrace"
        return said(
            "{kind} {words}, only in {program}", kind=kind, words=_words(difference.fact, difference), program=who
        )
    shown = alternatives(theirs.details) if ours.says == theirs.says and theirs.details else _words(theirs, difference)
    theirs_shown = f"{shown}{_elsewhere(difference)}"
    return said("{kind} {ours}; in tshark {theirs}", kind=kind, ours=_words(ours, difference), theirs=theirs_shown)


def _elsewhere(difference: Difference) -> str:
    """Say where tshark sees it when that is another packet."""
    ours, theirs = difference.ours, difference.theirs
    apart = ours is not None and theirs is not None and not {*ours.packets} & {*theirs.packets}
    return f" {said('in packet {numbers}', numbers=ranges(theirs.packets))}" if apart and theirs is not None else ""


def _words(fact: Fact | None, difference: Difference) -> str:
    """Say what one of the two sees."""
    if fact is None:
        return said("nothing")
    details = alternatives(fact.details[:1] if fact is difference.ours else fact.details)
    shown = _shown(fact, difference)
    if fact.kind is Kind.LOOKUP:
        return f"{shown}? {details}"
    if fact.kind is Kind.MESSAGE:
        return ", ".join(part for part in (shown or said("without Message-ID"), details) if part)
    return shown


def _shown(fact: Fact, difference: Difference) -> str:
    hidden = fact.kind is Kind.COMMAND and difference.ours is None and fact.says not in VERBS
    return MASK.decode() if hidden else fact.says


def _record(case: Explained) -> dict[str, Any]:
    difference, conversation = case.difference, case.conversation
    return {
        "kind": difference.fact.kind.value,
        "conversation": conversation.id if conversation else None,
        "protocol": conversation.protocol if conversation else None,
        "tcp_stream": difference.fact.stream,
        "packets": difference.fact.packets,
        "mailtrace": _side(difference.ours, difference),
        "tshark": _side(difference.theirs, difference),
        "fault": case.fault.name if case.fault else None,
        "explanation": said(case.fault.says) if case.fault else None,
    }


def _side(fact: Fact | None, difference: Difference) -> dict[str, Any] | None:
    if fact is None:
        return None
    return {"says": _shown(fact, difference), "details": fact.details, "packets": fact.packets}
