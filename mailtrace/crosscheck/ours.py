"""What mailtrace says of a capture, as facts."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrace.crosscheck.facts import Fact, Kind
from mailtrace.model import Analysis, Command, Conversation, Lookup, Message, Reply, Transport, wire_text
from mailtrace.model.language import said

COMPARABLE = frozenset({"smtp", "pop3", "imap", "dns", "tls"})
"""Protocols that tshark dissects, too: it knows no ident."""


def our_facts(analysis: Analysis) -> list[Fact]:
    """Return the facts of an analysis, in the order of conversations; a mail is one when all of it was captured."""
    messages: dict[int, list[Message]] = {}
    for message in analysis.messages:
        messages.setdefault(message.conversation, []).append(message)
    return [
        fact
        for conversation in analysis.conversations
        if conversation.protocol in COMPARABLE
        for fact in _facts(conversation, messages.get(conversation.id, []))
    ]


def _facts(conversation: Conversation, messages: list[Message]) -> Iterator[Fact]:
    stream, dialogue = conversation.tcp_stream, conversation.dialogue
    if conversation.key.transport is Transport.TCP:
        packets = tuple(packet.number for packet in conversation.packets)
        yield Fact(Kind.CONVERSATION, stream, conversation.protocol, packets)
    for event in dialogue.events:
        if isinstance(event, Command):
            yield Fact(Kind.COMMAND, stream, event.verb, event.packets)
        elif isinstance(event, Reply):
            yield Fact(Kind.REPLY, stream, reply_words(event), event.packets)
    for content, message in ((each.content, each) for each in messages if each.content.complete):
        yield Fact(
            Kind.MESSAGE,
            stream,
            message.message_id or "",
            content.packets,
            (mail_words(content.size_bytes, content.sha256),),
        )
    yield from (_lookup(lookup, stream) for lookup in dialogue.lookups if lookup.is_question)


def reply_words(reply: Reply) -> str:
    """Return what identifies a reply: its status, with the tag where there is one."""
    tag = getattr(reply, "tag", None)
    return f"{wire_text(tag) if isinstance(tag, bytes) else tag} {reply.status}" if tag else reply.status


def mail_words(size_bytes: int, sha256: str) -> str:
    """Return what identifies the octets of a mail."""
    return said("{size} octets, SHA-256 {start}", size=size_bytes, start=sha256[:16])


def _lookup(lookup: Lookup, stream: int | None) -> Fact:
    return Fact(
        Kind.LOOKUP,
        stream,
        lookup_words(lookup.name, lookup.type),
        lookup.packets,
        (answer_words(lookup.rcode, lookup.answers), f"{lookup.rcode}, {len(lookup.answers)} records"),
    )


def lookup_words(name: str, record_type: str) -> str:
    """Return a question as both write it: lower case, no final dot."""
    return f"{name.rstrip('.').lower() or '.'} {record_type}"


def answer_words(rcode: str | None, answers: tuple[str, ...]) -> str:
    """Return an answer as both write it: the code and the data, sorted."""
    data = sorted(answer.rstrip(".").lower() for answer in answers)
    return " ".join([rcode or "no answer", *([f"({', '.join(data)})"] if data else [])])
