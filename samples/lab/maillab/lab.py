"""The lab that a scenario is given: machines to start, calls to make, and the moment when recording begins."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TypeVar

from maillab.calls import Call, Record
from maillab.logs import Log
from maillab.machines import Host, Machine, Tree, make_bridge
from maillab.namespaces import network_of
from maillab.recording import Recording, sniffers, wait_for_sniffer

SECONDS_AFTER = 0.3
"""How long recording goes on after the last word, for the packets of the goodbye."""

SECONDS_TO_FINISH = 30
"""How long the user's own command may take to end after it was interrupted."""

AnyCall = TypeVar("AnyCall", bound=Call)


class Lab:
    """The network; it has no machines until a scenario starts them."""

    def __init__(self, output: Path | None, in_bridge: str | None, keys: Path | None, quiet: bool) -> None:
        """Make the bridge; `output` and `in_bridge` are what `record` will start, `keys` gets the keys of TLS."""
        self._output = output
        self._in_bridge = in_bridge
        self._recording: Recording | None = None
        self._companion: subprocess.Popen[bytes] | None = None
        self._quiet = quiet
        self._began = time.monotonic()
        self.said: list[Record] = []
        self.log = Log()
        make_bridge()
        self._switch = Tree("switch")
        self.keys = keys or self._switch.path("tmp/keys")
        """Where clients write the keys of TLS; they go into the recording, too."""

    def tell(self, what: str) -> None:
        """Tell the user what happens now."""
        if not self._quiet:
            print(f"{time.monotonic() - self._began:6.1f} s  {what}", file=sys.stderr, flush=True)

    def start(self, machine: Machine, layer: str | None = None, name_server: Machine | None = None) -> Host:
        """Start a machine; where it has no name server, it asks itself."""
        host = Host(machine, layer, name_server)
        self.log.listen(machine.name, host.path("dev/log"))
        return host

    def call(self, kind: type[AnyCall], caller: Host, server: Machine, port: int) -> AnyCall:
        """Connect a client to a server. Raises: OSError where nobody answers."""
        with network_of(caller.holder.pid):
            connection = socket.create_connection((server.address, port))
        record = Record(caller.machine.name, connection.getsockname(), connection.getpeername())
        self.said.append(record)
        return kind(connection, caller.machine.name, server, record)

    def record(self) -> None:
        """From now on packets are recorded, and the user's own command runs beside the bridge. Raises: LabError."""
        if self._output:
            self._recording = Recording(self._switch, self._output)
        if self._in_bridge:
            known = sniffers()
            companion = subprocess.Popen(self._in_bridge, shell=True, start_new_session=True)
            self._companion = companion
            wait_for_sniffer(known, f"`{self._in_bridge}`", lambda: companion.poll() is None)
        self.tell("recording")

    def end(self) -> None:
        """Stop recording and the user's own command, and wait for its last words."""
        time.sleep(SECONDS_AFTER)
        if self._recording:
            self._recording.end(self.keys)
        if self._companion and self._companion.poll() is None:
            os.killpg(self._companion.pid, signal.SIGINT)
            try:
                self._companion.wait(SECONDS_TO_FINISH)
            except subprocess.TimeoutExpired:
                os.killpg(self._companion.pid, signal.SIGKILL)

    def write_said(self, path: Path) -> None:
        """Write what clients said and heard, one call a line, as JSON."""
        with path.open("w", encoding="utf-8") as file:
            for record in self.said:
                lines = [[at, who, octets.decode("utf-8", "backslashreplace")] for at, who, octets in record.lines]
                call = {"client": record.client, "local": record.local, "peer": record.peer, "log": lines}
                file.write(json.dumps(call, ensure_ascii=False) + "\n")
