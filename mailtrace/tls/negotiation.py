"""What the two sides of a TLS connection agreed on, message by message, and the keys that follow from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailtrace.model import NO_KEYS, Side, TlsFacts
from mailtrace.tls import facts as learn
from mailtrace.tls.handshake import Hello, Message, parse_hello, parse_ssl2_hello
from mailtrace.tls.keys import EARLY_SECRET, HANDSHAKE_SECRETS, MASTER_SECRET, TRAFFIC_SECRETS, Keys
from mailtrace.tls.numbers import (
    CERTIFICATE,
    CLIENT_HELLO,
    COMPRESSED_CERTIFICATE,
    ENCRYPT_THEN_MAC,
    ENCRYPTED_EXTENSIONS,
    SERVER_HELLO,
    SERVER_HELLO_DONE,
    SSL_3,
    TLS_1_3,
)
from mailtrace.tls.suites import Suite, parse_suite

if TYPE_CHECKING:
    from mailtrace.tls.decrypt import Opener

NOT_WHOLE = "the handshake was not captured whole"


class Negotiation:
    """Follows the handshake and writes what it tells into `facts`."""

    def __init__(self, facts: TlsFacts) -> None:
        """Begin before the ClientHello."""
        self.facts = facts
        self.version = 0  # none chosen yet; a HelloRetryRequest chooses too
        self.early = False  # the client sends data early, and whether the server takes it is not known yet
        self._asked: Hello | None = None
        self._answer: Hello | None = None
        self._suite: Suite | None = None
        self._full = False  # the server's part ended as that of a full handshake does

    @property
    def asked(self) -> bool:
        """Whether a ClientHello is here."""
        return self._asked is not None

    @property
    def answered(self) -> bool:
        """Whether the ServerHello is here that counts."""
        return self._answer is not None

    @property
    def in_1_3(self) -> bool:
        """Whether the version is TLS 1.3, or a later one that keeps its records."""
        return self.version >= TLS_1_3

    def client_hello(self, message: Message, ssl2: bool) -> bool:
        """Take a ClientHello; tell whether all of it could be read."""
        hello = parse_ssl2_hello(message.body) if ssl2 else parse_hello(CLIENT_HELLO, message.body)
        self._asked = hello
        learn.note_client_hello(self.facts, hello)
        return hello.whole

    def server_hello(self, message: Message) -> bool:
        """Take a ServerHello; tell whether all of it could be read."""
        hello = parse_hello(SERVER_HELLO, message.body)
        version = learn.note_server_hello(self.facts, hello, self._asked)
        if not hello.whole:
            return False
        self.version = version
        if hello.retry:
            return True
        self._answer = hello
        self._full = False
        self._suite = parse_suite(self.facts.cipher or "")
        self.early = self.in_1_3 and self.facts.early_data
        return True

    def other(self, side: Side, message: Message) -> None:
        """Take any other message."""
        if message.kind in (CERTIFICATE, COMPRESSED_CERTIFICATE):
            learn.note_certificates(self.facts, side, message, self.in_1_3)
        elif message.kind == ENCRYPTED_EXTENSIONS:
            self.facts.early_data = learn.note_encrypted_extensions(self.facts, message)
            self.early = False
        elif message.kind == SERVER_HELLO_DONE:
            self._full = True

    def server_changes_keys(self) -> None:
        """The server goes over to encryption: without its part of a handshake it resumes. RFC 5246 section 7.3."""
        if self._answer is not None and not self._full and not self.facts.resumed:
            learn.note_resumption(self.facts, self._asked)

    def why_unread(self) -> str:
        """Tell why nothing can be opened."""
        if self._asked is None or self._answer is None:
            return NOT_WHOLE
        if self._suite is None or self.version <= SSL_3:
            unknown = self.facts.version if self.version <= SSL_3 else self.facts.cipher
            return f"{unknown} is not decrypted by mailtrace"
        return "its records are compressed, which is not undone by mailtrace" if self._answer.compression else NO_KEYS

    def openers(self, keys: Keys, side: Side) -> list[Opener]:
        """Return what opens the records of one side, in the order in which it comes to hold; nothing without keys."""
        asked, answer, suite = self._asked, self._answer, self._suite
        if not keys.added or asked is None or answer is None or suite is None or self.why_unread() != NO_KEYS:
            return []
        from mailtrace.tls.decrypt import Aead13, openers_12

        if not self.in_1_3:
            master = keys.secret(MASTER_SECRET, asked.random)
            if master is None:
                return []
            later = ENCRYPT_THEN_MAC in answer.extensions
            return [openers_12(suite, self.version, master, (asked.random, answer.random), later)[side]]
        labels = [HANDSHAKE_SECRETS[side], TRAFFIC_SECRETS[side]]
        if side is Side.CLIENT and self.facts.early_data:
            labels.insert(0, EARLY_SECRET)
        secrets = [keys.secret(label, asked.random) for label in labels]
        return [Aead13(suite, secret) for secret in secrets if secret is not None]
