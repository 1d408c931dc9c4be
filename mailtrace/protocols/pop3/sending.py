"""The one way in which POP3 takes a mail: `XTND XMIT`, as Berkeley's popper and its heirs have it.

Upon `+OK` the client sends a mail up to a lone dot, which is then answered too. Until the first answer is here nobody
knows whether the client's next octets are that mail or commands, so they wait; where the answer is missing, a header
line means a mail.
"""

from __future__ import annotations

from mailtrace.model import Dialogue, Gap, Outcome, Reply, Side, Turn
from mailtrace.protocols.framing import DotBlock, Inbox
from mailtrace.protocols.pop3.grammar import Request, looks_like_header
from mailtrace.protocols.violations import Violations

HELD_OCTETS_LIMIT = 64 * 1024  # of the client, that wait for the answer: a full window of a client in a hurry
PEEKED_OCTETS = 512  # enough to see a header line


def sends_mail(request: Request) -> bool:
    """Tell whether a command asks to send a mail."""
    return request.verb == "XTND" and request.argument.split(b" ")[0].upper() == b"XMIT"


class Sending:
    """A mail that the client sends; `turn` is that of its command while any of it is to come."""

    def __init__(self, inbox: Inbox, dialogue: Dialogue, violations: Violations) -> None:
        """Begin with no mail on its way."""
        self.turn: Turn | None = None
        self._inbox = inbox
        self._dialogue = dialogue
        self._violations = violations
        self._block: DotBlock | None = None
        self._unanswered = False
        self._heard = 0  # the packet of an answer that came while the mail did

    def begin(self, turn: Turn) -> None:
        """A mail will come if the answer to `turn` lets it."""
        self.turn = turn
        self._block = None
        self._unanswered = False
        self._heard = 0

    def answered(self, reply: Reply) -> None:
        """The answer is here: only `+OK` lets the mail come."""
        if self._block is None:
            self._block = DotBlock("XMIT") if reply.outcome is Outcome.GOOD else None
            self.turn = self.turn if self._block is not None else None

    def heard(self, packet: int) -> None:
        """An answer that no command asked for: if the mail has a hole, its end was in it."""
        self._heard = packet

    def give_up(self) -> None:
        """The answer will not come: shape decides."""
        self._unanswered = True

    def step(self) -> tuple[bool, int | None]:
        """Read on: whether anything was read or decided, and the packet that ended the mail, if it did."""
        if self._block is None:
            return self._decide(), None
        piece = self._inbox.take()
        if piece is None:
            return False, None
        if isinstance(piece, Gap):
            self._block.gap(piece)
            self._dialogue.events.append(piece)
            return True, None
        if self._block.octets.has_holes and 0 < self._heard < piece.packet:
            self._inbox.put_back(piece, 0)
            self.finish()
            return True, None
        used = self._block.feed(piece)
        for found in self._block.variants:
            detail = f"the message holds {found.octets!r}, which some servers take for its end"
            self._violations.add("end-of-data-variant", Side.CLIENT, found.packet, found.time_ns, detail)
        self._block.variants.clear()
        if not self._block.ended:
            return True, None
        if used < len(piece.data):
            self._inbox.put_back(piece, used)
        self.finish()
        return True, piece.packet

    def finish(self) -> None:
        """List the mail, whole or as far as it came."""
        block, self._block, self.turn = self._block, None, None
        if block is None:
            return
        block.flush()
        content = block.octets.content()
        if content.size_bytes or content.complete:
            self._dialogue.events.append(content)
            self._dialogue.contents.append(content)

    def _decide(self) -> bool:
        """Tell by shape whether a mail comes, where no answer will tell; false while there is nothing to go by."""
        if not self._unanswered and self._inbox.waiting <= HELD_OCTETS_LIMIT:
            return False
        head = self._inbox.peek(PEEKED_OCTETS)
        if not head:
            return False
        if looks_like_header(head.partition(b"\n")[0]):
            self._block = DotBlock("XMIT")
        else:
            self.turn = None
        return True
