"""Words for expectations: things of a capture that are counted, what may be asked of them, and answers with proof."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from mailtrace.findings.facts import Facts
from mailtrace.model.language import counted

T = TypeVar("T")

MOST_PROOFS = 20
"""Things that an answer lists; more are counted."""


class Fact(NamedTuple):
    """What is so about a thing, in a few words, whether it is as was demanded, and packets that show it."""

    holds: bool
    says: str
    packets: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Pick(Generic[T]):
    """Something by which things are picked out: `read` takes a value of the file, `fits` tells whether a thing has it.

    `read` raises `ValueError` with what would be right.
    """

    read: Callable[[object], Any]
    fits: Callable[[T, Any], bool]


@dataclass(frozen=True, slots=True)
class Demand(Generic[T]):
    """Something that is demanded of things: `read` as in `Pick`; `fact` tells how it is with a thing."""

    read: Callable[[object], Any]
    fact: Callable[[T, Any], Fact]


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """A kind of thing that is counted, such as mails. `one` and `many` are its noun with the field `{count}`, `none`
    says that there is no such thing, `find` finds all of a capture.

    `says` is a thing in a few words, `packets` those that show it, `counts` how many it stands for.
    """

    one: str
    many: str
    none: str
    find: Callable[[Facts], list[T]]
    says: Callable[[T], str]
    packets: Callable[[T], tuple[int, ...]]
    picks: Mapping[str, Pick[T]]
    demands: Mapping[str, Demand[T]]
    counts: Callable[[T], int] = lambda thing: 1

    def counted(self, number: int) -> str:
        """Return a number with the noun."""
        return counted(self.one, self.many, number)


class Amount(NamedTuple):
    """How many are expected: from `least` to `most` (None: any number), or `every` one, and at least one of them."""

    says: str
    least: int = 0
    most: int | None = None
    every: bool = False


class Expectation(NamedTuple):
    """One expectation: `number` is its place in the file, from 1, `asks` what it says there, on one line.

    `title` is what people are shown. `picks` and `demands` are names with the values that were read.
    """

    number: int
    title: str
    asks: str
    kind: Kind[Any]
    amount: Amount
    picks: Mapping[str, Any]
    demands: Mapping[str, Any]


class Expectations(NamedTuple):
    """What a file says: its title, '' where it has none, and its expectations in their order."""

    title: str
    each: tuple[Expectation, ...]


class Proof(NamedTuple):
    """One thing that an answer rests on: whether it is as expected, what it is, what is so about it, its packets."""

    fits: bool
    says: str
    facts: tuple[str, ...]
    packets: tuple[int, ...]


class Answer(NamedTuple):
    """Whether an expectation holds: `found` says in a sentence how many are so, `proofs` which, or which instead.

    `more` further things are counted and not listed.
    """

    expectation: Expectation
    holds: bool
    found: str
    proofs: tuple[Proof, ...]
    more: int = 0

    @property
    def packets(self) -> tuple[int, ...]:
        """The packets of all proofs, each once, in order."""
        return tuple(sorted({number for proof in self.proofs for number in proof.packets}))
