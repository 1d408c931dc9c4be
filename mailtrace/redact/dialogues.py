"""What both sides of a conversation said with everything replaced that is secret, or that was chosen.

Secrets are spans of lines, so the lines are found again in the octets (`placing`). What a client said that is neither a
line nor a mail anybody understood may be a piece of a secret, and is crossed out; what is encrypted stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from mailtrace.model import Command, Content, Continuation, Conversation, Gap, Outcome, Reply, Side
from mailtrace.redact import secrets
from mailtrace.redact.coding import Replace
from mailtrace.redact.fields import ADDRESSES, BODIES, NAMES, SUBJECTS
from mailtrace.redact.handshakes import Handshakes
from mailtrace.redact.imapreplies import ImapReplies
from mailtrace.redact.lookups import Lookups
from mailtrace.redact.mails import Mails
from mailtrace.redact.placing import Placed, Placing, Said, Span
from mailtrace.redact.proxies import proxied
from mailtrace.redact.searches import SEARCHES, Searches
from mailtrace.redact.strangers import LOGINS, may_be_secret
from mailtrace.redact.text import Rewriter

LEAST_ECHOED = 6
"""Octets of the shortest password that is looked for in what the server says: shorter ones are parts of words."""

ECHOES_LIMIT = 64
"""Different passwords of one conversation that are looked for there: who guesses has thousands, and no luck."""

GREETINGS = frozenset(("HELO", "EHLO", "LHLO"))
_PATHS = frozenset(("MAIL", "RCPT"))
_BARE = re.compile(rb"(?<=<)[^<>@\s]{1,64}(?=>)")
_ASKED_FOR = frozenset(("VRFY", "EXPN"))
_CODE = re.compile(rb"^([0-9]{3}[ -])", re.MULTILINE)
_UNDERSTOOD = frozenset(("smtp", "pop3", "imap", "ident", "tls"))


class Dialogues:
    """Replaces in conversations."""

    def __init__(self, rewriter: Rewriter) -> None:
        """Replace secrets, and what the rewriter was told to."""
        self.rewriter = rewriter
        self.mails = Mails(rewriter)
        self.replies = ImapReplies(rewriter, self.mails)
        self.searches = Searches(rewriter)
        self.handshakes = Handshakes(rewriter)
        self._lookups = Lookups(rewriter)

    def replaced(self, conversation: Conversation, said: Mapping[Side, Said]) -> dict[Side, bytes]:
        """Return what both sides said, as long as it was, replaced."""
        if conversation.protocol == "dns":
            return {side: self._lookups.stream(bytes(each.octets)) for side, each in said.items()}
        if conversation.protocol not in _UNDERSTOOD:
            return {side: secrets.hidden(bytes(each.octets)) for side, each in said.items()}
        return _Dialogue(self, conversation, said).replaced()


class _Dialogue:
    """One conversation under work."""

    def __init__(self, tools: Dialogues, conversation: Conversation, said: Mapping[Side, Said]) -> None:
        self._tools, self._rewriter = tools, tools.rewriter
        self._conversation, self._said = conversation, said
        self._made = {side: bytearray(each.octets) for side, each in said.items()}
        self._done: dict[Side, list[Span]] = {side: [] for side in said}
        self._placing = Placing(conversation, said)
        self._verb: str | None = None  # of the last command; None until the server was heard
        self._mechanism: str | None = None  # of the exchange that goes on
        self._answers = 0
        self._compressing: str | None = None  # tag of the command that asks for it
        self._is_compressed = False
        self._words: set[bytes] = set()  # passwords that were said in clear

    def replaced(self) -> dict[Side, bytes]:
        """Return what both sides said, replaced."""
        for placed in self._placing.places():
            if isinstance(placed.event, Content):
                self._mail(placed, placed.event)
            elif isinstance(placed.event, Reply):
                self._reply(placed, placed.event)
            elif isinstance(placed.event, Gap):
                self._answers += placed.side is Side.CLIENT  # it may have been an answer
            else:
                self._line(placed, placed.event)
            if self._is_compressed:
                self._placing.go_dark()
                break
        for side in self._said:
            self._rest(side)
        return {side: bytes(made) for side, made in self._made.items()}

    def _put(self, side: Side, start: int, octets: bytes) -> None:
        self._made[side][start : start + len(octets)] = octets
        self._done[side].append((start, start + len(octets)))

    def _hide(self, placed: Placed) -> None:
        """Cross out all that may be the line of an event that was not found."""
        if placed.within is not None:
            start, stop = placed.within
            self._put(placed.side, start, secrets.hidden(bytes(self._said[placed.side].octets[start:stop])))

    def _mail(self, placed: Placed, content: Content) -> None:
        octets = self._said[placed.side].octets
        if not placed.spans:
            if placed.within is not None and self._rewriter.fields:
                start, stop = placed.within
                made = self._tools.mails.part(bytes(octets[start:stop]))
                is_told = self._rewriter.fields & {BODIES, SUBJECTS}
                self._put(placed.side, start, secrets.hidden(made) if is_told else made)
            return
        mail = self._tools.mails.mail(b"".join([octets[start:stop] for start, stop in placed.spans]))
        at = 0
        for start, stop in placed.spans:
            self._put(placed.side, start, mail[at : at + stop - start])
            at += stop - start
        if octets[stop : stop + 3] == b".\r\n":
            self._done[placed.side].append((stop, stop + 3))

    def _reply(self, placed: Placed, reply: Reply) -> None:
        """Replace what a server says where it is a part of a login; all else is replaced as text in the end."""
        self._verb = self._verb or ""
        if self._compressing is not None and reply.tag == self._compressing:
            self._is_compressed = reply.outcome is Outcome.GOOD
            self._compressing = None
        if not placed.spans or not reply.lines:
            return
        ((start, stop),) = placed.spans
        line = bytes(self._said[Side.SERVER].octets[start:stop])
        if self._mechanism is not None and reply.outcome is Outcome.MORE:
            self._put(Side.SERVER, start, secrets.challenge(self._mechanism, line, self._rewriter.login))
        elif self._conversation.protocol == "pop3" and not self._done[Side.SERVER]:
            self._put(Side.SERVER, start, self._rewriter.text(secrets.stamp(line)))

    def _line(self, placed: Placed, event: Command | Continuation) -> None:
        """Replace a line of the client."""
        is_strange = False
        if isinstance(event, Command):
            is_strange = may_be_secret(event, self._conversation.protocol, self._verb)
            self._mechanism, self._verb = None, event.verb
            if event.verb == "COMPRESS":
                self._compressing = event.tag
        if not placed.spans:
            if event.secrets or event.line:
                self._hide(placed)
            return
        ((start, stop),) = placed.spans
        if event.secrets and event.secrets[-1][1] >= len(event.line):  # of a very long line only the beginning is known
            stop = _line_end(self._said[Side.CLIENT].octets, stop)
        line = bytes(self._said[Side.CLIENT].octets[start:stop])
        if is_strange:
            self._put(Side.CLIENT, start, secrets.hidden(line))
        elif isinstance(event, Command):
            self._put(Side.CLIENT, start, self._command(event, line))
        else:
            self._put(Side.CLIENT, start, self._continuation(event, line))

    def _command(self, command: Command, line: bytes) -> bytes:
        at, rewriter = command.argument_at, self._rewriter
        verb, argument = line[:at], line[at:]
        if command.verb in LOGINS:
            return verb + self._login(command, line)
        if command.secrets:
            return self._crossed(command, line, secrets.digest if command.verb == "APOP" else secrets.crossed_out)
        if command.verb in GREETINGS and not argument.startswith(b"["):
            return verb + rewriter.host(argument)
        if command.verb in _ASKED_FOR and b"@" not in argument:
            return verb + rewriter.mailbox(argument)
        if command.verb in SEARCHES:
            return verb + self._tools.searches.first(argument)
        if command.verb == "USER" or (command.verb == "LOGIN" and command.tag is not None):
            return verb + (argument if argument.startswith(b"{") else rewriter.login(argument))
        if command.verb in _PATHS:
            argument = _BARE.sub(lambda found: rewriter.mailbox(found[0]), argument)
        return verb + rewriter.text(argument) if command.verb else rewriter.text(line)

    def _login(self, command: Command, line: bytes) -> bytes:
        """Return the argument of AUTH: a mechanism, and maybe the first answer; and begin an exchange."""
        argument = line[command.argument_at :]
        bare = argument.lstrip(b" ")
        word, space, first = bare.partition(b" ")
        before = argument[: len(argument) - len(bare)]
        if command.secrets and command.secrets[0][0] <= command.argument_at + len(before):
            return secrets.digest(argument)
        self._mechanism, self._answers = word.decode("latin-1").upper(), 0
        return before + word + space + self._answer(first)

    def _answer(self, text: bytes) -> bytes:
        bare = text.strip()
        if not bare or bare == b"=":
            self._answers += bool(bare)
            return text
        self._answers += 1
        self._remember(bare)
        made = secrets.answer(self._mechanism or "", bare, self._answers, self._rewriter.login)
        at = text.index(bare)
        return text[:at] + made + text[at + len(bare) :]

    def _continuation(self, event: Continuation, line: bytes) -> bytes:
        if self._mechanism is not None:
            return self._answer(line)
        if event.secrets:
            return self._crossed(event, line, secrets.crossed_out)
        if self._verb in SEARCHES:
            return self._tools.searches.next(line)
        return self._rewriter.text(line)

    def _crossed(self, event: Command | Continuation, line: bytes, cross: Replace) -> bytes:
        """Return a line with its secrets crossed out; before them may stand the user's name."""
        pieces, at = [], 0
        for start, stop in event.secrets:
            stop = len(line) if stop >= len(event.line) else stop
            before = line[at:start]
            head = event.argument_at if isinstance(event, Command) and not at else 0
            pieces += [before[:head], self._rewriter.login(before[head:]), cross(line[start:stop])]
            self._remember(line[start:stop].strip(b' "'))
            at = stop
        return b"".join([*pieces, line[at:]])

    def _remember(self, word: bytes) -> None:
        """Remember a secret as it was said: the server may repeat it."""
        if len(self._words) < ECHOES_LIMIT:
            self._words.add(word)

    def _rest(self, side: Side) -> None:
        """Replace what is not a line or mail of anybody, up to where it goes dark."""
        octets, made = self._said[side].octets, self._made[side]
        dark = self._placing.dark.get(side, len(octets))
        for start, stop in _between(self._done[side], dark):
            clear = bytes(octets[start:stop])
            made[start:stop] = secrets.hidden(clear) if side is Side.CLIENT else self._server(clear)
        header = proxied(bytes(octets[:256]), self._rewriter)
        made[: len(header)] = header
        if dark < len(octets):
            encrypted = bytes(octets[dark:])
            made[dark:] = (
                secrets.hidden(encrypted) if self._is_compressed else self._tools.handshakes.replaced(encrypted)
            )

    def _server(self, clear: bytes) -> bytes:
        """Return what a server said besides mails; also where it repeats a password."""
        for word in self._words:
            if len(word) >= LEAST_ECHOED and word in clear:
                clear = clear.replace(word, b"x" * len(word))
        fields = self._rewriter.fields
        if not fields:
            return clear
        if self._conversation.protocol == "imap":
            return self._tools.replies.replaced(clear)
        if self._conversation.protocol == "ident":
            return self._ident(clear)
        if self._conversation.protocol == "smtp":
            pieces = _CODE.split(clear)
            return b"".join([piece if at % 2 else self._rewriter.text(piece) for at, piece in enumerate(pieces)])
        return self._rewriter.text(clear)

    def _ident(self, clear: bytes) -> bytes:
        """Return an answer whose last word is somebody's name. Source: RFC 1413 section 4."""
        if not self._rewriter.fields & {ADDRESSES, NAMES} or b"USERID" not in clear.upper():
            return clear
        before, colon, name = clear.rpartition(b":")
        return before + colon + self._rewriter.login(name)


def _line_end(octets: bytes | bytearray, at: int) -> int:
    end = octets.find(b"\n", at)
    end = len(octets) if end < 0 else end
    return end - 1 if end > at and octets[end - 1 : end] == b"\r" else end


def _between(done: list[Span], end: int) -> list[Span]:
    """Return what is not done before an end."""
    left, at = [], 0
    for start, stop in sorted(done):
        if start > at:
            left.append((at, min(start, end)))
        at = max(at, stop)
    return [span for span in [*left, (at, end)] if span[0] < span[1]]
