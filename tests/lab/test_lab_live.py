"""`mailtrace live` beside the bridge of the lab: told while it happens, and in the end the same as of a file."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

from tests.lab.ahead import RUN, SECONDS
from tests.lab.played import analyse, needs_lab
from tests.support import ROOT

pytestmark = needs_lab

LIVE = f"{shlex.quote(sys.executable)} -m mailtrace live -i br0"

SOON = 1.0
"""Seconds from a client's word to the screen; a quarter is promised, on a machine that does nothing else."""

STAMP = "import sys, time\nfor line in sys.stdin: print(time.time(), line, end='', flush=True)"
"""A program that writes before each line when it came."""


def test_its_summary_is_what_analyze_says_of_the_file_it_wrote(tmp_path: Path) -> None:
    told, written = tmp_path / "told.json", tmp_path / "written.pcapng"
    command = f"{LIVE} --format json -w {written} > {told}"
    subprocess.run([RUN, "journey", "-q", "--in-bridge", command], check=True, timeout=SECONDS, cwd=ROOT)
    live, later = json.loads(told.read_bytes()), analyse(written)
    assert [one["subject"] for one in live["journeys"]] == ["test", "Re: test"]
    for results in (live, later):
        del results["capture"]["files"]
    assert live == later


def test_steps_are_told_while_they_happen(tmp_path: Path) -> None:
    told, said = tmp_path / "told", tmp_path / "said.jsonl"
    stamp = f"{shlex.quote(sys.executable)} -c {shlex.quote(STAMP)}"
    command = f"{LIVE} | (trap '' INT; exec {stamp} > {told})"
    words = ["ident-drop", "-q", "--said", said, "--in-bridge", command]
    subprocess.run([RUN, *words], check=True, timeout=SECONDS, cwd=ROOT)
    (call,) = [json.loads(line) for line in said.read_text(encoding="utf-8").splitlines()]
    shown = [line.split(maxsplit=1) for line in told.read_text(encoding="utf-8").splitlines()]
    for command in ("HELO SOFT4", "DATA", "QUIT"):
        at = next(when for when, who, text in call["log"] if who == "C" and text == f"{command}\r\n")
        seen = min(float(when) for when, *text in shown if text and text[0].strip() == command)
        assert 0 < seen - at < SOON
