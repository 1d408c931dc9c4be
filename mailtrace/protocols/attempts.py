"""Attempts to log in, of POP3 and IMAP: begun by a command, continued by SASL lines, decided by an answer.

Each becomes a `Login` when it is decided; there is one at a time, and a new one ends the one before.
"""

from __future__ import annotations

from mailtrace.model import Dialogue, Login, Side, wire_text
from mailtrace.protocols.sasl import UNREADABLE, Exchange, is_mechanism
from mailtrace.protocols.violations import Violations


class Attempt:
    """A login that is not decided: `owner` is what its answer will be known by, such as a turn."""

    __slots__ = ("exchange", "mechanism", "owner", "packets", "user")

    def __init__(self, owner: object, mechanism: str, packets: tuple[int, ...], user: str | None = None) -> None:
        self.owner = owner
        self.mechanism = mechanism
        self.packets = packets
        self.user = user
        self.exchange: Exchange | None = None


class Attempts:
    """The attempt in progress, and the book of those decided; each protocol has its own commands that begin one."""

    def __init__(self, dialogue: Dialogue, violations: Violations) -> None:
        self._dialogue = dialogue
        self._violations = violations
        self._attempt: Attempt | None = None

    def finish(self) -> None:
        """No more will come: what is open stays undecided."""
        self._decide(None)

    def lost(self) -> None:
        """Octets of the client are missing: a response may have been among them."""
        if self._attempt is not None and self._attempt.exchange is not None:
            self._attempt.exchange.missed()

    def _of(self, owner: object) -> Attempt | None:
        """Return the attempt if it is this owner's."""
        attempt = self._attempt
        return attempt if attempt is not None and attempt.owner is owner else None

    def _begin(self, attempt: Attempt) -> Attempt:
        self._decide(None)
        self._attempt = attempt
        return attempt

    def _begin_exchange(self, owner: object, argument: bytes, packets: tuple[int, ...], time_ns: int) -> None:
        """Begin a SASL exchange with the argument that names its mechanism, and maybe has an initial response.

        Source: RFC 5034 section 4, RFC 9051 section 6.2.2.
        """
        mechanism, _, response = argument.strip().partition(b" ")
        readable = is_mechanism(mechanism)
        attempt = self._begin(Attempt(owner, wire_text(mechanism).upper() if readable else UNREADABLE, packets))
        attempt.exchange = Exchange(attempt.mechanism)
        if readable and response.strip():
            self._respond(attempt, response, packets[-1], time_ns)

    def _respond(self, attempt: Attempt, text: bytes, packet: int, time_ns: int) -> None:
        """Give a response to the SASL exchange."""
        exchange = attempt.exchange
        if exchange is None:
            return
        was_broken = exchange.broken
        exchange.response(text)
        attempt.user = exchange.user
        if exchange.broken and not was_broken:
            self._violations.add("bad-base64", Side.CLIENT, packet, time_ns)

    def _decide(self, accepted: bool | None) -> None:
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            packets = tuple(sorted(set(attempt.packets)))
            self._dialogue.logins.append(Login(attempt.mechanism, attempt.user, accepted, packets))
