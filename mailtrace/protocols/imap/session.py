"""One IMAP conversation: what a command does when it is sent, what a reply does, and where it becomes unreadable.

Tables say it: `ON_SENT`, `ON_COMPLETION` and `ON_DATA`. How the client's octets are cut is in `reading`, how the
server's are in `replies`; which command a reply belongs to is found in `commands`. Source: RFC 9051 section 2.2.
"""

from __future__ import annotations

from collections.abc import Callable

from mailtrace.model import (
    Closed,
    Command,
    Continuation,
    Gap,
    Outcome,
    Reply,
    Side,
    StreamEvent,
    Transport,
    Turn,
    wire_text,
)
from mailtrace.protocols.framing import Line
from mailtrace.protocols.imap.channel import Channel
from mailtrace.protocols.imap.commands import NO_TAG, Asked, keep
from mailtrace.protocols.imap.grammar import Request, Response, code_of, parse_command
from mailtrace.protocols.imap.items import asked_length, empty_piece, size_of, uid_of
from mailtrace.protocols.imap.logins import secret_spans
from mailtrace.protocols.imap.reading import AGREED
from mailtrace.protocols.imap.replies import Answer
from mailtrace.protocols.imap.state import Reading
from mailtrace.protocols.sasl import secret_span

FETCHES = ("FETCH", "UID FETCH")


class ImapSession(Channel):
    """Understands one conversation; see `protocols.base.Session`."""

    def __init__(self, transport: Transport) -> None:
        super().__init__()
        self._server_lost = False  # some of what it said is missing
        self._challenged = False  # the next line of the client answers the server

    def feed(self, event: StreamEvent) -> None:
        """Take the next event of either side."""
        if self.reading is Reading.DARK or isinstance(event, Closed):
            return
        for said in self.inflated(event):
            if said.side is Side.CLIENT:
                self.client.add(said)
                self.read_client()
            else:
                self.replies.inbox.add(said)
                self._read_server()
        self.hand_over()

    def finish(self) -> None:
        """Flush what is open: what waits is read by its shape, and what is cut short is listed as far as it came."""
        self.finishing = True
        self.read_client()
        self.hand_over()
        self.cut_literal()
        told = self.replies.rest()
        if told is not None:
            self._told(told)
        self.mails.forget_numbers()
        self._unmatched(None)
        self.logins.finish()

    def line(self, line: Line) -> None:
        """Understand a line of the client: a command, or a line of an exchange."""
        request = parse_command(line.line)
        if self._is_response(line, request.known):
            self._respond(line)
        elif line.line.strip(b" \t") and (request.known or not self.unsure):
            self._command(line, request)
        elif not self.unsure:
            self.fault("empty-line", line)

    def sent(self, asked: Asked, line: Line) -> None:
        """A command is said to its end."""
        action = ON_SENT.get(asked.verb)
        if action is not None:
            action(self, asked, line)

    def _is_response(self, line: Line, known: bool) -> bool:
        """Tell whether a line is no command: DONE, a SASL response, or what may be the rest of a login."""
        exchange = self.exchange
        idle = exchange is not None and exchange.verb == "IDLE"
        if line.line.strip().upper() == b"DONE" and (idle or not self.unsure):
            return True
        if exchange is None or idle:
            return False
        if known or self._challenged:
            return self._challenged
        return exchange.verb == "LOGIN" or b" " not in line.line.strip()  # base64 has no space

    def _respond(self, line: Line) -> None:
        """Take a line that belongs to the exchange under way. Source: RFC 9051 section 6.2.2 and section 6.3.13."""
        asked = self.exchange
        done = line.line.strip().upper() == b"DONE" and (asked is None or asked.verb == "IDLE")
        secrets = () if done else secret_span(line.line)
        said = Continuation(line.line, line.packet, line.time_ns, line.packets, secrets)
        self.dialogue.events.append(said)
        if asked is None:
            asked = Asked(Turn(None), b"", "IDLE", b"", line.packet, [])
            self.dialogue.turns.append(asked.turn)
        asked.turn.continuations.append(said)
        self._challenged = False
        if done:
            self.exchange = None
        elif asked.verb == "AUTHENTICATE":
            self.logins.respond(asked, line.line, line.packets, line.time_ns)

    def _command(self, line: Line, request: Request) -> None:
        """Open a turn."""
        octets = line.line
        for fault in line.faults:
            self.fault(fault, line)
        if not request.well_formed or not request.verb:
            self.fault("bad-command", line)
        secrets = secret_spans(request.verb, octets, request.argument_at)
        command = Command(
            request.verb, octets, request.argument_at, line.packet, line.time_ns, line.packets, secrets,
            not self.unsure, wire_text(request.tag),
        )  # fmt: skip
        turn = Turn(command)
        self._unmatched(line.packet)
        self.dialogue.events.append(command)
        self.dialogue.turns.append(turn)
        self.first_command = self.first_command or line.packet
        tag = request.tag if request.well_formed else NO_TAG
        argument = octets[request.argument_at :]
        asked = Asked(turn, tag, request.verb, argument, line.packet, list(line.packets), command.certain)
        self.exchange = None
        self._open(asked, line)
        if not self.literal(asked, line, octets):
            self.sent(asked, line)
        self._adopt(asked)

    def _open(self, asked: Asked, line: Line) -> None:
        """Await the completion of a command."""
        if asked.tag != NO_TAG and self.commands.is_surely_open(asked.tag):
            self.fault("duplicate-tag", line)
        if not self.commands.add(asked):
            self.fault("too-many-pending-commands", line)

    def _adopt(self, asked: Asked) -> None:
        """Give a command that was delivered late what was answered meanwhile."""
        completion = self.commands.adopt(asked)
        if completion is not None and self.commands.complete(asked.tag) is not None:
            self._completed(asked, completion)

    def _unmatched(self, packet: int | None) -> None:
        """Name completions of commands that the client did not send."""
        for turn in self.commands.overtaken(packet):
            reply = turn.replies[-1]
            if self.first_command and self.first_command < reply.packet and not self.client_lost:
                self.violations.add("unmatched-reply", Side.SERVER, reply.packet, reply.time_ns)

    def _read_server(self) -> None:
        """Consume what the server said, and after each reply what the client said that waited for it."""
        while self.reading is not Reading.DARK:
            if self.reading is Reading.TLS_AGREED:
                if self.client.waiting:
                    self.read_client()
                if self.reading is Reading.TLS_AGREED and not self.read_server_tls():
                    return
                continue
            told = self.replies.next()
            if told is None:
                return
            if isinstance(told, Gap):
                self._replies_lost(told)
            else:
                self._told(told)
            if self.client.waiting or self.client.holes:
                self.read_client()

    def _replies_lost(self, gap: Gap) -> None:
        """Note a hole in what the server said."""
        self.dialogue.events.append(gap)
        self._server_lost = True
        self.commands.replies_lost()
        self.answer_lost = gap.packet
        self.greeted = True

    def _told(self, told: Answer) -> None:
        """Understand a reply, and list it with the mails that it brings."""
        response = told.response
        outcome = self._outcome(response)
        packets = tuple(sorted(set(told.packets)))
        tag = None if response.tag is None else wire_text(response.tag)
        reply = Reply(response.status, outcome, tuple(told.lines), told.packet, told.time_ns, packets, tag=tag)
        if response.tag is not None:
            self._tagged(response.tag, reply)
        elif response.status == "+":
            self._go_ahead(reply)
        else:
            self._untagged(told, reply)

    def _outcome(self, response: Response) -> Outcome:
        """Return what a reply means; the greeting is good though it is untagged, and BYE as it is asked for."""
        if response.status == "OK" and response.tag is None and not self.greeted and not self.commands.waiting:
            return Outcome.GOOD
        if response.status == "BYE":
            wanting = self.commands.wanting("BYE", "", 2**62)
            if wanting is not None and wanting.verb == "LOGOUT":
                return Outcome.MORE
        return response.outcome

    def _tagged(self, tag: bytes, reply: Reply) -> None:
        """Complete a command. Source: RFC 9051 section 7.1."""
        self.greeted = True
        self.dialogue.events.append(reply)
        asked = self.commands.complete(tag)
        if asked is None:
            self.commands.put_loose(reply, tag)
            return
        self.commands.close_loose()
        asked.turn.replies.append(reply)
        self._completed(asked, reply)

    def _completed(self, asked: Asked, reply: Reply) -> None:
        """Do what the completion of a command brings about."""
        if self.unsure and self.proved is None and asked.number > self.lost_after:
            self.proved = reply.packet
        if asked is self.asked:
            self._decided(asked, reply)
        action = ON_COMPLETION.get(asked.verb)
        if action is not None:
            action(self, asked, reply)

    def _decided(self, asked: Asked, reply: Reply) -> None:
        """Let the client's octets go on that waited for this completion."""
        good = reply.outcome is Outcome.GOOD
        if self.reading is Reading.LITERAL_ASKED and good:
            self.reading = Reading.LITERAL  # the `+` is missing, but the literal was taken
        elif self.reading is Reading.LITERAL_ASKED and self.answer_lost is not None:
            self.decide_by_shape()
        elif self.reading is Reading.LITERAL_ASKED or (self.reading in AGREED and not good):
            self.refused()
            if asked.verb == "LOGIN":  # the client may send the rest of it all the same
                self.exchange = asked
                self.logins.login(asked)

    def _go_ahead(self, reply: Reply) -> None:
        """Let the client go on: with its literal, its response, or its silence. Source: RFC 9051 section 7.6."""
        self.greeted = True
        self.last_go_ahead = max(self.last_go_ahead, reply.packet)
        self.dialogue.events.append(reply)
        asked = self.exchange
        if self.reading is Reading.LITERAL_ASKED and self.asked is not None:
            asked = self.asked
            self.reading = Reading.LITERAL
            self.unsure = False
        elif asked is not None and asked.verb == "AUTHENTICATE":
            self._challenged = True
            self.logins.challenge(reply)
        asked = asked or self.unfinished or self.commands.first()
        if asked is None:
            self.commands.put_loose(reply, None)
        else:
            keep(asked.turn, reply)

    def _untagged(self, told: Answer, reply: Reply) -> None:
        """Give data to the command that asked for it; the first line of all is the greeting."""
        response = told.response
        first, self.greeted = not self.greeted, True
        code = code_of(response.text) if not response.is_data else ""
        # To what has no tag that could be answered, servers say BAD without one.
        unnamed = self.commands.complete(NO_TAG) if response.status == "BAD" else None
        asked = unnamed or self.commands.wanting(response.status, code, reply.packet)
        if first and not response.is_data and self._is_greeting(response, code, asked):
            if asked is not None and asked.turn.command is not None:
                command = asked.turn.command
                self.violations.add("early-talker", Side.CLIENT, command.packet, command.time_ns)
            self.dialogue.turns.append(Turn(None, [reply]))
            if self.first_words:
                self.unsure = False
        elif asked is None:
            self.commands.put_loose(reply, None)
        elif not keep(asked.turn, reply):
            self.violations.add("too-many-replies", Side.SERVER, reply.packet, reply.time_ns)
            return
        self.dialogue.events.append(reply)
        if self.reading is Reading.TLS_ASKED and response.is_data:
            self.violations.add("untagged-before-tls", Side.SERVER, reply.packet, reply.time_ns)
        action = ON_DATA.get(response.status)
        if action is not None:
            action(self, told, reply, asked)

    def _is_greeting(self, response: Response, code: str, asked: Asked | None) -> bool:
        """Tell whether the server's first line greets. Source: RFC 9051 section 7.1.4."""
        return asked is None or response.status == "PREAUTH" or code in ("", "CAPABILITY")

    def _fetched(self, told: Answer, reply: Reply, asked: Asked | None) -> None:
        """List the mails that a FETCH response brings. Source: RFC 9051 section 7.5.2."""
        number, text = told.response.number or 0, told.text
        size, nothing_left = size_of(text), empty_piece(text)
        if size is not None:
            self.mails.sized(number, size)
        if self._server_lost and self.client_spoke and (asked is None or asked.verb not in FETCHES):
            for _, content in told.mails:
                content.complete = False  # nobody asked for it: it may be a line in a mail whose beginning is missing
        for item, content in told.mails:
            if item.origin is None:
                self.mails.whole(content)
            else:
                wanted = None if asked is None else asked_length(asked.argument, item.origin)
                self.mails.piece(number, uid_of(text), item, content, wanted, reply)
        if nothing_left is not None:
            self.mails.ended(number, nothing_left)

    def _expunged(self, told: Answer, reply: Reply, asked: Asked | None) -> None:
        """Numbers shift."""
        self.mails.expunged(told.response.number or 0)

    def _begin_login(self, asked: Asked, line: Line) -> None:
        self.logins.login(asked)

    def _begin_sasl(self, asked: Asked, line: Line) -> None:
        self.exchange = asked
        self._challenged = False
        self.logins.authenticate(asked, line.time_ns)

    def _begin_idle(self, asked: Asked, line: Line) -> None:
        self.exchange = asked

    def _logged_in(self, asked: Asked, reply: Reply) -> None:
        self.logins.answer(asked, reply)
        if asked is self.exchange:
            self._challenged = False
            if reply.outcome is Outcome.GOOD:
                self.exchange = None

    def _idled(self, asked: Asked, reply: Reply) -> None:
        if asked is self.exchange:
            self.exchange = None

    def _selected(self, asked: Asked, reply: Reply) -> None:
        """Another folder, or none: numbers mean other mails. Source: RFC 9051 section 6.3.2."""
        self.mails.forget_numbers()


ON_SENT: dict[str, Callable[[ImapSession, Asked, Line], None]] = {
    "LOGIN": ImapSession._begin_login,
    "AUTHENTICATE": ImapSession._begin_sasl,
    "IDLE": ImapSession._begin_idle,
    "STARTTLS": ImapSession.ask_tls,
    "COMPRESS": ImapSession.ask_deflate,
}
"""What a command does when it is sent to its end."""

ON_COMPLETION: dict[str, Callable[[ImapSession, Asked, Reply], None]] = {
    "LOGIN": ImapSession._logged_in,
    "AUTHENTICATE": ImapSession._logged_in,
    "IDLE": ImapSession._idled,
    "SELECT": ImapSession._selected,
    "EXAMINE": ImapSession._selected,
    "CLOSE": ImapSession._selected,
    "UNSELECT": ImapSession._selected,
    "STARTTLS": ImapSession.tls_answered,
    "COMPRESS": ImapSession.deflate_answered,
}
"""What the completion of a command does."""

ON_DATA: dict[str, Callable[[ImapSession, Answer, Reply, Asked | None], None]] = {
    "FETCH": ImapSession._fetched,
    "EXPUNGE": ImapSession._expunged,
}
"""What untagged data does."""
