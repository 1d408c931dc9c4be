"""How a live capture begins: named pipes, standard input, and what is refused."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from tests.forking import forked
from tests.live.command import Running, refused
from tests.live.lan import in_own_network, needs_root, say
from tests.support import SAMPLES

SAMPLE = SAMPLES / "01-report-2008.pcapng"


def analyzed(capture: Path) -> dict[str, object]:
    """Return what `mailtrace analyze` says of a file."""
    done = forked("analyze", capture, "--format", "json", environment=os.environ)
    assert done.returncode == 0
    return without_name(done.stdout.decode())


def without_name(output: str) -> dict[str, object]:
    """Return results without the name of what they are about."""
    results: dict[str, object] = json.loads(output)
    capture = results["capture"]
    assert isinstance(capture, dict)
    del capture["files"]
    return results


def test_a_named_pipe_gives_what_the_file_gives(tmp_path: Path) -> None:
    pipe, record = tmp_path / "pipe", tmp_path / "record.pcapng"
    os.mkfifo(pipe)
    octets = SAMPLE.read_bytes()
    with Running("--via", str(pipe), "--format", "json", "-w", str(record)) as running:
        with pipe.open("wb", buffering=0) as writing:
            for start in range(0, len(octets), 1_001):
                writing.write(octets[start : start + 1_001])
                time.sleep(0.001)
        out, _ = running.process.communicate(timeout=20)
        assert running.process.returncode == 0
    expected = analyzed(SAMPLE)
    assert without_name(out) == expected
    recorded = analyzed(record)
    assert {key: value for key, value in recorded.items() if key != "capture"} == {
        key: value for key, value in expected.items() if key != "capture"
    }


def test_a_pipe_that_nobody_writes_to_is_waited_for_and_can_be_left(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with Running("--via", str(pipe), "--format", "jsonl") as running:
        assert running.said.startswith(f"Listening on {pipe} for everything")
        time.sleep(0.3)
        assert running.process.poll() is None
        began = time.monotonic()
        code, out = running.end()
    assert code == 130
    assert time.monotonic() - began < 2
    assert [json.loads(line)["type"] for line in out.splitlines()] == ["capture"]


@pytest.mark.parametrize("size", [0, 3, 24])
def test_a_pipe_that_brings_no_capture_is_refused(tmp_path: Path, size: int) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with Running("--via", str(pipe)) as running:
        with pipe.open("wb") as writing:
            writing.write(b"220 mail.example.org ESMTP"[:size])
        _, said = running.process.communicate(timeout=20)
        assert running.process.returncode == 3
    assert said.count("\n") == 1
    assert "is not a capture" in said


@pytest.mark.parametrize(
    ("via", "told"),
    [
        ("nowhere", "--via 'nowhere' cannot be opened (No such file or directory)"),
        ("README.md", "--via 'README.md' is no pipe: a file is read by mailtrace analyze"),
        ("samples", "--via 'samples' is no pipe"),
        ("/dev/null", "--via '/dev/null' is no pipe"),
    ],
)
def test_what_is_no_pipe_is_refused(via: str, told: str) -> None:
    code, said = refused("--via", via)
    assert (code, said.count("\n")) == (3, 1)
    assert told in said


@pytest.mark.parametrize("option", [("-i", "lo"), ("-f", "port 25"), ("-f", "")])
def test_a_pipe_is_not_filtered(option: tuple[str, str]) -> None:
    code, said = refused("--via", "-", *option)
    assert (code, said.count("\n")) == (2, 1)
    assert "leave out -i and -f" in said


def test_an_interface_that_there_is_not_is_refused() -> None:
    code, said = refused("-i", "eth\x1b[31m77")
    assert (code, said.count("\n")) == (3, 1)
    assert "there is no interface" in said
    assert "\x1b" not in said


@needs_root
def test_b61_two_at_once_record_into_different_files(tmp_path: Path) -> None:
    def body() -> None:
        record = tmp_path / "lo.pcapng"
        options = ("-i", "lo", "--via", "scapy", "-f", "udp port 5998", "--format", "json", "-w")
        with Running(*options, str(record)) as first, Running(*options, str(tmp_path / "other.pcapng")) as second:
            code, said = refused("-i", "lo", "-w", str(record))
            assert (code, "is being written by another mailtrace" in said) == (3, True)
            say(5998, b"both hear it", 4)
            time.sleep(0.2)
            heard = [json.loads(running.end()[1])["capture"]["packets"] for running in (first, second)]
        assert heard == [4, 4]

    in_own_network(body)


@needs_root
def test_what_is_recorded_is_what_is_summed_up(tmp_path: Path) -> None:
    def body() -> None:
        record = tmp_path / "lo.pcapng"
        with Running(
            "-i", "lo", "--via", "scapy", "-f", "udp port 5997", "-w", str(record), "--format", "json"
        ) as running:
            say(5997, b"anything", 100)
            time.sleep(0.2)
            code, out = running.end()
        assert code == 130
        assert without_name(out) == analyzed(record)

    in_own_network(body)
