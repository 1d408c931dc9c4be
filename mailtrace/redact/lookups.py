"""DNS messages with names and addresses replaced on the wire, where they stand: no name gets longer, no pointer moves.

Names are read label by label and written back into their labels; those behind a pointer were written where they stand.
A label may be read by way of several names: since each label is replaced by itself, all of them agree. Only names that
spell an address backwards are replaced as one, and those are written as a whole. Source: RFC 1035 section 4.1.
"""

from __future__ import annotations

import re

from mailtrace.redact.fields import ADDRESSES, HOSTS
from mailtrace.redact.text import Rewriter

NAMES_LIMIT = 4_096
"""Names read in one message; what a message of 64 KiB can hold beyond that is crossed out."""

JUMPS_LIMIT = 128
"""Pointers followed in one name: as many as it can have labels."""

_HEADER = 12
_QUESTION, _RECORD = 4, 10
_POINTER = 0xC0
_OPT = 41
_NAMES_AT = dict.fromkeys((2, 5, 6, 7, 8, 9, 12, 14, 17, 39, 47), 0) | dict.fromkeys((15, 18, 21, 36, 64, 65), 2)
_NAMES_AT |= {33: 6, 46: 18}
"""By record type: where in the data names begin; SOA, MINFO and RP have two."""

_SOA = 6
_TWO_NAMES = _MAILBOXES = frozenset((_SOA, 14, 17))
_SERVICES = frozenset((64, 65))
_HINTS = {4: 4, 6: 16}
_EMPTIED = frozenset((11, 38, 42, 45, 108, 109))
"""Records with addresses that nobody needs to tell apart: WKS, A6, APL, IPSECKEY, EUI48, EUI64."""

_TEXTS = frozenset((13, 16, 99))
_BINARY = frozenset((43, 48, 50, 51, 52, 59, 60))
"""Keys, digests and signatures, which name nobody; a signature begins with numbers and a name."""

_VALUE = re.compile(rb"[\x21-\x7e][\x20-\x7e]*")


class Lookups:
    """Replaces in DNS messages."""

    def __init__(self, rewriter: Rewriter) -> None:
        """Replace what the rewriter was told to."""
        self._rewriter = rewriter

    def message(self, octets: bytes) -> bytes:
        """Return one message, maybe cut short."""
        if not self._rewriter.fields & {ADDRESSES, HOSTS} or len(octets) < _HEADER:
            return octets
        return _Message(octets, self._rewriter).replaced()

    def stream(self, octets: bytes) -> bytes:
        """Return messages one after the other, each with its length before it. Source: RFC 1035 section 4.2.2."""
        pieces, at = [], 0
        while at + 2 <= len(octets):
            stop = min(at + 2 + int.from_bytes(octets[at : at + 2], "big"), len(octets))
            pieces += [octets[at : at + 2], self.message(octets[at + 2 : stop])]
            at = stop
        return b"".join([*pieces, octets[at:]])


class _Message:
    """One message under work: `_octets` as it was, `_made` as it will be."""

    def __init__(self, octets: bytes, rewriter: Rewriter) -> None:
        self._octets, self._made = octets, bytearray(octets)
        self._rewriter = rewriter
        self._names = 0

    def replaced(self) -> bytes:
        """Return the message; from where it cannot be read on nothing is told."""
        octets = self._octets
        counts = [int.from_bytes(octets[at : at + 2], "big") for at in range(4, 12, 2)]
        at: int | None = _HEADER
        for _ in range(counts[0]):
            at = self._name(at) if at is not None else None
            at = None if at is None or at + _QUESTION > len(octets) else at + _QUESTION
            if at is None:
                break
        for _ in range(sum(counts[1:])):
            at = self._record(at) if at is not None else None
            if at is None:
                break
        return bytes(self._made)

    def _record(self, at: int) -> int | None:
        """Replace in the record that starts at a place; return where it stops, None where it cannot be read."""
        octets = self._octets
        start = self._name(at)
        if start is None or start + _RECORD > len(octets):
            return None
        kind = int.from_bytes(octets[start : start + 2], "big")
        first = start + _RECORD
        stop = first + int.from_bytes(octets[start + 8 : first], "big")
        if stop > len(octets):
            self._made[first:] = bytes(len(octets) - first)
            return None
        self._data(kind, first, stop)
        return stop

    def _data(self, kind: int, first: int, stop: int) -> None:
        """Replace in the data of a record."""
        octets, rewriter = self._octets, self._rewriter
        if kind in (1, 28):
            if ADDRESSES in rewriter.fields:
                self._made[first:stop] = rewriter.addresses.ip(octets[first:stop])
        elif kind in _NAMES_AT:
            at: int | None = first + _NAMES_AT[kind]
            for number in range(2 if kind in _TWO_NAMES else 1):
                is_mailbox = kind in _MAILBOXES and (number == 1 or kind != _SOA)
                at = self._name(at, is_mailbox) if at is not None else None
            if kind in _SERVICES and at is not None:
                self._hints(at, stop)
        elif kind in _EMPTIED:
            if ADDRESSES in rewriter.fields:
                self._made[first:stop] = bytes(stop - first)
        elif kind in _TEXTS:
            self._texts(first, stop)
        elif kind == _OPT:
            self._options(first, stop)
        elif kind not in _BINARY and HOSTS in rewriter.fields:
            self._made[first:stop] = _VALUE.sub(lambda found: rewriter.text(found[0]), octets[first:stop])

    def _hints(self, at: int, stop: int) -> None:
        """Replace the addresses that a service is told to have. Source: RFC 9460 section 7.3."""
        while at + 4 <= stop and ADDRESSES in self._rewriter.fields:
            key, size = self._octets[at + 1], int.from_bytes(self._octets[at + 2 : at + 4], "big")
            end = min(at + 4 + size, stop)
            many = _HINTS.get(key, 0) if not self._octets[at] else 0
            for first in range(at + 4, end - many + 1, many) if many else ():
                self._made[first : first + many] = self._rewriter.addresses.ip(self._octets[first : first + many])
            at = end

    def _texts(self, at: int, stop: int) -> None:
        """Replace in strings with their length before each. Those of one record are one text. RFC 7208 section 3.3."""
        spans = []
        while at < stop:
            end = min(at + 1 + self._octets[at], stop)
            spans.append((at + 1, end))
            at = end
        text = self._rewriter.text(b"".join([self._octets[start:end] for start, end in spans]))
        done = 0
        for start, end in spans:
            self._made[start:end] = text[done : done + end - start]
            done += end - start

    def _options(self, at: int, stop: int) -> None:
        """Cross out whose question it is, where a resolver says so. Source: RFC 7871 section 6."""
        while at + 4 <= stop:
            end = min(at + 4 + int.from_bytes(self._octets[at + 2 : at + 4], "big"), stop)
            if self._octets[at : at + 2] == b"\x00\x08" and ADDRESSES in self._rewriter.fields:
                self._made[at + 8 : end] = bytes(max(end - at - 8, 0))
            at = end

    def _name(self, at: int, is_mailbox: bool = False) -> int | None:
        """Replace a name; return where it stops, None where it cannot be read."""
        octets = self._octets
        labels: list[str] = []
        places: list[int] = []
        stop: int | None = None
        self._names += 1
        jumps = 0
        while self._names <= NAMES_LIMIT and at < len(octets):
            size = octets[at]
            if size & _POINTER == _POINTER and at + 1 < len(octets):
                stop = at + 2 if stop is None else stop
                target = (size & 0x3F) << 8 | octets[at + 1]
                jumps += 1
                if target >= at or jumps > JUMPS_LIMIT:
                    return stop
                at = target
                continue
            if size & _POINTER or at + 1 + size > len(octets):
                break
            if not size:
                stop = at + 1 if stop is None else stop
                self._write(labels, places, is_mailbox)
                return stop
            labels.append(octets[at + 1 : at + 1 + size].decode("latin-1"))
            places.append(at + 1)
            at += 1 + size
        self._made[min(at, len(octets)) :] = bytes(max(len(octets) - at, 0))
        return None

    def _write(self, labels: list[str], places: list[int], is_mailbox: bool) -> None:
        """Write the labels of a name back, replaced; the first of a mailbox is somebody's name."""
        made = self._rewriter.labels(labels)
        if is_mailbox and labels and labels[0].isascii():
            made[0] = self._rewriter.mailbox(labels[0].encode()).decode()
        for old, new, at in zip(labels, made, places, strict=True):
            if new != old and len(new) == len(old):
                self._made[at : at + len(old)] = new.encode("latin-1")
