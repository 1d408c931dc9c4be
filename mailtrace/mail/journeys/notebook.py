"""HOT. Takes down what journeys need while conversations come and go, and makes journeys of it at the end (`mail`)."""

from __future__ import annotations

from collections.abc import Sequence

from mailtrace.mail.journeys.calls import Directory
from mailtrace.mail.journeys.caused import Causes
from mailtrace.mail.journeys.dark import Tunnel, Tunnels
from mailtrace.mail.journeys.joining import Joined, linked
from mailtrace.mail.journeys.links import Company
from mailtrace.mail.journeys.places import Places
from mailtrace.mail.journeys.sightings import Sightings
from mailtrace.mail.journeys.trace import Trace, joined, limited
from mailtrace.model import Conversation, Host, Journey, Note

TRACES_LIMIT = 200_000
"""Sightings of mails, and calls to mail servers, remembered: at two kilobytes each they take 400 MB at most."""


class Notebook:
    """`take` each conversation with what it shows when it is final; `journeys` can be asked for once all are taken."""

    def __init__(self) -> None:
        self._traces: list[Trace] = []
        self._calls: list[Trace] = []
        self._tunnels: list[Tunnel] = []
        self._directory = Directory()
        self._company = Company()
        self._caused = Causes()
        self._many = 0

    def take(self, conversation: Conversation, seen: Sightings, numbers: Sequence[int]) -> None:
        """Note what a conversation that is final shows of mails; `numbers` are those of its messages."""
        if conversation.protocol == "dns":
            for lookup in conversation.dialogue.lookups:
                self._directory.take(lookup)
                self._caused.lookup(lookup.caused_by, lookup.start_ns, lookup.id)
        elif conversation.protocol == "ident":
            self._caused.ident(conversation.caused_by, conversation.start_ns, conversation.id)
        else:
            for trace in seen.traces:
                if self._has_room():
                    self._traces.append(joined(trace, conversation, numbers))
                    if trace.how:
                        self._company.meet(trace)
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
            tunnel.caused = self._caused.all_of(tunnel.conversation)
        traces, links = linked(self._traces, self._company, self._calls, self._tunnels, places, self._directory)
        self._caused.share(traces)
        return Joined(traces, links, self._company.names, self._caused, Tunnels(self._tunnels, places))

    def notes(self) -> list[Note]:
        """Return what the user has to know of a limit that was reached."""
        if self._many <= TRACES_LIMIT:
            return []
        message = f"journeys are told of the first {TRACES_LIMIT:,} mails; left out: {self._many - TRACES_LIMIT:,}"
        return [Note("journey-limit", message, damage=True)]

    def _has_room(self) -> bool:
        """Tell whether one more is remembered; count it in any case."""
        self._many += 1
        return self._many <= TRACES_LIMIT


def _tunnel(conversation: Conversation) -> Tunnel:
    key, times = conversation.key, (conversation.start_ns, conversation.end_ns)
    return Tunnel(conversation.id, key.client.host, key.server.host, *times, limited(conversation.numbers))
