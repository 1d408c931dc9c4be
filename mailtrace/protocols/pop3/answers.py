"""The server's half of POP3: which lines and messages are one answer. What it answers is told by `Listener.asked`.

An answer is one line, or a line and items up to a lone dot, or a line and a message up to a lone dot. Which it is
depends on the command and on `+OK`, so the session is asked at the first line. Where it does not know, because the
commands were not captured, the answer waits for what comes behind it: another answer means that it was one line, a
mail header means a message, anything else items.
"""

from __future__ import annotations

from enum import Enum
from typing import Protocol
from weakref import proxy

from mailtrace.model import Content, Data, Dialogue, Gap, Outcome, Reply, Side
from mailtrace.protocols.framing import DotBlock, Inbox, Line
from mailtrace.protocols.pop3.grammar import Shape, announced_octets, looks_like_header, parse_status
from mailtrace.protocols.violations import Violations

ITEMS_OCTETS_LIMIT = 4 * 1024 * 1024  # of one answer: a list of 100,000 mails has 1 MiB
PEEKED_OCTETS = 512  # enough to see what kind of line follows an answer nobody asked for


class _State(Enum):
    """What the next octets of the server are."""

    STATUS = "the first line of an answer"
    ITEMS = "an item of an answer"
    MESSAGE = "a message"
    STRAY = "lines whose beginning is not known"


class Listener(Protocol):
    """Who takes what the server says."""

    def asked(self, reply: Reply) -> tuple[Shape | None, str]:
        """Tell what follows the first line of this answer (None: not known) and the verb it answers."""

    def told(self, reply: Reply) -> None:
        """Take an answer that is complete but for a message."""

    def more_asked(self) -> bool:
        """Tell whether a further command waits for its answer."""


class AnswerReader:
    """Reads one side's octets from `inbox`; appends messages to the dialogue itself and tells answers to `listener`."""

    def __init__(self, inbox: Inbox, dialogue: Dialogue, violations: Violations, listener: Listener) -> None:
        """Begin where an answer begins."""
        self._inbox = inbox
        self._dialogue = dialogue
        self._violations = violations
        self._listener = proxy(listener)  # it owns this reader: a circle would outlive the conversation
        self._state = _State.STATUS
        self._unsure: Reply | None = None
        self._first: Line | None = None  # of the answer whose items are being read
        self._reply: Reply | None = None
        self._items: list[bytes] = []
        self._items_octets = 0
        self._packets: list[int] = []
        self._block: DotBlock | None = None
        self._announced: int | None = None
        self._doubtful = False  # the answer being read may be lines of a message whose beginning is missing
        self._content_at = 0

    def step(self) -> bool:
        """Read one line or piece; false when there is nothing whole to read."""
        if self._block is not None:
            return self._read_message(self._block)
        if self._unsure is not None and not self._make_sure():
            return False
        if self._block is not None:
            return True
        line = self._inbox.line()
        if line is None:
            return False
        if isinstance(line, Gap):
            self._dialogue.events.append(line)
            return True
        for fault in line.faults:
            self._violations.add(fault, Side.SERVER, line.packet, line.time_ns)
        if self._state is _State.ITEMS:
            self._read_item(line)
        else:
            self._read_status(line)
        return True

    def settle(self) -> None:
        """Something else happened: an answer that nothing follows so far was one line."""
        reply, self._unsure = self._unsure, None
        if reply is not None:
            self._listener.told(reply)

    def finish(self) -> None:
        """No more will come: tell what is there."""
        self.settle()
        if self._state is _State.ITEMS:
            self._end_items()
        if self._block is not None:
            self._block.flush()
            self._end_message(self._block)

    def _read_status(self, line: Line) -> None:
        """Read the first line of an answer, or pass over one that is none."""
        status = parse_status(line.line)
        if status is None:
            if self._state is not _State.STRAY and not line.after_gap:
                self._violations.add("bad-reply", Side.SERVER, line.packet, line.time_ns)
            self._state = _State.STATUS if line.line == b"." else _State.STRAY
            return
        self._doubtful = line.after_gap or self._state is _State.STRAY
        self._state = _State.STATUS
        reply = Reply(status.status, status.outcome, (status.text,), line.packet, line.time_ns, line.packets)
        shape, verb = self._listener.asked(reply)
        if shape is None and reply.outcome is Outcome.GOOD:
            self._unsure = reply
        elif shape is Shape.ITEMS:
            self._begin_items(reply)
        else:
            self._listener.told(reply)
            if shape is Shape.MESSAGE:
                self._begin_message(reply, verb)

    def _make_sure(self) -> bool:
        """Look at what follows an answer nobody asked for; false while that is not to be seen."""
        reply = self._unsure
        start = self._inbox.peek(PEEKED_OCTETS)
        if reply is None or not start:
            if self._inbox.next_packet() is None:
                return False
            self.settle()  # a hole comes next
            return True
        line, ended, _ = start.partition(b"\n")
        if not ended and len(start) < PEEKED_OCTETS:
            return False
        if parse_status(line.removesuffix(b"\r")) is not None:
            self.settle()
        elif looks_like_header(line):
            self.settle()
            self._begin_message(reply, "RETR")
        else:
            self._unsure = None
            self._begin_items(reply)
        return True

    def _begin_items(self, reply: Reply) -> None:
        self._state = _State.ITEMS
        self._reply = reply
        self._items = list(reply.lines)
        self._items_octets = 0
        self._packets = list(reply.packets)

    def _read_item(self, line: Line) -> None:
        """Take one line of a multi-line answer. Source: RFC 1939 section 3."""
        text = line.line
        if line.after_gap and parse_status(text) is not None:  # the hole swallowed the end
            self._end_items()
            self._read_status(line)
            return
        self._packets += [packet for packet in line.packets if packet != self._packets[-1]]
        if text == b".":
            self._end_items(line)
            return
        if text.startswith(b"."):
            text = text[1:]
        self._items_octets += len(text) + 64  # what a line costs at least
        if self._items_octets > ITEMS_OCTETS_LIMIT:
            self._violations.add("reply-too-long", Side.SERVER, line.packet, line.time_ns)
        else:
            self._items.append(text)

    def _end_items(self, last: Line | None = None) -> None:
        """Tell the answer with its items; `last` is the line with the dot, None when it was not captured."""
        self._state = _State.STATUS
        reply, self._reply = self._reply, None
        if reply is None:
            return
        packet, time_ns = (reply.packet, reply.time_ns) if last is None else (last.packet, last.time_ns)
        packets = tuple(sorted(set(self._packets)))
        self._listener.told(Reply(reply.status, reply.outcome, tuple(self._items), packet, time_ns, packets))
        self._items = []

    def _begin_message(self, reply: Reply, verb: str) -> None:
        """A message follows, and its `Content` will stand right behind its answer."""
        self._block = DotBlock(verb)
        self._announced = announced_octets(reply.lines[0]) if verb == "RETR" else None
        self._content_at = len(self._dialogue.events)

    def _read_message(self, block: DotBlock) -> bool:
        """Take the next piece of a message."""
        piece = self._inbox.take()
        if piece is None:
            return False
        if isinstance(piece, Gap):
            block.gap(piece)
            self._dialogue.events.append(piece)
            return True
        if self._overrun(block, piece):
            self._inbox.put_back(piece, 0)
            block.flush()
            self._end_message(block)
            return True
        used = block.feed(piece)
        for found in block.variants:
            detail = f"the message holds {found.octets!r}, which some programs take for its end"
            self._violations.add("end-of-data-variant", Side.SERVER, found.packet, found.time_ns, detail)
        block.variants.clear()
        if block.ended:
            if used < len(piece.data):
                self._inbox.put_back(piece, used)
            self._end_message(block)
        return True

    def _overrun(self, block: DotBlock, piece: Data) -> bool:
        """Tell whether the end of the message was lost: the client went on, and another answer begins here."""
        doubtful = block.octets.has_holes or not block.octets.size_bytes or block.variants_seen
        if not doubtful or not self._listener.more_asked():
            return False
        first = piece.data.partition(b"\n")[0].removesuffix(b"\r")
        return parse_status(first) is not None

    def _end_message(self, block: DotBlock) -> None:
        """Put the message behind its answer, and compare its size with the one announced."""
        self._block = None
        content: Content = block.octets.content()
        content.complete = content.complete and not self._doubtful
        if not content.size_bytes and not content.complete:
            return
        self._dialogue.events.insert(self._content_at, content)
        self._dialogue.contents.append(content)
        if content.complete and self._announced not in (None, content.size_bytes):
            detail = f"{self._announced} octets were announced, {content.size_bytes} came"
            self._violations.add("size-mismatch", Side.SERVER, content.packet, content.time_ns, detail)
