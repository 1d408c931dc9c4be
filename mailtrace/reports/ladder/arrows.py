"""From a step of a walkthrough to arrows: one for what was said, others for what was answered in the same step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailtrace.explain.dns import answer_shown, kind_shown
from mailtrace.explain.texts import text
from mailtrace.explain.waits.causes import ident_outcome
from mailtrace.mail.naming import Naming
from mailtrace.model import Analysis, Flags, Lookup, Side, Step, StepKind
from mailtrace.model.language import counted, said
from mailtrace.reports.ladder.figures import Arrow, Manner
from mailtrace.reports.ladder.hosts import Cast
from mailtrace.reports.ladder.wire import Wire
from mailtrace.reports.terminalsteps import REFUSAL

LINES_SAID = 2
"""Lines of what was said that stand on an arrow; the others are counted."""


class Arrows:
    """Makes the arrows of one walkthrough."""

    def __init__(self, analysis: Analysis, wire: Wire, cast: Cast, naming: Naming) -> None:
        self._wire = wire
        self._cast = cast
        self._naming = naming
        self._lookups = {
            lookup.packets[0]: lookup
            for lookup in analysis.lookups
            if lookup.packets and wire.numbers.issuperset(lookup.packets)
        }

    def of(self, step: Step) -> Iterator[Arrow]:
        """Yield the arrows of a step."""
        match step.kind:
            case StepKind.LOOKUP:
                for lookup in (self._lookups[number] for number in step.packets if number in self._lookups):
                    yield from self._lookup(step, lookup)
            case StepKind.IDENT:
                yield from self._ident(step)
            case StepKind.CONNECT | StepKind.CLOSE:
                yield self._arrow(step, self._connecting(step), step.packets, step.says)
            case _:
                yield from self._exchange(step)

    def _exchange(self, step: Step) -> Iterator[Arrow]:
        """Yield what was said, and the answer where the step has it, too."""
        says = step.says[: len(step.says) - step.answers]
        answers = self._wire.by(step.side.other, step.packets) if step.answers else ()
        asks = tuple(number for number in step.packets if number not in answers)
        yield self._arrow(step, _manner(step), asks or step.packets, says)
        if step.answers:
            yield self._arrow(step, Manner.ANSWERS, answers or step.packets[-1:], step.says[-step.answers :], back=True)

    def _connecting(self, step: Step) -> Manner:
        """Return how a step of the connection itself is drawn."""
        answers = self._wire.by(step.side.other, step.packets)
        if step.kind is StepKind.CONNECT and self._wire.flags(step.packets) & Flags.SYN:
            return Manner.TOGETHER if self._wire.opened(step.packets) else Manner.LOST
        return Manner.TOGETHER if answers else Manner.ASKS

    def _arrow(
        self, step: Step, manner: Manner, packets: tuple[int, ...], says: Sequence[str], *, back: bool = False
    ) -> Arrow:
        """Return an arrow of a step, `back` if to who speaks in it; its time is that of its first packet."""
        source, target = self._cast.place(step.speaker), self._cast.place(step.listener)
        if back:
            source, target = target, source
        answers = back and step.kind in (StepKind.COMMAND, StepKind.CONTENT)
        at = self._wire.offset(packets[0], step.offset_ns) if packets else step.offset_ns
        lines = _of_mail(step) if step.kind is StepKind.CONTENT and not back else shortened(says)
        return Arrow(
            kind=StepKind.REPLY if answers else step.kind,
            manner=manner,
            source=source,
            target=target,
            packets=packets,
            offset_ns=at,
            says=tuple(lines),
            took_ns=self._took(packets, at) if manner is not Manner.LOST else 0,
            means="" if back else step.means,
            step=step.number,
        )

    def _took(self, packets: Sequence[int], at_ns: int) -> int:
        return max((self._wire.offset(number, at_ns) - at_ns for number in packets), default=0)

    def _lookup(self, step: Step, lookup: Lookup) -> Iterator[Arrow]:
        """Yield question and answer, each as often as there was a pause before it came again."""
        client, server = (self._cast.place(self._naming.of(each), each) for each in (lookup.client, lookup.server))
        answered = self._wire.by(Side.SERVER, lookup.packets)
        asked = tuple(number for number in lookup.packets if number not in answered)
        question = f"{kind_shown(lookup)} {lookup.name}"
        if lookup.is_question:
            question = said("{type} {name}?", type=lookup.type, name=lookup.name)
        answer = answer_shown(lookup)
        lost = lookup.rcode is None
        asks = Manner.LOST if lost else Manner.ASKS
        for at, run in enumerate(self._wire.runs(asked)):
            says = (said("{question} (again)", question=question) if at else question, *((answer,) if lost else ()))
            yield self._told(step, asks, (client, server), run, says, "" if at else step.means)
        for run in [] if lost else self._wire.runs(answered or lookup.packets[-1:]):
            yield self._told(step, _answering(lookup), (server, client), run, (answer,), "")

    def _told(
        self,
        step: Step,
        manner: Manner,
        ends: tuple[int, int],
        packets: tuple[int, ...],
        says: tuple[str, ...],
        means: str,
    ) -> Arrow:
        at = self._wire.offset(packets[0], step.offset_ns)
        return Arrow(step.kind, manner, *ends, packets, at, says, 0, means, step.number)

    def _ident(self, step: Step) -> Iterator[Arrow]:
        """Yield the call of a server that asks who its client is, and what came back."""
        ident = self._wire.conversation(step.packets)
        outcome = ident_outcome(ident) if ident is not None else "unanswered"
        back = self._wire.by(Side.SERVER, step.packets)
        asked = tuple(number for number in step.packets if number not in back)
        asks, *answers = step.says
        if not back or not asked or outcome in ("unanswered", "silent"):
            yield self._arrow(step, Manner.LOST, step.packets, (asks, text("ident.short.unanswered")))
            return
        yield self._arrow(step, Manner.ASKS, asked, (asks,))
        if outcome == "refused":
            yield self._arrow(step, Manner.REFUSES, back, (text("ident.short.refused"),), back=True)
        else:
            yield self._arrow(step, Manner.ANSWERS, back, answers[1:2] or answers[:1], back=True)


def _manner(step: Step) -> Manner:
    """Return how what was said is drawn."""
    if step.kind is StepKind.CONTENT:
        return Manner.BRINGS
    if step.kind is not StepKind.REPLY:
        return Manner.ASKS
    refuses = bool(step.says) and any(REFUSAL.match(line) for line in (step.says[0], step.says[-1]))
    return Manner.REFUSES if refuses else Manner.ANSWERS


def _answering(lookup: Lookup) -> Manner:
    """Return how the answer to a question is drawn: that a name does not exist is an answer, too."""
    return Manner.ANSWERS if lookup.rcode in ("NOERROR", "NXDOMAIN") else Manner.REFUSES


def _of_mail(step: Step) -> tuple[str, ...]:
    """Return what a mail is, without its text; where a server sends it, its answer stands above."""
    return step.says[: 1 if step.side is Side.CLIENT else 2]


def shortened(says: Sequence[str]) -> tuple[str, ...]:
    """Return what was said, the lines behind the first counted where there are many."""
    if len(says) <= LINES_SAID:
        return tuple(says)
    return says[0], counted("({count} more line)", "({count} more lines)", len(says) - 1)
