"""The logins of a POP3 conversation: USER and PASS, APOP, and SASL exchanges."""

from __future__ import annotations

from mailtrace.model import Continuation, Dialogue, Login, Outcome, Reply, Side, Turn, wire_text
from mailtrace.protocols.pop3.grammar import Request
from mailtrace.protocols.sasl import UNREADABLE, Exchange, is_mechanism
from mailtrace.protocols.violations import Violations


class _Attempt:
    """A login that is not decided: `turn` is the one whose answer decides it."""

    __slots__ = ("exchange", "mechanism", "packets", "turn", "user")

    def __init__(self, mechanism: str, user: str | None, packets: tuple[int, ...], turn: Turn) -> None:
        """Begin with the packets of the commands."""
        self.mechanism = mechanism
        self.user = user
        self.packets = packets
        self.turn = turn
        self.exchange: Exchange | None = None


class Logins:
    """Watches commands and answers, and appends a `Login` for each attempt when it is decided."""

    def __init__(self, dialogue: Dialogue, violations: Violations) -> None:
        """Begin with nobody logged in."""
        self._dialogue = dialogue
        self._violations = violations
        self._named: Turn | None = None  # the last USER
        self._attempt: _Attempt | None = None

    def command(self, turn: Turn, request: Request) -> None:
        """Take a command. Source: RFC 1939 section 7, RFC 5034 section 4."""
        command = turn.command
        if command is None or request.verb not in ("USER", "PASS", "APOP", "AUTH"):
            return
        argument = request.argument.strip()
        user: str | None = None
        packets = command.packets
        if request.verb == "USER":
            self._named = turn
        elif request.verb == "PASS":
            if self._named is not None and self._named.command is not None:
                named = self._named.command
                user, packets = wire_text(named.line[named.argument_at :].strip()), named.packets + packets
                self._named = None
            self._begin(_Attempt("USER", user, packets, turn))
        elif request.verb == "APOP":
            user = wire_text(argument.rpartition(b" ")[0].strip()) or None
            self._begin(_Attempt("APOP", user, command.packets, turn))
        elif argument:
            mechanism, _, response = argument.partition(b" ")
            name = wire_text(mechanism).upper() if is_mechanism(mechanism) else UNREADABLE
            attempt = _Attempt(name, None, command.packets, turn)
            attempt.exchange = Exchange(attempt.mechanism)
            self._begin(attempt)
            if response.strip():
                self._respond(attempt, response, command.packet, command.time_ns)

    def response(self, turn: Turn, continuation: Continuation) -> None:
        """Take a line of the client that belongs to the SASL exchange `turn`."""
        attempt = self._attempt
        if attempt is None and turn.command is None:  # its AUTH was not captured
            attempt = self._attempt = _Attempt(UNREADABLE, None, (), turn)
        if attempt is not None and attempt.turn is turn:
            attempt.packets += continuation.packets
            self._respond(attempt, continuation.line, continuation.packet, continuation.time_ns)

    def answer(self, turn: Turn, reply: Reply) -> None:
        """Take an answer; `+OK` and `-ERR` decide."""
        attempt = self._attempt
        if attempt is not None and attempt.turn is turn:
            attempt.packets += reply.packets
            if reply.outcome is not Outcome.MORE:
                self._decide(reply.outcome is Outcome.GOOD)
        elif turn is self._named and reply.outcome is Outcome.NO and turn.command is not None:
            command, self._named = turn.command, None
            user = wire_text(command.line[command.argument_at :].strip())
            packets = _in_order(command.packets + reply.packets)
            self._dialogue.logins.append(Login("USER", user, False, packets))

    def finish(self) -> None:
        """No more will come: what is open stays undecided."""
        self._decide(None)

    def _begin(self, attempt: _Attempt) -> None:
        self._decide(None)
        self._attempt = attempt

    def _decide(self, accepted: bool | None) -> None:
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            login = Login(attempt.mechanism, attempt.user, accepted, _in_order(attempt.packets))
            self._dialogue.logins.append(login)

    def _respond(self, attempt: _Attempt, text: bytes, packet: int, time_ns: int) -> None:
        """Give a response to the SASL exchange."""
        exchange = attempt.exchange
        if exchange is None:
            return
        was_broken = exchange.broken
        exchange.response(text)
        attempt.user = exchange.user
        if exchange.broken and not was_broken:
            self._violations.add("bad-base64", Side.CLIENT, packet, time_ns)


def _in_order(packets: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(set(packets)))
