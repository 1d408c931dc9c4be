"""What a packet means, for its comment in an exported capture: the steps of walkthroughs, as Wireshark shows them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from mailtrace.explain.walkthrough import Book, told_together
from mailtrace.mail.authentication.records import KEPT_TYPES
from mailtrace.mail.correlator import Final
from mailtrace.model import Analysis, CaptureInfo, Conversation, Host, Lookup, Message, Step, Walkthrough
from mailtrace.model.figures import Renumber, renumbered
from mailtrace.model.language import said
from mailtrace.reports.safe import safe

SAID_LIMIT = 8
"""Lines said that a comment repeats: the packet itself has them all."""

LINE_LIMIT = 200
"""Characters of a line that a comment repeats."""

COMMENTS_LIMIT = 200_000
"""Packets of conversations that are told: nobody reads as many, and all said in them is in memory until then."""

KNOWN_LIMIT = 200_000
"""Lookups remembered to judge mails by: of less than a kilobyte each, they cost some hundred megabytes at most."""

Comments = dict[int, list[str]]

STEP = "Step {number} of {who}: {speaker} to {listener}"
CONTINUED = "Step {number} of {who}, continued."


class Commentary:
    """What is kept of a first reading so that packets can be commented after it, as `analyze` tells them.

    A step needs what the capture shows late: names of hosts, the ident call and the lookups that a conversation caused,
    the DNS records that its mails are judged by. `chosen` are the conversations whose packets get comments, None for
    all; `untold` counts those of them for which there was no room.
    """

    def __init__(self, chosen: Collection[int] | None = None) -> None:
        self.untold = 0
        self._chosen = chosen
        self._told: set[int] = set()
        self._packets = 0
        self._conversations: list[Conversation] = []
        self._messages: list[Message] = []
        self._known: list[Lookup] = []
        self._knows_all = True

    def take(self, final: Final) -> None:
        """Keep a conversation that is to be told, or that was caused by one."""
        conversation = final.conversation
        self._know(final.lookups)
        is_chosen = self._chosen is None or conversation.id in self._chosen
        if is_chosen and self._packets < COMMENTS_LIMIT:
            self._told.add(conversation.id)
        elif not self._is_caused(conversation):
            self.untold += is_chosen
            return
        self._packets += len(conversation.numbers)
        self._conversations.append(conversation)
        self._messages += final.messages

    def comments(self, hosts: Sequence[Host], show_secrets: bool, number: Renumber = int) -> Comments:
        """Return comments by packet, once the capture is read; `hosts` are all of it.

        `number` gives the number that a packet has in the file with the comments.
        """
        conversations = sorted(self._conversations, key=lambda each: each.id)
        messages = sorted(self._messages, key=lambda each: each.id)
        book = Book(Analysis(CaptureInfo(files=[]), hosts, conversations, messages, self._known), show_secrets)
        book.judge.book.so_far = not self._knows_all
        groups = told_together([each for each in conversations if each.id in self._told])
        with renumbered(number):
            return comments(book.tell(group) for group in groups)

    def _is_caused(self, conversation: Conversation) -> bool:
        """Tell whether an ident or DNS conversation is told inside another one, which may end later."""
        told = self._told if self._chosen is None else self._chosen
        return conversation.caused_by in told or any(each.caused_by in told for each in conversation.dialogue.lookups)

    def _know(self, lookups: Iterable[Lookup]) -> None:
        for lookup in lookups:
            if lookup.type in KEPT_TYPES:
                if len(self._known) < KNOWN_LIMIT:
                    self._known.append(lookup)
                else:
                    self._knows_all = False


def comments(told: Iterable[Walkthrough]) -> Comments:
    """Return comments by packet: the first packet of a step has its text, the others its number."""
    found: Comments = {}
    for walkthrough in told:
        who = _conversations(walkthrough)
        for step in walkthrough.steps:
            for place, number in enumerate(step.packets):
                text = _text(step, who) if not place else said(CONTINUED, number=step.number, who=who)
                found.setdefault(number, []).append(text)
    return found


def _conversations(walkthrough: Walkthrough) -> str:
    ids = [str(each) for each in walkthrough.conversations]
    return said("conversations {numbers}" if len(ids) > 1 else "conversation {numbers}", numbers=", ".join(ids))


def _text(step: Step, who: str) -> str:
    speaker, listener = safe(step.speaker), safe(step.listener)
    lines = [said(STEP, number=step.number, who=who, speaker=speaker, listener=listener)]
    lines += [_line(each) for each in step.says[:SAID_LIMIT]]
    if len(step.says) > SAID_LIMIT:
        lines.append(said("({count} more lines)", count=len(step.says) - SAID_LIMIT))
    if step.means:
        lines.append(safe(step.means))
    if step.source:
        lines.append(step.source)
    return "\n".join(lines)


def _line(said: str) -> str:
    shown = safe(said)
    return shown if len(shown) <= LINE_LIMIT else f"{shown[:LINE_LIMIT]}..."
