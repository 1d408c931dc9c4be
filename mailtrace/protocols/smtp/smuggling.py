"""A message as the server read it, where its replies show that it took something else than CRLF.CRLF for the end.

mailtrace reads a message up to CRLF.CRLF, as the rule is. A server that ends it earlier takes what follows for commands
and a further message, and answers each: then more replies come than were asked for. Here the rest of such a message is
read once more by a session of its own, together with those replies. Only when they fit, down to the acceptance of a
further message, does that second reading stand in the dialogue, marked `as_server_read`, beside the first.
Source: RFC 5321 section 4.1.1.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from mailtrace.model import (
    Command,
    Content,
    Data,
    Dialogue,
    Reply,
    Side,
    StreamEvent,
    Transaction,
    TransactionOutcome,
    Violation,
)
from mailtrace.protocols.framing import Variant
from mailtrace.protocols.smtp.shapes import LOOK, begins_with_command, named_octets

SUSPECTS_LIMIT = 10
"""Messages of one conversation that are read a second time: an attack needs one."""

REPLIES_LIMIT = 1000
"""Replies that a second reading looks at: a smuggled message needs four."""


class Reader(Protocol):
    """A fresh session; `flush` says that no more will come."""

    dialogue: Dialogue

    def feed(self, event: StreamEvent) -> None:
        """Take the next event."""

    def flush(self) -> None:
        """Read what waits."""


def read_again(dialogue: Dialogue, content: Content, variants: list[Variant], reader: Reader) -> None:
    """Add to `dialogue` the messages that the server found inside `content`, if its replies show any."""
    if content.holes or not content.kept_all:
        return
    first = next((one for one in variants if begins_with_command(content.kept[one.stop : one.stop + LOOK])), None)
    if first is None:
        return
    said = list(_said_since(dialogue, content, first.packet))
    rest = _rest(content, first, variants)
    if not said:
        return
    reader.feed(Data(Side.CLIENT, rest, content.packet, content.end_ns))
    for event in said:
        reader.feed(event)
    reader.flush()
    found = [each for each in reader.dialogue.transactions if _is_accepted(each)]
    for transaction in found:
        _add(dialogue, content, first, transaction)


def _is_accepted(transaction: Transaction) -> bool:
    content = transaction.content
    return transaction.outcome is TransactionOutcome.ACCEPTED and content is not None and content.complete


def _said_since(dialogue: Dialogue, content: Content, packet: int) -> Iterator[Data]:
    """Yield the replies since `packet` that answer nothing earlier, and the commands behind the message."""
    at = next(index for index, event in enumerate(dialogue.events) if event is content)
    earlier = {id(event) for event in dialogue.events[:at] if type(event) is Command}
    turns = [turn for turn in dialogue.turns if turn.command is not None and id(turn.command) in earlier]
    answers = {id(reply) for turn in turns[:-1] for reply in turn.replies}
    answers.update(id(reply) for turn in turns[-1:] for reply in turn.replies if reply.status == "354")
    replies = 0
    for index, event in enumerate(dialogue.events):
        if type(event) is Command and index > at:
            yield Data(Side.CLIENT, event.line + b"\r\n", event.packet, event.time_ns)
        elif type(event) is Reply and event.packet >= packet and id(event) not in answers:
            if replies:  # the first one answers the message itself
                yield Data(Side.SERVER, _as_sent(event), event.packet, event.time_ns)
            replies += 1
        elif (type(event) is Content and index > at) or replies > REPLIES_LIMIT:
            return


def _as_sent(reply: Reply) -> bytes:
    """Return a reply as octets. Source: RFC 5321 section 4.2.1."""
    status = reply.status.encode()
    lines = [status + b"-" + line for line in reply.lines[:-1]]
    return b"\r\n".join([*lines, status + b" " + reply.lines[-1], b""])


def _rest(content: Content, first: Variant, variants: list[Variant]) -> bytes:
    """Return what the server read behind `first`, with each further one of its kind as a proper end, dots stuffed."""
    pieces, at = [], first.stop
    for one in variants:
        if one.octets == first.octets and one.stop > first.stop:
            unstuffed = one.octets.count(b"\r\n.")
            pieces.append(content.kept[at : one.stop - len(one.octets) + unstuffed])
            at = one.stop
    pieces.append(content.kept[at:])
    whole = b"\r\n.\r\n".join([piece.replace(b"\r\n.", b"\r\n..") for piece in pieces])
    return whole + b".\r\n" if whole.endswith(b"\r\n") else whole


def _add(dialogue: Dialogue, content: Content, first: Variant, transaction: Transaction) -> None:
    """Put a second reading behind the message it is a part of, and name it behind the reply that accepted it."""
    inside = transaction.content
    if inside is None:
        return
    replies = [(at, event) for at, event in enumerate(dialogue.events) if type(event) is Reply]
    place, answer = max((at, event) for at, event in replies if event.packet in transaction.packets)
    inside.as_server_read = True
    inside.packets = tuple(packet for packet in content.packets if packet >= first.packet)
    inside.start_ns = first.time_ns
    transaction.packets = tuple(sorted({*inside.packets, *transaction.packets}))
    recipients = ", ".join(one.address for one in transaction.recipients)
    detail = (
        f"as the server read it, {named_octets(first.octets)} ended the mail, and what follows was one more: from "
        f"{transaction.sender or '<>'} to {recipients or 'nobody'}, accepted"
    )
    named = Violation("smuggled-message", Side.SERVER, answer.packet, answer.time_ns, detail)
    dialogue.events.insert(place + 1, named)
    dialogue.events.insert(1 + next(at for at, event in enumerate(dialogue.events) if event is content), inside)
    dialogue.contents[:] = [event for event in dialogue.events if type(event) is Content]
    dialogue.transactions.append(transaction)
