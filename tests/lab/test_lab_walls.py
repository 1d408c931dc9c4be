"""The walls of the lab: whatever ends it, nothing of it is left, and nothing beside it was touched."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from mailtrace import analyze
from tests.lab.ahead import RUN, SECONDS
from tests.lab.played import needs_lab
from tests.support import ROOT

pytestmark = needs_lab

SERVERS = ("sendmail", "sm-mta", "dovecot", "named", "dumpcap", "sleep")


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    """Start the journey, and return once it is being recorded."""
    lab = subprocess.Popen(
        [RUN, "journey", "-o", folder / "it.pcapng", *words], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert lab.stderr
    for line in lab.stderr:
        if "Lee sends a mail" in line:
            return lab
    raise AssertionError("the lab ended before it began")


def within(lab: subprocess.Popen[str]) -> list[int]:
    """The processes of the lab: those that descend from its first."""
    children = {lab.pid}
    for status in sorted(Path("/proc").glob("[0-9]*/stat"), key=lambda path: int(path.parent.name)):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has ended meanwhile
            continue
        if parent in children:
            children.add(int(status.parent.name))
    return sorted(children - {lab.pid})


def alive(processes: list[int]) -> list[int]:
    """Those of the processes that still run."""
    return [number for number in processes if Path(f"/proc/{number}").exists()]


def networks_and_mounts() -> tuple[list[str], str]:
    """What a lab could leave behind: network interfaces, and mounts."""
    return sorted(path.name for path in Path("/sys/class/net").iterdir()), Path("/proc/self/mounts").read_text()


def test_ctrl_c_leaves_a_whole_recording_and_nothing_else(tmp_path: Path) -> None:
    before = networks_and_mounts()
    lab = start(tmp_path)
    processes = within(lab)
    assert len(processes) > 8
    time.sleep(1.5)
    os.killpg(lab.pid, signal.SIGINT)
    assert lab.wait(SECONDS) == 130
    assert lab.stderr
    assert lab.stderr.read() == "samples/lab/run: interrupted\n"
    assert alive(processes) == []
    assert networks_and_mounts() == before
    capture = analyze(tmp_path / "it.pcapng").capture
    assert capture.packets > 10
    assert not capture.notes


def test_a_killed_lab_leaves_nothing_either(tmp_path: Path) -> None:
    before = networks_and_mounts()
    lab = start(tmp_path)
    processes = within(lab)
    time.sleep(1.5)
    lab.kill()
    lab.wait(SECONDS)
    deadline = time.monotonic() + 10
    while alive(processes) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert alive(processes) == []
    assert networks_and_mounts() == before
    assert analyze(tmp_path / "it.pcapng").capture.packets > 0


def test_nothing_leads_out_of_the_bridge(tmp_path: Path) -> None:
    seen = tmp_path / "routes"
    command = f"cat /proc/net/route > {seen}; ls /sys/class/net >> {seen}; exec dumpcap -q -i br0 -w /dev/null"
    subprocess.run([RUN, "ident-drop", "-q", "--in-bridge", command], check=True, timeout=SECONDS, cwd=ROOT)
    assert seen.read_text().splitlines()[1:] == ["br0", "lee", "lo", "nameserver", "serverA", "serverB"]
