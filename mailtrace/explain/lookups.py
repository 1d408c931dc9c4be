"""DNS conversations as steps: within the mail conversation that caused them, or on their own."""

from __future__ import annotations

from collections.abc import Iterable

from mailtrace.explain.dns import lookup_means, lookup_says, lookup_source
from mailtrace.explain.draft import Draft, quoted
from mailtrace.explain.naming import Naming
from mailtrace.explain.texts import text
from mailtrace.model import Lookup, Side, StepKind, StreamKey


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
        if previous is not None and previous.lookups and draft.lookups and _topic(previous) == _topic(draft):
            previous.lookups += draft.lookups
            previous.packets = sorted({*previous.packets, *draft.packets})
            previous.acks = sorted({*previous.acks, *draft.acks})
            previous.until_ns = max(previous.until_ns, draft.until_ns)
        else:
            result.append(draft)
    return result


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
        own, peer = first.client, key.server.host if first.client == key.client.host else key.client.host
        draft.says = quoted([lookup_says(lookup) for lookup in draft.lookups])
        draft.means = lookup_means(draft.lookups, own, peer)
        draft.source = lookup_source(first)
        for earlier in asked:
            if first.name.lower().startswith(f"{earlier}."):
                suffix = first.name[len(earlier) + 1 :]
                draft.means.append(text("dns.search-domain", name=earlier, suffix=suffix))
                break
        asked += [lookup.name.lower() for lookup in draft.lookups if lookup.name.lower() not in asked]
