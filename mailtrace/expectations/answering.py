"""Answers expectations: how many things of a capture are as expected, which, and which are there instead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from mailtrace.expectations.words import MOST_PROOFS, Answer, Expectation, Expectations, Fact, Kind, Proof
from mailtrace.findings.facts import Facts
from mailtrace.model import Analysis
from mailtrace.model.language import said

SOME_OF_THEM = "Found: {count} of {things} (expected: {wanted})."


class Looked(NamedTuple):
    """A thing that was picked out, and what is so about it; it `fits` where all that is demanded holds."""

    thing: Any
    facts: Sequence[Fact]

    @property
    def fits(self) -> bool:
        """Tell whether it is as expected."""
        return all(fact.holds for fact in self.facts)


def answers(analysis: Analysis, expectations: Expectations) -> list[Answer]:
    """Return an answer for each expectation; what is left out of a narrowed `analysis` would count as missing."""
    facts = Facts(analysis)
    found: dict[int, list[Any]] = {}
    told = []
    for expectation in expectations.each:
        kind = expectation.kind
        if id(kind) not in found:
            found[id(kind)] = kind.find(facts)
        told.append(_answer(expectation, found[id(kind)]))
    return told


def _answer(expectation: Expectation, things: Sequence[Any]) -> Answer:
    kind, amount = expectation.kind, expectation.amount
    picks = [(kind.picks[name].fits, value) for name, value in expectation.picks.items()]
    picked = [_look(expectation, thing) for thing in things if all(fits(thing, value) for fits, value in picks)]
    good = [each for each in picked if each.fits]
    others = [each for each in picked if not each.fits]
    seen, count = _count(kind, picked), _count(kind, good)
    if amount.every:
        holds = seen > 0 and count == seen
        shown = good if holds else [*others, *good]
    else:
        holds = amount.least <= count and (amount.most is None or count <= amount.most)
        too_few = count < amount.least
        shown = [*others, *good] if too_few else good
    proofs = [_proof(kind, each) for each in shown[:MOST_PROOFS]]
    found = _found(expectation, count, seen)
    if not picked and not holds and things:
        found = f"{found} {said('The capture has these instead:')}"
        shown = [Looked(each, ()) for each in things]
        proofs = [_proof(kind, each)._replace(fits=False) for each in shown[:MOST_PROOFS]]
    return Answer(expectation, holds, found, tuple(proofs), len(shown) - len(proofs))


def _look(expectation: Expectation, thing: Any) -> Looked:
    demands = expectation.kind.demands
    return Looked(thing, [demands[name].fact(thing, value) for name, value in expectation.demands.items()])


def _count(kind: Kind[Any], looked: Iterable[Looked]) -> int:
    return sum(kind.counts(each.thing) for each in looked)


def _proof(kind: Kind[Any], looked: Looked) -> Proof:
    numbers = {number for fact in looked.facts for number in fact.packets} | {*kind.packets(looked.thing)}
    return Proof(
        looked.fits, kind.says(looked.thing), tuple(fact.says for fact in looked.facts), tuple(sorted(numbers))
    )


def _found(expectation: Expectation, count: int, seen: int) -> str:
    """Return a sentence on how many are so."""
    kind, wanted = expectation.kind, expectation.amount.says
    if not seen:
        return said("Found: {things} (expected: {wanted}).", things=said(kind.none), wanted=wanted)
    if not expectation.demands:
        return said("Found: {things} (expected: {wanted}).", things=kind.counted(count), wanted=wanted)
    return said(SOME_OF_THEM, count=f"{count:,}", things=kind.counted(seen), wanted=wanted)
