"""What holds for all tests: they are in English, whatever the locale of whoever runs them; the lab plays meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailtrace.languages import LOCALE_VARIABLES
from tests.support import ROOT

for name in LOCALE_VARIABLES[:-1]:  # the first that is set counts; encodings follow LC_CTYPE or LANG
    os.environ.pop(name, None)
os.environ["LC_MESSAGES"] = "C.UTF-8"

WORKER = os.environ.get("PYTEST_XDIST_WORKER")
"""Which of several processes that share the tests this is, None where it is the only one."""


@pytest.fixture(scope="session")
def lab_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where scenarios of the lab are played into, the same for all processes that share the tests."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if WORKER else base) / "lab"


@pytest.fixture(scope="session", autouse=True)
def _lab_plays_meanwhile(request: pytest.FixtureRequest, lab_folder: Path) -> Iterator[None]:
    """Begin to play the scenarios that tests will look at; one process does it for all."""
    tests = [each for each in request.session.items if "played" in getattr(each, "fixturenames", ())]
    if WORKER not in (None, "gw0") or not tests:
        yield
        return
    from tests.lab.ahead import scenario_of
    from tests.lab.played import IS_INSTALLED

    if not IS_INSTALLED:  # the tests are skipped
        yield
        return
    playing = subprocess.Popen(
        [sys.executable, "-m", "tests.lab.ahead", lab_folder, *(scenario_of(each.name) for each in tests)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    yield
    session = request.session
    if session.shouldstop or session.shouldfail or session.exitstatus == pytest.ExitCode.INTERRUPTED:
        os.killpg(playing.pid, signal.SIGTERM)
    playing.wait()  # another process of tests may look at what is played
