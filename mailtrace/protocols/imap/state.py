"""What an IMAP session knows while it reads, and how the client's next octets are to be cut: `Reading`."""

from __future__ import annotations

from enum import IntEnum
from weakref import proxy

from mailtrace.model import Data, Dialogue, Encryption, Gap, Side, WentDark
from mailtrace.protocols.framing import Inbox, Line
from mailtrace.protocols.imap.commands import Asked, Commands
from mailtrace.protocols.imap.logins import Logins
from mailtrace.protocols.imap.mails import MailBook
from mailtrace.protocols.imap.replies import ReplyReader
from mailtrace.protocols.violations import Violations


class Reading(IntEnum):
    """What the client's next octets are."""

    LINES = 0  # commands, and lines that belong to one
    LITERAL_ASKED = 1  # a literal if the server says `+`, a command if it says no
    LITERAL = 2  # a counted number of octets
    TLS_ASKED = 3  # unknown until STARTTLS is answered
    TLS_AGREED = 4  # a TLS record, if the client keeps its word
    DEFLATE_ASKED = 5  # compressed if COMPRESS is agreed to
    DARK = 6  # TLS, from here to the end


class State:
    """What is known of one conversation; `reading` cuts the client's octets, `session` understands."""

    def __init__(self) -> None:
        self.dialogue = Dialogue()
        self.violations = Violations(self.dialogue)
        self.client = Inbox()
        self.replies = self._reader()
        self.commands = Commands(self.dialogue)
        self.logins = Logins(self.dialogue, self.violations)
        self.mails = MailBook(self.dialogue)
        self.reading = Reading.LINES
        self.asked: Asked | None = None  # the command that the reading is about
        self.unfinished: Asked | None = None  # a command that goes on behind its literal
        self.exchange: Asked | None = None  # AUTHENTICATE or IDLE, whose lines are no commands
        self.unsure = True  # the client's lines may be of a mail
        self.first_words = True  # nothing it said is known to be missing before what comes next
        self.lost_after = 0  # number of the last command before the hole
        self.proved: int | None = None  # packet of the completion of a command since then: it was one
        self.client_spoke = False
        self.first_command = 0  # packet
        self.client_lost = False  # some of what it said is missing
        self.greeted = False
        self.last_go_ahead = 0  # packet of the last `+`
        self.answer_lost: int | None = None  # packet of a hole that may hold the answer the client waits for
        self.agreed_at = 0  # packet of the agreement to start TLS
        self.injected = False  # text where TLS must begin was reported
        self.finishing = False

    def _reader(self) -> ReplyReader:
        """Return a reader that does not hold who owns it: a circle would outlive the conversation."""
        owner = proxy(self)
        return ReplyReader(Inbox(), self.violations, lambda tag: owner.is_awaited(tag))

    def is_awaited(self, tag: bytes | None) -> bool:
        """Tell whether a completion is to be expected, None: a `+`; where no client is to be seen, all are."""
        if not self.client_spoke:
            return True
        if tag is None:
            return self.reading is Reading.LITERAL_ASKED or self.exchange is not None
        return self.commands.is_open(tag)

    def line(self, line: Line) -> None:
        """Understand a line of the client that does not continue a command."""
        raise NotImplementedError

    def sent(self, asked: Asked, line: Line) -> None:
        """A command is said to its end, whose last line is `line`."""
        raise NotImplementedError

    def commands_lost(self, gap: Gap) -> None:
        """Note a hole in what the client said: lines may be of a mail now."""
        self.dialogue.events.append(gap)
        self.logins.lost()
        self.client_lost = True
        self.unsure = True
        self.first_words = False
        self.lost_after = self.commands.count
        self.proved = None
        self.unfinished = None

    def begin_again(self) -> None:
        """Forget what was said before TLS. Source: RFC 9051 section 11.1."""
        self.client = Inbox()
        self.replies = self._reader()
        self.commands = Commands(self.dialogue)
        self.mails.forget_numbers()
        self.reading = Reading.LINES
        self.asked = self.unfinished = self.exchange = None
        self.greeted = True  # inside TLS the client speaks first
        self.unsure = self.first_words = False

    def go_dark(self, packet: int, time_ns: int) -> None:
        """From here on both sides are encrypted. Source: RFC 9051 section 6.2.1."""
        self.reading = Reading.DARK
        self.dialogue.encryption = Encryption.STARTTLS
        self.dialogue.events.append(WentDark("starttls", packet, time_ns))

    def fault(self, code: str, line: Line | Data, detail: str = "") -> None:
        """Name what is wrong with what the client said."""
        self.violations.add(code, Side.CLIENT, line.packet, line.time_ns, detail)
