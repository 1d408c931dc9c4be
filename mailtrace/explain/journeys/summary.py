"""A journey in a few words: who wrote to whom, over which hosts, how it ended and how long that took."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping

from mailtrace.explain.endings import Ending, ending, joined
from mailtrace.explain.texts import text
from mailtrace.mail.naming import Naming
from mailtrace.model import NO_TIME, Conversation, Hop, HopKind, Journey, JourneyOutcome, RecipientOutcome

MAX_RECIPIENTS = 3
"""Recipients named in a line; the others are counted."""

MAX_HOPS = 12
"""Hops named in a line; mails go through fewer, unless they are sent in circles."""

AT_A_MAILBOX = (HopKind.RETRIEVED, HopKind.APPENDED)
"""Hops that say nothing of how long a mail was on its way."""

BROKEN_OFF = "broken-off"
"""By this word texts call what was put off without a refusal."""


def people(journey: Journey) -> str:
    """Return sender and recipients: `lee@naver.com -> kim@daum.net`."""
    named = [recipient.address for recipient in journey.recipients]
    shown = ", ".join(named[:MAX_RECIPIENTS]) or text("happened.no-recipient")
    if len(named) > MAX_RECIPIENTS:
        shown = text("happened.more", shown=shown, count=len(named) - MAX_RECIPIENTS)
    sender = text("happened.unknown-sender") if journey.sender is None else journey.sender or "<>"
    return text("happened.envelope", sender=sender, recipients=shown)


def subject(journey: Journey) -> str:
    """Return the subject on one line, or why there is none."""
    if journey.subject:
        return " ".join(journey.subject.split())
    return text("journey.no-subject" if any(hop.message is not None for hop in journey.hops) else "journey.unseen")


def chain(journey: Journey, naming: Naming) -> str:
    """Return the hosts in the order in which the mail came to them; a branch begins with the host it leaves."""
    branches: list[str] = []
    told: set[tuple[str, str]] = set()
    last: int | None = None
    for place, hop in enumerate(journey.hops[:MAX_HOPS]):
        sender, receiver = hop_names(hop, naming)
        if (sender, receiver) in told and hop.conversation is not None:
            continue  # tried or fetched again
        told.add((sender, receiver))
        goes_on = bool(branches) and hop.before is not None and hop.before == last
        if made_there(hop):
            branches += [] if goes_on else [receiver]
        elif goes_on:
            branches[-1] = text("journey.chain", sender=branches[-1], receiver=receiver)
        else:
            branches.append(text("journey.chain", sender=sender, receiver=receiver))
        last = place
    shown = "; ".join(branches) or text("journey.no-hop")
    if len(journey.hops) > MAX_HOPS:
        return text("happened.more", shown=shown, count=len(journey.hops) - MAX_HOPS)
    return shown


def made_there(hop: Hop) -> bool:
    """Tell whether the mail did not come over the network: its receiver made it, or a program that runs there."""
    return hop.conversation is None and bool(hop.receiver) and hop.sender == hop.receiver


def hop_names(hop: Hop, naming: Naming) -> tuple[str, str]:
    """Return the names of who hands a mail over and who gets it."""
    unknown = text("journey.unknown-host")
    return naming.of(hop.sender) or unknown, naming.of(hop.receiver) or unknown


def outcome(journey: Journey) -> Ending:
    """Return how it ended: `fetched`, or for recipients who fared differently `2 fetched, 1 refused`."""
    counts = Counter(recipient_outcome(journey, recipient) for recipient in journey.recipients)
    if not counts:
        return ending(f"outcome.{journey.outcome.value}")
    if len(counts) == 1:
        return next(iter(counts))
    told = (
        Ending(text("outcome.counted", count=count, outcome=each.says), each.is_bad) for each, count in counts.items()
    )
    return joined(told)


def recipient_outcome(journey: Journey, recipient: RecipientOutcome) -> Ending:
    """Return how it ended for one recipient."""
    return ending(f"outcome.{outcome_word(journey, recipient)}")


def outcome_word(journey: Journey, recipient: RecipientOutcome) -> str:
    """Return by which word texts call how it ended for one recipient."""
    hop = journey.hops[recipient.hop] if recipient.hop is not None else None
    if recipient.outcome is JourneyOutcome.DEFERRED and (hop is None or not refused_for_now(hop)):
        return BROKEN_OFF
    return recipient.outcome.value


def refused_for_now(hop: Hop) -> bool:
    """Tell whether a refusal put the mail off: it can be broken off without any, by its client for instance."""
    return (hop.status or "").startswith("4")


def span(journey: Journey, conversations: Mapping[int, Conversation]) -> tuple[int, int] | None:
    """Return when a journey began and ended, as far as it was captured; None where no hop of it was."""
    held = [(hop, conversations.get(hop.conversation or 0)) for hop in journey.hops]
    spans = [hop_span(hop, conversation) for hop, conversation in held if conversation is not None]
    times = [time_ns for when in spans for time_ns in when]
    known = [time_ns for time_ns in times if time_ns != NO_TIME]
    return (min(known), max(known)) if known else None


def took_ns(journey: Journey, conversations: Mapping[int, Conversation]) -> int | None:
    """Return how long a journey took, None where it was captured only from somewhere on the way."""
    if not journey.hops or journey.hops[0].conversation is None or journey.hops[0].kind in AT_A_MAILBOX:
        return None
    when = span(journey, conversations)
    return when[1] - when[0] if when is not None else None


def hop_span(hop: Hop, conversation: Conversation) -> tuple[int, int]:
    """Return when a hop began and ended; the first mail of a connection begins with the connection."""
    transactions = conversation.dialogue.transactions
    first = min(hop.packets, default=conversation.numbers[0])
    last = max(hop.packets, default=conversation.numbers[-1])
    is_first = bool(transactions) and min(transactions[0].packets, default=0) >= first
    begin = conversation.start_ns if is_first or not transactions else _time(conversation, first)
    return begin, _time(conversation, last)


def _time(conversation: Conversation, packet: int) -> int:
    packets = conversation.packets
    at = bisect_left(packets, packet, key=lambda each: each.number)
    return packets[min(at, len(packets) - 1)].time_ns
