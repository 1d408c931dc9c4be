"""HOT. What is kept of a conversation once all was said in it (tests/bench `mail`).

That is the moment at which what was said is at hand; when the conversation is final, some seconds later, it is far away
in memory, and perhaps in another process. So everything that can be told of a conversation alone is gathered now: its
messages, and a `Gist` for those who relate conversations to each other. Who needs no more can let the rest go.
"""

from __future__ import annotations

from msgspec import Raw, Struct

from mailtrace.mail.attribution import DEPENDENT
from mailtrace.mail.authentication.subjects import Subject, subjects
from mailtrace.mail.causes import About, about
from mailtrace.mail.course import Carried, course_of
from mailtrace.mail.hosts import greeted_as
from mailtrace.mail.journeys.sightings import Sightings, sightings
from mailtrace.mail.message import read_message
from mailtrace.mail.stamps import Stamps, stamps
from mailtrace.model import Conversation, Dialogue, Direction, Message
from mailtrace.protocols.services import SUBMISSION_PORTS

SUBMITTED, RELAYED = Direction.SUBMITTED, Direction.RELAYED
RETRIEVED, APPENDED = Direction.RETRIEVED, Direction.APPENDED


class Gist(Struct, array_like=True, gc=False):
    """What relating a conversation to others needs of it. Messages stand by their place among its `messages`.

    `greeting` is the name with which its server greets, `about` what causes are found by, `seen` what journeys are made
    of, `stamps` tell of clocks; `judged` is what is judged of each message, `refused` of each transaction that ended
    before there was a message, None for the others.
    """

    messages: int
    greeting: str
    about: About
    seen: Sightings
    stamps: Stamps
    judged: list[Subject]
    refused: list[Subject | None]


class Written(Struct, array_like=True, gc=False):
    """What a report says of a conversation, as far as it can be written before numbers, relations and verdicts are in.

    `said` is about all of it. Each of `transactions` comes with the place of its message, None without one.
    """

    said: bytes
    transactions: list[tuple[bytes, int | None]]
    messages: list[bytes]


class Told(Struct, array_like=True, gc=False):
    """What a report tells of a conversation once it is final: what is `written`, and what is judged as in `Gist`."""

    written: Written
    judged: list[Subject]
    refused: list[Subject | None]


class Kept(Struct, array_like=True, gc=False):
    """What is kept of a conversation: everything, with its `messages`, or only what is `told` of it.

    `gist` is None for those that others depend on.
    """

    dialogue: Dialogue
    gist: Gist | None
    messages: list[Message]
    told: Told | Raw | None = None


class Packed(Kept, array_like=True, gc=False):
    """What is kept of a conversation, as it comes from another process.

    What is told of it is most of it, whole mails to be judged among it, and stays packed until it is put out.
    """

    told: Raw = Raw(b"\xc0")  # nothing, as MessagePack spells it


def messages_in(conversation: Conversation, first: int = 0) -> list[Message]:
    """Read the messages of a conversation from the place `first` on; who numbers them fills in the numbers."""
    read: list[Message] = []
    contents = conversation.dialogue.contents
    if len(contents) <= first:
        return read
    for content in contents[first:]:
        message = read_message(content, id=0, conversation=0, direction=SUBMITTED)
        message.direction = _direction(conversation, message)
        read.append(message)
    return read


def carried(conversation: Conversation, messages: list[Message]) -> list[Carried]:
    """Return each transaction with the place of its message, and tell that its queue id."""
    dialogue = conversation.dialogue
    found: list[Carried] = []
    if not dialogue.transactions:
        return found
    places: dict[int, int] = {}
    for number, content in enumerate(dialogue.contents):
        places[id(content)] = number
    for transaction in dialogue.transactions:
        place = places.get(id(transaction.content))
        if place is not None:
            messages[place].queue_id = transaction.queue_id
        found.append((transaction, place))
    return found


def gist(conversation: Conversation, messages: list[Message], transactions: list[Carried]) -> Gist | None:
    """Return the gist of a mail conversation with its messages and `transactions`."""
    if conversation.protocol in DEPENDENT:
        return None
    course = course_of(conversation)
    judged, refused = subjects(conversation, messages, transactions, course)
    return Gist(
        len(messages),
        greeted_as(conversation, course),
        about(conversation, course),
        sightings(conversation, messages, transactions, course),
        stamps(conversation, messages, course),
        judged,
        refused,
    )


def whole(conversation: Conversation) -> Kept:
    """Keep everything of a conversation."""
    messages = messages_in(conversation)
    return Kept(conversation.dialogue, gist(conversation, messages, carried(conversation, messages)), messages)


def _direction(conversation: Conversation, message: Message) -> Direction:
    """Tell which way a mail went: one that has been through a server before carries its trace header."""
    how = message.content.how
    if how == "APPEND":
        return APPENDED
    if how == "XMIT":
        return SUBMITTED
    if conversation.protocol != "smtp":
        return RETRIEVED
    if conversation.key.server.port in SUBMISSION_PORTS or not message.received:
        return SUBMITTED
    return RELAYED
