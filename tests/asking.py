"""Asks the process of `tests/forking.py` for a command of mailtrace; as a script it is one that starts at once."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

COMMAND_SECONDS = 120.0
"""The first command waits until everything is loaded, too."""

MESSAGE_BYTES = 1 << 16
"""What a command line and its environment may have at most; those of tests are far shorter."""

MAIN = "mailtrace.cli:main"


def begin(
    place: str, arguments: list[str], folder: str, environment: Mapping[str, str], files: list[int], main: str = MAIN
) -> tuple[socket.socket, int]:
    """Have a command begin; return the connection on which its exit code comes, and the number of its process.

    `files` are its standard input, output and error; it is in the network of a fourth where there is one. `main`
    names the function that it does.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.settimeout(COMMAND_SECONDS)
    connection.connect(place)
    socket.send_fds(connection, [json.dumps([main, arguments, folder, dict(environment)]).encode()], files)
    return connection, int(connection.recv(MESSAGE_BYTES))


def ask(
    place: str, arguments: list[str], folder: str, environment: Mapping[str, str], files: list[int], main: str = MAIN
) -> int:
    """Have a command run to its end; return its exit code."""
    connection, _ = begin(place, arguments, folder, environment, files, main)
    with connection:
        code = connection.recv(MESSAGE_BYTES)
    if not code:
        raise RuntimeError(f"mailtrace {' '.join(arguments)}: ended by a signal")
    return int(code)


if __name__ == "__main__":
    sys.exit(ask(sys.argv[1], sys.argv[2:], str(Path.cwd()), os.environ, [0, 1, 2]))
