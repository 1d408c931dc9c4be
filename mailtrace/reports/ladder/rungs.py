"""From a walkthrough to a ladder: what its steps say becomes arrows, in the order of time, with pauses between them.

A step can be several arrows: of a question and its answer each has its own time and packets. They are taken from the
conversations, the words from the steps, so that ladder and walkthrough say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from msgspec.structs import replace

from mailtrace.explain.waits import causes, waits
from mailtrace.explain.waits.journeys import journey_waits
from mailtrace.explain.waits.said import LATE_NS
from mailtrace.explain.waits.table import Told, words
from mailtrace.mail.naming import Naming
from mailtrace.model import Analysis, Confidence, Conversation, Step, StepKind, Wait, Walkthrough
from mailtrace.model.language import said
from mailtrace.reports.ladder.arrows import Arrows, shortened
from mailtrace.reports.ladder.figures import Arrow, Ladder, Lane, Note, Pause
from mailtrace.reports.ladder.hosts import Cast
from mailtrace.reports.ladder.wire import Wire

MAX_RUNGS = 500
"""Arrows of one ladder: some ten pages, more than anybody looks at; the others are counted."""

MAX_LANES = 12
"""Hosts of one ladder: a page is not wide enough for more, so the last lane stands for all others."""

Rung = Arrow | Note | Pause


def ladder_of(analysis: Analysis, walkthrough: Walkthrough) -> Ladder:
    """Return the ladder of a walkthrough of `analysis`, be it of a conversation or of a journey."""
    return _Builder(analysis, walkthrough).built()


class _Builder:
    """A ladder while it is built."""

    def __init__(self, analysis: Analysis, walkthrough: Walkthrough) -> None:
        self._walkthrough = walkthrough
        self._naming = Naming(analysis.hosts)
        self._cast = Cast(analysis, self._naming)
        self._conversations = {conversation.id: conversation for conversation in analysis.conversations}
        self._asked = causes(analysis.conversations)
        self._journey = next((each for each in analysis.journeys if each.id == walkthrough.journey), None)
        self._wire = Wire(analysis, walkthrough)
        self._arrows = Arrows(analysis, self._wire, self._cast, self._naming)
        self._told = self._waits()
        self._rungs: list[Rung] = []
        self._waiting: list[Arrow] = []
        self._reached = 0

    def built(self) -> Ladder:
        """Return the ladder."""
        self._meet()
        for step in self._walkthrough.steps:
            if step.kind in (StepKind.HOP, StepKind.OUTCOME, StepKind.TROUBLE):
                self._note(step)
            else:
                self._step(step)
        self._catch_up(None)
        lanes, rungs = narrowed(self._cast.lanes(), self._rungs)
        more = sum(isinstance(rung, Arrow) for rung in rungs[MAX_RUNGS:])
        walkthrough = self._walkthrough
        return Ladder(
            title=with_arrows(walkthrough.title),
            summary=with_arrows(said("{what}: {result}", what=walkthrough.summary, result=walkthrough.result)),
            lanes=tuple(lanes),
            rungs=tuple(rungs[:MAX_RUNGS]),
            more=more,
        )

    def _meet(self) -> None:
        """Put the hosts in order: those that the mail goes to as it goes, then those that are asked."""
        for hop in self._journey.hops if self._journey is not None else ():
            conversation = self._conversations.get(hop.conversation or 0)
            if conversation is not None:
                self._cast.meet(conversation.key, server_first=conversation.key.client.host != hop.sender)
        for number in self._walkthrough.conversations:
            conversation = self._conversations.get(number)
            if conversation is not None and conversation.protocol != "dns":  # who asks is told by each question
                self._cast.meet(conversation.key)

    def _step(self, step: Step) -> None:
        """Draw a step; what was answered to it may come behind steps that follow."""
        arrows = list(self._arrows.of(step))
        for arrow in arrows[:1]:
            self._catch_up(arrow.packets[0] if arrow.packets else None)
            self._draw(arrow)
        self._waiting = sorted([*self._waiting, *arrows[1:]], key=lambda arrow: arrow.packets[:1])

    def _catch_up(self, packet: int | None) -> None:
        """Draw the answers that came before a packet, all where it is None."""
        while self._waiting and (packet is None or self._waiting[0].packets[:1] < (packet,)):
            self._draw(self._waiting.pop(0))

    def _draw(self, arrow: Arrow) -> None:
        self._pause(arrow.offset_ns)
        self._rungs.append(arrow)
        self._reached = max(self._reached, arrow.offset_ns + arrow.took_ns)

    def _pause(self, until_ns: int) -> None:
        """Draw that nothing happened for a while before something, and before the heading above it."""
        late = until_ns - self._reached
        if late >= LATE_NS and any(isinstance(rung, Arrow) for rung in self._rungs):
            headings = sum(1 for _ in takewhile(_is_heading, reversed(self._rungs)))
            pause = Pause(late, self._why(self._reached, until_ns))
            self._rungs.insert(len(self._rungs) - headings, pause)
        self._reached = max(self._reached, until_ns)

    def _note(self, step: Step) -> None:
        self._catch_up(step.packets[0] if step.packets else None)
        if step.kind is StepKind.TROUBLE:
            places = self._cast.place(step.speaker), self._cast.place(step.listener)
            self._pause(step.offset_ns)
            says = shortened(step.says)
            self._rungs.append(Note(step.kind, says, min(places), max(places), step.packets, step.offset_ns))
            return
        says = step.says[:1] if step.kind is StepKind.HOP else step.says
        self._rungs.append(Note(step.kind, says, 0, MAX_LANES))

    def _waits(self) -> list[Told]:
        """Return where the time went."""
        if self._journey is not None:
            found = journey_waits(self._journey, self._conversations, self._waits_of, self._asked)
            ids = [self._journey.hops[each.place].conversation or 0 for each in found]
            return [
                Told(each.wait, self._naming.pair(self._conversations[number].key))
                for each, number in zip(found, ids, strict=True)
            ]
        own = [self._conversations[each] for each in self._walkthrough.conversations if each in self._conversations]
        return [Told(wait, self._naming.pair(each.key)) for each in own for wait in self._waits_of(each)]

    def _waits_of(self, conversation: Conversation) -> Sequence[Wait]:
        return waits(conversation, self._asked.get(conversation.id))

    def _why(self, begin_ns: int, end_ns: int) -> str:
        """Return what took most of a time; '' where nothing is known of it."""
        begin_ns, end_ns = begin_ns + self._wire.start_ns, end_ns + self._wire.start_ns
        inside = [(min(each.wait.end_ns, end_ns) - max(each.wait.start_ns, begin_ns), each) for each in self._told]
        length, told = max(inside, key=lambda item: item[0], default=(0, None))
        if told is None or length <= 0:
            return ""
        what = words(told)[0]
        return said("{what} (likely)", what=what) if told.wait.confidence is Confidence.LIKELY else what


def _is_heading(rung: Rung) -> bool:
    return isinstance(rung, Note) and rung.kind is StepKind.HOP


def with_arrows(sentence: str) -> str:
    """Return a sentence with its ` -> ` as an arrow."""
    return sentence.replace(" -> ", " → ")


def narrowed(lanes: list[Lane], rungs: list[Rung]) -> tuple[list[Lane], list[Rung]]:
    """Return lanes that fit on a page, the last of them for all others, and what lies between them."""
    last = min(len(lanes), MAX_LANES) - 1
    if len(lanes) > MAX_LANES:
        others = lanes[last:]
        lanes = [
            *lanes[:last],
            Lane(said("{count} other hosts", count=len(others)), tuple(each.name for each in others[:2])),
        ]
    placed: list[Rung] = []
    for rung in rungs:
        match rung:
            case Arrow():
                placed.append(replace(rung, source=min(rung.source, last), target=min(rung.target, last)))
            case Note():
                placed.append(replace(rung, first=min(rung.first, max(last, 0)), last=min(rung.last, max(last, 0))))
            case Pause():
                placed.append(rung)
    return lanes, placed
