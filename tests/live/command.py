"""`mailtrace live` run as a process of its own, and a look at all the processes it consists of."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from tests.forking import FOR_LIVE, Forked, forked
from tests.support import ROOT

PATIENCE_SECONDS = 20.0
NOBODY = 65_534


class Running:
    """A `mailtrace live` at work; it has said that it listens when this is made.

    It begins where one has loaded everything, or `afresh`: as people start it, and by a program `before` it.
    """

    def __init__(
        self,
        *options: str,
        afresh: bool = False,
        before: tuple[str, ...] = (),
        environment: dict[str, str] | None = None,
    ) -> None:
        environment = {**os.environ, **(environment or {})}
        self.process: Forked | subprocess.Popen[str]
        if afresh or before:
            self.process = subprocess.Popen(
                [*before, sys.executable, "-m", "mailtrace", "live", *options],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=environment,
            )
        else:
            self.process = Forked("live", *options, environment=environment, loading=FOR_LIVE)
        assert self.process.stderr is not None
        ready, _, _ = select.select([self.process.stderr], [], [], PATIENCE_SECONDS)
        assert ready, "it says nothing"
        self.said = self.process.stderr.readline()
        assert self.said.startswith("Listening on "), self.said

    def processes(self) -> list[int]:
        """Return the numbers of all its processes, the one that reads what came first."""
        found = [self.process.pid]
        for parent in found:
            found += map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split())
        return found

    def end(self, number: int = signal.SIGINT) -> tuple[int, str]:
        """End it by a signal; return its exit code and its output."""
        self.process.send_signal(number)
        out, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, out

    def __enter__(self) -> Running:
        """Return it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing running."""
        if isinstance(self.process, Forked):
            self.process.close()
            return
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def refused(*options: str, before: tuple[str, ...] = (), environment: dict[str, str] | None = None) -> tuple[int, str]:
    """Run a `mailtrace live` that is to be refused, by a program `before` it; return its exit code and what it says."""
    environment = {**os.environ, **(environment or {})}
    if before:
        command = [*before, sys.executable, "-m", "mailtrace", "live", *options]
        done = subprocess.run(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_SECONDS, env=environment
        )
    else:
        done = forked("live", *options, environment=environment)
    assert done.stdout == b""
    return done.returncode, done.stderr.decode()


def status(process: int) -> dict[str, str]:
    """Return what the kernel says about a process."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return {name: " ".join(value.split()) for name, _, value in (line.partition(":") for line in lines)}


def wait_until_gone(process: int) -> None:
    """Wait until a process is no more, or a corpse."""
    until = time.monotonic() + PATIENCE_SECONDS
    while Path(f"/proc/{process}").exists() and status(process)["State"][0] != "Z":
        assert time.monotonic() < until, f"process {process} goes on: {status(process)['Name']}"
        time.sleep(0.02)


@contextmanager
def open_folder() -> Iterator[Path]:
    """Give a folder where every user may write; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield folder
