"""Who is named in a capture: people, mailboxes and hosts, from what the analysis knows of it.

Only names of the kinds that are to be replaced are learned, so that others stay readable in running text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailtrace.mail.addresses import parse_addresses
from mailtrace.model import Analysis, Command, Conversation, Message, Person, Reply, wire_text
from mailtrace.redact.dialogues import GREETINGS
from mailtrace.redact.fields import ADDRESSES, HOSTS, NAMES
from mailtrace.redact.heads import PEOPLE
from mailtrace.redact.text import Rewriter


def learn(analysis: Analysis, rewriter: Rewriter) -> None:
    """Let a rewriter know whom a capture names, as far as that is to be replaced."""
    fields = rewriter.fields
    if not fields & {ADDRESSES, HOSTS, NAMES}:
        return
    for conversation in analysis.conversations:
        for address in _addresses(conversation):
            _learn_address(address, rewriter)
        if fields & {ADDRESSES, NAMES}:
            for login in conversation.dialogue.logins:
                _learn_login(login.user or "", rewriter)
        if HOSTS in fields:
            for host in _hosts(conversation):
                rewriter.know_host(host)
    for message in analysis.messages:
        for person in _people(message):
            _learn_address(person.address, rewriter)
            if NAMES in fields:
                rewriter.know_person(person.name)
        for address in _traced(message):
            _learn_address(address, rewriter)
        if HOSTS in fields:
            for received in message.received:
                for name in (received.from_, received.by, received.helo, received.rdns):
                    rewriter.know_host(name or "")
    if HOSTS in fields:
        for name in _looked_up(analysis):
            rewriter.know_host(name)


def _learn_address(address: str, rewriter: Rewriter) -> None:
    mailbox, _, domain = address.rpartition("@") if "@" in address else (address, "", "")
    if ADDRESSES in rewriter.fields:
        rewriter.know_person(mailbox)
    if HOSTS in rewriter.fields and domain:
        rewriter.know_host(domain)


def _learn_login(user: str, rewriter: Rewriter) -> None:
    mailbox, _, domain = user.partition("@")
    rewriter.know_person(mailbox)
    if HOSTS in rewriter.fields and domain:
        rewriter.know_host(domain)


def _addresses(conversation: Conversation) -> Iterator[str]:
    """Yield the addresses of envelopes."""
    for transaction in conversation.dialogue.transactions:
        yield transaction.sender or ""
        yield from (recipient.address for recipient in transaction.recipients)


def _hosts(conversation: Conversation) -> Iterator[str]:
    """Yield the names of hosts that somebody says of itself, or TLS."""
    for event in conversation.dialogue.events:
        if isinstance(event, Command) and event.verb in GREETINGS:
            yield wire_text(event.line[event.argument_at :]).strip()
    if conversation.protocol == "smtp" and conversation.dialogue.turns:
        greeting = conversation.dialogue.turns[0]
        if greeting.command is None:
            yield from _first_words(greeting.replies)
    tls = conversation.dialogue.tls
    if tls is not None:
        yield tls.sni or ""
        for certificate in (tls.certificate, tls.client_certificate):
            if certificate is not None:
                yield from certificate.names


def _first_words(replies: Iterable[Reply]) -> Iterator[str]:
    for reply in replies:
        if reply.lines:
            yield wire_text(reply.lines[0].split(b" ", 1)[0])


def _people(message: Message) -> Iterator[Person]:
    """Yield everybody whom the fields of a mail name."""
    for name, value in message.headers:
        if name.lower() in PEOPLE:
            yield from parse_addresses(value, [])
    for attached in message.attached:
        yield from attached.from_


def _traced(message: Message) -> Iterator[str]:
    """Yield the addresses that a mail's way left in it."""
    for received in message.received:
        yield from received.for_
        yield received.envelope_from or ""
    if message.reports is not None:
        for recipient in message.reports.recipients:
            yield recipient.address
            yield recipient.original or ""


def _looked_up(analysis: Analysis) -> Iterator[str]:
    """Yield the names of hosts that DNS told, and those that the hosts of the capture are known by."""
    for lookup in analysis.lookups:
        if lookup.class_ == "IN":
            yield lookup.name
    for host in analysis.hosts:
        yield from host.names
