"""Facts: what can be said of a capture in words that two programs share, so that they can be compared."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct


class Kind(Enum):
    """What a fact is about; the order is that of a report."""

    CONVERSATION = "conversation"
    COMMAND = "command"
    REPLY = "reply"
    MESSAGE = "message"
    LOOKUP = "lookup"


class Fact(Struct, frozen=True):
    """One thing seen: a conversation's protocol, a verb, a reply code, a mail's Message-ID, a question to DNS.

    `stream` is the number of the TCP connection, None for UDP. `packets` are all that carried it (both programs may
    show it at another of them). `details` are ways to say the rest of it, such as size and hash of a mail: two facts
    agree when they share one, or one of them tells none.
    """

    kind: Kind
    stream: int | None
    says: str
    packets: tuple[int, ...]
    details: tuple[str, ...] = ()


class Difference(Struct, frozen=True):
    """Where the two do not agree: one of them is None when only the other says it."""

    ours: Fact | None
    theirs: Fact | None

    @property
    def fact(self) -> Fact:
        """The one of them that is there; ours when both are."""
        found = self.ours or self.theirs
        if found is None:
            raise ValueError("a difference needs a fact")
        return found
