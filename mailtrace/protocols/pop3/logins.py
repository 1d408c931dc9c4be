"""The logins of a POP3 conversation: USER and PASS, APOP, and SASL exchanges."""

from __future__ import annotations

from mailtrace.model import Continuation, Dialogue, Login, Outcome, Reply, Turn, wire_text
from mailtrace.protocols.attempts import Attempt, Attempts
from mailtrace.protocols.pop3.grammar import Request
from mailtrace.protocols.sasl import UNREADABLE
from mailtrace.protocols.violations import Violations


class Logins(Attempts):
    """Watches commands and answers; an attempt is owned by the turn whose answer decides it."""

    def __init__(self, dialogue: Dialogue, violations: Violations) -> None:
        """Begin with nobody logged in."""
        super().__init__(dialogue, violations)
        self._named: Turn | None = None  # the last USER

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
            self._begin(Attempt(turn, "USER", packets, user))
        elif request.verb == "APOP":
            user = wire_text(argument.rpartition(b" ")[0].strip()) or None
            self._begin(Attempt(turn, "APOP", packets, user))
        elif argument:
            self._begin_exchange(turn, argument, packets, command.time_ns)

    def response(self, turn: Turn, continuation: Continuation) -> None:
        """Take a line of the client that belongs to the SASL exchange `turn`."""
        if self._attempt is None and turn.command is None:  # its AUTH was not captured
            self._begin(Attempt(turn, UNREADABLE, ()))
        attempt = self._of(turn)
        if attempt is not None:
            attempt.packets += continuation.packets
            self._respond(attempt, continuation.line, continuation.packet, continuation.time_ns)

    def answer(self, turn: Turn, reply: Reply) -> None:
        """Take an answer; `+OK` and `-ERR` decide."""
        attempt = self._of(turn)
        if attempt is not None:
            attempt.packets += reply.packets
            if reply.outcome is not Outcome.MORE:
                self._decide(reply.outcome is Outcome.GOOD)
        elif turn is self._named and reply.outcome is Outcome.NO and turn.command is not None:
            command, self._named = turn.command, None
            user = wire_text(command.line[command.argument_at :].strip())
            packets = tuple(sorted({*command.packets, *reply.packets}))
            self._dialogue.logins.append(Login("USER", user, False, packets))
