"""Encrypted conversations that nobody can read: which one a trace field tells of is known by hosts and time alone."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable

from msgspec import Struct

from mailtrace.mail.journeys.caused import NOTHING_CAUSED, Caused
from mailtrace.mail.journeys.places import Places

CLOCK_NS = 60 * 10**9
"""How far the clock of a server may be from that of the capture, for its trace fields to be compared with it."""

COMPARED_LIMIT = 32
"""Conversations of the same two hosts, the last that began before, among which the one at a time is looked for."""


class Tunnel(Struct):
    """An encrypted conversation that may have carried mails."""

    conversation: int
    client: str
    server: str
    start_ns: int
    end_ns: int
    packets: tuple[int, ...]
    caused: Caused = NOTHING_CAUSED


class Tunnels:
    """Knows encrypted conversations by their two hosts."""

    def __init__(self, tunnels: Iterable[Tunnel], places: Places) -> None:
        self._places = places
        self._by_hosts: dict[tuple[str, str], list[Tunnel]] = defaultdict(list)
        for tunnel in sorted(tunnels, key=lambda each: each.start_ns):
            self._by_hosts[places.key(tunnel.client), places.key(tunnel.server)].append(tunnel)

    def find(self, sender: str, receiver: str, time_ns: int) -> Tunnel | None:
        """Return the conversation of two hosts that is nearest to a time, None where none is near.

        Trace fields tell whole seconds, cut off: a conversation within that second is as near as can be told. Of equals
        the last that began counts: servers write the field when the mail comes, which is at its end.
        """
        if not self._by_hosts:
            return None
        tunnels = self._by_hosts.get((self._places.key(sender), self._places.key(receiver)), [])
        at = bisect_right(tunnels, time_ns + CLOCK_NS, key=lambda each: each.start_ns)
        best: Tunnel | None = None
        least_ns = CLOCK_NS
        for tunnel in tunnels[max(0, at - COMPARED_LIMIT) : at]:
            away_ns = max(0, tunnel.start_ns - time_ns - 10**9, time_ns - tunnel.end_ns)
            if away_ns <= least_ns:
                best, least_ns = tunnel, away_ns
        return best
