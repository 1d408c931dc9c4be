"""HOT. How far the clocks of hosts are from the capture's: each stamp of a host sets bounds (tests/bench `mail`).

A stamp with whole seconds says that the host's clock stood between it and the next second. When it was made is known
from the packets around: what it answers was captured before, what carries it after. So the difference has two bounds,
wide where a server takes its time, and those of all stamps together are narrow. Three kinds of stamp are read:

- `greeting`: many servers write the time into their greeting. It was made between the first packet and the greeting.
- `received`: the trace header of the server that took a mail, seen where the mail goes on. Its `id` is the one which
  the server told in its reply, so it was made between MAIL and that reply. Where only the mail that goes on was
  captured, the stamp of the host that sends it was made before, and sets one bound.
- `date`: a mail that its own program sends was dated before. Also one bound, and a weak one: people write dates.

Stamps that do not fit the others are kept apart, and the greater number counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from mailtrace.mail.stamps import SPEAKING_FIRST, Sent, Stamps, Taken, Traced
from mailtrace.model import NO_TIME, ClockCertainty, ClockEvidence, ClockSkew, Conversation, Host

T = TypeVar("T")

HOSTS_LIMIT = 10_000
"""Hosts whose clocks are watched; those seen later are not, so that a scan of a network does not fill memory."""

ENOUGH = 16
"""Conversations of a host that are all read; of more, one in as many, since a clock is soon known."""

WAITING_LIMIT = 10_000
"""Mails that are remembered until their trace header is seen, and headers until their mail is; the oldest is let go."""

GUESSES_LIMIT = 4
"""Readings of one clock that do not agree and are kept side by side; any others only count as contradicting."""

SECOND_NS = 1_000_000_000

WANDERING_NS = SECOND_NS // 2
"""How far readings may miss each other without a contradiction: clocks drift, and are set right little by little."""

SENT_WITHIN_NS = 60 * SECOND_NS
"""How long after being dated a mail usually is sent; dates that agree on such a moment are taken for a clock."""

ZONE_TOLERANCE_NS = 120 * SECOND_NS
"""How far a difference may be from whole hours to be called a wrong time zone: a clock may be wrong besides."""

HOUR_NS = 3_600 * SECOND_NS

ZONES_APART = 26
"""The hours between the zones that are furthest from each other, +14:00 and -12:00."""


class _Reading(Struct, frozen=True, gc=False):
    """One look at a clock: what stamp it gave, and between which bounds it then was ahead of the capture's."""

    kind: str
    stamp: str
    packets: tuple[int, ...]
    low_ns: int
    high_ns: int | None


class _Guess(Struct):
    """Readings of one clock that agree: the bounds they leave, and which of them set those."""

    low_ns: int
    high_ns: int | None
    low: _Reading
    high: _Reading
    readings: int = 1

    def takes(self, reading: _Reading) -> bool:
        """Add a reading if it agrees with these; tell whether it does."""
        low_ns, high_ns = reading.low_ns, reading.high_ns
        if self.high_ns is not None and low_ns > self.high_ns + WANDERING_NS:
            return False
        if high_ns is not None and high_ns < self.low_ns - WANDERING_NS:
            return False
        self.readings += 1
        if low_ns > self.low_ns:
            self.low_ns, self.low = low_ns, reading
        if high_ns is not None and (self.high_ns is None or high_ns < self.high_ns):
            self.high_ns, self.high = high_ns, reading
        if self.high_ns is not None and self.low_ns > self.high_ns:
            self.low_ns, self.high_ns, self.low, self.high = self.high_ns, self.low_ns, self.high, self.low
        return True


class _Clock(Struct):
    """All that is known of one clock: guesses that do not agree with each other, and how many readings there were."""

    guesses: list[_Guess]
    readings: int = 1

    def add(self, reading: _Reading) -> None:
        """Take one more reading."""
        self.readings += 1
        for guess in self.guesses:
            if guess.takes(reading):
                return
        if len(self.guesses) < GUESSES_LIMIT:
            self.guesses.append(_Guess(reading.low_ns, reading.high_ns, reading, reading))


class Clocks:
    """Watches clocks: give it every conversation with its stamps, in any order, and ask for `skews` in the end."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}  # conversations by host
        self._own: dict[str, _Clock] = {}
        self._dates: dict[str, _Clock] = {}
        self._taken: dict[str, tuple[str, Taken]] = {}  # with its host, by queue id, as is the next
        self._traced: dict[str, Traced] = {}

    def observe(self, conversation: Conversation, told: Stamps) -> None:
        """Take the stamps in a conversation that is final."""
        first = conversation.packets[0]
        if conversation.protocol not in SPEAKING_FIRST or first.time_ns == NO_TIME:
            return
        client, server = conversation.key.client.host, conversation.key.server.host
        if self._is_due(server):
            if told.greeted is not None:  # later than the call, and earlier than it is seen
                stamp, packet, time_ns = told.greeted.stamp, told.greeted.packet, told.greeted.time_ns
                if conversation.complete:
                    self._read(self._own, server, "greeting", stamp, first.time_ns, time_ns, (first.number, packet))
                else:  # its start may be missing
                    self._read(self._own, server, "greeting", stamp, None, time_ns, (packet,))
            for taken in told.taken:
                self._take(server, taken)
        if told.sent and self._is_due(client):
            for sent in told.sent:
                self._sent(client, sent)
        for traced in told.traced:
            self._trace(traced)

    def skews(self) -> dict[str, ClockSkew]:
        """Return what is known of each clock, by address; hosts without a stamp are not in it."""
        dated = {host: _dated_skew(clock) for host, clock in self._dates.items() if host not in self._own}
        own = {host: _skew(clock) for host, clock in self._own.items()}
        return own | {host: skew for host, skew in dated.items() if skew is not None}

    def _is_due(self, host: str) -> bool:
        """Count a conversation of a host; tell whether its stamps are to be read."""
        seen = self._seen.get(host, 0)
        if not seen and len(self._seen) >= HOSTS_LIMIT:
            return False
        self._seen[host] = seen + 1
        return seen < ENOUGH or not seen % ENOUGH

    def _take(self, host: str, taken: Taken) -> None:
        """Remember that a server took a mail, until the mail's trace header tells when that was by its clock."""
        traced = self._traced.pop(taken.queue_id, None)
        if traced is None:
            _remember(self._taken, taken.queue_id, (host, taken))
        else:
            self._join(host, taken, traced)

    def _trace(self, traced: Traced) -> None:
        found = self._taken.pop(traced.queue_id, None)
        if found is None:
            _remember(self._traced, traced.queue_id, traced)
        else:
            self._join(*found, traced)

    def _join(self, host: str, taken: Taken, traced: Traced) -> None:
        packets = (*taken.packets, traced.packet)
        self._read(self._own, host, "received", traced.stamp, taken.after_ns, taken.before_ns, packets)

    def _sent(self, host: str, sent: Sent) -> None:
        """A client hands over a mail that bears its stamp."""
        if not sent.is_date:
            self._read(self._own, host, "received", sent.stamp, None, sent.start_ns, sent.packets)
        elif sent.start_ns != NO_TIME:
            after_ns = sent.start_ns - SENT_WITHIN_NS
            self._read(self._dates, host, "date", sent.stamp, after_ns, sent.start_ns, sent.packets)

    def _read(
        self,
        clocks: dict[str, _Clock],
        host: str,
        kind: str,
        stamp: str,
        after_ns: int | None,
        before_ns: int,
        packets: tuple[int, ...],
    ) -> None:
        """Take a stamp that was made between two times of the capture; one whose zone is unknown tells nothing."""
        told_ns = None if before_ns == NO_TIME else _told_ns(stamp)
        if told_ns is None:
            return
        high_ns = None if after_ns is None else told_ns + SECOND_NS - after_ns
        reading = _Reading(kind, stamp, packets, told_ns - before_ns, high_ns)
        clock = clocks.get(host)
        if clock is not None:
            clock.add(reading)
        else:
            clocks[host] = _Clock([_Guess(reading.low_ns, reading.high_ns, reading, reading)])


def with_clocks(hosts: Iterable[Host], skews: Mapping[str, ClockSkew]) -> list[Host]:
    """Return the hosts, each with what is known of its clock."""
    return [replace(host, clock=skews[host.address]) if host.address in skews else host for host in hosts]


def _remember(waiting: dict[str, T], queue_id: str, what: T) -> None:
    """Keep something until its other half is seen; of too many the oldest is let go."""
    if len(waiting) >= WAITING_LIMIT:
        del waiting[next(iter(waiting))]
    waiting[queue_id] = what


def _told_ns(stamp: str) -> int | None:
    """Return an ISO 8601 time in nanoseconds since 1970; None where its zone is unknown, or where it is no time."""
    if stamp.endswith("-00:00"):
        return None
    try:
        return int(datetime.fromisoformat(stamp).timestamp()) * SECOND_NS
    except (ValueError, OverflowError):  # a leap second, or a year that datetime does not know
        return None


def _skew(clock: _Clock) -> ClockSkew:
    """Return what the stamps of a server come to; the guess on which most agree counts."""
    best = max(clock.guesses, key=attrgetter("readings"))
    others = clock.readings - best.readings
    low_ns, high_ns = best.low_ns, best.high_ns
    if low_ns > 0:
        skew_ns = low_ns if high_ns is None else (low_ns + high_ns) // 2
    elif high_ns is None:
        skew_ns = None
    else:
        skew_ns = 0 if high_ns >= 0 else (low_ns + high_ns) // 2
    sure = ClockCertainty.LIKELY if others else ClockCertainty.CERTAIN
    return _told(best, others, low_ns, high_ns, skew_ns, sure)


def _dated_skew(clock: _Clock) -> ClockSkew | None:
    """Return what dates of mails come to; None where most do not agree, since then they are no clock's.

    A single one only tells that the clock is not further behind: an old draft looks like a clock that is late.
    """
    best = max(clock.guesses, key=attrgetter("readings"))
    others = clock.readings - best.readings
    if others >= best.readings:
        return None
    low_ns, high_ns = best.low_ns, best.high_ns if best.readings > 1 else None
    if low_ns > 0 or (high_ns is not None and high_ns < 0):
        skew_ns: int | None = low_ns
    else:
        skew_ns = None if high_ns is None else 0
    return _told(best, others, low_ns, high_ns, skew_ns, ClockCertainty.WEAK)


def _told(
    guess: _Guess, others: int, low_ns: int, high_ns: int | None, skew_ns: int | None, sure: ClockCertainty
) -> ClockSkew:
    bounding = {id(each): each for each in (guess.low, guess.high if high_ns is not None else guess.low)}
    return ClockSkew(
        low_s=_seconds(low_ns),
        high_s=None if high_ns is None else _seconds(high_ns),
        skew_s=None if skew_ns is None else _seconds(skew_ns),
        sure=sure,
        readings=guess.readings + others,
        contradicting=others,
        zone_hours=_zone_hours(skew_ns, low_ns, high_ns),
        evidence=tuple([ClockEvidence(each.kind, each.stamp, each.packets) for each in bounding.values()]),
    )


def _zone_hours(skew_ns: int | None, *bounds_ns: int | None) -> int:
    """Return the hours by which a time zone is wrong, 0 where the difference is not that of zones."""
    hours = round((skew_ns or 0) / HOUR_NS)
    near = all(bound is None or abs(bound - hours * HOUR_NS) <= ZONE_TOLERANCE_NS for bound in bounds_ns)
    return hours if near and abs(hours) <= ZONES_APART else 0


def _seconds(time_ns: int) -> float:
    return round(time_ns / SECOND_NS, 6)
