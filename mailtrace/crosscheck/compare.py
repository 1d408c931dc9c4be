"""Compares two lists of facts: the same words in a packet that both name are one fact; all else is a difference."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from mailtrace.crosscheck.facts import Difference, Fact, Kind

Key = tuple[Kind, int | None, str]

MOVABLE = frozenset({Kind.COMMAND, Kind.REPLY})
"""Facts that may be the same although the two see them in different packets."""


def differences(ours: Iterable[Fact], theirs: Iterable[Fact]) -> list[Difference]:
    """Return what the two do not share, in the order of packets.

    A fact is taken once: two equal commands in one packet here and one there are one difference. The same command or
    reply of one stream at packets of which none is shared is one difference, too.
    """
    waiting: dict[Key, list[Fact]] = defaultdict(list)
    for fact in theirs:
        waiting[_key(fact)].append(fact)
    found: list[Difference] = []
    lonely: list[Fact] = []
    for fact in ours:
        candidates = waiting[_key(fact)]
        match = next((each for each in candidates if _same_place(fact, each)), _same_octets(fact, candidates))
        if match is None:
            lonely.append(fact)
            continue
        candidates.remove(match)
        if not _agree(fact, match):
            found.append(Difference(fact, match))
    for fact in lonely:
        candidates = waiting[_key(fact)] if fact.kind in MOVABLE else []
        found.append(Difference(fact, candidates.pop(0) if candidates else None))
    found += [Difference(None, fact) for facts in waiting.values() for fact in facts]
    return sorted(found, key=_place)


def _key(fact: Fact) -> Key:
    """Return what facts are matched by; a stream is one conversation, whatever it is called."""
    return fact.kind, fact.stream, "" if fact.kind is Kind.CONVERSATION else fact.says


def _same_place(one: Fact, other: Fact) -> bool:
    return one.kind is Kind.CONVERSATION or bool(set(one.packets) & set(other.packets))


def _same_octets(fact: Fact, candidates: list[Fact]) -> Fact | None:
    """Return the same mail shown at a later packet: to end a unit with, not all of its octets, is a matter of taste."""
    mails = candidates if fact.kind is Kind.MESSAGE else []
    return next((each for each in mails if {*fact.details} & {*each.details}), None)


def _agree(one: Fact, other: Fact) -> bool:
    return one.says == other.says and (not one.details or not other.details or bool({*one.details} & {*other.details}))


def _place(difference: Difference) -> tuple[int, int, str]:
    fact = difference.fact
    return min(fact.packets, default=0), list(Kind).index(fact.kind), fact.says
