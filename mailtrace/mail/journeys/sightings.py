"""HOT. What a conversation shows of mails, taken down as soon as all was said in it (tests/bench `mail`)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from mailtrace.mail.course import Carried, Course, course_of
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
    carried: Sequence[Carried],
    course: Course | None = None,
) -> Sightings:
    """Return what a conversation, whose `course` may be known, shows of mails.

    `messages` and `carried` are those in it. Traces have the places of messages for their numbers until they are
    `joined`.
    """
    course = course or course_of(conversation)
    if not messages and not carried:
        return _call(conversation, course)
    traces = []
    places = set()
    for transaction, place in carried:
        if place is None:
            traces.append(sent(conversation, transaction, None, 0, course))
        else:
            traces.append(sent(conversation, transaction, messages[place], place, course))
            places.add(place)
    if len(places) < len(messages):
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
