"""HOT. Questions and answers of one conversation, paired.

An answer belongs to the question with the same message id, name, type and class, asked by the other side; names compare
without case, because resolvers change it at random and expect it back. A question asked again before it is answered, or
within `REPEAT_NS` of its answer, is a retry of the same lookup. A lookup is told (appended to the dialogue) when it is
answered, or when nobody can answer it any more.

Benchmark: tests/bench (`mail`).
"""

from __future__ import annotations

from mailtrace.model import Closed, Data, Dialogue, Gap, Lookup, Side, StreamEvent, Transport
from mailtrace.protocols.dns.cutter import Cut, MessageCutter
from mailtrace.protocols.dns.grammar import DnsMessage, Question, Record, parse_message
from mailtrace.protocols.dns.numbers import RecordType, class_name, opcode_name, rcode_name, type_name
from mailtrace.protocols.violations import Violations

MAX_OUTSTANDING = 10_000  # questions of one conversation: a busy resolver has a few hundred
MAX_ANSWERED = 1_000  # answered lookups kept in reach of late repeats
MAX_ANSWERS = 10_000  # records told of one lookup: a zone transfer can have millions
MAX_PACKETS = 1_000  # told of one lookup
QUESTION_TIMEOUT_NS = 300_000_000_000  # after five minutes no resolver waits any more: the id may serve again
REPEAT_NS = 5_500_000_000  # resolvers repeat a question after at most five seconds, give or take their clock

_AA, _TC, _RA, _AD = 0x0400, 0x0200, 0x0080, 0x0020
_NS, _SOA = RecordType.NS, RecordType.SOA
_ALIASES = frozenset({RecordType.CNAME, RecordType.DNAME})
_TRANSFERS = frozenset({"AXFR", "IXFR"})
_TRANSFER_TYPES = frozenset({RecordType.AXFR, RecordType.IXFR})
_WILDCARDS = _TRANSFERS | {"ANY", "MAILA", "MAILB"}
_Key = tuple[int, Side, int, str, int, int]


class DnsSession:
    """Understands one DNS conversation over UDP (each `Data` is a message) or TCP (a length precedes each message)."""

    def __init__(self, transport: Transport) -> None:
        """Begin with nothing asked."""
        self.dialogue = Dialogue()
        self._cutters = (MessageCutter(), MessageCutter()) if transport is Transport.TCP else None
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
                message = parse_message(event.data)
                if message is None or message.cut_short:
                    self._doubtful = event
                else:
                    self._message(message, event.side, (event.packet,), event.time_ns)
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
        for side in Side:
            self._close(side)
        for lookup in self._asked.values():
            self._tell(lookup)
        self._asked.clear()
        self._answered.clear()

    def _close(self, side: Side) -> None:
        """One side has said all: what it began is all there will be."""
        if self._cutters is None:
            self._settle_doubt(False)
        else:
            cut = self._cutters[side].finish()
            if cut is not None:
                detail = f"the stream ends {cut.missing} octets before the message does"
                self._violate("cut-message", side, cut.packets, cut.time_ns, detail)
            self._cut(cut, side)

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
        message = parse_message(wire, cut)
        if message is not None:
            self._message(message, side, packets, time_ns)
        elif not cut:
            detail = f"{len(wire)} octets are too few for a DNS header, which has 12"
            self._violate("short-message", side, packets, time_ns, detail)

    def _message(self, message: DnsMessage, side: Side, packets: tuple[int, ...], time_ns: int) -> None:
        """Pair one message."""
        for code, detail in message.problems:
            self._violate(code, side, packets, time_ns, detail)
        if message.is_response:
            self._answer(message, side, packets, time_ns)
        elif message.questions:
            self._question(message, side, packets, time_ns)
        elif not message.cut_short:
            self._violate("no-question", side, packets, time_ns, "a request without a question")

    def _question(self, message: DnsMessage, side: Side, packets: tuple[int, ...], time_ns: int) -> None:
        """Open a lookup, or count a repeat of one."""
        if len(message.questions) > 1:
            detail = f"{len(message.questions)} questions in one message; the first is told"
            self._violate("several-questions", side, packets, time_ns, detail)
        key = _key(message, message.questions[0], side)
        lookup = self._asked.get(key)
        if lookup is not None and time_ns - lookup.start_ns > QUESTION_TIMEOUT_NS:
            self._tell(self._asked.pop(key))
            lookup = None
        if lookup is None:
            lookup = self._answered.get(key)
            if lookup is not None and (
                lookup.edns != message.edns  # asked again without EDNS: another question. RFC 6891 section 7
                or time_ns - lookup.start_ns - (lookup.duration_ns or 0) > REPEAT_NS
            ):
                lookup = None
        if lookup is not None:
            lookup.retries += 1
            _add_packets(lookup, packets)
            return
        if len(self._asked) >= MAX_OUTSTANDING:
            self._tell(self._asked.pop(next(iter(self._asked))))
            detail = f"more than {MAX_OUTSTANDING} questions wait for an answer; the oldest is taken for unanswered"
            self._violate("too-many-outstanding", side, packets, time_ns, detail)
        lookup = _lookup(message, message.questions[0], packets, time_ns)
        lookup.edns = message.edns
        self._asked[key] = lookup
        self._latest[message.id, side] = key

    def _answer(self, message: DnsMessage, side: Side, packets: tuple[int, ...], time_ns: int) -> None:
        """Close the lookup an answer belongs to."""
        asker = side.other
        if message.questions:
            key = _key(message, message.questions[0], asker)
        else:
            latest = self._latest.get((message.id, asker))
            known = latest is not None and _is_about(message, latest)
            key = latest if latest is not None and known else _key(message, Question("", 0, 0), asker)
        lookup = self._asked.pop(key, None)
        if lookup is not None and time_ns - lookup.start_ns > QUESTION_TIMEOUT_NS:
            self._tell(lookup)
            lookup = None
        if lookup is None:
            earlier = self._answered.get(key)
            if earlier is not None:
                self._another(earlier, message, side, packets, time_ns)
                return
            lookup = self._unasked(message, side, packets, time_ns)
            if lookup is None:
                return
        else:
            lookup.duration_ns = max(0, time_ns - lookup.start_ns)
            _add_packets(lookup, packets)
            if message.questions and message.questions[0].name[:-1] != lookup.name:
                self._name_spelling(lookup, message.questions[0], side, packets, time_ns)
        _fill(lookup, message)
        self._answered[key] = lookup
        if len(self._answered) > MAX_ANSWERED:
            self._forget(next(iter(self._answered)))
        self._tell(lookup)

    def _forget(self, key: _Key) -> None:
        """An answered lookup is out of reach for late repeats."""
        del self._answered[key]
        if self._latest.get(key[:2]) == key:
            del self._latest[key[:2]]

    def _name_spelling(
        self, lookup: Lookup, told: Question, side: Side, packets: tuple[int, ...], time_ns: int
    ) -> None:
        """Name an answer that repeats the name in other letters; of a repeated question nobody knows which one."""
        if lookup.name != "." and not lookup.retries:
            detail = f"asked for {lookup.name}, answered for {told.name[:-1]}: some take that for forged"
            self._violate("spelled-otherwise", side, packets, time_ns, detail)

    def _unasked(self, message: DnsMessage, side: Side, packets: tuple[int, ...], time_ns: int) -> Lookup | None:
        """Return the lookup of an answer whose question was not captured; None where nothing tells what was asked."""
        if message.questions:
            question = message.questions[0]
            detail = f"no captured question has id 0x{message.id:04x} and asks for {question.name}"
            self._violate("unasked-answer", side, packets, time_ns, detail)
            return _lookup(message, question, packets, time_ns)
        for section in message.sections:
            for record in section:  # multicast DNS announces without being asked: RFC 6762 section 6
                return _lookup(message, Question(record.owner, record.type, record.class_ & 0x7FFF), packets, time_ns)
        if not message.cut_short:
            self._violate("no-question", side, packets, time_ns, "an answer that tells neither question nor record")
        return None

    def _another(self, lookup: Lookup, message: DnsMessage, side: Side, packets: tuple[int, ...], time_ns: int) -> None:
        """Take a further answer to a lookup: the next part of a zone transfer, a repeat, or a contradiction."""
        _add_packets(lookup, packets)
        answers = _answers(message, lookup.type)
        if lookup.type in _TRANSFERS:
            room = MAX_ANSWERS - len(lookup.answers)
            lookup.answers += answers[:room]
            if len(answers) > room:
                detail = f"the first {MAX_ANSWERS} records of a zone transfer are told, the others are not"
                self._violate("too-many-answers", side, packets, time_ns, detail)
        elif set(answers) != set(lookup.answers) or rcode_name(message.rcode) != lookup.rcode:
            detail = f"a second answer for {lookup.name} {lookup.type} differs from the first, which is the one told"
            self._violate("conflicting-answer", side, packets, time_ns, detail)

    def _tell(self, lookup: Lookup) -> None:
        self.dialogue.lookups.append(lookup)
        self.dialogue.events.append(lookup)

    def _violate(self, code: str, side: Side, packets: tuple[int, ...], time_ns: int, detail: str) -> None:
        self._violations.add(code, side, packets[-1], time_ns, detail)


def _key(message: DnsMessage, question: Question, asker: Side) -> _Key:
    """Return what a question and its answer have in common."""
    return (message.id, asker, message.opcode, question.name.lower(), question.type, question.class_)


def _is_about(message: DnsMessage, key: _Key) -> bool:
    """Tell whether an answer that repeats no question can be one to this: a transfer, or records of the same name."""
    answers = message.sections[0]
    return not answers or key[4] in _TRANSFER_TYPES or answers[0].owner.lower() == key[3]


def _lookup(message: DnsMessage, question: Question, packets: tuple[int, ...], time_ns: int) -> Lookup:
    """Return an open lookup. Its name is as asked, without the final dot (the root is a dot)."""
    return Lookup(
        name=question.name.removesuffix(".") or ".",
        type=type_name(question.type),
        rcode=None,
        answers=(),
        packets=packets,
        start_ns=time_ns,
        duration_ns=None,
        message_id=message.id,
        class_=class_name(question.class_),
        opcode=opcode_name(message.opcode),
    )


def _add_packets(lookup: Lookup, packets: tuple[int, ...]) -> None:
    """Add packets, each once and in order, up to the limit."""
    if len(lookup.packets) < MAX_PACKETS:
        if lookup.packets[-1] < packets[0]:
            lookup.packets += packets
        else:
            lookup.packets = tuple(sorted({*lookup.packets, *packets}))


def _fill(lookup: Lookup, message: DnsMessage) -> None:
    """Take over what an answer says."""
    _, authority, additional = message.sections
    lookup.rcode = rcode_name(message.rcode)
    lookup.answers = _answers(message, lookup.type)
    lookup.authoritative = bool(message.flags & _AA)
    lookup.truncated = bool(message.flags & _TC)
    lookup.authenticated = bool(message.flags & _AD)
    lookup.edns = lookup.edns or message.edns
    if authority:
        lookup.authority = tuple(map(str, authority))
    if additional:
        lookup.additional = tuple(map(str, additional))
    lookup.nodata = _is_nodata(message, lookup)


def _answers(message: DnsMessage, asked: str) -> tuple[str, ...]:
    """Return the answer section as text: the data of each record, in order.

    The aliases on the way to what was asked (CNAME, DNAME) are told by their target. Records of another type than asked
    have their type before the data; zone transfers and other requests than lookups give lines of a zone file.
    """
    if asked in _TRANSFERS or message.opcode:
        return tuple(map(str, message.sections[0][:MAX_ANSWERS]))
    return tuple([_answer_text(record, asked) for record in message.sections[0]])


def _answer_text(record: Record, asked: str) -> str:
    name = type_name(record.type)
    if name == asked or (record.type in _ALIASES and asked != "ANY"):
        return record.data
    return f"{name} {record.data}"


def _is_nodata(message: DnsMessage, lookup: Lookup) -> bool:
    """Tell whether the name exists without records of the type asked for. Source: RFC 2308 section 2.2.

    No such claim is a referral, which names servers and has no SOA, or an alias told by a server that does not resolve
    for others: it leads elsewhere.
    """
    if message.rcode or message.opcode or message.cut_short or message.flags & _TC:
        return False
    answers, authority, _ = message.sections
    if answers and (lookup.type in _WILDCARDS or lookup.type in [type_name(record.type) for record in answers]):
        return False
    kinds = {record.type for record in authority}
    if answers:
        return _SOA in kinds or bool(message.flags & _RA)
    return _SOA in kinds or _NS not in kinds
