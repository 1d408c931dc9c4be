"""What happened elsewhere because of a conversation, and may have kept it waiting: lookups and ident calls."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field

from mailtrace.model import Conversation, Flags, Lookup, Reply, Side


class Causes(Struct, gc=False):
    """The ident calls and the lookups that were made for one conversation.

    `told` are the steps that tell of them, by packet, where they are not told within that conversation.
    """

    idents: list[Conversation] = field(default_factory=list)
    lookups: list[Lookup] = field(default_factory=list)
    told: dict[int, str] = field(default_factory=dict)


def causes(conversations: Iterable[Conversation]) -> dict[int, Causes]:
    """Return the causes that conversations of a capture are for others, by the others' ids."""
    found: dict[int, Causes] = {}
    for conversation in conversations:
        for lookup in conversation.dialogue.lookups:
            if lookup.caused_by is not None:
                found.setdefault(lookup.caused_by, Causes()).lookups.append(lookup)
        if conversation.protocol == "ident" and conversation.caused_by is not None:
            found.setdefault(conversation.caused_by, Causes()).idents.append(conversation)
    return found


def ident_outcome(conversation: Conversation) -> str:
    """Return `answered`, `refused`, `unanswered`, or `silent` for a connection on which no answer came."""
    if any(isinstance(event, Reply) for event in conversation.dialogue.events):
        return "answered"
    from_server = [packet for packet in conversation.packets if packet.side is Side.SERVER]
    if not from_server:
        return "unanswered"
    return "refused" if from_server[0].flags & Flags.RST else "silent"


def question(lookup: Lookup) -> str:
    """Return what a lookup asked: `PTR 130.111.168.192.in-addr.arpa`."""
    return f"{lookup.type} {lookup.name}"
