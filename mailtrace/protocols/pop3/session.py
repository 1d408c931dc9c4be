"""POP3 understood: commands paired with answers, logins, mails fetched, and where the conversation goes dark.

The client's lines are commands, but for SASL responses: lines after a challenge, and lines after AUTH that are no known
command (the challenge may not have been captured, and a response shown as a command would tell a password). Between
STLS and its answer the client's octets wait: the answer decides whether they are commands.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from operator import attrgetter

from mailtrace.model import (
    Closed,
    Command,
    Continuation,
    Dialogue,
    Encryption,
    Gap,
    Outcome,
    Reply,
    Side,
    StreamEvent,
    Transport,
    Turn,
    WentDark,
    wire_text,
)
from mailtrace.protocols.base import Secure
from mailtrace.protocols.framing import Inbox, Line
from mailtrace.protocols.pairing import Pairing
from mailtrace.protocols.pop3.answers import AnswerReader
from mailtrace.protocols.pop3.grammar import (
    VERBS,
    Shape,
    answer_shape,
    looks_like_greeting,
    parse_request,
    secret_spans,
    shown_requests,
)
from mailtrace.protocols.pop3.logins import Logins
from mailtrace.protocols.pop3.sending import Sending, sends_mail
from mailtrace.protocols.sasl import may_be_response, secret_span
from mailtrace.protocols.violations import SAYINGS, Violations

HELD_OCTETS_LIMIT = 64 * 1024  # of one side while it is open whether TLS begins: a ClientHello has a few hundred

SHOWN_OCTETS = 80  # of what was sent in clear where it should not: enough to see what it is

_TLS_STARTS = (b"\x16\x03", b"\x15\x03", b"\x80")  # handshake, alert, the hello of SSL 2: RFC 8446 section 5.1


class _Clarity(Enum):
    """Whether the octets can be read."""

    CLEAR = "they can"
    ASKED = "STLS waits for its answer"
    AGREED = "TLS begins, unless the client goes on in clear"
    DARK = "they are encrypted"


class Pop3Session:
    """Understands one POP3 conversation. Source: RFC 1939."""

    def __init__(self, transport: Transport) -> None:
        """Begin before the greeting."""
        self.dialogue = Dialogue()
        self.secure: Secure | None = None
        self._begin()

    def _begin(self) -> None:
        """Know nothing, and have nothing open; what was said before stays in the dialogue."""
        self._violations = Violations(self.dialogue)
        self._client, self._server = Inbox(), Inbox()
        self._answers = AnswerReader(self._server, self.dialogue, self._violations, self)
        self._pairing: Pairing[Turn] = Pairing(_is_challenge_to)
        self._logins = Logins(self.dialogue, self._violations)
        self._sending = Sending(self._client, self.dialogue, self._violations)
        self._clarity = _Clarity.CLEAR
        self._answered: Turn | None = None  # the turn of the answer being read
        self._now_ns = 0
        self._greeted = self._client_spoke = self._has_gaps = False
        self._sasl: Turn | None = None  # the AUTH whose responses may still come
        self._challenged = False
        self._stls: Turn | None = None
        self._unsure = False  # a hole may have swallowed what the next lines of the client belong to
        self._landmark: int | None = None  # packet of a command behind it
        self._doubtful = False  # a hole may have swallowed the AUTH that the next lines of the client belong to
        self._early = False  # the answer being read came while nothing was asked
        self._orphans: deque[Turn] = deque()  # such answers, in step with `Pairing.early`

    def feed(self, event: StreamEvent) -> None:
        """Take the next event of the stream."""
        if self._clarity is _Clarity.DARK:
            return
        self._now_ns = event.time_ns
        if isinstance(event, Closed):
            if event.side is Side.SERVER:
                self._answers.finish()
            return
        if isinstance(event, Gap):
            self._note_gap(event)
        (self._client if event.side is Side.CLIENT else self._server).add(event)
        if self._clarity is not _Clarity.CLEAR:
            self._look_for_tls()
        self._read()

    def finish(self) -> None:
        """No more will come."""
        if self._clarity is _Clarity.AGREED:
            self._name_clear_reply()
        self._sending.give_up()
        self._read()
        self._sending.finish()
        self._answers.finish()
        self._overtake(None)
        self._logins.finish()

    def asked(self, reply: Reply) -> tuple[Shape | None, str]:
        """Find the command an answer belongs to; see `Listener`."""
        self._answered = None
        self._early = False
        first, self._greeted = not self._greeted, True
        if first and (not self._pairing.waiting or looks_like_greeting(reply.lines[0])):
            if self._pairing.waiting:
                self._violations.add("early-talker", Side.CLIENT, reply.packet, reply.time_ns)
            return (Shape.LINE if self._client_spoke else None), ""
        self._early = not self._pairing.waiting
        turn = None if self._early else self._pairing.answer(reply)
        if turn is None:
            return None, ""
        self._answered = turn
        if turn.command is None:
            return Shape.LINE, ""
        request = parse_request(turn.command.line)
        return answer_shape(request, reply.outcome), request.verb

    def told(self, reply: Reply) -> None:
        """Take an answer; see `Listener`."""
        turn, self._answered = self._answered, None
        self.dialogue.events.append(reply)
        if turn is None:
            self._orphan(reply)
        else:
            turn.replies.append(reply)
            self._follow(turn, reply)

    def _follow(self, turn: Turn, reply: Reply) -> None:
        """Do what the answer to a command brings about."""
        self._logins.answer(turn, reply)
        if turn is self._sending.turn:
            self._sending.answered(reply)
        if turn is self._sasl:
            self._challenged = reply.outcome is Outcome.MORE
            if reply.outcome is Outcome.GOOD:
                self._sasl = None
        if self._clarity is _Clarity.ASKED and turn is self._stls:
            self._clarity = _Clarity.AGREED if reply.outcome is Outcome.GOOD else _Clarity.CLEAR
            if self._clarity is _Clarity.AGREED:
                self._name_clear_commands()

    def more_asked(self) -> bool:
        """Tell whether a command waits for its answer; see `Listener`."""
        return self._pairing.waiting

    def _read(self) -> None:
        """Read both sides as far as they go; an answer to STLS can let the client's side go on."""
        going = True
        while going:
            going = False
            while self._clarity is _Clarity.CLEAR and self._read_client():
                going = True
            while self._clarity in (_Clarity.CLEAR, _Clarity.ASKED) and self._answers.step():
                going = True
                if self._clarity is _Clarity.CLEAR and self._client.waiting:
                    break  # STLS was refused: what the client sent behind it comes first

    def _read_client(self) -> bool:
        """Read one line of the client, or a piece of a mail it sends; false when there is none."""
        sending = self._sending.turn
        if sending is not None:
            if self._client.waiting:
                self._answers.settle()
            read, packet = self._sending.step()
            if packet is not None:
                self._pairing.ask(sending, packet)
            return read
        line = self._client.line()
        if line is None:
            return False
        self._answers.settle()
        if isinstance(line, Gap):
            self.dialogue.events.append(line)
            return True
        self._client_spoke = True
        for fault in line.faults:
            self._violations.add(fault, Side.CLIENT, line.packet, line.time_ns)
        if self._is_response(line):
            self._take_response(line)
        else:
            self._take_command(line)
        return True

    def _is_response(self, line: Line) -> bool:
        """Tell whether a line belongs to a SASL exchange, or may be the rest of a line that tells a secret."""
        if self._sasl is not None and self._challenged:
            return True
        known = parse_request(line.line).verb in VERBS
        self._doubtful = (self._doubtful or line.after_gap) and not known
        return not known and (self._sasl is not None or self._doubtful or may_be_response(line.line))

    def _take_command(self, line: Line) -> None:
        """Open a turn."""
        request = parse_request(line.line)
        if line.line[:1] in (b" ", b"\t"):
            self._violations.add("space-before-command", Side.CLIENT, line.packet, line.time_ns)
        command = Command(
            request.verb,
            line.line,
            request.argument_at,
            line.packet,
            line.time_ns,
            line.packets,
            secret_spans(request, line.line, whole=not line.after_gap),
            certain=self._is_sure(line.packet),
        )
        if self._unsure and request.verb in VERBS:
            self._landmark = line.packet
        turn = Turn(command)
        self.dialogue.events.append(command)
        self.dialogue.turns.append(turn)
        self._ask(turn, line)
        self._logins.command(turn, request)
        self._sasl = turn if request.verb == "AUTH" and request.argument.strip() else None
        self._challenged = False
        if request.verb == "STLS":  # RFC 2595 section 4
            self._clarity = _Clarity.ASKED
            self._stls = turn
        elif sends_mail(request):
            self._sending.begin(turn)
        if self._orphans:
            self._adopt(turn, line.packet)

    def _is_sure(self, packet: int) -> bool:
        """After a hole: a command was answered and the client speaks again, so this is none of a mail it sends.

        Of a capture without the server, one command is all that can be waited for.
        """
        if self._unsure and self._landmark is not None:
            self._unsure = self._greeted and not self._landmark < self._pairing.last_reply < packet
        return not self._unsure

    def _take_response(self, line: Line) -> None:
        """Take a line of a SASL exchange, the beginning of which may be lost. Source: RFC 5034 section 4."""
        turn = self._sasl
        if turn is None:
            turn = self._sasl = Turn(None)
            self.dialogue.turns.append(turn)
        if self._unsure and not self._is_sure(line.packet):
            self._landmark = line.packet
        continuation = Continuation(line.line, line.packet, line.time_ns, line.packets, secret_span(line.line))
        self.dialogue.events.append(continuation)
        turn.continuations.append(continuation)
        self._challenged = False
        self._logins.response(turn, continuation)
        self._ask(turn, line)

    def _ask(self, turn: Turn, line: Line) -> None:
        if not self._pairing.ask(turn, line.packet) and self._greeted:
            self._violations.add("too-many-pending-commands", Side.CLIENT, line.packet, line.time_ns)

    def _note_gap(self, gap: Gap) -> None:
        self._has_gaps = True
        if gap.side is Side.CLIENT:
            self._pairing.commands_lost()
            self._unsure, self._landmark = True, None
        else:
            self._pairing.replies_lost(gap.packet)
            self._sending.give_up()

    def _look_for_tls(self) -> None:
        """See whether TLS begins, or whether the conversation goes on in clear after all."""
        client = self._client.peek(2)
        agreed = self._clarity is _Clarity.AGREED
        if client.startswith(_TLS_STARTS) or (agreed and self._server.peek(2).startswith(_TLS_STARTS)):
            self._go_dark(Side.CLIENT if client.startswith(_TLS_STARTS) else Side.SERVER)
        elif agreed and not client and self._client.next_packet() is not None:
            self._go_dark(Side.CLIENT)  # the ClientHello fell into a hole
        elif agreed and len(client) == 2:
            self._clarity = _Clarity.CLEAR
            self._name("plaintext-instead-of-tls", Side.CLIENT)
        elif max(self._client.waiting, self._server.waiting) > HELD_OCTETS_LIMIT:
            self._clarity = _Clarity.CLEAR

    def _go_dark(self, side: Side) -> None:
        """TLS begins: what either side sent in clear before it, without waiting, was injected or is lost."""
        inbox = self._client if side is Side.CLIENT else self._server
        packet = inbox.next_packet() or 0
        if side is Side.CLIENT:
            self._name_clear_reply()
        self._clarity = _Clarity.DARK
        self.dialogue.encryption = Encryption.STARTTLS
        self.dialogue.events.append(WentDark("starttls", packet, self._now_ns))
        if self.secure is not None:
            rest = sorted([*self._client.rest(), *self._server.rest()], key=attrgetter("packet"))
            self._begin()
            self._greeted = True  # inside TLS the client speaks first. RFC 2595 section 4
            self.secure(rest)

    def _name_clear_commands(self) -> None:
        """Name what the client sent behind STLS without waiting for the answer. Source: RFC 2595 section 4."""
        if self._client.waiting and not self._client.peek(2).startswith(_TLS_STARTS):
            self._name("plaintext-after-starttls", Side.CLIENT)
            self._client.rest()

    def _name_clear_reply(self) -> None:
        """Name what the server sent behind its agreement to start TLS."""
        if self._server.waiting and not self._server.peek(2).startswith(_TLS_STARTS):
            self._name("plaintext-after-starttls-reply", Side.SERVER)
            self._server.rest()

    def _name(self, code: str, side: Side) -> None:
        """Name what waits on one side, and show how it begins."""
        inbox = self._client if side is Side.CLIENT else self._server
        octets = inbox.peek(SHOWN_OCTETS)
        shown = shown_requests(octets) if side is Side.CLIENT else wire_text(octets)
        detail = f"{SAYINGS[code]}: {shown!r}"
        self._violations.add(code, side, inbox.next_packet() or 0, self._now_ns, detail)

    def _orphan(self, reply: Reply) -> None:
        """Tell an answer without its command: the greeting, or one whose command was not captured or comes late."""
        turn = Turn(None, [reply])
        self.dialogue.turns.append(turn)
        self._sending.heard(reply.packet)
        if reply.outcome is Outcome.MORE:
            self._sasl, self._challenged = turn, True
        if self._early:
            self._orphans.append(turn)
            if self._pairing.hold(reply) is not None:
                self._unmatched(self._orphans.popleft())

    def _adopt(self, turn: Turn, packet: int) -> None:
        """Give a command that was delivered late the answer that came meanwhile."""
        self._overtake(None if self._unsure else packet)  # behind a hole they may be what it swallowed was answered
        if not self._orphans:
            return
        orphan = self._orphans.popleft()
        turn.replies = orphan.replies
        self._pairing.answer(self._pairing.early.popleft())
        turns = self.dialogue.turns
        del turns[next(at for at in range(len(turns) - 1, -1, -1) if turns[at] is orphan)]
        self._follow(turn, turn.replies[0])

    def _overtake(self, packet: int | None) -> None:
        """Give up on the commands of answers that came before `packet` (None: of all)."""
        while self._orphans and (packet is None or self._orphans[0].replies[0].packet < packet):
            self._pairing.early.popleft()
            self._unmatched(self._orphans.popleft())

    def _unmatched(self, orphan: Turn) -> None:
        if self._client_spoke and not self._has_gaps:
            reply = orphan.replies[0]
            self._violations.add("unmatched-reply", Side.SERVER, reply.packet, reply.time_ns)


def _is_challenge_to(turn: Turn, status: str) -> bool:
    """Tell whether a reply can answer this command alone: a challenge, the one that logs in. See `Pairing`."""
    return status == "+" and turn.command is not None and turn.command.verb == "AUTH"
