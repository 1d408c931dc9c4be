"""IMAP told step by step: login, folders, what is fetched, marked, moved and stored, and the waiting for news.

A command is a step, and so is all that the server says to it in one go, from the lines with a star to the one with the
tag. A mail that comes or goes is told as in the other protocols; in an answer with several, each has its step.
"""

from __future__ import annotations

from collections import deque

from mailtrace.explain.content import content_means, content_says
from mailtrace.explain.draft import Draft, Scene
from mailtrace.explain.imap.answers import Answer, AnswerTeller
from mailtrace.explain.imap.commands import Request, command_means, command_source, literal_means
from mailtrace.explain.imap.fetched import text_shown
from mailtrace.explain.login import challenge_means, response_means
from mailtrace.explain.teller import Teller
from mailtrace.explain.texts import counted, text
from mailtrace.model import Command, Content, Continuation, Reply, Side, StepKind, Turn

GREETINGS = ("OK", "PREAUTH", "BYE")
"""How a server's first line begins. Source: RFC 9051 section 7.1."""

IDLE_SECTION = "RFC 9051 section 6.3.13"

WAITING = ("IDLE",)
"""Commands that nobody is in a hurry to answer."""


class ImapTeller(Teller):
    """Tells an IMAP dialogue."""

    def __init__(self, scene: Scene) -> None:
        """Begin before the greeting."""
        super().__init__(scene)
        self._answers: list[Answer] = []
        self._requests: dict[int, Request] = {}
        self._open: dict[int, Draft] = {}
        self._turn_of_command = {id(turn.command): turn for turn in self.dialogue.turns if turn.command}
        self._turn_of_line = {id(line): turn for turn in self.dialogue.turns for line in turn.continuations}

    def tell(self) -> list[Draft]:
        """Return the drafts of all events; answers are written when all of each is known."""
        drafts = super().tell()
        teller = AnswerTeller(self.scene)
        for answer in self._answers:
            teller.tell(answer)
        return drafts

    def command(self, command: Command) -> Draft | None:
        """Return the step of a command."""
        turn = self._turn_of_command.get(id(command))
        request = self._requests[id(command)] = Request(command, turn.continuations if turn else [], self.scene)
        means = [*command_means(request, self.scene), self.scene.once("imap.tag", tag=command.tag or "")]
        draft = self.scene.draft(
            StepKind.COMMAND,
            Side.CLIENT,
            command.packets,
            [self.scene.line(command)],
            means,
            command_source(command),
            command.time_ns,
        )
        self._open[id(command)] = draft
        return draft

    def continuation(self, continuation: Continuation) -> Draft | None:
        """Return the step of a line that goes on with a command: a literal, a login, the end of waiting."""
        draft = super().continuation(continuation)
        turn = self._turn_of_line.get(id(continuation))
        verb = turn.command.verb if turn and turn.command else ""
        if draft is None:
            return None
        if verb == "IDLE":
            draft.means.append(text("imap.DONE"))
            draft.source, draft.patient = IDLE_SECTION, True
        elif verb == "AUTHENTICATE":
            draft.means.append(response_means(continuation, self.scene))
            draft.source = "RFC 9051 section 6.2.2"
        else:
            key = "imap.announced.secret" if continuation.secrets else "imap.announced"
            draft.means += [text(key), literal_means(continuation.line, self.scene)]
            draft.source = "RFC 9051 section 4.3"
        return draft

    def reply(self, reply: Reply, turn: Turn | None) -> Draft | None:
        """Return the step of an answer, None where the reply belongs to the step before."""
        request = self._requests.get(id(turn.command)) if turn and turn.command else None
        if reply.status == "+":
            return self._go_on(reply, turn, request)
        answer = self._answers[-1] if self._answers else None
        if answer is not None and self._goes_on(answer, reply, turn):
            for packet in reply.packets:
                answer.draft.claim(packet)
            answer.draft.until_ns = max(answer.draft.until_ns, reply.time_ns)
            draft = None
        else:
            source = command_source(turn.command) if turn and turn.command else "RFC 9051 section 7"
            draft = self.scene.draft(StepKind.REPLY, Side.SERVER, reply.packets, [], [], source, reply.time_ns)
            draft.greeting = reply.status in GREETINGS and not self._requests and not self._answers
            draft.patient = request is not None and request.verb in WAITING
            answer = Answer(draft, request, turn)
            self._answers.append(answer)
        answer.replies.append(reply)
        if reply.tag is not None and turn is not None:
            answer.disordered = self._completed(turn)
        return draft

    def _go_on(self, reply: Reply, turn: Turn | None, request: Request | None) -> Draft:
        """Return the step of a `+`, by which the server asks for more. Source: RFC 9051 section 7.6."""
        verb = request.verb if request else ""
        if verb == "AUTHENTICATE":
            means = challenge_means(reply)
        else:
            means = text({"IDLE": "imap.go-on.idle", "APPEND": "imap.go-on.mail"}.get(verb, "imap.go-on"))
        said = [line.rstrip() for line in self.answer_lines(reply)]
        source = IDLE_SECTION if verb == "IDLE" else "RFC 9051 section 7.6"
        return self.scene.draft(StepKind.REPLY, Side.SERVER, reply.packets, said, [means], source, reply.time_ns)

    def _goes_on(self, answer: Answer, reply: Reply, turn: Turn | None) -> bool:
        """Tell whether a reply belongs to the step of the one before.

        What comes while the client waits is news: it does when it comes at once. A mail has a step of its own.
        """
        last = self.drafts[-1] if self.drafts else None
        if last is not answer.draft or answer.turn is not turn or answer.completion is not None:
            return False
        if answer.mail is not None and reply.tag is None:
            return False
        at_once = reply.packets[:1] == answer.replies[-1].packets[-1:]
        return at_once or (answer.request is not None and answer.request.verb not in WAITING)

    def _completed(self, turn: Turn) -> bool:
        """Note that a command is answered to its end; tell whether older ones still wait for that."""
        draft = self._open.pop(id(turn.command), None)
        if draft is None:
            return False
        disordered = any(other.place <= draft.place and other is not draft for other in self._waiting)
        self._waiting = deque(other for other in self._waiting if other is not draft)
        return disordered

    def content(self, content: Content) -> Draft | None:
        """Return the step of a mail that is stored; a fetched one belongs to the answer that brought it."""
        says, means = self._mail(content)
        answer = self._answers[-1] if self._answers else None
        if content.how == "FETCH" and answer is not None and self.drafts and self.drafts[-1] is answer.draft:
            answer.mail, answer.bringing = (says, means), answer.replies[-1]
            answer.draft.kind = StepKind.CONTENT
            for packet in content.packets:
                answer.draft.claim(packet)
            answer.draft.until_ns = max(answer.draft.until_ns, content.end_ns)
            return None
        side = Side.SERVER if content.how == "FETCH" else Side.CLIENT
        source = "RFC 9051 section 7.5.2" if side is Side.SERVER else "RFC 9051 section 6.3.12"
        draft = self.scene.draft(StepKind.CONTENT, side, content.packets, [], means, source, content.start_ns)
        draft.says = says
        return draft

    def _mail(self, content: Content) -> tuple[list[str], list[str]]:
        """Return what a mail says and means; a piece that was asked for alone is no mail that anybody can read."""
        alone = content.how == "FETCH" and not content.complete and any(b"]<" in line for line in self._last_lines())
        if alone:
            octets = counted("octets", content.size_bytes)
            shown = text_shown(content.kept, frozenset([missing for _, missing in content.holes]))
            return [text("imap.piece", octets=octets), *shown], [text("imap.FETCH.partial")]
        return content_says(self.scene, content), content_means(self.scene, content)

    def _last_lines(self) -> tuple[bytes, ...]:
        """Return the lines of the answer that came last."""
        return self._answers[-1].replies[-1].lines if self._answers else ()

    def pipelined(self, draft: Draft, before: Draft) -> str:
        """Return what to say of a command that did not wait for the answer to the one before it."""
        return text("imap.apart" if draft.place not in before.packets else "imap.together")

    def awaited(self, draft: Draft | None) -> Draft | None:
        """A line that goes on with a command is not answered by itself."""
        return draft

    def answered(self, reply: Reply) -> None:
        """Tags say which command is answered: see `_completed`."""
