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
from msgspec import UNSET, to_builtins

from mailtrace.mail.authentication import Authenticator, RecordBook
from mailtrace.mail.correlator import Final
from mailtrace.mail.course import Carried
from mailtrace.mail.kept import Told, Written
from mailtrace.model import (
    Analysis,
    Authentication,
    CaptureInfo,
    Conversation,
    Dialogue,
    Finding,
    HopWait,
    Host,
    Journey,
    Lookup,
    Message,
    Wait,
    surrogates_spelled,
)
from mailtrace.model.remarks import remark
from mailtrace.reports import Report
from mailtrace.reports.authentication import transaction_record
from mailtrace.reports.journeys import JourneyLine, journey_record
from mailtrace.reports.records import (
    Names,
    asks_only,
    conversation_record,
    lookup_record,
    message_record,
    said_record,
)
from mailtrace.reports.safe import json_safe
from mailtrace.reports.times import iso, seconds

if TYPE_CHECKING:  # a report in JSON has no need to load all that explains
    from mailtrace.explain.listing import ListingRow

SCHEMA = "mailtrace/1"

OBJECT = (b"{", b"}")
CONVERSATION_LINE = (b'{"type":"conversation",', b"}\n")
MESSAGE_LINE = (b'{"type":"message",', b"}\n")
"""What stands around a conversation or a message: in one object with all others, and on a line of its own."""

Record = dict[str, Any]

_encode = msgspec.json.Encoder().encode
_encode_lines = msgspec.json.Encoder().encode_lines
_told = msgspec.msgpack.Decoder(Told).decode


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
    waited, travelled = _waits(analysis)
    lists: dict[str, Iterator[bytes]] = {
        "hosts": map(encoded, map(_host, analysis.hosts)),
        "conversations": (
            _conversation(each, names, show_secrets, judge, waited(each)) for each in analysis.conversations
        ),
        "messages": (_message(each, judged(each)) for each in analysis.messages),
        "journeys": (encoded(journey_record(each, travelled(each))) for each in analysis.journeys),
        "lookups": map(encoded, map(lookup_record, analysis.lookups)),
        "findings": map(encoded, map(_finding, analysis.findings)),
    }
    pieces = [b'{"schema":', encoded(SCHEMA), b',\n"capture":', encoded(_capture(analysis.capture))]
    for key, records in lists.items():
        lines = list(records)
        pieces += [b',\n"', key.encode(), b'":[', b"\n" if lines else b"", b",\n".join(lines), b"]"]
    return b"".join([*pieces, b"}\n"])


def lines(analysis: Analysis, show_secrets: bool = False) -> Iterator[bytes]:
    """Yield the analysis as JSON Lines, one object each with its `type`, the capture last as in a streamed report."""
    names = best_names(analysis.hosts)
    judge, judged = _judges(analysis)
    waited, travelled = _waits(analysis)
    for each in analysis.conversations:
        yield _line("conversation", _conversation(each, names, show_secrets, judge, waited(each)))
    for message in analysis.messages:
        yield _line("message", _message(message, judged(message)))
    yield from map(lookup_line, analysis.lookups)
    for journey in analysis.journeys:
        yield encoded(journey_record(journey, travelled(journey), JourneyLine)) + b"\n"
    for finding in analysis.findings:
        yield _line("finding", encoded(_finding(finding)))
    yield capture_line(analysis.capture, analysis.hosts)


def written(
    conversation: Conversation,
    messages: Sequence[Message],
    carried: Sequence[Carried],
    show_secrets: bool = False,
    waits: Sequence[Wait] | None = None,
) -> Written:
    """Return what can be written of a conversation before numbers, relations and verdicts are in.

    `waits` are null where its end is not known yet.
    """
    dialogue = conversation.dialogue
    if waits is None and asks_only(dialogue):
        return _LOOKUPS_ONLY
    said = encoded(said_record(dialogue, conversation.protocol, show_secrets, waits))
    transactions, mails = [], []
    for transaction, place in carried:
        transactions.append((encoded(transaction_record(transaction)), place))
    for message in messages:
        mails.append(encoded(message_record(message)))
    return Written(said, transactions, mails)


def final_lines(final: Final, told: Told | msgspec.Raw, judge: Authenticator) -> list[bytes]:
    """Return the lines of a conversation that is final: its own, and those of its mails and lookups; `told` is its."""
    told = told if isinstance(told, Told) else _told(told)
    conversation, written, numbers = final.conversation, told.written, final.numbers
    transactions = []
    for (octets, place), refused in zip(written.transactions, told.refused, strict=True):
        judged = None if refused is None else judge.judge_refused(refused)
        transactions.append(_transaction(octets, None if place is None else numbers[place], judged))
    lines = [_finished(conversation, final.names, written.said, transactions, CONVERSATION_LINE)]
    for number, octets, subject in zip(numbers, written.messages, told.judged, strict=True):
        lines.append(_judged(number, conversation.id, octets, judge.judge(subject), MESSAGE_LINE))
    for lookup in conversation.dialogue.lookups:
        lines.append(lookup_line(lookup))
    return lines


def lookup_line(lookup: Lookup) -> bytes:
    """Return a line about a lookup; its `type` is the kind of line, `record_type` tells MX, A ..."""
    return b'{"type":"lookup",%b\n' % encoded(lookup_record(lookup, UNSET))[1:]


def journey_lines(journeys: Iterable[Journey]) -> bytes:
    """Return the lines about some journeys."""
    records = [journey_record(journey, None, JourneyLine) for journey in journeys]
    try:
        octets = _encode_lines(records)
    except UnicodeEncodeError:
        octets = b"".join([encoded(record) + b"\n" for record in records])
    return json_safe(octets)


def capture_line(capture: CaptureInfo, hosts: Sequence[Host]) -> bytes:
    """Return the line about the capture and its hosts."""
    return _line("capture", encoded({"schema": SCHEMA, **_capture(capture), "hosts": list(map(_host, hosts))}))


def _line(kind: str, octets: bytes) -> bytes:
    """Return an object as a line of its kind, the line's end included."""
    return b'{"type":"%b",%b\n' % (kind.encode(), octets[1:])


def _conversation(
    conversation: Conversation, names: Names, show_secrets: bool, judge: Authenticator, waits: Sequence[Wait]
) -> bytes:
    """Return a whole conversation as an object."""
    transactions = conversation.dialogue.transactions
    carried = [(each, None if each.content is None else each.content.message) for each in transactions]
    told = written(conversation, (), carried, show_secrets, waits)
    shown = []
    for each, (octets, message) in zip(transactions, told.transactions, strict=True):
        is_refused = each.content is None and each.sender is not None
        shown.append(_transaction(octets, message, judge.refused(each, conversation) if is_refused else None))
    return _finished(conversation, names, told.said, shown)


def _transaction(octets: bytes, message: int | None, judged: Authentication | None) -> bytes:
    """Return a transaction with the number of its message, and what is judged if it had none."""
    number = b"null" if message is None else b"%d" % message
    verdict = b"" if judged is None else b',"authentication":%b' % encoded(judged)
    return b'%b,"message":%b%b}' % (octets[:-1], number, verdict)


def _finished(
    conversation: Conversation,
    names: Names,
    said: bytes,
    transactions: Sequence[bytes],
    ends: tuple[bytes, bytes] = OBJECT,
) -> bytes:
    """Return a conversation between its ends, with what was said in it."""
    head = encoded(conversation_record(conversation, names))
    begin, end = ends
    return b'%b%b,%b,"transactions":[%b]%b' % (begin, head[1:-1], said[1:-1], b",".join(transactions), end)


def _message(message: Message, authentication: Authentication | None) -> bytes:
    """Return a whole message as an object."""
    return _judged(message.id, message.conversation, encoded(message_record(message)), authentication)


def _judged(
    number: int,
    conversation: int,
    octets: bytes,
    authentication: Authentication | None,
    ends: tuple[bytes, bytes] = OBJECT,
) -> bytes:
    """Return a message between its ends, with its numbers and what is judged of it."""
    verdict = b"null" if authentication is None else encoded(authentication)
    (begin, end), said = ends, octets[1:-1]
    return b'%b"id":%d,"conversation":%d,%b,"authentication":%b%b' % (begin, number, conversation, said, verdict, end)


def _judges(analysis: Analysis) -> tuple[Authenticator, Callable[[Message], Authentication | None]]:
    """Return who judges, by all records of the capture, and what is judged of a message."""
    judge = Authenticator(RecordBook(analysis.lookups if analysis.known is None else analysis.known))
    conversations = {conversation.id: conversation for conversation in analysis.conversations}

    def judged(message: Message) -> Authentication | None:
        conversation = conversations.get(message.conversation)
        return None if conversation is None else judge.message(message, conversation)

    return judge, judged


def _waits(
    analysis: Analysis,
) -> tuple[Callable[[Conversation], Sequence[Wait]], Callable[[Journey], Sequence[HopWait]]]:
    """Return who tells where the time went, of a conversation and of a journey, by all that the capture says."""
    from mailtrace.explain.waits import causes, waits
    from mailtrace.explain.waits.journeys import journey_waits

    everything = analysis.conversations if analysis.everything is None else analysis.everything
    asked = causes(everything)
    conversations = {conversation.id: conversation for conversation in everything}

    def waited(conversation: Conversation) -> Sequence[Wait]:
        return waits(conversation, asked.get(conversation.id))

    return waited, lambda journey: journey_waits(journey, conversations, waited, asked)


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
        octets = _encode(surrogates_spelled(to_builtins(value, enc_hook=msgspec.json.decode)))  # what is `Raw` already
    return json_safe(octets)


_LOOKUPS_ONLY = Written(encoded(said_record(Dialogue(), "dns", False, None)), [], [])
"""What is written of a conversation in which nothing but lookups was said: these have lines of their own."""


def _capture(capture: CaptureInfo) -> Record:
    return {
        "files": capture.files,
        "packets": capture.packets,
        "bytes": capture.bytes,
        "first_time": iso(capture.first_ns),
        "last_time": iso(capture.last_ns),
        "link_types": capture.link_types,
        "notes": [
            {"code": note.code, "message": remark(note.message), "packets": note.packets, "damage": note.damage}
            for note in capture.notes
        ],
        "counters": capture.counters,
    }


def _host(host: Host) -> Record:
    return {"address": host.address, "names": host.names, "roles": host.roles, "clock": host.clock}


def _finding(finding: Finding) -> Record:
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "message": finding.message,
        "packets": finding.packets,
        "conversation": finding.conversation,
        "mail": finding.mail,
        "journey": finding.journey,
        "more": finding.more,
        "advice": finding.advice,
    }
