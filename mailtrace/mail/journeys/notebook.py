"""HOT. Takes down what journeys need while conversations come and go, and makes journeys of it at the end (`mail`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from mailtrace.mail.journeys.calls import Directory
from mailtrace.mail.journeys.dark import Caused, Tunnel, Tunnels
from mailtrace.mail.journeys.joining import Joined, linked
from mailtrace.mail.journeys.places import Places
from mailtrace.mail.journeys.sightings import Sightings
from mailtrace.mail.journeys.trace import Trace, joined, limited
from mailtrace.model import Conversation, Host, Journey, Note

TRACES_LIMIT = 200_000
"""Sightings of mails, and calls to mail servers, remembered: at two kilobytes each they take 400 MB at most."""

CAUSED_LIMIT = 1_000_000
"""Lookups and ident conversations remembered, by the conversation that they happened for."""


class Notebook:
    """`take` each conversation with what it shows when it is final; `journeys` can be asked for once all are taken."""

    def __init__(self) -> None:
        self._traces: list[Trace] = []
        self._calls: list[Trace] = []
        self._tunnels: list[Tunnel] = []
        self._directory = Directory()
        self._lookups: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self._idents: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self._caused = 0
        self._many = 0

    def take(self, conversation: Conversation, seen: Sightings, numbers: Sequence[int]) -> None:
        """Note what a conversation that is final shows of mails; `numbers` are those of its messages."""
        if conversation.protocol == "dns":
            for lookup in conversation.dialogue.lookups:
                self._directory.take(lookup)
                self._note_cause(self._lookups, lookup.caused_by, lookup.start_ns, lookup.id)
        elif conversation.protocol == "ident":
            self._note_cause(self._idents, conversation.caused_by, conversation.start_ns, conversation.id)
        else:
            for trace in seen.traces:
                if self._has_room():
                    self._traces.append(joined(trace, conversation, numbers))
            if seen.call is not None and self._has_room():
                self._calls.append(joined(seen.call, conversation, numbers))
            if seen.in_tunnel and self._has_room():
                self._tunnels.append(_tunnel(conversation))

    def journeys(self, hosts: Sequence[Host]) -> list[Journey]:
        """Return the journeys of all mails, in the order in which they began."""
        joined = self.joined(hosts)
        return joined.some(0, len(joined))

    def joined(self, hosts: Sequence[Host]) -> Joined:
        """Return what the journeys of all mails are made of."""
        places = Places(hosts)
        for tunnel in self._tunnels:
            tunnel.caused = self._caused_by(tunnel.conversation)
        traces, links = linked(self._traces, self._calls, self._tunnels, places, self._directory)
        return Joined(traces, links, self._causes(traces), Tunnels(self._tunnels, places))

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
            if len(places) == 1:
                found[places[0]] = self._caused_by(conversation)
                continue
            ordered = [(traces[place].time_ns, place) for place in places]
            ordered.sort()
            shares = [_shares(noted.get(conversation, []), ordered) for noted in (self._lookups, self._idents)]
            for place in places:
                found[place] = Caused(*(tuple(share.get(place, ())) for share in shares))
        return found

    def _caused_by(self, conversation: int) -> Caused:
        """Return all that happened for a conversation."""
        return Caused(
            tuple([number for _, number in sorted(self._lookups.get(conversation, ()))]),
            tuple([number for _, number in sorted(self._idents.get(conversation, ()))]),
        )


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
    key, times = conversation.key, (conversation.start_ns, conversation.end_ns)
    return Tunnel(conversation.id, key.client.host, key.server.host, *times, limited(conversation.numbers), Caused())
