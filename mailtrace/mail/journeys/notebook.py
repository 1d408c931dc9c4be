"""HOT. Takes down what journeys need while conversations come and go, and makes journeys of it at the end (`mail`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain

from mailtrace.mail.journeys.calls import Directory
from mailtrace.mail.journeys.dark import Caused, Tunnel, Tunnels
from mailtrace.mail.journeys.joining import join, linked
from mailtrace.mail.journeys.places import Places
from mailtrace.mail.journeys.trace import PACKETS_LIMIT, Trace, called, kept, sent
from mailtrace.model import Conversation, Encryption, Host, Journey, Message, Note

TRACES_LIMIT = 200_000
"""Sightings of mails, and calls to mail servers, remembered: at two kilobytes each they take 400 MB at most."""

CAUSED_LIMIT = 1_000_000
"""Lookups and ident conversations remembered, by the conversation that they happened for."""

MAIL_PORTS = frozenset({24, 25, 465, 587})
"""Where mail is handed in or on, so that a call there that says nothing was for a mail. Port 24 is LMTP's."""

_CALLED = frozenset(("smtp", "unknown"))
_PIECES = frozenset(("TOP", "FETCH"))


class Notebook:
    """`take` each conversation with its messages when it is final; `journeys` can be asked for once all are taken."""

    def __init__(self) -> None:
        self._traces: list[Trace] = []
        self._calls: list[Trace] = []
        self._tunnels: list[Tunnel] = []
        self._directory = Directory()
        self._lookups: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self._idents: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self._caused = 0
        self._many = 0

    def take(self, conversation: Conversation, messages: Iterable[Message]) -> None:
        """Note what a conversation tells of mails; `messages` are those in it."""
        if conversation.protocol == "dns":
            for lookup in conversation.dialogue.lookups:
                self._directory.take(lookup)
                self._note_cause(self._lookups, lookup.caused_by, lookup.start_ns, lookup.id)
        elif conversation.protocol == "ident":
            self._note_cause(self._idents, conversation.caused_by, conversation.start_ns, conversation.id)
        else:
            self._take_mails(conversation, {message.id: message for message in messages})

    def journeys(self, hosts: Sequence[Host]) -> list[Journey]:
        """Return the journeys of all mails, in the order in which they began."""
        places = Places(hosts)
        for tunnel in self._tunnels:
            tunnel.caused = Caused(
                tuple([number for _, number in sorted(self._lookups.get(tunnel.conversation, ()))]),
                tuple([number for _, number in sorted(self._idents.get(tunnel.conversation, ()))]),
            )
        traces, links = linked(self._traces, self._calls, self._tunnels, places, self._directory)
        return join(traces, links, self._causes(traces), Tunnels(self._tunnels, places))

    def notes(self) -> list[Note]:
        """Return what the user has to know of a limit that was reached."""
        if self._many <= TRACES_LIMIT:
            return []
        message = f"journeys are told of the first {TRACES_LIMIT:,} mails; left out: {self._many - TRACES_LIMIT:,}"
        return [Note("journey-limit", message, damage=True)]

    def _note_cause(self, noted: dict[int, list[tuple[int, int]]], cause: int | None, time_ns: int, id: int) -> None:
        if cause is not None and self._caused < CAUSED_LIMIT:
            self._caused += 1
            noted[cause].append((time_ns, id))

    def _take_mails(self, conversation: Conversation, messages: dict[int, Message]) -> None:
        dialogue = conversation.dialogue
        if not messages and not dialogue.transactions:
            self._take_call(conversation)
            return
        for transaction in dialogue.transactions:
            content = transaction.content
            message = None if content is None or content.message is None else messages.pop(content.message, None)
            if self._has_room():
                self._traces.append(sent(conversation, transaction, message))
        for message in messages.values():
            nobodys = not message.message_id and message.content.how in _PIECES
            if not nobodys and self._has_room():
                self._traces.append(kept(conversation, message))

    def _take_call(self, conversation: Conversation) -> None:
        """Note a conversation with a mail server in which no mail can be seen."""
        dialogue = conversation.dialogue
        if conversation.protocol != "smtp" and conversation.key.server.port not in MAIL_PORTS:
            return
        if dialogue.encryption is not Encryption.NO and not (dialogue.tls and dialogue.tls.decrypted):
            if self._has_room():
                self._tunnels.append(_tunnel(conversation))
        elif conversation.protocol in _CALLED and self._has_room():
            self._calls.append(called(conversation))

    def _has_room(self) -> bool:
        """Tell whether one more is remembered; count it in any case."""
        self._many += 1
        return self._many <= TRACES_LIMIT

    def _causes(self, traces: Sequence[Trace]) -> dict[int, Caused]:
        """Return what happened for each trace: all before it was done, what is left for the last of a conversation."""
        by_conversation: dict[int, list[int]] = defaultdict(list)
        for place, trace in enumerate(traces):
            if trace.conversation in self._lookups or trace.conversation in self._idents:
                by_conversation[trace.conversation].append(place)
        found: dict[int, Caused] = {}
        for conversation, places in by_conversation.items():
            ordered = [(traces[place].time_ns, place) for place in places]
            ordered.sort()
            shares = [_shares(noted.get(conversation, []), ordered) for noted in (self._lookups, self._idents)]
            for place in places:
                found[place] = Caused(*(tuple(share.get(place, ())) for share in shares))
        return found


def _shares(noted: list[tuple[int, int]], ordered: Sequence[tuple[int, int]]) -> dict[int, list[int]]:
    """Share out what happened for a conversation to its traces, given as time and place in order."""
    shares: dict[int, list[int]] = defaultdict(list)
    at = 0
    for time_ns, number in sorted(noted):
        while at < len(ordered) - 1 and time_ns > ordered[at][0]:
            at += 1
        shares[ordered[at][1]].append(number)
    return shares


def _tunnel(conversation: Conversation) -> Tunnel:
    numbers = conversation.numbers
    if len(numbers) > PACKETS_LIMIT:
        numbers = tuple(chain(numbers[: PACKETS_LIMIT // 2], numbers[-PACKETS_LIMIT // 2 :]))
    key = conversation.key
    times = conversation.start_ns, conversation.end_ns
    return Tunnel(conversation.id, key.client.host, key.server.host, *times, numbers, Caused())
