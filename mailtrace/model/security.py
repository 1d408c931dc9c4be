"""Words for TLS: what a handshake says in clear, what certificates say, and whether the rest could be read."""

from __future__ import annotations

from msgspec import Struct, field

from mailtrace.model.network import Side


class Certificate(Struct, frozen=True, array_like=True, gc=False):
    """One X.509 certificate, as far as it could be read: `problem` says what could not, and is empty if all could.

    `names` are the host names and addresses it is for; `serial` is hexadecimal; the times are ISO 8601 in UTC, or None
    where the certificate's own make no sense; `key` is the kind and size of its public key, such as `RSA 2048` or
    `EC secp256r1`. `sha256` is the fingerprint in hexadecimal. Source: RFC 5280 section 4.1.
    """

    subject: str
    issuer: str
    names: tuple[str, ...]
    serial: str
    not_before: str | None
    not_after: str | None
    key: str
    sha256: str
    self_signed: bool = False
    problem: str = ""


class TlsAlert(Struct, frozen=True, array_like=True, gc=False):
    """A TLS alert that could be read: `description` as the RFC names it, `fatal` by its level (RFC 8446 section 6)."""

    side: Side
    fatal: bool
    description: str
    packet: int
    time_ns: int


NO_KEYS = "its keys are not known"
"""What `TlsFacts.unread` says where keys would help."""


class TlsMessage(Struct, frozen=True, array_like=True, gc=False):
    """One message of the handshake: `name` as the RFC spells it (`ClientHello`), or `encrypted` where it is unread.

    `packet` completed it.
    """

    side: Side
    name: str
    packet: int
    time_ns: int


class TlsFacts(Struct, array_like=True, gc=False):
    """What is known of one TLS connection; None and empty where it was not seen.

    `sni` is the server's name as the client asked for it, `alpn` the protocol agreed on, `version` and `cipher` what
    the server chose (`TLS 1.2`, a name from the IANA registry). `certificate` is the server's own, `chain` the number
    it sent, `client_certificate` the client's. `alert` is the one that tells most: the first fatal one, else the last.
    `resumed` tells whether keys of an earlier connection were used again, `resumption` how: session id, ticket or PSK.
    `early_data`: the client sends data with its hello, and as far as is known the server takes it.
    `hidden_name` is ECH or ESNI where the client hides the true name; `sni` is then a cover.
    `decrypted` tells that its contents could be read, `unread` why they, or the rest of them, could not.
    The octets are those of the application data as sent, record headers not counted.
    """

    sni: str | None = None
    alpn: str | None = None
    version: str | None = None
    cipher: str | None = None
    certificate: Certificate | None = None
    client_certificate: Certificate | None = None
    chain: int = 0
    alert: TlsAlert | None = None
    resumed: bool | None = None
    resumption: str | None = None
    offered_alpn: tuple[str, ...] = ()
    offered_versions: tuple[str, ...] = ()
    offered_ciphers: tuple[str, ...] = ()
    hidden_name: str | None = None
    early_data: bool = False
    decrypted: bool = False
    unread: str = ""
    client_octets: int = 0
    server_octets: int = 0
    messages: list[TlsMessage] = field(default_factory=list)
