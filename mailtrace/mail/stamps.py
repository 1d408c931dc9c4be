"""HOT. What a conversation tells of clocks: the stamps in it, and between which packets each was made (`mail`).

It is read as soon as all was said; `clocks` makes of the stamps of all conversations what is known of each clock.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from mailtrace.mail.dates import parse_date
from mailtrace.model import Conversation, Message, wire_text

TRACE_LIMIT = 10
"""Trace headers of a mail that are looked at, newest first: the traffic of older ones was hardly captured."""

GREETING_LIMIT = 512
"""Octets of a greeting in which a time is looked for. Source: RFC 5321 section 4.5.3.1.5."""

HELLO_TURNS = 5
"""Turns of a conversation in which the client's name is looked for: EHLO may be refused, and HELO follow."""

SPEAKING_FIRST = frozenset(("smtp", "pop3", "imap"))
"""Protocols whose servers greet."""

_HELLOS = frozenset(("EHLO", "HELO"))
_SENDING = frozenset(("DATA", "BDAT"))

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


def stamps(conversation: Conversation, messages: Sequence[Message]) -> Stamps:
    """Return the stamps in a conversation and in the messages it carried."""
    if conversation.protocol not in SPEAKING_FIRST:
        return NO_STAMPS
    is_smtp = conversation.protocol == "smtp"
    return Stamps(
        _greeted(conversation),
        tuple(_taken(conversation)) if is_smtp and conversation.dialogue.transactions else (),
        tuple(_sent(conversation, messages)) if is_smtp and messages else (),
        tuple(_traced(messages)) if messages else (),
    )


def _greeted(conversation: Conversation) -> Greeted | None:
    """Return the time with which many servers greet."""
    turns = conversation.dialogue.turns
    if not turns or turns[0].command is not None or not turns[0].replies:
        return None
    reply = turns[0].replies[0]
    line = reply.lines[0][:GREETING_LIMIT] if reply.lines else b""
    found = _DATE_IN_GREETING.search(line) if line.find(b":") >= 0 else None
    stamp = None if found is None else parse_date(found[0].decode("ascii"))
    return None if stamp is None else Greeted(stamp, reply.packet, reply.time_ns)


def _taken(conversation: Conversation) -> Sequence[Taken]:
    """Return which mails the server took, and when; their trace headers tell when that was by its clock."""
    dialogue = conversation.dialogue
    queue_ids = {each.packets[-1]: each.queue_id for each in dialogue.transactions if each.queue_id}
    if not queue_ids:
        return ()
    taken: list[Taken] = []
    mail = None
    for turn in dialogue.turns:
        command = turn.command
        if command is None:
            continue
        if command.verb == "MAIL":
            mail = command
        elif command.verb in _SENDING and mail is not None and turn.replies:
            reply = turn.replies[-1]
            queue_id = queue_ids.get(reply.packet)
            if queue_id is not None:
                taken.append(Taken(queue_id, mail.time_ns, reply.time_ns, (mail.packet, reply.packet)))
    return taken


def _sent(conversation: Conversation, messages: Sequence[Message]) -> Sequence[Sent]:
    """Return the stamps that the client put on its mails: the newest trace header, or the date of its own mail."""
    hello = _hello(conversation)
    sent: list[Sent] = []
    for message in messages:
        content = message.content
        if message.received:
            newest = message.received[0]
            if newest.time is not None and newest.by is not None and newest.by.lower() == hello:
                sent.append(Sent(newest.time, False, content.start_ns, content.packets[:1]))
        elif message.date is not None:
            sent.append(Sent(message.date, True, content.start_ns, content.packets[:1]))
    return sent


def _traced(messages: Sequence[Message]) -> Sequence[Traced]:
    """Return what the trace headers of the mails tell."""
    traced: list[Traced] = []
    for message in messages:
        for hop in message.received[:TRACE_LIMIT]:
            if hop.id is not None and hop.time is not None:
                traced.append(Traced(hop.id, hop.time, message.content.packet))
    return traced


def _hello(conversation: Conversation) -> str | None:
    """Return the name with which the client introduced itself, in lower case; None where it did not."""
    for turn in conversation.dialogue.turns[:HELLO_TURNS]:
        command = turn.command
        if command is not None and command.verb in _HELLOS:
            return wire_text(command.line[command.argument_at :]).strip().lower()
    return None
