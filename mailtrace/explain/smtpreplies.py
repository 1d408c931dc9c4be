"""What an SMTP answer means where it stands: 250 welcomes, accepts a sender, or takes responsibility for a mail."""

from __future__ import annotations

from mailtrace.explain.authentication import refusal_means
from mailtrace.explain.draft import Draft, Scene
from mailtrace.explain.english import REPLY_HINTS
from mailtrace.explain.login import challenge_means
from mailtrace.explain.smtpsyntax import address_shown, path
from mailtrace.explain.texts import counted, has_text, listed, meaning, text
from mailtrace.model import Command, Content, Encryption, Outcome, Reply, Side, StepKind, Turn, wire_text
from mailtrace.protocols.sasl import shown
from mailtrace.protocols.smtp.words import ENHANCED, EXTENSIONS, NOTABLE, REPLIES

WRONG_USE = frozenset({"500", "501", "502", "503", "504"})
"""Replies that refuse the command as such, not the mail. Source: RFC 5321 section 4.2.2."""

REPLY_SECTION = "RFC 5321 section 4.2"


class ReplyTeller:
    """Tells answers, remembering whether the greeting was seen and which mail was last sent."""

    def __init__(self, scene: Scene) -> None:
        """Begin before the greeting."""
        self.scene = scene
        self._greeted = False
        self._sending: Command | None = None
        self._contents: dict[int, Content] = {}
        transactions = scene.conversation.dialogue.transactions
        self._queue_ids = {id(t.content): t.queue_id for t in transactions if t.content is not None}
        self.data_refused = False

    def saw_command(self, command: Command) -> None:
        """Note the DATA or BDAT that the next mail belongs to."""
        self._sending = command

    def saw_content(self, content: Content) -> None:
        """Note that the answer to the latest DATA or BDAT decides over this mail."""
        if self._sending is not None:
            self._contents[id(self._sending)] = content

    def tell(self, reply: Reply, turn: Turn | None) -> Draft:
        """Return the step of an answer."""
        command = turn.command if turn else None
        greeting = command is None and not self._greeted and reply.status in ("220", "421", "521", "554")
        self._greeted = True
        means, source = self._meaning(reply, command, greeting)
        draft = self.scene.draft(
            StepKind.REPLY,
            Side.SERVER,
            reply.packets,
            reply_lines(reply, self.scene.show_secrets),
            [*means, *self._enhanced(reply), *_hints(reply), *refusal_means(self.scene, reply)],
            source,
            reply.time_ns,
        )
        draft.greeting = greeting
        return draft

    def _meaning(self, reply: Reply, command: Command | None, greeting: bool) -> tuple[list[str], str]:
        """Return sentences and the RFC section."""
        word = REPLIES.get(reply.status)
        source = (word.source if word else None) or REPLY_SECTION
        means = meaning(word) if word else text("reply.unknown-code")
        if greeting:
            return _greeting(reply, means), REPLY_SECTION
        verb = command.verb if command else ""
        if verb == "AUTH":
            return self._login(reply, means), source
        if reply.outcome in (Outcome.LATER, Outcome.NO):
            return self._refusal(reply, command, means), source
        if verb in ("DATA", "BDAT") and reply.outcome is Outcome.GOOD:
            return self._accepted(command), "RFC 5321 section 4.2.5"
        if verb in ("EHLO", "LHLO"):
            return self._welcome(reply), "RFC 5321 section 4.1.1.1"
        if verb == "DATA":
            return [text("reply.DATA.354")], source
        key = f"reply.{verb}.{reply.status}"
        if not has_text(key):
            return [text("reply.good", means=means)], source
        return [text(key, **self._fields(command))], source

    def _fields(self, command: Command | None) -> dict[str, object]:
        argument = self.scene.argument(command) if command else ""
        return {
            "address": address_shown(path(argument)),
            "client": self.scene.names[Side.CLIENT],
            "server": self.scene.names[Side.SERVER],
        }

    def _enhanced(self, reply: Reply) -> list[str]:
        """Explain an enhanced status code; that of a success only once. Source: RFC 3463 section 3."""
        if reply.enhanced is None:
            return []
        kind, _, detail = reply.enhanced.partition(".")
        word = ENHANCED.get(detail)
        if word is None or (kind == "2" and detail.endswith(".0")):
            return []
        fields = {"code": reply.enhanced, "means": meaning(word)}
        return [self.scene.once("enhanced", **fields) if kind == "2" else text("enhanced", **fields)]

    def _welcome(self, reply: Reply) -> list[str]:
        """Tell what an EHLO answer offers, and that it does not offer encryption. Source: RFC 3207 section 4."""
        sentences = extensions_offered(reply)
        readable = self.scene.conversation.dialogue.encryption is Encryption.NO
        if readable and not any(line.strip().upper() == b"STARTTLS" for line in reply.lines):
            sentences.append(text("extensions.no-tls"))
        return sentences

    def _refusal(self, reply: Reply, command: Command | None, means: str) -> list[str]:
        """Explain a refusal: for now, the client keeps the mail; for good, its sender gets it back.

        Source: RFC 5321 section 4.2.1.
        """
        self.data_refused = command is not None and command.verb == "DATA"
        lasting = "later" if reply.outcome is Outcome.LATER else "no"
        if command is None:
            return [text(f"refused.{lasting}.unasked", means=means)]
        judged = command.verb in ("MAIL", "RCPT", "DATA", "BDAT") and reply.status not in WRONG_USE
        what = command.verb if judged else "other"
        if command.verb == "EHLO" and reply.outcome is Outcome.NO:
            return [text("refused.no.EHLO", means=means)]
        if command.verb == "DATA" and self._nobody(command):
            return [text("refused.nobody.DATA")]
        return [text(f"refused.{lasting}.{what}", means=means, **self._fields(command))]

    def _nobody(self, command: Command) -> bool:
        """Tell whether a command is of a mail of which every recipient was refused."""
        for transaction in self.scene.conversation.dialogue.transactions:
            if command.packet in transaction.packets:
                return bool(transaction.recipients) and not any(each.accepted for each in transaction.recipients)
        return False

    def _accepted(self, command: Command | None) -> list[str]:
        """Tell an accepted mail with its queue id, or an accepted piece of one. Source: RFC 5321 section 4.2.5."""
        if command and command.verb == "BDAT" and not self.scene.argument(command).upper().endswith("LAST"):
            return [text("reply.BDAT.chunk")]
        responsible = self.scene.once("accepted.responsible", server=self.scene.names[Side.SERVER])
        content = self._contents.get(id(command))
        queue_id = self._queue_ids.get(id(content))
        if content is not None and queue_id:
            queued = text("accepted.as", queue_id=queue_id)
            return [queued, self.scene.once("accepted.queue-id"), responsible]
        return [text("accepted"), responsible]

    def _login(self, reply: Reply, means: str) -> list[str]:
        if reply.outcome is Outcome.MORE:
            return [challenge_means(reply)]
        if reply.outcome is Outcome.GOOD:
            users = [
                login.user
                for login in self.scene.conversation.dialogue.logins
                if login.user and login.accepted and reply.packet in login.packets
            ]
            return [text("auth.accepted-user", user=users[0]) if users else text("auth.accepted")]
        return [text("auth.refused", means=means)]


def reply_lines(reply: Reply, show_secrets: bool) -> list[str]:
    """Return an answer as on the wire: all its lines but the last with a hyphen. Source: RFC 5321 section 4.2.1."""
    lines = [wire_text(line) for line in shown(reply.lines, show_secrets)] or [""]
    return [f"{reply.status}-{line}" for line in lines[:-1]] + [f"{reply.status} {lines[-1]}".rstrip()]


def _greeting(reply: Reply, means: str) -> list[str]:
    if reply.outcome is not Outcome.GOOD:
        return [text("greeting.refused", means=means)]
    first = wire_text(reply.lines[0]) if reply.lines else ""
    name, _, rest = first.partition(" ")
    return [text("greeting.esmtp" if "ESMTP" in rest.upper() else "greeting.smtp", name=name)]


def extensions_offered(reply: Reply) -> list[str]:
    """Explain the notable extensions of an EHLO answer in a few words. Source: RFC 5321 section 4.1.1.1."""
    offered = {}
    for line in reply.lines[1:]:
        keyword, _, arguments = wire_text(line).strip().partition(" ")
        offered[keyword.upper()] = arguments
    told = [_extension(keyword, offered[keyword]) for keyword in NOTABLE if keyword in offered]
    if not told:
        return [text("extensions.none")]
    return [text("extensions", offered="; ".join(told))]


def _extension(keyword: str, arguments: str) -> str:
    """Return one extension with its meaning, its arguments where they say something."""
    if keyword == "SIZE" and arguments.isdecimal() and arguments.strip("0"):
        return text("extension.SIZE", octets=counted("octets", int(arguments[:20])))
    if keyword == "AUTH" and arguments:
        return text("extension.AUTH", mechanisms=listed(arguments.split()))
    return text("extension", keyword=keyword, means=meaning(EXTENSIONS[keyword]))


def _hints(reply: Reply) -> list[str]:
    """Explain what only the server's own words tell, such as greylisting; at most one sentence."""
    said = b" ".join(reply.lines).lower()
    if reply.outcome not in (Outcome.LATER, Outcome.NO):
        return []
    return [text(key) for word, key in REPLY_HINTS if word in said][:1]
