"""HOT. Relates finished conversations to each other: who their hosts are, what caused them (`mail`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter

from msgspec import Struct
from msgspec.structs import replace

from mailtrace.mail.attribution import DEPENDENT, Attribution
from mailtrace.mail.hosts import GIVEN, HostBook
from mailtrace.mail.message import read_message
from mailtrace.model import Content, Conversation, Dialogue, Direction, Gap, Lookup, Message, StreamKey, Violation
from mailtrace.protocols.services import UDP_PORTS

SUBMISSION_PORTS = frozenset({465, 587})
"""Where clients hand in new mail. Source: RFC 6409 section 3.1, RFC 8314 section 3.3."""


class Begun(Struct, array_like=True, gc=False):
    """A conversation was found: with which packet, when it began, and between whom."""

    found_at: int
    start_ns: int
    key: StreamKey


class Ended(Struct, array_like=True, gc=False):
    """A conversation that is final since `due_ns`; its id is still the packet with which it was found.

    `messages` are those in it, None where they are not read yet.
    """

    due_ns: int
    conversation: Conversation
    messages: list[Message] | None


class Understood(Struct, array_like=True):
    """What came of one batch: conversations that were found, and those that ended; `now_ns` is its latest time.

    The record is small and plain, so that it can be made in one process and used in another.
    """

    begun: list[Begun]
    ended: list[Ended]
    now_ns: int

    def join(self) -> None:
        """Let a copy that was sent be as it was made: contents, sent once, are everywhere the same."""
        for ended in self.ended:
            contents = ended.conversation.dialogue.contents
            for each in (*ended.conversation.dialogue.transactions, *(ended.messages or ())):
                if each.content is not None and each.content.message is not None:
                    each.content = contents[each.content.message]


class Final(Struct, gc=False):
    """A conversation that will not change any more, with the names of both its sides by address."""

    conversation: Conversation
    names: dict[str, str]
    read: list[Message] | None = None

    @property
    def lookups(self) -> list[Lookup]:
        """The DNS lookups in it."""
        return self.conversation.dialogue.lookups

    def messages(self) -> list[Message]:
        """Return the messages in it; where nobody has read them, that is done now, since they are asked for."""
        conversation = self.conversation
        messages = {}
        for message in read_messages(conversation.dialogue) if self.read is None else self.read:
            number = message.content.message
            if number is not None:
                messages[number] = message
                message.id, message.conversation = number, conversation.id
                message.direction = _direction(conversation, message)
        for transaction in conversation.dialogue.transactions:
            if transaction.content is not None and transaction.content.message is not None:
                messages[transaction.content.message].queue_id = transaction.queue_id
        return list(messages.values())


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
        for begun in sorted([each for part in parts for each in part.begun], key=attrgetter("found_at")):
            self.conversations += 1
            self._ids[begun.found_at] = self.conversations
            if begun.key.server.port not in UDP_PORTS:
                self._attribution.opened(self.conversations, begun.start_ns, begun.key)
        finals: list[Final] = []
        for ended in sorted([each for part in parts for each in part.ended], key=_order):
            conversation = ended.conversation
            conversation.id = self._ids.pop(conversation.id)
            self._number_parts(conversation)
            self.hosts.observe(conversation)
            final = Final(conversation, self.hosts.names_of(conversation), ended.messages)
            if conversation.protocol in DEPENDENT:
                self._attribution.wait(final)
            else:
                finals.append(final)
            if conversation.key.server.port not in UDP_PORTS:
                self._attribution.closed(conversation)
        return finals + self._attribution.decided(max(part.now_ns for part in parts))

    def finish(self) -> list[Final]:
        """No more will come: return all that is left."""
        return self._attribution.finish()

    def _number_parts(self, conversation: Conversation) -> None:
        """Number the messages and lookups of a conversation."""
        dialogue = conversation.dialogue
        for content in dialogue.contents:
            self._messages += 1
            content.message = self._messages
        for lookup in dialogue.lookups:
            self._lookups += 1
            lookup.id = self._lookups
            lookup.conversation = conversation.id
            lookup.client, lookup.server = conversation.key.client.host, conversation.key.server.host


def _order(ended: Ended) -> tuple[int, int]:
    """Conversations end in the order in which they were due, whatever carried them."""
    return ended.due_ns, ended.conversation.numbers[0]


def read_messages(dialogue: Dialogue) -> list[Message]:
    """Read the messages of a dialogue; who numbers them also knows what they belong to."""
    return [read_message(content, id=0, conversation=0, direction=Direction.SUBMITTED) for content in dialogue.contents]


def brief(dialogue: Dialogue) -> tuple[Dialogue, list[Message]]:
    """Return a copy to send to another process, and its messages: of events only what JSON tells, octets once."""
    events = [event for event in dialogue.events if type(event) is Violation or type(event) is Gap]
    if not dialogue.contents:
        return replace(dialogue, events=events), []
    places = {id(content): place for place, content in enumerate(dialogue.contents)}
    messages = read_messages(dialogue)
    for message in messages:
        message.content = _placed(message.content, places)
    transactions = [
        each if each.content is None else replace(each, content=_placed(each.content, places))
        for each in dialogue.transactions
    ]
    return replace(dialogue, events=events, transactions=transactions), messages


def _placed(content: Content, places: Mapping[int, int]) -> Content:
    """Return a message without its octets, whose number is its place among those of its conversation."""
    return replace(content, kept=b"", message=places.get(id(content)))


def _direction(conversation: Conversation, message: Message) -> Direction:
    """Tell which way a mail went: one that has been through a server before carries its trace header."""
    if message.content.how == "APPEND":
        return Direction.APPENDED
    if message.content.how == "XMIT":
        return Direction.SUBMITTED
    if conversation.protocol != "smtp":
        return Direction.RETRIEVED
    if conversation.key.server.port in SUBMISSION_PORTS or not message.received:
        return Direction.SUBMITTED
    return Direction.RELAYED
