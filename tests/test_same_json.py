"""The same traffic gives the same JSON, however it reaches the program and however it is cut into batches."""

from __future__ import annotations

import gzip
import json
import lzma
import os
import struct
import subprocess
import sys
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import mailtrace
from mailtrace import command
from mailtrace.analyzer import Analyzer
from mailtrace.capture.source import open_capture
from mailtrace.command import Request
from mailtrace.reports.json import render
from tests.forking import forked
from tests.support import ROOT, SAMPLES

CAPTURES = sorted(path.name for path in SAMPLES.glob("*.pcapng"))
ONE = SAMPLES / "02-report-2024.pcapng"


def report(path: Path, **options: Any) -> dict[str, Any]:
    """Return the JSON of a capture, without what tells the file itself."""
    analysis = mailtrace.analyze(path, **options)
    analysis.findings = mailtrace.judge(analysis)
    return bare(render(analysis))


@cache
def whole(path: Path) -> dict[str, Any]:
    """Return the JSON of a capture read as it is, which nobody may change."""
    return report(path)


def bare(text: bytes) -> dict[str, Any]:
    """Return a JSON report without what tells the file itself."""
    whole: dict[str, Any] = json.loads(text)
    del whole["capture"]["files"], whole["capture"]["notes"]
    return whole


@pytest.mark.parametrize("name", CAPTURES)
@pytest.mark.parametrize("batch_bytes", [2_048, 10_007, 65_536, 32 << 20])
def test_batches_change_nothing(name: str, batch_bytes: int) -> None:
    assert report(SAMPLES / name, batch_bytes=batch_bytes) == whole(SAMPLES / name)


def put_together(path: Path) -> Path:
    """Return a capture of several, one behind the other, of which most begin before the one in front ended."""
    path.write_bytes(b"".join((SAMPLES / name).read_bytes() for name in reversed(CAPTURES)))
    return path


@pytest.mark.parametrize("batch_bytes", [2_048, 4_096, 10_007, 65_536])
def test_batches_change_nothing_where_the_clock_was_set_back(batch_bytes: int, tmp_path: Path) -> None:
    path = put_together(tmp_path / "several.pcapng")
    told = mailtrace.analyze(path)
    assert any(note.code == "clock-went-back" for note in told.capture.notes)
    assert report(path, batch_bytes=batch_bytes) == report(path)


def test_a_packet_from_the_future_changes_nothing_about_batches(tmp_path: Path) -> None:
    """The clock is ten seconds ahead of all that follows: nothing was over yet that a batch more would belong to."""
    capture = open_capture(str(SAMPLES / "06-lab-lossy.pcapng"))
    frames = []
    for batch in capture.batches():
        for start, captured, time_ns in zip(
            batch.start.tolist(), batch.captured.tolist(), batch.time_ns.tolist(), strict=True
        ):
            frames.append((time_ns, batch.buffer[start : start + captured]))
    packets = []
    for number, (time_ns, frame) in enumerate(frames):
        if number % 50 == 0:
            packets.append(next((each for each in frames[number:] if each[0] > time_ns + 10 * 10**9), frames[-1]))
        packets.append((time_ns, frame))
    path = tmp_path / "future.pcap"
    pieces = [struct.pack("<IHHIIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 1)]
    for time_ns, frame in packets:
        pieces += [struct.pack("<IIII", *divmod(time_ns, 10**9), len(frame), len(frame)), frame]
    path.write_bytes(b"".join(pieces))
    for batch_bytes in (1, 2_048, 10_007):
        assert report(path, batch_bytes=batch_bytes) == report(path)


@pytest.mark.parametrize("name", CAPTURES)
def test_pcap_is_pcapng(name: str, tmp_path: Path) -> None:
    """Both byte orders of a nanosecond pcap with the same frames; secrets in the file are given as a key log."""
    for order in "<>":
        secrets = []
        pieces = [struct.pack(order + "IHHIIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 1)]
        capture = open_capture(str(SAMPLES / name))
        for batch in capture.batches():
            secrets += capture.take_secrets()
            for start, captured, wire, time_ns in zip(
                batch.start.tolist(), batch.captured.tolist(), batch.wire.tolist(), batch.time_ns.tolist(), strict=True
            ):
                pieces.append(struct.pack(order + "IIII", *divmod(time_ns, 10**9), captured, wire))
                pieces.append(batch.buffer[start : start + captured])
        copy = tmp_path / "copy.pcap"
        copy.write_bytes(b"".join(pieces))
        keys = tmp_path / "keys.log"
        keys.write_bytes(b"\n".join(secrets))
        expected, found = deepcopy(whole(SAMPLES / name)), report(copy, keylog=keys)
        for each in (expected, found):  # names in the file are a matter of pcapng
            for host in each["hosts"]:
                del host["names"]
            for conversation in each["conversations"]:
                del conversation["client"]["name"], conversation["server"]["name"]
            for finding in each["findings"]:
                del finding["message"]
        assert found == expected


def test_compressed_is_plain(tmp_path: Path) -> None:
    for suffix, compress in ((".gz", gzip.compress), (".xz", lzma.compress)):
        copy = tmp_path / ("copy.pcapng" + suffix)
        copy.write_bytes(compress(ONE.read_bytes()))
        assert report(copy) == whole(ONE)


def test_a_pipe_octet_by_octet_is_a_file() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "mailtrace", "analyze", "-", "--format", "json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("no pipes")
    with process.stdin as pipe:
        for at, octet in enumerate(ONE.read_bytes()):
            os.write(pipe.fileno(), bytes([octet]))
            if at % 4096 == 0:
                pipe.flush()
    output = process.stdout.read()
    assert process.wait() == 0
    assert bare(output) == whole(ONE)


def test_hash_seed_time_zone_and_locale_change_nothing() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-m", "mailtrace", "analyze", str(ONE), "--format", form],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale},
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout
        for form in ("json",)
        for seed, zone, locale in (
            ("0", "UTC", "C"),
            ("1", "Asia/Seoul", "C.UTF-8"),
            ("2", "America/New_York", "POSIX"),
        )
    }
    assert len(outputs) == 1


@pytest.mark.parametrize("name", CAPTURES)
def test_streamed_lines_are_the_whole(name: str) -> None:
    """JSON Lines carry the same conversations; only the numbers of messages and lookups are in order of closing."""
    done = forked("analyze", SAMPLES / name, "--format", "jsonl", environment=os.environ)
    assert done.returncode == 0
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    read = whole(SAMPLES / name)
    streamed = sorted((each for each in lines if each["type"] == "conversation"), key=lambda each: each["id"])
    assert [(each["id"], each["protocol"], each["packets"]) for each in streamed] == [
        (each["id"], each["protocol"], each["packets"]) for each in read["conversations"]
    ]
    for kind, key in (("message", "sha256"), ("lookup", "name")):
        assert sorted(each[key] for each in lines if each["type"] == kind) == sorted(
            each[key] for each in read[kind + "s"]
        )
    assert lines[-1]["type"] == "capture"


@pytest.mark.parametrize("name", [*CAPTURES, "all of them"])
def test_streamed_lines_do_not_depend_on_how_much_is_read_at_once(name: str, tmp_path: Path) -> None:
    """Neither their order nor what was known when mails were judged."""
    path = SAMPLES / name if name in CAPTURES else put_together(tmp_path / "several.pcapng")
    outputs = set()
    for batch_bytes in (2_048, 40_000, None):
        captures, output = [str(path)], tmp_path / f"{batch_bytes}.jsonl"
        request = Request(captures, "jsonl", str(output), None, None, {}, False, "novice", None)
        assert command.report(request, Analyzer(captures, batch_bytes=batch_bytes)) in (0, 4)
        outputs.add(output.read_bytes())
    assert len(outputs) == 1
