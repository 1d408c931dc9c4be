"""Zones for tests: DNS records written as names and types, turned into lookups as a capture has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mailtrace.mail.authentication.records import RecordBook
from mailtrace.model import Lookup

NOW_NS = 1_795_770_000_000_000_000
"""When the mails of these tests are sent: 2026-11-27 09:00 UTC."""

Zone = Mapping[tuple[str, str], Iterable[str]]


def lookups(zone: Zone) -> list[Lookup]:
    """Return a lookup for each name and type: `["NXDOMAIN"]` and `["SERVFAIL"]` stand for codes, `[]` for no data."""
    found = []
    for number, ((name, type_), answers) in enumerate(zone.items(), 1):
        records = tuple(f'"{each}"' if type_ == "TXT" and each.isascii() else each for each in answers)
        rcode = "NOERROR"
        if [each.strip('"') for each in records] in (["NXDOMAIN"], ["SERVFAIL"]):
            rcode, records = records[0].strip('"'), ()
        packets = (2 * number - 1, 2 * number)
        found.append(Lookup(name, type_, rcode, records, packets, NOW_NS - 10**9, 1, number, id=number))
    return found


def book(zone: Zone) -> RecordBook:
    """Return what a capture of these lookups knows."""
    return RecordBook(lookups(zone))
