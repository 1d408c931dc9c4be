"""The AUTH exchanges of a conversation. Source: RFC 4954 section 4."""

from __future__ import annotations

from mailtrace.model import Command, Dialogue, Login, Outcome, Reply, Side
from mailtrace.protocols.framing import Line
from mailtrace.protocols.sasl import UNREADABLE, Exchange, is_mechanism, secret_from, secret_span
from mailtrace.protocols.violations import Violations

SECRET_VERBS = frozenset({"AUTH", "PASS"})
"""Commands that may hold a secret."""


class LoginBook:
    """Follows one exchange after another and lists each as a `Login`."""

    __slots__ = ("_dialogue", "_exchange", "_packets", "_violations")

    def __init__(self, dialogue: Dialogue, violations: Violations) -> None:
        self._dialogue = dialogue
        self._violations = violations
        self._exchange: Exchange | None = None
        self._packets: list[int] = []

    def begin(self, argument: bytes, said: Command | Line) -> None:
        """Open an exchange with the argument of AUTH: a mechanism and maybe an initial response."""
        mechanism, _, response = argument.strip().partition(b" ")
        readable = is_mechanism(mechanism)
        self._exchange = Exchange(mechanism.decode() if readable else UNREADABLE)
        self._packets = list(said.packets)
        self._dialogue.logins.append(Login(self._exchange.mechanism, None, None, said.packets))
        if readable and response.strip():
            self._take(self._exchange, response, said)
        self._write(None)

    def respond(self, line: Line) -> None:
        """Take a line of the client; of an exchange whose beginning is lost nothing can be told."""
        if self._exchange is None:
            self.begin(b"", line)
            return
        self._packets += line.packets
        self._take(self._exchange, line.line, line)
        self._write(None)

    def lost(self) -> None:
        """Octets of the client are missing: a response may have been among them."""
        if self._exchange is not None:
            self._exchange.missed()

    def answer(self, reply: Reply) -> None:
        """Take a reply of the server; all but 334 end the exchange. Source: RFC 4954 section 4."""
        if self._exchange is None:
            return
        self._packets += reply.packets
        if reply.status == "334":
            self._write(None)
        else:
            self._write(reply.outcome is Outcome.GOOD)
            self._exchange = None

    def _take(self, exchange: Exchange, response: bytes, said: Command | Line) -> None:
        """Read one response."""
        broken = exchange.broken
        exchange.response(response)
        if exchange.broken and not broken:
            self._violations.add("bad-base64", Side.CLIENT, said.packet, said.time_ns)

    def _write(self, accepted: bool | None) -> None:
        """List the login as it is known now."""
        exchange = self._exchange
        if exchange is not None:
            packets = tuple(sorted(set(self._packets)))
            self._dialogue.logins[-1] = Login(exchange.mechanism, exchange.user, accepted, packets)


def secret_spans(verb: str, line: bytes, argument_at: int) -> tuple[tuple[int, int], ...]:
    """Return the spans of a command line that are secret: the initial response of AUTH, the password of a lost client.

    Where AUTH names no readable mechanism, its whole argument is secret.
    """
    if verb == "AUTH":
        return secret_span(line, secret_from(line, argument_at))
    if verb == "PASS":
        return secret_span(line, argument_at)
    return ()
