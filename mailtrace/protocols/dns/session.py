"""HOT. Questions and answers of one conversation, paired.

An answer belongs to the question with the same message id, name, type and class, asked by the other side; names compare
without case, because resolvers change it at random and expect it back. A question asked again before it is answered, or
within `REPEAT_NS` of its answer, is a retry of the same lookup; from `MISSED_NS` on it shows that the answer did not
arrive. A lookup is told (appended to the dialogue) when it is answered, or when nobody can answer it any more.

Benchmark: tests/bench (`mail`).
"""

from __future__ import annotations

from msgspec import Struct

from mailtrace.model import Closed, Data, Dialogue, Gap, Lookup, Side, StreamEvent, Transport
from mailtrace.protocols.dns.cutter import Cut, MessageCutter
from mailtrace.protocols.dns.grammar import DnsMessage, Question, parse_message
from mailtrace.protocols.dns.numbers import RecordType, class_name, opcode_name, type_name
from mailtrace.protocols.dns.statements import (
    MAX_ANSWERS,
    TRANSFERS,
    About,
    Statement,
    about,
    answer,
    known_statement,
    statement,
)
from mailtrace.protocols.violations import Violations

MAX_OUTSTANDING = 10_000  # questions of one conversation: a busy resolver has a few hundred
MAX_ANSWERED = 1_000  # answered lookups kept in reach of late repeats
MAX_PACKETS = 1_000  # told of one lookup
QUESTION_TIMEOUT_NS = 300_000_000_000  # after five minutes no resolver waits any more: the id may serve again
MISSED_NS = 500_000_000  # no copy of a question comes so late: who asks again then has not got the answer
REPEAT_NS = 5_500_000_000  # resolvers repeat a question after at most five seconds, give or take their clock

CLIENT, SERVER = Side.CLIENT, Side.SERVER
TCP = Transport.TCP

_AA, _TC, _AD = 0x0400, 0x0200, 0x0020
_IN, _QUERY = 1, 0
_TRANSFER_TYPES = frozenset({RecordType.AXFR, RecordType.IXFR})
_Key = tuple[int, Side, About]


class _Said(Struct, frozen=True, gc=False):
    """How a message came: under which id, from whom, in which packets, and when."""

    id: int
    side: Side
    packets: tuple[int, ...]
    time_ns: int


class DnsSession:
    """Understands one DNS conversation over UDP (each `Data` is a message) or TCP (a length precedes each message)."""

    def __init__(self, transport: Transport) -> None:
        """Begin with nothing asked."""
        self.dialogue = Dialogue()
        self._cutters = (MessageCutter(), MessageCutter()) if transport is TCP else None
        self._doubtful: Data | None = None  # a datagram that ends early: a `Gap` next tells whether the capture cut it
        self._asked: dict[_Key, Lookup] = {}
        self._answered: dict[_Key, Lookup] = {}
        self._latest: dict[tuple[int, Side], _Key] = {}  # by id and asker, for answers that repeat no question
        self._violations = Violations(self.dialogue)

    def feed(self, event: StreamEvent) -> None:
        """Take the next event of the stream."""
        if type(event) is Data:
            if self._cutters is None:
                if self._doubtful is not None:
                    self._settle_doubt(False)
                wire = event.data
                known = known_statement(wire)
                if known is None or known.message.cut_short:
                    self._doubtful = event
                else:
                    self._message(known, _Said(_id_of(wire), event.side, (event.packet,), event.time_ns))
            else:
                for cut in self._cutters[event.side].feed(event):
                    self._cut(cut, event.side)
        elif type(event) is Gap:
            self.dialogue.events.append(event)
            if self._cutters is None:
                self._settle_doubt(self._doubtful is not None and self._doubtful.packet == event.packet)
            else:
                self._cut(self._cutters[event.side].gap(event), event.side)
        elif type(event) is Closed:
            self._close(event.side)

    def finish(self) -> None:
        """No more will come: what is unanswered stays so."""
        self._close(CLIENT)
        self._close(SERVER)
        for lookup in self._asked.values():
            self._tell(lookup)
        self._asked.clear()
        self._answered.clear()

    def _close(self, side: Side) -> None:
        """One side has said all: what it began is all there will be."""
        if self._cutters is not None:
            cut = self._cutters[side].finish()
            if cut is not None:
                detail = f"the stream ends {cut.missing} octets before the message does"
                self._violate("cut-message", _Said(0, side, cut.packets, cut.time_ns), detail)
            self._cut(cut, side)
        elif self._doubtful is not None:
            self._settle_doubt(False)

    def _settle_doubt(self, cut: bool) -> None:
        """Read the doubtful datagram; `cut` tells that the capture cut it short, not its sender."""
        event, self._doubtful = self._doubtful, None
        if event is not None:
            self._read(event.data, event.side, (event.packet,), event.time_ns, cut)

    def _cut(self, cut: Cut | None, side: Side) -> None:
        """Read one message out of a TCP stream."""
        if cut is not None:
            self._read(cut.wire, side, cut.packets, cut.time_ns, cut.missing > 0)

    def _read(self, wire: bytes, side: Side, packets: tuple[int, ...], time_ns: int, cut: bool) -> None:
        """Read a message of which something may be missing: `cut`."""
        message = parse_message(wire, cut)
        if message is not None:
            self._message(statement(message), _Said(message.id, side, packets, time_ns))
        elif not cut:
            detail = f"{len(wire)} octets are too few for a DNS header, which has 12"
            self._violate("short-message", _Said(0, side, packets, time_ns), detail)

    def _message(self, stated: Statement, said: _Said) -> None:
        """Pair one message."""
        message = stated.message
        for code, detail in message.problems:
            self._violate(code, said, detail)
        if message.is_response:
            self._answer(stated, said)
        elif stated.about is not None:
            self._question(message, (said.id, said.side, stated.about), said)
        elif not message.cut_short:
            self._violate("no-question", said, "a request without a question")

    def _question(self, message: DnsMessage, key: _Key, said: _Said) -> None:
        """Open a lookup, or count a repeat of one."""
        if len(message.questions) > 1:
            detail = f"{len(message.questions)} questions in one message; the first is told"
            self._violate("several-questions", said, detail)
        asked = self._asked
        lookup = self._repeated(message, key, said.time_ns)
        if lookup is not None:
            lookup.retries += 1
            _add_packets(lookup, said.packets)
            if lookup.duration_ns is not None:
                _miss(lookup, said)
            return
        if len(asked) >= MAX_OUTSTANDING:
            self._tell(asked.pop(next(iter(asked))))
            detail = f"more than {MAX_OUTSTANDING} questions wait for an answer; the oldest is taken for unanswered"
            self._violate("too-many-outstanding", said, detail)
        asked[key] = _lookup(message, message.questions[0], said)
        self._latest[said.id, said.side] = key

    def _repeated(self, message: DnsMessage, key: _Key, time_ns: int) -> Lookup | None:
        """Return the lookup that a question asks for once more, None for a new one."""
        lookup = self._asked.get(key)
        if lookup is not None:
            if time_ns - lookup.start_ns <= QUESTION_TIMEOUT_NS:
                return lookup
            self._tell(self._asked.pop(key))
        lookup = self._answered.get(key)
        if lookup is None or (
            lookup.edns != message.edns  # asked again without EDNS: another question. RFC 6891 section 7
            or time_ns - lookup.start_ns - (lookup.took_ns or 0) > REPEAT_NS
        ):
            return None
        return lookup

    def _answer(self, stated: Statement, said: _Said) -> None:
        """Close the lookup an answer belongs to."""
        message, asker = stated.message, SERVER if said.side is CLIENT else CLIENT
        key = (said.id, asker, stated.about) if stated.about is not None else self._key_of(message, said.id, asker)
        lookup = self._asked.pop(key, None)
        if lookup is not None and said.time_ns - lookup.start_ns > QUESTION_TIMEOUT_NS:
            self._tell(lookup)
            lookup = None
        if lookup is None:
            earlier = self._answered.get(key)
            if earlier is not None:
                self._another(earlier, stated, said)
                return
            lookup = self._unasked(message, said)
            if lookup is None:
                return
        else:
            lookup.duration_ns = max(0, said.time_ns - lookup.start_ns)
            _add_packets(lookup, said.packets)
            if message.questions and message.questions[0].name[:-1] != lookup.name:
                self._name_spelling(lookup, message.questions[0], said)
        _fill(lookup, stated)
        self._answered[key] = lookup
        if len(self._answered) > MAX_ANSWERED:
            self._forget(next(iter(self._answered)))
        self._tell(lookup)

    def _key_of(self, message: DnsMessage, id_: int, asker: Side) -> _Key:
        """Return the key of an answer that repeats no question: the latest one with its id, if it can be of it."""
        latest = self._latest.get((id_, asker))
        if latest is not None and _is_about(message, latest):
            return latest
        return (id_, asker, about(message, Question("", 0, 0)))

    def _forget(self, key: _Key) -> None:
        """An answered lookup is out of reach for late repeats."""
        del self._answered[key]
        if self._latest.get(key[:2]) == key:
            del self._latest[key[:2]]

    def _name_spelling(self, lookup: Lookup, told: Question, said: _Said) -> None:
        """Name an answer that repeats the name in other letters; of a repeated question nobody knows which one."""
        if lookup.name != "." and not lookup.retries:
            detail = f"asked for {lookup.name}, answered for {told.name[:-1]}: some take that for forged"
            self._violate("spelled-otherwise", said, detail)

    def _unasked(self, message: DnsMessage, said: _Said) -> Lookup | None:
        """Return the lookup of an answer whose question was not captured; None where nothing tells what was asked."""
        if message.questions:
            question = message.questions[0]
            detail = f"no captured question has id 0x{said.id:04x} and asks for {question.name}"
            self._violate("unasked-answer", said, detail)
            return _lookup(message, question, said)
        for section in message.sections:
            for record in section:  # multicast DNS announces without being asked: RFC 6762 section 6
                return _lookup(message, Question(record.owner, record.type, record.class_ & 0x7FFF), said)
        if not message.cut_short:
            self._violate("no-question", said, "an answer that tells neither question nor record")
        return None

    def _another(self, lookup: Lookup, stated: Statement, said: _Said) -> None:
        """Take a further answer to a lookup: the next part of a zone transfer, a repeat, or a contradiction."""
        _add_packets(lookup, said.packets)
        if lookup.missed_ns is not None:
            lookup.missed_ns = max(lookup.missed_ns, said.time_ns - lookup.start_ns)
        again = stated.answer or answer(stated.message, lookup.type)
        told = again.answers
        if lookup.type in TRANSFERS:
            room = MAX_ANSWERS - len(lookup.answers)
            lookup.answers += told[:room]
            if len(told) > room:
                detail = f"the first {MAX_ANSWERS} records of a zone transfer are told, the others are not"
                self._violate("too-many-answers", said, detail)
        elif set(told) != set(lookup.answers) or again.rcode != lookup.rcode:
            detail = f"a second answer for {lookup.name} {lookup.type} differs from the first, which is the one told"
            self._violate("conflicting-answer", said, detail)

    def _tell(self, lookup: Lookup) -> None:
        self.dialogue.lookups.append(lookup)
        self.dialogue.events.append(lookup)

    def _violate(self, code: str, said: _Said, detail: str) -> None:
        self._violations.add(code, said.side, said.packets[-1], said.time_ns, detail)


def _id_of(wire: bytes) -> int:
    """Return the id of a message. Source: RFC 1035 section 4.1.1."""
    return wire[0] << 8 | wire[1]


def _is_about(message: DnsMessage, key: _Key) -> bool:
    """Tell whether an answer that repeats no question can be one to this: a transfer, or records of the same name."""
    found, (_, name, type_, _) = message.sections[0], key[2]
    return not found or type_ in _TRANSFER_TYPES or found[0].owner.lower() == name


def _lookup(message: DnsMessage, question: Question, said: _Said) -> Lookup:
    """Return an open lookup. Its name is as asked, without the final dot (the root is a dot)."""
    name = question.name.removesuffix(".") or "."
    lookup = Lookup(name, type_name(question.type), None, (), said.packets, said.time_ns, None, said.id)
    lookup.edns = message.edns
    if question.class_ != _IN:
        lookup.class_ = class_name(question.class_)
    if message.opcode != _QUERY:
        lookup.opcode = opcode_name(message.opcode)
    return lookup


def _add_packets(lookup: Lookup, packets: tuple[int, ...]) -> None:
    """Add packets, each once and in order, up to the limit."""
    if len(lookup.packets) < MAX_PACKETS:
        if lookup.packets[-1] < packets[0]:
            lookup.packets += packets
        else:
            lookup.packets = tuple(sorted({*lookup.packets, *packets}))


def _miss(lookup: Lookup, said: _Said) -> None:
    """See whether a question behind its answer shows that this has not arrived. Multicast DNS, with id 0, just asks."""
    asked_ns = said.time_ns - lookup.start_ns
    if asked_ns - (lookup.took_ns or 0) >= MISSED_NS and said.id and lookup.type not in TRANSFERS:
        lookup.missed_ns = asked_ns


def _fill(lookup: Lookup, stated: Statement) -> None:
    """Take over what an answer says."""
    message = stated.message
    told = stated.answer or answer(message, lookup.type)
    lookup.rcode = told.rcode
    lookup.answers = told.answers
    lookup.authority = told.authority
    lookup.additional = told.additional
    lookup.nodata = told.nodata
    lookup.authoritative = bool(message.flags & _AA)
    lookup.truncated = bool(message.flags & _TC)
    lookup.authenticated = bool(message.flags & _AD)
    lookup.edns = lookup.edns or message.edns
