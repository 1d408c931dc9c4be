"""From traces to journeys: what is linked is one journey."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set

from mailtrace.mail.journeys.calls import Calls, Directory
from mailtrace.mail.journeys.caused import Causes
from mailtrace.mail.journeys.dark import Tunnel, Tunnels
from mailtrace.mail.journeys.hops import Way, hops_alone
from mailtrace.mail.journeys.links import Company, Link, Linker, in_order
from mailtrace.mail.journeys.outcomes import Fates, recipients_alone, worst
from mailtrace.mail.journeys.places import Places
from mailtrace.mail.journeys.returned import with_reports
from mailtrace.mail.journeys.trace import Trace
from mailtrace.mail.journeys.tries import Tries
from mailtrace.mail.journeys.words import WORDS
from mailtrace.model import Hop, HopKind, Journey, JourneyOutcome
from mailtrace.model.language import said


class Joined:
    """The journeys that traces make, in the order in which they began; they are made when they are asked for.

    `links` are by the place of a trace; `caused` tells what happened for it. `names` are the Message-IDs of several.
    """

    def __init__(
        self,
        traces: Sequence[Trace],
        links: Mapping[int, Link],
        names: Set[str | None],
        caused: Causes,
        tunnels: Tunnels,
    ) -> None:
        self._traces = traces
        self._links = links
        self._caused = caused
        self._tunnels = tunnels
        self._groups = _groups(traces, links)
        self._same = Counter([_name(traces, group) for group in self._groups]) if names else Counter[str | None]()
        self._reported: list[Journey] | None = None
        if [trace for trace in traces if trace.reports is not None]:  # then one journey tells of another
            self._reported = with_reports(self.some(0, len(self)), traces, self._groups)

    def __len__(self) -> int:
        """Return how many journeys there are."""
        return len(self._groups)

    def some(self, first: int, behind: int) -> list[Journey]:
        """Return the journeys from one place on, up to another."""
        if self._reported is not None:
            return self._reported[first:behind]
        return [self._journey(number, group) for number, group in enumerate(self._groups[first:behind], first + 1)]

    def _journey(self, number: int, group: Sequence[int]) -> Journey:
        traces, trace = self._traces, self._traces[group[0]]
        name, subject, sender, left_out = trace.message_id, trace.subject, trace.sender, trace.recipients_left_out
        if len(group) == 1:  # most mails are seen once, and need none of what joins several
            hops = hops_alone(trace, self._caused.of(group[0], trace.conversation), self._tunnels)
            recipients = recipients_alone(trace, len(hops) - 1)
        else:
            mails = [traces[place] for place in group]
            name = _name(traces, group)
            subject, sender = _first([each.subject for each in mails]), _first([each.sender for each in mails])
            left_out = sum([each.recipients_left_out for each in mails])
            way = Way(traces, self._links, self._caused, self._tunnels)
            for place in group:
                way.add(place)
            hops, hop_of = way.hops()
            recipients = Fates(traces, self._links, group).recipients(hop_of)
        lookups: set[int] = set()
        for hop in hops:
            lookups.update(hop.lookups)
        asked = tuple(sorted(lookups)) if lookups else ()
        outcome = worst(recipients) if recipients else _without_recipient(hops)
        notes = _notes(self._same.get(name, 1) if name else 1, left_out)
        return Journey(number, name or None, subject, sender, recipients, hops, outcome, asked, None, notes)


def _name(traces: Sequence[Trace], group: Sequence[int]) -> str | None:
    """Return the Message-ID of a mail, None where it has none."""
    for place in group:
        name = traces[place].message_id
        if name:
            return name
    return None


def _first(told: Iterable[str | None]) -> str | None:
    """Return the first that is told, None where none is."""
    return next((each for each in told if each is not None), None)


def linked(
    traces: Sequence[Trace],
    company: Company,
    calls: Sequence[Trace],
    tunnels: Iterable[Tunnel],
    places: Places,
    directory: Directory,
) -> tuple[list[Trace], dict[int, Link]]:
    """Return the traces, with those of calls and tunnels that were for one of the mails, and the links between them."""
    links = Linker(traces, company, places).links()
    links.update(Tries(traces, links, places).links())
    found = list(traces)
    hidden = sorted(tunnels, key=lambda each: each.start_ns)
    if calls or hidden:
        finder = Calls(traces, links, places, directory)
        for trace, link in filter(None, (*map(finder.trace, calls), *map(finder.hidden, hidden))):
            links[len(found)] = link
            found.append(trace)
    return found, links


def _groups(traces: Sequence[Trace], links: Mapping[int, Link]) -> list[Sequence[int]]:
    """Return the places of traces that are linked, group by group, in the order in which their first mails began.

    In a group each trace stands behind the one it is linked to.
    """
    groups: dict[int, list[int]] = {}
    first_of: dict[int, int] = {}
    for place in in_order(traces, links.keys() | {link.to for link in links.values()}):
        link = links.get(place)
        first = first_of[place] = place if link is None else first_of.get(link.to, place)
        groups.setdefault(first, []).append(place)
    starts = [trace.start_ns for trace in traces]
    begun = sorted(range(len(traces)), key=starts.__getitem__)
    return [groups.get(first) or (first,) for first in dict.fromkeys([first_of.get(place, place) for place in begun])]


def _without_recipient(hops: Sequence[Hop]) -> JourneyOutcome:
    """Return the outcome of a mail whose recipients were not seen, or refused before any was named."""
    kinds = {hop.kind for hop in hops}
    if HopKind.REFUSED in kinds:
        return JourneyOutcome.REJECTED
    return JourneyOutcome.DEFERRED if HopKind.DEFERRED in kinds else JourneyOutcome.UNKNOWN


def _notes(same: int, left_out: int) -> tuple[str, ...]:
    """Return what is odd about a mail: how many have its Message-ID, and how many recipients are left out."""
    if same == 1 and not left_out:
        return ()
    notes = []
    if same > 1:
        notes.append(said(WORDS["same-id"], count=same))
    if left_out:
        notes.append(said(WORDS["recipients-left-out"], count=left_out))
    return tuple(notes)
