"""The words for figures: ladders, maps of hosts, and the way of a mail, as they are before anybody draws them.

Their texts are plain and already in the reader's language. What came from the wire in them is masked, and not yet
sanitised: every drawer does that.
"""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from mailtrace.model import StepKind


class Manner(Enum):
    """How an arrow is drawn, so that its meaning is seen without colour, too."""

    ASKS = "asks"  # a whole line
    ANSWERS = "answers"  # a broken line
    REFUSES = "refuses"  # a broken line with a cross on it: an answer that says no
    BRINGS = "brings"  # a double line with a letter on it: a mail
    TOGETHER = "together"  # points both ways: both sides took part
    LOST = "lost"  # ends in a cross: nothing came of it


class Lane(Struct, frozen=True):
    """One host of a ladder, a vertical line; `details` are its addresses, and what it is."""

    name: str
    details: tuple[str, ...] = ()


class Arrow(Struct, frozen=True):
    """Something said by one host to another; both are places in the ladder's lanes, and the same for itself.

    `offset_ns` counts from the ladder's beginning, `took_ns` from the first of its packets to the last. `says` is one
    entry a line, `means` explains it or is ''. `step` is the number of the step in the walkthrough.
    """

    kind: StepKind
    manner: Manner
    source: int
    target: int
    packets: tuple[int, ...]
    offset_ns: int
    says: tuple[str, ...]
    took_ns: int = 0
    means: str = ""
    step: int = 0


class Note(Struct, frozen=True):
    """Something to be told between arrows: where a hop begins, how it ended, what went wrong.

    It lies between the lanes `first` and `last`. `offset_ns` is None where it has no time of its own.
    """

    kind: StepKind
    says: tuple[str, ...]
    first: int
    last: int
    packets: tuple[int, ...] = ()
    offset_ns: int | None = None


class Pause(Struct, frozen=True):
    """Time in which nothing happened: `why` in a few words, '' where that is not known."""

    duration_ns: int
    why: str = ""


class Ladder(Struct, frozen=True):
    """A sequence diagram: time goes down, each host has a line of its own; `more` arrows did not fit."""

    title: str
    summary: str
    lanes: tuple[Lane, ...]
    rungs: tuple[Arrow | Note | Pause, ...]
    more: int = 0


class Link(Struct, frozen=True):
    """Two hosts, places among the boxes, that spoke with each other: `says` names protocols and conversations.

    `from_one` and `from_other` tell who of them began to speak.
    """

    one: int
    other: int
    says: tuple[str, ...]
    from_one: bool
    from_other: bool


class Topology(Struct, frozen=True):
    """Who is there and who spoke with whom; `more` hosts did not fit."""

    title: str
    summary: str
    hosts: tuple[Lane, ...]
    links: tuple[Link, ...]
    more: int = 0


class Stop(Struct, frozen=True):
    """A host on the way of a mail: `column` counts the hops to it, `row` the branches of the way.

    `fates` are what became of the mail there, each with whether that is good: None where it is not decided.
    """

    name: str
    details: tuple[str, ...]
    column: int
    row: int
    fates: tuple[tuple[str, bool | None], ...] = ()


class Leg(Struct, frozen=True):
    """A hop, from one stop to another by their places: `above` says by what and when, `below` how it ended.

    A hop that was not `captured` is only told of by a line of the mail. `good` is false where the mail was not taken.
    """

    source: int
    target: int
    above: tuple[str, ...]
    below: tuple[str, ...]
    good: bool
    captured: bool


class Way(Struct, frozen=True):
    """The way of one mail, from left to right; `more` hops did not fit."""

    title: str
    summary: str
    stops: tuple[Stop, ...]
    legs: tuple[Leg, ...]
    more: int = 0


Figure = Ladder | Topology | Way
