"""Captures that are still being written: nothing is lost, taken twice or half, however they grow; A39 and A40."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from mailtrace.capture.streamed import FollowedFile, PipedCapture, StreamedCapture
from mailtrace.errors import UnreadableInput
from tests.capture.builders import enhanced, frame, interface, pcap_header, record, section

PATIENCE_SECONDS = 20.0


class Reading:
    """Reads a source in a thread of its own: the octets of frames, and their numbers."""

    def __init__(self, source: StreamedCapture) -> None:
        self.source = source
        self.frames: list[bytes] = []
        self.numbers: list[int] = []
        self.error: Exception | None = None
        self.thread = Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        try:
            for batch in self.source.batches():
                spans = zip(batch.start.tolist(), batch.captured.tolist(), strict=True)
                self.frames += [batch.buffer[start : start + captured] for start, captured in spans]
                self.numbers += range(batch.first_number, batch.first_number + len(batch.start))
        except UnreadableInput as error:
            self.error = error

    def wait_for(self, many: int) -> None:
        until(lambda: len(self.frames) >= many)

    def end(self) -> None:
        """Wait for the end, which comes by itself."""
        self.thread.join(PATIENCE_SECONDS)
        assert not self.thread.is_alive()


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it never was"
        time.sleep(0.005)


@contextmanager
def reading(source: StreamedCapture) -> Iterator[Reading]:
    """Read a source meanwhile, and close it."""
    found = Reading(source)
    try:
        yield found
    finally:
        source.stop()
        found.end()
        source.close()


def pcap(first: int, many: int) -> bytes:
    """Return a file of frames that are easy to tell apart."""
    return pcap_header() + b"".join(record(frame(number)) for number in range(first, first + many))


def frames(first: int, many: int) -> list[bytes]:
    return [frame(number) for number in range(first, first + many)]


@pytest.mark.parametrize("form", ["pcap", "pcapng"])
def test_a39_a_record_counts_once_it_is_whole(form: str, tmp_path: Path) -> None:
    if form == "pcap":
        octets = pcap(0, 4)
    else:
        octets = section() + interface() + b"".join(enhanced(frame(number), number) for number in range(4))
    path = tmp_path / "growing"
    path.write_bytes(octets[:-10])
    with reading(FollowedFile(str(path))) as found, path.open("ab") as file:
        found.wait_for(3)
        time.sleep(0.15)
        assert found.frames == frames(0, 3)
        file.write(octets[-10:])
        file.flush()
        found.wait_for(4)
    assert found.frames == frames(0, 4)
    assert found.numbers == [1, 2, 3, 4]
    assert found.source.notes == []


def test_a39_octet_by_octet_from_nothing(tmp_path: Path) -> None:
    path = tmp_path / "growing"
    path.touch()
    octets = pcap(0, 2)
    with reading(FollowedFile(str(path))) as found, path.open("ab", buffering=0) as file:
        for place in range(len(octets)):
            file.write(octets[place : place + 1])
        found.wait_for(2)
    assert found.frames == frames(0, 2)


def test_a39_what_is_half_written_at_the_end_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "growing"
    path.write_bytes(pcap(0, 2)[:-10])
    with reading(FollowedFile(str(path))) as found:
        found.wait_for(1)
    assert found.frames == frames(0, 1)
    assert found.source.notes == []


def test_a39_another_file_takes_its_place(tmp_path: Path) -> None:
    """Rotation as `logrotate` does it: who writes goes on in the old file for a moment."""
    path = tmp_path / "growing"
    path.write_bytes(pcap(0, 2))
    with reading(FollowedFile(str(path))) as found:
        found.wait_for(2)
        with path.open("ab") as old:
            path.rename(tmp_path / "growing.1")
            old.write(record(frame(2)))
        path.write_bytes(pcap(3, 2))
        found.wait_for(5)
    assert found.frames == frames(0, 5)
    assert found.numbers == [1, 2, 3, 4, 5]
    assert [note.code for note in found.source.notes] == ["followed-replaced"]


def test_a39_another_file_takes_its_place_between_two_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The size of the old file is asked for last: what is written into it until the new one is there counts."""
    path = tmp_path / "growing"
    path.write_bytes(pcap(0, 2))
    rotations = [path]
    sized = os.fstat

    def rotated_meanwhile(descriptor: int) -> os.stat_result:
        size = sized(descriptor)
        if found.frames and rotations:
            rotations.pop().rename(tmp_path / "growing.1")
            with (tmp_path / "growing.1").open("ab") as old:
                old.write(record(frame(2)))
            path.write_bytes(pcap(3, 2))
        return size

    with reading(FollowedFile(str(path))) as found:
        monkeypatch.setattr(os, "fstat", rotated_meanwhile)
        found.wait_for(5)
    assert found.frames == frames(0, 5)


def test_a39_the_file_is_away_for_a_while(tmp_path: Path) -> None:
    path = tmp_path / "growing"
    path.write_bytes(pcap(0, 1))
    with reading(FollowedFile(str(path))) as found:
        found.wait_for(1)
        path.unlink()
        time.sleep(0.15)
        (tmp_path / "new").write_bytes(section() + interface() + enhanced(frame(1), 1))
        (tmp_path / "new").rename(path)
        found.wait_for(2)
    assert found.frames == frames(0, 2)


def test_a39_the_file_is_emptied_and_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "growing"
    path.write_bytes(pcap(0, 3))
    with reading(FollowedFile(str(path))) as found:
        found.wait_for(3)
        os.truncate(path, 0)
        until(lambda: bool(found.source.notes))
        with path.open("ab") as file:
            file.write(pcap(3, 2))
        found.wait_for(5)
    assert found.frames == frames(0, 5)
    assert [note.code for note in found.source.notes] == ["followed-emptied"]


def test_a39_what_takes_its_place_is_no_capture(tmp_path: Path) -> None:
    path = tmp_path / "growing"
    path.write_bytes(pcap(0, 1))
    with reading(FollowedFile(str(path))) as found:
        found.wait_for(1)
        (tmp_path / "new").write_bytes(b"not a capture at all, but a text of some length")
        (tmp_path / "new").rename(path)
        until(lambda: len(found.source.notes) == 2)
        (tmp_path / "new").write_bytes(pcap(1, 1))
        (tmp_path / "new").rename(path)
        found.wait_for(2)
    assert found.frames == frames(0, 2)
    codes = {note.code: note.damage for note in found.source.notes}
    assert codes == {"followed-unreadable": True, "followed-replaced": False}


def test_a39_a_file_that_is_no_capture_or_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="no such file"):
        FollowedFile(str(tmp_path / "missing"))
    path = tmp_path / "text"
    path.write_bytes(b"not a capture at all, but a text of some length")
    source = FollowedFile(str(path))
    with reading(source) as found:
        found.end()
    assert "is not a capture" in str(found.error)


def test_a40_a_pipe_gives_frames_as_they_come() -> None:
    descriptor, writing = os.pipe()
    with reading(PipedCapture("pipe", descriptor, is_network=False)) as found:
        os.write(writing, pcap(0, 1))
        found.wait_for(1)
        os.write(writing, record(frame(1)) + record(frame(2))[:20])
        found.wait_for(2)
        os.write(writing, record(frame(2))[20:])
        os.close(writing)
        found.end()
    assert found.frames == frames(0, 3)
    assert found.source.notes == []


def test_a40_a_pipe_whose_writer_dies_within_a_record() -> None:
    descriptor, writing = os.pipe()
    with reading(PipedCapture("pipe", descriptor, is_network=False)) as found:
        os.write(writing, pcap(0, 2)[:-10])
        os.close(writing)
        found.end()
    assert found.frames == [frame(0), frame(1)[:-10]]
    assert [note.code for note in found.source.notes] == ["cut"]


def test_a_pipe_is_stopped_while_nothing_comes() -> None:
    descriptor, writing = os.pipe()
    with reading(PipedCapture("pipe", descriptor, is_network=False)) as found:
        os.write(writing, pcap(0, 1))
        found.wait_for(1)
        os.write(writing, record(frame(1)))
        found.source.stop()
        found.end()
    os.close(writing)
    assert found.frames == frames(0, 2), "what was written before is still read"


def test_a_fast_writer_gets_through_in_large_pieces() -> None:
    descriptor, writing = os.pipe()
    octets = pcap(0, 200)
    many = b"".join([octets, *[octets[24:]] * 99])
    begun = time.monotonic()
    with reading(PipedCapture("pipe", descriptor, is_network=False)) as found:
        left = memoryview(many)
        while left:
            left = left[os.write(writing, left) :]
        os.close(writing)
        found.end()
    assert len(found.frames) == 20_000
    assert time.monotonic() - begun < PATIENCE_SECONDS / 2
