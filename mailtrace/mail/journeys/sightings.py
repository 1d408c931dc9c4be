"""HOT. What a conversation shows of mails, taken down as soon as all was said in it (tests/bench `mail`)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from mailtrace.mail.course import Course, course_of
from mailtrace.mail.journeys.trace import Trace, called, kept, sent
from mailtrace.model import Conversation, Encryption, Message

MAIL_PORTS = frozenset({24, 25, 465, 587})
"""Where mail is handed in or on, so that a call there that says nothing was for a mail. Port 24 is LMTP's."""

CLEAR = Encryption.NO

_CALLED = frozenset(("smtp", "unknown"))
_PIECES = frozenset(("TOP", "FETCH"))


class Sightings(Struct, array_like=True, gc=False):
    """The mails that a conversation shows; of one that shows none, the call of a mail server.

    `in_tunnel` tells that what was said is encrypted, and may have been about mails.
    """

    traces: list[Trace]
    call: Trace | None = None
    in_tunnel: bool = False


NOTHING_SEEN = Sightings([])


def sightings(
    conversation: Conversation,
    messages: Sequence[Message],
    carried: Sequence[int | None],
    course: Course | None = None,
) -> Sightings:
    """Return what a conversation, whose `course` may be known, shows of mails.

    `messages` are those in it, `carried` the place of each transaction's. Traces have the places of messages for their
    numbers until they are `joined`.
    """
    course = course or course_of(conversation)
    transactions = conversation.dialogue.transactions
    if not messages and not transactions:
        return _call(conversation, course)
    traces = []
    for transaction, place in zip(transactions, carried, strict=True):
        traces.append(sent(conversation, transaction, None if place is None else messages[place], place, course))
    places = set(carried)
    if len(places) < len(messages) or None in places:
        for place, message in enumerate(messages):
            nobodys = not message.message_id and message.content.how in _PIECES
            if place not in places and not nobodys:
                traces.append(kept(conversation, message, place))
    return Sightings(traces)


def _call(conversation: Conversation, course: Course) -> Sightings:
    """Return what a conversation with a mail server shows in which no mail can be seen."""
    dialogue = conversation.dialogue
    if conversation.protocol != "smtp" and conversation.key.server.port not in MAIL_PORTS:
        return NOTHING_SEEN
    if dialogue.encryption is not CLEAR and not (dialogue.tls and dialogue.tls.decrypted):
        return Sightings([], in_tunnel=True)
    return Sightings([], called(conversation, course)) if conversation.protocol in _CALLED else NOTHING_SEEN
