"""The server's side of IMAP: lines and literals become replies, each with the mails it brings.

A reply is a line, and goes on behind each literal that the line announces. Only data can have literals: the text of
`OK`, `NO`, `BAD`, `BYE` and `+` is for people, whatever stands at its end. The count alone tells where a literal ends,
and it goes on counting through a hole, so that a hole inside a mail costs nothing but the octets it swallowed.

After a hole outside of one, and where a capture begins in the middle, the next lines may be the text of a mail. Until a
completion of an open command, or a mail that ends where its count says, only what hardly any mail would hold is taken
for a reply. Source: RFC 9051 section 2.2.2.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from mailtrace.model import Content, Gap, Side
from mailtrace.protocols.framing import LINE_KEPT, LINE_LIMIT, Inbox, Line
from mailtrace.protocols.imap.grammar import SKIPPED_FROM, Response, literal_at_end, parse_response
from mailtrace.protocols.imap.items import Item, item_before
from mailtrace.protocols.octets import Octets
from mailtrace.protocols.violations import Violations

REPLY_OCTETS_LIMIT = 4 * 1024 * 1024
"""Octets kept of the lines of one reply: headers have some thousand, a search in a big mailbox finds a million."""

_LINE_COSTS = 64  # octets, whatever is on it

_NO_MAIL_SAYS = re.compile(
    rb"\* (?:[0-9]+ (?:EXISTS|RECENT|EXPUNGE)\Z|[0-9]+ FETCH \(|OK \[|BYE |LIST \(|LSUB \(|STATUS |FLAGS \("
    rb"|SEARCH(?: [0-9]+){0,9}|ESEARCH |VANISHED |CAPABILITY IMAP|ID \(|NAMESPACE )",
    re.IGNORECASE,
)
"""How replies begin that are taken for what they seem even where lines of a mail may stand."""

_GOES_ON = re.compile(rb"(?: [A-Z].*)?\)\Z", re.IGNORECASE | re.DOTALL)
"""How a FETCH response goes on behind the literal that is a mail."""


class Answer(Struct):
    """One reply with the mails it brings, each with its place in the reply; not `whole`: a hole or the end cut it."""

    response: Response
    lines: list[bytes]
    packet: int
    time_ns: int
    packets: list[int]
    mails: list[tuple[Item, Content]]
    whole: bool = False
    sure: bool = True

    @property
    def text(self) -> bytes:
        """All lines in one."""
        return b" ".join(self.lines)


class ReplyReader:
    """Reads the replies of one side from `inbox`.

    `is_awaited` tells whether a completion with this tag is to be expected, and for None, whether a `+` is.
    """

    def __init__(self, inbox: Inbox, violations: Violations, is_awaited: Callable[[bytes | None], bool]) -> None:
        self.inbox = inbox
        self._violations = violations
        self._is_awaited = is_awaited
        self._told: Answer | None = None  # the reply that goes on behind its literal
        self._octets = 0  # kept of it
        self._left = 0  # octets of the literal to come
        self._item = Item("")
        self._mail: Octets | None = None
        self._words: list[bytes] | None = None  # of a literal that is no mail, None where it is passed over
        self._room = 0
        self._unsure = True
        self._first = True  # nothing was said before
        self._gap: Gap | None = None  # comes behind the reply it has cut

    def next(self) -> Answer | Gap | None:
        """Return the next reply or hole; None while neither is whole."""
        if self._gap is not None:
            gap, self._gap = self._gap, None
            return gap
        while True:
            if self._left:
                piece = self._read_literal()
                if piece is not None or self._left:
                    return piece
            line = self.inbox.line()
            if line is None:
                return None
            if isinstance(line, Gap):
                return self._cut(line)
            told = self._read(line)
            if told is not None:
                return told

    def rest(self) -> Answer | None:
        """Return the reply that will not be finished any more."""
        if self._told is None:
            return None
        self._end_literal(whole=self._left == 0)
        return self._end(None)

    def _read(self, line: Line) -> Answer | None:
        """Take a line: the beginning of a reply, or what follows a literal; return the reply if it ends here."""
        for fault in line.faults:
            self._violations.add(fault, Side.SERVER, line.packet, line.time_ns)
        told = self._told
        if told is None:
            response = self._begin(line)
            if response is None:
                return None
            told = self._told = Answer(response, [], line.packet, line.time_ns, [], [], sure=not self._unsure)
            self._octets = 0
            text = response.text
        else:
            text = line.line
        if text or not told.lines:
            self._keep(told, text, line)
        told.packets += line.packets
        told.packet, told.time_ns = line.packet, line.time_ns
        literal = literal_at_end(text) if told.response.is_data else None
        if literal is None:
            return self._end(text)
        self._begin_literal(literal.count, item_before(text[: literal.at]), line)
        return None

    def _begin(self, line: Line) -> Response | None:
        """Understand the first line of a reply; None when it is none, or may not be one."""
        response = parse_response(line.line)
        first, self._first = self._first, False
        if response is None and not self._unsure:
            self._violations.add("bad-reply", Side.SERVER, line.packet, line.time_ns)
        if response is None or not self._unsure:
            return response
        greets = first and not (response.is_data or response.status == "+" or line.after_gap)
        if not greets and not self._is_surely(response, line.line):
            return None
        self._unsure = not greets and response.tag is None
        return response

    def _is_surely(self, response: Response, line: bytes) -> bool:
        """Tell whether a line is a reply even if lines of a mail may stand here."""
        if response.tag is not None or response.status == "+":
            return self._is_awaited(response.tag)
        return _NO_MAIL_SAYS.match(line) is not None

    def _keep(self, told: Answer, text: bytes, line: Line) -> None:
        """Keep a line of the reply."""
        before = self._octets
        self._octets += len(text) + _LINE_COSTS
        if self._octets <= REPLY_OCTETS_LIMIT:
            told.lines.append(text)
        elif before <= REPLY_OCTETS_LIMIT:
            self._violations.add("reply-too-long", Side.SERVER, line.packet, line.time_ns)

    def _begin_literal(self, count: int, item: Item, line: Line) -> None:
        """The next `count` octets are what `item` says."""
        self._left = count
        self._item = item
        self._mail = self._words = None
        self._room = LINE_LIMIT if count <= LINE_LIMIT else LINE_KEPT
        is_mail = item.is_message and self._told is not None and self._told.response.status == "FETCH"
        if count >= SKIPPED_FROM or (count > LINE_LIMIT and not is_mail):
            self._violations.add("literal-too-long", Side.SERVER, line.packet, line.time_ns)
        if is_mail and count < SKIPPED_FROM:
            self._mail = Octets("FETCH")
        else:
            self._words = []
        if not count:
            self._end_literal(whole=True)

    def _read_literal(self) -> Gap | Answer | None:
        """Take what is there of a literal; a hole that it contains is returned."""
        while self._left:
            piece = self.inbox.take(self._left)
            if piece is None:
                return None
            if isinstance(piece, Gap):
                return self._hole(piece)
            self._left -= len(piece.data)
            if self._mail is not None:
                self._mail.carried(piece.packet, piece.time_ns)
                self._mail.add(piece.data)
            elif self._words is not None and self._told is not None:
                self._told.packets.append(piece.packet)
                self._words.append(piece.data[: self._room])
                self._room -= len(self._words[-1])
        self._end_literal(whole=True)
        return None

    def _hole(self, gap: Gap) -> Gap | Answer:
        """Count on through a hole; one that is longer than the literal cuts the reply."""
        inside = min(gap.missing, self._left)
        if self._mail is not None:
            self._mail.hole(inside)
        self._left -= inside
        if gap.missing > inside:
            self._end_literal(whole=False)
            return self._cut(gap)
        if not self._left:
            self._end_literal(whole=True)
        return gap

    def _end_literal(self, whole: bool) -> None:
        """List the mail, or keep the lines of what is none."""
        self._left = 0
        told, mail, words = self._told, self._mail, self._words
        self._mail = self._words = None
        if told is None:
            return
        if mail is not None:
            mail.complete = whole
            if mail.size_bytes or whole:
                told.mails.append((self._item, mail.content()))
        elif words:
            for text in b"".join(words).removesuffix(b"\n").split(b"\n"):
                self._octets += len(text) + _LINE_COSTS
                if self._octets <= REPLY_OCTETS_LIMIT:
                    told.lines.append(text.removesuffix(b"\r"))

    def _cut(self, gap: Gap) -> Answer | Gap:
        """Begin again behind a hole; what it cuts comes first."""
        self._unsure = True
        if self._told is None:
            return gap
        self._gap = gap
        return self._end(None)

    def _end(self, last: bytes | None) -> Answer:
        """Return the reply that ends with the text `last`, None when its end is missing."""
        told, self._told = self._told, None
        if told is None:
            raise RuntimeError("no reply was begun")
        told.whole = last is not None
        if not told.sure and told.mails:
            self._unsure = last is None or not _GOES_ON.match(last)
            if self._unsure:
                for _, content in told.mails:
                    content.complete = False
        return told
