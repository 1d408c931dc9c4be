"""Who logs in to an IMAP server: LOGIN with words, quotes or literals, and SASL exchanges; and what of it is secret.

Source: RFC 9051 section 6.2.3, RFC 4959, RFC 4422.
"""

from __future__ import annotations

from mailtrace.model import MASK, Outcome, Reply, masked, wire_text
from mailtrace.protocols.attempts import Attempt, Attempts
from mailtrace.protocols.imap.commands import Asked
from mailtrace.protocols.imap.grammar import Kind, arguments, parse_command
from mailtrace.protocols.sasl import MAX_USER_OCTETS, UNREADABLE, secret_from, secret_span

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


class Logins(Attempts):
    """Watches commands and completions; an attempt is owned by its command."""

    def login(self, asked: Asked) -> None:
        """Take a LOGIN whose last line is here. Source: RFC 9051 section 6.2.3."""
        attempt = self._begin(Attempt(asked, "LOGIN", tuple(asked.packets)))
        user = None if asked.broken else next(arguments(asked.argument), None)
        named = user is not None and user.closed and user.kind in (Kind.ATOM, Kind.QUOTED)
        if user is not None and named and len(user.value) <= MAX_USER_OCTETS:
            attempt.user = wire_text(user.value)

    def authenticate(self, asked: Asked, time_ns: int) -> None:
        """Take an AUTHENTICATE, maybe with an initial response. Source: RFC 9051 section 6.2.2."""
        self._begin_exchange(asked, asked.argument, tuple(asked.packets), time_ns)

    def respond(self, asked: Asked | None, line: bytes, packets: tuple[int, ...], time_ns: int) -> None:
        """Take a line of a SASL exchange; one whose command was not captured tells nothing."""
        attempt = self._of(asked) or self._begin(Attempt(asked, UNREADABLE, ()))
        attempt.packets += packets
        self._respond(attempt, line, packets[-1], time_ns)

    def challenge(self, reply: Reply) -> None:
        """Take a line of the server that wants more."""
        if self._attempt is not None:
            self._attempt.packets += reply.packets

    def answer(self, asked: Asked, reply: Reply) -> None:
        """Take the completion of LOGIN or AUTHENTICATE."""
        attempt = self._of(asked)
        if attempt is not None:
            attempt.packets += reply.packets
            self._decide(reply.outcome is Outcome.GOOD)
