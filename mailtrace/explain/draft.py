"""A step while it is being written, and what its teller knows: the conversation, its names, its messages."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from mailtrace.explain.texts import counted, text
from mailtrace.explain.waits import Causes, waits
from mailtrace.mail.authentication import Authenticator
from mailtrace.mail.naming import Naming
from mailtrace.model import (
    Command,
    Continuation,
    Conversation,
    Event,
    Lookup,
    Message,
    Packet,
    Side,
    StepKind,
    Wait,
    WentDark,
    masked,
    wire_text,
)

MAX_LINES = 24
"""Lines of one answer or body that a step quotes; a walkthrough is read by people, the rest is counted."""

MAX_LINE_CHARACTERS = 400
"""Characters of one quoted line; longer ones are cut with their length told."""


@dataclass(slots=True)
class Draft:
    """A step while it is being written; its `number` is 0 until that is known.

    `place` orders steps: the first packet it is about, unless set otherwise. `repeats` are pairs of a packet and the
    one that sent its octets again. `lookups` are the questions of a LOOKUP step. `until_ns` is when what it tells was
    over. `greeting` marks the server's first words, `patient` what came when it was ready and kept nobody waiting,
    `unanswered` a question that nobody answered. `event` is the one it began with, where there is one; `answers` is as
    in `Step`.
    """

    kind: StepKind
    side: Side
    speaker: str
    listener: str
    packets: list[int]
    time_ns: int
    place: int
    says: list[str]
    means: list[str]
    source: str | None = None
    acks: list[int] = field(default_factory=list)
    repeats: list[tuple[int, int]] = field(default_factory=list)
    lookups: list[Lookup] = field(default_factory=list)
    until_ns: int = 0
    greeting: bool = False
    patient: bool = False
    unanswered: bool = False
    event: Event | None = None
    answers: int = 0
    number: int = 0

    def claim(self, packet: int) -> None:
        """Add a packet that this step is about."""
        at = bisect_left(self.packets, packet)
        if at == len(self.packets) or self.packets[at] != packet:
            self.packets.insert(at, packet)


class Scene:
    """What every teller of one conversation may look at, and what it has explained already."""

    def __init__(
        self,
        conversation: Conversation,
        naming: Naming,
        messages: Mapping[int, Message],
        show_secrets: bool = False,
        repeats: set[str] | None = None,
        judge: Authenticator | None = None,
        causes: Causes | None = None,
    ) -> None:
        """`messages` are all messages of the capture by their id, `causes` what was asked because of this conversation.

        `judge` knows the records of the capture, by which mails are judged. `repeats` is given where only some steps
        are told: sentences to be said once are then said every time, and noted in it, for whoever chooses the steps to
        leave them out where they come again.
        """
        self.conversation = conversation
        self.naming = naming
        self.messages = messages
        self.show_secrets = show_secrets
        self.judge = judge
        self.names = naming.pair(conversation.key)
        self._causes = causes or Causes()
        self._explained: set[str] = set()
        self._repeats = repeats
        self.by_number: dict[int, Packet] = {packet.number: packet for packet in conversation.packets}
        dark = [event.packet for event in conversation.dialogue.events if isinstance(event, WentDark)]
        self.dark_from = min(dark, default=None)

    def draft(
        self,
        kind: StepKind,
        side: Side,
        packets: Iterable[int],
        says: list[str],
        means: list[str],
        source: str | None = None,
        time_ns: int | None = None,
    ) -> Draft:
        """Return a step said by `side`; its time is that of its first packet, `time_ns` where that is not known."""
        ordered = sorted(set(packets))
        first = self.by_number.get(ordered[0]) if ordered else None
        last = self.by_number.get(ordered[-1]) if ordered else None
        start = first.time_ns if first else time_ns if time_ns is not None else self.conversation.start_ns
        return Draft(
            kind=kind,
            side=side,
            speaker=self.names[side],
            listener=self.names[side.other],
            packets=ordered,
            time_ns=start,
            place=ordered[0] if ordered else 0,
            says=quoted(says),
            means=[sentence for sentence in means if sentence],
            source=source,
            until_ns=last.time_ns if last else start,
        )

    @cached_property
    def waits(self) -> tuple[Wait, ...]:
        """Where the time of the conversation went."""
        return waits(self.conversation, self._causes)

    @property
    def told_elsewhere(self) -> dict[int, str]:
        """The steps that tell of lookups and ident calls where these are not told here, by packet."""
        return self._causes.told

    def on_the_wire(self, packet: int) -> bool:
        """Tell whether what a packet says could be read by everybody on the way: not when TLS had begun."""
        return self.dark_from is None or packet < self.dark_from

    def once(self, key: str, **fields: object) -> str:
        """Return a sentence the first time it is asked for, later '': nobody wants to be told twice."""
        if self._repeats is not None:
            sentence = text(key, **fields)
            self._repeats.add(sentence)
            return sentence
        if key in self._explained:
            return ""
        self._explained.add(key)
        return text(key, **fields)

    def line(self, event: Command | Continuation) -> str:
        """Return what the client sent as text, its secrets masked."""
        return wire_text(masked(event.line, event.secrets, self.show_secrets)) or text("empty-line")

    def argument(self, command: Command) -> str:
        """Return a command's argument as text, its secrets masked."""
        return wire_text(masked(command.line, command.secrets, self.show_secrets)[command.argument_at :]).strip()


def quoted(lines: list[str]) -> list[str]:
    """Return lines short enough to be read: cut in length and in number, each cut told."""
    kept = [shortened(line) for line in lines[:MAX_LINES]]
    if len(lines) > MAX_LINES:
        kept.append(text("more-lines", lines=counted("lines", len(lines) - MAX_LINES)))
    return kept


def shortened(line: str) -> str:
    """Return a line short enough to be read; where it was cut, its length is told."""
    if len(line) <= MAX_LINE_CHARACTERS:
        return line
    end = MAX_LINE_CHARACTERS
    while end and unicodedata.category(line[end]).startswith("M"):  # an accent stays with its letter
        end -= 1
    return text("cut-line", start=line[: end or MAX_LINE_CHARACTERS], length=counted("characters", len(line)))
