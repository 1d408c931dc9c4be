"""Calls to a mail server in which no mail can be seen: not answered, turned away at once, or encrypted.

For which mail such a call was made is known by where it went: the same host sent a mail to another server soon after,
or had one to hand on, and the server that it called takes mail for the domain of a recipient, as MX records tell.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from mailtrace.mail.journeys.dark import Tunnel
from mailtrace.mail.journeys.links import CANDIDATES_LIMIT, Link
from mailtrace.mail.journeys.places import Places
from mailtrace.mail.journeys.trace import Trace
from mailtrace.mail.journeys.tries import AGAIN_NS, RECIPIENTS_TRIED, SOONEST_NS
from mailtrace.mail.journeys.words import WORDS
from mailtrace.model import Evidence, EvidenceKind, HopKind, Lookup, Recipient
from mailtrace.model.language import said

NAMES_LIMIT = 100_000
"""Names whose answers are remembered; a scan of a whole registry must not fill memory."""

BY_RECORDS = 60
BY_SERVER = 50
"""Scores: the server is one for the recipient's domain, or was only the same that got the mail later."""

HANDED_ON_NS = 60 * 10**9
"""How long a server keeps a mail that it hands on at the first try, in a conversation that cannot be read."""

_Found = tuple[Link, list[Recipient]]


class Directory:
    """Where domains take their mail, by the lookups seen. Source: RFC 5321 section 5.1."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], tuple[str, ...]] = {}

    def take(self, lookup: Lookup) -> None:
        """Note an answer about mail servers or addresses."""
        if lookup.answers and lookup.type in ("MX", "A", "AAAA") and len(self._answers) < NAMES_LIMIT:
            self._answers[lookup.type, lookup.name.rstrip(".").lower()] = lookup.answers

    def servers(self, domain: str) -> Iterator[str]:
        """Yield names and addresses of the servers that take mail for a domain; without MX it is the domain itself."""
        exchanges = [each.rpartition(" ")[2].rstrip(".").lower() for each in self._answers.get(("MX", domain), ())]
        for name in exchanges or [domain]:
            yield name
            yield from self._answers.get(("A", name), ())
            yield from self._answers.get(("AAAA", name), ())


class Calls:
    """Finds the mails for which calls were made; `links` are those of all traces."""

    def __init__(
        self, traces: Sequence[Trace], links: Mapping[int, Link], places: Places, directory: Directory
    ) -> None:
        self._traces = traces
        self._links = links
        self._places = places
        self._directory = directory
        self._from: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._held: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._carried = {link.to for link in links.values() if link.continues}
        for place, trace in enumerate(traces):
            if trace.recipients:
                self._from[places.key(trace.client)].append((trace.start_ns, place))
                if trace.kind in (HopKind.SUBMITTED, HopKind.RELAYED):
                    self._held[places.key(trace.server)].append((trace.time_ns, place))
        for entries in (*self._from.values(), *self._held.values()):
            entries.sort()

    def trace(self, call: Trace) -> tuple[Trace, Link] | None:
        """Return a call with the recipients it was made for, and its link; None when nothing tells of a mail."""
        found = self._came_again(call) or self._was_waiting(call)
        if found is None:
            return None
        link, recipients = found
        packet = call.packets[-1] if call.packets else 0
        recipients = [replace(each, accepted=False, status=None, packet=packet) for each in recipients]
        return replace(call, recipients=tuple(recipients)), link

    def hidden(self, tunnel: Tunnel) -> tuple[Trace, Link] | None:
        """Return what an encrypted conversation most likely carried: the last mail for its server, if just come.

        Ask for them in order: each mail is found once.
        """
        entries = self._held.get(self._places.key(tunnel.client), [])
        at = bisect_left(entries, (tunnel.start_ns, -1))
        for time_ns, place in reversed(entries[max(0, at - CANDIDATES_LIMIT) : at]):
            if place in self._carried or tunnel.start_ns - time_ns > HANDED_ON_NS:
                continue
            recipients = self._recipients(self._traces[place], tunnel.server)
            if recipients:
                self._carried.add(place)
                times = tunnel.start_ns, tunnel.end_ns
                trace = Trace(
                    HopKind.RELAYED, tunnel.conversation, tunnel.client, tunnel.server, *times, tunnel.packets
                )
                trace.recipients = tuple(recipients)
                reason = _because("hidden", self._traces[place], trace, tunnel.start_ns - time_ns)
                return trace, Link(place, True, BY_SERVER, (reason,))
        return None

    def _came_again(self, call: Trace) -> _Found | None:
        """Return the link to the next mail that the same host sent to a server of the same domain, or to this one."""
        entries = self._from.get(self._places.key(call.client), [])
        at = bisect_left(entries, (call.time_ns, -1))
        for time_ns, place in entries[at : at + CANDIDATES_LIMIT]:
            later = self._traces[place]
            link = self._links.get(place)
            known = link is not None and link.continues
            if link is not None and known and self._traces[link.to].time_ns > call.time_ns:
                continue  # the mail was not there yet
            recipients = self._recipients(later, call.server)
            again = self._places.same(later.server, (call.server,)) and time_ns - call.time_ns >= SOONEST_NS
            if time_ns - call.time_ns > AGAIN_NS or not (recipients or again):
                continue
            score = BY_RECORDS if recipients else BY_SERVER
            word = "called-mx" if recipients else "called-again"
            reason = _because(word, call, later, time_ns - call.time_ns)
            recipients = recipients or list(later.recipients[:RECIPIENTS_TRIED])
            if link is not None and known:
                return Link(link.to, True, score, (reason,)), recipients
            return Link(place, False, score, (reason,)), recipients
        return None

    def _was_waiting(self, call: Trace) -> _Found | None:
        """Return the link to the last mail for a domain of this server that the client had, and is not seen to send."""
        entries = self._held.get(self._places.key(call.client), [])
        at = bisect_left(entries, (call.time_ns, -1))
        for time_ns, place in reversed(entries[max(0, at - CANDIDATES_LIMIT) : at]):
            before = self._traces[place]
            recipients = self._recipients(before, call.server)
            if recipients and place not in self._carried and call.time_ns - time_ns <= AGAIN_NS:
                reason = _because("called-for", before, call, 0)
                return Link(place, True, BY_RECORDS, (reason,)), recipients
        return None

    def _recipients(self, trace: Trace, server: str) -> list[Recipient]:
        """Return the recipients of a mail whose domain has this server for its mail."""
        found = []
        for each in trace.recipients[:RECIPIENTS_TRIED]:
            domain = each.address.rpartition("@")[2].lower()
            if self._places.same(server, self._directory.servers(domain)):
                found.append(each)
        return found


def _because(word: str, before: Trace, after: Trace, passed_ns: int) -> Evidence:
    detail = said(WORDS[word], host=after.client, server=before.server, seconds=f"{passed_ns / 1e9:,.3f}")
    return Evidence(EvidenceKind.ADDRESS, detail, (*before.packets[-1:], *after.packets[-1:]))
