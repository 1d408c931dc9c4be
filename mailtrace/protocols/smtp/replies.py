"""HOT. The server's side: lines become replies (tests/bench, the all-mail capture)."""

from __future__ import annotations

from msgspec import Struct, field

from mailtrace.model import Gap, Outcome, Reply, Side
from mailtrace.model.remembered import Remembered, is_short
from mailtrace.protocols.framing import LINE_LIMIT, NUL, Inbox, Line
from mailtrace.protocols.smtp.grammar import CODES, TEXT_AT, ReplyCode, parse_enhanced
from mailtrace.protocols.violations import Violations

REPLY_LINES_LIMIT = 1000
"""Lines kept of one reply; a HELP text has a hundred."""

REMEMBERED_REPLIES = 1024
"""Replies remembered as they were read: a server says the same few all day."""

REFINED = "245"
"""Classes of replies that an enhanced code can refine."""


class WholeReply(Struct, frozen=True, gc=False):
    """A reply that is one segment, with nothing amiss."""

    status: str
    outcome: Outcome
    lines: tuple[bytes, ...]
    enhanced: str | None


class ReplyReader(Struct, gc=False):
    """Hands out the server's replies one by one. Source: RFC 5321 section 4.2.1.

    A segment that is a reply by itself, as most are, needs none: see `known_reply`.
    """

    _violations: Violations
    inbox: Inbox = field(default_factory=Inbox)
    _lines: list[bytes] = field(default_factory=list)  # of a reply whose last line has not come
    _packets: set[int] = field(default_factory=set)
    _seen: int = 0  # how many lines it has so far
    _status: str = ""

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is begun, once `next()` has nothing to give."""
        return self.inbox.idle and not self._seen

    def next(self) -> Reply | Gap | None:
        """Return the next reply or hole, None when neither is complete."""
        while True:
            line = self.inbox.line()
            if line is None:
                return None
            if isinstance(line, Gap):
                self._lines, self._packets, self._seen = [], set(), 0
                return line
            reply = self._understand(line)
            if reply is not None:
                return reply

    def _understand(self, line: Line) -> Reply | None:
        """Take the next line; return the reply that it completes."""
        if line.faults:
            self._faults(line)
        code = CODES.get(line.line[:TEXT_AT])
        if code is not None and not code.more and not self._seen:
            return self._reply(code, (line.line[TEXT_AT:],), line, line.packets)
        return self._part(code, line)

    def _part(self, code: ReplyCode | None, line: Line) -> Reply | None:
        """Take a line of a multi-line reply, or one that is no reply; return the reply when it is whole."""
        if code is None:
            if line.after_gap:  # the end of a line that the hole swallowed
                return None
            self._violations.add("bad-reply", Side.SERVER, line.packet, line.time_ns)
            if self._seen:
                self._keep(line.line, line)
            return None
        if self._seen and code.status != self._status:
            self._violations.add("reply-code-changed", Side.SERVER, line.packet, line.time_ns)
        self._status = code.status
        self._keep(line.line[TEXT_AT:], line)
        if code.more:
            return None
        lines, packets = tuple(self._lines), tuple(sorted(self._packets.union(line.packets)))
        self._lines, self._packets, self._seen = [], set(), 0
        return self._reply(code, lines, line, packets)

    def _keep(self, text: bytes, line: Line) -> None:
        """Keep one line of a reply that goes on."""
        self._seen += 1
        if self._seen <= REPLY_LINES_LIMIT:
            self._lines.append(text)
            self._packets.update(line.packets)
        elif self._seen == REPLY_LINES_LIMIT + 1:
            self._violations.add("reply-too-long", Side.SERVER, line.packet, line.time_ns)

    def _reply(self, last: ReplyCode, lines: tuple[bytes, ...], line: Line, packets: tuple[int, ...]) -> Reply:
        """Make the reply whose last line has come; its code is the one that counts. Source: RFC 5321 section 4.2.1."""
        enhanced = _enhanced(last, line.line[TEXT_AT:])
        if enhanced is not None and enhanced[0] != last.status[0]:
            self._violations.add("enhanced-code-mismatch", Side.SERVER, line.packet, line.time_ns)
            enhanced = None
        return Reply(last.status, last.outcome, lines, line.packet, line.time_ns, packets, enhanced)

    def _faults(self, line: Line) -> None:
        """Report what is wrong with a line's octets."""
        for fault in line.faults:
            self._violations.add(fault, Side.SERVER, line.packet, line.time_ns)


def _whole(octets: bytes) -> WholeReply | None:
    """Read a segment that is one reply, each line with the same code and the right end; None for anything else."""
    lines = octets.split(b"\r\n", REPLY_LINES_LIMIT)
    if lines.pop() or not lines or len(octets) > LINE_LIMIT or NUL in octets or lines != octets.splitlines():
        return None
    line = lines[-1]
    last, text = CODES.get(line[:TEXT_AT]), line[TEXT_AT:]
    if last is None or last.more:
        return None
    texts: tuple[bytes, ...] = (text,)
    if len(lines) > 1:
        if (b"\r\n" + octets).count(b"\r\n%b-" % last.status.encode()) != len(lines) - 1:
            return None
        texts = tuple([line[TEXT_AT:] for line in lines])
    enhanced = parse_enhanced(text)
    if enhanced is not None and enhanced[0] != last.status[0]:
        return None if last.status[0] in REFINED else WholeReply(last.status, last.outcome, texts, None)
    return WholeReply(last.status, last.outcome, texts, enhanced)


known_reply = Remembered(_whole, REMEMBERED_REPLIES, is_short).__getitem__
"""See `_whole`."""


def _enhanced(last: ReplyCode, text: bytes) -> str | None:
    """Return the enhanced code of a reply, whose class must be that of the reply. Source: RFC 2034 section 4."""
    return parse_enhanced(text) if last.status[0] in REFINED else None
