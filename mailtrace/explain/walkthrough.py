"""From an analysis to walkthroughs: each conversation told as numbered steps in the order things happened.

A mail conversation is told with the lookups and ident exchanges it caused, where they happened; what belongs to no mail
conversation has a walkthrough of its own, questions of one client to one name server together.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailtrace.explain.claims import claim_rest
from mailtrace.explain.connection import tell_connection
from mailtrace.explain.delays import explain_delays
from mailtrace.explain.draft import Draft, Scene
from mailtrace.explain.ident import ident_step
from mailtrace.explain.imap.teller import ImapTeller
from mailtrace.explain.lookups import joined, lookup_drafts, write_lookups
from mailtrace.explain.pop3 import Pop3Teller
from mailtrace.explain.smtp import SmtpTeller
from mailtrace.explain.summary import ended, together
from mailtrace.explain.teller import Teller
from mailtrace.explain.texts import between, numbers, text
from mailtrace.explain.tls import tell_tls
from mailtrace.explain.waits import causes
from mailtrace.explain.waits.table import conversation_times
from mailtrace.mail.authentication import Authenticator, RecordBook
from mailtrace.mail.naming import Naming
from mailtrace.model import Analysis, Conversation, Side, Step, StepKind, TimeTable, Walkthrough

TELLERS: dict[str, type[Teller]] = {"smtp": SmtpTeller, "pop3": Pop3Teller, "imap": ImapTeller}
"""Who tells a protocol; others are told by the plain teller."""

DEPENDENT = ("dns", "ident")
"""Protocols that serve others: told inside the mail conversation that caused them."""

_KIND_ORDER = {StepKind.CLOSE: 1}
"""Of steps that share a packet, the closing comes last."""


def walkthroughs(
    analysis: Analysis,
    *,
    conversation: int | None = None,
    protocols: frozenset[str] | None = None,
    show_secrets: bool = False,
) -> list[Walkthrough]:
    """Tell the conversations of a capture: the mail conversations first, then DNS and ident that belong to none.

    `conversation` tells only that one, also where it would be told inside another; `protocols` tells only those.
    """
    book = Book(analysis, show_secrets)
    if conversation is not None:
        return [book.tell([c]) for c in analysis.conversations if c.id == conversation]
    wanted = [c for c in analysis.conversations if protocols is None or c.protocol in protocols]
    return [book.tell(group) for group in told_together(wanted)]


def told_together(conversations: Sequence[Conversation]) -> list[list[Conversation]]:
    """Return the conversations in groups, each told by one walkthrough; those told inside another are left out."""
    mail = [[c] for c in conversations if c.protocol not in DEPENDENT]
    known = {c.id for c in conversations}
    alone = [c for c in conversations if c.protocol in DEPENDENT and not _told_elsewhere(c, known)]
    return [*mail, *_grouped(alone)]


def _told_elsewhere(conversation: Conversation, told: set[int]) -> bool:
    """Tell whether a dependent conversation appears in the walkthroughs of those in `told`."""
    if conversation.caused_by is not None:
        return conversation.caused_by in told
    lookups = conversation.dialogue.lookups
    return bool(lookups) and all(lookup.caused_by in told for lookup in lookups)


def _grouped(conversations: Sequence[Conversation]) -> list[list[Conversation]]:
    """Put the questions of one client to one name server together, in order of their first."""
    groups: dict[object, list[Conversation]] = {}
    for conversation in conversations:
        key = conversation.key
        who: object = (key.client.host, key.server.host) if conversation.protocol == "dns" else conversation.id
        groups.setdefault(who, []).append(conversation)
    return list(groups.values())


class Book:
    """The analysis, indexed for telling."""

    def __init__(self, analysis: Analysis, show_secrets: bool = False) -> None:
        """Find out what each conversation caused."""
        self.naming = Naming(analysis.hosts)
        self.judge = Authenticator(RecordBook(analysis.lookups if analysis.known is None else analysis.known))
        self.ordered = analysis.messages
        self.messages = {message.id: message for message in analysis.messages}
        self.show_secrets = show_secrets
        self.caused: dict[int, list[Conversation]] = {}
        self.asked = causes(analysis.conversations)
        for conversation in analysis.conversations:
            told_in = {conversation.caused_by, *(lookup.caused_by for lookup in conversation.dialogue.lookups)}
            for cause in told_in - {None}:
                if cause is not None:
                    self.caused.setdefault(cause, []).append(conversation)

    def tell(self, group: list[Conversation]) -> Walkthrough:
        """Tell one conversation, or several DNS conversations together."""
        scene = self.scene(group[0])
        drafts = self.drafts(group, scene)
        for number, draft in enumerate(drafts, 1):
            draft.number = number
        if len(group) == 1:  # questions of their own, told together, do not wait for each other
            explain_delays(drafts, scene)
        how = ended(group)
        return Walkthrough(
            conversations=tuple(conversation.id for conversation in group),
            title=self._title(group),
            summary=together(group, self.ordered),
            result=how.says,
            ended_badly=how.is_bad,
            steps=finished(drafts, min(conversation.start_ns for conversation in group)),
            times=_times(scene) if len(group) == 1 else None,
        )

    def drafts(self, group: list[Conversation], scene: Scene) -> list[Draft]:
        """Return the steps of conversations told together in their order, without numbers; `scene` is of the first."""
        first = group[0]
        drafts = self._own(first, scene)
        drafts += [draft for other in group[1:] for draft in self._own(other, self.scene(other))]
        if first.protocol not in DEPENDENT:
            drafts += [draft for caused in self.caused.get(first.id, []) for draft in self._inside(caused, first)]
        drafts.sort(key=lambda draft: (draft.place, _KIND_ORDER.get(draft.kind, 0)))
        drafts = joined(drafts)
        write_lookups(drafts, first)
        return drafts

    def scene(self, conversation: Conversation, repeats: set[str] | None = None) -> Scene:
        """Return what a teller of a conversation may look at; `repeats` as in `Scene`."""
        asked = self.asked.get(conversation.id)
        return Scene(conversation, self.naming, self.messages, self.show_secrets, repeats, self.judge, asked)

    def _title(self, group: list[Conversation]) -> str:
        first = group[0]
        client, server = first.key.client, first.key.server
        key = "title.unknown" if first.protocol == "unknown" else "title" if len(group) == 1 else "title.group"
        return text(
            key,
            ids=numbers([conversation.id for conversation in group]),
            protocol=first.protocol.upper(),
            client=self.naming.of_endpoint(client) if len(group) == 1 else self.naming.of(client.host),
            server=self.naming.of_endpoint(server),
        )

    def _own(self, conversation: Conversation, scene: Scene) -> list[Draft]:
        """Return the drafts of a conversation's own packets."""
        if conversation.protocol == "ident":
            return [ident_step(scene, inside=False)]
        drafts = [*tell_connection(scene), *tell_tls(scene)]
        if conversation.protocol == "dns":
            drafts += lookup_drafts(conversation.dialogue.lookups, conversation, conversation.key, self.naming)
        drafts += TELLERS.get(conversation.protocol, Teller)(scene).tell()
        return [*drafts, *claim_rest(drafts, scene)]

    def _inside(self, caused: Conversation, told: Conversation) -> list[Draft]:
        """Return the drafts of an ident or DNS conversation within the mail conversation that caused it."""
        if caused.protocol == "ident":
            draft = ident_step(self.scene(caused), inside=True)
            draft.side = told_side(caused, told)
            return [draft]
        lookups = [c for c in caused.dialogue.lookups if told.id in (c.caused_by, caused.caused_by)]
        drafts = lookup_drafts(lookups, caused, told.key, self.naming)
        if drafts and caused.caused_by == told.id:
            _enclose(drafts, caused)
        return drafts


def _times(scene: Scene) -> TimeTable | None:
    """Return where the time of a conversation went, if somebody had to wait for it."""
    conversation = scene.conversation
    if conversation.protocol in DEPENDENT:
        return None
    return conversation_times(conversation, scene.waits, scene.names)


def told_side(caused: Conversation, told: Conversation) -> Side:
    """Return which side of the told conversation began the caused one."""
    return Side.SERVER if caused.key.client.host == told.key.server.host else Side.CLIENT


def _enclose(drafts: list[Draft], caused: Conversation) -> None:
    """Give the packets of a caused conversation that carry no lookup (set-up, closing) to its steps."""
    taken = {number for draft in drafts for number in draft.packets}
    for packet in caused.packets:
        if packet.number not in taken:
            nearest = max((d for d in drafts if d.place <= packet.number), key=lambda d: d.place, default=drafts[0])
            nearest.acks.append(packet.number)


def finished(drafts: list[Draft], start_ns: int) -> tuple[Step, ...]:
    """Return drafts as steps, with the time since the start and since the step before, which no heading is."""
    steps: list[Step] = []
    before = start_ns
    for draft in drafts:
        steps.append(
            Step(
                number=draft.number,
                kind=draft.kind,
                packets=tuple(draft.packets),
                acks=tuple(sorted(set(draft.acks) - set(draft.packets))),
                offset_ns=between(start_ns, draft.time_ns),
                since_ns=max(0, between(before, draft.time_ns)),
                side=draft.side,
                speaker=draft.speaker,
                listener=draft.listener,
                says=tuple(draft.says),
                means=" ".join(sentence for sentence in draft.means if sentence),
                source=draft.source,
                answers=draft.answers,
            )
        )
        before = draft.time_ns if draft.number else before
    return tuple(steps)
