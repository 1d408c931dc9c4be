"""HOT. What an SMTP session knows while it reads, and how that changes (tests/bench, the all-mail capture).

How the client's next octets are to be cut is the state proper, `Reading`; the rest serves it: what it is about, whom an
answer is awaited for, and how sure one can be after a hole.
"""

from __future__ import annotations

from enum import IntEnum
from operator import attrgetter

from msgspec import Struct

from mailtrace.model import (
    Command,
    Content,
    Data,
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
from mailtrace.protocols.base import Secure
from mailtrace.protocols.framing import DotBlock, Inbox, Line, Variant
from mailtrace.protocols.octets import Octets
from mailtrace.protocols.pairing import Pairing
from mailtrace.protocols.smtp.grammar import ReadCommand
from mailtrace.protocols.smtp.logins import LoginBook
from mailtrace.protocols.smtp.shapes import SHOWN, shown
from mailtrace.protocols.smtp.transactions import Draft, TransactionBook
from mailtrace.protocols.violations import SAYINGS, Violations

CLIENT, SERVER = Side.CLIENT, Side.SERVER

END_OF_DATA = "."
"""The kind of question that the end of a message is."""


class Reading(IntEnum):
    """What the client's next octets are. Whole numbers, since a member of a plain `Enum` is slow as a key."""

    COMMANDS = 0  # lines, each a command
    DATA_ASKED = 1  # unknown until DATA is answered
    BODY = 2  # a message up to CRLF.CRLF
    CHUNK = 3  # a counted number of octets of a message
    AUTH_ASKED = 4  # unknown until AUTH or a response is answered
    RESPONSE = 5  # one line of an AUTH exchange
    TLS_ASKED = 6  # unknown until STARTTLS is answered
    TLS_AGREED = 7  # a TLS record, if the client keeps its word
    DARK = 8  # TLS, or otherwise not to be read, from here to the end
    GUESSED_BODY = 9  # perhaps a message, of which something is missing, and no server is heard


# Looking up a member of an enum takes longer than what is done for most events.
COMMANDS, DATA_ASKED, BODY, CHUNK, AUTH_ASKED, RESPONSE, TLS_ASKED, TLS_AGREED, DARK, GUESSED_BODY = Reading

AGREED = {DATA_ASKED: BODY, AUTH_ASKED: RESPONSE, TLS_ASKED: TLS_AGREED}
"""How the client goes on when the server agrees to what it asked."""


class Asked(Struct, gc=False):
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


class State:
    """What is known of one conversation; subclasses read (`reading`) and understand (`session`)."""

    __slots__ = (
        "agreed_at", "answer_lost", "asked", "body", "body_unseen", "book", "chunk", "client", "dialogue",
        "finishing", "first_words", "hasty", "injected", "landmark", "last_reply", "left", "logins", "missing",
        "missing_last", "opened_by", "pairing", "reading", "refused", "secure", "suspects", "turning", "unpaired",
        "unsure", "variants", "violations", "within_line"
    )  # fmt: skip

    body: DotBlock
    """The message being read; there is none before the first."""

    def __init__(self, transport: Transport) -> None:
        self.dialogue = Dialogue()
        self.secure: Secure | None = None
        self.begin()

    def begin(self) -> None:
        """Know nothing, and have nothing open; what was said before stays in the dialogue."""
        self.violations = Violations(self.dialogue)
        self.client = Inbox()
        self.pairing: Pairing[Asked] = Pairing(singles_out)
        self.book = TransactionBook(self.dialogue, self.violations)
        self.logins = LoginBook(self.dialogue, self.violations)
        self.reading: Reading = COMMANDS
        self.asked: Asked | None = None  # the DATA, BDAT, AUTH or STARTTLS that the reading is about
        self.agreed_at = 0  # the packet from which on it is read so
        self.unsure = True  # lines may be of a mail whose beginning is missing
        self.last_reply = 0  # packet
        self.finishing = False
        self.opened_by = b""  # the line with the MAIL of the mail in progress
        self.injected = False  # text where TLS must begin was reported
        self.first_words = True  # nothing of the client is known to be missing before what comes next
        self.missing = 0  # octets of the last hole in what the client said
        self.hasty = False  # the answer was here first: what the client said behind its question is yet to come
        self.unpaired = 0  # replies since then that could not be paired
        self.turning = False  # the two may change roles
        self.within_line = False  # a guessed message does not stand at the beginning of a line
        self.missing_last = False  # a hole was the last thing of a message that came
        self.landmark: int | None = None  # packet of what may be answered to be sure again
        self.answer_lost: int | None = None  # packet of a hole that may hold the answer the client waits for
        self.refused = False  # or it may have been a refusal that could not be paired
        self.body_unseen = False
        self.variants: list[Variant] = []  # of the end of data, in the message being read
        self.suspects: list[tuple[Content, list[Variant]]] = []  # messages that had some
        self.chunk: Octets | None = None
        self.left = 0  # octets of the chunk to come

    def unread(self) -> list[Data | Gap]:
        """Consume what neither side's reader has."""
        raise NotImplementedError

    def command(self, said: ReadCommand, packet: int, time_ns: int, packets: tuple[int, ...]) -> None:
        """Understand a command and await its reply."""
        raise NotImplementedError

    def ask(self, asked: Asked, packet: int) -> None:
        """Await a reply to what `packet` completed."""
        raise NotImplementedError

    def unmatched(self, reply: Reply) -> None:
        """List a reply that nothing asked for, or that fits several questions after a hole."""
        self.dialogue.events.append(reply)
        self.dialogue.turns.append(Turn(None, [reply]))
        # 421 may come at any time. Source: RFC 5321 section 3.8
        if self.pairing.client_spoke and not self.unsure and reply.status != "421":
            self.violations.add("unmatched-reply", SERVER, reply.packet, reply.time_ns)

    def report(self, code: str, said: Command | Line) -> None:
        """List a violation of the client."""
        self.violations.add(code, CLIENT, said.packet, said.time_ns)

    def report_faults(self, line: Line) -> None:
        """List what is wrong with a command's octets. Source: RFC 5321 section 2.3.8."""
        for fault in line.faults:
            self.report(fault, line)
        if line.line[:1] in (b" ", b"\t"):
            self.report("space-before-command", line)

    def report_eight_bit(self, command: Command) -> None:
        """Name octets above 127 in a command, unless MAIL announces them. Source: RFC 6531 section 3.4."""
        line = self.opened_by
        if b"SMTPUTF8" not in (line if line.isascii() else line.upper()):
            self.report("eight-bit-in-command", command)

    def await_answer(self, asked: Asked, reading: Reading) -> None:
        """What the client says next depends on the answer to `asked`."""
        self.asked = asked
        self.reading = reading
        self.answer_lost = None
        self.refused = False
        self.unpaired = 0

    def begin_body(self, asked: Asked | None, packet: int, seen: bool = True) -> None:
        """From here on the client sends a message; where its beginning was not `seen`, nothing may have `asked`."""
        if asked is not None:
            if asked.draft is not None and asked.draft.chunks is not None:  # an unfinished mail that came in chunks
                self.book.abandon(asked.draft, TransactionOutcome.UNKNOWN)
                asked.draft = None
            asked.draft = asked.draft or self.book.current or self.book.begin(None, ())
        self.asked = asked
        self.agreed_at = packet
        self.reading = BODY
        self.body = DotBlock("DATA")
        self.body_unseen = not seen
        self.missing_last = False
        if not seen and self.missing:
            self.body.octets.hole(self.missing)

    def begin_chunk(self, asked: Asked, octets: Octets, size: int) -> None:
        """The next `size` octets are a chunk of the message that `octets` collects."""
        self.asked = asked
        self.reading = CHUNK
        self.chunk = octets
        self.left = size

    def replies_lost(self, gap: Gap) -> None:
        """Note a hole in what the server said: the answer that decides the reading may have been in it."""
        self.dialogue.events.append(gap)
        self.pairing.replies_lost(gap.packet)
        if self.reading is TLS_AGREED:
            self.go_dark(gap)
        if self.reading in AGREED:
            self.answer_lost = gap.packet
        if self.turning:
            self.unsure = True

    def go_dark(self, piece: Data | Gap) -> None:
        """From `piece` on both sides are encrypted.

        Where TLS can be read, all begins anew inside it but for the greeting. Source: RFC 3207 section 4.2.
        """
        self.reading = DARK
        self.dialogue.encryption = Encryption.STARTTLS
        self.dialogue.events.append(WentDark("starttls", piece.packet, piece.time_ns))
        rest = sorted([piece, *self.unread()], key=attrgetter("packet"))
        if self.secure is not None:
            self.book.reset()
            self.begin()
            self.unsure = self.first_words = False
            self.last_reply = piece.packet
            self.secure(rest)

    def inject(self, code: str, piece: Data, inbox: Inbox) -> None:
        """Report once that one side said more in clear where it must wait for TLS; a line of it counts as not said."""
        if not self.injected:
            self.injected = True
            detail = SAYINGS[code]
            if piece.side is CLIENT:
                detail += f": {shown(piece.data + self.client.peek(SHOWN))}"
            self.violations.add(code, piece.side, piece.packet, piece.time_ns, detail)
        end = piece.data.find(b"\n") + 1
        if 0 < end < len(piece.data):
            inbox.put_back(piece, end)

    def commands_lost(self, gap: Gap) -> None:
        """Note a hole in what the client said."""
        self.dialogue.events.append(gap)
        self.logins.lost()
        self.pairing.commands_lost(owed=int(self.reading is BODY and self.asked is not None))
        self.unsure = True
        self.landmark = None
        self.first_words = False
        self.missing = gap.missing
        if self.book.current is not None:
            self.book.current.holed = True
