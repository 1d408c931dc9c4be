"""The Info text of a DNS message: `Standard query response 0x986f MX naver.com MX 10 mail.naver.com`.

Worded as Wireshark does, with the text of TXT records added: SPF and DKIM live there.
"""

from __future__ import annotations

from ipaddress import ip_address

from mailtrace.protocols.dns.grammar import DnsMessage, Record, parse_message
from mailtrace.protocols.dns.numbers import RecordType, type_name

OPERATIONS = {
    0: "Standard query",
    1: "Inverse query",
    2: "Server status request",
    4: "Zone change notification",
    5: "Dynamic update",
    6: "DNS Stateful operations (DSO)",
}
RESULTS = {
    1: "Format error",
    2: "Server failure",
    3: "No such name",
    4: "Not implemented",
    5: "Refused",
    6: "Name exists",
    7: "RRset exists",
    8: "RRset does not exist",
    9: "Not authoritative",
    10: "Name out of zone",
    16: "Bad OPT version",
    17: "Key not recognized",
    18: "Signature out of time window",
}
TOP_BIT = 0x8000
"""Asks for a unicast answer in a multicast question, tells to flush the cache in an answer.
Source: RFC 6762 sections 5.4 and 10.2."""

ADDRESSES = frozenset((RecordType.A, RecordType.AAAA))
WHOLE = frozenset(
    (
        RecordType.MX,
        RecordType.SRV,
        RecordType.TXT,
        RecordType.SPF,
        RecordType.TLSA,
        RecordType.CAA,
        RecordType.NAPTR,
        RecordType.HINFO,
        RecordType.WKS,
    )
)
"""Types whose data are shown whole, like addresses."""

ONE_NAME = frozenset((RecordType.NS, RecordType.CNAME, RecordType.PTR, RecordType.DNAME))
FIRST_NAME = frozenset((RecordType.SOA, RecordType.NSEC))
"""Types of whose data the first name is shown."""


def dns_info(wire: bytes, multicast: bool = False, cut: bool = False) -> str:
    """Return the text of one message; `cut` tells that the snap length took its end."""
    message = parse_message(wire, cut)
    if message is None:
        return "[Packet size limited during capture]" if cut else "[Malformed Packet]"
    words = [OPERATIONS.get(message.opcode, f"Unknown operation ({message.opcode})")]
    if message.is_response:
        words.append("response")
    words.append(f"0x{message.id:04x}")
    if message.is_response and message.rcode:
        words.append(RESULTS.get(message.rcode, f"Unknown error ({message.rcode})"))
    words += [_question(question.type, question.name, question.class_, multicast) for question in message.questions]
    words += _records(message, multicast)
    text = " ".join(words)
    if message.cut_short:
        text += "[Packet size limited during capture]" if cut else "[Malformed Packet]"
    return text


def _question(type_: int, name: str, class_: int, multicast: bool) -> str:
    text = f"{type_name(type_)} {_bare(name)}"
    if multicast:
        text += ', "QU" question' if class_ & TOP_BIT else ', "QM" question'
    return text


def _records(message: DnsMessage, multicast: bool) -> list[str]:
    """Return all records in the order of the message; its OPT record is told at the end, where servers put it."""
    records = [record for section in message.sections for record in section]
    signature = [record for record in records if record.type == RecordType.TSIG]
    words = [_record(record, multicast) for record in records if record.type != RecordType.TSIG]
    return [*words, *(["OPT"] if message.edns else []), *("TSIG" for _ in signature)]


def _record(record: Record, multicast: bool) -> str:
    text = type_name(record.type)
    if multicast and record.class_ & TOP_BIT:
        text += ", cache flush"
    if record.type in ADDRESSES:
        return f"{text} {_address(record.data)}".rstrip()
    if record.type in WHOLE:
        return f"{text} {_bare(record.data)}".rstrip()
    if record.type in ONE_NAME or record.type in FIRST_NAME:
        return f"{text} {_bare(record.data.partition(' ')[0])}".rstrip() if record.data else text
    return text


def _address(data: str) -> str:
    """Return an address; under a class with the top bit set it was read as unknown data (RFC 3597 section 5)."""
    octets = data.rpartition(" ")[2]
    if data.startswith(("\\# 4 ", "\\# 16 ")) and len(octets) in (8, 32):
        return str(ip_address(bytes.fromhex(octets)))
    return data


def _bare(name: str) -> str:
    """Return a name, or data that end in one, without the final dot."""
    rest, _, last = name.rpartition(" ")
    if last == ".":
        return f"{rest} <Root>".lstrip()
    return name[:-1] if name.endswith(".") else name
