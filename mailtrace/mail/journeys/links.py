"""HOT. Which sighting of a mail comes from which: each is linked with at most one before it, the likeliest (`mail`).

Candidates are found by what they have in common (queue number, Message-ID at the host that had the mail before, body),
and only the nearest of each kind are compared, so that ten thousand mails with one Message-ID take ten thousand times
as long as one. Every server adds a trace field: what has fewer of them came first, whatever the clocks say.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence

from msgspec import Struct

from mailtrace.mail.journeys.places import Places
from mailtrace.mail.journeys.scores import ENOUGH, compared
from mailtrace.mail.journeys.trace import Trace
from mailtrace.model import Evidence, HopKind

CANDIDATES_LIMIT = 16
"""Earlier sightings of one kind that are compared with one: the nearest, since mail is seldom long in one place."""

COMPARED_LIMIT = 64
"""Earlier sightings of all kinds that are compared with one; what finds nothing among so many is made to be slow."""

REFUSED, DEFERRED = HopKind.REFUSED, HopKind.DEFERRED


class Link(Struct, frozen=True):
    """What a sighting is linked with: the place of another trace, which it `continues` or has the same source as."""

    to: int
    continues: bool
    score: int
    evidence: tuple[Evidence, ...]


class Company:
    """Knows what mails have in common with others: it has to `meet` each. Most are seen once, and have nothing.

    `names` are the Message-IDs that several have, also none at all.
    """

    def __init__(self) -> None:
        self.names: set[str | None] = set()
        self._met: set[str | None] = set()
        self._numbers: set[str | None] = set()  # queue numbers
        self._stamped: set[str | None] = set()  # those in trace fields
        self._bodies: set[int | None] = set()  # of mails without a Message-ID

    def meet(self, trace: Trace) -> None:
        """Take the next trace of a mail."""
        name, number = trace.message_id, trace.queue_id
        if name in self._met:
            self.names.add(name)
        else:
            self._met.add(name)
        if number:
            self._numbers.add(number)
        for stamp in trace.stamps:
            self._stamped.add(stamp.id)
        if not name and trace.body is not None:
            self._bodies.add(trace.body)

    def places(self, traces: Sequence[Trace]) -> list[int]:
        """Return the places of all mails that may have anything in common with others."""
        names, bodies, numbers = self.names, self._bodies, self._numbers & self._stamped
        if not (names or bodies or numbers):
            return []
        return [
            place
            for place, trace in enumerate(traces)
            if trace.how
            and (
                trace.message_id in names
                or trace.body in bodies
                or trace.queue_id in numbers
                or not numbers.isdisjoint([stamp.id for stamp in trace.stamps])
            )
        ]


class Linker:
    """Links the traces of mails with each other; those of envelopes without a mail are left out."""

    def __init__(self, traces: Sequence[Trace], company: Company, places: Places) -> None:
        self._traces = traces
        self._places = places
        self._names = company.names
        self._order = in_order(traces, company.places(traces))
        self._by_queue: dict[Hashable, list[int]] = defaultdict(list)
        self._held: dict[Hashable, list[int]] = defaultdict(list)
        self._by_id: dict[Hashable, list[int]] = defaultdict(list)
        self._sources: dict[Hashable, list[int]] = defaultdict(list)
        self._nameless: dict[Hashable, list[int]] = defaultdict(list)
        for rank, place in enumerate(self._order):
            self._enter(rank, traces[place])

    def links(self) -> dict[int, Link]:
        """Return the link of each trace that has one, by its place; every link leads to one that is earlier here."""
        found = {}
        for rank, place in enumerate(self._order):
            link = self._best(rank, self._continued(rank), True) or self._best(rank, self._beside(rank), False)
            if link is not None:
                found[place] = link
        return found

    def _enter(self, rank: int, trace: Trace) -> None:
        name = trace.message_id if trace.message_id in self._names else None
        if name:
            self._sources[name, self._places.key(trace.source)].append(rank)
        if trace.kind is REFUSED or trace.kind is DEFERRED:
            return
        if trace.queue_id:
            self._by_queue[trace.queue_id].append(rank)
        if name:
            self._held[name, self._places.key(trace.holder)].append(rank)
            self._by_id[name].append(rank)
        elif not trace.message_id and trace.body is not None:
            self._nameless[trace.body, self._places.key(trace.holder)].append(rank)

    def _continued(self, rank: int) -> Iterator[list[int]]:
        """Yield those that a trace could continue, in groups of which the first are likelier."""
        trace = self._traces[self._order[rank]]
        for number in dict.fromkeys([stamp.id for stamp in trace.stamps]):
            if number in self._by_queue:
                yield _nearest(self._by_queue[number], rank)
        if trace.message_id and trace.message_id in self._names:
            yield _nearest(self._held.get((trace.message_id, self._places.key(trace.source))), rank)
            passed = _nearest(self._by_id.get(trace.message_id), rank)
            yield [each for each in passed if _extends(self._traces[self._order[each]], trace)]
        if self._nameless and trace.body is not None:
            yield _nearest(self._nameless.get((trace.body, self._places.key(trace.source))), rank)

    def _beside(self, rank: int) -> Iterator[list[int]]:
        """Yield those that could have come from the same host as a trace whose way to that host is not known."""
        trace = self._traces[self._order[rank]]
        if trace.message_id and trace.message_id in self._names:
            yield _nearest(self._sources.get((trace.message_id, self._places.key(trace.source))), rank)

    def _best(self, rank: int, groups: Iterator[list[int]], continues: bool) -> Link | None:
        """Return the best link to one of the first group that has one good enough; of equals the nearest counts."""
        trace = self._traces[self._order[rank]]
        seen: set[int] = set()
        for group in groups:
            best: Link | None = None
            for other in group:
                if other in seen or len(seen) == COMPARED_LIMIT:
                    continue
                seen.add(other)
                place = self._order[other]
                if continues and self._traces[place].conversation == trace.conversation:
                    continue  # what a server takes it does not hand on in the same breath
                score, evidence = compared(self._traces[place], trace, self._places, continues)
                if score >= ENOUGH and (best is None or score >= best.score):
                    best = Link(place, continues, score, tuple(evidence))
            if best is not None:
                return best
        return None


def in_order(traces: Sequence[Trace], places: Iterable[int]) -> list[int]:
    """Return places of traces, each behind all that it can be linked to: mails, then envelopes, then calls."""
    standing = []
    for place in places:
        trace = traces[place]
        kind = 0 if trace.how else 1 if trace.sender is not None else 2
        standing.append((kind, len(trace.stamps), trace.time_ns, place))
    standing.sort()
    return [place for _, _, _, place in standing]


def _nearest(ranks: list[int] | None, rank: int) -> list[int]:
    """Return the last of these before a rank."""
    if not ranks:
        return []
    at = bisect_left(ranks, rank)
    return ranks[max(0, at - CANDIDATES_LIMIT) : at]


def _extends(before: Trace, after: Trace) -> bool:
    """Tell whether a mail has all trace fields of another one, and more on top."""
    many = len(before.stamps)
    return len(after.stamps) > many and (not many or after.stamps[-many:] == before.stamps)
