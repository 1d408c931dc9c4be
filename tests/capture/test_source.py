"""Opening: what is taken, and what is refused in one line that says what to do (acceptance list A1, A40 to A45)."""

from __future__ import annotations

import gc
import io
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from mailtrace.capture import CaptureFile, open_capture
from mailtrace.capture.source import SMALL_BATCH_BYTES
from mailtrace.errors import UnreadableInput
from tests.capture.builders import (
    damaged,
    enhanced,
    frame,
    interface,
    notes_by_code,
    pcap,
    pcapng,
    read,
    rows_of,
    section,
)
from tests.support import ROOT


class Trickle(io.RawIOBase):
    """A pipe that gives one octet at a time."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, target: bytearray) -> int:  # type: ignore[override]
        piece = self._data.read(1)
        target[: len(piece)] = piece
        return len(piece)


def refusal(path: Path | str) -> str:
    with pytest.raises(UnreadableInput) as caught:
        open_capture(str(path))
    message = str(caught.value)
    assert "\n" not in message
    assert message.isprintable()
    assert caught.value.exit_code == 3
    return message


def test_a01_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(b"")
    assert "not a capture: the file is empty" in refusal(path)


def as_standard_input(monkeypatch: pytest.MonkeyPatch, raw: io.RawIOBase) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(raw)))


@pytest.mark.parametrize("data", [pcap(20), pcapng(20), pcap(20)[:-7], pcapng(20)[:-7]])
def test_a40_standard_input_by_single_octets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    rows, from_file = read(tmp_path / "x", data)
    as_standard_input(monkeypatch, Trickle(data))
    with open_capture("-", 2048) as capture:
        assert rows_of(capture) == rows
        assert capture.notes == from_file.notes
        assert (capture.name, capture.size_bytes, capture.position) == ("-", None, len(data))


def test_a40_real_pipe_whose_writer_is_killed(tmp_path: Path) -> None:
    data = pcap(50)
    (tmp_path / "x").write_bytes(data[:-30])
    script = "import sys\nfrom tests.capture.builders import *\n"
    script += "with open_capture('-') as c: print(len(rows_of(c)), damaged(c))"
    writer = subprocess.Popen(["sh", "-c", f"cat '{tmp_path}/x'; kill -9 $$"], stdout=subprocess.PIPE)
    reader = subprocess.run(
        [sys.executable, "-c", script], stdin=writer.stdout, capture_output=True, timeout=60, cwd=ROOT
    )
    writer.wait()
    assert reader.stdout.split() == [b"50", b"True"], reader.stderr


def test_a40_standard_input_closed_or_a_keyboard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert "standard input is closed" in refusal("-")
    main, keyboard = os.openpty()
    with os.fdopen(keyboard) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        assert "keyboard" in refusal("-")
    os.close(main)


def test_a41_directory(tmp_path: Path) -> None:
    assert "is a directory" in refusal(tmp_path)


def test_a41_named_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.pcap")
    assert "named pipe" in refusal(tmp_path / "x.pcap")
    assert "give - as the file" in refusal(tmp_path / "x.pcap")


def test_a41_named_pipe_put_in_place_after_the_look_does_not_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.pcap"
    os.mkfifo(path)
    regular = Path(__file__).stat()
    monkeypatch.setattr(Path, "stat", lambda _: regular)
    assert "named pipe" in refusal(path)


def test_a41_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
        assert "is a socket" in refusal("s")


def test_a41_device() -> None:
    assert "is a device" in refusal("/dev/zero")


def test_a41_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(1))

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    assert "no permission to read it" in refusal(path)


def test_a41_symbolic_links(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert "circle" in refusal(tmp_path / "a")
    (tmp_path / "c").symlink_to(tmp_path / "nothing")
    assert "no such file" in refusal(tmp_path / "c")
    (tmp_path / "d").symlink_to(tmp_path / "real.pcap")
    rows, _ = read(tmp_path / "d", pcap(2))
    assert len(rows) == 2


def test_a41_missing_and_impossible_names(tmp_path: Path) -> None:
    assert "no such file: check the name" in refusal(tmp_path / "missing.pcap")
    assert "not a directory" in refusal("/dev/null/x.pcap")
    assert "name is too long" in refusal(tmp_path / ("x" * 300))
    assert "NUL" in refusal("a\0b")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"No. Time Source\n1 0.0 192.168.1.2\n", "it looks like text: save the capture as pcap or pcapng"),
        (b"\n<!DOCTYPE html>\n<html><title>Log in</title>", "it looks like a web page (HTML)"),
        (b"Return-Path: <a@b>\r\nSubject: x\r\n\r\nhello", "it looks like a mail message (.eml)"),
        (b"Received: from a by b\r\nFrom: a@b\r\nSubject: x\r\n\r\n", "it looks like a mail message (.eml)"),
        (b"snoop\x00\x00\x00\x00\x00\x00\x02", "it looks like a snoop capture: convert it with Wireshark's editcap"),
        ((bytes(8) + b"\x02\x04" + struct.pack(">HHH", 76, 0, 60) + bytes(60)) * 3, "it looks like an ERF capture"),
        (bytes(4096), "it begins with zeros only"),
        (b'{"packets": []}', "it looks like JSON text"),
        (b"<?xml version='1.0'?><pdml/>", "it looks like XML text"),
        (b"PK\x03\x04....", "it looks like a zip archive: unpack it first"),
        (b"BZh91AY", "it looks like a bzip2 file: unpack it first"),
        (b"\x93\x8a\xff\x00\x01random", "no known format"),
    ],
)
def test_a42_not_a_capture(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(data)
    assert f"is not a capture: {words}" in refusal(path)


@pytest.mark.parametrize("make", [pcap, pcapng])
def test_windows_are_small_at_both_ends(make: Callable[[int, int], bytes]) -> None:
    data = make(400, 60_000)
    capture = CaptureFile("x", io.BytesIO(data), len(data), 4 << 20)
    read = [0] + [capture.position for _ in capture.batches()]
    windows = [after - before for before, after in pairwise(read)]
    assert read[-1] == len(data)
    assert windows[0] < 1.01 * SMALL_BATCH_BYTES  # and a file header
    assert SMALL_BATCH_BYTES / 2 < windows[-1] <= SMALL_BATCH_BYTES
    assert 3 << 20 < max(windows) <= 4 << 20
    assert len(windows) < 14


def test_a43_file_cut_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(2000))
    with open_capture(str(path), 4096) as capture:
        batches: Iterator[object] = capture.batches()
        next(batches)
        path.write_bytes(b"")
        for _ in batches:
            pass
        assert capture.size_bytes == 24 + 2000 * 76
        assert capture.position < capture.size_bytes
        assert damaged(capture)


def test_a43_read_error_keeps_what_came_before() -> None:
    class Failing(io.BytesIO):
        def readinto(self, place: Any, /) -> int:
            if self.tell() > 3000:
                raise OSError(5, "Input/output error")
            return super().readinto(place)

    capture = CaptureFile("x", Failing(pcap(100)), None, 2048)
    rows = rows_of(capture)
    assert [row.data for row in rows[:20]] == [frame(i) for i in range(20)]
    assert "Input/output error" in notes_by_code(capture)["read-error"].message
    assert damaged(capture)


def test_a44_many_empty_packets_and_blocks_are_linear(tmp_path: Path) -> None:
    empty = pcap(0) + struct.pack("<IIII", 1_700_000_000, 0, 0, 60) * 60_000
    one = section() + interface()
    comments = one + enhanced(b"", options=struct.pack("<HH4sI", 1, 4, b"text", 0)) * 20_000
    custom = one + struct.pack("<IIII", 0xBAD, 16, 0, 16) * 60_000
    sections = (one + enhanced(b"")) * 3_000
    joined = pcap(1, 14) * 5_000
    for data, count in ((empty, 60_000), (comments, 20_000), (custom, 0), (sections, 3_000), (joined, 5_000)):
        began = process_time()
        rows, capture = read(tmp_path / "x", data)
        assert process_time() - began < 4 * len(data) / 2**20 + 0.5
        assert len(rows) == count
        assert len(capture.notes) < 60


@pytest.mark.parametrize("name", ["new\nline.pcap", "esc\x1b[2J.pcap", "-n.pcap", "\udcff\udcfe.pcap", "‮fdp.pcap"])
def test_a45_strange_file_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    rows, capture = read(Path(name), pcap(2))
    assert len(rows) == 2
    assert capture.name == name
    assert repr("gone" + name) in refusal("gone" + name)


def test_files_are_never_mapped_and_heavy_modules_stay_out() -> None:
    script = "import sys, mailtrace.capture\n"
    script += "print([m for m in ('mmap', 'scapy', 'zstandard', 'lz4', 'pyshark') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60, cwd=ROOT)
    assert found.stdout.strip() == b"[]", found.stderr


@pytest.mark.filterwarnings("error::ResourceWarning", "error::pytest.PytestUnraisableExceptionWarning")
def test_the_file_is_closed_when_it_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(b"text")
    refusal(path)
    gc.collect()
