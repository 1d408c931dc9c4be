"""DNS conversations as steps: within the mail conversation that caused them, or on their own."""

from __future__ import annotations

from collections.abc import Iterable

from mailtrace.explain.dns import ADDRESS_TYPES, kind_shown, lookup_means, lookup_says, lookup_source
from mailtrace.explain.dnsmemory import Memory
from mailtrace.explain.draft import Draft, quoted
from mailtrace.explain.texts import SECOND_NS, between, text
from mailtrace.mail.naming import Naming
from mailtrace.model import Conversation, Lookup, Side, StepKind, StreamKey

TOGETHER_NS = 5 * SECOND_NS
"""Questions of one name further apart than this are told apart: a resolver asks the next one long before."""


def lookup_drafts(lookups: Iterable[Lookup], held: Conversation, key: StreamKey, naming: Naming) -> list[Draft]:
    """Return one draft for each lookup of `held`, spoken by whoever asked, or answered what nobody was seen to ask.

    `key` is the conversation it is told in.
    """
    times = {packet.number: packet.time_ns for packet in held.packets}
    return [_draft(lookup, times, key, naming) for lookup in lookups]


def _draft(lookup: Lookup, times: dict[int, int], key: StreamKey, naming: Naming) -> Draft:
    speaker, listener = (lookup.server, lookup.client) if lookup.is_unasked else (lookup.client, lookup.server)
    return Draft(
        kind=StepKind.LOOKUP,
        side=Side.SERVER if speaker == key.server.host != key.client.host else Side.CLIENT,
        speaker=naming.of(speaker),
        listener=naming.of(listener),
        packets=list(lookup.packets),
        time_ns=lookup.start_ns,
        place=lookup.packets[0],
        says=[],
        means=[],
        lookups=[lookup],
        until_ns=max((times.get(number, 0) for number in lookup.packets), default=lookup.start_ns),
    )


def joined(drafts: list[Draft]) -> list[Draft]:
    """Join neighbouring lookups of one name by one asker into one step, and write its text.

    `drafts` are all steps in order; only what nothing else separates is joined.
    """
    result: list[Draft] = []
    for draft in drafts:
        previous = result[-1] if result else None
        if previous is not None and _same_topic(previous, draft):
            previous.lookups += draft.lookups
            previous.packets = sorted({*previous.packets, *draft.packets})
            previous.acks = sorted({*previous.acks, *draft.acks})
            previous.until_ns = max(previous.until_ns, draft.until_ns)
        else:
            result.append(draft)
    return result


def _same_topic(previous: Draft, draft: Draft) -> bool:
    """Tell whether two lookup steps ask one thing, one after the other."""
    soon = between(previous.until_ns, draft.time_ns) <= TOGETHER_NS
    return bool(previous.lookups and draft.lookups) and _topic(previous) == _topic(draft) and soon


def _topic(draft: Draft) -> tuple[str, str, str, str]:
    lookup = draft.lookups[0]
    kind = "address" if lookup.type in ADDRESS_TYPES else kind_shown(lookup)
    return lookup.client, lookup.server, lookup.name.lower(), kind


def write_lookups(drafts: list[Draft], told: Conversation) -> None:
    """Write the text of all lookup steps, each in the light of what the conversation and earlier lookups said."""
    memory = Memory(told)
    for draft in drafts:
        if not draft.lookups:
            continue
        draft.says = quoted([lookup_says(lookup) for lookup in draft.lookups])
        asker = draft.listener if draft.lookups[0].is_unasked else draft.speaker
        draft.means = lookup_means(draft.lookups, asker, memory)
        draft.source = lookup_source(draft.lookups[0])
        if _leads_here(draft, drafts, told.key):
            draft.means.append(text("dns.leads-here", address=told.key.server.host))
        memory.learn(draft.lookups)


def _leads_here(draft: Draft, drafts: list[Draft], key: StreamKey) -> bool:
    """Tell whether an answer names the address that the client then connects to."""
    connect = next((step for step in drafts if step.kind is StepKind.CONNECT), None)
    if connect is None or connect.place < draft.place or draft.side is not Side.CLIENT:
        return False
    return any(key.server.host in lookup.answers for lookup in draft.lookups)
