"""HOT. Relates finished conversations to each other: who their hosts are, what caused them (`mail`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter

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


class Understood(Struct, array_like=True):
    """What came of one batch: conversations that were found, and those that ended; `now_ns` is its latest time.

    The record is small and plain, so that it can be made in one process and used in another.
    """

    begun: list[Begun]
    ended: list[Ended]
    now_ns: int


class Final(Struct, gc=False):
    """A conversation that will not change any more, with the names of both its sides by address.

    `numbers` are those of its messages, and `messages` these themselves if they are kept; `told` as in `Kept`.
    """

    conversation: Conversation
    names: dict[str, str]
    numbers: range
    messages: list[Message]
    gist: Gist | None
    told: Told | Raw | None

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

    def feed(self, parts: Sequence[Understood]) -> list[Final]:
        """Take what came of the next batch, by share; return the conversations about which nothing is open."""
        ids, attribution = self._ids, self._attribution
        for begun in sorted([each for part in parts for each in part.begun], key=attrgetter("found_at")):
            number = self.conversations = ids[begun.found_at] = self.conversations + 1
            if begun.key.server.port not in UDP_PORTS:
                attribution.opened(number, begun.start_ns, begun.key)
        finals: list[Final] = []
        for ended in sorted([each for part in parts for each in part.ended], key=_order):
            conversation, kept = ended.conversation, ended.kept
            gist = kept.gist
            conversation.id = ids.pop(conversation.id)
            conversation.dialogue = kept.dialogue
            numbers = self._number_parts(conversation, kept)
            names = self.hosts.observe(conversation, "" if gist is None else gist.greeting)
            final = Final(conversation, names, numbers, kept.messages, gist, kept.told)
            if conversation.protocol in DEPENDENT:
                if isinstance(kept.told, Raw):
                    final.told = kept.told.copy()  # else all that was received with it would wait, too
                attribution.wait(final)
            else:
                finals.append(final)
            if conversation.key.server.port not in UDP_PORTS:
                attribution.closed(conversation, None if gist is None else gist.about)
        return finals + attribution.decided(max(part.now_ns for part in parts))

    def number_of(self, found_at: int) -> int | None:
        """Return the number of a conversation that has not ended, by the packet with which it was found."""
        return self._ids.get(found_at)

    def finish(self) -> list[Final]:
        """No more will come: return all that is left."""
        return self._attribution.finish()

    def _number_parts(self, conversation: Conversation, kept: Kept) -> range:
        """Number the messages and lookups of a conversation; return the numbers of the messages."""
        first = self._messages + 1
        self._messages += 0 if kept.gist is None else kept.gist.messages
        for number, message in enumerate(kept.messages, first):
            message.id = message.content.message = number
            message.conversation = conversation.id
        for lookup in conversation.dialogue.lookups:
            self._lookups += 1
            lookup.id = self._lookups
            lookup.conversation = conversation.id
            lookup.client, lookup.server = conversation.key.client.host, conversation.key.server.host
        return range(first, self._messages + 1)


def _order(ended: Ended) -> tuple[int, int]:
    """Conversations end in the order in which they were due, whatever carried them."""
    return ended.due_ns, ended.conversation.numbers[0]
