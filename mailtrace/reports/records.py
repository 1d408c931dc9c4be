"""HOT. What the JSON contract says of conversations, messages and lookups, key by key (tests/bench `mail`).

The records are structs, so that the contract can be read off them: they cost half of what dictionaries do, and nothing
for the garbage collector to follow. Parts that the model has with just these keys are taken as they are. They are made
by position, which is a third faster, in the order of their definition right above.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, UnsetType, field

from mailtrace.model import (
    AttachedMessage,
    ClosedHow,
    Conversation,
    DeliveryReport,
    Dialogue,
    Direction,
    EmbeddedFile,
    Encryption,
    Gap,
    Login,
    Lookup,
    Message,
    MessagePart,
    Person,
    Proxied,
    Received,
    Transport,
    Violation,
    Wait,
    wire_text,
)
from mailtrace.model.remarks import remark
from mailtrace.reports.security import TlsRecord, tls_record
from mailtrace.reports.times import iso, seconds
from mailtrace.reports.turns import TurnRecord, imap_turn_records, turn_records
from mailtrace.reports.waits import WaitRecord, wait_record

SOURCE_BYTES = 65_536
"""Octets of a message shown as transmitted; a report of big attachments stays a report, and the cut is flagged."""

CLEAR = Encryption.NO

Names = Mapping[str, str]
"""The best name of each address that has one."""


class _Endpoint(Struct, gc=False):
    address: str
    port: int
    name: str | None


class _Proxied(Struct, gc=False):
    address: str
    port: int
    version: int
    packet: int


class ConversationRecord(Struct, gc=False):
    """What the contract says of a conversation that is final, but for what was said in it."""

    id: int
    protocol: str
    transport: Transport
    tcp_stream: int | None
    client: _Endpoint
    server: _Endpoint
    packets: tuple[int, ...]
    start: str | None
    duration_s: float
    complete: bool
    closed: ClosedHow
    caused_by: int | None


class SaidRecord(Struct, gc=False):
    """What the contract says of what was said in a conversation, but for transactions."""

    encrypted: Encryption
    decrypted: bool
    tls: TlsRecord | None
    turns: list[TurnRecord]
    logins: list[Login]
    waits: list[WaitRecord] | None
    violations: list[dict[str, Any]]
    gaps: list[dict[str, Any]]
    proxied_client: _Proxied | None


def conversation_record(conversation: Conversation, names: Names) -> ConversationRecord:
    """Return the record of a conversation; `names` has the best name of each address that has one."""
    key = conversation.key
    client, server = key.client, key.server
    start_ns, end_ns = conversation.span_ns()
    return ConversationRecord(
        conversation.id,
        conversation.protocol,
        key.transport,
        conversation.tcp_stream,
        _Endpoint(client.host, client.port, names.get(client.host)),
        _Endpoint(server.host, server.port, names.get(server.host)),
        conversation.numbers,
        iso(start_ns),
        seconds(end_ns - start_ns),
        conversation.complete,
        conversation.closed,
        conversation.caused_by,
    )


def asks_only(dialogue: Dialogue) -> bool:
    """Tell whether a dialogue is nothing but lookups, as nearly all of the DNS: then there is nothing to say of it."""
    return len(dialogue.events) == len(dialogue.lookups) and dialogue.tls is None and dialogue.encryption is CLEAR


def said_record(dialogue: Dialogue, protocol: str, show_secrets: bool, waits: Sequence[Wait] | None) -> SaidRecord:
    """Return the record of what was said in a conversation; `waits` are its own, None where they are not known yet."""
    records = turn_records if protocol != "imap" else imap_turn_records
    kinds = set(map(type, dialogue.events))  # most conversations have nothing odd in them
    return SaidRecord(
        dialogue.encryption,
        dialogue.tls is not None and dialogue.tls.decrypted,
        None if dialogue.tls is None else tls_record(dialogue.tls),
        records(dialogue.turns, show_secrets),
        dialogue.logins,
        None if waits is None else [wait_record(wait) for wait in waits],
        [_violation(event) for event in dialogue.events if type(event) is Violation] if Violation in kinds else [],
        [_gap(event) for event in dialogue.events if type(event) is Gap] if Gap in kinds else [],
        _proxied(dialogue.proxied),
    )


def _proxied(header: Proxied | None) -> _Proxied | None:
    """Return the client that a proxy speaks for; None without a proxy's header, or when it does not tell."""
    if header is None or header.client is None:
        return None
    return _Proxied(header.client.host, header.client.port, header.version, header.packet)


def _violation(event: Violation) -> dict[str, Any]:
    return {
        "code": event.code,
        "side": event.side.name.lower(),
        "packet": event.packet,
        "time": iso(event.time_ns),
        "detail": remark(event.detail),
    }


def _gap(event: Gap) -> dict[str, Any]:
    return {
        "side": event.side.name.lower(),
        "missing": event.missing,
        "why": event.why,
        "packet": event.packet,
        "time": iso(event.time_ns),
    }


class MessageRecord(Struct, gc=False, omit_defaults=True):
    """What the contract says of a message; its numbers and what is judged of it come before."""

    packets: tuple[int, ...]
    direction: Direction
    how: str
    message_id: str | None
    subject: str | None
    from_: tuple[Person, ...] = field(name="from")
    to: tuple[Person, ...]
    cc: tuple[Person, ...]
    date: str | None
    size_bytes: int
    sha256: str
    complete: bool
    holes: tuple[tuple[int, int], ...]
    start: str | None
    end: str | None
    queue_id: str | None
    headers: tuple[tuple[str, str], ...]
    received: tuple[Received, ...]
    parts: tuple[MessagePart, ...]
    defects: tuple[str, ...]
    source: str
    source_complete: bool
    as_server_read: bool = False
    attached: tuple[AttachedMessage, ...] = ()
    embedded: tuple[EmbeddedFile, ...] = ()
    reports: DeliveryReport | None = None


def message_record(message: Message) -> MessageRecord:
    """Return the record of a message."""
    content = message.content
    return MessageRecord(
        content.packets,
        message.direction,
        content.how,
        message.message_id,
        message.subject,
        message.from_,
        message.to,
        message.cc,
        message.date,
        content.size_bytes,
        content.sha256,
        content.complete,
        content.holes,
        iso(content.start_ns),
        iso(content.end_ns),
        message.queue_id,
        message.headers,
        message.received,
        message.parts,
        message.defects,
        wire_text(content.kept[:SOURCE_BYTES]),
        content.kept_all and len(content.kept) <= SOURCE_BYTES,
        content.as_server_read,
        message.attached,
        message.embedded,
        message.reports,
    )


class LookupRecord(Struct, gc=False):
    """What the contract says of a lookup; a line of JSON Lines leaves `type` out, where it is the kind of line."""

    id: int
    conversation: int
    name: str
    type: str | UnsetType
    record_type: str
    class_: str = field(name="class")
    rcode: str | None
    answers: tuple[str, ...]
    packets: tuple[int, ...]
    start: str | None
    duration_s: float | None
    caused_by: int | None
    nodata: bool
    authoritative: bool
    authenticated: bool
    truncated: bool
    edns: bool
    retries: int
    opcode: str
    dns_id: int
    authority: tuple[str, ...]
    additional: tuple[str, ...]
    client: str
    server: str


def lookup_record(lookup: Lookup, type_: UnsetType | None = None) -> LookupRecord:
    """Return the record of a lookup; `type_` stands for its type, if that is left out."""
    took_ns = lookup.took_ns
    return LookupRecord(
        lookup.id,
        lookup.conversation,
        lookup.name,
        lookup.type if type_ is None else type_,
        lookup.type,
        lookup.class_,
        lookup.rcode,
        lookup.answers,
        lookup.packets,
        iso(lookup.start_ns),
        None if took_ns is None else seconds(took_ns),
        lookup.caused_by,
        lookup.nodata,
        lookup.authoritative,
        lookup.authenticated,
        lookup.truncated,
        lookup.edns,
        lookup.retries,
        lookup.opcode,
        lookup.message_id,
        lookup.authority,
        lookup.additional,
        lookup.client,
        lookup.server,
    )
