"""What the messages of a handshake tell, written into the facts about the connection."""

from __future__ import annotations

from mailtrace.model import Side, TlsFacts, wire_text
from mailtrace.tls.certificate import parse_certificate, uncompressed
from mailtrace.tls.handshake import (
    Hello,
    Message,
    certificates,
    chosen_version,
    offered_versions,
    parse_encrypted_extensions,
    protocol_names,
    server_name,
)
from mailtrace.tls.numbers import (
    ALPN,
    COMPRESSED_CERTIFICATE,
    EARLY_DATA,
    ENCRYPTED_CLIENT_HELLO,
    ENCRYPTED_SERVER_NAME,
    PRE_SHARED_KEY,
    SERVER_NAME,
    SUPPORTED_VERSIONS,
    TLS_1_3,
    version_name,
)
from mailtrace.tls.suites import suite_name

NAME_LIMIT = 512
"""Octets shown of a server's name or a protocol's: DNS allows 255, a protocol's name as many."""


def note_client_hello(facts: TlsFacts, hello: Hello) -> None:
    """Note what a client asks for and offers."""
    extensions = hello.extensions
    name = server_name(extensions[SERVER_NAME]) if SERVER_NAME in extensions else None
    facts.sni = facts.sni if name is None else _text(name)
    facts.offered_alpn = tuple(map(_text, protocol_names(extensions.get(ALPN, b""))))
    versions = offered_versions(hello, extensions.get(SUPPORTED_VERSIONS))
    facts.offered_versions = tuple(map(version_name, versions))
    facts.offered_ciphers = tuple(map(suite_name, hello.ciphers))
    facts.early_data = EARLY_DATA in extensions
    if ENCRYPTED_CLIENT_HELLO in extensions:
        facts.hidden_name = "ECH"
    elif ENCRYPTED_SERVER_NAME in extensions:
        facts.hidden_name = "ESNI"


def note_server_hello(facts: TlsFacts, hello: Hello, asked: Hello | None) -> int:
    """Note what a server chose of what the client `asked` for; return the version."""
    version = chosen_version(hello, hello.extensions.get(SUPPORTED_VERSIONS))
    facts.version = version_name(version)
    facts.cipher = suite_name(hello.ciphers[0]) if hello.ciphers else None
    note_protocol(facts, hello.extensions)
    if version >= TLS_1_3:
        facts.resumed = PRE_SHARED_KEY in hello.extensions
        facts.resumption = "PSK" if facts.resumed else None
    elif asked is not None and hello.session_id and hello.session_id == asked.session_id:
        note_resumption(facts, asked)
    else:
        facts.resumed = False
    return version


def note_resumption(facts: TlsFacts, asked: Hello | None) -> None:
    """Note that keys of an earlier connection hold again. Source: RFC 5246 section 7.3, RFC 5077 section 3.1."""
    facts.resumed = True
    facts.resumption = "ticket" if asked is not None and asked.has_ticket else "session id"


def note_protocol(facts: TlsFacts, extensions: dict[int, bytes]) -> None:
    """Note the application protocol a server chose. Source: RFC 7301 section 3.1."""
    chosen = protocol_names(extensions.get(ALPN, b""))
    if chosen:
        facts.alpn = _text(chosen[0])


def note_encrypted_extensions(facts: TlsFacts, message: Message) -> bool:
    """Note what a server adds to its hello; tell whether it takes early data. Source: RFC 8446 section 4.2.10."""
    extensions = parse_encrypted_extensions(message.body)
    note_protocol(facts, extensions)
    return EARLY_DATA in extensions


def note_certificates(facts: TlsFacts, side: Side, message: Message, in_1_3: bool) -> None:
    """Note a chain of certificates; only the owner's is read."""
    body = uncompressed(message.body) if message.kind == COMPRESSED_CERTIFICATE else message.body
    chain = certificates(body, in_1_3)
    if side is Side.SERVER:
        facts.chain = len(chain)
        facts.certificate = parse_certificate(chain[0]) if chain else None
    elif chain:
        facts.client_certificate = parse_certificate(chain[0])


def _text(octets: bytes) -> str:
    return wire_text(octets[:NAME_LIMIT])
