"""Small builders of capture files, and the reading of one into plain rows.

The builders share nothing with the readers they test.
"""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import NamedTuple

from mailtrace.capture import CaptureFile, open_capture
from mailtrace.model import Note

LITTLE_MICROSECONDS = b"\xd4\xc3\xb2\xa1"
SECOND = 1_700_000_000
"""The time of the first frame of built files: 2023-11-14 22:13:20 UTC."""


class Row(NamedTuple):
    """One frame as read."""

    number: int
    time_ns: int
    data: bytes
    wire: int
    interface: int


def pcap_header(
    magic: bytes = LITTLE_MICROSECONDS,
    order: str = "<",
    link_type: int = 1,
    snap_length: int = 262_144,
    version: tuple[int, int] = (2, 4),
) -> bytes:
    """Return a file header; `link_type` is the whole field with its upper bits."""
    return magic + struct.pack(f"{order}HHiIII", *version, 0, 0, snap_length, link_type)


def record(
    data: bytes,
    second: int = SECOND,
    fraction: int = 0,
    wire: int | None = None,
    order: str = "<",
    captured: int | None = None,
) -> bytes:
    """Return a record; `captured` and `wire` are what its header claims."""
    captured = len(data) if captured is None else captured
    wire = len(data) if wire is None else wire
    return struct.pack(f"{order}IIII", second, fraction, captured, wire) + data


def frame(index: int, size: int = 60) -> bytes:
    """Return a frame that is easy to tell from others and that looks like nothing else."""
    return struct.pack(">6s6sH", b"\x02\x00\x00\x00\x00\x01", b"\x02\x00\x00\x00\x00\x02", 0x0800) + bytes(
        (index * 7 + place * 13) % 251 for place in range(size - 14)
    )


def pcap(count: int, size: int = 60) -> bytes:
    """Return a plain file of `count` frames, one second apart."""
    return pcap_header() + b"".join(record(frame(i, size), SECOND + i) for i in range(count))


def padded(data: bytes) -> bytes:
    """Return `data` filled up to a multiple of four octets."""
    return data + bytes(-len(data) % 4)


def option(code: int, value: bytes, order: str = "<", length: int | None = None) -> bytes:
    """Return an option of a block; `length` is what it claims."""
    return struct.pack(f"{order}HH", code, len(value) if length is None else length) + padded(value)


END = bytes(4)


def block(kind: int, body: bytes, order: str = "<", length: int | None = None, trailer: int | None = None) -> bytes:
    """Return a block; `length` and `trailer` are what it claims at both ends."""
    whole = len(padded(body)) + 12
    length = whole if length is None else length
    trailer = length if trailer is None else trailer
    return struct.pack(f"{order}II", kind, length) + padded(body) + struct.pack(f"{order}I", trailer)


def section(
    order: str = "<", options: bytes = b"", version: tuple[int, int] = (1, 0), section_length: int = -1
) -> bytes:
    """Return a section header."""
    return block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, *version, section_length) + options, order)


def interface(order: str = "<", link_type: int = 1, snap_length: int = 0, options: bytes = b"") -> bytes:
    """Return an interface description."""
    return block(1, struct.pack(f"{order}HHI", link_type, 0, snap_length) + options, order)


def enhanced(
    data: bytes,
    stamp: int = SECOND * 1_000_000,
    number: int = 0,
    wire: int | None = None,
    order: str = "<",
    options: bytes = b"",
    captured: int | None = None,
) -> bytes:
    """Return an Enhanced Packet Block on interface `number`."""
    captured = len(data) if captured is None else captured
    wire = len(data) if wire is None else wire
    head = struct.pack(f"{order}IIIII", number, stamp >> 32, stamp & 0xFFFFFFFF, captured, wire)
    return block(6, head + padded(data) + options, order)


def simple(data: bytes, wire: int | None = None, order: str = "<") -> bytes:
    """Return a Simple Packet Block."""
    return block(3, struct.pack(f"{order}I", len(data) if wire is None else wire) + padded(data), order)


def obsolete(data: bytes, stamp: int, number: int = 0, drops: int = 0xFFFF, order: str = "<") -> bytes:
    """Return an obsolete Packet Block."""
    head = struct.pack(f"{order}HHIIII", number, drops, stamp >> 32, stamp & 0xFFFFFFFF, len(data), len(data))
    return block(2, head + padded(data), order)


def pcapng(count: int, size: int = 60, order: str = "<") -> bytes:
    """Return a plain file of `count` frames, one second apart."""
    packets = (enhanced(frame(i, size), (SECOND + i) * 1_000_000, order=order) for i in range(count))
    return section(order) + interface(order) + b"".join(packets)


def rows_of(capture: CaptureFile) -> list[Row]:
    """Read a capture to its end."""
    rows: list[Row] = []
    for batch in capture.batches():
        places = zip(batch.start.tolist(), batch.captured.tolist(), strict=True)
        frames = [batch.buffer[start : start + captured] for start, captured in places]
        assert [len(data) for data in frames] == batch.captured.tolist()
        numbers = range(batch.first_number, batch.first_number + len(frames))
        columns = (numbers, batch.time_ns.tolist(), frames, batch.wire.tolist(), batch.interface.tolist())
        rows.extend(map(Row._make, zip(*columns, strict=True)))
    return rows


def read(path: Path, data: bytes | None = None, batch_bytes: int = 2**21) -> tuple[list[Row], CaptureFile]:
    """Return the rows of the capture at `path`, after writing `data` there when it is given."""
    if data is not None:
        path.write_bytes(data)
    with open_capture(str(path), batch_bytes) as capture:
        return rows_of(capture), capture


def read_octets(data: bytes, batch_bytes: int = 2**21) -> tuple[list[Row], CaptureFile]:
    """Return the rows of a capture held in memory."""
    capture = CaptureFile("memory", io.BytesIO(data), len(data), batch_bytes)
    return rows_of(capture), capture


def notes_by_code(capture: CaptureFile) -> dict[str, Note]:
    """Return the first note of each code."""
    notes: dict[str, Note] = {}
    for note in capture.notes:
        notes.setdefault(note.code, note)
    return notes


def damaged(capture: CaptureFile) -> bool:
    """Tell whether results are partial (exit code 4)."""
    return any(note.damage for note in capture.notes)
