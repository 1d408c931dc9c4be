"""What the contract of JSON says of TLS, key by key."""

from __future__ import annotations

from msgspec import Struct

from mailtrace.model import Certificate, Side, TlsFacts
from mailtrace.model.remarks import remark

SIDES = {Side.CLIENT: "client", Side.SERVER: "server"}


class _Certificate(Struct, gc=False):
    subject: str
    issuer: str
    names: tuple[str, ...]
    serial: str
    not_before: str | None
    not_after: str | None
    key: str
    sha256: str
    self_signed: bool
    problem: str | None


class _TlsMessage(Struct, gc=False):
    packet: int
    side: str
    name: str


class TlsRecord(Struct, gc=False):
    """What the contract says of TLS in a conversation; `alert` is its name, such as `handshake_failure`."""

    sni: str | None
    alpn: str | None
    version: str | None
    cipher: str | None
    certificate: _Certificate | None
    alert: str | None
    alert_fatal: bool | None
    alert_from: str | None
    alert_packet: int | None
    resumed: bool | None
    resumption: str | None
    client_certificate: _Certificate | None
    chain: int
    offered_versions: tuple[str, ...]
    offered_alpn: tuple[str, ...]
    hidden_name: str | None
    early_data: bool
    unread: str | None
    client_octets: int
    server_octets: int
    messages: list[_TlsMessage]


def tls_record(facts: TlsFacts) -> TlsRecord:
    """Return the record of what is known of TLS in a conversation."""
    alert = facts.alert
    return TlsRecord(
        facts.sni,
        facts.alpn,
        facts.version,
        facts.cipher,
        _certificate(facts.certificate),
        alert.description if alert else None,
        alert.fatal if alert else None,
        SIDES[alert.side] if alert else None,
        alert.packet if alert else None,
        facts.resumed,
        facts.resumption,
        _certificate(facts.client_certificate),
        facts.chain,
        facts.offered_versions,
        facts.offered_alpn,
        facts.hidden_name,
        facts.early_data,
        remark(facts.unread) or None,
        facts.client_octets,
        facts.server_octets,
        [_TlsMessage(each.packet, SIDES[each.side], each.name) for each in facts.messages],
    )


def _certificate(certificate: Certificate | None) -> _Certificate | None:
    if certificate is None:
        return None
    return _Certificate(
        certificate.subject,
        certificate.issuer,
        certificate.names,
        certificate.serial,
        certificate.not_before,
        certificate.not_after,
        certificate.key,
        certificate.sha256,
        certificate.self_signed,
        remark(certificate.problem) or None,
    )
