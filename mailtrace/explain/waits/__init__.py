"""Where the time of a conversation went: every nanosecond belongs to one wait, with the packets that prove it.

What was said cuts the time into waits for the client, for the server, and for what travels (`said`). Over these are
laid, each over what it can explain: TLS, what the server asked of others meanwhile (`server`), and what the packets
tell of the network (`network`). Nothing is ever added up from guesses, so the waits always fill the whole time.

All packets are needed for all of this. Where only the first and the last are known, as in the streamed results for
machines, what was said is all there is to go by: set-up counts as waiting for the greeting, and losses as waiting for
whoever spoke next.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mailtrace.explain.waits.causes import Causes, causes, question
from mailtrace.explain.waits.network import WAITING, losses, on_the_way, setting_up, stalls
from mailtrace.explain.waits.said import said
from mailtrace.explain.waits.server import explained
from mailtrace.explain.waits.tiles import joined, laid_over
from mailtrace.model import NO_TIME, Conversation, Lookup, Packet, Side, TlsFacts, Transport, Wait, WaitKind
from mailtrace.streams.roundtrip import ways_ns

__all__ = ["Causes", "causes", "waits", "waits_as_said"]

ALL = frozenset(WaitKind)
OPENING = frozenset({WaitKind.CONNECT, WaitKind.CONNECT_AGAIN})
AGREED = ("Finished", "encrypted")
"""The message that ends a handshake; before application data it alone is encrypted in TLS 1.2."""


def waits(conversation: Conversation, asked: Causes | None = None) -> tuple[Wait, ...]:
    """Return the waits that tile a conversation; none where it has no length, or its times are not known.

    `asked` are the ident calls and lookups that were made for it, as `causes` finds them.
    """
    packets = conversation.packets
    if len(packets) < len(conversation.numbers):
        return waits_as_said(conversation)
    if conversation.start_ns == NO_TIME or conversation.end_ns == conversation.start_ns:
        return ()
    if conversation.protocol == "dns":
        return joined(_asked(conversation, setting_up(packets)))
    tiles = said(conversation, {packet.number: packet.time_ns for packet in packets})
    if conversation.key.transport is not Transport.TCP:
        return joined(tiles)
    greeted_ns = next((tile.end_ns for tile in tiles if tile.kind is WaitKind.GREETING), None)
    ways = ways_ns(packets)
    spoken = frozenset(tile.start_ns for tile in tiles)
    tiles = laid_over(tiles, setting_up(packets), ALL)
    tls = conversation.dialogue.tls
    if tls is not None:
        tiles = laid_over(tiles, _handshake(tls, packets), ALL - OPENING)
    tiles = laid_over(tiles, losses(packets), ALL - OPENING)
    tiles = explained(tiles, conversation, asked or Causes(), greeted_ns)
    tiles = laid_over(tiles, on_the_way(tiles, spoken, ways), WAITING[Side.CLIENT] | WAITING[Side.SERVER])
    tiles = laid_over(tiles, stalls(packets, ways), (WaitKind.TRANSFER,))
    return joined(tiles)


def waits_as_said(conversation: Conversation) -> tuple[Wait, ...]:
    """Return waits that tile a conversation, told from what was said alone: a tenth of the work, and less is told.

    All they need of the packets are the times of the first and the last, so streamed results are the same whatever else
    is known. None where the conversation has no length, or its times are not known.
    """
    if conversation.start_ns == NO_TIME or conversation.end_ns == conversation.start_ns:
        return ()
    if conversation.protocol == "dns":
        return tuple(_asked(conversation))
    return tuple(said(conversation, {}))


def _asked(conversation: Conversation, opening: Iterable[Wait] = ()) -> list[Wait]:
    """Return the tiles of a DNS conversation: its `opening`, its lookups, and the time in between."""
    packets = conversation.packets
    start = conversation.start_ns
    whole = Wait(WaitKind.IDLE, start, conversation.end_ns - start, (packets[0].number, packets[-1].number))
    tiles = laid_over([whole], opening, ALL)
    asked = [_lookup(lookup, conversation.end_ns) for lookup in conversation.dialogue.lookups]
    return laid_over(tiles, asked, (WaitKind.IDLE,))


def _lookup(lookup: Lookup, end_ns: int) -> Wait:
    took = end_ns - lookup.start_ns if lookup.took_ns is None else lookup.took_ns
    return Wait(
        WaitKind.LOOKUP, lookup.start_ns, max(0, took), lookup.packets, about=question(lookup), side=Side.SERVER
    )


def _handshake(tls: TlsFacts, packets: Sequence[Packet]) -> list[Wait]:
    """Return the TLS handshake, from the client's hello to the last word that agrees.

    That is the later of the first Finished of either side, which may be unread. Where both are hidden, as in TLS 1.3,
    it ends with what the client sends next. Alerts that end it belong to it, those that close a session do not.
    """
    if not tls.messages:
        return []
    first, last = tls.messages[0], tls.messages[-1]
    agreed = {message.side: message for message in reversed(tls.messages) if message.name in AGREED}
    if len(agreed) == len(Side) or (agreed and tls.client_octets + tls.server_octets):
        last = max(agreed.values(), key=lambda message: message.time_ns)
    number, time_ns = last.packet, last.time_ns
    if not agreed and tls.unread:
        hidden = (p for p in packets if p.number > number and p.length and p.side is Side.CLIENT)
        following = next(hidden, None)
        if following is not None:
            number, time_ns = following.number, following.time_ns
    proof = (first.packet, number) if number != first.packet else (number,)
    return [Wait(WaitKind.TLS, first.time_ns, max(0, time_ns - first.time_ns), proof)]
