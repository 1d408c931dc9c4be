"""From traces to journeys: what is linked is one journey."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from mailtrace.mail.journeys.calls import Calls, Directory
from mailtrace.mail.journeys.dark import Caused, Tunnel, Tunnels
from mailtrace.mail.journeys.hops import NOTHING_CAUSED, Way, hops_alone
from mailtrace.mail.journeys.links import Link, Linker, standing
from mailtrace.mail.journeys.outcomes import Fates, recipients_alone, worst
from mailtrace.mail.journeys.places import Places
from mailtrace.mail.journeys.returned import reporter, with_reports
from mailtrace.mail.journeys.trace import Trace
from mailtrace.mail.journeys.tries import Tries
from mailtrace.mail.journeys.words import WORDS
from mailtrace.model import Hop, HopKind, Journey, JourneyOutcome, RecipientOutcome
from mailtrace.model.language import said


def join(
    traces: Sequence[Trace], links: Mapping[int, Link], caused: Mapping[int, Caused], tunnels: Tunnels
) -> list[Journey]:
    """Return the journeys that traces make, in the order in which they began.

    `links` and `caused`, what happened for a trace, are by its place.
    """
    groups = _groups(traces, links)
    groups.sort(key=lambda group: min([(traces[place].start_ns, place) for place in group]))
    names = [_first([traces[place].message_id or None for place in group]) for group in groups]
    same = Counter(names)
    journeys = []
    for number, (group, name) in enumerate(zip(groups, names, strict=True), 1):
        mails = [traces[place] for place in group]
        if len(group) == 1:  # most mails are seen once, and need none of what joins several
            hops = hops_alone(mails[0], caused.get(group[0], NOTHING_CAUSED), tunnels)
            recipients = recipients_alone(mails[0], len(hops) - 1)
        else:
            way = Way(traces, links, caused, tunnels)
            for place in group:
                way.add(place)
            hops, hop_of = way.hops()
            recipients = Fates(traces, links, group).recipients(hop_of)
        journeys.append(_journey(number, name, mails, hops, recipients, same[name] if name else 1))
    return with_reports(journeys, [reporter(traces, group) for group in groups])


def _journey(
    number: int,
    name: str | None,
    mails: Sequence[Trace],
    hops: tuple[Hop, ...],
    recipients: tuple[RecipientOutcome, ...],
    same: int,
) -> Journey:
    """Return a journey; `same` is how many have its Message-ID. Made by position, which is a third faster."""
    lookups = [lookup for hop in hops if hop.lookups for lookup in hop.lookups]
    return Journey(
        number,
        name,
        _first([each.subject for each in mails]),
        _first([each.sender for each in mails]),
        recipients,
        hops,
        worst(recipients) if recipients else _without_recipient(hops),
        tuple(sorted(set(lookups))) if lookups else (),
        None,
        _notes(mails, same),
    )


def _first(told: Sequence[str | None]) -> str | None:
    """Return the first that is told, None where none is."""
    for each in told:
        if each is not None:
            return each
    return None


def linked(
    traces: Sequence[Trace], calls: Sequence[Trace], tunnels: Iterable[Tunnel], places: Places, directory: Directory
) -> tuple[list[Trace], dict[int, Link]]:
    """Return the traces, with those of calls and tunnels that were for one of the mails, and the links between them."""
    links = Linker(traces, places).links()
    links.update(Tries(traces, links, places).links())
    found = list(traces)
    hidden = sorted(tunnels, key=lambda each: each.start_ns)
    if calls or hidden:
        finder = Calls(traces, links, places, directory)
        for trace, link in filter(None, (*map(finder.trace, calls), *map(finder.hidden, hidden))):
            links[len(found)] = link
            found.append(trace)
    return found, links


def _groups(traces: Sequence[Trace], links: Mapping[int, Link]) -> list[list[int]]:
    """Return the places of traces that are linked, group by group, each trace behind the one it is linked to."""
    group_of: dict[int, list[int]] = {}
    groups = []
    for place in sorted(range(len(traces)), key=lambda place: standing(traces[place], place)):
        link = links.get(place)
        group = None if link is None else group_of.get(link.to)
        if group is None:
            group = []
            groups.append(group)
        group.append(place)
        group_of[place] = group
    return groups


def _without_recipient(hops: Sequence[Hop]) -> JourneyOutcome:
    """Return the outcome of a mail whose recipients were not seen, or refused before any was named."""
    kinds = {hop.kind for hop in hops}
    if HopKind.REFUSED in kinds:
        return JourneyOutcome.REJECTED
    return JourneyOutcome.DEFERRED if HopKind.DEFERRED in kinds else JourneyOutcome.UNKNOWN


def _notes(mails: Sequence[Trace], same: int) -> tuple[str, ...]:
    notes = []
    if same > 1:
        notes.append(said(WORDS["same-id"], count=same))
    left_out = sum([each.recipients_left_out for each in mails])
    if left_out:
        notes.append(said(WORDS["recipients-left-out"], count=left_out))
    return tuple(notes)
