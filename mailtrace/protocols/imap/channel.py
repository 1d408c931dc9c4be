"""What the octets of an IMAP conversation go through: TLS after STARTTLS, compression after COMPRESS.

Both begin at an exact octet: the client's behind its command, the server's behind its agreement. With somebody who can
read TLS (`secure`), the conversation goes on in what is inside, and nothing is remembered of before (RFC 9051
section 11.1); without, it is dark from there on.
"""

from __future__ import annotations

from operator import attrgetter

from mailtrace.model import Data, Gap, Reply, Side, wire_text
from mailtrace.protocols.base import Secure
from mailtrace.protocols.framing import Inbox, Line
from mailtrace.protocols.imap.commands import Asked
from mailtrace.protocols.imap.deflate import Inflater
from mailtrace.protocols.imap.logins import shown_commands
from mailtrace.protocols.imap.reading import ClientReading
from mailtrace.protocols.imap.state import Reading
from mailtrace.protocols.smtp.shapes import begins_clear
from mailtrace.protocols.violations import SAYINGS

SHOWN_OCTETS = 80
"""Of what was sent in clear where TLS must begin: enough to see what it is."""


class Channel(ClientReading):
    """Finds out where the octets change their form; a subclass understands them."""

    def __init__(self) -> None:
        super().__init__()
        self.secure: Secure | None = None
        self._in_line = [False, False]  # whether a side is within a line in clear where TLS must begin
        self._sealed: list[Data | Gap] = []  # what waits for `secure`
        self._inflaters: tuple[Inflater, Inflater] | None = None

    def ask_tls(self, asked: Asked, line: Line) -> None:
        """STARTTLS asks to encrypt. Source: RFC 9051 section 6.2.1."""
        self.asked = asked
        self.answer_lost = None
        self.reading = Reading.TLS_ASKED

    def ask_deflate(self, asked: Asked, line: Line) -> None:
        """COMPRESS asks to compress. Source: RFC 4978 section 3."""
        self.asked = asked
        self.answer_lost = None
        self.reading = Reading.DEFLATE_ASKED

    def tls_answered(self, asked: Asked, reply: Reply) -> None:
        """After OK the client begins TLS."""
        if self.reading is Reading.TLS_ASKED and asked is self.asked:
            self.reading = Reading.TLS_AGREED
            self.agreed_at = reply.packet
            self.injected = False

    def deflate_answered(self, asked: Asked, reply: Reply) -> None:
        """After OK both sides compress, the client behind its command, the server behind its answer."""
        if self.reading is not Reading.DEFLATE_ASKED or asked is not self.asked:
            return
        self.reading = Reading.LINES
        self._inflaters = (Inflater(), Inflater())
        client, server = self.client, self.replies.inbox
        self.client, self.replies.inbox = Inbox(), Inbox()
        for inbox, side in ((client, self.client), (server, self.replies.inbox)):
            for piece in inbox.rest():
                for said in self.inflated(piece):
                    side.add(said)

    def inflated(self, event: Data | Gap) -> list[Data | Gap]:
        """Return what one side said in compressed form, and tell when nothing more can be read."""
        if self._inflaters is None:
            return [event]
        inflater = self._inflaters[event.side]
        was_fine = not inflater.trouble
        said = inflater.feed(event)
        if inflater.trouble and was_fine:
            self.violations.add(inflater.trouble, event.side, event.packet, event.time_ns)
        return said

    def _read_tls(self) -> bool:
        """See whether the client keeps its word: TLS begins with no letter. Source: RFC 8446 section 5.1."""
        piece = self.client.take()
        if piece is None:
            return False
        if isinstance(piece, Gap) or self._is_tls(piece):
            self._begin_tls(piece)
        elif piece.packet < self.agreed_at or self._in_line[piece.side]:
            self._inject("plaintext-after-starttls", piece, self.client)
        else:
            self.fault("plaintext-instead-of-tls", piece)
            self.client.put_back(piece, 0)
            self.reading = Reading.LINES
        return True

    def read_server_tls(self) -> bool:
        """See whether the server keeps its word: after its agreement only TLS may come."""
        inbox = self.replies.inbox
        piece = inbox.take()
        if piece is None:
            return False
        if isinstance(piece, Gap) or self._is_tls(piece):
            self._begin_tls(piece)
        else:
            self._inject("plaintext-after-starttls-reply", piece, inbox)
        return True

    def _is_tls(self, piece: Data) -> bool:
        """Tell whether TLS begins here, and not within a line in clear."""
        return not (self._in_line[piece.side] or begins_clear(piece.data))

    def _inject(self, code: str, piece: Data, inbox: Inbox) -> None:
        """Report once that one side said more in clear where it must wait for TLS; a line of it counts as not said."""
        if not self.injected:
            self.injected = True
            octets = piece.data + inbox.peek(SHOWN_OCTETS)
            shown = shown_commands(octets) if piece.side is Side.CLIENT else wire_text(octets)
            detail = f"{SAYINGS[code]}: {shown[:SHOWN_OCTETS]!r}"
            self.violations.add(code, piece.side, piece.packet, piece.time_ns, detail)
        end = piece.data.find(b"\n") + 1
        self._in_line[piece.side] = not end
        if 0 < end < len(piece.data):
            inbox.put_back(piece, end)

    def _begin_tls(self, first: Data | Gap) -> None:
        """TLS begins with `first`."""
        self.go_dark(first.packet, first.time_ns)
        if self.secure is None:
            return
        self._sealed = sorted([first, *self.client.rest(), *self.replies.inbox.rest()], key=attrgetter("packet"))
        self.begin_again()

    def hand_over(self) -> None:
        """Give what is sealed by TLS to the one who can read it; what it says comes back by `feed`."""
        if self._sealed and self.secure is not None:
            sealed, self._sealed = self._sealed, []
            self.secure(sealed)
