"""HOT. What one message says, whatever its id and whoever sends it: what it asks about, and what it answers to that.

Resolvers ask for the same names all day and get the same answers, so that most messages are read only once.

Benchmark: tests/bench (`mail`).
"""

from __future__ import annotations

from msgspec import Struct

from mailtrace.model.remembered import Remembered, is_short
from mailtrace.protocols.dns.grammar import ID_OCTETS, DnsMessage, Question, Record, parse_message
from mailtrace.protocols.dns.numbers import RecordType, rcode_name, type_name

MAX_REMEMBERED = 1024  # messages of at most 256 octets: a few megabytes, with what they say
MAX_ANSWERS = 10_000  # records told of one lookup: a zone transfer can have millions

_TC, _RA = 0x0200, 0x0080
_NS, _SOA = RecordType.NS, RecordType.SOA
_ALIASES = frozenset({RecordType.CNAME, RecordType.DNAME})
TRANSFERS = frozenset({"AXFR", "IXFR"})
_WILDCARDS = TRANSFERS | {"ANY", "MAILA", "MAILB"}

About = tuple[int, str, int, int]
"""What a question and its answer have in common: opcode, name in small letters, type, class."""


class Answer(Struct, frozen=True, gc=False):
    """What a response says to one who asked for a type; see `model.Lookup`."""

    rcode: str
    answers: tuple[str, ...]
    authority: tuple[str, ...]
    additional: tuple[str, ...]
    nodata: bool


class Statement(Struct, frozen=True, gc=False):
    """A message as it was read, but for its id; `about` and `answer` belong to its first question, if it has one."""

    message: DnsMessage
    about: About | None
    answer: Answer | None


def statement(message: DnsMessage) -> Statement:
    """Return what a message says."""
    if not message.questions:
        return Statement(message, None, None)
    asked = message.questions[0]
    return Statement(
        message, about(message, asked), answer(message, type_name(asked.type)) if message.is_response else None
    )


def known_statement(wire: bytes) -> Statement | None:
    """Return what a whole message says, remembered from its last use; None where there is no whole header."""
    return _statements[wire[ID_OCTETS:]]


def _read(rest: bytes) -> Statement | None:
    """See `known_statement`; `rest` is what follows the id."""
    message = parse_message(bytes(ID_OCTETS) + rest)
    return None if message is None else statement(message)


_statements = Remembered(_read, MAX_REMEMBERED, is_short)


def about(message: DnsMessage, question: Question) -> About:
    """Return what a question and its answer have in common."""
    return (message.opcode, question.name.lower(), question.type, question.class_)


def answer(message: DnsMessage, asked: str) -> Answer:
    """Return what a response says to one who asked for the type `asked`."""
    _, authority, additional = message.sections
    return Answer(
        rcode_name(message.rcode),
        _answers(message, asked),
        tuple(map(str, authority)),
        tuple(map(str, additional)),
        _is_nodata(message, asked),
    )


def _answers(message: DnsMessage, asked: str) -> tuple[str, ...]:
    """Return the answer section as text: the data of each record, in order.

    The aliases on the way to what was asked (CNAME, DNAME) are told by their target. Records of another type than asked
    have their type before the data; zone transfers and other requests than lookups give lines of a zone file.
    """
    if asked in TRANSFERS or message.opcode:
        return tuple(map(str, message.sections[0][:MAX_ANSWERS]))
    return tuple([_answer_text(record, asked) for record in message.sections[0]])


def _answer_text(record: Record, asked: str) -> str:
    name = type_name(record.type)
    if name == asked or (record.type in _ALIASES and asked != "ANY"):
        return record.data
    return f"{name} {record.data}"


def _is_nodata(message: DnsMessage, asked: str) -> bool:
    """Tell whether the name exists without records of the type asked for. Source: RFC 2308 section 2.2.

    No such claim is a referral, which names servers and has no SOA, or an alias told by a server that does not resolve
    for others: it leads elsewhere.
    """
    if message.rcode or message.opcode or message.cut_short or message.flags & _TC:
        return False
    found, authority, _ = message.sections
    if found and (asked in _WILDCARDS or asked in [type_name(record.type) for record in found]):
        return False
    kinds = {record.type for record in authority}
    if found:
        return _SOA in kinds or bool(message.flags & _RA)
    return _SOA in kinds or _NS not in kinds
