"""Which mails the user asked for, and the analysis narrowed down to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mailtrace.errors import UsageError
from mailtrace.model import Analysis, Journey, Lookup, Message


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is known of the mails that are looked for; None where that does not matter, and all of it must fit.

    Case does not count. A Message-ID or address is looked for as a whole; where no mail has it, as a part. A subject
    is always looked for as a part.
    """

    journey: int | None = None
    message_id: str | None = None
    sender: str | None = None
    recipient: str | None = None
    subject: str | None = None


def wanted_journeys(journeys: Sequence[Journey], wanted: Wanted) -> list[Journey]:
    """Return the journeys that are looked for. Raises: `UsageError` when there is none of that number."""
    if wanted.journey is not None and wanted.journey > len(journeys):
        raise UsageError(f"there is no journey {wanted.journey}; the capture has {len(journeys)}")
    found = [journey for journey in journeys if wanted.journey in (None, journey.id)]
    found = _matching(found, wanted.message_id, lambda journey: [(journey.message_id or "").strip("<>")])
    found = _matching(found, wanted.sender, lambda journey: [journey.sender or ""])
    found = _matching(found, wanted.recipient, lambda journey: [each.address for each in journey.recipients])
    if wanted.subject is not None:
        found = [journey for journey in found if wanted.subject.casefold() in (journey.subject or "").casefold()]
    return found


def _matching(journeys: list[Journey], asked: str | None, values: Callable[[Journey], Iterable[str]]) -> list[Journey]:
    """Return the journeys that have a value, or, where none does, those that have it within one."""
    if asked is None:
        return journeys
    looked_for = asked.strip().removeprefix("<").removesuffix(">").casefold()
    have = [(journey, [value.casefold() for value in values(journey)]) for journey in journeys]
    exact = [journey for journey, held in have if looked_for in held]
    return exact or [journey for journey, held in have if any(looked_for in value for value in held)]


def narrowed_to(analysis: Analysis, journeys: Sequence[Journey]) -> Analysis:
    """Return the analysis with only these journeys, and the conversations, messages and lookups that belong to them."""
    hops = [hop for journey in journeys for hop in journey.hops]
    messages = {hop.message for hop in hops}
    lookup_ids = {id_ for journey in journeys for id_ in journey.lookups}
    lookups = [lookup for lookup in analysis.lookups if lookup.id in lookup_ids]
    conversations = {hop.conversation for hop in hops} | {ident for hop in hops for ident in hop.idents}
    conversations |= {lookup.conversation for lookup in lookups}
    kept = [each for each in analysis.messages if each.id in messages]
    return _narrowed(analysis, conversations, kept, lookups, journeys)


def narrowed_to_packets(analysis: Analysis, first: int, last: int) -> Analysis:
    """Return the analysis with only the conversations that have packets in a range, and those that they caused."""
    ids = {each.id for each in analysis.conversations if any(first <= number <= last for number in each.numbers)}
    return narrowed_to_conversations(analysis, ids)


def narrowed_to_conversations(analysis: Analysis, chosen: Iterable[int]) -> Analysis:
    """Return the analysis with only these conversations, and the lookups and ident calls that happened for them."""
    ids: set[int | None] = set(chosen)
    ids |= {
        each.id
        for each in analysis.conversations
        if each.caused_by in ids or any(lookup.caused_by in ids for lookup in each.dialogue.lookups)
    }
    messages = [each for each in analysis.messages if each.conversation in ids]
    lookups = [each for each in analysis.lookups if each.conversation in ids]
    journeys = [each for each in analysis.journeys if any(hop.conversation in ids for hop in each.hops)]
    return _narrowed(analysis, ids, messages, lookups, journeys)


def _narrowed(
    analysis: Analysis,
    conversations: set[int | None],
    messages: Sequence[Message],
    lookups: Sequence[Lookup],
    journeys: Sequence[Journey],
) -> Analysis:
    return Analysis(
        capture=analysis.capture,
        hosts=analysis.hosts,
        conversations=[each for each in analysis.conversations if each.id in conversations],
        messages=messages,
        lookups=lookups,
        known=analysis.lookups if analysis.known is None else analysis.known,
        everything=analysis.conversations if analysis.everything is None else analysis.everything,
        journeys=journeys,
    )
