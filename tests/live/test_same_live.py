"""The same traffic gives the same JSON, live as from a file: fed, followed, in a pipe, over a wire; A39, A40."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import mailtrace
from mailtrace.analyzer import analyze_files
from mailtrace.capture.source import open_capture
from mailtrace.live.handover import Handover
from mailtrace.live.watching import Nobody
from mailtrace.live_analyzer import LiveAnalyzer
from mailtrace.reports.json import render
from tests.forking import forked
from tests.live.command import PATIENCE_SECONDS, Running
from tests.live.feeding import Fed, single_packets
from tests.live.lan import add_wire, in_own_network, needs_root, send_frames
from tests.support import ROOT, SAMPLES

CAPTURES = sorted(path.name for path in SAMPLES.glob("*.pcapng"))
ONE = SAMPLES / "03-lab-journey.pcapng"

PIECE_BYTES = 4_000


def bare(text: bytes) -> dict[str, Any]:
    """Return a JSON report without what tells the file itself."""
    whole: dict[str, Any] = json.loads(text)
    del whole["capture"]["files"], whole["capture"]["notes"]
    return whole


def of_file(path: Path) -> dict[str, Any]:
    """Return the report of a file, made by the command."""
    done = forked("analyze", "--format", "json", path, environment=os.environ)
    assert done.returncode == 0
    return bare(done.stdout)


@pytest.mark.parametrize("name", CAPTURES)
def test_packet_by_packet(name: str) -> None:
    """Names and secrets stand in the files; secrets before the packets that they open."""
    source = Fed(is_network=False)
    with open_capture(str(SAMPLES / name)) as capture:
        for _ in capture.batches():
            source.secrets += capture.take_secrets()
        source.names = capture.names
    for batch in single_packets(SAMPLES / name):
        source.put(batch)
    source.stop()
    handover = Handover(source)
    handover.start()
    analysis = analyze_files(LiveAnalyzer(handover, Nobody(), keeps_all=True))
    handover.close()
    expected = mailtrace.analyze(SAMPLES / name)
    assert bare(render(analysis)) == bare(render(expected))
    assert [note for note in analysis.capture.notes if note.damage] == []


def test_a39_b58_a_file_that_grows(tmp_path: Path) -> None:
    """A39, B58: followed while it is written in pieces, until Ctrl-C, and through a rotation in between."""
    octets = ONE.read_bytes()
    path = tmp_path / "growing.pcapng"
    path.write_bytes(octets[:10])
    command = [sys.executable, "-m", "mailtrace", "analyze", "--follow", "--format", "json", str(path)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.readline().decode()
    assert said == f"Following {path}. Ctrl-C ends it with a summary.\n"
    with path.open("ab", buffering=0) as file:
        for at in range(10, len(octets), PIECE_BYTES):
            file.write(octets[at : at + PIECE_BYTES])
            time.sleep(0.01)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130
    assert bare(out) == of_file(ONE)


def test_a40_through_a_pipe(tmp_path: Path) -> None:
    """A40: the pipe ends, and so does the capture; by itself it is no interruption."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with Running("--via", str(pipe), "--format", "json", afresh=True) as running:
        pipe.write_bytes(ONE.read_bytes())
        out, _ = running.process.communicate(timeout=PATIENCE_SECONDS)
    assert running.process.returncode == 0
    assert bare(out.encode()) == of_file(ONE)


def said(report: dict[str, Any]) -> dict[str, Any]:
    """Return what a report says that does not depend on when it happened."""
    return {
        "conversations": [
            {
                **{key: each[key] for key in ("id", "protocol", "packets", "encrypted", "transactions", "logins")},
                "turns": [
                    (turn["command"] and turn["command"]["line"], [reply["lines"] for reply in turn["replies"]])
                    for turn in each["turns"]
                ],
            }
            for each in report["conversations"]
        ],
        "messages": [(each["sha256"], each["packets"], each["conversation"]) for each in report["messages"]],
        "lookups": [(each["name"], each["record_type"], each["answers"]) for each in report["lookups"]],
    }


@needs_root
@pytest.mark.parametrize("name", CAPTURES)
def test_over_a_wire(name: str, tmp_path: Path) -> None:
    """Every frame of a sample, sent anew; the record of it, analysed as a file, gives the same as the live capture."""
    frames = [
        batch.buffer[start : start + captured]
        for batch in single_packets(SAMPLES / name)
        for start, captured in zip(batch.start.tolist(), batch.captured.tolist(), strict=True)
    ]
    record = tmp_path / "record.pcapng"
    sent = said(of_file(SAMPLES / name))

    def body() -> None:
        add_wire("near", "far")
        options = ["-i", "near", "-f", "", "--via", "scapy", "--format", "json", "-w", str(record)]
        with Running(*options, "--count", str(len(frames))) as running:
            send_frames("far", *frames)
            out, _ = running.process.communicate(timeout=PATIENCE_SECONDS)
        assert running.process.returncode == 0
        assert bare(out.encode()) == of_file(record)
        if name != "09-starttls.pcapng":  # its keys stand in the file, and do not travel
            assert said(bare(out.encode())) == sent

    in_own_network(body)
