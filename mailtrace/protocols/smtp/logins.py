"""The AUTH exchanges of a conversation. Source: RFC 4954 section 4."""

from __future__ import annotations

from msgspec import Struct, field

from mailtrace.model import Command, Dialogue, Login, Outcome, Reply, Side
from mailtrace.protocols.framing import Line
from mailtrace.protocols.sasl import UNREADABLE, Exchange, is_mechanism, may_be_response, secret_from, secret_span
from mailtrace.protocols.smtp.grammar import VERBS
from mailtrace.protocols.violations import Violations

OPEN_VERBS = frozenset(VERBS) - {"AUTH"}
"""Verbs whose commands hold no secret."""

Spans = tuple[tuple[int, int], ...]


class LoginBook(Struct, gc=False):
    """Follows one exchange after another and lists each as a `Login`."""

    _dialogue: Dialogue
    _violations: Violations
    _exchange: Exchange | None = None
    _packets: list[int] = field(default_factory=list)

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


def concealed(verb: str, line: bytes, argument_at: int, login_failed: bool) -> tuple[str, Spans]:
    """Return what may be shown as the verb of a line, and its secrets: what is no command may be a password."""
    if verb not in VERBS and (login_failed or may_be_response(line)):
        return "", ((0, len(line)),)
    return verb, secret_spans(verb, line, argument_at)


def secret_spans(verb: str, line: bytes, argument_at: int) -> Spans:
    """Return the spans of a command line that are secret: the initial response of AUTH, the password of a lost client.

    Where AUTH names no readable mechanism, its whole argument is secret.
    """
    if verb == "AUTH":
        return secret_span(line, secret_from(line, argument_at))
    if verb == "PASS":
        return secret_span(line, argument_at)
    return ()
