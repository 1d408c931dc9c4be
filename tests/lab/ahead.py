"""Plays scenarios while other tests run: real servers wait nearly all the time, and so would the tests.

    python -m tests.lab.ahead FOLDER SCENARIO...

plays one after another, the last first. Tests that come before it has got to theirs play it themselves.
"""

from __future__ import annotations

import fcntl
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from tests.support import SAMPLES

RUN = SAMPLES / "lab" / "run"
SECONDS = 120
"""The longest scenario takes 17 on a machine with nothing else to do."""

CAPTURE, SAID, LOG = "played.pcapng", "said.jsonl", "log"
COMPLAINT = "complaint"


def scenario_of(test: str) -> str:
    """Return the scenario that a test is named after."""
    return test.removeprefix("test_").replace("_", "-")


def play_once(scenario: str, folder: Path) -> None:
    """Play a scenario into a folder, if nobody has; who is about it is waited for.

    Where it failed it is not tried again. Raises: `AssertionError`, with what the lab said.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / COMPLAINT).exists():
            (folder / COMPLAINT).write_text(_play(scenario, folder))
    complaint = (folder / COMPLAINT).read_text()
    assert complaint == "", complaint


def _play(scenario: str, folder: Path) -> str:
    """Play a scenario; return what went wrong."""
    command = [RUN, scenario, "-q", "-o", folder / CAPTURE, "--said", folder / SAID, "--log", folder / LOG]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=SECONDS, check=False)
    return f"exit code {done.returncode}: {done.stderr}" if done.returncode else ""


def main(folder: Path, scenarios: list[str]) -> None:
    """Play scenarios; those that fail are told by the tests that look at them."""
    for scenario in reversed(scenarios):
        with suppress(AssertionError, subprocess.TimeoutExpired):
            play_once(scenario, folder / scenario)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
