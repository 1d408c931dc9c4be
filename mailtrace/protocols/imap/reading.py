"""How the client's octets are cut, which is the state of an IMAP conversation: lines, literals, or not to be read.

A literal `{n}` is sent when the server has said `+`, and not at all when it refuses (RFC 9051 section 4.3), so what the
client says next waits for that answer, however it was sent; `{n+}` does not wait (RFC 7888 section 4). Where the answer
is missing because its octets are (a hole, a capture of one direction, the end), shape decides: a known command with its
tag is no literal.

After a hole the client's lines may be those of a mail. Only known commands are listed then, as not `certain`, until one
was completed and the client spoke again.
"""

from __future__ import annotations

from collections.abc import Callable

from mailtrace.model import Continuation, Gap
from mailtrace.protocols.framing import LINE_KEPT, LINE_LIMIT, Line
from mailtrace.protocols.imap.commands import Asked
from mailtrace.protocols.imap.grammar import (
    SKIPPED_FROM,
    Kind,
    Literal,
    arguments,
    is_broken_literal,
    literal_at_end,
    parse_command,
)
from mailtrace.protocols.imap.logins import continued_spans
from mailtrace.protocols.imap.state import Reading, State
from mailtrace.protocols.octets import Octets

HOLD_LIMIT = 64 * 1024
"""Octets of the client that wait for the server's answer before shape decides: a full window of a client in a hurry."""

LOOK = 512
"""Octets looked at to tell a command by its shape: a tag and a verb have some ten."""

ARGUMENT_LIMIT = 64 * 1024
"""Octets remembered of a command with its literals: to know what the next literal is."""

CARRIES_MAIL = {"APPEND": 1, "REPLACE": 2, "UID REPLACE": 2}
"""Commands whose literals are mails, and how many arguments come before the first. Source: RFC 9051 section 6.3.12."""


class ClientReading(State):
    """Cuts the client's octets; a subclass understands what is cut."""

    def __init__(self) -> None:
        super().__init__()
        self._left = 0  # octets of the literal to come
        self._mail: Octets | None = None  # the mail that a literal is, or the pieces of one (CATENATE)
        self._words: list[bytes] = []  # the octets of a literal that is none
        self._room = 0
        self._packets: list[int] = []  # that carried it
        self._time_ns = 0  # of the last of them

    def read_client(self) -> None:
        """Consume what the client said as far as it can be cut now."""
        while STEPS[self.reading](self):
            continue

    def literal(self, asked: Asked, line: Line, text: bytes) -> bool:
        """Begin the literal that the end of a command's line announces; false when it announces none."""
        literal = literal_at_end(text)
        if literal is None:
            if is_broken_literal(text):
                self.fault("bad-literal", line)
            return False
        self.unfinished = self.asked = asked
        self.answer_lost = None
        self._left = literal.count
        self._packets = []
        self._words = []
        self._room = LINE_LIMIT if literal.count <= LINE_LIMIT else LINE_KEPT
        self._begin_mail(asked, literal, line)
        agreed = not literal.waits or self.last_go_ahead > line.packet
        self.reading = Reading.LITERAL if agreed else Reading.LITERAL_ASKED
        return True

    def _begin_mail(self, asked: Asked, literal: Literal, line: Line) -> None:
        """Find out whether a literal is a mail."""
        before = CARRIES_MAIL.get(asked.verb)
        is_mail = before is not None and sum(1 for _ in arguments(asked.argument)) > before
        if literal.count >= SKIPPED_FROM or (literal.count > LINE_LIMIT and not is_mail):
            self.fault("literal-too-long", line)
        if not is_mail or literal.count >= SKIPPED_FROM:
            self._mail = None
        elif self._mail is None or not _is_catenate(asked):
            self._mail = Octets("APPEND")

    def refused(self) -> None:
        """The literal that was asked for will not come."""
        self.reading = Reading.LINES
        self.unfinished = self._mail = None
        self._left = 0

    def cut_literal(self) -> None:
        """List what there is of a literal that will not go on."""
        if self.reading is Reading.LITERAL and self.unfinished is not None:
            self._end_literal(whole=False)
            self._end_words(self.unfinished, None)
        if self._mail is not None:
            self._end_mail(whole=False)

    def _read_line(self) -> bool:
        """Consume a line."""
        line = self.client.line()
        if line is None:
            return False
        if isinstance(line, Gap):
            self._cut_command()
            self.commands_lost(line)
            return True
        self.client_spoke = True
        asked = self.unfinished
        if asked is not None:
            self._read_rest(asked, line)
            return True
        if self.proved is not None and self.proved < line.packet:
            self.unsure = False
        if self.first_words:
            self.first_words = False
            self.unsure = self.unsure and not parse_command(line.line).known
        self.line(line)
        return True

    def _read_rest(self, asked: Asked, line: Line) -> None:
        """Take the line behind a literal."""
        self.unfinished = None
        for fault in line.faults:
            self.fault(fault, line)
        self._end_words(asked, line)
        if not self.literal(asked, line, line.line):
            if self._mail is not None:
                self._end_mail(whole=b"URL " not in asked.argument.upper())
            self.sent(asked, line)

    def _end_words(self, asked: Asked, line: Line | None) -> None:
        """List a literal that is no mail, and the line behind it (None: it was not captured) as one line."""
        literal, self._words = b"".join(self._words), []
        text = literal + (line.line if line is not None else b"")
        packets = self._packets + list(line.packets if line is not None else ())
        asked.packets += packets
        if text:
            secrets = continued_spans(asked.verb, asked.argument, text, len(literal))
            packet = line.packet if line is not None else packets[-1]
            time_ns = line.time_ns if line is not None else self._time_ns
            continuation = Continuation(text, packet, time_ns, _in_order(packets), secrets)
            self.dialogue.events.append(continuation)
            asked.turn.continuations.append(continuation)
        said = _without_marker(asked.argument) + (_quoted(literal) if literal else b"") + text[len(literal) :]
        asked.argument = said[:ARGUMENT_LIMIT]

    def _read_literal(self) -> bool:
        """Consume a piece of a literal; its count alone tells where it ends."""
        if not self._left:
            self._end_literal(whole=True)
            return True
        piece = self.client.take(self._left)
        if piece is None:
            return False
        self._time_ns = piece.time_ns
        if isinstance(piece, Gap):
            self._hole(piece)
            return True
        self._left -= len(piece.data)
        if self._mail is not None:
            self._mail.carried(piece.packet, piece.time_ns)
            self._mail.add(piece.data)
        else:
            self._packets.append(piece.packet)
            self._words.append(piece.data[: self._room])
            self._room -= len(self._words[-1])
        return True

    def _hole(self, gap: Gap) -> None:
        """Count on through a hole; one that is longer than the literal swallows the end of the command."""
        inside = min(gap.missing, self._left)
        if self._mail is not None:
            self._mail.hole(inside)
        elif self.unfinished is not None:
            self.unfinished.broken = True
            self._words = []  # without what is missing they would say something else
            self._room = 0
        self._left -= inside
        if gap.missing > inside:
            self._end_literal(whole=False)
            self._cut_command()
            self.commands_lost(gap)
        else:
            self.dialogue.events.append(gap)
            self.client_lost = True

    def _end_literal(self, whole: bool) -> None:
        """Go on with the line behind it; a mail is listed, unless more pieces of it may come."""
        self.reading = Reading.LINES
        self._left = 0
        if self._mail is not None and not (whole and self.unfinished is not None and _is_catenate(self.unfinished)):
            self._end_mail(whole)

    def _end_mail(self, whole: bool) -> None:
        """List the mail."""
        mail, self._mail = self._mail, None
        if mail is not None:
            mail.complete = whole
            if mail.size_bytes or whole:
                self.mails.whole(mail.content())

    def _cut_command(self) -> None:
        """End a command whose end is missing."""
        if self._mail is not None:
            self._end_mail(whole=False)
        if self.unfinished is not None and self._words:
            self._end_words(self.unfinished, None)

    def _wait(self) -> bool:
        """Wait for the answer that decides the reading; where it will not come, go by shape."""
        newest = self.client.last_packet()
        if newest is None:
            return False
        goes_on = self.answer_lost is not None and self.answer_lost < newest
        if not (goes_on or self.finishing or self.client.waiting > HOLD_LIMIT):
            return False
        head = self.client.peek(LOOK)
        if b"\n" not in head and len(head) < LOOK and not self.finishing and not self.client.holes:
            return False
        self.decide_by_shape()
        return True

    def decide_by_shape(self) -> None:
        """Tell what comes next by what it looks like, since the answer is missing.

        Commands are not certain then, unless nothing of the server was captured at all, and its literals agree.
        """
        head = self.client.peek(LOOK)
        refused = not head or parse_command(head.partition(b"\n")[0].removesuffix(b"\r")).known
        if refused or self.answer_lost is not None:
            self.unsure = True
            self.lost_after = self.commands.count
            self.proved = None
        if refused:
            self.refused()
        else:
            self.reading = AGREED[self.reading]

    def _read_tls(self) -> bool:
        """See whether the client keeps its word; understood by a subclass."""
        raise NotImplementedError

    def _stay_dark(self) -> bool:
        """Consume nothing."""
        return False


AGREED = {
    Reading.LITERAL_ASKED: Reading.LITERAL,
    Reading.TLS_ASKED: Reading.TLS_AGREED,
    Reading.DEFLATE_ASKED: Reading.LINES,
}
"""How the client goes on when the server agrees to what it asked."""

STEPS: dict[Reading, Callable[[ClientReading], bool]] = {
    Reading.LINES: ClientReading._read_line,
    Reading.LITERAL_ASKED: ClientReading._wait,
    Reading.LITERAL: ClientReading._read_literal,
    Reading.TLS_ASKED: ClientReading._wait,
    Reading.TLS_AGREED: lambda reading: reading._read_tls(),
    Reading.DEFLATE_ASKED: ClientReading._wait,
    Reading.DARK: ClientReading._stay_dark,
}
"""What consumes the next frame in each state; false when it must wait for more."""


def _is_catenate(asked: Asked) -> bool:
    """Tell whether a mail is put together from pieces. Source: RFC 4469 section 3."""
    return any(each.kind is Kind.ATOM and each.value.upper() == b"CATENATE" for each in arguments(asked.argument))


def _without_marker(argument: bytes) -> bytes:
    """Return what was said of a command without the announcement of the literal at its end."""
    literal = literal_at_end(argument)
    return argument if literal is None else argument[: literal.at]


def _quoted(literal: bytes) -> bytes:
    """Return a literal as the quoted string that says the same."""
    return b'"' + literal.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def _in_order(packets: list[int]) -> tuple[int, ...]:
    return tuple(sorted(set(packets)))
