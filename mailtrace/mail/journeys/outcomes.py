"""What became of a mail for each of its recipients, followed from where it was last seen back to its first envelope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter

from mailtrace.mail.journeys.links import Link
from mailtrace.mail.journeys.trace import Trace
from mailtrace.mail.journeys.words import WORDS
from mailtrace.model import HopKind, JourneyOutcome, Recipient, RecipientOutcome, TransactionOutcome
from mailtrace.model.language import said

OUTCOMES = tuple(JourneyOutcome)
"""Outcomes from the best to the worst."""

RETRIEVED, APPENDED, HANDED_OVER = HopKind.RETRIEVED, HopKind.APPENDED, HopKind.DELIVERED
TAKEN = TransactionOutcome.ACCEPTED

Fate = tuple[int, str, int]
"""What became of it, by its place in `OUTCOMES`; why; and the place of the trace that shows it."""

FETCHED, DELIVERED, ACCEPTED, UNKNOWN, DEFERRED, REJECTED = (
    OUTCOMES.index(outcome)
    for outcome in (
        *(JourneyOutcome.FETCHED, JourneyOutcome.DELIVERED, JourneyOutcome.ACCEPTED),
        *(JourneyOutcome.UNKNOWN, JourneyOutcome.DEFERRED, JourneyOutcome.REJECTED),
    )
)
_outcome = itemgetter(0)


class Fates:
    """Finds what became of the mail of one journey: `places` are those of its traces, each after what it continues."""

    def __init__(self, traces: Sequence[Trace], links: Mapping[int, Link], places: Sequence[int]) -> None:
        self._traces = traces
        self._next: dict[int, list[int]] = defaultdict(list)
        self._first = []
        for place in places:
            link = links.get(place)
            if link is not None and link.continues:
                self._next[link.to].append(place)
            else:
                self._first.append(place)
        self._places = places
        self._fates: dict[tuple[int, str], Fate] = {}

    def recipients(self, hops: Mapping[int, int]) -> tuple[RecipientOutcome, ...]:
        """Return what became of each recipient; `hops` are the places of hops by those of traces."""
        for place in reversed(self._places):
            self._decide(place)
        found: dict[str, tuple[str, Fate]] = {}
        self._collect(self._first, found)
        if found and len(self._first) < len(self._places):
            self._collect(self._places, found)
        fates = found or self._mailboxes()
        return tuple([_told(address, fate, hops[fate[2]]) for address, fate in fates.values()])

    def _collect(self, places: Iterable[int], found: dict[str, tuple[str, Fate]]) -> None:
        """Add the best that became of each recipient of some envelopes, but for those that are there already."""
        known = set(found)
        for place in places:
            for each in self._traces[place].recipients:
                key = each.address.lower()
                fate = self._fates[place, key]
                if key not in found or (key not in known and fate[0] < found[key][1][0]):
                    found[key] = (each.address, fate)

    def _mailboxes(self) -> dict[str, tuple[str, Fate]]:
        """Return what became of a mail without an envelope, by whose the mailboxes are that it was seen in."""
        found: dict[str, tuple[str, Fate]] = {}
        for place in self._places:
            if not _is_mailbox(self._traces[place]):
                continue
            user = self._traces[place].user or ""
            fate = mailbox_fate(self._traces[place], place)
            if user.lower() not in found or fate[0] < found[user.lower()][1][0]:
                found[user.lower()] = (user, fate)
        return found

    def _decide(self, place: int) -> None:
        """Find the fates of all recipients of an envelope, when those of what came after it are known."""
        trace = self._traces[place]
        onward = self._onward(place) if place in self._next else {}
        for each in trace.recipients:
            key = each.address.lower()
            fates = onward.get(key)
            self._fates[place, key] = min(fates, key=_outcome) if fates else own_fate(trace, place, each)

    def _onward(self, place: int) -> dict[str, list[Fate]]:
        """Return what became of recipients after an envelope: by name, and of the only one left what is nobody's else.

        Such a one is an alias: the mail goes on to other addresses, or is found in the mailbox of another name.
        """
        trace = self._traces[place]
        onward: dict[str, list[Fate]] = defaultdict(list)
        nobodys: list[Fate] = []
        for after in self._next[place]:
            if _is_mailbox(self._traces[after]):
                fate = mailbox_fate(self._traces[after], after)
                keys = frozenset([each.address.lower() for each in _owners(trace, self._traces[after].user)])
                fates = dict.fromkeys(keys, fate)
                nobodys += () if keys else (fate,)
            else:
                theirs = [each.address.lower() for each in self._traces[after].recipients]
                fates = {key: self._fates[after, key] for key in theirs}
                keys = trace.addresses & self._traces[after].addresses
                nobodys += () if keys else fates.values()
            for key in keys:
                onward[key].append(fates[key])
        left = [key for each in trace.recipients if each.accepted and (key := each.address.lower()) not in onward]
        if len(left) == 1 and nobodys:
            onward[left[0]] = nobodys
        return onward


_TRANSACTIONS = {
    TransactionOutcome.REJECTED: (REJECTED, "refused-mail"),
    TransactionOutcome.DEFERRED: (DEFERRED, "put-off"),
    TransactionOutcome.ABORTED: (DEFERRED, "broken-off"),
    TransactionOutcome.UNKNOWN: (UNKNOWN, "no-answer"),
}


def own_fate(trace: Trace, place: int, recipient: Recipient) -> Fate:
    """Return what the replies to one envelope, whose trace is at this place, tell of a recipient."""
    packet = trace.packets[-1] if trace.packets else 0
    if not recipient.accepted and recipient.status is not None:
        late = recipient.status.startswith("4")
        facts = {"host": trace.server, "status": recipient.status, "packet": recipient.answer_packet}
        because = said(WORDS["put-off" if late else "refused"], **facts)
        return DEFERRED if late else REJECTED, because, place
    outcome, word = ACCEPTED, "accepted" if trace.outcome is not None else "hidden-answer"
    if trace.outcome is not None and trace.outcome is not TAKEN:
        outcome, word = _TRANSACTIONS[trace.outcome]
    elif trace.kind is HANDED_OVER:
        outcome, word = DELIVERED, "delivered"
    return outcome, said(WORDS[word], host=trace.server, status=trace.status, packet=packet), place


def mailbox_fate(trace: Trace, place: int) -> Fate:
    """Return what a visit to a mailbox, whose trace is at this place, tells."""
    facts = {"host": trace.client, "user": trace.user, "packet": trace.packets[-1] if trace.packets else 0}
    if trace.kind is APPENDED:
        return DELIVERED, said(WORDS["stored"], **facts), place
    if trace.how == "TOP":
        return DELIVERED, said(WORDS["head-only"], **facts), place
    word = "fetched" if trace.user else "fetched-nobody"
    return FETCHED, said(WORDS[word], **facts), place


def worst(recipients: Sequence[RecipientOutcome]) -> JourneyOutcome:
    """Return the outcome of the worst-off recipient, unknown where there is none."""
    if len(recipients) == 1:
        return recipients[0].outcome
    return max([each.outcome for each in recipients], key=OUTCOMES.index, default=JourneyOutcome.UNKNOWN)


def recipients_alone(trace: Trace, hop: int) -> tuple[RecipientOutcome, ...]:
    """Return what became of each recipient of a mail that was seen once: in the hop of this place."""
    if not trace.recipients:
        return (_told(trace.user or "", mailbox_fate(trace, 0), hop),) if _is_mailbox(trace) else ()
    if len(trace.recipients) == 1:
        return (_told(trace.recipients[0].address, own_fate(trace, 0, trace.recipients[0]), hop),)
    fates = {each.address.lower(): (each.address, own_fate(trace, 0, each)) for each in trace.recipients}
    return tuple([_told(address, fate, hop) for address, fate in fates.values()])


def _told(address: str, fate: Fate, hop: int) -> RecipientOutcome:
    return RecipientOutcome(address, OUTCOMES[fate[0]], fate[1], hop)


def _is_mailbox(trace: Trace) -> bool:
    """Tell whether a mail was seen in a mailbox."""
    return trace.kind is RETRIEVED or trace.kind is APPENDED


def _owners(trace: Trace, user: str | None) -> list[Recipient]:
    """Return the recipients whose mailbox a user of this name is likely to have."""
    if not user:
        return []
    return [each for each in trace.users.get(user.lower(), ()) if each.accepted]
