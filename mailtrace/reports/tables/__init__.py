"""Single tables: `TABLES` has one line for each, and every format renders the same rows.

The tables of a document, those that `mailtrace report --table` writes, and CSV are all built here, once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import NamedTuple

from mailtrace.errors import UsageError
from mailtrace.explain.listing import ListingRow
from mailtrace.mail.naming import Naming
from mailtrace.model import NO_TIME, Analysis
from mailtrace.model.language import said
from mailtrace.reports.tables.values import Heading, Sheet, Value


@dataclass(frozen=True)
class Source:
    """What tables are made from: what was chosen, the whole capture, and the packets to be listed.

    `links` are link addresses by IP address.
    """

    analysis: Analysis
    everything: Analysis
    packets: Sequence[ListingRow] = ()
    links: Mapping[str, Collection[str]] = field(default_factory=dict)
    show_secrets: bool = False

    @cached_property
    def naming(self) -> Naming:
        """What hosts are called."""
        return Naming(self.everything.hosts)

    def since(self, time_ns: int | None) -> int | None:
        """Return a time as nanoseconds since the beginning of the capture, None where it is not known."""
        first = self.everything.capture.first_ns
        return None if time_ns is None or first is None or time_ns == NO_TIME else time_ns - first


class TableKind(NamedTuple):
    """A table that there is: its caption in English, all its columns, and how many of them are shown unasked."""

    caption: str
    headings: tuple[Heading, ...]
    usual: int
    rows: Callable[[Source], Iterable[Sequence[Value]]]


TABLES = ("hosts", "journeys", "conversations", "turns", "packets", "lookups", "messages", "waits", "findings")
"""What there is a table of, in the order of a report; each is a module of this folder with a `TABLE`."""


def kind_of(name: str) -> TableKind:
    """Return one of the `TABLES`; its module is loaded when it is asked for."""
    kind: TableKind = import_module(f"{__name__}.{name}").TABLE
    return kind


def columns_of(name: str, wanted: Sequence[str] | None) -> Sequence[str]:
    """Return the columns that a table is to have: those that are asked for, the usual ones where that is None.

    Raises: `UsageError` for columns that it does not have.
    """
    kind = kind_of(name)
    known = [heading.name for heading in kind.headings]
    if wanted is None:
        return known[: kind.usual]
    unknown = [column for column in wanted if column not in known]
    if unknown or not wanted:
        lacks = f", and no {unknown[0]!r}" if unknown else ""
        raise UsageError(f"the table of {name} has the columns {', '.join(known)}{lacks}")
    return wanted


def sheet_of(name: str, source: Source, columns: Sequence[str] | None, most: int) -> Sheet:
    """Return a table of at most so many rows, with these columns, None for the usual ones. Raises: `UsageError`."""
    kind = kind_of(name)
    places = {heading.name: place for place, heading in enumerate(kind.headings)}
    taken = [places[column] for column in columns_of(name, columns)]
    rows: list[tuple[Value, ...]] = []
    count = 0
    for count, row in enumerate(kind.rows(source), 1):
        if count <= most:
            rows.append(tuple(row[place] for place in taken))
    return Sheet(name, said(kind.caption), [kind.headings[place] for place in taken], rows, count)
