"""When it is decided which mail conversation a lookup or an ident call happened for, in bounded memory.

A DNS or ident conversation waits until every mail conversation that its asking host took part in then has closed; then
`causes` picks the one it belongs to. A mail conversation that has closed is remembered only while something waits that
it could have caused. When to look follows from the conversations alone, and not from how much is read at once.
"""

from __future__ import annotations

from collections import defaultdict, deque
from heapq import heappop, heappush
from typing import Generic, Protocol, TypeVar

from mailtrace.mail.causes import BEFORE_NS, About, best_cause, candidate, ident_cause
from mailtrace.mail.memory import Memory
from mailtrace.model import NO_TIME, Conversation, Lookup, StreamKey

DEPENDENT = frozenset({"dns", "ident"})
"""Protocols whose conversations may have happened because of a mail conversation."""

WAITING_LIMIT = 10_000
"""Conversations that may wait for one host; a mail conversation open for hours must not hold up everything."""

FORGET_NS = 45_000_000_000
"""How long a closed mail conversation is remembered: a DNS conversation is final 20 s after its last packet."""

FORGET_EVERY_NS = 10_000_000_000
"""How often to forget what nothing can belong to any more."""


class Dependent(Protocol):
    """What waits: a finished conversation and the lookups in it."""

    @property
    def conversation(self) -> Conversation:
        """The DNS or ident conversation."""

    @property
    def lookups(self) -> list[Lookup]:
        """The lookups in it."""


D = TypeVar("D", bound=Dependent)


class _Host(Generic[D]):
    """One address: mail conversations it is in that are open (id to start) or closed, and what waits for them."""

    __slots__ = ("closed", "open", "waiting")

    def __init__(self) -> None:
        self.open: dict[int, int] = {}
        self.closed = Memory()
        self.waiting: deque[tuple[int, D]] = deque()  # each with the last moment at which its cause may have begun


class Attribution(Generic[D]):
    """Takes mail conversations as they open and close, and dependents as they finish; hands out what is decided."""

    def __init__(self) -> None:
        self._hosts: defaultdict[str, _Host[D]] = defaultdict(_Host)
        self._sides: dict[int, tuple[_Host[D], ...]] = {}  # the hosts of each conversation that is open
        self._looks: list[tuple[int, int, _Host[D]]] = []  # when to look at what waits for a host: a heap
        self._counted = 0  # tells looks of one time apart
        self._forgot_ns = NO_TIME

    def opened(self, conversation: int, start_ns: int, key: StreamKey) -> None:
        """A conversation that may be mail began."""
        client, server = self._hosts[key.client.host], self._hosts[key.server.host]
        sides = self._sides[conversation] = (client,) if client is server else (client, server)
        for host in sides:
            host.open[conversation] = start_ns

    def closed(self, conversation: Conversation, what: About | None, now_ns: int) -> None:
        """Such a conversation is final; one that is about nothing, being no mail, can have caused nothing."""
        number = conversation.id
        remembered = None if what is None else candidate(conversation, what)
        for host in self._sides.pop(number):
            del host.open[number]
            if host.waiting:
                self._look(host, now_ns)
            if remembered is not None:
                host.closed.add(remembered)

    def wait(self, dependent: D, now_ns: int) -> None:
        """A DNS or ident conversation is final, and its cause is to be found."""
        conversation = dependent.conversation
        host, reach_ns = self._hosts[conversation.key.client.host], conversation.end_ns + BEFORE_NS
        host.waiting.append((reach_ns, dependent))
        self._look(host, max(now_ns, reach_ns))
        if len(host.waiting) > WAITING_LIMIT:
            self._look(host, now_ns)

    def decided(self, now_ns: int) -> list[D]:
        """Return the dependents whose cause was settled before now; each has it filled in."""
        ready: list[D] = []
        while self._looks and self._looks[0][0] < now_ns:
            time_ns, _, host = heappop(self._looks)
            while host.waiting and self._is_settled(host, host.waiting[0][0], time_ns):
                ready.append(self._decide(host, host.waiting.popleft()[1]))
        if now_ns - self._forgot_ns >= FORGET_EVERY_NS:
            self._forgot_ns = now_ns
            self._forget(now_ns)
        return ready

    def finish(self) -> list[D]:
        """No more will come: decide everything."""
        ready = []
        for host in self._hosts.values():
            ready += [self._decide(host, dependent) for _, dependent in host.waiting]
        self._hosts.clear()
        return sorted(ready, key=lambda dependent: dependent.conversation.id)

    def _look(self, host: _Host[D], time_ns: int) -> None:
        """Look at what waits for a host, when that time has passed."""
        self._counted += 1
        heappush(self._looks, (time_ns, self._counted, host))

    def _is_settled(self, host: _Host[D], reach_ns: int, now_ns: int) -> bool:
        if len(host.waiting) > WAITING_LIMIT:
            return True
        return reach_ns <= now_ns and not (host.open and next(iter(host.open.values())) <= reach_ns)

    def _decide(self, host: _Host[D], dependent: D) -> D:
        conversation, lookups = dependent.conversation, dependent.lookups
        if conversation.protocol == "ident":
            conversation.caused_by = ident_cause(conversation, host.closed.near_ident(conversation))
        causes = set()
        for lookup in lookups:
            lookup.caused_by = best_cause(lookup, host.closed.near_lookup(lookup))
            causes.add(lookup.caused_by)
        if len(causes) == 1:
            conversation.caused_by = causes.pop()
        return dependent

    def _forget(self, now_ns: int) -> None:
        """Drop closed conversations that nothing still to come can belong to."""
        for address, host in list(self._hosts.items()):
            closed, waiting = host.closed, host.waiting
            oldest_ns = min(waiting[0][1].conversation.start_ns, now_ns) if waiting else now_ns
            if closed and closed[0].end_ns < oldest_ns - FORGET_NS:
                closed.forget(oldest_ns - FORGET_NS)
            if not (closed or host.open or waiting):
                del self._hosts[address]
