r"""HOT. What a record says, in presentation format.

The records mail lives on (A, AAAA, MX, PTR, CNAME, NS, SOA, SRV, TXT) are written here; dnspython writes the rest, and
is imported when the first such record comes, because that takes a tenth of a second. It never sees a compressed name:
they are expanded before, so a record means the same wherever it stands and its text can be remembered.

The strings of a TXT record stand joined in one pair of quotation marks, as everything that uses them must join them
(RFC 7208 section 3.3, RFC 6376 section 3.6.2.2). What cannot be read stands as `\# length
hexadecimal` (RFC 3597 section 5).

Benchmark: tests/bench (`mail`).
"""

from __future__ import annotations

from functools import lru_cache
from socket import AF_INET6, inet_ntop
from struct import Struct

from mailtrace.protocols.dns.names import Seen, name_text, name_wire, read_name
from mailtrace.protocols.dns.numbers import RecordType, class_name, type_name
from mailtrace.protocols.dns.problems import Problems

MAX_REMEMBERED = 4096  # texts of records: with the next limit at most a few megabytes
MAX_REMEMBERED_OCTETS = 512  # longer records are rare and not worth the memory

_IN = 1
_NAME, _STRING, _REST = 0, -1, -2
_Layout = tuple[int, ...]
_LAYOUTS: dict[int, _Layout] = {
    RecordType.MD: (_NAME,),
    RecordType.MF: (_NAME,),
    RecordType.MB: (_NAME,),
    RecordType.MG: (_NAME,),
    RecordType.MR: (_NAME,),
    RecordType.MINFO: (_NAME, _NAME),
    RecordType.RP: (_NAME, _NAME),
    RecordType.AFSDB: (2, _NAME),
    RecordType.RT: (2, _NAME),
    RecordType.KX: (2, _NAME),
    RecordType.LP: (2, _NAME),
    RecordType.PX: (2, _NAME, _NAME),
    RecordType.NAPTR: (4, _STRING, _STRING, _STRING, _NAME),
    RecordType.SIG: (18, _NAME, _REST),
    RecordType.RRSIG: (18, _NAME, _REST),
    RecordType.NXT: (_NAME, _REST),
    RecordType.NSEC: (_NAME, _REST),
    RecordType.SVCB: (2, _NAME, _REST),
    RecordType.HTTPS: (2, _NAME, _REST),
    RecordType.TKEY: (_NAME, _REST),
    RecordType.TSIG: (_NAME, _REST),
}
"""Where names stand in the data of a type: octets before them, a name, a counted string, the rest as it is."""

_SOA_NUMBERS = Struct("!5I")
_SRV_NUMBERS = Struct("!3H")
_ONE_NAME = frozenset((RecordType.NS, RecordType.CNAME, RecordType.PTR, RecordType.DNAME))
_TEXTS = frozenset((RecordType.TXT, RecordType.SPF))
_QUOTED = [
    f"\\{chr(byte)}" if byte in b'"\\' else chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03d}" for byte in range(256)
]
_NEEDS_QUOTING = bytes(byte for byte in range(256) if len(_QUOTED[byte]) == 1)


def rdata_text(type_: int, class_: int, wire: bytes, at: int, stop: int, seen: Seen, problems: Problems) -> str:
    """Return the data `wire[at:stop]` of a record as zone files write it."""
    if class_ == _IN:
        if type_ == 1 and stop - at == 4:
            return f"{wire[at]}.{wire[at + 1]}.{wire[at + 2]}.{wire[at + 3]}"
        if type_ == 28 and stop - at == 16:
            return inet_ntop(AF_INET6, wire[at:stop])
    if type_ in _ONE_NAME:
        labels, end = read_name(wire, at, seen, problems)
        text = name_text(labels)
    elif type_ == 15 and stop - at > 2:
        labels, end = read_name(wire, at + 2, seen, problems)
        text = f"{wire[at] << 8 | wire[at + 1]} {name_text(labels)}"
    elif type_ in _TEXTS:
        text, end = _strings(wire, at, stop)
    elif type_ == RecordType.SOA:
        text, end = _start_of_authority(wire, at, stop, seen, problems)
    elif type_ == RecordType.SRV and class_ == _IN and stop - at > 6:
        labels, end = read_name(wire, at + 6, seen, problems)
        text = "{} {} {} {}".format(*_SRV_NUMBERS.unpack_from(wire, at), name_text(labels))
    else:
        return _other_text(type_, class_, wire, at, stop, seen, problems)
    if end == stop:
        return text
    return _misfit(text, type_, wire, at, stop, end, problems)


def _misfit(text: str, type_: int, wire: bytes, at: int, stop: int, end: int, problems: Problems) -> str:
    """Name a record whose fields end at `end` and not at `stop`; keep its text when only something follows them."""
    if at == stop:
        return ""  # dynamic updates have records without data: RFC 2136 section 2.4
    if 0 <= end < stop:
        problems.add("bad-record", f"{stop - end} octets follow the fields of the {type_name(type_)} record")
        return text
    if end > stop:
        problems.add("bad-record", f"the {type_name(type_)} record is too short for its fields")
    return _unreadable(wire[at:stop])


def _unreadable(data: bytes) -> str:
    """Return data nobody can read. Source: RFC 3597 section 5."""
    return rf"\# {len(data)} {data.hex()}".rstrip()


def _strings(wire: bytes, at: int, stop: int) -> tuple[str, int]:
    """Return counted strings joined, and where they end: beyond `stop` when the last does not fit."""
    pieces = []
    while at < stop:
        end = at + 1 + wire[at]
        pieces.append(wire[at + 1 : end])
        at = end
    joined = b"".join(pieces)
    if joined.translate(None, _NEEDS_QUOTING):
        return f'"{"".join([_QUOTED[byte] for byte in joined])}"', at
    return f'"{joined.decode("ascii")}"', at


def _start_of_authority(wire: bytes, at: int, stop: int, seen: Seen, problems: Problems) -> tuple[str, int]:
    """Return a SOA record and where it ends. Source: RFC 1035 section 3.3.13."""
    primary, at = read_name(wire, at, seen, problems)
    if at < 0:
        return "", -1
    mailbox, at = read_name(wire, at, seen, problems)
    if at < 0:
        return "", -1
    if at + 20 > stop:
        return "", at + 20
    numbers = " ".join(map(str, _SOA_NUMBERS.unpack_from(wire, at)))
    return f"{name_text(primary)} {name_text(mailbox)} {numbers}", at + 20


def _other_text(type_: int, class_: int, wire: bytes, at: int, stop: int, seen: Seen, problems: Problems) -> str:
    """Return what dnspython makes of a record, its names expanded first."""
    if at == stop:
        return ""
    layout = _LAYOUTS.get(type_)
    flat = _flattened(layout, wire, at, stop, seen, problems) if layout else wire[at:stop]
    if flat is None:
        problems.add("bad-record", f"the {type_name(type_)} record is too short for its fields")
        return _unreadable(wire[at:stop])
    read = _dnspython_text if len(flat) <= MAX_REMEMBERED_OCTETS else _dnspython_text.__wrapped__
    text, reason = read(type_, class_, flat)
    if reason:
        kind = f"{class_name(class_)} {type_name(type_)}" if class_ != _IN else type_name(type_)
        problems.add("bad-record", f"the {kind} record cannot be read: {reason}")
    return text


def _flattened(layout: _Layout, wire: bytes, at: int, stop: int, seen: Seen, problems: Problems) -> bytes | None:
    """Return the data with its names expanded, or None when a field does not fit. Source: RFC 3597 section 4."""
    pieces = []
    for field in layout:
        if field == _NAME:
            labels, end = read_name(wire, at, seen, problems)
            pieces.append(name_wire(labels))
        else:
            end = stop if field == _REST else at + field
            if field == _STRING:
                end = at + 1 + wire[at] if at < stop else -1
            pieces.append(wire[at:end])
        if not 0 <= end <= stop:
            return None
        at = end
    pieces.append(wire[at:stop])  # what follows the last field is for dnspython to judge
    return b"".join(pieces)


@lru_cache(maxsize=MAX_REMEMBERED)
def _dnspython_text(type_: int, class_: int, flat: bytes) -> tuple[str, str]:
    """Return the text of a record without compressed names, and why it cannot be read, if so."""
    from dns.rdata import from_wire
    from dns.rdataclass import RdataClass
    from dns.rdatatype import RdataType

    try:
        return from_wire(RdataClass.make(class_), RdataType.make(type_), flat, 0, len(flat)).to_text(), ""
    except Exception as error:  # whatever a hostile record makes a reader of 60 formats raise, it is the record's fault
        return _unreadable(flat), str(error)[:100] or type(error).__name__
