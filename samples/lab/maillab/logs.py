"""What the servers write into their logs: each writes to a socket, /dev/log, and somebody has to listen there."""

from __future__ import annotations

import re
import socket
import threading
import time
from pathlib import Path

PRIORITY = re.compile(r"^<\d{1,3}>")
LONGEST_LINE = 8192
"""Octets of one entry; no server of the lab writes longer ones."""


class Log:
    """Collects the entries of all machines, in the order they come."""

    def __init__(self) -> None:
        """Begin an empty log."""
        self.lines: list[str] = []

    def listen(self, machine: str, path: Path) -> None:
        """Listen at a machine's /dev/log from now on."""
        entrance = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path.unlink(missing_ok=True)
        entrance.bind(str(path))
        path.chmod(0o666)
        threading.Thread(target=self._collect, args=(machine, entrance), daemon=True).start()

    def _collect(self, machine: str, entrance: socket.socket) -> None:
        while True:
            entry = entrance.recv(LONGEST_LINE).decode("utf-8", "backslashreplace").rstrip("\0\n")
            self.lines.append(f"{time.time():.6f} {machine} {PRIORITY.sub('', entry)}")
