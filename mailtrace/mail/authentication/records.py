"""HOT. The DNS records that a capture shows, found by name and type (tests/bench `mail`).

A record counts wherever in the capture it was seen: whoever asked, the zone says the same to all. Where one name gave
different answers at different times, the one that was current for the mail counts: the last before, else the first
after. An answer that was cut short proves nothing, and a question without an answer neither.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable

from msgspec import Struct

from mailtrace.model import Lookup

LOOKUPS_LIMIT = 50_000
"""Lookups remembered while not all are there: of less than a kilobyte each, they cost some ten megabytes."""

CHANGES_LIMIT = 16
"""Answers before and after a mail that are looked at for one that tells something, and kept while not all are there."""

KEPT_TYPES = frozenset({"TXT", "A", "AAAA", "MX", "PTR", "TLSA"})
"""Types that mail is judged by; of other types only whether the name exists counts."""

ANSWERS = frozenset({"NOERROR", "NXDOMAIN"})
"""Codes of servers that could tell."""


class Answer(Struct, frozen=True, gc=False):
    """What the DNS said of a name and type: `records` are data in presentation format, empty where there are none.

    `exists` is false for NXDOMAIN; `failed` is the code of a server that could not tell, such as SERVFAIL. `aliases`
    are the names that the answer went through (CNAME). `authenticated` is the AD bit: a claim of the resolver.
    """

    records: tuple[str, ...]
    aliases: tuple[str, ...]
    exists: bool
    failed: str
    authenticated: bool
    time_ns: int
    lookup: int
    packets: tuple[int, ...]


class RecordBook:
    """Feed it lookups as they come; ask it for records.

    `so_far`: not all lookups have been fed yet, so that a record it does not have may still be in the capture. Then
    only so many are remembered, of each name the latest. `types` are those of the answers it has; `version` changes
    with everything fed.
    """

    def __init__(self, lookups: Iterable[Lookup] = (), *, so_far: bool = False) -> None:
        self._answers: dict[tuple[str, str], list[Lookup]] = {}
        self.version = 0
        self._kept = 0
        self._reversed: dict[str, dict[str, None]] = {}
        self.so_far = so_far
        self.types: set[str] = set()
        self.observe(lookups)

    def observe(self, lookups: Iterable[Lookup]) -> None:
        """Take lookups that are final; in any order, though those of a stream come roughly by time."""
        for lookup in lookups:
            if lookup.rcode is None or lookup.type not in KEPT_TYPES or lookup.truncated or not lookup.is_question:
                continue
            self.version += 1
            key = (lookup.name.rstrip(".").lower(), lookup.type)
            known = self._answers.get(key)
            if known is None:
                self._first(key, lookup)
            elif self.so_far and (len(known) >= CHANGES_LIMIT or self._kept >= LOOKUPS_LIMIT):
                del known[0]
                insort(known, lookup, key=_time)
            else:
                insort(known, lookup, key=_time)
                self._kept += 1

    def answer(self, name: str, type_: str, time_ns: int) -> Answer | None:
        """Return what was said of a name at a time, None where the capture does not show it."""
        if type_ not in self.types:
            return None
        known = self._answers.get((name.rstrip(".").lower(), type_))
        if known is None:
            return None
        return _answer(_current(known, time_ns), type_)

    def knows(self, name: str, type_: str) -> bool:
        """Tell whether anything was said of a name, given in lower case and without a dot at its end."""
        return (name, type_) in self._answers

    def about_address(self, reversed_address: str) -> list[str]:
        """Return the names of block lists asked about an address, which is given as such names begin with it."""
        return list(self._reversed.get(reversed_address, ()))

    def _first(self, key: tuple[str, str], lookup: Lookup) -> None:
        if self.so_far and self._kept >= LOOKUPS_LIMIT:
            return
        self._kept += 1
        self._answers[key] = [lookup]
        self.types.add(lookup.type)
        if key[0][:1] in _HEXADECIMAL and lookup.type == "A":
            start = address_labels(key[0])
            if start:
                self._reversed.setdefault(start, {})[key[0]] = None


_HEXADECIMAL = frozenset("0123456789abcdef")


def address_labels(name: str) -> str:
    """Return the labels at the front of a name that are an address backwards, '' where there are none with a list
    behind. Source: RFC 5782 sections 2.1 and 2.4.
    """
    labels = name.split(".")
    if len(labels) >= 33 and all(len(label) == 1 and label in _HEXADECIMAL for label in labels[:32]):
        return ".".join(labels[:32]) if labels[-1] != "arpa" else ""
    if len(labels) >= 5 and all(label.isdigit() and len(label) <= 3 and int(label) < 256 for label in labels[:4]):
        return ".".join(labels[:4]) if labels[-1] != "arpa" else ""
    return ""


def _time(lookup: Lookup) -> int:
    return lookup.start_ns


def _current(known: list[Lookup], time_ns: int) -> Lookup:
    """Return the last answer before a time, else the first after it; a failure only where no other is near."""
    at = bisect_right(known, time_ns, key=_time)
    if at and known[at - 1].rcode in ANSWERS:  # as nearly always
        return known[at - 1]
    for lookup in (*known[max(0, at - CHANGES_LIMIT) : at][::-1], *known[at : at + CHANGES_LIMIT]):
        if lookup.rcode in ANSWERS:
            return lookup
    return known[max(0, at - 1)]


def _answer(lookup: Lookup, type_: str) -> Answer:
    aliases: list[str] = []
    records: list[str] = []
    for data in lookup.answers:
        (records if _is_data(data, type_) else aliases).append(data)
    aliases = [name.rstrip(".").lower() for name in aliases if name.endswith(".") and " " not in name]
    if type_ == "PTR":
        aliases = []
    return Answer(
        records=tuple(records),
        aliases=tuple(aliases),
        exists=lookup.rcode != "NXDOMAIN",
        failed="" if lookup.rcode in ANSWERS else lookup.rcode or "",
        authenticated=lookup.authenticated,
        time_ns=lookup.start_ns,
        lookup=lookup.id,
        packets=lookup.packets,
    )


def _is_data(data: str, type_: str) -> bool:
    """Tell a record of the type asked for from an alias on the way to it, which is a name alone, and from others."""
    match type_:
        case "TXT":
            return data.startswith('"')
        case "A":
            return data[-1:].isdigit() and data.count(".") == 3 and " " not in data
        case "AAAA":
            return ":" in data and " " not in data
        case "PTR":
            return " " not in data
        case _:
            return data.partition(" ")[0].isdecimal()


def text_octets(data: str) -> bytes:
    r"""Return the octets of a TXT record in presentation format: the quotation marks removed, `\"` and `\ddd` undone.

    Source: RFC 1035 section 5.1.
    """
    inside = data[1:-1]
    if "\\" not in inside:
        return inside.encode("utf-8", "surrogateescape")
    octets = bytearray()
    at = 0
    while at < len(inside):
        mark = inside[at]
        code = inside[at + 1 : at + 4]
        if mark != "\\":
            octets += mark.encode("utf-8", "surrogateescape")
            at += 1
        elif len(code) == 3 and code.isdecimal() and int(code) < 256:
            octets.append(int(code))
            at += 4
        else:
            octets += inside[at + 1 : at + 2].encode("utf-8", "surrogateescape")
            at += 2
    return bytes(octets)
