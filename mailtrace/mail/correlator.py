"""HOT. Relates finished conversations to each other: who their hosts are, what caused them (`mail`).

It takes what the pipeline made of a batch, which is small and plain, so that it can be used in another process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from mailtrace.mail.attribution import Attribution
from mailtrace.mail.hosts import GIVEN, IN_FILE, HostBook
from mailtrace.mail.message import read_message
from mailtrace.model import NO_TIME, Conversation, Direction, Gap, Lookup, Message, StreamKey, Violation
from mailtrace.protocols.services import UDP_PORTS

SUBMISSION_PORTS = frozenset({465, 587})
"""Where clients hand in new mail. Source: RFC 6409 section 3.1, RFC 8314 section 3.3."""

DEPENDENT = frozenset({"dns", "ident"})
"""Protocols whose conversations may have happened because of a mail conversation."""


class Begun(Struct, array_like=True, gc=False):
    """A conversation was found: its number, when it began, and between whom."""

    id: int
    start_ns: int
    key: StreamKey


class Understood(Struct, tag=True, array_like=True, gc=False):
    """What came of one batch: host names in the file, conversations that were found, and those that are final now.

    `now_ns` is the latest time of the capture so far; `over`: no more will come.
    """

    names: dict[str, list[str]] = {}
    begun: list[Begun] = []
    ended: list[Conversation] = []
    now_ns: int = NO_TIME
    over: bool = False

    def brief(self) -> Understood:
        """Return a copy to send to another process: of events and packets only what JSON tells, octets once."""
        return replace(self, ended=list(map(_brief, self.ended)))


class Final(Struct, gc=False):
    """A conversation that will not change any more, with the names of both its sides by address."""

    conversation: Conversation
    names: dict[str, str]

    @property
    def lookups(self) -> list[Lookup]:
        """The DNS lookups in it."""
        return self.conversation.dialogue.lookups

    def messages(self) -> list[Message]:
        """Read the messages in it; they are read when asked for, and let go with it."""
        conversation = self.conversation
        messages = {}
        for content in conversation.dialogue.contents:
            if content.message is not None:
                messages[content.message] = read_message(
                    content, id=content.message, conversation=conversation.id, direction=Direction.SUBMITTED
                )
        for message in messages.values():
            message.direction = _direction(conversation, message)
        for transaction in conversation.dialogue.transactions:
            if transaction.content is not None and transaction.content.message is not None:
                messages[transaction.content.message].queue_id = transaction.queue_id
        return list(messages.values())


class Correlator:
    """Feed it what came of each batch, in order; `names` are the user's names by address."""

    def __init__(self, names: Mapping[str, Sequence[str]] | None = None) -> None:
        self.hosts = HostBook()
        self.hosts.add_names(names or {}, GIVEN)
        self._attribution: Attribution[Final] = Attribution()

    def feed(self, understood: Understood) -> list[Final]:
        """Take what came of the next batch; return the conversations about which nothing is open any more."""
        self.hosts.add_names(understood.names, IN_FILE)
        for begun in understood.begun:
            if begun.key.server.port not in UDP_PORTS:
                self._attribution.opened(begun.id, begun.start_ns, begun.key)
        finals: list[Final] = []
        for conversation in understood.ended:
            self.hosts.observe(conversation)
            final = Final(conversation, self.hosts.names_of(conversation))
            if conversation.protocol in DEPENDENT:
                self._attribution.wait(final)
            else:
                finals.append(final)
            if conversation.key.server.port not in UDP_PORTS:
                self._attribution.closed(conversation)
        finals += self._attribution.decided(understood.now_ns)
        return finals + self._attribution.finish() if understood.over else finals


def _brief(conversation: Conversation) -> Conversation:
    dialogue = conversation.dialogue
    events = [event for event in dialogue.events if type(event) is Violation or type(event) is Gap]
    transactions = [
        replace(each, content=replace(each.content, kept=b"")) if each.content is not None else each
        for each in dialogue.transactions
    ]
    ends = (conversation.packets[0], conversation.packets[-1])
    return replace(conversation, packets=ends, dialogue=replace(dialogue, events=events, transactions=transactions))


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
