"""HOT. How the client's octets are cut, which is the state of an SMTP conversation (tests/bench, the all-mail capture).

As command lines, as a message up to CRLF.CRLF, as a counted chunk, as an AUTH response, or not at all: after DATA, AUTH
and STARTTLS the cut depends on the server's answer, so the octets wait until it is here, however they were sent.

Where the answer is missing because its octets are (a hole, a capture of one direction, the end), shape decides: a line
that no mail would hold is a command. After a hole in what the client said, commands are not `certain` until one was
answered and the client spoke again; lines that are no commands may be a mail whose DATA was lost, which counts as one
if it ends like one. Nothing else is invented.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from msgspec import Struct

from mailtrace.model import (
    Continuation,
    Dialogue,
    Encryption,
    Gap,
    Reply,
    Side,
    TransactionOutcome,
    Transport,
    Turn,
    WentDark,
)
from mailtrace.protocols.framing import DotBlock, Inbox, Line
from mailtrace.protocols.octets import Octets
from mailtrace.protocols.pairing import Pairing
from mailtrace.protocols.sasl import secret_span
from mailtrace.protocols.smtp.logins import LoginBook
from mailtrace.protocols.smtp.shapes import LOOK, begins_clear, begins_with_command, named_octets, shown
from mailtrace.protocols.smtp.transactions import Draft, TransactionBook
from mailtrace.protocols.violations import Violations

HOLD_LIMIT = 64 * 1024
"""Octets of the client that wait for the server's answer before shape decides: a full window of a client in a hurry."""

END_OF_DATA = "."
"""The kind of question that the end of a message is."""


class Reading(Enum):
    """What the client's next octets are."""

    COMMANDS = "lines, each a command"
    DATA_ASKED = "unknown until DATA is answered"
    BODY = "a message up to CRLF.CRLF"
    CHUNK = "a counted number of octets of a message"
    AUTH_ASKED = "unknown until AUTH or a response is answered"
    RESPONSE = "one line of an AUTH exchange"
    TLS_ASKED = "unknown until STARTTLS is answered"
    TLS_AGREED = "a TLS record, if the client keeps its word"
    DARK = "TLS, from here to the end"


AGREED = {
    Reading.DATA_ASKED: Reading.BODY,
    Reading.AUTH_ASKED: Reading.RESPONSE,
    Reading.TLS_ASKED: Reading.TLS_AGREED,
}
"""How the client goes on when the server agrees to what it asked."""


class Asked(Struct):
    """What a reply is awaited for: `kind` is a verb or `END_OF_DATA`; `place` is a recipient's, -1 for none."""

    turn: Turn
    kind: str
    draft: Draft | None = None
    place: int = -1
    last: bool = False  # of BDAT, and of what repeats for each recipient


def singles_out(asked: Asked, status: str) -> bool:
    """Tell whether `status` answers `asked` and hardly anything else."""
    if asked.kind == "AUTH":
        return status in ("334", "235", "535")
    return (asked.kind, status) in {("DATA", "354"), ("QUIT", "221"), ("STARTTLS", "220")}


class ClientReading:
    """The client's side of a session; a subclass says what commands and replies mean."""

    def __init__(self, transport: Transport) -> None:
        self.dialogue = Dialogue()
        self.violations = Violations(self.dialogue)
        self.client = Inbox()
        self.pairing: Pairing[Asked] = Pairing(singles_out)
        self.book = TransactionBook(self.dialogue, self.violations)
        self.logins = LoginBook(self.dialogue, self.violations)
        self.reading = Reading.COMMANDS
        self.asked: Asked | None = None  # the DATA, BDAT, AUTH or STARTTLS that the reading is about
        self.agreed_at = 0  # the packet from which on it is read so
        self.unsure = True  # lines may be of a mail whose beginning is missing
        self.greeted = False
        self.last_reply = 0  # packet
        self.finishing = False
        self._holes = 0  # in what the client said
        self._missing = 0  # octets of the last one
        self._landmark: int | None = None  # packet of what may be answered to be sure again
        self._by_shape = False  # the answer the client's octets wait for may be lost
        self._body = DotBlock("DATA")
        self._body_unseen = False
        self._chunk: Octets | None = None
        self._left = 0  # octets of the chunk to come

    def command(self, line: Line) -> None:
        """Understand a command line."""
        raise NotImplementedError

    def ask(self, asked: Asked, packet: int) -> None:
        """Await a reply to what `packet` completed."""
        raise NotImplementedError

    def unmatched(self, reply: Reply) -> None:
        """List a reply that nothing asked for."""
        raise NotImplementedError

    def read_client(self) -> None:
        """Consume what the client said as far as it can be cut now."""
        while STEPS[self.reading](self):
            pass

    def begin_body(self, asked: Asked | None, packet: int, seen: bool = True) -> None:
        """From here on the client sends a message; where its beginning was not `seen`, nothing may have `asked`."""
        if asked is not None:
            if asked.draft is not None and asked.draft.chunks is not None:  # an unfinished mail that came in chunks
                self.book.abandon(asked.draft, TransactionOutcome.UNKNOWN)
                asked.draft = None
            asked.draft = asked.draft or self.book.current or self.book.begin(None, ())
        self.asked = asked
        self.agreed_at = packet
        self.reading = Reading.BODY
        self._body = DotBlock("DATA")
        self._body_unseen = not seen
        if not seen and self._missing:
            self._body.octets.hole(self._missing)

    def begin_chunk(self, asked: Asked, octets: Octets, size: int) -> None:
        """The next `size` octets are a chunk of the message that `octets` collects."""
        self.asked = asked
        self.reading = Reading.CHUNK
        self._chunk = octets
        self._left = size

    def replies_lost(self, gap: Gap) -> None:
        """Note a hole in what the server said: the answer that decides the reading may have been in it."""
        self.dialogue.events.append(gap)
        self.pairing.replies_lost()
        if self.reading is Reading.TLS_AGREED:
            self.go_dark(gap.packet, gap.time_ns)
        self._by_shape = self.reading in AGREED

    def go_dark(self, packet: int, time_ns: int) -> None:
        """From here on both sides are encrypted. Source: RFC 3207 section 4.2."""
        self.reading = Reading.DARK
        self.dialogue.encryption = Encryption.STARTTLS
        self.dialogue.events.append(WentDark("starttls", packet, time_ns))
        self.client = Inbox()

    def cut_body(self) -> bool:
        """End a message that will not go on; tell whether there was one."""
        if self.reading is not Reading.BODY:
            return False
        self._body.flush()
        self._end_body()
        return True

    def _read_command(self) -> bool:
        """Consume one command line, or what stands where one should."""
        if self.unsure and not self._is_sure_again():
            step = self._read_unsure()
            if step is not None:
                return step
        line = self.client.line()
        if line is None:
            return False
        if isinstance(line, Gap):
            self._lost(line)
            return True
        self.command(line)
        if self.unsure:
            self._landmark = line.packet
        return True

    def _is_sure_again(self) -> bool:
        """After a hole: a command was answered, and the client speaks again, so it is not in the middle of a mail."""
        packet = self.client.next_packet()
        if packet is not None and self._landmark is not None and self._landmark < self.last_reply < packet:
            self.unsure = False
        return not self.unsure

    def _read_unsure(self) -> bool | None:
        """Deal with what may be no command; None when it is to be read as one, false to wait for more."""
        packet = self.client.next_packet()
        if packet is None:
            return False
        if self._resume_exchange(packet):
            return True
        head = self.client.peek(LOOK)
        _, end, rest = head.partition(b"\n")
        if not head or (not end and len(head) < LOOK and not self.finishing):
            return None
        if begins_with_command(head):
            self.unsure = self._holes > 0  # the first words of a conversation, if nothing is missing before
            return None
        if not self._holes and not self.greeted and not self.last_reply and not self._waited_enough():
            return False  # a greeting would tell that these are the first words
        if b"\n" in rest and begins_with_command(rest):
            self.client.line()  # the end of a line whose beginning is missing
            return True
        self.begin_body(None, packet, seen=False)  # it counts as a message if it ends like one
        return True

    def _waited_enough(self) -> bool:
        """Whether the server's answer is not to be waited for any more."""
        return self.finishing or self.client.waiting > HOLD_LIMIT

    def _resume_exchange(self, packet: int) -> bool:
        """Go on where a held reply shows that a hole swallowed the DATA or AUTH it answers."""
        while (reply := self.pairing.overtaken(packet)) is not None:
            self.unmatched(reply)
            if reply.status == "354":
                self.begin_body(Asked(self.dialogue.turns[-1], "DATA"), reply.packet, seen=False)
                return True
            if reply.status == "334":
                self.asked = Asked(self.dialogue.turns[-1], "AUTH")
                self.reading = Reading.RESPONSE
                return True
        return False

    def _lost(self, gap: Gap) -> None:
        """Note a hole in what the client said."""
        self.dialogue.events.append(gap)
        self.pairing.commands_lost()
        self.unsure = True
        self._landmark = None
        self._holes += 1
        self._missing = gap.missing

    def _wait(self) -> bool:
        """Wait for the answer that decides the reading; where it will not come, go by shape."""
        if not (self._by_shape or self._waited_enough()):
            return False
        head = self.client.peek(LOOK)
        if self.client.next_packet() is None or (b"\n" not in head and 0 < len(head) < LOOK and not self.finishing):
            return False
        if self._by_shape or self.finishing:
            self.pairing.give_up()
            self._by_shape = False
        self.agreed_at = self.last_reply
        asked = self.asked
        if not head or asked is None or begins_with_command(head):
            self.reading = Reading.COMMANDS
        elif self.reading is Reading.DATA_ASKED:
            self.begin_body(asked, self.last_reply)
        else:
            self.reading = AGREED[self.reading]
        return True

    def _read_body(self) -> bool:
        """Consume a piece of the message."""
        piece = self.client.take()
        if piece is None:
            return False
        body = self._body
        if isinstance(piece, Gap):
            self._lost(piece)
            body.gap(piece)
            return True
        if self.unsure and self.agreed_at < self.last_reply < piece.packet:
            self.client.put_back(piece, 0)  # the server has answered: the end was in the hole
            self.cut_body()
            return True
        used = body.feed(piece)
        if body.variants:
            self._report_variants()
        if body.ended:
            if used < len(piece.data):
                self.client.put_back(piece, used)
            self._end_body()
        return True

    def _end_body(self) -> None:
        """List the message, and await the reply that decides; forget what only might have been one."""
        self.reading = Reading.COMMANDS
        content = self._body.octets.content()
        unseen, asked = self._body_unseen, self.asked
        if unseen:
            content.complete = False
            if not self._body.ended and asked is None:
                return
        if asked is None:
            turn = Turn(None)
            self.dialogue.turns.append(turn)
            asked = Asked(turn, "DATA")
        draft = asked.draft or self.book.current or self.book.begin(None, ())
        decided = self._body.ended or not self.finishing or bool(self.pairing.early)
        self.book.content_ended(draft, content, whole=decided)
        if decided:
            self._landmark = content.packet
            self.ask(Asked(asked.turn, END_OF_DATA, draft), content.packet)

    def _report_variants(self) -> None:
        """Name what looks like an end of data and is none. Source: RFC 5321 section 4.1.1.4."""
        for octets, packet, time_ns in self._body.variants:
            self.violations.add("end-of-data-variant", Side.CLIENT, packet, time_ns, named_octets(octets))
        self._body.variants.clear()

    def _read_chunk(self) -> bool:
        """Consume a piece of a chunk; its count alone tells where it ends. Source: RFC 3030 section 2."""
        octets, asked = self._chunk, self.asked
        if octets is None or asked is None or self._left == 0:
            self._end_chunk()
            return True
        piece = self.client.take(self._left)
        if piece is None:
            return False
        if isinstance(piece, Gap):
            octets.hole(min(piece.missing, self._left))
            if piece.missing > self._left:
                self._lost(piece)
            else:
                self.dialogue.events.append(piece)
            self._left -= min(piece.missing, self._left)
        else:
            octets.carried(piece.packet, piece.time_ns)
            octets.add(piece.data)
            self._left -= len(piece.data)
        return True

    def _end_chunk(self) -> None:
        """Go back to commands; the last chunk completes the message."""
        self.reading = Reading.COMMANDS
        octets, asked = self._chunk, self.asked
        if octets is not None and asked is not None and asked.last and asked.draft is not None:
            octets.complete = True
            self.book.content_ended(asked.draft, octets.content())

    def _read_response(self) -> bool:
        """Consume one line of an AUTH exchange. Source: RFC 4954 section 4."""
        packet, asked = self.client.next_packet(), self.asked
        while self.unsure and packet is not None and (reply := self.pairing.overtaken(packet)) is not None:
            self.unmatched(reply)
            self.logins.answer(reply)
            if reply.status != "334":
                self.reading = Reading.COMMANDS
                return True
        line = self.client.line()
        if line is None or asked is None:
            return False
        if isinstance(line, Gap):
            self._lost(line)
            return True
        secrets = secret_span(line.line)
        said = Continuation(line.line, line.packet, line.time_ns, line.packets, secrets)
        self.dialogue.events.append(said)
        asked.turn.continuations.append(said)
        self.logins.respond(line)
        self.reading = Reading.AUTH_ASKED
        self.ask(asked, line.packet)
        return True

    def _read_tls(self) -> bool:
        """See whether the client keeps its word: TLS begins with no letter. Source: RFC 8446 section 5.1."""
        piece = self.client.take()
        if piece is None:
            return False
        if isinstance(piece, Gap):
            self.dialogue.events.append(piece)
            self.go_dark(piece.packet, piece.time_ns)
        elif not begins_clear(piece.data):
            self.go_dark(piece.packet, piece.time_ns)
        elif (
            piece.packet < self.agreed_at
        ):  # RFC 3207 section 4.2: it must wait, and what it did not wait with is dropped
            shown = f"the client sent in clear behind STARTTLS: {shown(piece.data)}"
            self.violations.add("plaintext-after-starttls", Side.CLIENT, piece.packet, piece.time_ns, shown)
        else:
            self.violations.add("plaintext-instead-of-tls", Side.CLIENT, piece.packet, piece.time_ns)
            self.client.put_back(piece, 0)
            self.reading = Reading.COMMANDS
        return True

    def _stay_dark(self) -> bool:
        """Consume nothing."""
        return False


STEPS: dict[Reading, Callable[[ClientReading], bool]] = {
    Reading.COMMANDS: ClientReading._read_command,
    Reading.DATA_ASKED: ClientReading._wait,
    Reading.BODY: ClientReading._read_body,
    Reading.CHUNK: ClientReading._read_chunk,
    Reading.AUTH_ASKED: ClientReading._wait,
    Reading.RESPONSE: ClientReading._read_response,
    Reading.TLS_ASKED: ClientReading._wait,
    Reading.TLS_AGREED: ClientReading._read_tls,
    Reading.DARK: ClientReading._stay_dark,
}
"""What consumes the next frame in each state; false when it must wait for more."""
