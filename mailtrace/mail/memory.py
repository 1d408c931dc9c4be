"""The mail conversations of one host that have closed, found by what a lookup asks about and by when they ran.

A busy host has thousands of them in reach of each of its thousands of lookups. Few are looked through one by one; many
are indexed when a lookup comes: by every name and address that `causes` could find in both.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import deque
from collections.abc import Iterable, Iterator

from mailtrace.mail.causes import subjects
from mailtrace.model import Conversation

FEW = 50
"""Conversations that are not worth an index."""

NEAREST = 50
"""Conversations about one name that are looked at before a moment, and after it: the nearest start counts anyway."""

RUNNING_LOOKED_AT = 1000
"""Conversations begun before a moment that are asked whether they run; after so many others, time proves nothing."""


class Memory:
    """What is remembered of one host; `add` in order of closing."""

    __slots__ = ("_about", "_closed", "_forgotten", "_new", "_started")

    def __init__(self) -> None:
        self._closed: deque[Conversation] = deque()
        self._new: list[Conversation] = []  # not in the index yet
        self._forgotten = 0  # still in the index
        self._about: dict[str, list[Conversation]] = {}
        self._started: list[Conversation] = []

    def __len__(self) -> int:
        """Return how many are remembered."""
        return len(self._closed)

    def add(self, conversation: Conversation) -> None:
        """Remember a conversation that is final."""
        self._closed.append(conversation)
        self._new.append(conversation)

    def forget(self, before_ns: int) -> None:
        """Drop what ended before a moment."""
        while self._closed and self._closed[0].end_ns < before_ns:
            self._closed.popleft()
            self._forgotten += 1
        if self._forgotten > len(self._closed):  # then beginning anew costs no more than adding did
            self._new, self._forgotten = list(self._closed), 0
            self._about.clear()
            self._started.clear()

    def about(self, names: Iterable[str], time_ns: int) -> Iterable[Conversation]:
        """Return the conversations that any of the names could point to, of each name those that began nearest."""
        if len(self._closed) <= FEW:
            return self._closed
        self._index()
        found: dict[int, Conversation] = {}
        for name in names:
            conversations = self._about.get(name, [])
            at = bisect_right(conversations, time_ns, key=_start_ns)
            for conversation in conversations[max(0, at - NEAREST) : at + NEAREST]:
                found[conversation.id] = conversation
        return [found[number] for number in sorted(found)]

    def running(self, time_ns: int) -> Iterator[Conversation]:
        """Return the conversations that were running at a moment."""
        begun: Iterable[Conversation] = self._closed
        if len(self._closed) > FEW:
            self._index()
            at = bisect_right(self._started, time_ns, key=_start_ns)
            begun = reversed(self._started[max(0, at - RUNNING_LOOKED_AT) : at])
        return (each for each in begun if each.start_ns <= time_ns <= each.end_ns)

    def _index(self) -> None:
        for conversation in self._new:
            insort(self._started, conversation, key=_start_ns)
            for name in subjects(conversation):
                insort(self._about.setdefault(name, []), conversation, key=_start_ns)
        self._new.clear()


def _start_ns(conversation: Conversation) -> int:
    return conversation.start_ns
