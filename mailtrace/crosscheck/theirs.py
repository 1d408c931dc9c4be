"""What tshark says of a capture, as facts: a reader is given its packets one by one, and the mails that it exports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.parser import BytesHeaderParser
from hashlib import sha256

from msgspec import Struct

from mailtrace.capture.tshark import Dissection, Layer
from mailtrace.crosscheck.facts import Fact, Kind
from mailtrace.crosscheck.ours import answer_words, lookup_words, mail_words
from mailtrace.protocols.dns.numbers import RecordType, rcode_name, type_name

NAMES = {"smtp": "smtp", "pop": "pop3", "imap": "imap", "dns": "dns", "tls": "tls"}
"""Our names of what tshark calls so."""

TLS_PORTS = frozenset({"25", "110", "143", "465", "587", "993", "995"})
"""Where TLS is about mail; the rest of the world's TLS is none of ours."""

MAIL_HEADER_BYTES = 1 << 16
"""Octets of a mail in which its Message-ID is looked for."""

CONDITIONS = frozenset({"OK", "NO", "BAD", "BYE", "PREAUTH"})
"""What a line of an IMAP server may say behind its tag. Source: RFC 9051 section 7.1."""

ANY = 255
"""The question for records of all types. Source: RFC 1035 section 3.2.3."""

LINE_WORDS = 3
"""Words at the start of an IMAP line that tell what it is: tag, number or UID, word."""


class _Question(Struct):
    """A question as tshark counts it; `answer` is None while it has none."""

    stream: int | None
    says: str
    packets: list[int]
    answer: tuple[str, ...] | None = None


class Reader:
    """Takes tshark's packets in order and the mails it exports, then tells their `facts`."""

    def __init__(self) -> None:
        """Begin before the first packet."""
        self._protocols: dict[int, tuple[str, int]] = {}
        self._said: list[Fact] = []
        self._mails: list[tuple[int | None, int, str]] = []
        self._exported: dict[str, set[str]] = {}
        self._questions: dict[tuple[int, str], _Question] = {}
        self._answered: dict[int, int] = {}

    def packet(self, packet: Dissection) -> None:
        """Take the next packet."""
        for layer in packet.layers:
            if layer.name in NAMES and packet.stream is not None:
                self._protocol(packet, layer)
            if layer.name == "dns":
                self._dns(packet, layer)
            elif layer.name == "imf":
                identification = (layer.first("imf.message_id") or "").strip()
                self._mails.append((packet.stream, packet.number, identification))
            elif layer.name in SPEAKERS:
                facts = SPEAKERS[layer.name](layer)
                self._said += [Fact(kind, packet.stream, says, (packet.number,)) for kind, says in facts]

    def mail(self, octets: bytes) -> None:
        """Take a mail that tshark exported."""
        identification = BytesHeaderParser().parsebytes(octets[:MAIL_HEADER_BYTES])["Message-ID"]
        words = mail_words(len(octets), sha256(octets).hexdigest())
        self._exported.setdefault(str(identification or "").strip(), set()).add(words)

    def facts(self) -> list[Fact]:
        """Return all facts."""
        conversations = [
            Fact(Kind.CONVERSATION, stream, protocol, (packet,))
            for stream, (protocol, packet) in self._protocols.items()
        ]
        mails = [
            Fact(Kind.MESSAGE, stream, identification, (packet,), self._octets(identification))
            for stream, packet, identification in self._mails
        ]
        lookups = [
            Fact(Kind.LOOKUP, each.stream, each.says, tuple(each.packets), each.answer or (answer_words(None, ()),))
            for each in self._questions.values()
        ]
        return [*conversations, *self._said, *mails, *lookups]

    def _octets(self, identification: str) -> tuple[str, ...]:
        """Return what the exported mails with a Message-ID are; without one they cannot be told apart."""
        exported = self._exported.get(identification, set())
        return tuple(sorted(exported)) if identification or len(exported) < 2 else ()

    def _protocol(self, packet: Dissection, layer: Layer) -> None:
        """Note what a TCP stream speaks; TLS is what it speaks when nothing else can be seen."""
        tcp = next(each for each in packet.layers if each.name == "tcp")
        if layer.name == "tls" and tcp.first("tcp.dstport") not in TLS_PORTS:
            return
        known = self._protocols.get(packet.stream or 0)
        if known is None or (known[0] == "tls" and layer.name != "tls"):
            self._protocols[packet.stream or 0] = NAMES[layer.name], packet.number

    def _dns(self, packet: Dissection, layer: Layer) -> None:
        """Note a question, or the answer to the question that tshark says it answers."""
        name, record_type = layer.first("dns.qry.name"), layer.first("dns.qry.type")
        if name is None or record_type is None or layer.first("dns.flags.opcode") not in (None, "0"):
            return
        unreadable = name.startswith("<")  # and the root of all names, which is `<Root>`
        says = lookup_words("" if unreadable else name, type_name(int(record_type)))
        again = layer.first("dns.retransmit_response_in")
        asked = layer.first("dns.response_to") or layer.first("dns.retransmit_request_in")
        key = (self._answered.get(int(again or 0)) or int(asked or packet.number), says)
        question = self._questions.setdefault(key, _Question(packet.stream, says, []))
        question.packets.append(packet.number)
        if layer.first("dns.flags.response") in ("1", "True"):
            self._answered[packet.number] = key[0]
            question.answer = question.answer or (_answer(layer),)


def _smtp(layer: Layer) -> Iterator[tuple[Kind, str]]:
    for line in layer.fields.get("smtp.command_line", ()):
        yield Kind.COMMAND, _word(line).upper()
    for code in layer.fields.get("smtp.response.code", ()):
        yield Kind.REPLY, code


def _pop(layer: Layer) -> Iterator[tuple[Kind, str]]:
    for verb in layer.fields.get("pop.request.command", ()):
        yield Kind.COMMAND, verb.upper()
    for indicator in layer.fields.get("pop.response.indicator", ()):
        yield Kind.REPLY, indicator


def _imap(layer: Layer) -> Iterator[tuple[Kind, str]]:
    asks = layer.first("imap.isrequest") in ("1", "True")
    for line in layer.fields.get("imap.line", ()):
        words = line.split(maxsplit=LINE_WORDS)[:LINE_WORDS]
        fact = _imap_command(words) if asks else _imap_reply(words)
        if fact is not None:
            yield fact


def _imap_command(words: list[str]) -> tuple[Kind, str] | None:
    if not words:
        return None
    verb = " ".join(word.upper() for word in words[1:])
    return Kind.COMMAND, verb if verb.startswith("UID ") else verb.partition(" ")[0]


def _imap_reply(words: list[str]) -> tuple[Kind, str] | None:
    """Return what a line of an IMAP server says where that can be told: the lines of a mail look like lines, too."""
    if words and words[0] == "+":
        return Kind.REPLY, "+"
    if len(words) > 1 and words[0] == "*":
        number = words[1].isdecimal() and len(words) > 2
        return Kind.REPLY, words[2 if number else 1].upper()
    if len(words) > 1 and words[1].upper() in CONDITIONS:
        return Kind.REPLY, f"{words[0]} {words[1].upper()}"
    return None


SPEAKERS: dict[str, Callable[[Layer], Iterator[tuple[Kind, str]]]] = {"smtp": _smtp, "pop": _pop, "imap": _imap}


def _word(line: str) -> str:
    return (line.split(maxsplit=1) or [""])[0]


def _answer(layer: Layer) -> str:
    """Return an answer in our words: with its data where all of it can be told, else how many records it has."""
    extended = int(layer.first("dns.resp.ext_rcode") or "0", 0)
    rcode = rcode_name(extended << 4 | int(layer.first("dns.flags.rcode") or 0))
    count = int(layer.first("dns.count.answers") or 0)
    types = [int(number) for number in layer.fields.get("dns.resp.type", ())[:count]]
    if len(types) < count or not set(types) <= DATA.keys():
        return f"{rcode}, {count} records"
    asked = int(layer.first("dns.qry.type") or 0)
    data = {number: DATA[number](layer) for number in set(types)}
    untold = {asked, RecordType.CNAME} - ({RecordType.CNAME} if asked == ANY else set())
    words = ("" if number in untold else f"{type_name(number)} " for number in types)
    return answer_words(rcode, tuple(word + next(data[number], "?") for word, number in zip(words, types, strict=True)))


def _values(field: str) -> Callable[[Layer], Iterator[str]]:
    return lambda layer: iter(layer.fields.get(field, ()))


def _exchangers(layer: Layer) -> Iterator[str]:
    preferences, names = layer.fields.get("dns.mx.preference", ()), layer.fields.get("dns.mx.mail_exchange", ())
    return (f"{preference} {name}" for preference, name in zip(preferences, names, strict=False))


DATA: dict[int, Callable[[Layer], Iterator[str]]] = {
    RecordType.A: _values("dns.a"),
    RecordType.AAAA: _values("dns.aaaa"),
    RecordType.CNAME: _values("dns.cname"),
    RecordType.NS: _values("dns.ns"),
    RecordType.PTR: _values("dns.ptr.domain_name"),
    RecordType.MX: _exchangers,
}
"""Where tshark tells the data of a record; answers come first in its lists, so the first ones are theirs."""
