"""The recorder: `dumpcap` at the bridge, so that every packet between two machines is seen once."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from maillab.machines import BRIDGE, LabError, Tree, wait_until

SECONDS_TO_SETTLE = 0.5
"""A sniffer that has its socket still has to fit it with buffers and filters; packets that come meanwhile are lost."""


def sniffers() -> set[str]:
    """Return the sockets that take packets off the bridge's network at this moment, by their inodes."""
    lines = Path("/proc/self/net/packet").read_text().splitlines()[1:]
    sockets = [line.split() for line in lines]  # address, references, type, protocol, interface, running, ..., inode
    return {socket[-1] for socket in sockets if socket[4] != "0" and socket[5] == "1"}


def wait_for_sniffer(known: set[str], name: str, still: Callable[[], bool]) -> None:
    """Return once a sniffer beside those known takes packets. Raises: LabError where none comes."""
    wait_until(lambda: bool(sniffers() - known) or not still(), f"{name} listens to the network")
    seen, since = sniffers(), time.monotonic()
    while time.monotonic() < since + SECONDS_TO_SETTLE and still():
        time.sleep(0.05)
        if sniffers() != seen:
            seen, since = sniffers(), time.monotonic()
    if not still():
        raise LabError(f"{name} ended before the scenario began")


class Recording:
    """Records what crosses the bridge into a file, from now until it is ended."""

    def __init__(self, tree: Tree, output: Path) -> None:
        """Start; on return nothing that is sent will be missed."""
        self._tree, self._output = tree, output
        known = sniffers()
        words = tree.command("dumpcap", "-q", "-i", BRIDGE, "-w", "-")
        with output.open("wb") as file:
            self._dumpcap = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.DEVNULL)
        wait_for_sniffer(known, "the recorder", lambda: self._dumpcap.poll() is None)

    def end(self, keys: Path) -> None:
        """Stop; on return the file is whole, with the keys of TLS in it, if there are any."""
        self._dumpcap.send_signal(signal.SIGINT)
        self._dumpcap.wait()
        if keys.exists():
            shutil.copy(keys, self._tree.path("tmp/secrets"))
            shutil.copy(self._output, self._tree.path("tmp/recorded"))
            self._tree.run("editcap", "--inject-secrets", "tls,/tmp/secrets", "/tmp/recorded", "/tmp/complete")
            shutil.move(self._tree.path("tmp/complete"), self._output)
