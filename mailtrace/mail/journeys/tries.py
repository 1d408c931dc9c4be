"""Envelopes whose mail was refused before it was sent, and the mail that each was for.

Nothing of the mail is seen then. What tells are sender and recipient: the same host came again with both and handed the
mail over, or it had a mail to hand on from the one to the other.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from mailtrace.mail.journeys.links import CANDIDATES_LIMIT, Link
from mailtrace.mail.journeys.places import Places
from mailtrace.mail.journeys.trace import Trace
from mailtrace.mail.journeys.words import WORDS
from mailtrace.model import Evidence, EvidenceKind, HopKind
from mailtrace.model.language import said

SOONEST_NS = 10**9
"""How soon the same server is tried again: at once only another one is."""

AGAIN_NS = 5 * 86_400 * 10**9
"""How long a mail is tried again: RFC 5321 section 4.5.4.1 asks for four to five days."""

RECIPIENTS_TRIED = 20
"""Recipients of an envelope by which its mail is looked for."""

CAME_AGAIN = 70
WAS_WAITING = 65
TRIED_BEFORE = 50
"""Scores of what envelopes alone can tell."""

_Key = tuple[str, str, str]


class Tries:
    """Knows envelopes by host, sender and recipient; `links` are those of the mails."""

    def __init__(self, traces: Sequence[Trace], links: Mapping[int, Link], places: Places) -> None:
        self._traces = traces
        self._links = links
        self._places = places
        self._sent: dict[_Key, list[tuple[int, int]]] = defaultdict(list)
        self._held: dict[_Key, list[tuple[int, int]]] = defaultdict(list)
        self._carried: set[tuple[int, str]] = set()
        self._empty = [place for place, trace in enumerate(traces) if not trace.how]  # without a mail
        wanted = {key for place in self._empty for key in self._keys(traces[place], traces[place].client)}
        if wanted:
            self._enter(wanted)

    def links(self) -> dict[int, Link]:
        """Return the link of each envelope without a mail that has one, by its place among the traces."""
        found: dict[int, Link] = {}
        for place in self._empty:
            link = self._came_again(place) or self._was_waiting(self._traces[place]) or self._tried_before(place)
            if link is not None:
                found[place] = link
        return found

    def _enter(self, wanted: set[_Key]) -> None:
        senders = {sender for _, sender, _ in wanted}
        for place, trace in enumerate(self._traces):
            if trace.sender is None or trace.sender.lower() not in senders:
                continue
            for key in self._keys(trace, trace.client):
                if key in wanted:
                    self._sent[key].append((trace.time_ns, place))
            if trace.how and trace.kind in (HopKind.SUBMITTED, HopKind.RELAYED):
                for key in self._keys(trace, trace.server):
                    if key in wanted:
                        self._held[key].append((trace.time_ns, place))
        for place, link in self._links.items():
            if link.continues and self._traces[place].sender is not None:
                self._carried.update((link.to, each.address.lower()) for each in self._traces[place].recipients)
        for entries in (*self._sent.values(), *self._held.values()):
            entries.sort()

    def _keys(self, trace: Trace, host: str) -> Iterator[_Key]:
        """Yield what tells the envelope's mail, as sent or had by a host."""
        if trace.sender is None:
            return
        key, sender = self._places.key(host), trace.sender.lower()
        for recipient in trace.recipients[:RECIPIENTS_TRIED]:
            yield key, sender, recipient.address.lower()

    def _came_again(self, place: int) -> Link | None:
        """Return the link to the next mail that the same host sent from the same sender to the same recipient."""
        trace = self._traces[place]
        if trace.kind is HopKind.REFUSED:
            return None
        for key in self._keys(trace, trace.client):
            entries = self._sent[key]
            at = bisect_right(entries, (trace.time_ns, place))
            for time_ns, other in entries[at : at + CANDIDATES_LIMIT]:
                if time_ns - trace.time_ns > AGAIN_NS:
                    break
                if self._can_be(trace, other):
                    again = self._traces[other]
                    link = self._links.get(other)
                    reason = _because("tried", EvidenceKind.ENVELOPE, trace, again, key, time_ns - trace.time_ns)
                    if link is not None and link.continues:
                        return Link(link.to, True, CAME_AGAIN, (reason,))
                    return Link(other, False, CAME_AGAIN, (reason,))
        return None

    def _can_be(self, trace: Trace, other: int) -> bool:
        """Tell whether a later mail was there already when an envelope was tried, and came in another conversation."""
        again = self._traces[other]
        if not again.how or not self._is_later(trace, again):
            return False
        link = self._links.get(other)
        return link is None or not link.continues or self._traces[link.to].time_ns <= trace.time_ns

    def _is_later(self, before: Trace, after: Trace) -> bool:
        """Tell whether one can be another try after the other: not in one conversation, nor of one server at once."""
        if after.conversation == before.conversation:
            return False
        return after.start_ns - before.time_ns >= SOONEST_NS or not self._places.same(after.server, (before.server,))

    def _was_waiting(self, trace: Trace) -> Link | None:
        """Return the link to the last mail that the client had to hand on; one that is still to be handed on first."""
        best = None
        for key in self._keys(trace, trace.client):
            entries = self._held.get(key, [])
            at = bisect_left(entries, (trace.time_ns, -1))
            for time_ns, other in entries[max(0, at - CANDIDATES_LIMIT) : at]:
                if trace.time_ns - time_ns <= AGAIN_NS:
                    rank = ((other, key[2]) not in self._carried, time_ns)
                    if best is None or rank >= best[0]:
                        best = (rank, other, key)
            if best is not None:
                _, other, key = best
                reason = _because("waiting", EvidenceKind.ENVELOPE, self._traces[other], trace, key, 0)
                return Link(other, True, WAS_WAITING, (reason,))
        return None

    def _tried_before(self, place: int) -> Link | None:
        """Return the link to the try before, in another conversation, when no mail was ever seen."""
        trace = self._traces[place]
        for key in self._keys(trace, trace.client):
            entries = self._sent[key]
            at = bisect_left(entries, (trace.time_ns, place))
            for time_ns, other in reversed(entries[max(0, at - CANDIDATES_LIMIT) : at]):
                before = self._traces[other]
                if before.how or trace.time_ns - time_ns > AGAIN_NS:
                    continue
                if before.kind is HopKind.DEFERRED and self._is_later(before, trace):
                    passed_ns = trace.time_ns - time_ns
                    reason = _because("again", EvidenceKind.ENVELOPE, before, trace, key, passed_ns)
                    return Link(other, False, TRIED_BEFORE, (reason,))
        return None


def _because(word: str, kind: EvidenceKind, before: Trace, after: Trace, key: _Key, passed_ns: int) -> Evidence:
    _, sender, recipient = key
    facts = {"sender": sender or "<>", "recipient": recipient, "host": after.client}
    detail = said(WORDS[word], **facts, seconds=f"{passed_ns / 1e9:,.3f}")
    return Evidence(kind, detail, (*before.packets[-1:], *after.packets[-1:]))
