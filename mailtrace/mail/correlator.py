"""HOT. Relates finished conversations to each other: who their hosts are, what caused them (`mail`)."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Mapping, Sequence
from operator import attrgetter, itemgetter

from msgspec import Raw, Struct

from mailtrace.mail.attribution import DEPENDENT, Attribution
from mailtrace.mail.hosts import GIVEN, HostBook
from mailtrace.mail.kept import Gist, Kept, Packed, Told
from mailtrace.model import Conversation, Lookup, Message, StreamKey
from mailtrace.protocols.services import UDP_PORTS


class Begun(Struct, array_like=True, gc=False):
    """A conversation was found: with which packet, when it began, and between whom."""

    found_at: int
    start_ns: int
    key: StreamKey


class Ended(Struct, array_like=True, gc=False):
    """A conversation that is final since `due_ns`, and what is `kept` of it.

    Its id is still the packet with which it was found, and what was said in it is among what is kept.
    """

    due_ns: int
    conversation: Conversation
    kept: Packed  # or plain `Kept`, where it is used by the process that made it


class Answered(Struct, array_like=True, gc=False):
    """A lookup that was answered, though its conversation may go on: the one at `place` of that found at `found_at`."""

    found_at: int
    place: int
    lookup: Lookup

    @property
    def time_ns(self) -> int:
        """When it was answered; the question may not have been captured."""
        return self.lookup.start_ns + (self.lookup.duration_ns or 0)


class Understood(Struct, array_like=True):
    """What came of one batch: conversations that were found, and those that ended.

    No packet before `now_ns` comes any more.

    The record is small and plain, so that it can be made in one process and used in another.
    """

    begun: list[Begun]
    ended: list[Ended]
    answered: list[Answered]
    now_ns: int


class Final(Struct, gc=False):
    """A conversation that will not change any more, with the names of both its sides by address.

    `numbers` are those of its messages, and `messages` these themselves if they are kept; `told` as in `Kept`. `due_ns`
    is since when.
    """

    conversation: Conversation
    names: dict[str, str]
    numbers: range
    messages: list[Message]
    gist: Gist | None
    told: Told | Raw | None
    due_ns: int

    @property
    def lookups(self) -> list[Lookup]:
        """The DNS lookups in it."""
        return self.conversation.dialogue.lookups


class Correlator:
    """Feed it what came of each batch, in order; `names` are the user's names by address.

    It numbers conversations in the order in which they were found; `conversations` is how many there are so far.
    """

    def __init__(self, names: Mapping[str, Sequence[str]] | None = None) -> None:
        self.hosts = HostBook()
        self.hosts.add_names(names or {}, GIVEN)
        self.conversations = self._messages = self._lookups = 0
        self._ids: dict[int, int] = {}  # of conversations that have not ended, by the packet with which each was found
        self._attribution: Attribution[Final] = Attribution()
        self._numbers: dict[tuple[int, int], int] = {}  # of lookups in conversations that have not ended, by place
        self._early: list[tuple[int, int, Answered]] = []  # answered after the time that has passed for certain
        self._answered: deque[tuple[int, Lookup]] = deque()  # when, and which

    def feed(self, parts: Sequence[Understood]) -> list[Final]:
        """Take what came of the next batch, by share; return the conversations about which nothing is open."""
        ids, attribution = self._ids, self._attribution
        for begun in sorted([each for part in parts for each in part.begun], key=attrgetter("found_at")):
            number = self.conversations = ids[begun.found_at] = self.conversations + 1
            if begun.key.server.port not in UDP_PORTS:
                attribution.opened(number, begun.start_ns, begun.key)
        now_ns = max(part.now_ns for part in parts)
        self._take([(each.time_ns, each.found_at, each) for part in parts for each in part.answered], now_ns)
        finals: list[Final] = []
        for ended in sorted([each for part in parts for each in part.ended], key=_order):
            conversation, kept, due_ns = ended.conversation, ended.kept, ended.due_ns
            finals += attribution.decided(due_ns)
            gist, is_stream = kept.gist, conversation.key.server.port not in UDP_PORTS
            found_at, conversation.id = conversation.id, ids.pop(conversation.id)
            conversation.dialogue = kept.dialogue
            numbers = self._number_parts(conversation, kept, found_at)
            names = self.hosts.observe(conversation, "" if gist is None else gist.greeting)
            final = Final(conversation, names, numbers, kept.messages, gist, kept.told, due_ns)
            if conversation.protocol in DEPENDENT:
                if isinstance(kept.told, Raw):
                    final.told = kept.told.copy()  # else all that was received with it would wait, too
                attribution.wait(final, due_ns)
            else:
                finals.append(final)
            if is_stream:
                attribution.closed(conversation, None if gist is None else gist.about, due_ns)
        return finals + attribution.decided(now_ns)

    def number_of(self, found_at: int) -> int | None:
        """Return the number of a conversation that has not ended, by the packet with which it was found."""
        return self._ids.get(found_at)

    def finish(self) -> list[Final]:
        """No more will come: return all that is left."""
        return self._attribution.finish()

    def answered_by(self, time_ns: int) -> list[Lookup]:
        """Return the lookups answered by then and before the time that has passed, each once."""
        answered = []
        while self._answered and self._answered[0][0] <= time_ns:
            answered.append(self._answered.popleft()[1])
        return answered

    def _take(self, answered: list[tuple[int, int, Answered]], now_ns: int) -> None:
        """Number lookups, given with when and where: those who judge mails speak of them by their numbers.

        Those answered later than now wait for their turn: an earlier answer may still come.
        """
        answered = sorted(self._early + answered, key=itemgetter(0, 1))
        taken = bisect_right(answered, now_ns, key=itemgetter(0))
        answered, self._early = answered[:taken], answered[taken:]
        for _, found_at, each in answered:
            self._lookups += 1
            each.lookup.id = self._numbers[found_at, each.place] = self._lookups
        self._answered = deque([(time_ns, each.lookup) for time_ns, _, each in answered])

    def _number_parts(self, conversation: Conversation, kept: Kept, found_at: int) -> range:
        """Number the messages and lookups of a conversation; return the numbers of the messages."""
        first = self._messages + 1
        self._messages += 0 if kept.gist is None else kept.gist.messages
        for number, message in enumerate(kept.messages, first):
            message.id = message.content.message = number
            message.conversation = conversation.id
        for place, lookup in enumerate(conversation.dialogue.lookups):
            if (found_at, place) not in self._numbers:  # nobody answered
                self._lookups += 1
                self._numbers[found_at, place] = self._lookups
            lookup.id = self._numbers.pop((found_at, place))
            lookup.conversation = conversation.id
            lookup.client, lookup.server = conversation.key.client.host, conversation.key.server.host
        return range(first, self._messages + 1)


def _order(ended: Ended) -> tuple[int, int]:
    """Conversations end in the order in which they were due, whatever carried them."""
    return ended.due_ns, ended.conversation.numbers[0]
