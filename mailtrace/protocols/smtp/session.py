"""HOT. One SMTP or LMTP conversation: what a verb does when sent, and what its reply does (tests/bench, all mail).

Two tables say it, `ON_COMMAND` and `ON_REPLY`; how the client's octets are cut, which is the state, is in `reading`.
The server's octets are always replies, paired by order. Source: RFC 5321 section 4.
"""

from __future__ import annotations

from collections.abc import Callable

from mailtrace.model import Closed, Command, Data, Gap, Outcome, Reply, StreamEvent, Transport, Turn
from mailtrace.protocols.framing import Inbox
from mailtrace.protocols.smtp.extensions import begin_bdat, begin_burl, begin_turn, exchange_answered, turn_answered
from mailtrace.protocols.smtp.grammar import GREETINGS, HELLOS, ReadCommand, known_command
from mailtrace.protocols.smtp.logins import OPEN_VERBS, Spans, concealed
from mailtrace.protocols.smtp.reading import ClientReading
from mailtrace.protocols.smtp.replies import ReplyReader, known_reply
from mailtrace.protocols.smtp.shapes import LOOK, begins_clear, begins_with_command
from mailtrace.protocols.smtp.smuggling import SUSPECTS_LIMIT, read_again
from mailtrace.protocols.smtp.state import (
    AUTH_ASKED,
    BODY,
    CHUNK,
    CLIENT,
    COMMANDS,
    DARK,
    DATA_ASKED,
    END_OF_DATA,
    RESPONSE,
    SERVER,
    TLS_AGREED,
    TLS_ASKED,
    Asked,
)

GOOD = Outcome.GOOD


class SmtpSession(ClientReading):
    """Understands one conversation; see `protocols.base.Session`."""

    __slots__ = ("_begun", "_closed", "_ended", "_lmtp", "_login_failed", "_replies")

    def begin(self) -> None:
        """See `State`."""
        super().begin()
        self._replies: ReplyReader | None = None  # only while something of the server waits
        self._lmtp: bool | None = None  # None: no hello was seen
        self._ended: tuple[int, Asked, Reply] | None = None  # the last message, where it may be LMTP
        self._begun = False  # a greeting or hello was seen
        self._login_failed = False  # what is no command now may be a password
        self._closed = False  # by one of the two, not by the end of the capture

    def unread(self) -> list[Data | Gap]:
        """See `State`."""
        replies = self._replies
        return self.client.rest() if replies is None else [*self.client.rest(), *replies.inbox.rest()]

    def feed(self, event: StreamEvent) -> None:
        """Take the next event of either side; nearly all are one command, one reply or a piece of a message."""
        if type(event) is Data:
            reading = self.reading
            if event.side is SERVER:
                if self._replies is None and reading < TLS_AGREED and (told := known_reply(event.data)) is not None:
                    packet, time_ns = event.packet, event.time_ns
                    self._reply(Reply(told.status, told.outcome, told.lines, packet, time_ns, (packet,), told.enhanced))
                    if self.client.waiting:
                        self.read_client()
                    return
            elif self.client.idle and not self.unsure:
                if reading is COMMANDS and (said := known_command(event.data)) is not None:
                    packet = event.packet
                    self.command(said, packet, event.time_ns, (packet,))
                    if self.reading is CHUNK:  # one of no octets ends here
                        self.read_client()
                    return
                if reading is BODY:
                    self.take_body(event)
                    if self.client.waiting:
                        self.read_client()
                    return
        if self.reading is DARK:
            return
        if isinstance(event, Closed):
            self._closed = self._closed or event.how in ("fin", "rst")
        elif event.side is CLIENT:
            self.client.add(event)
            self.read_client()
        else:
            self._replies = self._replies or ReplyReader(self.violations)
            self._replies.inbox.add(event)
            self._read_server()

    def finish(self) -> None:
        """Flush what is open, and read again what the server may have read otherwise."""
        self.flush()
        for content, variants in self.suspects[:SUSPECTS_LIMIT]:
            read_again(self.dialogue, content, variants, SmtpSession(Transport.TCP))

    def flush(self) -> None:
        """No more will come: what waits is read by its shape, and what is cut short is listed as far as it came."""
        self.finishing = True
        if not self.client.idle:
            self.read_client()
        if self.cut_body():
            self.read_client()
        while self.pairing.early:
            self.unmatched(self.pairing.early.popleft())
        self.book.finish(self._closed)

    def command(self, said: ReadCommand, packet: int, time_ns: int, packets: tuple[int, ...]) -> None:
        """Understand a command and await its reply."""
        verb, octets, argument_at = said.verb, said.line, said.argument_at
        secrets: Spans = ()
        if verb not in OPEN_VERBS:
            verb, secrets = concealed(verb, octets, argument_at, self._login_failed)
        command = Command(verb, octets, argument_at, packet, time_ns, packets, secrets, not self.unsure)
        turn = Turn(command)
        dialogue = self.dialogue
        dialogue.events.append(command)
        dialogue.turns.append(turn)
        action = ON_COMMAND.get(verb)
        asked = Asked(turn, verb) if action is None else action(self, turn, said, command)
        pairing = self.pairing
        if pairing.early:
            self.ask(asked, packet)
        elif not pairing.ask(asked, packet):
            self.report("too-many-pending-commands", command)

    def ask(self, asked: Asked, packet: int) -> None:
        """Await a reply to what `packet` completed; it may be here already."""
        pairing = self.pairing
        early = pairing.early
        while early and (reply := pairing.overtaken(packet)) is not None:
            self.unmatched(reply)
        if not pairing.ask(asked, packet) and asked.turn.command is not None:
            self.report("too-many-pending-commands", asked.turn.command)
        if early:
            self.hasty = True
            self._reply(early.popleft())
            self.hasty = False

    def _read_server(self) -> None:
        """Consume what the server said, and after each reply what the client said that waited for it."""
        while True:
            if self.client.waiting:
                self.read_client()
            replies = self._replies
            if replies is None or self.reading is DARK:
                return
            if self.reading is TLS_AGREED:
                self._read_server_tls(replies.inbox)
                return
            reply = replies.next()
            if reply is None:
                if replies.idle:
                    self._replies = None
                return
            if isinstance(reply, Gap):
                self.replies_lost(reply)
            else:
                self._reply(reply)

    def _read_server_tls(self, inbox: Inbox) -> None:
        """See whether the server keeps its word: after its agreement only TLS may come. Source: RFC 3207 section 4."""
        while self.reading is TLS_AGREED and (piece := inbox.take()) is not None:
            if isinstance(piece, Gap):
                self.replies_lost(piece)
            elif not begins_clear(piece.data):
                self.go_dark(piece)
            else:
                self.inject("plaintext-after-starttls-reply", piece, inbox)

    def _reply(self, reply: Reply) -> None:
        """Understand a reply: find what it answers, and let it take effect."""
        packet, last = reply.packet, self.last_reply
        if packet > last:
            self.last_reply = packet
            if not last and self._greets(reply):
                return
        pairing = self.pairing
        if pairing.certain is None and pairing.pending:
            asked = pairing.pending.popleft()
        elif (found := self._find_question(reply)) is not None:
            asked = found
        else:
            return
        asked.turn.replies.append(reply)
        self.dialogue.events.append(reply)
        draft = asked.draft
        if draft is not None:
            draft.packets.extend(reply.packets)
        handler = ON_REPLY.get(asked.kind)
        if handler is not None:
            handler(self, asked, reply)

    def _find_question(self, reply: Reply) -> Asked | None:
        """Return the question of a reply where that is not the oldest one, if there is any."""
        if not (self.pairing.waiting or self._is_of_lmtp()):
            oldest = self.pairing.hold(reply)
            if oldest is not None:
                self.unmatched(oldest)
            return None
        asked = self.pairing.answer(reply, self.client.waiting > 0)
        if asked is None:
            self.unpaired += 1
            self.unmatched(reply)
            self.release(reply)
        return asked

    def _is_of_lmtp(self) -> bool:
        """Tell LMTP, where its hello was not seen, by one more reply to a mail for several. RFC 2033 section 4.2."""
        ended, self._ended = self._ended, None
        if ended is None or ended[0] != self.pairing.last_asked or self.unsure:
            return False
        self._lmtp = True
        self._end_answered(*ended[1:])
        self._lmtp = True if self.pairing.waiting else None
        return self.pairing.waiting

    def _greets(self, reply: Reply) -> bool:
        """List the server's first reply if it opens the conversation; a capture may begin later.

        The client must wait for it. Source: RFC 5321 section 4.3.1.
        """
        pending = self.pairing.pending
        first = pending[0] if pending else None
        if reply.status not in GREETINGS:
            return False
        if first is not None and (first.kind == "STARTTLS" if reply.status == "220" else first.kind not in HELLOS):
            return False
        if self.first_words:
            self.unsure = self.first_words = False
        if first is not None and first.turn.command is not None:
            self.report("early-talker", first.turn.command)
        elif first is None and reply.lines[0].upper().find(b"LMTP") >= 0:
            self._lmtp = True
        self._begun = True
        self.dialogue.events.append(reply)
        self.dialogue.turns.append(Turn(None, [reply]))
        return True

    def _reset(self, turn: Turn, said: ReadCommand, command: Command) -> Asked:
        """A hello or RSET drops the mail in progress. Source: RFC 5321 section 4.1.4 and section 4.1.1.5."""
        verb = command.verb
        if verb != "RSET":
            self._lmtp = verb == "LHLO"
            self._begun = True
        self.book.reset()
        return Asked(turn, verb)

    def _mail(self, turn: Turn, said: ReadCommand, command: Command) -> Asked:
        """MAIL opens a transaction. Source: RFC 5321 section 4.1.1.2."""
        path, line = said.path, command.line
        if path is None or path.spaced:
            self.report("bad-path" if path is None else "space-in-path", command)
        self.opened_by = line
        if not line.isascii():
            self.report_eight_bit(command)
        return Asked(turn, "MAIL", self.book.begin(None if path is None else path.address, command.packets))

    def _mail_answered(self, asked: Asked, reply: Reply) -> None:
        """The sender is accepted or not; if it is, and no other mail is open, nothing changes."""
        draft = asked.draft
        if draft is not None and (draft.before is not None or reply.outcome is not GOOD):
            self.book.sender_answered(draft, reply)

    def _rcpt(self, turn: Turn, said: ReadCommand, command: Command) -> Asked:
        """RCPT adds a recipient; without a transaction it is only a line. Source: RFC 5321 section 4.1.1.3."""
        path = said.path
        if path is None or path.spaced:
            self.report("bad-path" if path is None else "space-in-path", command)
        if not command.line.isascii():
            self.report_eight_bit(command)
        draft, place = self.book.current, -1
        if draft is None and (self.unsure or not self._begun):
            draft = self.book.begin(None, ())
        if draft is not None:
            draft.packets.extend(command.packets)
            if path is not None:
                place = self.book.add_recipient(draft, path.address, command)
        return Asked(turn, "RCPT", draft, place)

    def _rcpt_answered(self, asked: Asked, reply: Reply) -> None:
        """The recipient is accepted or not."""
        if asked.draft is not None:
            self.book.recipient_answered(asked.draft, asked.place, reply)

    def _data(self, turn: Turn, said: ReadCommand, command: Command) -> Asked:
        """DATA asks to send the message. Source: RFC 5321 section 4.1.1.4."""
        draft = self.book.current
        asked = Asked(turn, "DATA", draft)
        if draft is not None:
            draft.packets.extend(command.packets)
            if draft.chunks is not None and not self.unsure:  # RFC 3030 section 2
                self.report("data-mixed-with-bdat", command)
        self.await_answer(asked, DATA_ASKED)
        return asked

    def _data_answered(self, asked: Asked, reply: Reply) -> None:
        """354 lets the message come; anything else does not. Source: RFC 5321 section 4.1.1.4."""
        waiting = self.reading is DATA_ASKED
        if reply.status == "354":
            if waiting:
                self.begin_body(asked, reply.packet)
            return
        if asked.draft is not None:
            self.book.content_refused(asked.draft, reply)
        head = self.client.peek(LOOK) if waiting and not self.hasty else b""
        if not waiting or (head and not begins_with_command(head)):
            self.violations.add("data-refused-body-follows", CLIENT, reply.packet, reply.time_ns)
        if waiting:
            self.reading = COMMANDS

    def _end_answered(self, asked: Asked, reply: Reply) -> None:
        """The server takes the message, or not; of LMTP one reply for each recipient. Source: RFC 2033 section 4.2."""
        draft = asked.draft
        if draft is None:
            return
        if self._lmtp and not asked.last:
            places = [at for at, one in enumerate(draft.transaction.recipients) if one.accepted]
            for place in reversed(places[1:]):
                self.pairing.ask_again(Asked(asked.turn, END_OF_DATA, draft, place, last=True), reply.packet)
            asked.place = places[0] if places else -1
        self.book.decided(draft, reply)
        if self._lmtp:
            self.book.recipient_answered(draft, asked.place, reply)
        elif self._lmtp is None:
            self._ended = (self.pairing.last_asked, asked, reply)

    def _bdat_answered(self, asked: Asked, reply: Reply) -> None:
        """The last chunk's reply decides, and so does any refusal before it. Source: RFC 3030 section 2."""
        draft = asked.draft
        if asked.last:
            self._end_answered(Asked(asked.turn, END_OF_DATA, draft), reply)
        elif draft is not None and reply.outcome is not GOOD:
            self.book.decided(draft, reply)

    def _auth(self, turn: Turn, said: ReadCommand, command: Command) -> Asked:
        """AUTH opens an exchange. Source: RFC 4954 section 4."""
        asked = Asked(turn, "AUTH")
        self.logins.begin(said.argument, command)
        self.await_answer(asked, AUTH_ASKED)
        return asked

    def _auth_answered(self, asked: Asked, reply: Reply) -> None:
        """334 asks for the next response; anything else ends the exchange."""
        self.logins.answer(reply)
        if self.reading is AUTH_ASKED:
            self.reading = RESPONSE if reply.status == "334" else COMMANDS
        if reply.status != "334":
            self._login_failed = reply.outcome is not GOOD

    def _starttls(self, turn: Turn, said: ReadCommand, command: Command) -> Asked:
        """STARTTLS asks to encrypt. Source: RFC 3207 section 4."""
        asked = Asked(turn, "STARTTLS")
        self.await_answer(asked, TLS_ASKED)
        return asked

    def _starttls_answered(self, asked: Asked, reply: Reply) -> None:
        """After 220 the client begins TLS; refused, all goes on in clear."""
        if self.reading is TLS_ASKED:
            self.reading = TLS_AGREED if reply.status == "220" else COMMANDS
            self.agreed_at = reply.packet
            self.injected = False


ON_COMMAND: dict[str, Callable[[SmtpSession, Turn, ReadCommand, Command], Asked]] = {
    "HELO": SmtpSession._reset,
    "EHLO": SmtpSession._reset,
    "LHLO": SmtpSession._reset,
    "RSET": SmtpSession._reset,
    "MAIL": SmtpSession._mail,
    "RCPT": SmtpSession._rcpt,
    "DATA": SmtpSession._data,
    "BDAT": begin_bdat,
    "BURL": begin_burl,
    "TURN": begin_turn,
    "ATRN": begin_turn,
    "AUTH": SmtpSession._auth,
    "STARTTLS": SmtpSession._starttls,
}
"""What a command does when it is sent, beyond being listed, and what its reply is awaited for."""

ON_REPLY: dict[str, Callable[[SmtpSession, Asked, Reply], None]] = {
    "MAIL": SmtpSession._mail_answered,
    "RCPT": SmtpSession._rcpt_answered,
    "DATA": SmtpSession._data_answered,
    END_OF_DATA: SmtpSession._end_answered,
    "BDAT": SmtpSession._bdat_answered,
    "BURL": SmtpSession._bdat_answered,
    "XEXCH50": exchange_answered,
    **dict.fromkeys(("TURN", "ATRN"), turn_answered),
    "AUTH": SmtpSession._auth_answered,
    "STARTTLS": SmtpSession._starttls_answered,
}
"""What a reply does, by what it answers."""
