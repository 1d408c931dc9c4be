"""From a journey to its walkthrough: hop by hop, each with where it leads, why it is the same mail, and what was said.

The steps are those of the conversations, as their own walkthroughs tell them, but only those that this mail is about.
Lookups and ident calls stand where they happened, with the command that waited for them. What the mail itself says is
shown once, and again only where it has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mailtrace.explain.content import content_says
from mailtrace.explain.delays import explain_delays
from mailtrace.explain.draft import Draft, Scene
from mailtrace.explain.endings import Ending
from mailtrace.explain.journeys.headings import Headings, called
from mailtrace.explain.journeys.moments import moment
from mailtrace.explain.journeys.selection import Selection
from mailtrace.explain.journeys.summary import chain, outcome, people, subject, took_ns
from mailtrace.explain.texts import seconds, text
from mailtrace.explain.waits.table import journey_times
from mailtrace.explain.walkthrough import Book, finished
from mailtrace.model import NO_TIME, Analysis, Conversation, Hop, Journey, StepKind, Wait, Walkthrough


def journey_walkthroughs(
    analysis: Analysis, journeys: Iterable[Journey], show_secrets: bool = False
) -> Iterator[Walkthrough]:
    """Tell journeys of an analysis, each on a page of its own."""
    book = Book(analysis, show_secrets)
    conversations = {conversation.id: conversation for conversation in analysis.conversations}
    reported = {journey.reports: journey.id for journey in analysis.journeys if journey.reports is not None}
    for journey in journeys:
        yield _Page(journey, book, conversations).told(reported.get(journey.id))


class _Page:
    """One journey while it is told."""

    def __init__(self, journey: Journey, book: Book, conversations: dict[int, Conversation]) -> None:
        self._journey = journey
        self._book = book
        self._conversations = conversations
        self._headings = Headings(journey, book.naming)
        self._scenes: dict[int, tuple[Scene, list[Draft]]] = {}
        self._repeats: set[str] = set()
        self._taken: set[int] = set()
        self._shown: dict[object, int] = {}

    def told(self, report: int | None) -> Walkthrough:
        """Return the walkthrough; `report` is the number of the journey that reports the failure of this one."""
        journey = self._journey
        steps = [self._steps(place) for place in range(len(journey.hops))]
        for number, draft in enumerate((draft for some in steps for draft in some), 1):
            draft.number = number
        for scene, drafts in self._scenes.values():
            explain_delays(drafts, scene)
        self._say_once([draft for some in steps for draft in some])
        drafts = [draft for place, some in enumerate(steps) for draft in (self._heading(place, some), *some)]
        drafts += self._headings.outcomes()
        took = took_ns(journey, self._conversations)
        ended = outcome(journey)
        if took is not None:
            ended = Ending(text("journey.took", outcome=ended.says, duration=seconds(took)), ended.is_bad)
        return Walkthrough(
            conversations=tuple(
                dict.fromkeys(hop.conversation for hop in journey.hops if hop.conversation is not None)
            ),
            title=self._title(),
            summary=chain(journey, self._book.naming),
            result=ended.says,
            ended_badly=ended.is_bad,
            steps=finished(drafts, min((d.time_ns for some in steps for d in some), default=NO_TIME)),
            facts=tuple(self._facts(report)),
            journey=journey.id,
            times=journey_times(journey, self._conversations, self._waits, self._book.asked, self._book.naming),
        )

    def _waits(self, conversation: Conversation) -> Sequence[Wait]:
        return self._told_in(conversation)[0].waits

    def _title(self) -> str:
        journey = self._journey
        shown = subject(journey)
        if journey.subject:
            shown = text("journey.subject", subject=shown)
        return text("journey.title", id=journey.id, subject=shown, people=people(journey))

    def _facts(self, report: int | None) -> Iterator[str]:
        journey = self._journey
        if journey.message_id:
            yield text("journey.message-id", message_id=journey.message_id)
        elif any(hop.message is not None for hop in journey.hops):
            yield text("journey.no-message-id")
        if journey.reports is not None:
            yield text("journey.reports", id=journey.reports)
        if report is not None:
            yield text("journey.reported", id=report)
        yield from journey.notes

    def _conversation(self, hop: Hop) -> Conversation | None:
        return None if hop.conversation is None else self._conversations.get(hop.conversation)

    def _heading(self, place: int, steps: list[Draft]) -> Draft:
        hop = self._journey.hops[place]
        time_ns = steps[0].time_ns if steps else NO_TIME if hop.time_ns is None else hop.time_ns
        return self._headings.hop(place, self._conversation(hop), time_ns)

    def _steps(self, place: int) -> list[Draft]:
        """Return the steps of a hop; what an earlier hop in the same conversation has told is not told again."""
        hop = self._journey.hops[place]
        conversation = self._conversation(hop)
        if conversation is None:
            return []
        scene, drafts = self._told_in(conversation)
        idents = [self._conversations[each] for each in hop.idents if each in self._conversations]
        ident_packets = {number for ident in idents for number in ident.numbers}
        chosen = Selection(drafts, conversation, hop, ident_packets).steps()
        before = self._journey.hops[hop.before].time_ns if hop.before is not None else None
        steps = [draft for draft in chosen if id(draft) not in self._taken and not _began_before(draft, before)]
        self._taken.update(map(id, steps))
        for draft in steps:
            if draft.kind in (StepKind.LOOKUP, StepKind.IDENT):
                name = draft.lookups[0].name if draft.lookups else ""
                when = moment(scene, draft.place, name)
                draft.says = [*draft.says, text("moment", conversation=called(conversation), moment=when)]
        self._shorten(place, conversation, scene, steps)
        return steps

    def _told_in(self, conversation: Conversation) -> tuple[Scene, list[Draft]]:
        """Return all steps of a conversation; a mail can come by twice in one."""
        told = self._scenes.get(conversation.id)
        if told is None:
            scene = self._book.scene(conversation, self._repeats)
            told = self._scenes[conversation.id] = scene, self._book.drafts([conversation], scene)
        return told

    def _say_once(self, drafts: list[Draft]) -> None:
        """Leave out what is to be said once where it comes again."""
        said: set[str] = set()
        for draft in drafts:
            draft.means = [sentence for sentence in draft.means if sentence not in said]
            said.update(self._repeats.intersection(draft.means))

    def _shorten(self, place: int, conversation: Conversation, scene: Scene, steps: list[Draft]) -> None:
        """Show of a mail whose text an earlier hop has shown already only its first line."""
        number = self._journey.hops[place].message
        message = self._book.messages.get(number) if number is not None else None
        if message is None or not message.content.complete:
            return
        told = tuple(
            (part.content_type, part.sha256 if part.text is None else part.text.rstrip()) for part in message.parts
        )
        earlier = self._shown.setdefault(told, place)
        if earlier == place:
            return
        lines = content_says(scene, message.content)
        for draft in steps:
            at = draft.says.index(lines[0]) if lines[0] in draft.says else -1
            if at >= 0 and draft.says[at : at + len(lines)] == lines:
                draft.says[at + 1 : at + len(lines)] = [text("hop.mail-shown", number=earlier + 1)]


def _began_before(draft: Draft, time_ns: int | None) -> bool:
    """Tell whether a connection was open, and greeted, before the mail it carried had come that far."""
    opening = draft.kind is StepKind.CONNECT or draft.greeting
    return opening and time_ns is not None and draft.until_ns < time_ns
