"""The record of a live capture: whole at any moment, whatever happens to who writes it."""

from __future__ import annotations

import os
import resource
import signal
import struct
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from mailtrace.capture import open_capture
from mailtrace.errors import UnreadableInput
from mailtrace.live.recorder import FileRecorder, RecordFile, open_record, ring_names
from mailtrace.model import NO_TIME, Interface, RawBatch
from tests.live.command import Running, refused, wait_until_gone
from tests.live.lan import in_own_network, needs_root, say
from tests.support import needs_tshark

LOOPBACK = Interface(1, "lo")
TUNNEL = Interface(101, "tun0")


def batch(
    frames: list[bytes], first: int = 1, interfaces: list[Interface] | None = None, **given: list[int]
) -> RawBatch:
    """Return frames as a source gives them; they come a microsecond after each other, on the first interface."""
    lengths = np.array([len(frame) for frame in frames], np.int64)
    count = len(frames)
    return RawBatch(
        buffer=b"".join(frames),
        first_number=first,
        start=np.cumsum(lengths) - lengths,
        captured=lengths,
        wire=np.array(given.get("wire", lengths), np.int64),
        time_ns=np.array(given.get("time_ns", [1_700_000_000_000_000_001 + 1_000 * n for n in range(count)]), np.int64),
        interface=np.array(given.get("interface", [0] * count), np.int32),
        interfaces=interfaces or [LOOPBACK],
    )


def read(path: Path | str) -> tuple[list[tuple[bytes, int, int, str]], int]:
    """Return frame, length on the wire, time and interface of each packet in a file, and how many were lost."""
    with open_capture(str(path)) as capture:
        rows = [
            (each.buffer[start : start + captured], wire, time_ns, each.interfaces[interface].name)
            for each in capture.batches()
            for start, captured, wire, time_ns, interface in zip(
                each.start, each.captured, each.wire, each.time_ns, each.interface, strict=True
            )
        ]
        assert capture.notes == []
        return rows, capture.dropped


def test_a_record_is_whole_after_every_batch(tmp_path: Path) -> None:
    path = tmp_path / "lo.pcapng"
    recorder = open_record(str(path), None, None)
    assert read(path) == ([], 0)
    recorder.write(batch([b"first", b""]))
    first = [(b"first", 5, 1_700_000_000_000_000_001, "lo"), (b"", 0, 1_700_000_000_000_001_001, "lo")]
    with open_capture(str(path)) as capture:
        assert sum(len(each.start) for each in capture.batches()) == 2
    later = batch([b"cut"], 3, [LOOPBACK, TUNNEL], wire=[1_500], time_ns=[1_700_000_001_000_000_000], interface=[1])
    recorder.write(later)
    recorder.close(7)
    rows, lost = read_all(path)
    assert rows == [*first, (b"cut", 1_500, 1_700_000_001_000_000_000, "tun0")]
    assert lost == 7
    assert recorder.notes == []


def read_all(path: Path) -> tuple[list[tuple[bytes, int, int, str]], int]:
    """As `read`, where a packet of no octets is no fault."""
    with open_capture(str(path)) as capture:
        rows = [
            (each.buffer[start : start + captured], int(wire), int(time_ns), each.interfaces[interface].name)
            for each in capture.batches()
            for start, captured, wire, time_ns, interface in zip(
                each.start, each.captured, each.wire, each.time_ns, each.interface, strict=True
            )
        ]
        return rows, capture.dropped


@needs_tshark
def test_wireshark_reads_a_record(tmp_path: Path) -> None:
    path = tmp_path / "lo.pcapng"
    recorder = open_record(str(path), None, None)
    recorder.write(batch([bytes(60), bytes(61), bytes(62), bytes(63)]))
    recorder.close(3)
    asked = [
        "tshark",
        "-r",
        str(path),
        "-T",
        "fields",
        "-e",
        "frame.len",
        "-e",
        "frame.time_epoch",
        "-e",
        "frame.interface_name",
    ]
    told = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert told.stdout.splitlines() == [
        "60\t1700000000.000000001\tlo",
        "61\t1700000000.000001001\tlo",
        "62\t1700000000.000002001\tlo",
        "63\t1700000000.000003001\tlo",
    ]


def test_a_packet_without_a_time_is_recorded_with_that_of_1970(tmp_path: Path) -> None:
    path = tmp_path / "lo.pcapng"
    recorder = open_record(str(path), None, None)
    recorder.write(batch([b"timeless"], time_ns=[NO_TIME]))
    recorder.close(0)
    assert [row[2] for row in read(path)[0]] == [0]


def test_a_ring_keeps_the_newest_and_every_file_of_it_is_whole(tmp_path: Path) -> None:
    recorder = open_record(str(tmp_path / "lab.pcapng"), (10_000, 3), None)
    names = [tmp_path / f"lab-{number}.pcapng" for number in (1, 2, 3)]
    for number in range(70):  # a file has room for 9 of them: it is ended by the one that reaches 10,000 octets
        recorder.write(batch([b"%04d" % number + bytes(1_000)]))
        assert all(read(name)[1] == 0 for name in names)
    recorder.close(0)
    kept = {name.stem: [int(row[0][:4]) for row in read(name)[0]] for name in names}
    assert kept == {
        "lab-1": list(range(60, 70)),
        "lab-2": list(range(40, 50)),
        "lab-3": list(range(50, 60)),
    }


def test_files_of_a_ring_that_were_never_needed_are_taken_away(tmp_path: Path) -> None:
    recorder = open_record(str(tmp_path / "lab.pcapng"), (1_000, 12), None)
    for _ in range(2):
        recorder.write(batch([bytes(2_000)]))
    recorder.close(0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lab-01.pcapng", "lab-02.pcapng"]


def test_the_names_of_a_ring() -> None:
    assert ring_names("there/lab.pcapng", 2) == ["there/lab-1.pcapng", "there/lab-2.pcapng"]
    assert ring_names("lab", 10)[::9] == ["lab-01", "lab-10"]


def test_a_full_disk_ends_the_record_and_nothing_else(tmp_path: Path) -> None:
    """A limit on the size of files fails as a full disk does, in the midst of a write."""
    path = tmp_path / "lo.pcapng"
    recorder = open_record(str(path), None, None)
    recorder.write(batch([b"before" + bytes(500)]))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, before[1]))
    try:
        recorder.write(batch([bytes(1_000)] * 3))
        recorder.write(batch([bytes(1)]))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    recorder.close(0)
    (note,) = recorder.notes
    assert (note.code, note.damage) == ("record-failed", True)
    assert f"{path} ends early" in note.message
    assert [row[0][:6] for row in read(path)[0]] == [b"before"]


def test_what_is_no_capture_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "thesis.txt"
    path.write_text("three years of work")
    with pytest.raises(UnreadableInput, match=r"thesis.txt' exists and is no capture: it is left as it is"):
        open_record(str(path), None, None)
    assert path.read_text() == "three years of work"
    (tmp_path / "link.pcapng").symlink_to(path)
    with pytest.raises(UnreadableInput, match="cannot be written"):
        open_record(str(tmp_path / "link.pcapng"), None, None)
    for name in (str(tmp_path), str(tmp_path / "no" / "folder.pcapng"), "/dev/null", "a\0b"):
        with pytest.raises(UnreadableInput, match="cannot be written"):
            open_record(name, None, None)


def test_a_pipe_is_no_file_and_nobody_waits_for_its_reader(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnreadableInput, match="it is not a file"):
        open_record(str(tmp_path / "pipe"), None, None)


def test_a_capture_of_before_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "lo.pcapng"
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + bytes(5_000))
    open_record(str(path), None, None).close(0)
    assert read(path) == ([], 0)


def test_b61_two_cannot_write_one_record(tmp_path: Path) -> None:
    path = str(tmp_path / "lo.pcapng")
    first = RecordFile(path)
    with pytest.raises(UnreadableInput, match="is being written by another mailtrace"):
        RecordFile(path)
    first.close()
    RecordFile(path).close()


def test_when_one_file_of_a_ring_cannot_be_made_none_is_kept_open(tmp_path: Path) -> None:
    (tmp_path / "lab-2.pcapng").mkdir()
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(UnreadableInput, match=r"lab-2.pcapng' cannot be written"):
        open_record(str(tmp_path / "lab.pcapng"), (1_000, 3), None)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def writing(path: Path, ring: tuple[int, int] | None) -> int:
    """Begin a process that records until it is killed; return its number once there is something to record into."""
    reading, begun = os.pipe()
    child = os.fork()
    if not child:
        try:
            recorder = open_record(str(path), ring, None)
            os.write(begun, b".")
            while True:
                recorder.write(batch([bytes(1_400)] * 40))
        finally:
            os._exit(1)
    os.close(begun)
    assert os.read(reading, 1) == b"."
    os.close(reading)
    return child


@pytest.mark.parametrize("ring", [(), ("ring",)])
def test_a_record_is_readable_after_a_kill_at_any_moment(tmp_path: Path, ring: tuple[str, ...]) -> None:
    cut = 0
    for attempt in range(12):
        path = tmp_path / "lo.pcapng"
        writer = writing(path, (300_000, 2) if ring else None)
        time.sleep(0.01 + attempt * 0.007)
        os.kill(writer, signal.SIGKILL)
        _, status = os.waitpid(writer, 0)
        assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
        for name in ring_names(str(path), 2) if ring else [str(path)]:
            with open_capture(name) as capture:
                sizes = [int(size) for each in capture.batches() for size in each.captured]
                codes = [note.code for note in capture.notes]
                assert codes in ([], ["cut"])
                cut += len(codes)
                assert set(sizes[:-1]) <= {1_400}
                assert sizes[-1:] in ([], [1_400]) or codes
    # It happens while one block is copied that lies across two pages: seldom, though oftener on a busy machine.
    # A writer that does not care for blocks cuts the last one two times of three.
    assert cut <= 5


@needs_root
@pytest.mark.parametrize("via", ["scapy", "dumpcap"])
def test_a_capture_that_is_killed_leaves_its_record_and_nobody_behind(tmp_path: Path, via: str) -> None:
    def body() -> None:
        path = tmp_path / "lo.pcapng"
        with Running("-i", "lo", "--via", via, "-f", "udp port 5999", "-w", str(path), afresh=True) as running:
            others = running.processes()[1:]
            say(5999, b"recorded", 5)
            until = time.monotonic() + 10
            while path.stat().st_size < 5 * 80:
                assert time.monotonic() < until
                time.sleep(0.02)
            running.process.send_signal(signal.SIGKILL)
            running.process.wait()
            for process in others:
                wait_until_gone(process)
        rows, _ = read(path)
        assert [row[0][42:] for row in rows] == [b"recorded"] * 5

    in_own_network(body)


@needs_root
def test_a_record_that_cannot_be_made_is_refused_before_anything_is_captured(tmp_path: Path) -> None:
    code, said = refused("-i", "lo", "-w", str(tmp_path / "no" / "lo.pcapng"))
    assert (code, said.count("\n")) == (3, 1)
    assert "cannot be written: No such file or directory" in said


def test_recording_costs_little_beside_understanding(tmp_path: Path) -> None:
    """The bench measures it; here only that nothing grows with what was written before."""
    recorder = FileRecorder([RecordFile(str(tmp_path / "lo.pcapng"))])
    many = batch([bytes(200)] * 1_000)
    began = time.perf_counter()
    for _ in range(20):
        recorder.write(many)
    assert time.perf_counter() - began < 5
    recorder.close(0)


def test_a_record_needs_a_name() -> None:
    code, said = refused("-i", "lo", "-w", "-")
    assert (code, said) == (2, "mailtrace: a recording cannot be written to standard output: give a name for it\n")
