"""The commands of one conversation that are not completed yet, found by tag. Source: RFC 9051 section 2.2.1.

A server completes commands in any order, and says what belongs to them before: untagged data goes to the oldest open
command that asks for such data. Both sides can be delivered apart (a hole in one delays it), so replies without their
command wait in a turn of their own, which a command with their tag adopts if it was sent before they were.
"""

from __future__ import annotations

from collections import deque
from itertools import islice

from msgspec import Struct

from mailtrace.model import Dialogue, Reply, Turn

OPEN_LIMIT = 1000
"""Commands that wait for their completion, and completions for their commands: clients have a handful under way."""

LOOKED_AT = 50
"""Open commands that are asked whether untagged data fits them; where more are open, data goes to the oldest."""

REPLIES_LIMIT = 100_000
"""Replies kept of one turn: the flags of a big mailbox have one each; a flood is only counted."""

NO_TAG = b""
"""Stands for a tag that a server cannot repeat."""

WANTED_BY: dict[str, tuple[str, ...]] = {
    "CAPABILITY": ("CAPABILITY", "LOGIN", "AUTHENTICATE"),
    "LIST": ("LIST", "XLIST", "SELECT", "EXAMINE", "CREATE", "RENAME"),
    "XLIST": ("XLIST",),
    "LSUB": ("LSUB",),
    "NAMESPACE": ("NAMESPACE",),
    "STATUS": ("STATUS", "LIST", "NOTIFY"),
    "SEARCH": ("SEARCH", "UID SEARCH"),
    "ESEARCH": ("SEARCH", "UID SEARCH", "SORT", "UID SORT", "THREAD", "ESEARCH"),
    "SORT": ("SORT", "UID SORT"),
    "THREAD": ("THREAD", "UID THREAD"),
    "FETCH": ("FETCH", "UID FETCH", "STORE", "UID STORE", "SELECT", "EXAMINE", "NOTIFY"),
    "EXPUNGE": ("EXPUNGE", "UID EXPUNGE", "MOVE", "UID MOVE", "CLOSE"),
    "VANISHED": ("EXPUNGE", "UID EXPUNGE", "MOVE", "UID MOVE", "SELECT", "EXAMINE", "UID FETCH"),
    "FLAGS": ("SELECT", "EXAMINE"),
    "EXISTS": ("SELECT", "EXAMINE"),
    "RECENT": ("SELECT", "EXAMINE"),
    "ID": ("ID",),
    "ENABLED": ("ENABLE", "SELECT", "EXAMINE"),
    "BYE": ("LOGOUT",),
    "QUOTA": ("GETQUOTA", "GETQUOTAROOT", "SETQUOTA"),
    "QUOTAROOT": ("GETQUOTAROOT",),
    "ACL": ("GETACL",),
    "LISTRIGHTS": ("LISTRIGHTS",),
    "MYRIGHTS": ("MYRIGHTS",),
    "METADATA": ("GETMETADATA",),
    "GENURLAUTH": ("GENURLAUTH",),
    "URLFETCH": ("URLFETCH",),
    "LANGUAGE": ("LANGUAGE",),
}
"""Which commands ask for data of this kind. Source: RFC 9051 section 7, and the RFCs of extensions."""

CODES_WANTED_BY: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("PERMANENTFLAGS", "UIDVALIDITY", "UIDNEXT", "UNSEEN", "CLOSED", "HIGHESTMODSEQ", "NOMODSEQ", "MAILBOXID"),
        ("SELECT", "EXAMINE"),
    ),
    "COPYUID": ("MOVE", "UID MOVE", "COPY", "UID COPY"),
    "APPENDUID": ("APPEND",),
    "CAPABILITY": ("LOGIN", "AUTHENTICATE", "CAPABILITY"),
}
"""The same of response codes in an untagged `OK`. Source: RFC 9051 section 7.1."""


class Asked(Struct, eq=False):
    """A command from when it is begun until it is completed.

    `argument` is what was said of it behind the verb, literals included unless they are mails; `packet` is that of its
    first line, `packets` carried all of it. `number` counts the commands of the conversation. `certain` is as in
    `model.Command`. `broken`: some of it is missing.
    """

    turn: Turn
    tag: bytes
    verb: str
    argument: bytes
    packet: int
    packets: list[int]
    certain: bool = True
    number: int = 0
    broken: bool = False


class Commands:
    """The open commands, oldest first, and the replies that wait for theirs."""

    def __init__(self, dialogue: Dialogue) -> None:
        self._dialogue = dialogue
        self._open: dict[int, Asked] = {}
        self._by_tag: dict[bytes, deque[int]] = {}
        self._count = 0
        self._lost = 0  # a hole may have swallowed the completions of the commands up to this one
        self._loose: Turn | None = None  # untagged replies while nothing was asked, as far as is known
        self._orphans: deque[tuple[bytes, Turn]] = deque()  # turns whose command was not seen, by their tag

    @property
    def count(self) -> int:
        """How many commands there were."""
        return self._count

    @property
    def waiting(self) -> bool:
        """Whether anything is open."""
        return bool(self._open)

    def is_open(self, tag: bytes) -> bool:
        """Tell whether a command with this tag waits for its completion."""
        return tag in self._by_tag

    def is_surely_open(self, tag: bytes) -> bool:
        """Tell whether it does, and nothing is missing that may have completed it."""
        return any(not self._is_doubtful(self._open[number]) for number in self._by_tag.get(tag, ()))

    def first(self) -> Asked | None:
        """Return the oldest open command."""
        return next(iter(self._open.values()), None)

    def add(self, asked: Asked) -> bool:
        """Open a command; false when one had to be given up for it."""
        self._count += 1
        asked.number = self._count
        self._open[self._count] = asked
        self._by_tag.setdefault(asked.tag, deque()).append(self._count)
        if len(self._open) <= OPEN_LIMIT:
            return True
        self._forget(next(iter(self._open)))
        return False

    def complete(self, tag: bytes) -> Asked | None:
        """Close the oldest sure command with this tag, else the newest; and with it the doubtful ones before it."""
        numbers = self._by_tag.get(tag)
        if not numbers:
            return None
        number = next((each for each in numbers if not self._is_doubtful(self._open[each])), numbers[-1])
        asked = self._open[number]
        self._forget(number)
        if asked.certain and number > self._lost:
            while (oldest := self.first()) is not None and oldest.number < number and self._is_doubtful(oldest):
                self._forget(oldest.number)
        return asked

    def replies_lost(self) -> None:
        """Note a hole in what the server said."""
        self._lost = self._count

    def wanting(self, status: str, code: str, packet: int) -> Asked | None:
        """Return the command that untagged data most plausibly belongs to, if it was sent before `packet` said it.

        That is the oldest that it fits, else the oldest; of those that may be completed already, the newest.
        """
        wanted = CODES_WANTED_BY.get(code, ()) if code else WANTED_BY.get(status, ())
        oldest: Asked | None = None
        fitting: Asked | None = None
        for asked in islice(self._open.values(), LOOKED_AT):
            if asked.packet > packet:
                break
            if asked.verb in wanted and (fitting is None or self._is_doubtful(fitting)):
                fitting = asked
            if oldest is None or self._is_doubtful(oldest):
                oldest = asked
        if fitting is None or oldest is None or (self._is_doubtful(fitting) and not self._is_doubtful(oldest)):
            return oldest
        return fitting

    def put_loose(self, reply: Reply, tag: bytes | None) -> Turn | None:
        """Keep a reply that belongs to no command so far; return a turn that has waited too long for its command."""
        turn = self._loose
        if turn is None:
            turn = self._loose = Turn(None)
            self._dialogue.turns.append(turn)
        keep(turn, reply)
        if tag is None:
            return None
        self._loose = None
        self._orphans.append((tag, turn))
        return self._orphans.popleft()[1] if len(self._orphans) > OPEN_LIMIT else None

    def close_loose(self) -> None:
        """What comes next is no part of the same exchange."""
        self._loose = None

    def overtaken(self, packet: int | None) -> list[Turn]:
        """Give up the replies that came before `packet` (None: all): no command that comes now can be theirs."""
        given_up = []
        while self._orphans and (packet is None or self._orphans[0][1].replies[-1].packet < packet):
            given_up.append(self._orphans.popleft()[1])
        if self._loose is not None and (packet is None or self._loose.replies[0].packet < packet):
            self._loose = None
        return given_up

    def adopt(self, asked: Asked) -> Reply | None:
        """Give a command that was delivered late the replies that came meanwhile; return its completion, if any."""
        for at, (tag, turn) in enumerate(self._orphans):
            if tag == asked.tag and turn.replies[-1].packet > asked.packet:
                del self._orphans[at]
                self._take_over(asked, turn)
                return turn.replies[-1]
        if self._loose is not None and not self._orphans:
            loose, self._loose = self._loose, None
            self._take_over(asked, loose)
        return None

    def _is_doubtful(self, asked: Asked) -> bool:
        """Tell whether it may be completed already, or no command at all."""
        return asked.number <= self._lost or not asked.certain

    def _take_over(self, asked: Asked, orphan: Turn) -> None:
        asked.turn.replies += orphan.replies
        turns = self._dialogue.turns
        del turns[next(at for at in range(len(turns) - 1, -1, -1) if turns[at] is orphan)]

    def _forget(self, number: int) -> None:
        asked = self._open.pop(number)
        numbers = self._by_tag[asked.tag]
        numbers.remove(number)
        if not numbers:
            del self._by_tag[asked.tag]


def keep(turn: Turn, reply: Reply) -> bool:
    """Add a reply to a turn unless it is one of a flood; tell whether it was added."""
    if len(turn.replies) >= REPLIES_LIMIT and reply.tag is None:
        return False
    turn.replies.append(reply)
    return True
