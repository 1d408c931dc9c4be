"""IMAP conversations made by hand: lines as they stand on the wire, taken apart here by the plainest rules."""

from __future__ import annotations

import re

from mailtrace.model import Command, Continuation, Outcome, Reply, Turn
from tests.explain.making import CLIENT, SERVER, Talk, at

NUMBERED = re.compile(r"\d+ ([A-Z]+)")
OUTCOMES = {"OK": Outcome.GOOD, "NO": Outcome.NO, "BAD": Outcome.NO, "BYE": Outcome.NO, "PREAUTH": Outcome.GOOD}


class ImapTalk(Talk):
    """An IMAP conversation being written down; replies go to the command that `to` names, by its tag."""

    def __init__(self, port: int = 143) -> None:
        super().__init__("imap", port=port)
        self.turns: dict[str, Turn] = {}

    def asks(
        self, number: int, seconds: float, line: str, secrets: tuple[tuple[int, int], ...] = (), *, new: bool = True
    ) -> Command:
        """Add a command with its tag."""
        tag, verb, *rest = line.split(" ")
        if verb == "UID" and rest:
            verb = f"UID {rest[0]}"
        octets = line.encode()
        if new:
            self.data(number, seconds, CLIENT, len(octets) + 2)
        start = min(len(tag) + len(verb) + 2, len(octets))
        command = Command(verb, octets, start, number, at(seconds), (number,), secrets, tag=tag)
        self.turns[tag] = Turn(command)
        self.dialogue.events.append(command)
        self.dialogue.turns.append(self.turns[tag])
        return command

    def goes_on(
        self, number: int, seconds: float, tag: str, line: str, secrets: tuple[tuple[int, int], ...] = ()
    ) -> None:
        """Add a line that goes on with the command `tag`."""
        self.data(number, seconds, CLIENT, len(line.encode()) + 2)
        event = Continuation(line.encode(), number, at(seconds), (number,), secrets)
        self.dialogue.events.append(event)
        self.turns[tag].continuations.append(event)

    def says(self, number: int, seconds: float, *lines: str, to: str | None = None, new: bool = True) -> Reply:
        """Add one answer: its first line with star, tag or plus; the others are those behind a literal."""
        first, *rest = lines
        if new:
            self.data(number, seconds, SERVER, sum(len(line.encode()) + 2 for line in lines))
        tag, _, text = first.partition(" ")
        word = text.split(" ")[0]
        status, own = word, None
        if tag == "+":
            status, outcome = "+", Outcome.MORE
        elif tag != "*":
            own, outcome, text = tag, OUTCOMES[word], text[len(word) + 1 :]
        elif word in OUTCOMES:
            outcome, text = Outcome.MORE if word == "OK" else OUTCOMES[word], text[len(word) + 1 :]
        else:
            numbered = NUMBERED.match(text)
            status, outcome = numbered[1] if numbered else word, Outcome.MORE
        said = tuple(line.encode() for line in (text, *rest))
        reply = Reply(status, outcome, said, number, at(seconds), (number,), tag=own)
        self.dialogue.events.append(reply)
        turn = self.turns.get(own or to or "")
        if turn is None:
            self.dialogue.turns.append(Turn(None, [reply]))
        else:
            turn.replies.append(reply)
        return reply


def logged_in(*lines: str) -> ImapTalk:
    """Return a conversation whose greeting is over: `* PREAUTH`, so that no login is in the way."""
    talk = ImapTalk()
    talk.handshake(1, 0.0)
    talk.says(4, 0.01, "* PREAUTH ready")
    return talk
