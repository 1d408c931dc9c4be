"""Commands of mailtrace as processes forked from one that has loaded it: loading is most of what a short command costs.

Each is a process of its own, with its own arguments, environment and files, and knows nothing of the one before it.
What Python does before and after `main` is left out: tests of that, of signals, of terminals and of what is loaded
start mailtrace as people do.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import select
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import BinaryIO

from tests.asking import MESSAGE_BYTES, ask

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
MAIN = "mailtrace.cli:main"


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
        code = ask(place(environment, loading, main), words, str(folder), environment, files)
        for each in (out, error):
            each.seek(0)
        return subprocess.CompletedProcess(["mailtrace", *words], code, out.read(), error.read())


def place(environment: Mapping[str, str], loading: str = EVERYTHING, main: str = MAIN) -> str:
    """Return where a process listens from which commands with this environment can be forked."""
    at_start = frozenset((name, environment[name]) for name in READ_AT_START & environment.keys())
    return _listening(at_start, loading, main)


@cache
def _listening(at_start: frozenset[tuple[str, str]], loading: str, main: str) -> str:
    """Start the process; it ends with this one."""
    folder = tempfile.TemporaryDirectory()
    path = str(Path(folder.name) / "socket")
    kept = {name: value for name, value in os.environ.items() if name not in READ_AT_START}
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(path)
        listener.listen()
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.forking", str(listener.fileno()), loading, main],
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


def _serve(listener: socket.socket, main: Callable[[], None]) -> None:
    """Fork a command for everyone who asks, until the process that started this one is gone."""
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if listener not in ready:
            return
        connection, _ = listener.accept()
        with connection:
            if not os.fork():
                listener.close()
                _be_a_command(connection, main)
        while _is_dead_child():
            pass


def _is_dead_child() -> bool:
    """Return whether a command has ended since it was asked last."""
    try:
        return os.waitpid(-1, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return False


def _be_a_command(connection: socket.socket, main: Callable[[], None]) -> None:
    """Do what was asked for, tell its exit code, and be gone."""
    told, files, _, _ = socket.recv_fds(connection, MESSAGE_BYTES, 3)
    arguments, folder, environment = json.loads(told)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv = ["mailtrace", *arguments]
    code = 0
    try:
        main()
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    connection.send(str(code).encode())
    os._exit(0)  # nothing is taken apart: that would copy what commands share


if __name__ == "__main__":
    _named(sys.argv[2])()
    what_commands_do = _named(sys.argv[3])
    gc.collect()
    gc.freeze()  # else looking for garbage would copy what commands share
    _serve(socket.socket(fileno=int(sys.argv[1])), what_commands_do)
