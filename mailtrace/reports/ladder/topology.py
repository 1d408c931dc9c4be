"""Who is there and who spoke with whom: the map of a capture, from its conversations.

Hosts with the same name are one. What speaks is shown by protocol, with the numbers of the conversations.
"""

from __future__ import annotations

from collections import Counter

from mailtrace.mail.naming import Naming
from mailtrace.model import Analysis, Conversation
from mailtrace.model.language import counted, said
from mailtrace.reports.ladder.figures import Link, Topology
from mailtrace.reports.ladder.hosts import Cast
from mailtrace.reports.overview import ranges

MAX_HOSTS = 12
"""Hosts on a map; more would be a heap of lines. Those that spoke least are counted."""

MOST_RUNS = 2
"""Runs of conversation numbers beside a protocol; of more only their number is told."""

ORDER = ("smtp", "pop3", "imap", "dns", "ident", "tls", "unknown")
"""Which protocol is named first."""


def topology_of(analysis: Analysis) -> Topology:
    """Return the map of the hosts that took part in the conversations of an analysis."""
    naming = Naming(analysis.hosts)
    cast = Cast(analysis, naming)
    spoken: dict[tuple[int, int], list[Conversation]] = {}
    for conversation in sorted(analysis.conversations, key=lambda each: (each.protocol == "dns", each.id)):
        ends = (conversation.key.client.host, conversation.key.server.host)
        client, server = (cast.place(naming.of(host), host) for host in ends)
        spoken.setdefault((client, server), []).append(conversation)
    lanes = cast.lanes()
    busy: Counter[int] = Counter()
    for (client, server), some in spoken.items():
        busy.update({client: len(some), server: len(some)} if client != server else {client: len(some)})
    shown = sorted(sorted(range(len(lanes)), key=lambda at: (-busy[at], at))[:MAX_HOSTS])
    return Topology(
        title=said("Who spoke with whom"),
        summary=said("Numbers are those of conversations; an arrow points at who was called."),
        hosts=tuple(lanes[at] for at in shown),
        links=tuple(_links(spoken, {at: place for place, at in enumerate(shown)})),
        more=len(lanes) - len(shown),
    )


def _links(spoken: dict[tuple[int, int], list[Conversation]], places: dict[int, int]) -> list[Link]:
    """Return who spoke with whom, those alone whose hosts have a place."""
    pairs = dict.fromkeys((min(pair), max(pair)) for pair in spoken if pair[0] in places and pair[1] in places)
    links = []
    for one, other in pairs:
        there, back = spoken.get((one, other), []), spoken.get((other, one), [])
        both = there if one == other else [*there, *back]
        links.append(Link(places[one], places[other], tuple(_said(both)), bool(there), bool(back)))
    return links


def _said(conversations: list[Conversation]) -> list[str]:
    """Return what was spoken, one protocol a line, with the numbers of the conversations."""
    by_protocol: dict[str, list[int]] = {}
    for each in conversations:
        by_protocol.setdefault(each.protocol, []).append(each.id)
    lines = []
    for protocol in sorted(by_protocol, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name)):
        ids = ranges(sorted(by_protocol[protocol]))
        if ids.count(",") >= MOST_RUNS:
            ids = counted("({count} conversation)", "({count} conversations)", len(by_protocol[protocol]))
        lines.append(said("{protocol} {ids}", protocol=protocol.upper(), ids=ids))
    return lines
