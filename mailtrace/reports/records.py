"""HOT. What the JSON contract says of conversations, messages and lookups, key by key (tests/bench `mail`).

The records are structs, so that the contract can be read off them: they cost half of what dictionaries do, and nothing
for the garbage collector to follow. Parts that the model has with just these keys are taken as they are. They are made
by position, which is a third faster, in the order of their definition right above.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Raw, Struct, UnsetType, field
from msgspec.json import Encoder

from mailtrace.model import (
    AttachedMessage,
    ClosedHow,
    Command,
    Continuation,
    Conversation,
    DeliveryReport,
    Direction,
    EmbeddedFile,
    Encryption,
    Endpoint,
    Gap,
    Login,
    Lookup,
    Message,
    MessagePart,
    Outcome,
    Person,
    Proxied,
    Received,
    Transport,
    Turn,
    Violation,
    Wait,
    masked,
    wire_text,
)
from mailtrace.model.remarks import remark
from mailtrace.protocols.imap.folders import folder_asked, folder_told
from mailtrace.reports.security import TlsRecord, tls_record
from mailtrace.reports.times import iso, seconds
from mailtrace.reports.waits import WaitRecord, wait_record

SOURCE_BYTES = 65_536
"""Octets of a message shown as transmitted; a report of big attachments stays a report, and the cut is flagged."""

LINES_REMEMBERED = 2_048
"""Answers whose lines are written once for all who give the same: servers have few words."""

LINES_BYTES = 1_000
"""Octets of lines, as written, that are remembered; those of a mailbox may be as long as it is."""

_encode = Encoder().encode

Names = Mapping[str, str]
"""The best name of each address that has one."""


class _Endpoint(Struct, gc=False):
    address: str
    port: int
    name: str | None


class _Command(Struct, gc=False, omit_defaults=True):
    packet: int
    time: str | None
    verb: str
    argument: str
    line: str
    packets: tuple[int, ...]
    tag: str | None = None
    mailbox: str | None = None
    certain: bool = True


class _Reply(Struct, gc=False, omit_defaults=True):
    packet: int
    time: str | None
    status: str
    enhanced: str | None
    outcome: Outcome
    lines: Raw
    packets: tuple[int, ...]
    tag: str | None = None
    mailbox: str | None = None


class _Continuation(Struct, gc=False):
    packet: int
    time: str | None
    line: str
    packets: tuple[int, ...]


class _Turn(Struct, gc=False):
    command: _Command | None
    replies: list[_Reply]
    continuations: list[_Continuation]


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
    turns: list[_Turn]
    logins: list[Login]
    waits: list[WaitRecord] | None
    violations: list[dict[str, Any]]
    gaps: list[dict[str, Any]]
    proxied_client: _Proxied | None


def conversation_record(conversation: Conversation, names: Names) -> ConversationRecord:
    """Return the record of a conversation; `names` has the best name of each address that has one."""
    key, start_ns = conversation.key, conversation.start_ns
    return ConversationRecord(
        conversation.id,
        conversation.protocol,
        key.transport,
        conversation.tcp_stream,
        _endpoint(key.client, names),
        _endpoint(key.server, names),
        conversation.numbers,
        iso(start_ns),
        seconds(conversation.end_ns - start_ns),
        conversation.complete,
        conversation.closed,
        conversation.caused_by,
    )


def said_record(conversation: Conversation, show_secrets: bool, waits: Sequence[Wait] | None) -> SaidRecord:
    """Return the record of what was said in a conversation; `waits` are its own, None where they are not known yet."""
    dialogue = conversation.dialogue
    turn_record = _turn if conversation.protocol != "imap" else _imap_turn
    kinds = set(map(type, dialogue.events))  # most conversations have nothing odd in them
    return SaidRecord(
        dialogue.encryption,
        dialogue.tls is not None and dialogue.tls.decrypted,
        None if dialogue.tls is None else tls_record(dialogue.tls),
        [turn_record(turn, show_secrets) for turn in dialogue.turns],
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


def _endpoint(endpoint: Endpoint, names: Names) -> _Endpoint:
    return _Endpoint(endpoint.host, endpoint.port, names.get(endpoint.host))


class _Lines(dict[tuple[bytes, ...], Raw]):
    """The lines of answers as a list in JSON; forgotten all at once when there are too many."""

    def __missing__(self, lines: tuple[bytes, ...]) -> Raw:
        octets = _encode([wire_text(line) for line in lines])
        written = Raw(octets)
        if len(octets) <= LINES_BYTES:
            if len(self) >= LINES_REMEMBERED:
                self.clear()
            self[lines] = written
        return written


_LINES = _Lines()


def _turn(turn: Turn, show_secrets: bool) -> _Turn:
    replies = [
        _Reply(
            reply.packet,
            iso(reply.time_ns),
            reply.status,
            reply.enhanced,
            reply.outcome,
            _LINES[reply.lines],
            reply.packets,
        )
        for reply in turn.replies
    ]
    command = None if turn.command is None else _command(turn.command, show_secrets)
    continuations = [_continuation(each, show_secrets) for each in turn.continuations] if turn.continuations else []
    return _Turn(command, replies, continuations)


def _imap_turn(turn: Turn, show_secrets: bool) -> _Turn:
    """Return the record of a turn with what only IMAP has: tags, and the names of folders as people read them."""
    record = _turn(turn, show_secrets)
    if turn.command is not None and record.command is not None:
        record.command.tag = turn.command.tag
        record.command.mailbox = folder_asked(turn)
    for reply, each in zip(turn.replies, record.replies, strict=True):
        each.tag = reply.tag
        each.mailbox = folder_told(reply)
    return record


def _command(each: Command, show_secrets: bool) -> _Command:
    line, at = each.line, each.argument_at
    if each.secrets and not show_secrets:
        spans = tuple((max(0, start - at), max(0, stop - at)) for start, stop in each.secrets)
        argument, text = wire_text(masked(line[at:], spans)), wire_text(masked(line, each.secrets))
    else:
        text = wire_text(line)
        argument = text[at:] if line.isascii() else wire_text(line[at:])
    told = _Command(each.packet, iso(each.time_ns), each.verb, argument, text, each.packets)
    if not each.certain:
        told.certain = False
    return told


def _continuation(each: Continuation, show_secrets: bool) -> _Continuation:
    line = wire_text(masked(each.line, each.secrets, show_secrets))
    return _Continuation(each.packet, iso(each.time_ns), line, each.packets)


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


def lookup_record(lookup: Lookup) -> LookupRecord:
    """Return the record of a lookup."""
    return LookupRecord(
        lookup.id,
        lookup.conversation,
        lookup.name,
        lookup.type,
        lookup.type,
        lookup.class_,
        lookup.rcode,
        lookup.answers,
        lookup.packets,
        iso(lookup.start_ns),
        None if lookup.duration_ns is None else seconds(lookup.duration_ns),
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
