"""HOT. The results for machines, `"schema": "mailtrace/1"`; keys are added and never renamed (tests/bench `mail`).

Times are ISO 8601 in UTC with nanoseconds, durations seconds as numbers, `packets` lists of integers, secrets masked.
Octets become text by `wire_text` (`\\xNN` where they are no UTF-8); what a terminal would obey is spelled `\\uXXXX`.
What the contract says key by key stands in `records`.
`render` puts one record on a line, so that a report can be compared, searched and cut like JSON Lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec
from msgspec import UNSET, Struct

from mailtrace.mail.authentication import Authenticator, RecordBook
from mailtrace.model import Analysis, Authentication, CaptureInfo, Conversation, Host, Journey, Lookup, Message
from mailtrace.reports import Report
from mailtrace.reports.journeys import journey_record
from mailtrace.reports.records import Names, conversation_record, lookup_record, message_record
from mailtrace.reports.safe import json_safe
from mailtrace.reports.times import iso, seconds

if TYPE_CHECKING:  # a report in JSON has no need to load all that explains
    from mailtrace.explain.listing import ListingRow

SCHEMA = "mailtrace/1"

Record = dict[str, Any]

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
    judge, judged = _judges(analysis)
    lists: dict[str, Iterator[Any]] = {
        "hosts": map(_host, analysis.hosts),
        "conversations": (conversation_record(each, names, show_secrets, judge) for each in analysis.conversations),
        "messages": (message_record(each, judged(each)) for each in analysis.messages),
        "journeys": map(journey_record, analysis.journeys),
        "lookups": map(lookup_record, analysis.lookups),
        "findings": iter(()),
    }
    pieces = [b'{"schema":', encoded(SCHEMA), b',\n"capture":', encoded(_capture(analysis.capture))]
    for key, records in lists.items():
        lines = [encoded(record) for record in records]
        pieces += [b',\n"', key.encode(), b'":[', b"\n" if lines else b"", b",\n".join(lines), b"]"]
    return b"".join([*pieces, b"}\n"])


def lines(analysis: Analysis, show_secrets: bool = False) -> Iterator[bytes]:
    """Yield the analysis as JSON Lines, one object each with its `type`, the capture last as in a streamed report."""
    names = best_names(analysis.hosts)
    judge, judged = _judges(analysis)
    for conversation in analysis.conversations:
        yield line("conversation", conversation, names, show_secrets, judge=judge)
    for message in analysis.messages:
        yield line("message", message, authentication=judged(message))
    for lookup in analysis.lookups:
        yield line("lookup", lookup)
    for journey in analysis.journeys:
        yield line("journey", journey)
    yield line("capture", analysis.capture, hosts=analysis.hosts)


def final_lines(
    conversation: Conversation,
    messages: Sequence[Message],
    names: Names,
    judge: Authenticator,
    show_secrets: bool = False,
) -> Iterator[bytes]:
    """Yield the lines of a conversation that is final: its own, and those of its mails and lookups."""
    yield line("conversation", conversation, names, show_secrets, judge=judge)
    for message in messages:
        yield line("message", message, authentication=judge.message(message, conversation))
    for lookup in conversation.dialogue.lookups:
        yield line("lookup", lookup)


def line(
    kind: str,
    record: CaptureInfo | Conversation | Message | Lookup | Journey,
    names: Names | None = None,
    show_secrets: bool = False,
    hosts: Sequence[Host] = (),
    judge: Authenticator | None = None,
    authentication: Authentication | None = None,
) -> bytes:
    """Return one line of JSON Lines, its end included. `kind` is capture, conversation, message, lookup or journey.

    `names` names the two sides of a conversation, and `judge` judges what was refused in it; `authentication` is what
    is judged of a message; `hosts` belong to the capture's line.
    """
    shown: Any
    if isinstance(record, Conversation):
        shown = conversation_record(record, names or {}, show_secrets, judge)
    elif isinstance(record, Message):
        shown = message_record(record, authentication)
    elif isinstance(record, Lookup):
        shown = lookup_record(record)
        shown.type = UNSET  # which is the kind of line here; `record_type` still tells MX, A ...
    elif isinstance(record, Journey):
        shown = journey_record(record)
    else:
        shown = {"schema": SCHEMA, **_capture(record), "hosts": [_host(host) for host in hosts]}
    return b'{"type":"%b",%b\n' % (kind.encode(), encoded(shown)[1:])


def _judges(analysis: Analysis) -> tuple[Authenticator, Callable[[Message], Authentication | None]]:
    """Return who judges, by all records of the capture, and what is judged of a message."""
    judge = Authenticator(RecordBook(analysis.lookups if analysis.known is None else analysis.known))
    conversations = {conversation.id: conversation for conversation in analysis.conversations}

    def judged(message: Message) -> Authentication | None:
        conversation = conversations.get(message.conversation)
        return None if conversation is None else judge.message(message, conversation)

    return judge, judged


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
    return b"[" + b",\n".join(map(encoded, shown)) + b"]\n"


def best_names(hosts: Sequence[Host]) -> dict[str, str]:
    """Return the best name of each host that has one, by address."""
    return {host.address: host.names[0] for host in hosts if host.names}


def encoded(value: Any) -> bytes:
    """Return a value as JSON that is harmless where it is printed, whatever text is in it."""
    try:
        octets = _encode(value)
    except UnicodeEncodeError:  # a lone surrogate: UTF-7 in a mail, or the name of a file that is no UTF-8
        octets = _encode(_whole(value))
    return json_safe(octets)


def _whole(value: Any) -> Any:
    r"""Return `value` with every lone surrogate spelled `\udXXX` as text: strict parsers refuse it otherwise."""
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {_whole(key): _whole(each) for key, each in value.items()}
        case list() | tuple():
            return [_whole(each) for each in value]
        case Struct():
            return {
                each.encode_name: _whole(getattr(value, each.name))
                for each in msgspec.structs.fields(value)
                if getattr(value, each.name) is not UNSET
            }
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
    return {"address": host.address, "names": host.names, "roles": host.roles, "clock": host.clock}
