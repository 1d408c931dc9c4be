"""HOT. The results for machines, `"schema": "mailtrace/1"`; keys are added and never renamed (tests/bench `mail`).

Times are ISO 8601 in UTC with nanoseconds, durations seconds as numbers, `packets` lists of integers, secrets masked.
Octets become text by `wire_text` (`\\xNN` where they are no UTF-8); what a terminal would obey is spelled `\\uXXXX`.
Records are plain dictionaries, literal by literal, so that the contract can be read off; those of turns, of which there
are a million, are structs: half the cost, and nothing for the garbage collector to follow.
`render` puts one record on a line, so that a report can be compared, searched and cut like JSON Lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from mailtrace.model import (
    Analysis,
    CaptureInfo,
    Command,
    Continuation,
    Conversation,
    Endpoint,
    Gap,
    Host,
    Lookup,
    Message,
    Outcome,
    Person,
    Transaction,
    Turn,
    Violation,
    masked,
    wire_text,
)
from mailtrace.reports import Report
from mailtrace.reports.safe import json_safe
from mailtrace.reports.times import iso, seconds

if TYPE_CHECKING:  # a report in JSON has no need to load all that explains
    from mailtrace.explain.listing import ListingRow

SCHEMA = "mailtrace/1"

SOURCE_BYTES = 65_536
"""Octets of a message shown as transmitted; a report of big attachments stays a report, and the cut is flagged."""

Record = dict[str, Any]

Names = Mapping[str, str]
"""The best name of each address that has one."""

_UNKNOWN = {"result": "unknown", "because": "not judged by this version"}
_NOT_JUDGED = msgspec.Raw(msgspec.json.encode({"spf": _UNKNOWN, "dkim": [], "dmarc": _UNKNOWN}))

_encode = msgspec.json.Encoder().encode


def write(report: Report, out: BinaryIO) -> None:
    """Write the report as one JSON object."""
    out.write(render(report.analysis, report.show_secrets))


def write_lines(report: Report, out: BinaryIO) -> None:
    """Write the report as JSON Lines."""
    out.writelines(lines(report.analysis, report.show_secrets))


def write_packets(rows: Iterable[ListingRow], out: BinaryIO) -> None:
    """Write a packet listing as a list of objects."""
    out.write(packets(rows))


def render(analysis: Analysis, show_secrets: bool = False) -> bytes:
    """Return the whole analysis as one JSON object."""
    names = best_names(analysis.hosts)
    lists: dict[str, Iterator[Record]] = {
        "hosts": map(_host, analysis.hosts),
        "conversations": (_conversation(each, names, show_secrets) for each in analysis.conversations),
        "messages": map(_message, analysis.messages),
        "journeys": iter(()),
        "lookups": map(_lookup, analysis.lookups),
        "findings": iter(()),
    }
    pieces = [b'{"schema":', _bytes(SCHEMA), b',\n"capture":', _bytes(_capture(analysis.capture))]
    for key, records in lists.items():
        lines = [_bytes(record) for record in records]
        pieces += [b',\n"', key.encode(), b'":[', b"\n" if lines else b"", b",\n".join(lines), b"]"]
    return b"".join([*pieces, b"}\n"])


def lines(analysis: Analysis, show_secrets: bool = False) -> Iterator[bytes]:
    """Yield the analysis as JSON Lines, one object each with its `type`, the capture last as in a streamed report."""
    names = best_names(analysis.hosts)
    for conversation in analysis.conversations:
        yield line("conversation", conversation, names, show_secrets)
    for message in analysis.messages:
        yield line("message", message)
    for lookup in analysis.lookups:
        yield line("lookup", lookup)
    yield line("capture", analysis.capture, hosts=analysis.hosts)


def line(
    kind: str,
    record: CaptureInfo | Conversation | Message | Lookup,
    names: Names | None = None,
    show_secrets: bool = False,
    hosts: Sequence[Host] = (),
) -> bytes:
    """Return one line of JSON Lines, its end included. `kind` is capture, conversation, message or lookup.

    `names` names the two sides of a conversation; `hosts` belong to the capture's line.
    """
    shown: Record = {"type": kind}
    match record:
        case Conversation():
            shown |= _conversation(record, names or {}, show_secrets)
        case Message():
            shown |= _message(record)
        case Lookup():
            shown |= _lookup(record) | shown  # `type` is the kind of line here; `record_type` still tells MX, A ...
        case CaptureInfo():
            shown |= {"schema": SCHEMA, **_capture(record), "hosts": [_host(host) for host in hosts]}
    return _bytes(shown) + b"\n"


def packets(rows: Iterable[ListingRow]) -> bytes:
    """Return rows of the packet listing as a JSON list, `time_s` counting from the capture's first packet."""
    shown = [
        {
            "number": row.number,
            "time_s": None if row.time_ns is None else seconds(row.time_ns),
            "source": row.source,
            "destination": row.destination,
            "protocol": row.protocol,
            "length": row.length,
            "info": row.info,
        }
        for row in rows
    ]
    return b"[" + b",\n".join(map(_bytes, shown)) + b"]\n"


def best_names(hosts: Sequence[Host]) -> dict[str, str]:
    """Return the best name of each host that has one, by address."""
    return {host.address: host.names[0] for host in hosts if host.names}


def _bytes(value: Any) -> bytes:
    try:
        encoded = _encode(value)
    except UnicodeEncodeError:  # a lone surrogate: UTF-7 in a mail, or the name of a file that is no UTF-8
        encoded = _encode(_whole(value))
    return json_safe(encoded)


def _whole(value: Any) -> Any:
    r"""Return `value` with every lone surrogate spelled `\udXXX` as text: strict parsers refuse it otherwise."""
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {_whole(key): _whole(each) for key, each in value.items()}
        case list() | tuple():
            return [_whole(each) for each in value]
        case msgspec.Struct():
            return _whole(msgspec.structs.asdict(value))
    return value


def _capture(capture: CaptureInfo) -> Record:
    return {
        "files": capture.files,
        "packets": capture.packets,
        "bytes": capture.bytes,
        "first_time": iso(capture.first_ns),
        "last_time": iso(capture.last_ns),
        "link_types": capture.link_types,
        "notes": [
            {"code": note.code, "message": note.message, "packets": note.packets, "damage": note.damage}
            for note in capture.notes
        ],
        "counters": capture.counters,
    }


def _host(host: Host) -> Record:
    return {"address": host.address, "names": host.names, "roles": host.roles}


def _conversation(conversation: Conversation, names: Names, show_secrets: bool) -> Record:
    key, dialogue = conversation.key, conversation.dialogue
    start_ns = conversation.start_ns
    return {
        "id": conversation.id,
        "protocol": conversation.protocol,
        "transport": key.transport,
        "tcp_stream": conversation.tcp_stream,
        "client": _endpoint(key.client, names),
        "server": _endpoint(key.server, names),
        "packets": [packet.number for packet in conversation.packets],
        "start": iso(start_ns),
        "duration_s": seconds(conversation.end_ns - start_ns),
        "complete": conversation.complete,
        "encrypted": dialogue.encryption,
        "decrypted": False,
        "closed": conversation.closed,
        "caused_by": conversation.caused_by,
        "tls": None,
        "turns": [_turn(turn, show_secrets) for turn in dialogue.turns],
        "transactions": [_transaction(each) for each in dialogue.transactions],
        "logins": [
            {"mechanism": each.mechanism, "user": each.user, "accepted": each.accepted, "packets": each.packets}
            for each in dialogue.logins
        ],
        "waits": [],
        "violations": [_violation(event) for event in dialogue.events if type(event) is Violation],
        "gaps": [_gap(event) for event in dialogue.events if type(event) is Gap],
    }


def _endpoint(endpoint: Endpoint, names: Names) -> Record:
    return {"address": endpoint.host, "port": endpoint.port, "name": names.get(endpoint.host)}


class _Command(msgspec.Struct, gc=False):
    packet: int
    time: str | None
    verb: str
    argument: str
    line: str
    packets: tuple[int, ...]


class _Reply(msgspec.Struct, gc=False):
    packet: int
    time: str | None
    status: str
    enhanced: str | None
    outcome: Outcome
    lines: list[str]
    packets: tuple[int, ...]


class _Continuation(msgspec.Struct, gc=False):
    packet: int
    time: str | None
    line: str
    packets: tuple[int, ...]


class _Turn(msgspec.Struct, gc=False):
    command: _Command | None
    replies: list[_Reply]
    continuations: list[_Continuation]


def _turn(turn: Turn, show_secrets: bool) -> _Turn:
    replies = [
        _Reply(
            reply.packet,
            iso(reply.time_ns),
            reply.status,
            reply.enhanced,
            reply.outcome,
            [wire_text(each) for each in reply.lines],
            reply.packets,
        )
        for reply in turn.replies
    ]
    command = None if turn.command is None else _command(turn.command, show_secrets)
    continuations = [_continuation(each, show_secrets) for each in turn.continuations] if turn.continuations else []
    return _Turn(command, replies, continuations)


def _command(command: Command, show_secrets: bool) -> _Command:
    line, at = command.line, command.argument_at
    argument = line[at:]
    if command.secrets and not show_secrets:
        argument = masked(argument, tuple((max(0, start - at), max(0, stop - at)) for start, stop in command.secrets))
        line = masked(line, command.secrets)
    return _Command(
        command.packet, iso(command.time_ns), command.verb, wire_text(argument), wire_text(line), command.packets
    )


def _continuation(each: Continuation, show_secrets: bool) -> _Continuation:
    line = wire_text(masked(each.line, each.secrets, show_secrets))
    return _Continuation(each.packet, iso(each.time_ns), line, each.packets)


def _transaction(transaction: Transaction) -> Record:
    return {
        "sender": transaction.sender,
        "recipients": [
            {"address": each.address, "accepted": each.accepted, "status": each.status, "packet": each.packet}
            for each in transaction.recipients
        ],
        "message": transaction.content.message if transaction.content else None,
        "status": transaction.status,
        "queue_id": transaction.queue_id,
        "outcome": transaction.outcome,
        "packets": transaction.packets,
    }


def _violation(event: Violation) -> Record:
    return {
        "code": event.code,
        "side": event.side.name.lower(),
        "packet": event.packet,
        "time": iso(event.time_ns),
        "detail": event.detail,
    }


def _gap(event: Gap) -> Record:
    return {
        "side": event.side.name.lower(),
        "missing": event.missing,
        "why": event.why,
        "packet": event.packet,
        "time": iso(event.time_ns),
    }


def _message(message: Message) -> Record:
    content = message.content
    return {
        "id": message.id,
        "conversation": message.conversation,
        "packets": content.packets,
        "direction": message.direction,
        "how": content.how,
        "message_id": message.message_id,
        "subject": message.subject,
        "from": _people(message.from_),
        "to": _people(message.to),
        "cc": _people(message.cc),
        "date": message.date,
        "size_bytes": content.size_bytes,
        "sha256": content.sha256,
        "complete": content.complete,
        "holes": content.holes,
        "start": iso(content.start_ns),
        "end": iso(content.end_ns),
        "queue_id": message.queue_id,
        "headers": message.headers,
        "received": [
            {"from": each.from_, "by": each.by, "with": each.with_, "id": each.id, "time": each.time}
            for each in message.received
        ],
        "parts": message.parts,
        "authentication": _NOT_JUDGED,
        "defects": message.defects,
        "source": wire_text(content.kept[:SOURCE_BYTES]),
        "source_complete": content.kept_all and len(content.kept) <= SOURCE_BYTES,
    }


def _people(people: Sequence[Person]) -> list[Record]:
    return [{"name": each.name, "address": each.address} for each in people]


def _lookup(lookup: Lookup) -> Record:
    return {
        "id": lookup.id,
        "conversation": lookup.conversation,
        "name": lookup.name,
        "type": lookup.type,
        "record_type": lookup.type,
        "class": lookup.class_,
        "rcode": lookup.rcode,
        "answers": lookup.answers,
        "packets": lookup.packets,
        "start": iso(lookup.start_ns),
        "duration_s": None if lookup.duration_ns is None else seconds(lookup.duration_ns),
        "caused_by": lookup.caused_by,
        "nodata": lookup.nodata,
        "authoritative": lookup.authoritative,
        "authenticated": lookup.authenticated,
        "truncated": lookup.truncated,
        "edns": lookup.edns,
        "retries": lookup.retries,
        "opcode": lookup.opcode,
        "dns_id": lookup.message_id,
        "authority": lookup.authority,
        "additional": lookup.additional,
        "client": lookup.client,
        "server": lookup.server,
    }
