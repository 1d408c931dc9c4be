"""HOT. What a conversation tells of clocks: the stamps in it, and between which packets each was made (`mail`).

It is read as soon as all was said; `clocks` makes of the stamps of all conversations what is known of each clock.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from mailtrace.mail.course import Course, course_of
from mailtrace.mail.dates import parse_date
from mailtrace.model import Conversation, Message, Reply

TRACE_LIMIT = 10
"""Trace headers of a mail that are looked at, newest first: the traffic of older ones was hardly captured."""

GREETING_LIMIT = 512
"""Octets of a greeting in which a time is looked for. Source: RFC 5321 section 4.5.3.1.5."""

FIRST_TURNS = 5
"""Turns of a conversation in which the client's name is looked for: EHLO may be refused, and HELO follow."""

SPEAKING_FIRST = frozenset(("smtp", "pop3", "imap"))
"""Protocols whose servers greet."""


_DATE_IN_GREETING = re.compile(
    rb"\b\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d (?:[+-]\d{4}|[A-Z]{1,4})\b"
    rb"|\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)"
)


class Greeted(Struct, frozen=True, array_like=True, gc=False):
    """The server greeted with a stamp; `packet` is its greeting's."""

    stamp: str
    packet: int
    time_ns: int


class Taken(Struct, frozen=True, array_like=True, gc=False):
    """The server took a mail as `queue_id`: it got MAIL after one time and answered before another.

    `packets` show both.
    """

    queue_id: str
    after_ns: int
    before_ns: int
    packets: tuple[int, ...]


class Traced(Struct, frozen=True, array_like=True, gc=False):
    """A trace header of a mail tells when a server took it as `queue_id`; the mail was complete with `packet`."""

    queue_id: str
    stamp: str
    packet: int


class Sent(Struct, frozen=True, array_like=True, gc=False):
    """The client sent a mail with its own stamp on it; `is_date` where that is only the date of the mail."""

    stamp: str
    is_date: bool
    start_ns: int
    packets: tuple[int, ...]


class Stamps(Struct, frozen=True, array_like=True, gc=False):
    """All stamps in a conversation."""

    greeted: Greeted | None
    taken: tuple[Taken, ...]
    sent: tuple[Sent, ...]
    traced: tuple[Traced, ...]


NO_STAMPS = Stamps(None, (), (), ())


def stamps(conversation: Conversation, messages: Sequence[Message], course: Course | None = None) -> Stamps:
    """Return the stamps in a conversation, whose `course` may be known, and in the messages it carried."""
    if conversation.protocol not in SPEAKING_FIRST:
        return NO_STAMPS
    course = course or course_of(conversation)
    greeted = None if course.greeting is None else _greeted(course.greeting)
    is_smtp = conversation.protocol == "smtp"
    taken = _taken(conversation, course) if is_smtp and course.sendings else ()
    if not messages:
        return Stamps(greeted, tuple(taken), (), ()) if greeted is not None or taken else NO_STAMPS
    return Stamps(greeted, tuple(taken), tuple(_sent(messages, course)) if is_smtp else (), tuple(_traced(messages)))


def _greeted(greeting: Reply) -> Greeted | None:
    """Return the time with which many servers greet."""
    line = greeting.lines[0][:GREETING_LIMIT] if greeting.lines else b""
    found = _DATE_IN_GREETING.search(line) if line.find(b":") >= 0 else None
    stamp = None if found is None else parse_date(found[0].decode("ascii"))
    return None if stamp is None else Greeted(stamp, greeting.packet, greeting.time_ns)


def _taken(conversation: Conversation, course: Course) -> Sequence[Taken]:
    """Return which mails the server took, and when; their trace headers tell when that was by its clock."""
    queue_ids = {}
    for each in conversation.dialogue.transactions:
        if each.queue_id:
            queue_ids[each.packets[-1]] = each.queue_id
    taken: list[Taken] = []
    for mail, reply in course.sendings if queue_ids else ():
        queue_id = queue_ids.get(reply.packet)
        if queue_id is not None:
            taken.append(Taken(queue_id, mail.time_ns, reply.time_ns, (mail.packet, reply.packet)))
    return taken


def _sent(messages: Sequence[Message], course: Course) -> Sequence[Sent]:
    """Return the stamps that the client put on its mails: the newest trace header, or the date of its own mail."""
    sent: list[Sent] = []
    for message in messages:
        content = message.content
        if message.received:
            newest = message.received[0]
            if newest.time is not None and newest.by is not None and newest.by.lower() == _hello(course):
                sent.append(Sent(newest.time, False, content.start_ns, content.packets[:1]))
        elif message.date is not None:
            sent.append(Sent(message.date, True, content.start_ns, content.packets[:1]))
    return sent


def _traced(messages: Sequence[Message]) -> Sequence[Traced]:
    """Return what the trace headers of the mails tell."""
    traced: list[Traced] = []
    for message in messages:
        packets = message.content.packets
        for hop in message.received[:TRACE_LIMIT]:
            if hop.id is not None and hop.time is not None:
                traced.append(Traced(hop.id, hop.time, packets[-1] if packets else 0))
    return traced


def _hello(course: Course) -> str | None:
    """Return the name with which the client introduced itself, in lower case; None where it did not."""
    for place, verb, name in course.hellos:
        if place < FIRST_TURNS and verb != "LHLO":
            return name.line.strip().lower()
    return None
