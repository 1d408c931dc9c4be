"""Fuzz target: an excerpt of any octets given as a capture holds the same frames, undamaged, and is its own."""

from __future__ import annotations

import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mailtrace.capture import CaptureFile
from mailtrace.capture.excerpt import write_excerpt
from mailtrace.capture.writer import FRAME_LIMIT_BYTES
from mailtrace.errors import UnreadableInput

NOT_OURS = {"unknown-link-type", "unknown-clock"}
"""What is wrong with an interface stays as it is: its packets mean what they meant."""

NUMBERS = range(1, 100_000)

Frames = list[tuple[Any, ...]]


def _read(data: bytes) -> tuple[Frames, set[str]]:
    """Return frames with link type, octets, time and length on the wire, and the damage found."""
    capture = CaptureFile("fuzz", io.BytesIO(data), len(data), 2**21)
    frames: Frames = []
    for batch in capture.batches():
        rows = zip(batch.interface, batch.start, batch.captured, batch.time_ns, batch.wire, strict=True)
        for place, start, captured, time_ns, wire in (map(int, row) for row in rows):
            octets = batch.buffer[start : start + min(captured, FRAME_LIMIT_BYTES)]
            frames.append((batch.interfaces[place].link_type, octets, time_ns, wire))
    return frames, {note.code for note in capture.notes if note.damage} - NOT_OURS


def _excerpt(path: Path, data: bytes, comments: dict[int, list[str]]) -> bytes:
    path.write_bytes(data)
    out = io.BytesIO()
    write_excerpt([str(path)], out, NUMBERS, comments, with_secrets=True)
    return out.getvalue()


def fuzz_one(data: bytes) -> None:
    """Make an excerpt of all packets of `data`, and one of that; raises only when a promise is broken."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "fuzz"
        try:
            frames, _ = _read(data)
            found = _excerpt(path, data, {1: ["one"], 3: ["three"]})
        except UnreadableInput:
            return
        again, damage = _read(found)
        assert damage == set()
        assert len(again) == len(frames)
        for (*one, wire), (*other, wire_too) in zip(frames, again, strict=True):
            assert one == other
            assert wire_too in (wire, len(other[1])), "a simple block that was cut cannot say how long the packet was"
        twice = _excerpt(path, found, {})
        assert (len(twice), _read(twice)) == (len(found), (again, set())), "the order of blocks may differ"
