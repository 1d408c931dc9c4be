"""The handshake: its messages put together from records, and what the hellos and certificates in them say.

Parsing is pure and never raises: what cannot be read is left out, and `whole` tells so.
"""

from __future__ import annotations

from contextlib import suppress

from msgspec import Struct, field

from mailtrace.tls.numbers import CLIENT_HELLO, PRE_SHARED_KEY, SESSION_TICKET, is_grease

MESSAGE_LIMIT = 2**18
"""Octets of one handshake message: chains of certificates that are sent in earnest have a tenth of it."""

EXTENSION_LIMIT = 256
"""Extensions read of one hello; browsers send twenty."""

OFFER_LIMIT = 256
"""Cipher suites, versions or protocols read of one offer; clients that offer all there are come to 200."""

CHAIN_LIMIT = 64
"""Certificates counted of one chain; four is many."""

HEADER_BYTES = 4

RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""The random of a ServerHello that is a HelloRetryRequest. Source: RFC 8446 section 4.1.3."""


class Message(Struct, frozen=True, gc=False):
    """One handshake message without its header; not `whole` when it is too long to be kept."""

    kind: int
    body: bytes
    packet: int
    time_ns: int
    whole: bool = True


class MessageReader:
    """Puts the messages of one side together: several may share a record, and one may take several."""

    def __init__(self) -> None:
        """Begin before the first message."""
        self._buffer = bytearray()
        self._skip = 0  # octets of a message above the limit that are still to come

    def feed(self, body: bytes, packet: int, time_ns: int) -> list[Message]:
        """Take the body of the next record; return the messages that it completes."""
        if self._skip:
            skipped = min(self._skip, len(body))
            self._skip -= skipped
            body = body[skipped:]
        buffer, at = self._buffer, 0
        buffer += body
        messages = []
        while len(buffer) - at >= HEADER_BYTES:
            kind, length = buffer[at], int.from_bytes(buffer[at + 1 : at + HEADER_BYTES], "big")
            end = at + HEADER_BYTES + length
            if length > MESSAGE_LIMIT:
                messages.append(Message(kind, b"", packet, time_ns, whole=False))
                self._skip = max(0, end - len(buffer))
            elif end > len(buffer):
                break
            else:
                messages.append(Message(kind, bytes(buffer[at + HEADER_BYTES : end]), packet, time_ns))
            at = end
        del buffer[:at]
        return messages

    def clear(self) -> None:
        """Forget a message that is begun: a hole has cut it, or new keys hold."""
        self._buffer.clear()
        self._skip = 0


class Short(Exception):
    """A field reaches beyond what there is; never leaves this room."""


class Fields:
    """Reads the fields of a message one after the other. Source: RFC 8446 section 3."""

    __slots__ = ("_at", "_octets")

    def __init__(self, octets: bytes) -> None:
        """Begin with the first octet."""
        self._octets = octets
        self._at = 0

    @property
    def left(self) -> int:
        """Octets not read yet."""
        return len(self._octets) - self._at

    def take(self, size: int) -> bytes:
        """Return the next `size` octets. Raises: `Short`."""
        if size > self.left:
            raise Short
        self._at += size
        return self._octets[self._at - size : self._at]

    def number(self, size: int) -> int:
        """Return the next number of `size` octets. Raises: `Short`."""
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> bytes:
        """Return the next octets that are preceded by their length, of `size` octets. Raises: `Short`."""
        return self.take(self.number(size))


class Hello(Struct):
    """A ClientHello or ServerHello; the server's `ciphers` is the one it chose. Only the first of equal extensions."""

    version: int = 0
    random: bytes = b""
    session_id: bytes = b""
    ciphers: tuple[int, ...] = ()
    compression: int = 0
    extensions: dict[int, bytes] = field(default_factory=dict)
    whole: bool = True

    @property
    def retry(self) -> bool:
        """Whether it is a HelloRetryRequest."""
        return self.random == RETRY_RANDOM

    @property
    def has_ticket(self) -> bool:
        """Whether the client hands back a ticket or key to resume with."""
        return bool(self.extensions.get(SESSION_TICKET)) or PRE_SHARED_KEY in self.extensions


def parse_hello(kind: int, body: bytes) -> Hello:
    """Return what a ClientHello or ServerHello says. Source: RFC 8446 section 4.1.2 and section 4.1.3."""
    hello, fields = Hello(), Fields(body)
    try:
        hello.version = fields.number(2)
        hello.random = fields.take(32)
        hello.session_id = fields.vector(1)
        if kind == CLIENT_HELLO:
            hello.ciphers = _numbers(fields.vector(2))
            fields.vector(1)
        else:
            hello.ciphers = (fields.number(2),)
            hello.compression = fields.number(1)
        if fields.left:  # hellos before TLS 1.2 may end here. RFC 5246 section 7.4.1.2
            parse_extensions(fields.vector(2), hello.extensions)
    except Short:
        hello.whole = False
    return hello


def parse_extensions(octets: bytes, extensions: dict[int, bytes]) -> None:
    """Add the extensions in `octets` by number. Raises: `Short`. Source: RFC 8446 section 4.2."""
    fields = Fields(octets)
    while fields.left and len(extensions) < EXTENSION_LIMIT:
        number = fields.number(2)
        extensions.setdefault(number, fields.vector(2))


def parse_encrypted_extensions(body: bytes) -> dict[int, bytes]:
    """Return the extensions of an EncryptedExtensions message. Source: RFC 8446 section 4.3.1."""
    extensions: dict[int, bytes] = {}
    with suppress(Short):
        parse_extensions(Fields(body).vector(2), extensions)
    return extensions


def parse_ssl2_hello(body: bytes) -> Hello:
    """Return what a ClientHello in the form of SSL 2.0 says; its suites have three octets. RFC 5246 appendix E.2."""
    hello, fields = Hello(), Fields(body)
    try:
        fields.take(1)
        hello.version = fields.number(2)
        ciphers, session_id, challenge = (fields.number(2) for _ in range(3))
        suites = fields.take(ciphers)
        hello.ciphers = tuple(
            int.from_bytes(suites[at + 1 : at + 3], "big") for at in range(0, len(suites) - 2, 3) if not suites[at]
        )[:OFFER_LIMIT]
        hello.session_id = fields.take(session_id)
        hello.random = fields.take(challenge).rjust(32, b"\0")
    except Short:
        hello.whole = False
    return hello


def server_name(extension: bytes) -> bytes | None:
    """Return the host name a client asks for, None where there is none. Source: RFC 6066 section 3."""
    with suppress(Short):
        names = Fields(Fields(extension).vector(2))
        while names.left:
            kind, name = names.number(1), names.vector(2)
            if kind == 0:
                return name
    return None


def protocol_names(extension: bytes) -> tuple[bytes, ...]:
    """Return the application protocols that are offered, or the one that is chosen. Source: RFC 7301 section 3.1."""
    names: list[bytes] = []
    with suppress(Short):
        fields = Fields(Fields(extension).vector(2))
        while fields.left and len(names) < OFFER_LIMIT:
            names.append(fields.vector(1))
    return tuple(name for name in names if len(name) != 2 or not is_grease(int.from_bytes(name, "big")))


def offered_versions(hello: Hello, extension: bytes | None) -> tuple[int, ...]:
    """Return the versions a client offers. Source: RFC 8446 section 4.2.1."""
    if extension is None:
        return (hello.version,) if hello.version else ()
    try:
        return _numbers(Fields(extension).vector(1))
    except Short:
        return ()


def chosen_version(hello: Hello, extension: bytes | None) -> int:
    """Return the version a server chose. Source: RFC 8446 section 4.2.1."""
    return int.from_bytes(extension, "big") if extension is not None and len(extension) == 2 else hello.version


def certificates(body: bytes, in_1_3: bool) -> list[bytes]:
    """Return the certificates of a chain, the owner's first. Source: RFC 5246 section 7.4.2, RFC 8446 section 4.4.2."""
    found: list[bytes] = []
    fields = Fields(body)
    with suppress(Short):
        if in_1_3:
            fields.vector(1)
        chain = Fields(fields.vector(3))
        while chain.left and len(found) < CHAIN_LIMIT:
            found.append(chain.vector(3))
            if in_1_3:
                chain.vector(2)
    return found


def _numbers(octets: bytes) -> tuple[int, ...]:
    """Return numbers of two octets, without those that mean nothing."""
    count = min(len(octets) // 2, OFFER_LIMIT)
    numbers = (int.from_bytes(octets[2 * at : 2 * at + 2], "big") for at in range(count))
    return tuple(number for number in numbers if not is_grease(number))
