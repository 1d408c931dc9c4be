"""POP3 told step by step: login, what lies in the mailbox, what is fetched, what is deleted and what stays."""

from __future__ import annotations

from mailtrace.explain.content import content_means, content_says
from mailtrace.explain.draft import Draft, Scene
from mailtrace.explain.login import challenge_means, mechanism_means, response_means
from mailtrace.explain.teller import Teller
from mailtrace.explain.texts import counted, has_text, listed, meaning, text
from mailtrace.model import Command, Content, Continuation, Outcome, Reply, Side, StepKind, Turn, wire_text
from mailtrace.protocols.pop3.words import CAPABILITIES, COMMANDS, RESPONSE_CODES


class Pop3Teller(Teller):
    """Tells a POP3 dialogue, keeping count of what was fetched and marked for deletion."""

    def __init__(self, scene: Scene) -> None:
        """Begin before the greeting."""
        super().__init__(scene)
        self._fetched: list[str] = []
        self._marked: list[str] = []
        self._commands_seen = 0
        self._capabilities: list[str] = []
        self._said_goodbye = False

    def command(self, command: Command) -> Draft | None:
        """Return the step of a command."""
        self._commands_seen += 1
        word = COMMANDS.get(command.verb)
        return self.scene.draft(
            StepKind.COMMAND,
            Side.CLIENT,
            command.packets,
            [self.scene.line(command)],
            self._meaning(command),
            word.source if word else "RFC 1939 section 3",
            command.time_ns,
        )

    def _meaning(self, command: Command) -> list[str]:
        argument = self.scene.argument(command)
        number, _, rest = argument.partition(" ")
        match command.verb:
            case "USER":
                return [text("pop3.USER", user=argument)]
            case "PASS":
                return [text("pop3.PASS" if self.scene.on_the_wire(command.packet) else "pop3.PASS.inside")]
            case "APOP":
                return [text("pop3.APOP", user=number)]
            case "AUTH" if argument:
                return [mechanism_means(number.upper(), self.scene, command.packet)]
            case "AUTH":
                return [text("pop3.AUTH.which")]
            case "LIST" | "UIDL" | "RETR" | "DELE" if number:
                return [text(f"pop3.{command.verb}", number=number)]
            case "TOP":
                return [text("pop3.TOP", number=number, lines=rest)]
            case "QUIT":
                return self._goodbye()
        word = COMMANDS.get(command.verb)
        return [meaning(word) if word else text("pop3.unknown-command")]

    def _goodbye(self) -> list[str]:
        """Tell what QUIT does to the mails of this session. Source: RFC 1939 section 6."""
        if self._said_goodbye:
            return [text("pop3.QUIT.again")]
        self._said_goodbye = True
        sentences = [text("pop3.QUIT")]
        if self._marked:
            sentences.append(text("pop3.QUIT.deletes", numbers=listed(self._marked)))
        kept = [number for number in dict.fromkeys(self._fetched) if number not in self._marked]
        if kept:
            key = "pop3.QUIT.keeps.several" if len(kept) > 1 else "pop3.QUIT.keeps"
            sentences.append(text(key, numbers=listed(kept)))
        return sentences

    def reply(self, reply: Reply, turn: Turn | None) -> Draft | None:
        """Return the step of an answer."""
        command = turn.command if turn else None
        means, source = self._answer(reply, command)
        draft = self.scene.draft(
            StepKind.REPLY, Side.SERVER, reply.packets, self.answer_lines(reply), means, source, reply.time_ns
        )
        draft.greeting = command is None and not self._commands_seen
        return draft

    def _answer(self, reply: Reply, command: Command | None) -> tuple[list[str], str]:
        """Return sentences and the RFC section."""
        if command is None:
            return self._unasked(reply), "RFC 1939 section 4"
        word = COMMANDS.get(command.verb)
        source = word.source if word and word.source else "RFC 1939 section 3"
        if reply.outcome is Outcome.NO:
            return _refusal(reply, command), source
        if reply.outcome is Outcome.MORE:
            return [challenge_means(reply)], source
        number = self.scene.argument(command).partition(" ")[0]
        if command.verb == "DELE":
            self._marked.append(number)
        elif command.verb == "RSET":
            self._marked.clear()
        elif command.verb == "RETR":
            self._fetched.append(number)
        elif command.verb == "CAPA":
            return self._can(reply), source
        key = f"pop3.{command.verb}.ok"
        if command.verb in ("LIST", "UIDL") and not number:
            key = f"pop3.{command.verb}.all"
        if not has_text(key):
            return [text("pop3.ok")], source
        mails = counted("mails", max(len(reply.lines) - 1, 0))
        return [text(key, number=number, mails=mails, **_statistics(reply))], source

    def _can(self, reply: Reply) -> list[str]:
        """Explain each capability in a few words, or how the list changed by the login. Source: RFC 2449 section 6."""
        before = self._capabilities
        names = [wire_text(line).strip().partition(" ")[0].upper() for line in reply.lines[1:]]
        self._capabilities = names
        if before:
            gone = [name for name in before if name not in names]
            new = [name for name in names if name not in before]
            if not gone and not new:
                return [text("pop3.CAPA.same")]
            key = "pop3.CAPA.changed" if new else "pop3.CAPA.gone"
            return [text(key, gone=listed(gone) or "-", new=listed(new))]
        known = [name for name in names if name in CAPABILITIES]
        told = [text("extension", keyword=name, means=meaning(CAPABILITIES[name])) for name in known]
        return [text("pop3.CAPA.list", offered="; ".join(told)) if told else text("pop3.CAPA.none")]

    def _unasked(self, reply: Reply) -> list[str]:
        if self._commands_seen:
            return [text("pop3.unasked")]
        if reply.outcome is not Outcome.GOOD:
            return [text("pop3.greeting.refused")]
        said = b" ".join(reply.lines)
        stamp = said.rfind(b"<") >= 0 and said.rstrip().endswith(b">")
        return [text("pop3.greeting"), *([text("pop3.greeting.apop")] if stamp else [])]

    def continuation(self, continuation: Continuation) -> Draft | None:
        """Return the step of a login line."""
        draft = super().continuation(continuation)
        if draft is not None:
            draft.means.append(response_means(continuation, self.scene))
            draft.source = "RFC 5034 section 4"
        return draft

    def content(self, content: Content) -> Draft | None:
        """Return the step of a fetched mail, or add it to the answer that announced it just before."""
        says, means = content_says(self.scene, content), content_means(self.scene, content)
        previous = self.drafts[-1] if self.drafts else None
        if previous is not None and previous.kind is StepKind.REPLY and previous.side is Side.SERVER:
            previous.kind = StepKind.CONTENT
            previous.says += says
            previous.means += means
            for packet in content.packets:
                previous.claim(packet)
            previous.until_ns = max(previous.until_ns, content.end_ns)
            return None
        draft = self.scene.draft(
            StepKind.CONTENT, Side.SERVER, content.packets, [], means, "RFC 1939 section 5", content.start_ns
        )
        draft.says = says
        return draft


def _statistics(reply: Reply) -> dict[str, object]:
    """Return the two numbers of a STAT answer as fields. Source: RFC 1939 section 5."""
    words = wire_text(reply.lines[0]).split() if reply.lines else []
    count, octets = [*words[:2], "?", "?"][:2]
    return {"count": count, "octets": octets}


def _refusal(reply: Reply, command: Command) -> list[str]:
    """Explain -ERR, with its response code where it has one. Source: RFC 2449 section 8."""
    first = wire_text(reply.lines[0]) if reply.lines else ""
    code = first[1:].partition("]")[0].upper() if first.startswith("[") else ""
    login = command.verb in ("USER", "PASS", "APOP") or (command.verb == "AUTH" and b" " in command.line.strip())
    sentences = [text("pop3.login.refused" if login else "pop3.refused")]
    if code in RESPONSE_CODES:
        sentences.append(text("pop3.code", code=code, means=meaning(RESPONSE_CODES[code])))
    return sentences
