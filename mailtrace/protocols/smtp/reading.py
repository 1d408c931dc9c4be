"""HOT. How the client's octets are cut, which is the state of an SMTP conversation (tests/bench, the all-mail capture).

As command lines, as a message up to CRLF.CRLF, as a counted chunk, as an AUTH response, or not at all: after DATA, AUTH
and STARTTLS the cut depends on the server's answer, so the octets wait until it is here, however they were sent.

Where the answer is missing because its octets are (a hole, a capture of one direction, the end), shape decides: a line
that no mail would hold is a command. After a hole in what the client said, commands are not `certain` until one was
answered and the client spoke again; lines that are no commands may be a mail whose DATA was lost, which counts as one
if it ends like one. Of a capture without the server, the end of a message makes certain. Nothing else is invented.
"""

from __future__ import annotations

from collections.abc import Callable

from mailtrace.model import Continuation, Data, Gap, Outcome, Reply, Turn
from mailtrace.protocols.sasl import secret_span
from mailtrace.protocols.smtp.grammar import read_command
from mailtrace.protocols.smtp.shapes import (
    LOOK,
    begins_clear,
    begins_transaction,
    begins_with_command,
    named_octets,
)
from mailtrace.protocols.smtp.state import (
    AGREED,
    AUTH_ASKED,
    BODY,
    CHUNK,
    CLIENT,
    COMMANDS,
    DARK,
    DATA_ASKED,
    END_OF_DATA,
    GUESSED_BODY,
    RESPONSE,
    TLS_AGREED,
    TLS_ASKED,
    Asked,
    Reading,
    State,
)

HOLD_LIMIT = 64 * 1024
"""Octets of the client that wait for the server's answer before shape decides: a full window of a client in a hurry."""


class ClientReading(State):
    """Cuts the client's octets; a subclass understands what is cut."""

    __slots__ = ()

    def read_client(self) -> None:
        """Consume what the client said as far as it can be cut now."""
        while STEPS[self.reading](self):
            continue

    def cut_body(self) -> bool:
        """End a message that will not go on; tell whether there was one."""
        if self.reading not in (BODY, GUESSED_BODY):
            return False
        self.body.flush()
        self._end_body()
        return True

    def _read_command(self) -> bool:
        """Consume one command line, or what stands where one should."""
        if self.unsure:
            packet = self.client.next_packet()
            if packet is None:
                return False
            if self._resume_exchange(packet):
                return True
            if not self._is_sure_again(packet):
                step = self._read_unsure(packet)
                if step is not None:
                    return step
        line = self.client.line()
        if line is None:
            return False
        if isinstance(line, Gap):
            self.commands_lost(line)
            return True
        octets = line.line
        if line.faults or octets[:1] in (b" ", b"\t"):
            self.report_faults(line)
        self.command(read_command(octets), line.packet, line.time_ns, line.packets)
        if self.unsure:
            self.landmark = line.packet
        return True

    def _is_sure_again(self, packet: int) -> bool:
        """After a hole: a command was answered, and the client speaks again, so it is not in the middle of a mail."""
        if self.landmark is not None and self.landmark < self.last_reply < packet:
            self.unsure = False
        return not self.unsure

    def _read_unsure(self, packet: int) -> bool | None:
        """Deal with what may be no command; None when it is to be read as one, false to wait for more."""
        head = self.client.peek(LOOK)
        _, end, rest = head.partition(b"\n")
        more_may_come = len(head) < LOOK and not self.client.holes and not self.finishing
        if not head or (not end and more_may_come):
            return None
        if begins_with_command(head):
            self.unsure = not self.first_words
            return None
        if self.first_words and not self.last_reply and not self._waited_enough():
            return False  # a greeting would tell that these are the first words, not the middle of a message
        if b"\n" not in rest and more_may_come:
            return False  # the next line would tell whether this one is the end of a line whose beginning is missing
        if b"\n" in rest and begins_with_command(rest):
            self.client.line()
            self.first_words = False
            return True
        self.begin_body(None, packet, seen=False)  # it counts as a message if it ends like one
        if not self.last_reply:
            self.reading = GUESSED_BODY
            self.within_line = False
        return True

    def _waited_enough(self) -> bool:
        """Whether the server's answer is not to be waited for any more."""
        return self.finishing or self.client.waiting > HOLD_LIMIT

    def _resume_exchange(self, packet: int) -> bool:
        """Go on where a held reply shows that a hole swallowed the DATA or AUTH it answers."""
        while (reply := self.pairing.overtaken(packet)) is not None:
            self.unmatched(reply)
            if reply.status == "354":
                self.begin_body(Asked(self.dialogue.turns[-1], "DATA"), self.last_reply, seen=False)
                return True
            if reply.status == "334":
                self.asked = Asked(self.dialogue.turns[-1], "AUTH")
                self.reading = RESPONSE
                return True
        return False

    def _wait(self) -> bool:
        """Wait for the answer that decides the reading; where it will not come, go by shape."""
        newest, asked = self.client.last_packet(), self.asked
        if newest is None or asked is None:
            return False
        goes_on = self.answer_lost is not None and self.answer_lost < newest
        if self.pairing.uncertain:
            self.pairing.gone_on(asked, self.client.next_packet() or newest)
        if not (goes_on or self._waited_enough()):
            return self._was_no_question(asked, newest)
        head = self.client.peek(LOOK)
        if head.find(b"\n") < 0 < len(head) < LOOK and not self.finishing:
            return False
        if goes_on or self.finishing:
            self.pairing.give_up()
        self.agreed_at = self.last_reply
        if not head or self.refused or begins_with_command(head):
            self.reading = COMMANDS
            self.unsure = self.unsure or goes_on or self.refused
            self.first_words = False
        elif self.reading is DATA_ASKED:
            self.begin_body(asked, self.last_reply)
            self.body_unseen = self.unsure or self.answer_lost == 0
        else:
            self.reading = AGREED[self.reading]
        return True

    def release(self, reply: Reply) -> None:
        """Decide what waits for an answer by a reply that cannot be paired, because questions are missing."""
        asked, packet = self.asked, self.client.next_packet()
        if reply.outcome in (Outcome.LATER, Outcome.NO):
            self.refused = True
        elif packet is not None and packet < reply.packet and self.reading in AGREED:
            self.answer_lost = 0  # before the client went on, and not to come any more
        elif self.reading is DATA_ASKED and reply.status == "354" and asked is not None:
            self.begin_body(asked, reply.packet)
        elif self.reading is AUTH_ASKED and reply.status == "334":
            self.reading = RESPONSE

    def _was_no_question(self, asked: Asked, newest: int) -> bool:
        """After a hole: tell that what looked like a question was none, since the client was answered and goes on."""
        command = asked.turn.command
        if not self.unsure or command is None or not command.packet < self.last_reply < newest:
            return False
        if self.unpaired < self.pairing.owed:  # these may all be answers to what was asked before it
            return False
        self.reading = COMMANDS
        return True

    def _read_body(self) -> bool:
        """Consume a piece of the message."""
        piece = self.client.take()
        if piece is None:
            return False
        body = self.body
        if isinstance(piece, Gap):
            self.commands_lost(piece)
            self.missing_last = True
            body.gap(piece)
            if not self.last_reply:
                self.reading = GUESSED_BODY
                self.within_line = False
            return True
        if self.unsure and self.last_reply < piece.packet and (self.agreed_at < self.last_reply or self.pairing.early):
            self.client.put_back(piece, 0)  # the server has answered: the end was in the hole
            self.cut_body()
            if self.missing_last:
                self.landmark = None  # and what comes next may not be the beginning of a line
            return True
        self.take_body(piece)
        return True

    def take_body(self, piece: Data) -> None:
        """Add a piece to the message; what is behind its end goes back."""
        body = self.body
        self.missing_last = False
        used = body.feed(piece)
        if body.variants:
            self._report_variants()
        if body.ended:
            if used < len(piece.data):
                self.client.put_back(piece, used)
            self._end_body()

    def _read_guessed_body(self) -> bool:
        """Consume a line of what may be a message, while no server is heard that could tell: a command ends it too.

        So is read what has no beginning, and what has a hole that may have swallowed its end.
        """
        if self.last_reply:
            self.reading = BODY
            return True
        head = self.client.peek(LOOK)
        if head and not self.within_line:
            if head.find(b"\n") < 0 and len(head) < LOOK and not (self.client.holes or self.finishing):
                return False
            if begins_transaction(head):
                return self.cut_body()
        piece = self.client.take()
        if piece is None:
            return False
        if isinstance(piece, Gap):
            self.commands_lost(piece)
            self.body.gap(piece)
            self.within_line = False
            return True
        end = piece.data.find(b"\n") + 1
        self.within_line = not end
        if 0 < end < len(piece.data):
            self.client.put_back(piece, end)
            piece = Data(piece.side, piece.data[:end], piece.packet, piece.time_ns)
        self.take_body(piece)
        return True

    def _end_body(self) -> None:
        """List the message, and await the reply that decides; forget what only might have been one."""
        body, asked = self.body, self.asked
        content = body.octets.content()
        self.reading = COMMANDS
        if self.unsure and body.ended and not self.last_reply:
            self.unsure = False  # behind CRLF.CRLF the client is at its commands, and no server will tell
        if self.body_unseen:
            content.complete = False
            if not body.ended and asked is None:
                self.variants = []
                return
        if asked is None:
            turn = Turn(None)
            self.dialogue.turns.append(turn)
            asked = Asked(turn, "DATA")
        draft = asked.draft or self.book.current or self.book.begin(None, ())
        if body.undoubled is not None:
            self.violations.add("dot-not-doubled", CLIENT, *body.undoubled)
        decided = body.ended or not self.finishing or bool(self.pairing.early)
        self.book.content_ended(draft, content, decided)
        if self.variants:
            self.suspects.append((content, self.variants))
            self.variants = []
        if decided:
            self.landmark = content.packet
            self.ask(Asked(asked.turn, END_OF_DATA, draft), content.packet)

    def _report_variants(self) -> None:
        """Name what looks like an end of data and is none. Source: RFC 5321 section 4.1.1.4."""
        for found in self.body.variants:
            detail = named_octets(found.octets)
            self.violations.add("end-of-data-variant", CLIENT, found.packet, found.time_ns, detail)
        self.variants += self.body.variants
        self.body.variants.clear()

    def _read_chunk(self) -> bool:
        """Consume a piece of a chunk; its count alone tells where it ends. Source: RFC 3030 section 2."""
        octets, asked = self.chunk, self.asked
        if octets is None or asked is None or self.left == 0:
            self._end_chunk()
            return True
        piece = self.client.take(self.left)
        if piece is None:
            return False
        if isinstance(piece, Gap):
            octets.hole(min(piece.missing, self.left))
            if piece.missing > self.left:
                self.commands_lost(piece)
            else:
                self.dialogue.events.append(piece)
            self.left -= min(piece.missing, self.left)
        else:
            octets.carried(piece.packet, piece.time_ns)
            octets.add(piece.data)
            self.left -= len(piece.data)
        return True

    def _end_chunk(self) -> None:
        """Go back to commands; the last chunk completes the message."""
        self.reading = COMMANDS
        octets, asked = self.chunk, self.asked
        if octets is not None and asked is not None and asked.last and asked.draft is not None:
            octets.complete = not asked.draft.holed
            self.book.content_ended(asked.draft, octets.content())

    def _read_response(self) -> bool:
        """Consume one line of an AUTH exchange. Source: RFC 4954 section 4."""
        packet, asked = self.client.next_packet(), self.asked
        while self.unsure and packet is not None and (reply := self.pairing.overtaken(packet)) is not None:
            self.unmatched(reply)
            self.logins.answer(reply)
            if reply.status != "334":
                self.reading = COMMANDS
                return True
        line = self.client.line()
        if line is None or asked is None:
            return False
        if isinstance(line, Gap):
            self.commands_lost(line)
            return True
        secrets = secret_span(line.line)
        said = Continuation(line.line, line.packet, line.time_ns, line.packets, secrets)
        self.dialogue.events.append(said)
        asked.turn.continuations.append(said)
        self.logins.respond(line)
        self.await_answer(asked, AUTH_ASKED)
        self.ask(asked, line.packet)
        return True

    def _read_tls(self) -> bool:
        """See whether the client keeps its word: TLS begins with no letter. Source: RFC 8446 section 5.1."""
        piece = self.client.take()
        if piece is None:
            return False
        if isinstance(piece, Gap):
            self.dialogue.events.append(piece)
            self.go_dark(piece)
        elif not begins_clear(piece.data):
            self.go_dark(piece)
        elif piece.packet < self.agreed_at:  # it must wait. RFC 3207 section 4.2
            self.inject("plaintext-after-starttls", piece, self.client)
        else:
            self.violations.add("plaintext-instead-of-tls", CLIENT, piece.packet, piece.time_ns)
            self.client.put_back(piece, 0)
            self.reading = COMMANDS
        return True

    def _stay_dark(self) -> bool:
        """Consume nothing."""
        return False


STEPS: dict[Reading, Callable[[ClientReading], bool]] = {
    COMMANDS: ClientReading._read_command,
    DATA_ASKED: ClientReading._wait,
    BODY: ClientReading._read_body,
    GUESSED_BODY: ClientReading._read_guessed_body,
    CHUNK: ClientReading._read_chunk,
    AUTH_ASKED: ClientReading._wait,
    RESPONSE: ClientReading._read_response,
    TLS_ASKED: ClientReading._wait,
    TLS_AGREED: ClientReading._read_tls,
    DARK: ClientReading._stay_dark,
}
"""What consumes the next frame in each state; false when it must wait for more."""
