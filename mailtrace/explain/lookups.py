"""DNS conversations as steps: within the mail conversation that caused them, or on their own."""

from __future__ import annotations

from collections.abc import Iterable

from mailtrace.explain.dns import lookup_means, lookup_says, lookup_source
from mailtrace.explain.draft import Draft, quoted
from mailtrace.explain.naming import Naming
from mailtrace.explain.texts import SECOND_NS, between, text
from mailtrace.model import Lookup, Side, StepKind, StreamKey

TOGETHER_NS = 5 * SECOND_NS
"""Questions of one name further apart than this are told apart: a resolver asks the next one long before."""


def lookup_drafts(lookups: Iterable[Lookup], key: StreamKey, naming: Naming) -> list[Draft]:
    """Return one draft for each lookup, spoken by whoever asked; `key` is the conversation it is told in."""
    return [_draft(lookup, key, naming) for lookup in lookups]


def _draft(lookup: Lookup, key: StreamKey, naming: Naming) -> Draft:
    side = Side.SERVER if lookup.client == key.server.host != key.client.host else Side.CLIENT
    return Draft(
        kind=StepKind.LOOKUP,
        side=side,
        speaker=naming.of(lookup.client),
        listener=naming.of(lookup.server),
        packets=list(lookup.packets),
        time_ns=lookup.start_ns,
        place=lookup.packets[0],
        says=[],
        means=[],
        lookups=[lookup],
        until_ns=lookup.start_ns + (lookup.duration_ns or 0),
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


def _topic(draft: Draft) -> tuple[str, str, str]:
    lookup = draft.lookups[0]
    return lookup.client, lookup.server, lookup.name.lower()


def write_lookups(drafts: list[Draft], key: StreamKey) -> None:
    """Write the text of all lookup steps; a name seen before with a search domain behind it is told as such."""
    asked: list[str] = []
    for draft in drafts:
        if not draft.lookups:
            continue
        first = draft.lookups[0]
        peer = key.server.host if first.client == key.client.host else key.client.host
        draft.says = quoted([lookup_says(lookup) for lookup in draft.lookups])
        draft.means = lookup_means(draft.lookups, draft.speaker, peer)
        draft.source = lookup_source(first)
        if _leads_here(draft, drafts, key):
            draft.means.append(text("dns.leads-here"))
        for earlier in asked:
            if first.name.lower().startswith(f"{earlier}."):
                suffix = first.name[len(earlier) + 1 :]
                draft.means.append(text("dns.search-domain", name=earlier, suffix=suffix))
                break
        asked += [lookup.name.lower() for lookup in draft.lookups if lookup.name.lower() not in asked]


def _leads_here(draft: Draft, drafts: list[Draft], key: StreamKey) -> bool:
    """Tell whether an answer names the address that the client then connects to."""
    connect = next((step for step in drafts if step.kind is StepKind.CONNECT), None)
    if connect is None or connect.place < draft.place or draft.side is not Side.CLIENT:
        return False
    return any(key.server.host in lookup.answers for lookup in draft.lookups)
