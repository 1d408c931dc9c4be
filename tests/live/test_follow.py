"""`mailtrace analyze --follow`: a file that grows, told while it does; what it refuses; A39."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import closing
from pathlib import Path

import pytest

from mailtrace.capture.source import open_capture
from tests.forking import Forked
from tests.live.command import PATIENCE_SECONDS
from tests.support import ROOT, SAMPLES

REPORT = SAMPLES / "01-report-2008.pcapng"


def follow(*options: str) -> Forked:
    """Begin to follow."""
    process = Forked("analyze", "--follow", *options, environment=os.environ)
    assert process.stderr.readline().startswith("Following ")
    return process


def wait_for(process: Forked, words: str) -> list[str]:
    """Read lines up to the one that has these words."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return lines
    raise AssertionError(f"{words!r} never came: {''.join(lines)}")


def ended(process: Forked) -> str:
    """End it; return what it still had to say."""
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130
    assert errors == ""
    return out


def halves(path: Path) -> tuple[bytes, bytes]:
    """Return a capture in two, cut in the middle of packet 14."""
    octets = path.read_bytes()
    with open_capture(str(path)) as capture:
        (batch,) = capture.batches()
    place = int(batch.start[13]) + 20
    return octets[:place], octets[place:]


def test_a39_steps_come_while_the_file_grows(tmp_path: Path) -> None:
    first, second = halves(REPORT)
    path = tmp_path / "growing.pcapng"
    path.write_bytes(first)
    with closing(follow(str(path))) as process:
        wait_for(process, "250 2.1.5 <pchero@kongju.ac.kr>... Recipient ok")
        with path.open("ab") as file:
            file.write(second)
        wait_for(process, "accepted as mag8q5r02536")
        assert "Summary" in ended(process)


def test_a39_a_conversation_goes_on_behind_a_rotation(tmp_path: Path) -> None:
    """The second file has a header of its own; packet numbers go on."""
    octets, path = REPORT.read_bytes(), tmp_path / "growing.pcapng"
    with open_capture(str(REPORT)) as capture:
        (batch,) = capture.batches()
    header, cut = octets[: int(batch.start[0]) - 28], int(batch.start[13]) - 28
    path.write_bytes(octets[:cut])
    with closing(follow("--format", "json", str(path))) as process:
        time.sleep(0.5)
        path.rename(tmp_path / "growing.1.pcapng")
        path.write_bytes(header + octets[cut:])
        time.sleep(1.0)
        report = json.loads(ended(process))
    conversation = report["conversations"][0]
    assert conversation["transactions"][0]["queue_id"] == "mag8q5r02536"
    assert conversation["packets"] == [1, 2, 3, *range(6, 25)]
    assert [note["code"] for note in report["capture"]["notes"]] == ["followed-replaced"]


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["missing.pcap"], 3, "'missing.pcap' cannot be read: no such file: check the name"),
        (["-"], 2, "--follow reads one file that grows; a pipe is followed by mailtrace live --via"),
        ([str(REPORT), str(REPORT)], 2, "--follow reads one file that grows"),
        (["--packets", "1-2", str(REPORT)], 2, "--follow tells all that comes: leave out --packets"),
        (["--journey", "1", str(REPORT)], 2, "--follow tells all that comes: leave out --packets"),
        (["--keylog", str(SAMPLES), str(REPORT)], 3, "cannot read the key log"),
        ([str(ROOT / "README.md")], 3, "is not a capture"),
    ],
)
def test_what_cannot_be_followed(options: list[str], code: int, words: str) -> None:
    with closing(Forked("analyze", "--follow", *options, environment=os.environ)) as process:
        _, told = process.communicate(PATIENCE_SECONDS)
    assert process.returncode == code
    *_, last = told.splitlines()
    assert last.startswith("mailtrace: ")
    assert words in last
