"""HOT. One DNS message, from octets to words: header, question, records. Never raises; what is wrong is in `problems`.

The sections are walked by their counts until the octets end: a count that promises more than there is costs nothing but
a named problem, and what could be read before it is kept. Source: RFC 1035 section 4.1.

Benchmark: tests/bench (`mail`).
"""

from __future__ import annotations

from functools import lru_cache
from struct import Struct as Layout

from msgspec import Struct

from mailtrace.model.remembered import Remembered, is_short
from mailtrace.protocols.dns.names import HEADER_OCTETS, MAX_NAME_OCTETS, Labels, Seen, name_text, read_name
from mailtrace.protocols.dns.numbers import CLASSES, TYPES, class_name, type_name
from mailtrace.protocols.dns.problems import Problems
from mailtrace.protocols.dns.rdata import rdata_text

MAX_RECORDS = 10_000  # of one message: 64 KB hold no more than 6,000 honest ones
MAX_REMEMBERED = 4096  # questions, and whether octets are a message, of some 260 octets each

ID_OCTETS = 2
"""The id of a message is what it begins with, and all in it that is new where a question is asked once more."""

LONGEST_QUESTION = HEADER_OCTETS + MAX_NAME_OCTETS + 4
"""Where the first question of a message ends at the latest."""

_HEADER = Layout("!6H")
_QUESTION = Layout("!2H")
_RECORD = Layout("!HHIH")
_OPT = 41
_TO_QUESTION = b"\xc0\x0c"  # the compression pointer to the first octet behind the header


class Question(Struct, frozen=True, gc=False):
    """What is asked: `name` with its final dot, type and class as numbers."""

    name: str
    type: int
    class_: int


class Record(Struct, frozen=True, gc=False):
    """One resource record: `owner` with its final dot, `data` in presentation format, `ttl` in seconds as sent."""

    owner: str
    type: int
    class_: int
    ttl: int
    data: str

    def __str__(self) -> str:
        """Return the record as a line of a zone file; the class is left out where it is IN."""
        shown = type_name(self.type) if self.class_ == 1 else f"{class_name(self.class_)} {type_name(self.type)}"
        return f"{self.owner} {self.ttl} {shown} {self.data}".rstrip()


class DnsMessage(Struct, gc=False):
    """A message as far as it could be read.

    `questions` is more than one only in multicast DNS. `sections` are answer, authority and additional, without OPT
    records. `rcode` includes the extended bits of EDNS. `cut_short` tells that not all records that the header promises
    could be read.
    """

    id: int
    flags: int
    questions: list[Question]
    sections: tuple[list[Record], list[Record], list[Record]]
    rcode: int
    edns: bool
    cut_short: bool
    problems: list[tuple[str, str]]

    @property
    def is_response(self) -> bool:
        """Whether it answers."""
        return self.flags >= 0x8000

    @property
    def opcode(self) -> int:
        """The kind of request, as a number."""
        return self.flags >> 11 & 15


def parse_message(wire: bytes, cut: bool = False) -> DnsMessage | None:
    """Read one message; `cut` tells that its end was not captured. None when there is not even a whole header."""
    if len(wire) < HEADER_OCTETS:
        return None
    id_, flags, question_count, *counts = _HEADER.unpack_from(wire)
    problems = Problems(cut)
    seen: Seen = {}
    questions: list[Question] = []
    at = HEADER_OCTETS
    if question_count == 1 and (usual := _usual_question(wire)) is not None:
        question, seen[HEADER_OCTETS], at = usual
        questions.append(question)
    while question_count > len(questions) < MAX_RECORDS and at >= 0:
        at = _read_question(wire, at, questions, seen, problems)
    answers: list[Record] = []
    authority: list[Record] = []
    additional: list[Record] = []
    sections = (answers, authority, additional)
    message = DnsMessage(id_, flags, questions, sections, flags & 15, False, False, problems.found)
    for index, section in enumerate(sections):
        if counts[index] and at >= 0:
            at = _read_section(wire, at, counts[index], message, section, seen, problems)
    if at < 0:
        message.cut_short = True
        missing = sum(counts) + question_count
        problems.add("bad-count", f"the header promises {missing} entries, which could not all be read", cut=True)
    elif at < len(wire):
        problems.add("trailing-octets", f"{len(wire) - at} octets follow the last record")
    return message


def _usual_question(wire: bytes) -> tuple[Question, Labels, int] | None:
    """Return the first question, the labels of its name, and where it ends, remembered from its last use.

    None unless it is an ordinary one, without fault.
    """
    stop = wire.find(b"\0", HEADER_OCTETS) + 5
    return _ordinary(wire[HEADER_OCTETS:stop]) if HEADER_OCTETS + 5 <= stop <= LONGEST_QUESTION else None


@lru_cache(maxsize=MAX_REMEMBERED)
def _ordinary(octets: bytes) -> tuple[Question, Labels, int] | None:
    """See `_usual_question`, whose octets these are."""
    problems = Problems()
    questions: list[Question] = []
    seen: Seen = {}
    stop = _read_question(bytes(HEADER_OCTETS) + octets, HEADER_OCTETS, questions, seen, problems)
    if problems.found or stop != HEADER_OCTETS + len(octets):
        return None
    return questions[0], seen[HEADER_OCTETS], stop


def _read_question(wire: bytes, at: int, questions: list[Question], seen: Seen, problems: Problems) -> int:
    """Read one entry of the question section; return where it ends, -1 when unknown. Source: RFC 1035 section 4.1.2."""
    labels, at = read_name(wire, at, seen, problems)
    if at < 0 or at + 4 > len(wire):
        return -1
    type_, class_ = _QUESTION.unpack_from(wire, at)
    questions.append(Question(name_text(labels), type_, class_))
    return at + 4


def _read_section(
    wire: bytes, at: int, count: int, message: DnsMessage, section: list[Record], seen: Seen, problems: Problems
) -> int:
    """Read `count` records into `section`; return where they end, -1 when unknown. Source: RFC 1035 section 4.1.3."""
    end = len(wire)
    owner, owner_key = (message.questions[0].name, _TO_QUESTION) if message.questions else ("", b"")
    for _ in range(min(count, MAX_RECORDS)):
        key = wire[at : at + 2]
        if key == owner_key and key >= b"\xc0":
            at += 2  # to the question or to the owner before: most answers are a list under one name
        else:
            labels, at = read_name(wire, at, seen, problems)
            owner, owner_key = name_text(labels), key
        if at < 0 or at + 10 > end:
            return -1
        type_, class_, ttl, length = _RECORD.unpack_from(wire, at)
        at += 10
        stop = at + length
        if type_ == _OPT:
            _read_options(wire, at, min(stop, end), ttl, message, problems)
        elif stop <= end:
            data = rdata_text(type_, class_, wire, at, stop, seen, problems)
            section.append(Record(owner, type_, class_, ttl, data))
        if stop > end:
            problems.add("bad-record", f"the {type_name(type_)} record claims {stop - end} octets too many", cut=True)
            return -1
        at = stop
    return at if count <= MAX_RECORDS else -1


def _read_options(wire: bytes, at: int, stop: int, ttl: int, message: DnsMessage, problems: Problems) -> None:
    """Take over what an OPT record says. Source: RFC 6891 section 6.1."""
    if message.edns:
        problems.add("several-opt", "there is more than one OPT record")
        return
    message.edns = True
    message.rcode |= ttl >> 24 << 4
    while at + 4 <= stop:
        at += 4 + (wire[at + 2] << 8 | wire[at + 3])
    if at != stop:
        problems.add("bad-option", "the EDNS options do not fill their record exactly", cut=True)


def looks_like_message(wire: bytes) -> bool:
    """Tell whether octets are, beyond reasonable doubt, the start of a message that asks or answers one thing.

    The bits that must be zero are, the counts are small, and the question names a type and class that exist. Whatever
    the id is: without it, most are known from their last use.
    """
    return _looks[wire[ID_OCTETS:]]


def _looks_like_one(rest: bytes) -> bool:
    """See `looks_like_message`; `rest` is what follows the id."""
    wire = bytes(ID_OCTETS) + rest
    if len(wire) < HEADER_OCTETS:
        return False
    _, flags, question_count, answers, authority, additional = _HEADER.unpack_from(wire)
    if question_count != 1 or flags & 0x0040 or flags >> 11 & 15 > 6:
        return False
    if flags < 0x8000 and (answers > 1 or authority > 1 or additional > 4):
        return False
    usual = _usual_question(wire)
    if usual is not None:
        question = usual[0]
    else:
        problems = Problems()
        questions: list[Question] = []
        if _read_question(wire, HEADER_OCTETS, questions, {}, problems) < 0 or problems.found:
            return False
        question = questions[0]
    return question.type in TYPES and question.class_ in CLASSES


_looks = Remembered(_looks_like_one, MAX_REMEMBERED, is_short)
