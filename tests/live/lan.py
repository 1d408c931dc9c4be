"""Networks for the tests of live capture: network namespaces that die with the test, and what was captured in them."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread

import pytest

from mailtrace.live import Source
from mailtrace.live.broker import open_listeners
from mailtrace.live.interfaces import choose_interfaces
from mailtrace.live.network import SnifferCapture
from mailtrace.live.sniffer import start_sniffer
from tests.forking import EVERYTHING, FOR_LIVE, place

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may capture and make networks")

NEW_NETWORK = 0x40000000
PATIENCE_SECONDS = 20.0
BODY_SECONDS = 100
MOMENT_SECONDS = 0.001


def in_own_network(body: Callable[[], None]) -> None:
    """Run `body` in a process and a network of its own, with a loopback interface, and see that it does not fail."""
    for loading in (EVERYTHING, FOR_LIVE):
        place(os.environ, loading)  # what commands are forked from serves other tests, too, and stays behind
    child = os.fork()
    if not child:
        code = 1
        signal.alarm(BODY_SECONDS)  # ends it
        try:
            if ctypes.CDLL(None, use_errno=True).unshare(NEW_NETWORK) != 0:
                raise OSError(ctypes.get_errno(), "no network of its own")
            run("ip", "link", "set", "lo", "up")
            body()
            code = 0
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert status == 0


def run(*command: str) -> None:
    """Run a program that must succeed; `ip` is part of iproute2."""
    subprocess.run(command, check=True, timeout=PATIENCE_SECONDS)


def add_wire(*names: str) -> None:
    """Lay a wire between two new interfaces, and put them up. Nothing is said on it by itself."""
    near, far = names
    run("ip", "link", "add", near, "type", "veth", "peer", "name", far)
    for name in names:
        Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6").write_text("1")
        run("ip", "link", "set", name, "up")


def sniff(names: Sequence[str], expression: str = "") -> SnifferCapture:
    """Capture on interfaces with sockets."""
    wanted = [(each, expression) for each in choose_interfaces(names)]
    return SnifferCapture(" and ".join(names), [], start_sniffer(open_listeners(wanted)))


class Catch:
    """What a source brings, gathered in a thread: `frames` are the octets of each, `wire` their lengths on the wire."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.frames: list[bytes] = []
        self.wire: list[int] = []
        self.times: list[int] = []
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        for batch in self.source.batches():
            ends = batch.start + batch.captured
            spans = zip(batch.start.tolist(), ends.tolist(), strict=True)
            self.frames += [batch.buffer[start:end] for start, end in spans]
            self.wire += batch.wire.tolist()
            self.times += batch.time_ns.tolist()

    def wait_for(self, count: int) -> None:
        """Wait until so many frames have come; that they come is part of the test."""
        until = time.monotonic() + PATIENCE_SECONDS
        while len(self.frames) < count:
            assert time.monotonic() < until, f"{len(self.frames)} frames of {count} have come"
            time.sleep(0.01)

    def stop(self) -> list[bytes]:
        """End the capture and return all frames."""
        self.source.stop()
        return self.end()

    def end(self) -> list[bytes]:
        """Wait for the end of the capture and return all frames."""
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive()
        return self.frames


def say(port: int, text: bytes, count: int = 1) -> None:
    """Send UDP datagrams to ourselves, where nobody listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as speaking:
        for _ in range(count):
            speaking.sendto(text, ("127.0.0.1", port))


def send_frames(name: str, *frames: bytes) -> None:
    """Send frames as they are from an interface, a moment after each other.

    All through one socket: the kernel takes its time to close one.
    """
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sending:
        sending.bind((name, 0))
        for frame in frames:
            sending.send(frame)
            time.sleep(MOMENT_SECONDS)
