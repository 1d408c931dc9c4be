"""What a person sees while a capture goes on: every step within a moment, and below how things stand.

Steps of all conversations scroll by in the order in which they happened, each behind the number of its conversation;
when a conversation ends, a line sums it up, and when a mail has got further, one tells its way. Nothing here may slow
the analysis down: the longer telling takes, the longer the pause after it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import monotonic
from typing import NamedTuple, TextIO

from mailtrace.explain.summary import happened, result
from mailtrace.live.standing import EVERY_SECONDS, Standing
from mailtrace.live.telling import LiveBook, Told
from mailtrace.live.watching import Moment
from mailtrace.live.ways import Ways
from mailtrace.model import Conversation
from mailtrace.model.language import counted, said
from mailtrace.reports.layout import Page
from mailtrace.reports.overview import JourneyRow
from mailtrace.reports.screen import Fact, Screen
from mailtrace.reports.terminalsteps import put_step
from mailtrace.reports.times import duration

REFRESH_SECONDS = 0.05
"""How often news are looked for: what is there is on screen a quarter of a second after its packet, all included."""

PAUSE_FOR_WORK = 4
"""How many times as long as showing took nothing is shown after it: at most a fifth of the time goes into showing."""

BEGUN_A_TURN = 40
"""Conversations that begin to be told in steps within a turn; nobody reads more, and of others the end is told."""

LINES_A_SECOND = 50
"""Lines about conversations that have ended, without their steps, in a second; more would only flicker past."""


STEPS_LIMIT = 1_000
"""Events of a conversation up to which it is told while it goes on: each time it is told from its start."""

LOSS_SECONDS = 1.0
"""How often it is told that packets were lost."""

TURN_SECONDS = 1.0
"""What a turn is."""

TOO_MUCH = "So much happens at once that not all conversations are told in steps; all are in the summary."

Put = Callable[[Page], None]


class _Entry(NamedTuple):
    """Something to put on the screen; `place` is the packet by which entries are ordered."""

    place: int
    put: Put


class StepsAsTheyHappen:
    """Shows steps on `stream`; `explained` tells what they mean, too. See `Watcher`."""

    def __init__(
        self, stream: TextIO, name: str, names: Mapping[str, Sequence[str]], explained: bool, show_secrets: bool
    ) -> None:
        self._screen = Screen(stream)
        self._standing = Standing(name)
        self._book = LiveBook(names, show_secrets)
        self._explained = explained
        self._told: dict[int, Told] = {}
        self._finals: list[Conversation] = []
        self._seen = 0
        self._due = self._drawn_at = 0.0
        self._lost, self._lost_at = 0, 0.0
        self._is_closed = False
        self._crowd = _Crowd()
        self._ways = Ways()

    def show(self, moment: Moment) -> None:
        """See `Watcher`."""
        self._finals += [final.conversation for final in moment.finals]
        begun = monotonic()
        if begun < self._due and not moment.is_last:
            return
        entries = self._news(moment)
        if entries or (self._screen.can_stand and begun - self._drawn_at >= EVERY_SECONDS):
            self._draw(entries, moment)
        took = monotonic() - begun
        self._due = begun + took + max(REFRESH_SECONDS - took, PAUSE_FOR_WORK * took)

    def close(self) -> None:
        """See `Watcher`; what follows is the summary."""
        if not self._is_closed:
            self._is_closed = True
            self._screen.draw(_begin_summary if self._drawn_at else None, ())
            self._screen.close()

    def _draw(self, entries: Sequence[_Entry], moment: Moment) -> None:
        self._drawn_at = monotonic()

        def scroll(page: Page) -> None:
            for entry in sorted(entries, key=lambda entry: entry.place):
                entry.put(page)

        stand = [self._standing.facts(moment), *self._open()] if self._screen.can_stand else []
        self._screen.draw(scroll if entries else None, stand)

    def _open(self) -> list[list[Fact]]:
        """Return the lines of conversations that go on, those last that began last."""
        going_on = [told for told in self._told.values() if not told.is_summed_up and not told.is_dependent]
        return [
            [
                Fact(f"{self._who(told.conversation)}", "bold"),
                Fact(happened(told.conversation, told.messages)),
                Fact(counted("{count} packet", "{count} packets", len(told.conversation.numbers))),
            ]
            for told in going_on[-self._screen.room + 1 :]
        ]

    def _news(self, moment: Moment) -> list[_Entry]:
        """Return what has happened since the last call."""
        finals, self._finals = self._finals, []
        changed = moment.changed(self._seen)
        self._seen = moment.packets
        for conversation in changed:
            self._look(conversation, is_final=False)
        for conversation in finals:
            self._look(conversation, is_final=True)
        entries: list[_Entry] = []
        for told in sorted(self._told.values(), key=lambda told: not told.is_dependent):  # what others refer to first
            if not told.is_settled:
                entries += self._entries(told)
            if told.is_final:
                del self._told[told.conversation.id]
        texts = [*self._crowd.notes(), *self._losses(moment)]
        return [*entries, *(_Entry(moment.packets, partial(_put_note, text=text)) for text in texts)]

    def _losses(self, moment: Moment) -> list[str]:
        """Return a sentence when more packets were lost since it was said last."""
        lost = moment.losses.by_kernel + moment.losses.by_queue
        if lost == self._lost or monotonic() < self._lost_at + LOSS_SECONDS:
            return []
        more, self._lost, self._lost_at = lost - self._lost, lost, monotonic()
        return [
            counted(
                "{count} packet lost: what is told of these moments may have holes.",
                "{count} packets lost: what is told of these moments may have holes.",
                more,
            )
        ]

    def _look(self, conversation: Conversation, is_final: bool) -> None:
        """Take note of how a conversation stands."""
        told = self._told.get(conversation.id)
        if told is None:
            told = self._told[conversation.id] = Told(conversation, in_steps=self._crowd.has_place())
        told.look(conversation, is_final)

    def _entries(self, told: Told) -> list[_Entry]:
        """Return the new steps of a conversation, and the line that sums it up once it has ended."""
        conversation, number = told.conversation, told.conversation.id
        entries = []
        if told.in_steps and len(conversation.dialogue.events) > STEPS_LIMIT:
            told.in_steps = False
            text = said("Conversation {id} is so long that its further steps are told at the end only.", id=number)
            entries.append(_Entry(conversation.numbers[-1], partial(_put_note, text=text)))
        for step in self._book.news(told, self._told.values()) if told.in_steps else ():
            put = partial(put_step, step=step, number=f"{number}.{step.number}", explained=self._explained)
            entries.append(_Entry(max(step.packets, default=0), put))
        if told.has_ended and not told.is_summed_up:
            told.is_summed_up = True
            if not told.is_dependent and (told.in_steps or self._crowd.has_line()):
                entries.append(_Entry(conversation.numbers[-1], partial(self._sum_up, told=told)))
            if told.in_steps and not told.is_dependent:
                rows = self._ways.follow(told, self._book)
                entries += [_Entry(conversation.numbers[-1], partial(_put_way, row=row)) for row in rows]
        return entries

    def _sum_up(self, page: Page, told: Told) -> None:
        """Put the line of a conversation that has ended."""
        conversation = told.conversation
        facts = [
            page.text(page.arrows(self._who(conversation)), "bold"),
            page.text(page.arrows(happened(conversation, told.messages))),
            page.text(result(conversation), "bold"),
            page.text(duration(conversation.end_ns - conversation.start_ns)),
        ]
        page.paragraph(page.dotted(*facts))

    def _who(self, conversation: Conversation) -> str:
        client, server = self._book.pair(conversation)
        return f"{conversation.id} {conversation.protocol.upper()} {client} -> {server}"


def _begin_summary(page: Page) -> None:
    """Put a line between what happened and what is to be said of all of it."""
    page.put()
    page.put(page.text(f"{page.symbols.rule * 4} ", "dim"), page.text(said("Summary"), "bold"))
    page.put()


def _put_way(page: Page, row: JourneyRow) -> None:
    """Put the line of a mail that has got further."""
    facts = [row.subject, page.arrows(row.people), page.arrows(row.way), row.outcome, row.duration]
    page.paragraph(page.dotted(page.text(said("On its way"), "bold cyan"), *map(page.text, facts)))


class _Crowd:
    """Sees that no more is told than can be read: who has a place, and whether there is room for a line."""

    def __init__(self) -> None:
        self._begun: deque[float] = deque()
        self._second = 0
        self._lines = 0
        self._unlisted = 0
        self._to_tell = 0
        self._was_told = False
        self._is_full = False

    def has_place(self) -> bool:
        """Tell whether another conversation can be told in steps."""
        now = monotonic()
        while self._begun and self._begun[0] < now - TURN_SECONDS:
            self._begun.popleft()
        if len(self._begun) < BEGUN_A_TURN:
            self._begun.append(now)
            return True
        self._is_full = True
        return False

    def has_line(self) -> bool:
        """Tell whether the end of another conversation can be told now; if not it is counted."""
        self._begin_second()
        self._lines += 1
        self._unlisted += self._lines > LINES_A_SECOND
        return self._lines <= LINES_A_SECOND

    def notes(self) -> list[str]:
        """Return what is left out, in words."""
        told = []
        if self._is_full and not self._was_told:
            self._was_told = True
            told.append(said(TOO_MUCH))
        self._begin_second()
        if self._to_tell:
            told.append(
                counted(
                    "{count} more conversation ended within a second.",
                    "{count} more conversations ended within a second.",
                    self._to_tell,
                )
            )
            self._to_tell = 0
        return told

    def _begin_second(self) -> None:
        """Count anew once a second is over."""
        second = int(monotonic())
        if second != self._second:
            self._to_tell += self._unlisted
            self._second, self._lines, self._unlisted = second, 0, 0


def _put_note(page: Page, text: str) -> None:
    page.paragraph(page.text(text, "dim"))
