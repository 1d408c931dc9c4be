"""Which packets are worth showing in full: of each kind the first, since others of the kind look just like it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailtrace.model import Command, Content, Conversation, Lookup, Reply

MOST_TELLING = 20
"""Packets chosen; a capture of all protocols has as many kinds."""

TELLING = {
    "smtp": {
        "EHLO": "hello",
        "HELO": "hello",
        "LHLO": "hello",
        "STARTTLS": "STARTTLS",
        "AUTH": "login",
        "MAIL": "MAIL",
        "DATA": "DATA",
        "BDAT": "BDAT",
    },
    "pop3": {"STLS": "STLS", "PASS": "login", "APOP": "login", "AUTH": "login", "RETR": "RETR"},
    "imap": {
        "STARTTLS": "STARTTLS",
        "LOGIN": "login",
        "AUTHENTICATE": "login",
        "FETCH": "FETCH",
        "UID FETCH": "FETCH",
        "APPEND": "APPEND",
    },
}
"""Commands that tell what happens, and of which kind each is."""

TELLING_TYPES = ("MX", "PTR", "TXT")
"""Types of lookups whose answers tell something of mail."""


def telling_packets(conversations: Iterable[Conversation]) -> list[int]:
    """Return the packets to be shown in full where the user names none, in order."""
    found: dict[tuple[str, str], tuple[int, ...]] = {}
    for conversation in conversations:
        for kind, packets in _kinds(conversation):
            if packets:
                found.setdefault((conversation.protocol, kind), packets)
    chosen = dict.fromkeys(number for packets in found.values() for number in packets)
    return sorted(list(chosen)[:MOST_TELLING])


def _kinds(conversation: Conversation) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the kinds of telling things of a conversation, with their packets."""
    verbs = TELLING.get(conversation.protocol, {})
    greeted = after_mail = False
    for event in conversation.dialogue.events:
        match event:
            case Reply() if not greeted or after_mail:
                yield "accepted" if greeted else "greeting", (event.packet,)
                greeted, after_mail = True, False
            case Command() if event.verb in verbs:
                yield verbs[event.verb], (event.packet,)
            case Content():
                yield "mail", tuple(dict.fromkeys((*event.packets[:1], *event.packets[-1:])))
                after_mail = conversation.protocol == "smtp"
            case Lookup() if event.type in TELLING_TYPES and event.rcode is not None:
                yield event.type, event.packets[-1:]
