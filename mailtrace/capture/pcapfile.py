"""HOT. pcap files. Source: draft-ietf-opsawg-pcap.

Strategy: records are chained by their lengths, so one tight loop has to walk over them; it collects nothing but where
each begins. All fields are then read at once as columns, through a view of the window that has a record header at every
octet (`headers[starts]`). The loop checks just enough to stop at the first record that cannot be one.

Four things stop it: the window ends (read more), the file ends (perhaps inside a record: what is there is used),
another file header (captures joined with `cat`), or damage (search for the next record).

Benchmark: tests/bench (`mixed`).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from mailtrace.capture.facts import Facts
from mailtrace.capture.frames import Frames, records
from mailtrace.capture.linktypes import LINK_TYPES
from mailtrace.capture.octets import Octets
from mailtrace.capture.resync import Resync
from mailtrace.errors import UnreadableInput
from mailtrace.model import Interface, RawBatch

FRAME_LIMIT_BYTES = 262_144
"""Longest captured frame: the largest snap length libpcap allows; a longer record is damage."""

WIRE_LIMIT_BYTES = 2**24
"""Longest original length believed while searching for a record after damage."""

TIME_NEAR_S = 86_400
"""How far in time the next record may lie to be believed while searching after damage."""

JOINED_LIMIT = 10_000
"""Joined files that are read: each begins a batch and an interface, and a file made of headers only costs memory."""

FILE_HEADER_BYTES = 24


class Layout(Struct, frozen=True):
    """What a magic number says: byte order, units of a second's fraction, and octets in a record header."""

    order: str
    fraction_ns: int
    record_bytes: int


LAYOUTS = {
    b"\xd4\xc3\xb2\xa1": Layout("<", 1000, 16),
    b"\xa1\xb2\xc3\xd4": Layout(">", 1000, 16),
    b"\x4d\x3c\xb2\xa1": Layout("<", 1, 16),
    b"\xa1\xb2\x3c\x4d": Layout(">", 1, 16),
    b"\x34\xcd\xb2\xa1": Layout("<", 1000, 24),  # Kuznetzov's modification: interface and direction follow the lengths
    b"\xa1\xb2\xcd\x34": Layout(">", 1000, 24),
}
"""All magic numbers as they stand in the file."""

_JOINED_HEADERS = frozenset(magic + struct.pack(f"{layout.order}HHII", 2, 4, 0, 0) for magic, layout in LAYOUTS.items())
"""First 16 octets of every header that may begin a joined file, which no record has."""


def _record_header(order: str) -> np.dtype[Any]:
    """Return the fields of a record header."""
    word = f"{order}u4"
    return np.dtype([("seconds", word), ("fraction", word), ("captured", word), ("wire", word)])


class PcapReader:
    """Reads one pcap file, or several joined."""

    def __init__(self, octets: Octets, facts: Facts) -> None:
        """Read the file header at the front of the window.

        Raises: UnreadableInput when it is of a strange version and no record follows it.
        """
        self._octets = octets
        self._facts = facts
        self._frames = Frames(facts)
        self._resync = Resync(octets)
        self._interface = 0
        self._last_second: int | None = None
        self._layout = LAYOUTS[b"\xd4\xc3\xb2\xa1"]
        self._stopped_early = len(octets.buffer) < FILE_HEADER_BYTES
        if self._stopped_early:
            facts.note("cut", f"the file is cut in the file header, at byte {len(octets.buffer)}", damage=True)
        else:
            self._read_file_header(0)
            self._refuse_strange_version()

    def batches(self, window_bytes: Callable[[], int]) -> Iterator[RawBatch]:
        """Yield all frames, in windows of about as many octets as `window_bytes` says each time."""
        octets = self._octets
        if self._stopped_early:
            return
        octets.advance(FILE_HEADER_BYTES, window_bytes())
        at: int | None = 0
        while at is not None:
            starts, at, missing = self._walk(at)
            if starts:
                yield self._batch(starts)
            if not missing:
                at = self._past_obstacle(at)
            elif not octets.ended:
                octets.advance(at, max(window_bytes(), len(octets.buffer) - at + missing))
                at = 0
            else:
                cut, at = at, self._past_cut(at, missing)
                if at is None and len(octets.buffer) - cut > self._layout.record_bytes:
                    yield self._batch([cut])

    def _walk(self, at: int) -> tuple[list[int], int, int]:
        """Return where the records from `at` begin, where the walk stopped, and how many octets the record there lacks.

        None lacking means that what is there is no record of this file. An odd record is only believed when another one
        follows it: garbage can read as one record, hardly as two.
        """
        buffer, size = self._octets.buffer, self._layout.record_bytes
        look = struct.Struct(f"{self._layout.order}8xI").unpack_from
        starts: list[int] = []
        append = starts.append
        last = len(buffer) - size
        while at <= last:
            (captured,) = look(buffer, at)
            if captured > FRAME_LIMIT_BYTES:
                missing = 0
                break
            if not captured and buffer[at : at + 16] in _JOINED_HEADERS:
                return starts, at, 0
            append(at)
            at += size + captured
        else:
            missing = at - last
            if at > len(buffer):
                at, missing = starts.pop(), at - len(buffer)
        if starts and not (missing and self._octets.ended) and self._is_odd(starts[-1]):
            missing += at - starts[-1] if missing else 0
            at = starts.pop()
        return starts, at, missing

    def _is_odd(self, at: int) -> bool:
        """Tell whether the record at `at` has lengths or a fraction of a second that make no sense."""
        return not self._plausible(self._headers()[at : at + 1], None)[0]

    def _headers(self) -> npt.NDArray[Any]:
        """Return the window as if a record header began at each of its octets."""
        buffer, kind = self._octets.buffer, _record_header(self._layout.order)
        return np.ndarray((max(len(buffer) - kind.itemsize + 1, 0),), kind, buffer, 0, (1,))

    def _batch(self, starts: list[int]) -> RawBatch:
        """Return the frames of the records at `starts`; the last one may be cut."""
        buffer, layout = self._octets.buffer, self._layout
        at = np.fromiter(starts, np.int64, len(starts))
        headers = records(buffer, _record_header(layout.order), at)
        fraction = headers["fraction"].astype(np.int64) * layout.fraction_ns
        time_ns = headers["seconds"].astype(np.int64) * 1_000_000_000 + fraction
        start = at + layout.record_bytes
        captured = headers["captured"].astype(np.int64)
        captured[-1] = min(captured[-1], len(buffer) - start[-1])
        self._last_second = int(headers["seconds"][-1])
        over = np.flatnonzero(fraction >= 1_000_000_000)
        if len(over):
            message = "the fraction of the time is a second or more: it is carried over"
            numbers = (over + self._frames.next_number).tolist()
            self._facts.tally("time-fraction", message, numbers, len(over))
        wire = headers["wire"].astype(np.int64)
        interface = np.full(len(at), self._interface, np.int64)
        return self._frames.batch(buffer, start, captured, wire, time_ns, interface)

    def _past_obstacle(self, at: int) -> int | None:
        """Return where to go on after another file's header or damage at `at`."""
        if self._octets.buffer[at : at + 16] in _JOINED_HEADERS:
            return self._past_joined_header(at)
        return self._search(at)

    def _past_joined_header(self, at: int) -> int | None:
        """Go over to the file whose header is at `at`; None when it is cut there, or one too many."""
        octets = self._octets
        if len(octets.buffer) - at < FILE_HEADER_BYTES:
            octets.advance(at, FILE_HEADER_BYTES)
            at = 0
        place = octets.offset + at
        if len(octets.buffer) - at < FILE_HEADER_BYTES:
            end = octets.offset + len(octets.buffer)
            self._facts.note("cut", f"the file is cut in a second file header, at byte {end}", damage=True)
            return None
        if len(self._facts.interfaces) == JOINED_LIMIT:
            message = f"only the first {JOINED_LIMIT} of the joined files are read: merge them into one"
            self._facts.note("joined-limit", message, damage=True)
            return None
        self._facts.note("joined-files", f"another pcap file begins at byte {place}: it is read as a continuation")
        self._read_file_header(at)
        return at + FILE_HEADER_BYTES

    def _past_cut(self, at: int, missing: int) -> int | None:
        """Return where to go on when the source ends `missing` octets before the record at `at` does, or None."""
        octets = self._octets
        present = len(octets.buffer) - at
        if not present:
            return None
        if present > self._layout.record_bytes:
            # A wrong length looks the same as a cut, but then records of about its time follow inside what it claims.
            if self._last_second is None:
                self._last_second = int(self._headers()["seconds"][at])
            found = self._resync.find(at + 1, self._beyond, self._look)
            if found is not None:
                self._note_lost(octets.offset + at, found, "a record claims to be longer than the rest of the file")
                return found
        place = octets.offset + len(octets.buffer)
        number = self._frames.next_number
        where = "body" if present >= self._layout.record_bytes else "header"
        self._facts.note(
            "cut",
            f"the file is cut at byte {place}, in the record {where} of packet {number}: {missing} octets are missing",
            (number,) if present > self._layout.record_bytes else (),
            damage=True,
        )
        return None

    def _search(self, at: int) -> int | None:
        """Return where the next record begins after damage at `at`; None when there is none."""
        place = self._octets.offset + at
        found = self._resync.find(at + 1, self._beyond, self._look)
        if found is None:
            more = "the search for more was given up" if self._resync.limited else "no record follows"
            message = f"damage at byte {place}: what is there is no record, and {more}"
            self._facts.note("damaged-record", message, damage=True)
        else:
            self._note_lost(place, found, "what is there is no record")
        return found

    def _note_lost(self, place: int, found: int, why: str) -> None:
        """Note that what is in the file from `place` to `found` in the window was passed over."""
        lost = self._octets.offset + found - place
        message = f"damage at byte {place}: {why}; {lost} octets are passed over"
        self._facts.note("damaged-record", message, damage=True)

    @property
    def _beyond(self) -> int:
        """Octets a record that begins somewhere needs for itself and the header after it."""
        return FRAME_LIMIT_BYTES + 2 * self._layout.record_bytes

    def _look(self, low: int, high: int) -> int | None:
        """Return the first place in the window that reads as a record with another record, or the end, behind it."""
        headers, size = self._headers(), len(self._octets.buffer)
        candidates = np.flatnonzero(self._plausible(headers[low:high], self._last_second)) + low
        if not len(candidates):
            return None
        after = candidates + self._layout.record_bytes + headers["captured"][candidates]
        followed = (after > size - self._layout.record_bytes) & (after <= size)
        inside = np.flatnonzero(after <= size - self._layout.record_bytes)
        seconds = headers["seconds"][candidates[inside]].astype(np.int64)
        followed[inside] = self._plausible(headers[after[inside]], seconds)
        found = candidates[followed]
        return int(found[0]) if len(found) else None

    def _plausible(self, headers: npt.NDArray[Any], near: int | npt.NDArray[np.int64] | None) -> npt.NDArray[np.bool_]:
        """Tell which headers have lengths and fractions of a second that make sense, and a time near `near`."""
        captured, wire, seconds = headers["captured"], headers["wire"], headers["seconds"].astype(np.int64)
        good: npt.NDArray[np.bool_] = (wire > 0) & (captured <= FRAME_LIMIT_BYTES)
        good &= (wire >= captured) & (wire <= WIRE_LIMIT_BYTES)
        good &= headers["fraction"] < 1_000_000_000 // self._layout.fraction_ns
        if near is not None:
            good &= np.abs(seconds - near) <= TIME_NEAR_S
        return good

    def _read_file_header(self, at: int) -> None:
        """Take over byte order, units and link type from the file header at `at`."""
        buffer = self._octets.buffer
        self._last_second = None
        self._layout = LAYOUTS[buffer[at : at + 4]]
        major, minor, _, _, snap_length, field = struct.unpack_from(f"{self._layout.order}HHiIII", buffer, at + 4)
        self._version = (major, minor)
        if self._version != (2, 4):
            message = f"the file says it is of version {major}.{minor} of the pcap format; it is read as version 2.4"
            self._facts.note("strange-version", message)
        # The frame check sequence's length in 16-bit words stands above the bit that says it is given.
        fcs_bytes = (field >> 28) * 2 if field & 0x0400_0000 else 0
        link_type = field & 0xFFFF
        if field & 0x0BFF_0000:
            message = f"reserved bits of the link type are set (0x{field:08x}): they are ignored"
            self._facts.note("reserved-bits", message)
        if link_type not in LINK_TYPES:
            self._facts.note("unknown-link-type", f"link type {link_type} is not known", damage=True)
        self._interface = len(self._facts.interfaces)
        interface = Interface(link_type, fcs_bytes=fcs_bytes)
        self._facts.interfaces.append(interface)
        if self._facts.writer is not None:
            self._facts.writer.add_interface(interface, snap_length, self._layout.fraction_ns)

    def _refuse_strange_version(self) -> None:
        """Give up on a version nobody knows when not even the first record makes sense."""
        headers = self._headers()[FILE_HEADER_BYTES : FILE_HEADER_BYTES + 1]
        strange = self._version[0] != 2 and len(headers)
        if strange and headers["captured"][0] > FRAME_LIMIT_BYTES:
            version = "{}.{}".format(*self._version)
            raise UnreadableInput(f"version {version} of the pcap format is not known, and its records make no sense")
