"""Rules about the ways of mails: those that were lost, came back, came late, or came twice."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrace.findings.facts import Facts, Way
from mailtrace.findings.rule import Seen, rule, seen
from mailtrace.findings.subjects import CAPTURE, JOURNEYS
from mailtrace.model import NO_TIME, Hop, HopKind, Journey, JourneyOutcome, RecipientOutcome, Severity
from mailtrace.model.figures import SECOND_NS, seconds
from mailtrace.model.language import said

LATE_NS = 300 * SECOND_NS
"""How long a server may keep a mail without being late: greylisting alone takes some minutes."""

ON_ITS_WAY = frozenset((HopKind.SUBMITTED, HopKind.RELAYED, HopKind.DELIVERED))
"""Hops in which a server took the mail."""


def name_of(journey: Journey) -> str:
    """Return what people call the mail of a journey by."""
    return journey.subject or journey.message_id or said("(no subject)")


def decided(*hops: Hop | None) -> tuple[int, ...]:
    """Return the packets with which hops were decided: the reply to the mail, or the refusal of a recipient."""
    return tuple(dict.fromkeys(packet for hop in hops if hop is not None for packet in hop.packets[-1:]))


def _ended(journey: Journey, outcome: JourneyOutcome) -> Iterator[tuple[RecipientOutcome, Hop]]:
    """Yield the recipients for whom a journey ended so, with the hop that shows it."""
    for each in journey.recipients:
        if each.outcome is outcome and each.hop is not None:
            yield each, journey.hops[each.hop]


@rule(
    "JRN001",
    Severity.ERROR,
    JOURNEYS,
    "The mail {mail} was taken by {first}, and then refused for {recipient}: {because}",
)
def mail_refused_later(way: Way) -> Iterator[Seen]:
    """A server took responsibility for a mail, and the next one refused it for good.

    Why: The first server has to send a bounce, and the sender learns of it only then. If the sender is forged the
    bounce goes to somebody who has nothing to do with it.

    Mend: Look at the second server's reply for the reason. A server should know the users behind it, and refuse at
    once.
        postfix: relay_recipient_maps = lmdb:/etc/postfix/relay_recipients

    Not when: The first server refused by itself, or the second only put it off.

    Source: RFC 5321 section 4.2.5, RFC 5321 section 6.1.
    """
    journey = way.journey
    for each, hop in _ended(journey, JourneyOutcome.REJECTED):
        if hop.before is not None and journey.hops[hop.before].kind in ON_ITS_WAY:
            first = way.facts.naming.of(journey.hops[hop.before].receiver)
            yield seen(
                decided(journey.hops[hop.before], hop),
                conversation=hop.conversation,
                mail=name_of(journey),
                first=first,
                recipient=each.address,
                because=each.because,
            )


@rule("JRN002", Severity.ERROR, JOURNEYS, "The mail {mail} came back: for {recipient} {because}")
def mail_bounced(way: Way) -> Iterator[Seen]:
    """A mail was taken at first, and later reported as failed by a bounce.

    Why: It did not arrive. The bounce tells which server gave up, and why.

    Mend: Read the reason in the bounce: mailtrace explain and the enhanced code in it, such as 5.1.1, tells more.

    Not when: The report tells of a delay or of success, or the mail was refused before it was taken.

    Source: RFC 3464 section 2.3.3, RFC 5321 section 6.1.
    """
    journey = way.journey
    for each, hop in _ended(journey, JourneyOutcome.BOUNCED):
        name, conversation = name_of(journey), hop.conversation
        reports = [other.journey.hops[0] for other in way.facts.reports.get(journey.id, [])]
        packets = decided(hop, *reports)
        yield seen(packets, conversation=conversation, mail=name, recipient=each.address, because=each.because)


@rule("JRN003", Severity.WARNING, JOURNEYS, "The mail {mail} still waits for {recipient}: {because}")
def mail_put_off(way: Way) -> Iterator[Seen]:
    """A mail was refused for now (4yz), and no later try was seen in the capture.

    Why: It waits in a queue. After some days it comes back to its sender.

    Mend: Look into the queue of the sending host for the reason.
        postfix: postqueue -p
        sendmail: mailq
        exim: exim -bp

    Not when: A later try succeeded or failed, or the connection merely broke.

    Source: RFC 5321 section 4.5.4.1.
    """
    journey = way.journey
    for each, hop in _ended(journey, JourneyOutcome.DEFERRED):
        if (hop.status or "").startswith("4"):
            name, conversation = name_of(journey), hop.conversation
            packets = decided(hop)
            yield seen(packets, conversation=conversation, mail=name, recipient=each.address, because=each.because)


@rule(
    "JRN004",
    Severity.WARNING,
    CAPTURE,
    "{host} took the mail {mail} for {recipient} and was not seen to pass it on, as it did others before and after",
)
def mail_lost_between_hops(facts: Facts) -> Iterator[Seen]:
    """A server took a mail, and the capture, which shows how it passed on others for the same domain, not this one.

    Why: The mail may be lost, or stand in the queue: nobody tells its sender.

    Mend: Look for its queue id in the log of the server that took it.
        postfix: grep QUEUEID /var/log/mail.log and postqueue -p
        sendmail: mailq

    Not when: No other mail for the domain was passed on both earlier and later, or the capture ended within minutes.

    Source: RFC 5321 section 6.1.
    """
    passed: dict[tuple[str, str], tuple[int, int]] = {}  # when a host passed mail for a domain on, first and last
    taken: list[tuple[Journey, Hop, str, str]] = []
    for way in facts.ways:
        for each in way.journey.recipients:
            hop = way.journey.hops[each.hop] if each.hop is not None else None
            domain = each.address.rpartition("@")[2].lower()
            if hop is None or not domain:
                continue
            before = way.journey.hops[hop.before] if hop.before is not None else None
            if before is not None and before.kind in ON_ITS_WAY and hop.kind in ON_ITS_WAY and hop.time_ns is not None:
                first, last = passed.get((hop.sender, domain), (hop.time_ns, hop.time_ns))
                passed[hop.sender, domain] = min(first, hop.time_ns), max(last, hop.time_ns)
            elif each.outcome is JourneyOutcome.ACCEPTED and hop.kind in ON_ITS_WAY:
                taken.append((way.journey, hop, each.address, domain))
    end_ns = facts.analysis.capture.last_ns or NO_TIME
    for journey, hop, address, domain in taken:
        at = hop.time_ns or NO_TIME
        first, last = passed.get((hop.receiver, domain), (at, at))
        if end_ns - at > LATE_NS and first < at < last:
            host = facts.naming.of(hop.receiver)
            packets, conversation = decided(hop), hop.conversation
            yield seen(
                packets, likely=True, conversation=conversation, host=host, mail=name_of(journey), recipient=address
            )


@rule("JRN006", Severity.WARNING, JOURNEYS, "{host} kept the mail {mail} for {seconds} s before {receiver} got it")
def mail_was_late(way: Way) -> Iterator[Seen]:
    """More than five minutes passed between two hops of a mail.

    Why: Mail usually travels in seconds. The next host did not answer, put it off, or the queue was full.

    Mend: Look into the queue and the log of the host that kept it; the tries in between tell the reason, if there are
    any.

    Not when: The mail waited in the mailbox until its owner fetched it.

    Source: RFC 5321 section 4.5.4.1.
    """
    journey, naming = way.journey, way.facts.naming
    for hop in journey.hops:
        before = journey.hops[hop.before] if hop.before is not None else None
        if before is None or before.kind not in ON_ITS_WAY or hop.kind not in ON_ITS_WAY or hop.conversation is None:
            continue
        if before.conversation is None:  # its time is what some host's clock said
            continue
        if before.time_ns is not None and hop.time_ns is not None and hop.time_ns - before.time_ns > LATE_NS:
            yield seen(
                decided(before, hop),
                conversation=hop.conversation,
                host=naming.of(hop.sender),
                mail=name_of(journey),
                seconds=seconds(hop.time_ns - before.time_ns),
                receiver=naming.of(hop.receiver),
            )


@rule("JRN007", Severity.WARNING, JOURNEYS, "{receiver} took the mail {mail} from {sender} twice for {recipient}")
def mail_taken_twice(way: Way) -> Iterator[Seen]:
    """A server took the same mail for the same recipient from the same host twice.

    Why: The recipient gets it twice. Mostly the 250 behind the mail was lost or came too late, so that the sending host
    tried again: RFC 1047 tells of it.

    Mend: Let the server answer faster behind the final dot: scan mails later, or give the sender more time.
        postfix: smtp_data_done_timeout = 600s

    Not when: The two mails went to other recipients, one of both was refused, or a host hands mails to itself, as
    filters do.

    Source: RFC 1047, RFC 5321 section 4.5.3.2.6.
    """
    taken: dict[tuple[str, str, str], Hop] = {}
    for hop in way.journey.hops:
        if hop.kind not in ON_ITS_WAY or hop.message is None or hop.sender == hop.receiver:
            continue
        for recipient in hop.recipients:
            key = (hop.sender, hop.receiver, recipient.lower())
            first = taken.setdefault(key, hop)
            if first is not hop:
                naming = way.facts.naming
                yield seen(
                    decided(first, hop),
                    conversation=hop.conversation,
                    mail=name_of(way.journey),
                    sender=naming.of(hop.sender),
                    receiver=naming.of(hop.receiver),
                    recipient=recipient,
                )


@rule("JRN015", Severity.INFO, JOURNEYS, "The mail {mail} was put off before {receiver} took it (times: {count})")
def mail_tried_again(way: Way) -> Iterator[Seen]:
    """A mail was refused for now, tried again, and then taken.

    Why: This is how mail is meant to work: nothing is lost, only time. Greylisting does it on purpose.

    Mend: Nothing, unless it takes long: a server may know its regular senders and let them in at once.
        postgrey: --auto-whitelist-clients=5

    Not when: No later try was seen (JRN003).

    Source: RFC 5321 section 4.5.4.1, RFC 6647 section 2.
    """
    hops = way.journey.hops
    put_off = [hop for hop in hops if hop.kind is HopKind.DEFERRED and (hop.status or "").startswith("4")]
    taken = [hop for hop in hops if hop.kind in ON_ITS_WAY and hop.message is not None]
    for hop in taken:
        earlier = [each for each in put_off if (each.sender, each.before) == (hop.sender, hop.before)]
        earlier = [each for each in earlier if (each.time_ns or 0) < (hop.time_ns or 0)]
        if earlier:
            packets = decided(*earlier, hop)
            receiver = way.facts.naming.of(hop.receiver)
            yield seen(packets, mail=name_of(way.journey), count=len(earlier), receiver=receiver)


@rule("JRN016", Severity.WARNING, JOURNEYS, "The report {mail} could not be delivered either: {because}")
def report_came_back(way: Way) -> Iterator[Seen]:
    """A bounce, or another report with the null sender, was refused in its turn.

    Why: Nobody learns what became of the mail. Mostly the sender of that mail was forged, or does not take bounces,
    which every sender must.

    Mend: Refuse mail for unknown users at once, so that no bounces have to be written.

    Not when: The mail has a sender to whom a bounce can go.

    Source: RFC 5321 section 4.5.5, RFC 5321 section 6.1.
    """
    journey = way.journey
    if journey.sender == "":
        for each, hop in _ended(journey, JourneyOutcome.REJECTED):
            packets = decided(hop)
            yield seen(packets, conversation=hop.conversation, mail=name_of(journey), because=each.because)
