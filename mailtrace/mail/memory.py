"""The mail conversations of one host that have closed, found by what a lookup asks about and by when they ran.

A busy host has thousands of them in reach of each of its thousands of lookups. Few are looked through one by one; many
are indexed when a lookup comes: by every name and address that `causes` could find in both.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice

from mailtrace.mail.causes import Candidate, reversed_address, subjects, topics
from mailtrace.model import Conversation, Lookup

FEW = 50
"""Conversations that are not worth an index."""

NEAREST = 50
"""Conversations about one name that are looked at before a moment, and after it: the nearest start counts anyway."""

RUNNING = 50
"""Conversations running at a moment that are looked at: two that owe a reply are enough to rule each other out."""

BEGUN = 1000
"""Conversations begun before a moment that are asked whether they still run."""


class Memory(deque[Candidate]):
    """What is remembered of one host, in order of closing: `add` to it, and `forget`."""

    __slots__ = ("_about", "_forgotten", "_new", "_started")

    def __init__(self) -> None:
        self._new: list[Candidate] = []  # not in the index yet
        self._forgotten = 0  # still in the index
        self._about: dict[str, list[Candidate]] = {}
        self._started: list[Candidate] = []

    def add(self, conversation: Candidate) -> None:
        """Remember a conversation that is final."""
        self.append(conversation)
        self._new.append(conversation)

    def forget(self, before_ns: int) -> None:
        """Drop what ended before a moment."""
        while self and self[0].end_ns < before_ns:
            self.popleft()
            self._forgotten += 1
        if self._forgotten > len(self):  # then beginning anew costs no more than adding did
            self._new, self._forgotten = list(self), 0
            self._about.clear()
            self._started.clear()

    def near_lookup(self, lookup: Lookup) -> Iterable[Candidate]:
        """Return the conversations that a lookup could have happened for."""
        if len(self) <= FEW:
            return self
        self._index()
        at = bisect_right(self._started, lookup.start_ns, key=_start_ns)
        running = (each for each in reversed(self._started[max(0, at - BEGUN) : at]) if each.end_ns >= lookup.start_ns)
        return _in_order([*self._about_any(topics(lookup), lookup.start_ns), *islice(running, RUNNING)])

    def near_ident(self, ident: Conversation) -> Iterable[Candidate]:
        """Return the conversations that an ident call could have happened for."""
        if len(self) <= FEW:
            return self
        self._index()
        return _in_order(self._about_any([reversed_address(ident.key.server.host)], ident.start_ns))

    def _about_any(self, names: Iterable[str], time_ns: int) -> Iterator[Candidate]:
        """Yield the conversations that any of the names points to, of each name those that began nearest."""
        for name in names:
            conversations = self._about.get(name, [])
            at = bisect_right(conversations, time_ns, key=_start_ns)
            yield from conversations[max(0, at - NEAREST) : at + NEAREST]

    def _index(self) -> None:
        for conversation in self._new:
            insort(self._started, conversation, key=_start_ns)
            for name in subjects(conversation):
                insort(self._about.setdefault(name, []), conversation, key=_start_ns)
        self._new.clear()


def _start_ns(conversation: Candidate) -> int:
    return conversation.start_ns


def _in_order(conversations: Iterable[Candidate]) -> list[Candidate]:
    """Return each once, in the order of their numbers, so that the result does not depend on how they were found."""
    found = {each.id: each for each in conversations}
    return [found[number] for number in sorted(found)]
