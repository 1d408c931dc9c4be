"""ident: one line asks who owns a connection, one line answers. Most of its meaning is in what is not said.

A question that nobody answers, or that is refused, has no turn or an open one: the packets tell the rest.
"""

from __future__ import annotations

from collections import deque

from mailtrace.model import Closed, Command, Data, Dialogue, Gap, Outcome, Reply, Side, StreamEvent, Transport, Turn
from mailtrace.protocols.framing import Inbox, Line
from mailtrace.protocols.ident.grammar import MAX_LINE_OCTETS, MAX_USER_OCTETS, Answer, Ports, parse_answer, parse_ports
from mailtrace.protocols.violations import Violations

MAX_PENDING = 1_000  # questions waiting for an answer: RFC 1413 section 3 has them answered in order


class IdentSession:
    """Understands one ident conversation."""

    def __init__(self, transport: Transport) -> None:
        """Begin with nothing asked."""
        self.dialogue = Dialogue()
        self._inboxes = (Inbox(), Inbox())
        self._pending: deque[tuple[Turn, Ports | None]] = deque()
        self._violations = Violations(self.dialogue)

    def feed(self, event: StreamEvent) -> None:
        """Take the next event of the stream."""
        if isinstance(event, Closed):
            if event.how == "fin":
                self._flush(event.side)
        else:
            self._inboxes[event.side].add(event)
            self._drain(event.side)

    def finish(self) -> None:
        """No more will come; a line whose end was not captured is not told, for nobody knows how it goes on."""

    def _drain(self, side: Side) -> None:
        """Read all lines that are whole."""
        while (line := self._inboxes[side].line()) is not None:
            if not isinstance(line, Line):
                self.dialogue.events.append(line)
                continue
            for fault in line.faults:
                self._violations.add(fault, side, line.packet, line.time_ns)
            self._line(side, line)

    def _flush(self, side: Side) -> None:
        """Read the line that its speaker closed the connection in the middle of."""
        pieces: list[Data] = []
        while (piece := self._inboxes[side].take()) is not None:
            if isinstance(piece, Gap):
                self.dialogue.events.append(piece)
                pieces.clear()
            elif piece.data:
                pieces.append(piece)
        if pieces:
            last = pieces[-1]
            octets = b"".join([piece.data for piece in pieces])
            packets = tuple(sorted({piece.packet for piece in pieces}))
            self._violations.add("unfinished-line", side, last.packet, last.time_ns, "the last line has no end")
            self._line(side, Line(octets.removesuffix(b"\r"), last.packet, last.time_ns, packets))

    def _line(self, side: Side, line: Line) -> None:
        if side is Side.CLIENT:
            self._question(line)
        else:
            self._answer(line)

    def _question(self, line: Line) -> None:
        """Open a turn; behind a hole the line may be the rest of one. Source: RFC 1413 section 3."""
        ports = None if line.after_gap else self._asked_about(line)
        command = Command("QUERY", line.line, 0, line.packet, line.time_ns, line.packets, certain=not line.after_gap)
        turn = Turn(command)
        self.dialogue.events.append(command)
        self.dialogue.turns.append(turn)
        self._pending.append((turn, ports))
        if len(self._pending) > MAX_PENDING:
            self._pending.popleft()
            detail = f"more than {MAX_PENDING} questions wait; the oldest is taken for unanswered"
            self._name("too-many-pending-commands", Side.CLIENT, line, detail)

    def _asked_about(self, line: Line) -> Ports | None:
        """Read a question, and name what is wrong with it."""
        ports = parse_ports(line.line)
        if ports is None:
            self._name("bad-question", Side.CLIENT, line, "the question is not two port numbers with a comma between")
        elif not ports.valid:
            detail = f"{ports.server} , {ports.client}: a port number is from 1 to 65535"
            self._name("port-out-of-range", Side.CLIENT, line, detail)
        return ports

    def _answer(self, line: Line) -> None:
        """Close the oldest open turn; the rest of a line that a hole cut is no answer. Source: RFC 1413 section 4."""
        answer = parse_answer(line.line)
        if line.after_gap and not answer.complete:
            return
        outcome = Outcome.GOOD if answer.status == "USERID" and answer.complete else Outcome.NO
        reply = Reply(answer.status, outcome, (line.line,), line.packet, line.time_ns, line.packets)
        asked: Ports | None = None
        if self._pending:
            turn, asked = self._pending.popleft()
        else:
            if self.dialogue.turns and self.dialogue.turns[0].command is not None:
                self._name("unmatched-reply", Side.SERVER, line, "an answer came that no question asked for")
            turn = Turn(None)
            self.dialogue.turns.append(turn)
        if not line.after_gap:
            self._judge(answer, asked, line)
        self.dialogue.events.append(reply)
        turn.replies.append(reply)

    def _judge(self, answer: Answer, asked: Ports | None, line: Line) -> None:
        """Name what is wrong with an answer. Source: RFC 1413 section 6."""
        if not answer.complete:
            self._name("bad-answer", Side.SERVER, line, "the answer lacks a part: ports : USERID : system : user")
        elif answer.status not in ("USERID", "ERROR"):
            self._name("bad-answer", Side.SERVER, line, "the answer is neither USERID nor ERROR")
        if answer.ports is not None and asked is not None and answer.ports != asked:
            detail = f"asked about {asked.server} , {asked.client}, answered about {answer.ports.server} , "
            self._name("ports-differ", Side.SERVER, line, f"{detail}{answer.ports.client}")
        if answer.user is not None and len(answer.user) > MAX_USER_OCTETS:
            detail = f"the user name has {len(answer.user)} octets, more than {MAX_USER_OCTETS}"
            self._name("user-too-long", Side.SERVER, line, detail)
        elif len(line.line) > MAX_LINE_OCTETS:
            detail = f"the answer has {len(line.line)} octets, more than {MAX_LINE_OCTETS}"
            self._name("answer-too-long", Side.SERVER, line, detail)

    def _name(self, code: str, side: Side, line: Line, detail: str) -> None:
        self._violations.add(code, side, line.packet, line.time_ns, detail)
