"""Mails that tell what became of other mails: bounces, warnings, receipts. Source: RFC 3464, RFC 8098."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from msgspec.structs import replace

from mailtrace.mail.journeys.outcomes import worst
from mailtrace.mail.journeys.trace import Trace
from mailtrace.mail.journeys.words import WORDS
from mailtrace.model import DeliveryReport, Journey, JourneyOutcome, RecipientOutcome, ReportedRecipient
from mailtrace.model.language import said

_DELIVERED = frozenset((JourneyOutcome.FETCHED, JourneyOutcome.DELIVERED))
_ARRIVED = frozenset(("delivered", "displayed", "deleted", "dispatched", "processed"))
"""Actions that only what lies in a mailbox can have: RFC 3464 section 2.3.3, RFC 8098 section 3.2.6.2."""

REPORTED_LIMIT = 1_000
"""Recipients of one report that are looked at, as many as an envelope has at most here."""


def with_reports(journeys: list[Journey], traces: Sequence[Trace], groups: Sequence[Sequence[int]]) -> list[Journey]:
    """Return journeys with what mails among them report of the others: `groups` are the places of each one's traces.

    The mail that a report is about is known by its Message-ID, or else by the number under which a server had it. Of
    several it is the last one before.
    """
    by_name: dict[str, list[int]] = {}
    for place, journey in enumerate(journeys):
        names = {journey.message_id, *(hop.queue_id for hop in journey.hops)}
        for name in filter(None, names):
            by_name.setdefault(name, []).append(place)
    for place, group in enumerate(groups):
        trace = next((traces[each] for each in group if traces[each].reports is not None), None)
        if trace is None or trace.reports is None:
            continue
        original = _original(trace.reports, place, by_name)
        if original is not None:
            journeys[place] = replace(journeys[place], reports=original + 1)
            journeys[original] = _told(journeys[original], trace.reports, trace)
    return journeys


def _original(report: DeliveryReport, place: int, by_name: dict[str, list[int]]) -> int | None:
    """Return the place of the journey that a report is about, None where it was not captured."""
    for name in (report.message_id, report.queue_id):
        known = by_name.get(name or "", [])
        at = bisect_left(known, place)
        for each in (*known[at - 1 : at], *known[at : at + 2]):
            if each != place:
                return each
    return None


def _told(journey: Journey, report: DeliveryReport, trace: Trace) -> Journey:
    """Return a journey with what a report says of its recipients."""
    reported: dict[str, ReportedRecipient] = {}
    for each in report.recipients[:REPORTED_LIMIT]:
        for address in filter(None, (each.address, each.original)):
            reported.setdefault(address.lower(), each)
    recipients = []
    for recipient in journey.recipients:
        told = reported.get(recipient.address.lower())
        recipients.append(recipient if told is None else _outcome(recipient, told, report, trace))
    outcome = worst(recipients) if recipients else journey.outcome
    return replace(journey, recipients=tuple(recipients), outcome=outcome)


def _outcome(
    recipient: RecipientOutcome, told: ReportedRecipient, report: DeliveryReport, trace: Trace
) -> RecipientOutcome:
    """Return what is known of a recipient now; what was seen counts more than what is reported."""
    if recipient.outcome in _DELIVERED or told.action is None:
        return recipient
    facts = {"host": report.reporter or trace.client, "packet": trace.packets[-1] if trace.packets else 0}
    if told.action in _ARRIVED:
        return replace(recipient, outcome=JourneyOutcome.DELIVERED, because=said(WORDS["arrived"], **facts))
    if told.action != "failed":
        return recipient
    diagnostic = told.diagnostic or told.status
    because = said(WORDS["bounced-text" if diagnostic else "bounced"], text=diagnostic, **facts)
    return replace(recipient, outcome=JourneyOutcome.BOUNCED, because=because)
