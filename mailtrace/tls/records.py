"""The record layer: one side's octets cut into TLS records, however they were sent, and found again behind a hole.

A record says its length, so a hole inside of one costs only that one. A longer hole loses count: then the next place is
looked for where two headers follow each other at the distance the first one says.
"""

from __future__ import annotations

import re

from msgspec import Struct

from mailtrace.model import Data, Gap, GapReason
from mailtrace.tls.numbers import CHANGE_CIPHER_SPEC, CLIENT_HELLO, HANDSHAKE, HEARTBEAT

RECORD_LIMIT = 2**14 + 2048
"""Octets of a record: no version of TLS allows more. Source: RFC 5246 section 6.2.3."""

STRANGE_LIMIT = 4096
"""Octets before the first record among which it is looked for: what is sent in clear by mistake is a line or two."""

HEADER_BYTES = 5

MAJOR_VERSION = 3
"""The first octet of the version in every header since SSL 3.0."""

_SSL2_LONGEST = 0x3FFF
"""Octets of an SSL 2.0 hello in the form that has no padding."""


class Record(Struct, frozen=True, gc=False):
    """One record; `packet` completed it. `ssl2`: a hello in the form of SSL 2.0, whose body begins with its kind."""

    kind: int
    version: int
    body: bytes
    packet: int
    time_ns: int
    ssl2: bool = False

    def header(self, size: int | None = None) -> bytes:
        """Return the five octets before the body, as they are or with another size."""
        length = len(self.body) if size is None else size
        return bytes((self.kind,)) + self.version.to_bytes(2, "big") + length.to_bytes(2, "big")


class Hole(Struct, frozen=True, gc=False):
    """`missing` octets of records are lost, those of a record cut by the hole included."""

    missing: int
    why: GapReason
    packet: int
    time_ns: int


class NoRecord(Struct, frozen=True, gc=False):
    """Octets that are no record: `before` the first one, or where one should be, behind which nothing is cut any more.

    `too_long` where only its size is wrong.
    """

    octets: bytes
    packet: int
    time_ns: int
    before: bool = False
    too_long: bool = False


Piece = Record | Hole | NoRecord
"""What the octets of one side are cut into."""


def is_header(octets: bytes | bytearray, at: int = 0) -> bool:
    """Tell whether the five octets at `at` can be the header of a record."""
    kind, major, minor = octets[at], octets[at + 1], octets[at + 2]
    length = octets[at + 3] << 8 | octets[at + 4]
    return CHANGE_CIPHER_SPEC <= kind <= HEARTBEAT and major == MAJOR_VERSION and minor <= 4 and length <= RECORD_LIMIT


def is_ssl2_hello(octets: bytes | bytearray) -> bool:
    """Tell a ClientHello in the form of SSL 2.0 by its first five octets. Source: RFC 5246 appendix E.2."""
    return octets[0] >= 0x80 and octets[2] == CLIENT_HELLO and (octets[3], octets[4]) in _SSL2_VERSIONS


_SSL2_VERSIONS = {(0, 2), *((MAJOR_VERSION, minor) for minor in range(5))}


_KINDS = range(CHANGE_CIPHER_SPEC, HEARTBEAT + 1)

_HEADER = re.compile(rb"[\x14-\x18]\x03[\x00-\x04]")
"""How a header begins."""


class RecordReader:
    """Cuts the octets of one side."""

    def __init__(self) -> None:
        """Begin before the first record."""
        self._buffer = bytearray()
        self._begun = False  # a record was seen: no hello of SSL 2.0 any more
        self._skip = 0  # octets of a record cut by a hole that are still to come
        self._searching = False
        self._ended = False
        self._strange = 0  # octets before the first record

    def feed(self, event: Data | Gap) -> list[Piece]:
        """Take what came next; return the pieces that it completes, in order."""
        if self._ended:
            return [] if isinstance(event, Gap) else [NoRecord(event.data, event.packet, event.time_ns)]
        if isinstance(event, Gap):
            return self._gap(event)
        data = event.data
        if self._skip:
            skipped = min(self._skip, len(data))
            self._skip -= skipped
            data = data[skipped:]
        self._buffer += data
        if self._searching and not self._found():
            return []
        before = [] if self._begun else self._before(event)
        return [*before, *self._cut(event)]

    def _before(self, event: Data) -> list[Piece]:
        """Take off what comes before the first record, as long as that may still come."""
        buffer = self._buffer
        if len(buffer) < HEADER_BYTES or is_ssl2_hello(buffer) or buffer[0] in _KINDS:
            return []
        header = _HEADER.search(buffer)
        found = header.start() if header else len(buffer) - HEADER_BYTES + 1
        self._strange += found
        octets = bytes(buffer[:found])
        del buffer[:found]
        self._begun = self._strange > STRANGE_LIMIT
        return [NoRecord(octets, event.packet, event.time_ns, before=True)] if octets else []

    def _cut(self, event: Data) -> list[Piece]:
        """Return all whole records in the buffer."""
        pieces: list[Piece] = []
        buffer, at = self._buffer, 0
        while len(buffer) - at >= HEADER_BYTES:
            if not self._begun and is_ssl2_hello(buffer):
                length, body_at, kind, ssl2 = (buffer[0] & 0x7F) << 8 | buffer[1], 2, HANDSHAKE, True
            elif is_header(buffer, at):
                length, body_at, kind, ssl2 = buffer[at + 3] << 8 | buffer[at + 4], at + HEADER_BYTES, buffer[at], False
            else:
                pieces.append(self._no_record(at, event))
                return pieces
            if len(buffer) < body_at + length:
                break
            version = int.from_bytes(buffer[at + 1 : at + 3] if not ssl2 else buffer[3:5], "big")
            body = bytes(buffer[body_at : body_at + length])
            pieces.append(Record(kind, version, body, event.packet, event.time_ns, ssl2))
            self._begun = True
            at = body_at + length
        del buffer[:at]
        return pieces

    def _no_record(self, at: int, event: Data) -> NoRecord:
        """End: what the buffer has at `at` is no record."""
        rest = bytes(self._buffer[at:])
        self._ended = True
        self._buffer.clear()
        too_long = CHANGE_CIPHER_SPEC <= rest[0] <= HEARTBEAT and rest[1] == MAJOR_VERSION and rest[2] <= 4
        return NoRecord(rest, event.packet, event.time_ns, too_long=too_long)

    def _gap(self, gap: Gap) -> list[Piece]:
        """Find out what of a record a hole leaves."""
        buffer, missing = self._buffer, gap.missing
        if not self._searching:
            left = self._skip
            if not left and len(buffer) >= HEADER_BYTES and is_header(buffer):
                left = HEADER_BYTES + (buffer[3] << 8 | buffer[4]) - len(buffer)
            self._skip = max(0, left - missing)
            self._searching = missing > left or (missing == left == 0)
        lost = len(buffer) + missing + self._skip
        buffer.clear()
        return [Hole(lost, gap.why, gap.packet, gap.time_ns)]

    def _found(self) -> bool:
        """Look for a place where records begin, and drop what is before it; false when more must come first."""
        buffer, candidate = self._buffer, None
        while candidate := _HEADER.search(buffer, candidate.start() + 1 if candidate else 0):
            at = candidate.start()
            if at + HEADER_BYTES > len(buffer) or not is_header(buffer, at):
                continue
            following = at + HEADER_BYTES + (buffer[at + 3] << 8 | buffer[at + 4])
            behind = len(buffer) - following
            self._searching = bool(behind) and behind < HEADER_BYTES
            if self._searching or not behind or is_header(buffer, following):
                del buffer[:at]
                return not self._searching
        self._searching = True
        del buffer[: max(0, len(buffer) - HEADER_BYTES + 1)]
        return False
