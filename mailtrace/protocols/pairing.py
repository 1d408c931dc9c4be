"""Pairs replies with what asked for them: by order, never by segment. Source: RFC 2920 section 3.1.

What a session asked waits here until its reply comes; a reply that comes first waits for what asked for it, because
the sides of a stream can be delivered apart (a hole in one delays it). Packet numbers tell which of the two is right:
a reply cannot answer what was sent after it.

After a hole nobody knows how many are missing. From then on only a reply that fits a single question is paired, until
the client has spoken, was answered, and speaks again: then all earlier questions have had their replies.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from mailtrace.model import Reply

PENDING_LIMIT = 1000
"""Questions, and early replies, that wait at most; the replies to further questions stay unmatched."""

Asked = TypeVar("Asked")


class Pairing(Generic[Asked]):
    """The questions of one conversation that are not answered yet.

    `singles_out` tells whether a reply with this status can answer that question and hardly any other. While `certain`
    is None the oldest of `pending` may be taken for any reply, without asking here.
    """

    __slots__ = (
        "_commands_lost",
        "_gone_on",
        "_last_asked",
        "_last_reply",
        "_singles_out",
        "_unlisted",
        "certain",
        "early",
        "pending",
    )

    def __init__(self, singles_out: Callable[[Asked, str], bool]) -> None:
        self.early: deque[Reply] = deque()  # replies that nothing asked for yet
        self._singles_out = singles_out
        self.pending: deque[Asked] = deque()
        self._unlisted = 0  # questions above the limit
        self.certain: int | None = None  # how many replies still pair by order; None: all
        self._commands_lost = False
        self._gone_on: tuple[Asked, int] | None = None
        self._last_asked = 0
        self._last_reply = 0

    @property
    def waiting(self) -> bool:
        """Whether anything is unanswered."""
        return bool(self.pending) or self._unlisted > 0

    @property
    def client_spoke(self) -> bool:
        """Whether anything was asked at all."""
        return self._last_asked > 0

    @property
    def uncertain(self) -> bool:
        """Whether a hole may have swallowed questions or replies."""
        return self.certain is not None

    @property
    def owed(self) -> int:
        """How many questions are unanswered."""
        return len(self.pending) + self._unlisted

    @property
    def last_asked(self) -> int:
        """The packet of the last question, 0 when there was none."""
        return self._last_asked

    @property
    def last_reply(self) -> int:
        """The packet of the last reply, 0 when there was none since commands were lost."""
        return self._last_reply

    def ask(self, question: Asked, packet: int) -> bool:
        """Add a question that `packet` completed; false when it will not be paired because too many wait."""
        pending = self.pending
        if self.certain is not None and self._last_asked < self._last_reply < packet:
            pending.clear()
            self._unlisted = 0
            self.certain = None
            self._commands_lost = False
        self._last_asked = packet
        if self._unlisted or len(pending) >= PENDING_LIMIT:
            self._unlisted += 1
            return False
        pending.append(question)
        return True

    def answer(self, reply: Reply, more_to_ask: bool = False) -> Asked | None:
        """Take the question that `reply` answers; None when it cannot be told. Only while something waits.

        `more_to_ask` tells that octets of the client are held back, and may hold the question.
        """
        if reply.packet > self._last_reply:
            self._last_reply = reply.packet
        if not self.pending:
            self._unlisted -= 1
            return None
        if self.certain is None:
            return self.pending.popleft()
        if self.certain > 0:
            self.certain -= 1
            return self.pending.popleft()
        return self._only_fit(reply, more_to_ask)

    def hold(self, reply: Reply) -> Reply | None:
        """Keep a reply that came while nothing waits; return the oldest one if that makes too many."""
        self._last_reply = max(self._last_reply, reply.packet)
        self.early.append(reply)
        return self.early.popleft() if len(self.early) > PENDING_LIMIT else None

    def overtaken(self, packet: int) -> Reply | None:
        """Return, one by one, the held replies that came no later than `packet`: what it brings they cannot answer."""
        return self.early.popleft() if self.early and self.early[0].packet <= packet else None

    def ask_again(self, question: Asked, packet: int) -> None:
        """Add a question that is due before all others: one that has several answers."""
        self.pending.appendleft(question)
        if self.certain is not None:
            self.certain += 1

    def commands_lost(self, owed: int = 0) -> None:
        """Note a hole in what the client said: replies beyond those owed by now may belong to what it swallowed.

        `owed` more questions are sure to come first: the end of a message that the hole is in.
        """
        owed += len(self.pending)
        self.certain = owed if self.certain is None else min(self.certain, owed)
        self._commands_lost = True
        self._last_reply = 0  # replies before the hole are no answer to what it swallowed

    def replies_lost(self, packet: int = 0) -> None:
        """Note a hole in what the server said, proved by `packet`: the server spoke before it."""
        self.certain = 0
        self._last_reply = max(self._last_reply, packet)

    def gone_on(self, question: Asked, packet: int) -> None:
        """Note that the client went on at `packet`, as when `question` is answered: no later reply answers it."""
        self._gone_on = (question, packet)

    def give_up(self) -> None:
        """Forget all questions: their replies will not come."""
        self.pending.clear()
        self._unlisted = 0

    def _fits(self, question: Asked, reply: Reply) -> bool:
        """Tell whether a reply can be the answer to this question and hardly any other."""
        if self._gone_on is not None and question is self._gone_on[0] and reply.packet > self._gone_on[1]:
            return False
        return self._singles_out(question, reply.status)

    def _only_fit(self, reply: Reply, more_to_ask: bool) -> Asked | None:
        """Take the one question a reply after a hole can belong to, and forget those before it."""
        if len(self.pending) == 1 and not self._commands_lost and not more_to_ask:
            return self.pending.popleft()
        fitting = [at for at, question in enumerate(self.pending) if self._fits(question, reply)]
        if len(fitting) != 1:
            return None
        for _ in range(fitting[0]):
            self.pending.popleft()
        question = self.pending.popleft()
        if not self.pending:
            self.certain = None
            self._commands_lost = False
        return question
