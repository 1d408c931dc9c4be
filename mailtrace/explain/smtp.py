"""SMTP told step by step: what each command and each answer means at its place in the dialogue."""

from __future__ import annotations

from bisect import bisect_right

from mailtrace.explain.content import content_means, content_says, message_of
from mailtrace.explain.draft import Draft, Scene
from mailtrace.explain.login import mechanism_means, response_means
from mailtrace.explain.smtpreplies import ReplyTeller
from mailtrace.explain.smtpsyntax import address_shown, hello_name, is_full_name, parameters, path
from mailtrace.explain.teller import Teller
from mailtrace.explain.texts import counted, meaning, text
from mailtrace.model import Command, Content, Continuation, Encryption, Reply, Side, StepKind, Turn
from mailtrace.model.language import said
from mailtrace.protocols.smtp.words import COMMANDS, PARAMETERS


class SmtpTeller(Teller):
    """Tells an SMTP or LMTP dialogue."""

    def __init__(self, scene: Scene) -> None:
        """Begin with nothing said."""
        super().__init__(scene)
        self._replies = ReplyTeller(scene)
        self._chunks: list[Draft] = []
        self._taken_back: list[Draft] = []
        self._authenticating = ""
        self._sender: str | None = None

    def command(self, command: Command) -> Draft | None:
        """Return the step of a command, explained by its verb and argument."""
        word = COMMANDS.get(command.verb)
        draft = self.scene.draft(
            StepKind.COMMAND,
            Side.CLIENT,
            command.packets,
            [self.scene.line(command)],
            self._meaning(command),
            word.source if word else "RFC 5321 section 4.1.1",
            command.time_ns,
        )
        if command.verb in ("DATA", "BDAT"):
            self._replies.saw_command(command)
        if command.verb == "BDAT":
            self._chunks.append(draft)
        elif command.verb in ("MAIL", "RSET", "HELO", "EHLO"):
            self._taken_back, self._chunks = self._chunks, []
        return draft

    def _meaning(self, command: Command) -> list[str]:
        argument = self.scene.argument(command)
        match command.verb:
            case "HELO" | "EHLO" | "LHLO":
                return [*self._hello(command.verb, hello_name(argument)), self._begins_again(command)]
            case "MAIL" | "RCPT":
                return self._address(command.verb, argument)
            case "AUTH":
                self._authenticating = argument.split(" ")[0].upper()
                return [mechanism_means(self._authenticating, self.scene, command.packet)]
            case "BDAT":
                size = argument.split(" ")[0]
                last = argument.upper().endswith("LAST")
                if not size.isdecimal():
                    return [text("bdat.unreadable")]
                if last and not size.strip("0"):
                    return [text("bdat.end")]
                return [text("bdat.last" if last else "bdat.chunk", octets=size)]
            case verb if verb in COMMANDS:
                return [meaning(COMMANDS[verb])]
        if self._replies.data_refused:
            return [text("smtp.mail-line")]
        return [text("smtp.unknown-command")]

    def _hello(self, verb: str, name: str) -> list[str]:
        sentences = [text(f"hello.{verb}", name=name or text("hello.nameless"))]
        if name and not is_full_name(name):
            sentences.append(self.scene.once("hello.not-a-domain", name=name))
        return sentences

    def _begins_again(self, command: Command) -> str:
        """Tell once that after STARTTLS nothing counts of what was said before. Source: RFC 3207 section 4.2."""
        began_in_clear = self.dialogue.encryption is Encryption.STARTTLS
        if not began_in_clear or self.scene.on_the_wire(command.packet):
            return ""
        return self.scene.once("hello.after-tls")

    def _address(self, verb: str, argument: str) -> list[str]:
        address = path(argument)
        if verb == "MAIL":
            self._sender = address
            sentences = [text("mail.sender", address=address) if address else text("mail.null-sender")]
            if address:
                sentences.append(self.scene.once("mail.bounces"))
        else:
            sentences = [text("rcpt.recipient", address=address_shown(address)), self.scene.once("rcpt.each")]
        for name, value in parameters(argument):
            word = PARAMETERS.get(name.upper())
            if word is None:
                sentences.append(text("parameter.unknown", name=name))
            else:
                sentences.append(text("parameter", name=name.upper(), means=said(word.means, value=value)))
        return sentences

    def reply(self, reply: Reply, turn: Turn | None) -> Draft | None:
        """Return the step of an answer."""
        return self._replies.tell(reply, turn)

    def continuation(self, continuation: Continuation) -> Draft | None:
        """Return the step of a login line."""
        draft = super().continuation(continuation)
        if draft is not None:
            draft.means.append(response_means(continuation, self.scene))
            draft.source = "RFC 4954 section 4"
        return draft

    def content(self, content: Content) -> Draft | None:
        """Return the step of a mail; one in counted pieces is told at its last piece, even if taken back later."""
        if content.as_server_read:
            return self._second_reading(content)
        self._replies.saw_content(content)
        chunks = (self._chunks or self._taken_back) if content.how == "BDAT" else []
        pieces = len(chunks) or 1
        says, means = content_says(self.scene, content), content_means(self.scene, content, in_pieces=pieces > 1)
        means += self._envelope_and_header(content)
        if chunks:
            _spread(content, chunks)
            last = chunks[-1]
            last.kind = StepKind.CONTENT
            last.says += says
            last.means += means
            if pieces > 1:
                last.means.append(text("bdat.joined", pieces=counted("pieces", pieces)))
            chunks.clear()
            return None
        draft = self.scene.draft(
            StepKind.CONTENT, Side.CLIENT, content.packets, [], means, "RFC 5321 section 4.1.1.4", content.start_ns
        )
        draft.says = says
        return draft

    def _second_reading(self, content: Content) -> Draft:
        """Return the step of a mail that only the server saw, told where its replies show it."""
        draft = self.scene.draft(
            StepKind.CONTENT, Side.CLIENT, content.packets, [], [text("content.as-server-read")],
            "RFC 5321 section 4.1.1.4",
        )  # fmt: skip
        draft.says = content_says(self.scene, content)
        return draft

    def _envelope_and_header(self, content: Content) -> list[str]:
        """Tell that the addresses inside are not those that deliver, and where they differ."""
        message = message_of(self.scene, content)
        if message is None or not message.from_ or self._sender is None:
            return []
        inside = message.from_[0].address
        if self._sender and inside.lower() != self._sender.lower():
            return [text("content.other-sender", inside=inside, envelope=self._sender)]
        return [self.scene.once("content.envelope")]


def _spread(content: Content, chunks: list[Draft]) -> None:
    """Give each packet of a mail in pieces to the piece it carried."""
    begins = [draft.packets[0] for draft in chunks]
    for packet in content.packets:
        chunks[max(bisect_right(begins, packet) - 1, 0)].claim(packet)
