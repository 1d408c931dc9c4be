"""One direction of a TLS connection: its records, its keys, and where in the count of records it is.

Keys follow each other: in TLS 1.3 those of the handshake, of the data, and after every key update new ones. A record
that does not open with the present keys is tried with the next ones, from their first record on, so that nobody need
see the message that announced them: it may be lost. After a hole, some further places in the count are tried as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mailtrace.model import Gap, Side
from mailtrace.tls.handshake import MessageReader
from mailtrace.tls.records import Piece, Record, RecordReader

if TYPE_CHECKING:
    from mailtrace.tls.decrypt import Opener

SKIPPED_LIMIT = 256
"""Records that a hole may have swallowed, for the count to be found again: some megabytes of full ones."""

SMALLEST_RECORD = 22
"""Octets of an encrypted record at least: a header and a checksum."""

FAILURES_LIMIT = 8
"""Records in a row that do not open before nothing more is tried: the keys are others, or the count is lost."""


class Direction:
    """What one side sends; `openers` are the keys for it that are known, in the order in which they come to hold."""

    def __init__(self, side: Side) -> None:
        """Begin in clear."""
        self.side = side
        self.records = RecordReader()
        self.messages = MessageReader()
        self.held: list[Piece] = []  # until the other side's hello tells how to read them
        self.held_octets = 0
        self.sealed = False  # records are encrypted
        self.ended = False  # by close_notify
        self.given_up = False
        self.opened_at = -1  # the place in the count of the record last opened
        self.told = False  # octets of it were handed out in clear
        self.lost: Gap | None = None  # a hole before what is handed out next
        self.empty = 0  # records without content in a row
        self.unread = ""  # why it cannot be read
        self.named: set[str] = set()  # violations of it
        self._openers: list[Opener] = []
        self._sequence = 0
        self._missing = 0  # octets of records that may not have been counted
        self._failures = 0

    @property
    def has_keys(self) -> bool:
        """Whether there is anything to open records with."""
        return bool(self._openers)

    def seal(self, openers: Sequence[Opener]) -> None:
        """From the next record on everything is encrypted, with new keys."""
        self.sealed = True
        self.given_up = False
        self.opened_at = -1
        self.messages.clear()
        self._sequence = self._failures = 0
        self._openers = list(openers)

    def use(self, openers: Sequence[Opener]) -> None:
        """Take keys that have become known; how many records the first of them were for is not known."""
        self._openers = list(openers)
        self.lose_count(SMALLEST_RECORD * self._sequence)

    def lose_count(self, missing: int) -> None:
        """Some octets of records are missing before the next one."""
        self._missing += missing
        for opener in self._openers:
            opener.lost()

    def begin_count(self) -> None:
        """The count begins anew with the next record, whatever is missing before."""
        self._missing = 0

    def open(self, record: Record) -> tuple[int, bytes] | None:
        """Return the kind and the octets of what is inside the next record; None when it does not open."""
        opened = None if self.given_up else self._try(record)
        if self._openers:
            self._openers[0].passed(record, opened is not None)
        if opened is None:
            if self._openers:
                self._failures += 1
                self._missing += SMALLEST_RECORD
                self.given_up = self._failures >= FAILURES_LIMIT
            if self.opened_at >= 0 or not self._openers:
                self._sequence += 1  # else it may be early data that was refused, which does not count
        return opened

    def _try(self, record: Record) -> tuple[int, bytes] | None:
        """Try the keys that may hold, at the places in the count that may be this one's."""
        further = min(SKIPPED_LIMIT, self._missing // SMALLEST_RECORD + 1) if self._missing else 0
        for at, opener in enumerate(self._candidates()):
            first = self._sequence if at == 0 else max(0, self._sequence - further) if further else 0
            for sequence in (*range(first, first + further + 1), *(range(further) if first else ())):
                opened = opener.open(record, sequence)
                if opened is not None:
                    self._openers = self._openers[at:] or [opener]
                    self.opened_at = sequence
                    self._sequence = sequence + 1
                    self._missing = self._failures = 0
                    return opened
        return None

    def _candidates(self) -> Iterator[Opener]:
        """Yield the present keys and those that may come to hold."""
        yield from self._openers
        following = self._openers[-1].following() if self._openers else None
        if following is not None:
            yield following
