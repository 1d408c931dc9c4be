"""Who logs in to an IMAP server: LOGIN with words, quotes or literals, and SASL exchanges; and what of it is secret.

Source: RFC 9051 section 6.2.3, RFC 4959, RFC 4422.
"""

from __future__ import annotations

from mailtrace.model import MASK, Dialogue, Login, Outcome, Reply, Side, masked, wire_text
from mailtrace.protocols.imap.commands import Asked
from mailtrace.protocols.imap.grammar import Kind, arguments, parse_command
from mailtrace.protocols.sasl import MAX_USER_OCTETS, UNREADABLE, Exchange, is_mechanism, secret_from, secret_span
from mailtrace.protocols.violations import Violations

Spans = tuple[tuple[int, int], ...]


def secret_spans(verb: str, line: bytes, argument_at: int) -> Spans:
    """Return the spans of a command line that are secret: the initial response of AUTHENTICATE, the password of LOGIN.

    A literal that announces a password is secret, too: it tells how long it is.
    """
    if verb == "AUTHENTICATE":
        return secret_span(line, secret_from(line, argument_at))
    return _behind_user(line, argument_at) if verb == "LOGIN" else ()


def continued_spans(verb: str, argument: bytes, line: bytes, literal: int) -> Spans:
    """Return the secret spans of what follows a literal: `line` begins with its `literal` octets.

    `argument` is what came before it.
    """
    if verb == "AUTHENTICATE":
        return secret_span(line)
    if verb != "LOGIN":
        return ()
    before = [each for each in arguments(argument) if each.kind is not Kind.LITERAL]
    if before:
        return ((0, len(line)),)
    return _span(line, literal)


def shown_commands(octets: bytes) -> str:
    """Return what a client sent as text that may be shown: lines that are no known command could be secret."""
    pieces = []
    for line in octets.splitlines():
        request = parse_command(line)
        secrets = secret_spans(request.verb, line, request.argument_at)
        pieces.append(masked(line, secrets) if request.known else MASK)
    return wire_text(b", ".join(pieces))


def _behind_user(line: bytes, at: int) -> Spans:
    """Return all that stands behind the first argument; all of it where that is not closed."""
    first = next(arguments(line, at), None)
    if first is None or first.kind is Kind.LITERAL:
        return ()
    if not first.closed:
        return ((first.start, len(line)),)
    return _span(line, first.stop)


def _span(line: bytes, at: int) -> Spans:
    """Return the span from the next word on."""
    at = len(line) - len(line[at:].lstrip(b" \t"))
    return ((at, len(line)),) if at < len(line) else ()


class _Attempt:
    """A login that is not decided."""

    __slots__ = ("asked", "exchange", "mechanism", "packets", "user")

    def __init__(self, asked: Asked | None, mechanism: str, packets: tuple[int, ...]) -> None:
        self.asked = asked
        self.mechanism = mechanism
        self.packets = packets
        self.user: str | None = None
        self.exchange: Exchange | None = None


class Logins:
    """Watches commands and completions, and lists a `Login` for each attempt when it is decided."""

    def __init__(self, dialogue: Dialogue, violations: Violations) -> None:
        self._dialogue = dialogue
        self._violations = violations
        self._attempt: _Attempt | None = None

    def login(self, asked: Asked) -> None:
        """Take a LOGIN whose last line is here. Source: RFC 9051 section 6.2.3."""
        attempt = self._begin(_Attempt(asked, "LOGIN", tuple(asked.packets)))
        user = None if asked.broken else next(arguments(asked.argument), None)
        named = user is not None and user.closed and user.kind in (Kind.ATOM, Kind.QUOTED)
        if user is not None and named and len(user.value) <= MAX_USER_OCTETS:
            attempt.user = wire_text(user.value)

    def authenticate(self, asked: Asked, time_ns: int) -> None:
        """Take an AUTHENTICATE, maybe with an initial response. Source: RFC 9051 section 6.2.2."""
        mechanism, _, response = asked.argument.strip().partition(b" ")
        readable = is_mechanism(mechanism)
        attempt = self._begin(
            _Attempt(asked, wire_text(mechanism).upper() if readable else UNREADABLE, tuple(asked.packets))
        )
        attempt.exchange = Exchange(attempt.mechanism)
        if readable and response.strip():
            self._respond(attempt, response, asked.packets[-1], time_ns)

    def respond(self, asked: Asked | None, line: bytes, packets: tuple[int, ...], time_ns: int) -> None:
        """Take a line of a SASL exchange; one whose command was not captured tells nothing."""
        attempt = self._attempt
        if attempt is None or attempt.asked is not asked:
            attempt = self._begin(_Attempt(asked, UNREADABLE, ()))
        attempt.packets += packets
        if attempt.exchange is not None:
            self._respond(attempt, line, packets[-1], time_ns)

    def challenge(self, reply: Reply) -> None:
        """Take a line of the server that wants more."""
        if self._attempt is not None:
            self._attempt.packets += reply.packets

    def answer(self, asked: Asked, reply: Reply) -> None:
        """Take the completion of LOGIN or AUTHENTICATE."""
        attempt = self._attempt
        if attempt is not None and attempt.asked is asked:
            attempt.packets += reply.packets
            self._decide(reply.outcome is Outcome.GOOD)

    def finish(self) -> None:
        """No more will come: what is open stays undecided."""
        self._decide(None)

    def _begin(self, attempt: _Attempt) -> _Attempt:
        self._decide(None)
        self._attempt = attempt
        return attempt

    def _decide(self, accepted: bool | None) -> None:
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            packets = tuple(sorted(set(attempt.packets)))
            self._dialogue.logins.append(Login(attempt.mechanism, attempt.user, accepted, packets))

    def _respond(self, attempt: _Attempt, text: bytes, packet: int, time_ns: int) -> None:
        exchange = attempt.exchange
        if exchange is None:
            return
        was_broken = exchange.broken
        exchange.response(text)
        attempt.user = exchange.user
        if exchange.broken and not was_broken:
            self._violations.add("bad-base64", Side.CLIENT, packet, time_ns)
