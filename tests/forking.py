"""Commands of mailtrace as processes forked from one that has loaded it: loading is most of what a short command costs.

Each is a process of its own, with its own arguments, environment and files, and knows nothing of the one before it.
What Python does before and after `main` is left out: tests of that, of signals, of privileges, of terminals and of
what is loaded start mailtrace as people do.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from threading import Thread
from typing import BinaryIO, TextIO

from tests.asking import MAIN, MESSAGE_BYTES, ask, begin

ROOT = Path(__file__).resolve().parents[1]
ASK = ROOT / "tests" / "asking.py"

READ_AT_START = frozenset(
    {"LANG", "LC_ALL", "LC_CTYPE", "PYTHONHASHSEED", "PYTHONIOENCODING", "PYTHONOPTIMIZE", "PYTHONUTF8"}
)
"""Variables that Python itself reads when it starts: commands are forked from a process that was started with them."""

LOADED_LATE = (
    *("cairosvg", "charset_normalizer", "dns.rdata", "lz4.frame", "pyshark", "zstandard"),
    *("cryptography.hazmat.primitives.asymmetric.ed25519", "cryptography.hazmat.primitives.asymmetric.padding"),
    *("cryptography.hazmat.primitives.serialization", "cryptography.x509"),
)
"""What commands import when they need it."""


EVERYTHING = "tests.forking:load"

FOR_LIVE = "mailtrace.live.loading:load_everything"
"""What a live capture itself calls before it gives up privileges: so much of mailtrace, and no scapy."""

NETWORK = Path("/proc/self/ns/net")
"""The network that a process is in. Source: network_namespaces(7)."""

ENDED_BY_SIGNAL = -1
"""The exit code of a command that told none."""


def forked(
    *arguments: object,
    environment: Mapping[str, str],
    folder: Path = ROOT,
    given: BinaryIO | None = None,
    loading: str = EVERYTHING,
    main: str = MAIN,
) -> subprocess.CompletedProcess[bytes]:
    """Run a command of mailtrace, with nothing to read on its standard input unless something is given.

    `loading` names what loads, once, what all commands find loaded; `main` what each does.
    """
    words = [*map(str, arguments)]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error, Path(os.devnull).open("rb") as nothing:
        files = [(given or nothing).fileno(), out.fileno(), error.fileno()]
        code = ask(place(environment, loading), words, str(folder), environment, files, main)
        for each in (out, error):
            each.seek(0)
        return subprocess.CompletedProcess(["mailtrace", *words], code, out.read(), error.read())


class Forked:
    """A command in the network of whoever makes it, which goes on: as much of `subprocess.Popen` as tests need."""

    def __init__(self, *words: str, environment: Mapping[str, str], loading: str = EVERYTHING) -> None:
        self.words = words
        self.returncode: int | None = None
        (out, told), (error, complained) = os.pipe(), os.pipe()
        with Path(os.devnull).open("rb") as nothing, NETWORK.open("rb") as network:
            files = [nothing.fileno(), told, complained, network.fileno()]
            self._end, self.pid = begin(place(environment, loading), [*words], str(ROOT), environment, files)
        self._process = os.pidfd_open(self.pid)
        for each in (told, complained):
            os.close(each)
        self.stdout: TextIO = os.fdopen(out)
        self.stderr: TextIO = os.fdopen(error)

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        signal.pidfd_send_signal(self._process, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def poll(self) -> int | None:
        """Return its exit code, None while it goes on."""
        if self.returncode is None and select.select([self._process], [], [], 0)[0]:
            self._end.setblocking(False)
            try:
                code = self._end.recv(MESSAGE_BYTES)
            except BlockingIOError:  # it told none, and a process that it left behind has the connection still
                code = b""
            self.returncode = int(code or ENDED_BY_SIGNAL)
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Wait for its end; return its exit code."""
        select.select([self._process], [], [], timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(self.words, timeout)
        return code

    def communicate(self, timeout: float) -> tuple[str, str]:
        """Wait for its end; return what it still had to say, on its standard output and error."""
        said = ["", ""]

        def read(at: int, file: TextIO) -> None:
            said[at] = file.read()

        readers = [Thread(target=read, args=each, daemon=True) for each in enumerate((self.stdout, self.stderr))]
        for each in readers:
            each.start()
        self.wait(timeout)
        for each in readers:
            each.join(timeout)
        return said[0], said[1]

    def close(self) -> None:
        """Let go of it; where it goes on it is ended at once."""
        if self.poll() is None:
            self.kill()
        self._end.close()
        os.close(self._process)


def place(environment: Mapping[str, str], loading: str = EVERYTHING) -> str:
    """Return where a process listens from which commands with this environment can be forked."""
    at_start = frozenset((name, environment[name]) for name in READ_AT_START & environment.keys())
    return _listening(at_start, loading)


@cache
def _listening(at_start: frozenset[tuple[str, str]], loading: str) -> str:
    """Start the process; it ends with this one."""
    folder = tempfile.TemporaryDirectory()
    path = str(Path(folder.name) / "socket")
    kept = {name: value for name, value in os.environ.items() if name not in READ_AT_START}
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(path)
        listener.listen()
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.forking", str(listener.fileno()), loading],
            cwd=ROOT,
            env={**kept, **dict(at_start), "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
        )

    def end() -> None:
        process.communicate()
        folder.cleanup()

    atexit.register(end)
    return path


def load() -> None:
    """Load all of mailtrace, and what it loads late."""
    package = importlib.import_module("mailtrace")
    for found in pkgutil.walk_packages(package.__path__, "mailtrace."):
        if found.name != "mailtrace.__main__":
            importlib.import_module(found.name)
    for name in LOADED_LATE:
        importlib.import_module(name)


def _named(name: str) -> Callable[[], None]:
    """Return a function by its module and name."""
    module, _, function = name.partition(":")
    found: Callable[[], None] = getattr(importlib.import_module(module), function)
    return found


def _serve(listener: socket.socket) -> None:
    """Fork a command for everyone who asks, until the process that started this one is gone."""
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if listener not in ready:
            return
        connection, _ = listener.accept()
        with connection:
            if not os.fork():
                listener.close()
                _be_a_command(connection)
        while _is_dead_child():
            pass


def _is_dead_child() -> bool:
    """Return whether a command has ended since it was asked last."""
    try:
        return os.waitpid(-1, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return False


def _be_a_command(connection: socket.socket) -> None:
    """Do what was asked for, tell its exit code, and be gone."""
    told, files, _, _ = socket.recv_fds(connection, MESSAGE_BYTES, 4)
    connection.send(str(os.getpid()).encode())
    main, arguments, folder, environment = json.loads(told)
    for network in files[3:]:
        _enter(network)
    for number, file in enumerate(files):
        if number < 3:
            os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv = ["mailtrace", *arguments]
    code = 0
    try:
        _named(main)()
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    connection.send(str(code).encode())
    os._exit(0)  # nothing is taken apart: that would copy what commands share


def _enter(network: int) -> None:
    """Go into a network; whoever is in it already needs no privileges for that."""
    is_there = os.path.samestat(os.stat(network), NETWORK.stat())
    if not is_there and ctypes.CDLL(None, use_errno=True).setns(network, 0) != 0:
        raise OSError(ctypes.get_errno(), "no way into the network of whoever asked")


if __name__ == "__main__":
    _named(sys.argv[2])()
    gc.collect()
    gc.freeze()  # else looking for garbage would copy what commands share
    _serve(socket.socket(fileno=int(sys.argv[1])))
