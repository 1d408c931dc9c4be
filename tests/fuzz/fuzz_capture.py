"""Fuzz target: any octets given as a capture end in frames and notes or in one refusal, the same for any batch size."""

from __future__ import annotations

import io

from mailtrace.capture import CaptureFile
from mailtrace.errors import UnreadableInput
from mailtrace.model import Note

Frames = list[tuple[int, int, bytes, int, int]]
Outcome = tuple[Frames, list[Note], dict[str, list[str]], dict[int, list[str]], int]


def _read(data: bytes, batch_bytes: int) -> Outcome | str:
    """Return everything a capture gives, or the refusal."""
    try:
        capture = CaptureFile("fuzz", io.BytesIO(data), len(data), batch_bytes)
    except UnreadableInput as refusal:
        assert str(refusal).isprintable()
        return str(refusal)
    frames: Frames = []
    for batch in capture.batches():
        stop = batch.start + batch.captured
        assert batch.captured.min() >= 0
        assert batch.start.min() >= 0
        assert stop.max() <= len(batch.buffer)
        assert (batch.wire >= batch.captured).all()
        assert batch.interface.max() < len(batch.interfaces)
        assert not frames or frames[-1][0] < batch.first_number
        for index, (start, end) in enumerate(zip(batch.start.tolist(), stop.tolist(), strict=True)):
            time_ns, wire = int(batch.time_ns[index]), int(batch.wire[index])
            place = int(batch.interface[index])
            frames.append((batch.first_number + index, time_ns, batch.buffer[start:end], wire, place))
    assert len(capture.notes) < 400
    return frames, capture.notes, capture.names, capture.comments, capture.dropped


def fuzz_one(data: bytes) -> None:
    """Read `data` as a capture, by large and by small batches; raises only when a promise is broken."""
    whole = _read(data, 2**21)
    for batch_bytes in (1, 2048):
        assert _read(data, batch_bytes) == whole
