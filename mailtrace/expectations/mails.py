"""Expectations of mails on their way: how far they came, between which domains, who fetched them, what was left.

Bounces, warnings and receipts tell of other mails, and do not count as mails themselves.
"""

from __future__ import annotations

from mailtrace.expectations.picking import domain_of, has_address
from mailtrace.expectations.values import one_of, seconds, text, yes
from mailtrace.expectations.words import Demand, Fact, Kind, Pick
from mailtrace.explain.journeys.summary import outcome as outcome_told
from mailtrace.explain.journeys.summary import people, subject
from mailtrace.explain.texts import listed
from mailtrace.findings.facts import Facts, Talk, Way
from mailtrace.findings.pop3_mails import ended_with_quit, mail_exchanges, marked_mails
from mailtrace.model import NO_TIME, Hop, HopKind, JourneyOutcome, Outcome
from mailtrace.model.figures import seconds as figure
from mailtrace.model.language import said

OUTCOMES = tuple(each.value for each in JourneyOutcome if each is not JourneyOutcome.UNKNOWN)

BEST_FIRST = (JourneyOutcome.FETCHED, JourneyOutcome.DELIVERED, JourneyOutcome.ACCEPTED)
"""Outcomes of which a better one includes those behind it: what was fetched has been delivered."""

TAKEN = (HopKind.SUBMITTED, HopKind.RELAYED, HopKind.DELIVERED)


def mails(facts: Facts) -> list[Way]:
    """Return the journeys of all mails but reports."""
    reports = {mail.message.id for mail in facts.mails if mail.message.reports is not None}
    return [
        way
        for way in facts.ways
        if way.journey.reports is None and not reports & {hop.message for hop in way.journey.hops}
    ]


def _packets(way: Way) -> tuple[int, ...]:
    """Return the packet with which each hop was over."""
    return tuple(hop.packets[-1] for hop in way.journey.hops if hop.packets)


def _says(way: Way) -> str:
    return f"{subject(way.journey)}: {people(way.journey)}"


def _outcome(way: Way, wanted: str) -> Fact:
    reached, least = way.journey.outcome, JourneyOutcome(wanted)
    if reached in BEST_FIRST and least in BEST_FIRST:
        holds = BEST_FIRST.index(reached) <= BEST_FIRST.index(least)
    else:
        holds = reached is least
    return Fact(holds, outcome_told(way.journey).says)


def _end_to_end(way: Way, wanted: bool) -> Fact:
    """Tell whether the capture shows the whole way: from the first client to the mailbox, or the one who fetched it."""
    hops = way.journey.hops
    begins = next((hop for hop in hops if hop.kind is HopKind.SUBMITTED and hop.conversation is not None), None)
    if begins is None:
        return Fact(not wanted, said("not seen how its first client handed it over"))
    if way.journey.outcome not in (JourneyOutcome.FETCHED, JourneyOutcome.DELIVERED):
        return Fact(not wanted, said("not seen in the mailbox of every recipient"))
    if any(hop.conversation is None for hop in hops):
        return Fact(not wanted, said("part of its way was not captured"))
    return Fact(wanted, said("seen from its first client to the mailbox"), _packets(way))


def _domains(way: Way, wanted: str) -> Fact:
    """Tell whether the sender's domain is another one than that of every recipient."""
    sender = domain_of(way.journey.sender or "")
    recipients = {domain_of(each.address) for each in way.journey.recipients} - {""}
    if not sender or not recipients:
        return Fact(False, said("the domains of sender and recipient are not both known"))
    if sender not in recipients:
        return Fact(wanted == "different", said("sender and recipient in different domains"))
    if recipients == {sender}:
        return Fact(wanted == "same", said("sender and recipient in the same domain"))
    return Fact(False, said("recipients in the domain of the sender, and in others"))


def _fetches(way: Way) -> list[tuple[Hop, Talk]]:
    talks = way.facts.talks_by_id
    retrieved = (hop for hop in way.journey.hops if hop.kind is HopKind.RETRIEVED)
    return [(hop, talks[hop.conversation]) for hop in retrieved if hop.conversation in talks and hop.conversation]


def _fetched_by(way: Way, wanted: str) -> Fact:
    found = {talk.conversation.protocol: hop for hop, talk in _fetches(way)}
    if not found:
        return Fact(False, said("not fetched"))
    names = listed([each.upper() for each in found])
    packets = tuple(number for hop in found.values() for number in hop.packets)
    return Fact(wanted in found, said("fetched by {names}", names=names), packets)


def _deleted(way: Way, wanted: bool) -> Fact:
    """Tell whether a mail was deleted by the POP3 session that fetched it: marked by DELE, and then QUIT."""
    fetches = [(hop, talk) for hop, talk in _fetches(way) if talk.conversation.protocol == "pop3"]
    if not fetches:
        return Fact(False, said("not fetched by POP3, so that nothing tells whether it was deleted"))
    for hop, talk in fetches:
        marked = marked_mails(talk)
        numbers = (number for _, number, content in mail_exchanges(talk) if content and content.message == hop.message)
        deletions = [marked[number] for number in numbers if number in marked]
        if deletions and ended_with_quit(talk):
            return Fact(wanted, said("deleted from the server"), (deletions[-1], _quit(talk)))
        if deletions:
            return Fact(not wanted, said("marked for deletion, but without QUIT it stays"), (deletions[-1],))
    return Fact(not wanted, said("left on the server"))


def _quit(talk: Talk) -> int:
    """Return the packet in which the client said the QUIT that the server agreed to."""
    said = (turn for turn in talk.commands if any(reply.outcome is Outcome.GOOD for reply in turn.replies))
    return next(turn.command.packet for turn in said if turn.command is not None and turn.command.verb == "QUIT")


def _within(way: Way, wanted: int) -> Fact:
    """Tell how long a mail was on its way: from the first word of its first hop until the last server took it."""
    hops = [hop for hop in way.journey.hops if hop.kind in TAKEN]
    if not hops:
        return Fact(False, said("not seen that a server took it"))
    talk = way.facts.talks_by_id.get(hops[0].conversation or 0)
    times = [hop.time_ns for hop in hops if hop.time_ns not in (None, NO_TIME)]
    if talk is None or talk.conversation.start_ns == NO_TIME or not times:
        return Fact(False, said("not known how long it was on its way"))
    took = max(time_ns for time_ns in times if time_ns is not None) - talk.conversation.start_ns
    says = said("on its way for {seconds} s", seconds=figure(took))
    return Fact(took <= wanted, says, (talk.packets[0], *hops[-1].packets[-1:]))


MAILS: Kind[Way] = Kind(
    "{count} mail",
    "{count} mails",
    "no mail",
    mails,
    _says,
    _packets,
    {
        "subject": Pick(text, lambda way, wanted: wanted.casefold() in (way.journey.subject or "").casefold()),
        "sender": Pick(text, lambda way, wanted: has_address([way.journey.sender or ""], wanted)),
        "recipient": Pick(
            text, lambda way, wanted: has_address((each.address for each in way.journey.recipients), wanted)
        ),
    },
    {
        "outcome": Demand(one_of(*OUTCOMES), _outcome),
        "end_to_end": Demand(yes, _end_to_end),
        "domains": Demand(one_of("different", "same"), _domains),
        "within": Demand(seconds, _within),
        "fetched_by": Demand(one_of("pop3", "imap"), _fetched_by),
        "deleted": Demand(yes, _deleted),
    },
)
