"""Conversations told while they go on: which steps are new since somebody looked last.

A conversation is told again from its start whenever something was said in it, by the same tellers as at the end; what
was shown before is left out. A step counts as shown when its words were; where they change (a call that was not
answered is answered after all), it comes once more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from time import monotonic

from msgspec.structs import replace

from mailtrace.explain.texts import text
from mailtrace.explain.waits import Causes, causes
from mailtrace.explain.walkthrough import DEPENDENT, Book
from mailtrace.mail.causes import Candidate, about, best_cause, candidate, ident_cause
from mailtrace.mail.hosts import GIVEN, HostBook, greeted_as
from mailtrace.mail.kept import carried, messages_in
from mailtrace.mail.naming import Naming
from mailtrace.model import (
    Analysis,
    CaptureInfo,
    ClosedHow,
    Conversation,
    Host,
    Message,
    Side,
    Step,
    StepKind,
)
from mailtrace.protocols import PROTOCOLS, tls
from mailtrace.protocols.choose import ALSO_WHEN_SILENT, UNKNOWN

HOLD_SECONDS = 0.1
"""How long a step waits that may still grow: the packets of a handshake come at once, or late."""

GROWING = frozenset({StepKind.CONNECT, StepKind.CLOSE, StepKind.IDENT})
"""Kinds of steps that several packets make."""

COUNTING = frozenset({StepKind.CONNECT, StepKind.CLOSE, StepKind.TROUBLE})
"""Kinds of steps that may count what goes on, such as octets inside TLS: they come once more at the end only.

The first step of all, a call, comes once more when it is answered.
"""

OVER = frozenset({ClosedHow.FIN, ClosedHow.RST})
"""How a conversation is seen to be over; one of datagrams just falls silent."""

PROVISIONAL = 1_000_000_000
"""From here on mails are numbered that are not final: true numbers never get so far, and are counted from 1."""

Key = tuple[StepKind, Side, tuple[int, ...], int]
"""By what a step is known again: its kind, who speaks, its first packet, and how many such were before it."""


class Told:
    """One conversation: `shown` are the words of its steps so far, `changed_at` is when its last packet was noticed.

    `in_steps` tells whether its steps are told at all, `is_settled` that all is shown that is there. `step_of` names
    the step that tells of a packet, where others may refer to it.
    """

    def __init__(self, conversation: Conversation, in_steps: bool) -> None:
        self.conversation = _named(conversation)
        self.in_steps = in_steps
        self.changed_at = monotonic()
        self.shown: dict[Key, tuple[str, ...]] = {}
        self.is_settled = self.is_summed_up = self.is_final = False
        self.read: list[Message] = []
        self.step_of: dict[int, str] = {}
        self._candidate: Candidate | None = None

    def look(self, conversation: Conversation, is_final: bool) -> None:
        """Take note of how it stands now."""
        self.is_final = is_final
        if conversation.numbers[-1] != self.conversation.numbers[-1]:
            self.changed_at = monotonic()
        self.conversation = _named(conversation)
        self.is_settled = False
        self._candidate = None

    @property
    def candidate(self) -> Candidate:
        """What tells whether a lookup or an ident call happened for it, as it stands now."""
        if self._candidate is None:
            self._candidate = candidate(self.conversation, about(self.conversation))
        return self._candidate

    @property
    def messages(self) -> list[Message]:
        """The mails in it, under the numbers that they have by now; none of those that are not told in steps."""
        if not self.in_steps:
            return []
        carried(self.conversation, self.read)
        for message in self.read:
            message.id, message.conversation = message.content.message or 0, self.conversation.id
        return self.read

    @property
    def has_ended(self) -> bool:
        """Whether it is over and all its steps were shown."""
        is_over = self.is_final or self.conversation.closed in OVER
        return is_over and (self.is_settled or not self.in_steps)

    @property
    def is_dependent(self) -> bool:
        """Whether it only serves others, as lookups do: then no line sums it up."""
        return self.conversation.protocol in DEPENDENT


def _named(conversation: Conversation) -> Conversation:
    """Return a conversation under the protocol that it is likely to turn out to have, where that is not known yet.

    That is the one of its port: where nothing was said yet, for those that mean something even so, and inside of TLS.
    """
    dialogue, port = conversation.dialogue, conversation.key.server.port
    names: list[str] = []
    if conversation.protocol == UNKNOWN and not dialogue.events:
        transport = conversation.key.transport
        names = [row.name for row in PROTOCOLS if row.name in ALSO_WHEN_SILENT and port in row.ports(transport)]
    elif conversation.protocol == tls.ROW.name and dialogue.tls is not None and dialogue.tls.decrypted:
        names = [row.name for row in PROTOCOLS if port in row.tls_ports]
    return replace(conversation, protocol=names[0]) if names else conversation


class LiveBook:
    """Tells conversations as they are now; `names` are the user's names by address."""

    def __init__(self, names: Mapping[str, Sequence[str]], show_secrets: bool = False) -> None:
        self._known = HostBook()
        self._known.add_names(names, GIVEN)
        self._show_secrets = show_secrets
        self._next_mail = PROVISIONAL

    def news(self, told: Told, others: Collection[Told] = ()) -> list[Step]:
        """Return the steps of a conversation that are new, or say something else now.

        `others` are all that go on, among them the lookups and ident calls that it may be waiting for.
        """
        conversation = told.conversation
        for lookup in conversation.dialogue.lookups:
            lookup.client, lookup.server = conversation.key.client.host, conversation.key.server.host
        self._known.observe(conversation, greeted_as(conversation))
        self._read_mails(told)
        analysis = Analysis(
            capture=CaptureInfo([]),
            hosts=self.hosts([conversation]),
            conversations=[conversation],
            messages=told.messages,
            lookups=conversation.dialogue.lookups,
        )
        book = Book(analysis, self._show_secrets)
        if not told.is_dependent:
            book.asked[conversation.id] = _asked_for(told, others)
        steps = book.tell([conversation]).steps
        if told.is_dependent:
            number = conversation.id
            told.step_of = {packet: f"{number}.{step.number}" for step in steps for packet in step.packets}
        told.is_settled = True
        if steps and _may_grow(steps[-1], told):
            told.is_settled = False
            steps = steps[:-1]
        new = []
        is_over = told.is_final or conversation.closed in OVER
        seen: Counter[object] = Counter()
        for step in steps:
            place = (step.kind, step.side, step.packets[:1])
            key = (*place, seen[place])
            seen[place] += 1
            shown = told.shown.get(key)
            may_change = is_over or step.number == 1 or step.kind not in COUNTING
            if shown is None or (shown != step.says and may_change):
                told.shown[key] = step.says
                new.append(step)
        return new

    def hosts(self, conversations: Iterable[Conversation]) -> list[Host]:
        """Return the two sides of conversations, with the names known by now."""
        keys = [conversation.key for conversation in conversations]
        addresses = dict.fromkeys(side.host for key in keys for side in (key.client, key.server))
        return [Host(address, (name,) if (name := self._known.name(address)) else (), ()) for address in addresses]

    def pair(self, conversation: Conversation) -> tuple[str, str]:
        """Return the names of client and server."""
        return Naming(self.hosts([conversation])).pair(conversation.key)

    def _read_mails(self, told: Told) -> None:
        """Read the mails that have come since; each gets a number of ours until it is known which it is of all."""
        told.read += messages_in(told.conversation, len(told.read))
        for message in told.read:
            if message.content.message is None:
                message.content.message = self._next_mail
                self._next_mail += 1


def _asked_for(told: Told, others: Collection[Told]) -> Causes:
    """Return the lookups and ident calls that were made for a conversation, as far as that can be told by now."""
    conversation = told.conversation
    hosts = (conversation.key.client.host, conversation.key.server.host)
    asking = [each for each in others if each.is_dependent and each.conversation.key.client.host in hosts]
    if not asking:
        return Causes()
    candidates = [each.candidate for each in others if not each.is_dependent]
    begun_ns = conversation.start_ns
    found = causes(_attributed(each.conversation, candidates, begun_ns) for each in asking)
    asked = found.get(conversation.id, Causes())
    asked.told = {packet: step for each in asking for packet, step in each.step_of.items()}
    return asked


def _attributed(conversation: Conversation, candidates: Sequence[Candidate], begun_ns: int) -> Conversation:
    """Return a copy that says what its ident call, or its lookups since a time, probably happened for."""
    if conversation.protocol == "ident":
        return replace(conversation, caused_by=ident_cause(conversation, candidates))
    client = conversation.key.client.host
    asked = [replace(each, client=client) for each in conversation.dialogue.lookups if each.start_ns >= begun_ns]
    for each in asked:
        each.caused_by = best_cause(each, candidates)
    return replace(conversation, dialogue=replace(conversation.dialogue, lookups=asked))


def _may_grow(last: Step, told: Told) -> bool:
    """Tell whether the last step of a conversation is better shown later: it may become another by what comes next.

    What is not understood yet is perhaps the first half of a mail, and what is hidden by TLS is counted as it comes.
    """
    if told.is_final:
        return False
    if last.kind in GROWING and monotonic() - told.changed_at < HOLD_SECONDS:
        return True
    is_rest = last.means.startswith((text("unread.meaning"), text("tls.records.meaning")))
    return is_rest and told.conversation.closed not in OVER
