"""From the sightings of one mail to the hops of its journey, with those in between that only trace fields tell of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from operator import attrgetter

from msgspec.structs import replace

from mailtrace.mail.journeys.caused import Caused, Causes
from mailtrace.mail.journeys.changes import changes
from mailtrace.mail.journeys.dark import Tunnels
from mailtrace.mail.journeys.links import Link
from mailtrace.mail.journeys.trace import Stamp, Trace
from mailtrace.mail.journeys.words import WORDS
from mailtrace.model import NO_TIME, Evidence, EvidenceKind, Hop, HopKind
from mailtrace.model.language import said

TOLD = 60
"""The score of a hop that a trace field tells of: whoever sent the mail could have invented it."""

TOLD_AND_SEEN = 75
"""The score of one for which there is an encrypted conversation, too."""


SUBMITTED, RELAYED = HopKind.SUBMITTED, HopKind.RELAYED
BY_RECEIVED = EvidenceKind.RECEIVED


TIMES_REMEMBERED = 1_000
"""Times of trace fields that are read once: a busy server writes the same second into many mails."""

_address_of = attrgetter("address")


class Way:
    """The hops of one journey, built trace by trace; each comes after the one it is linked to."""

    def __init__(
        self,
        traces: Sequence[Trace],
        links: Mapping[int, Link],
        caused: Causes,
        tunnels: Tunnels,
    ) -> None:
        self._traces = traces
        self._links = links
        self._caused = caused
        self._tunnels = tunnels
        self._hops: list[Hop] = []
        self._order_ns: list[int] = []  # of each hop, never before that of the hop it continues
        self._by_trace: dict[int, int] = {}
        self._by_stamp: dict[tuple[int | None, Stamp], int] = {}

    def add(self, place: int) -> None:
        """Take the next trace, by its place, with what its trace fields tell of hops before it."""
        trace, link = self._traces[place], self._links.get(place)
        before, previous = None, None
        if link is not None and link.continues:
            before, previous = self._by_trace[link.to], self._traces[link.to]
        if trace.stamps:
            for stamp in _between(previous, trace):
                before = self._told(stamp, before, trace)
        self._by_trace[place] = self._enter(
            seen(trace, link, self._caused.of(place, trace.conversation), before, previous), trace.time_ns
        )

    def hops(self) -> tuple[tuple[Hop, ...], dict[int, int]]:
        """Return the hops in order, and the place of the hop of each trace by the place of the trace."""
        hops, order_ns = self._hops, self._order_ns
        order = sorted(range(len(hops)), key=order_ns.__getitem__)
        if order == list(range(len(hops))):
            return tuple(hops), self._by_trace
        places = {number: place for place, number in enumerate(order)}
        moved = [
            hop if hop.before is None else replace(hop, before=places[hop.before])
            for hop in map(hops.__getitem__, order)
        ]
        return tuple(moved), {trace: places[number] for trace, number in self._by_trace.items()}

    def _enter(self, hop: Hop, time_ns: int) -> int:
        """Add a hop, not before the one it continues; return its number."""
        if hop.before is not None:
            time_ns = max(time_ns, self._order_ns[hop.before])
        self._hops.append(hop)
        self._order_ns.append(time_ns)
        return len(self._hops) - 1

    def _told(self, stamp: Stamp, before: int | None, trace: Trace) -> int:
        """Return the number of a hop that a trace field tells of; it is made once for all mails that have the field."""
        known = self._by_stamp.get((before, stamp))
        if known is None:
            hop = told(stamp, before, trace, self._tunnels)
            time_ns = trace.time_ns if hop.time_ns is None else min(hop.time_ns, trace.time_ns)
            known = self._by_stamp[before, stamp] = self._enter(hop, time_ns)
        return known


def seen(
    trace: Trace, link: Link | None, caused: Caused, before: int | None = None, previous: Trace | None = None
) -> Hop:
    """Return the hop of which a trace was seen; `before` is the place of the hop that it continues.

    `previous` is the last trace before it. Made by position, which is a third faster.
    """
    source, holder = trace.way()
    return Hop(
        trace.kind if previous is None else _kind(trace, previous),
        trace.conversation,
        trace.message,
        source,
        holder,
        None if trace.time_ns == NO_TIME else trace.time_ns,
        tuple(map(_address_of, trace.recipients)) or ((trace.user,) if trace.user else ()),
        trace.queue_id,
        trace.status,
        before,
        () if link is None else link.evidence,
        100 if link is None else link.score,
        () if previous is None else changes(previous, trace),
        caused.lookups,
        caused.idents,
        trace.packets,
    )


def told(stamp: Stamp, before: int | None, trace: Trace, tunnels: Tunnels) -> Hop:
    """Return the hop that a trace field of a mail tells of, in an encrypted conversation where one is at its time."""
    time_ns = stamp_ns(stamp.time)
    hop = Hop(
        SUBMITTED if before is None else RELAYED,
        None,
        None,
        stamp.peer,
        stamp.by,
        time_ns,
        (),
        stamp.id,
        None,
        before,
        (Evidence(BY_RECEIVED, said(WORDS["stamp"]), trace.packets[-1:]),),
        TOLD,
    )
    tunnel = None if time_ns is None else tunnels.find(stamp.peer, stamp.by, time_ns)
    if tunnel is None:
        return hop
    return replace(
        hop,
        conversation=tunnel.conversation,
        sender=tunnel.client,
        receiver=tunnel.server,
        time_ns=tunnel.end_ns,
        evidence=(
            replace(hop.evidence[0], detail=said(WORDS["stamp-encrypted"])),
            Evidence(EvidenceKind.TIME, said(WORDS["dark"]), (*tunnel.packets[:1], *tunnel.packets[-1:])),
        ),
        score=TOLD_AND_SEEN,
        lookups=tunnel.caused.lookups,
        idents=tunnel.caused.idents,
        packets=tunnel.packets,
    )


def hops_alone(trace: Trace, caused: Caused, tunnels: Tunnels) -> tuple[Hop, ...]:
    """Return the hops of a mail that was seen once: those that its trace fields tell of, and that one."""
    if not trace.stamps:
        return (seen(trace, None, caused),)
    hops: list[Hop] = []
    for stamp in reversed(trace.stamps):
        hops.append(told(stamp, len(hops) - 1 if hops else None, trace, tunnels))
    return (*hops, seen(trace, None, caused, len(hops) - 1))


def _kind(trace: Trace, before: Trace) -> HopKind:
    """Return what a hop is: no first one, though it has no trace field, when it is seen from where the mail came."""
    return RELAYED if trace.kind is SUBMITTED and not before.retrieved else trace.kind


def _between(before: Trace | None, after: Trace) -> list[Stamp]:
    """Return the trace fields, oldest first, of hops of which nothing was seen.

    Those of `before` were there already, and one more was written when it was taken.
    """
    stamps = after.stamps
    if before is None:
        return list(reversed(stamps))
    own = next((at for at, stamp in enumerate(stamps) if stamp.id and stamp.id == before.queue_id), None)
    if own is None:
        own = len(stamps) - len(before.stamps) - (0 if before.retrieved or before.kind is HopKind.APPENDED else 1)
    return list(reversed(stamps[: max(0, own)]))


@lru_cache(maxsize=TIMES_REMEMBERED)
def stamp_ns(time: str | None) -> int | None:
    """Return when a trace field was written, by its writer's clock; None where it does not say."""
    if time is None:
        return None
    try:
        return int(datetime.fromisoformat(time).timestamp()) * 10**9
    except (ValueError, OverflowError):
        return None
