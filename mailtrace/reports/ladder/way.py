"""The way of one mail from left to right: hosts as stops, hops as legs, branches where it went to several.

A hop goes on where the one before it ended. What was tried again, or fetched again, is a branch of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from mailtrace.explain.journeys.summary import (
    chain,
    hop_names,
    made_there,
    outcome,
    people,
    recipient_outcome,
    subject,
)
from mailtrace.explain.texts import text
from mailtrace.mail.naming import Naming
from mailtrace.model import Analysis, Hop, HopKind, Journey, JourneyOutcome
from mailtrace.model.language import said
from mailtrace.reports.ladder.figures import Leg, Stop, Way
from mailtrace.reports.ladder.rungs import with_arrows
from mailtrace.reports.times import offset

MAX_HOPS = 24
"""Hops of one figure: mails take three to six; more are a mail in circles or to very many."""

FAILED = (HopKind.REFUSED, HopKind.DEFERRED)

GOOD = {
    JourneyOutcome.FETCHED: True,
    JourneyOutcome.DELIVERED: True,
    JourneyOutcome.ACCEPTED: True,
    JourneyOutcome.BOUNCED: False,
    JourneyOutcome.REJECTED: False,
}
"""Whether an outcome is good; of the others that is not known yet."""


def way_of(analysis: Analysis, journey: Journey) -> Way:
    """Return the way of a mail."""
    naming = Naming(analysis.hosts)
    protocols = {each.id: each.protocol for each in analysis.conversations}
    starts = {each.id: each.start_ns for each in analysis.conversations}
    first = journey.hops[0] if journey.hops else None
    began = starts.get(first.conversation or 0, first.time_ns) if first is not None else None
    stops, legs = list[Stop](), list[Leg]()
    ends: dict[int, int] = {}
    roots: dict[str, int] = {}
    for place, hop in enumerate(journey.hops[:MAX_HOPS]):
        sender, receiver = hop_names(hop, naming)
        source = ends.get(hop.before) if hop.before is not None else roots.get(hop.sender)
        if source is None:
            source = roots[hop.sender] = len(stops)
            stops.append(_stop(sender, hop.sender, 0))
        ends[place] = source
        if made_there(hop):
            continue
        if hop.kind not in FAILED:
            ends[place] = len(stops)
        legs.append(_leg(hop, source, len(stops), protocols, began))
        stops.append(_stop(receiver, hop.receiver, stops[source].column + 1))
    rows = _rows(len(stops), legs)
    fates = _fates(journey, ends)
    return Way(
        title=with_arrows(said("{subject}: {people}", subject=subject(journey), people=people(journey))),
        summary=with_arrows(said("{what}: {result}", what=chain(journey, naming), result=outcome(journey).says)),
        stops=tuple(replace(stop, row=rows[at], fates=tuple(fates.get(at, ()))) for at, stop in enumerate(stops)),
        legs=tuple(legs),
        more=max(0, len(journey.hops) - MAX_HOPS),
    )


def _stop(name: str, address: str, column: int) -> Stop:
    return Stop(name, (address,) if address and address != name else (), column, 0)


def _rows(many: int, legs: Sequence[Leg]) -> list[int]:
    """Return the row of each stop: the first way on from a stop stays in its row, others have rows below."""
    onward: dict[int, list[int]] = {}
    for leg in legs:
        onward.setdefault(leg.source, []).append(leg.target)
    reached = {leg.target for leg in legs}
    waiting = [(at, -1) for at in reversed(range(many)) if at not in reached]
    rows, used = [0] * many, -1
    while waiting:
        at, row = waiting.pop()
        if row < 0:
            used += 1
            row = used
        rows[at] = row
        following = onward.get(at, [])
        waiting += [(each, -1) for each in reversed(following[1:])]
        waiting += [(each, row) for each in following[:1]]
    return rows


def _leg(hop: Hop, source: int, target: int, protocols: dict[int, str], began_ns: int | None) -> Leg:
    """Return a hop as it is drawn."""
    above = []
    if hop.conversation is not None:
        protocol = protocols.get(hop.conversation, "").upper()
        above.append(text("conversation", protocol=protocol, id=hop.conversation))
    else:
        above.append(said("not captured"))
    if hop.time_ns is not None and began_ns is not None and hop.conversation is not None:
        above.append(said("{time} s", time=offset(hop.time_ns - began_ns)))
    good = hop.kind not in FAILED
    below = [said("as {queue_id}", queue_id=hop.queue_id)] if hop.queue_id else []
    if not good:
        word = said("refused") if hop.kind is HopKind.REFUSED else said("put off")
        below.append(said("{word}: {status}", word=word, status=hop.status) if hop.status else word)
    return Leg(source, target, tuple(above), tuple(below), good, hop.conversation is not None)


def _fates(journey: Journey, ends: Mapping[int, int]) -> dict[int, list[tuple[str, bool | None]]]:
    """Return what became of the mail for each recipient, by the stop where that was."""
    fates: dict[int, list[tuple[str, bool | None]]] = {}
    for recipient in journey.recipients:
        at = ends.get(recipient.hop, 0) if recipient.hop is not None else 0
        told = said(
            "{address}: {outcome}", address=recipient.address, outcome=recipient_outcome(journey, recipient).says
        )
        fates.setdefault(at, []).append((told, GOOD.get(recipient.outcome)))
    return fates
