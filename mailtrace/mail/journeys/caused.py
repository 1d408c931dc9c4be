"""HOT. What happened for mails, lookups and ident calls, known by the conversation that each happened for (`mail`)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from msgspec import Struct

from mailtrace.mail.journeys.trace import Trace

CAUSED_LIMIT = 1_000_000
"""Lookups and ident conversations remembered, by the conversation that they happened for."""


class Caused(Struct, frozen=True):
    """Numbers of the lookups and of the ident conversations that happened for a hop."""

    lookups: tuple[int, ...] = ()
    idents: tuple[int, ...] = ()


NOTHING_CAUSED = Caused()

_Noted = defaultdict[int, list[tuple[int, int]]]
"""Times and numbers, by the conversation that they happened for."""


class Causes:
    """Takes down what happened for which conversation; tells it of traces, once it is known who has to `share` it."""

    def __init__(self) -> None:
        self._lookups: _Noted = defaultdict(list)
        self._idents: _Noted = defaultdict(list)
        self._many = 0
        self._shared: dict[int, Caused] = {}

    def lookup(self, cause: int | None, time_ns: int, number: int) -> None:
        """A lookup happened for a conversation, None where it is not known for which."""
        self._note(self._lookups, cause, time_ns, number)

    def ident(self, cause: int | None, time_ns: int, number: int) -> None:
        """So did an ident conversation."""
        self._note(self._idents, cause, time_ns, number)

    def share(self, traces: Sequence[Trace]) -> None:
        """Share out what happened for a conversation with several traces: all before each, and the rest to the last."""
        self._shared.clear()
        times = Counter([trace.conversation for trace in traces])
        if len(times) == len(traces):  # as nearly always
            return
        by_conversation: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for place, trace in enumerate(traces):
            if times[trace.conversation] > 1:
                by_conversation[trace.conversation].append((trace.time_ns, place))
        for conversation, ordered in by_conversation.items():
            ordered.sort()
            lookups, idents = [_shares(noted.get(conversation, ()), ordered) for noted in (self._lookups, self._idents)]
            for _, place in ordered:
                self._shared[place] = Caused(tuple(lookups.get(place, ())), tuple(idents.get(place, ())))

    def of(self, place: int, conversation: int) -> Caused:
        """Return what happened for the trace at a place, which is in this conversation."""
        return self._shared.get(place) or self.all_of(conversation)

    def all_of(self, conversation: int) -> Caused:
        """Return all that happened for a conversation."""
        lookups, idents = self._lookups.get(conversation), self._idents.get(conversation)
        if lookups is None and idents is None:
            return NOTHING_CAUSED
        return Caused(_numbers(lookups), _numbers(idents))

    def _note(self, noted: _Noted, cause: int | None, time_ns: int, number: int) -> None:
        if cause is not None and self._many < CAUSED_LIMIT:
            self._many += 1
            noted[cause].append((time_ns, number))


def _numbers(noted: list[tuple[int, int]] | None) -> tuple[int, ...]:
    """Return the numbers of what happened, in order of time."""
    return tuple([number for _, number in sorted(noted)]) if noted else ()


def _shares(noted: Sequence[tuple[int, int]], ordered: Sequence[tuple[int, int]]) -> dict[int, list[int]]:
    """Share out what happened for a conversation to its traces, given as time and place in order."""
    shares: dict[int, list[int]] = defaultdict(list)
    at = 0
    for time_ns, number in sorted(noted):
        while at < len(ordered) - 1 and time_ns > ordered[at][0]:
            at += 1
        shares[ordered[at][1]].append(number)
    return shares
