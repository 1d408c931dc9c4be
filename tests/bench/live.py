"""The load of a live capture: many SMTP sessions at once on a loopback of its own, while `mailtrace live` looks on.

    python -m tests.bench.live                          # 200 sessions at once, 520 begun a second, 60 seconds (as root)
    python -m tests.bench.live --seconds 10 --rate 800 --via dumpcap --record

Clients and server are one process, so that they leave the machine to what is measured. Each session waits a little
before every command, so that as many as wanted are open at once. The exit code is 1 when a target does not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import fcntl
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.bench.measure import ROOT

PORT = 2525
MEMORY_MB = 300
SESSIONS_PER_SECOND = 500
NEW_NETWORK = 0x40000000
SETTLE_SECONDS = 1.0
LATE_SECONDS = 0.5
"""Sessions wait the less the later they begin, and not at all where they are so late."""

HEADER = "From: <s{0}@naver.com>\r\nTo: <kim@daum.net>\r\nSubject: Load {0}\r\nMessage-ID: <{0}@naver.com>\r\n\r\n"
MAIL = HEADER + "All is well here.\r\n" * 40 + "."
COMMANDS = ("EHLO client.naver.com", "MAIL FROM:<s{}@naver.com>", "RCPT TO:<kim@daum.net>", "DATA", MAIL, "QUIT")
"""What a client says, each when it has the reply to what it said before."""


@dataclass(slots=True)
class Load:
    """What the clients did: sessions that were begun, are open, and have ended as they should, and when.

    `pause` is how long they wait before each command.
    """

    began_at: float
    begun: int = 0
    open: int = 0
    most_at_once: int = 0
    done: int = 0
    ended_at: float = 0.0
    pause: float = 0.0
    failures: Counter[str] = field(default_factory=Counter)

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.ended_at - self.began_at


class Server(asyncio.Protocol):
    """An SMTP server that takes every mail."""

    def __init__(self) -> None:
        self._rest = b""
        self._in_mail = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 mail.daum.net ESMTP ready\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer what is whole."""
        data = self._rest + data
        if not data.endswith(b"\r\n.\r\n" if self._in_mail else b"\r\n"):
            self._rest = data
            return
        self._rest = b""
        verb = b"." if self._in_mail else data[:4].upper()
        self._in_mail = verb == b"DATA"
        self._transport.write(
            {
                b"EHLO": b"250-mail.daum.net\r\n250 8BITMIME\r\n",
                b"DATA": b"354 End data with a dot on a line of its own\r\n",
                b".": b"250 2.0.0 Ok: queued as 4F3A21C0\r\n",
                b"QUIT": b"221 2.0.0 Bye\r\n",
            }.get(verb, b"250 2.1.0 Ok\r\n")
        )
        if verb == b"QUIT":
            self._transport.close()


class Client(asyncio.Protocol):
    """One session: a command for each reply, a little after it."""

    def __init__(self, number: int, load: Load, free: asyncio.Semaphore) -> None:
        self._commands = iter([each.format(number).encode() + b"\r\n" for each in COMMANDS])
        self._replies_due = len(COMMANDS) + 1
        self._load = load
        self._free = free

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._load.open += 1
        self._load.most_at_once = max(self._load.most_at_once, self._load.open)

    def data_received(self, data: bytes) -> None:
        """Send the next command; each reply comes in one piece."""
        self._replies_due -= 1
        command = next(self._commands, None)
        if command is not None:
            asyncio.get_running_loop().call_later(self._load.pause, self._transport.write, command)

    def connection_lost(self, error: Exception | None) -> None:
        """Count it again."""
        self._load.open -= 1
        if self._replies_due == 0:
            self._load.done += 1
        else:
            self._load.failures[f"{self._replies_due} replies missing ({error})"] += 1
        self._free.release()


async def put_load(rate: float, at_once: int, seconds: float) -> Load:
    """Begin so many sessions a second for so long, and have so many open at once."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Server, "127.0.0.1", PORT, backlog=1024)
    load, free = Load(time.monotonic()), asyncio.Semaphore(at_once)
    while time.monotonic() < load.began_at + seconds:
        await free.acquire()
        load.begun += 1
        late = time.monotonic() - load.began_at - load.begun / rate
        load.pause = at_once / rate / len(COMMANDS) * min(max(1 - late / LATE_SECONDS, 0), 1)
        await loop.create_connection(partial(Client, load.begun, load, free), "127.0.0.1", PORT)
        await asyncio.sleep(max(load.began_at + load.begun / rate - time.monotonic(), 0))
    while load.open:
        await asyncio.sleep(0.01)
    load.ended_at = time.monotonic()
    server.close()
    return load


@dataclass(slots=True)
class Seen:
    """What mailtrace saw, and what that took; `whole` conversations have all their packets and an accepted mail."""

    memory_mb: float
    cpu_s: float
    end_s: float
    code: int
    whole: int = 0
    packets: int = 0
    notes: list[str] = field(default_factory=list)
    records: Counter[str] = field(default_factory=Counter)


class Looker:
    """A `mailtrace live` that writes JSON Lines into a file."""

    def __init__(self, out: Path, via: str, more: list[str]) -> None:
        self._out = out
        command = [sys.executable, "-m", "mailtrace", "live", "-i", "lo", "--via", via, "--format", "jsonl", *more]
        with out.open("wb") as file:
            self._process = subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=subprocess.PIPE, text=True)
        assert self._process.stderr is not None
        said = self._process.stderr.readline()
        if not said.startswith("Listening"):
            raise SystemExit(said)

    def end(self) -> Seen:
        """End it, and read what it wrote."""
        memory_mb = sum(map(_memory_mb, _family(self._process.pid)))
        began = time.monotonic()
        self._process.send_signal(signal.SIGINT)
        _, status, usage = os.wait4(self._process.pid, 0)
        seconds = time.monotonic() - began
        seen = Seen(memory_mb, usage.ru_utime + usage.ru_stime, seconds, os.waitstatus_to_exitcode(status))
        with self._out.open("rb") as lines:
            for record in map(json.loads, lines):
                seen.records[record["type"]] += 1
                if record["type"] == "conversation":
                    accepted = [each["outcome"] == "accepted" for each in record["transactions"]]
                    seen.whole += record["complete"] and accepted == [True]
                elif record["type"] == "capture":
                    seen.packets, seen.notes = record["packets"], [note["message"] for note in record["notes"]]
        return seen


def _family(process: int) -> Iterator[int]:
    """Yield a process and all below it."""
    yield process
    for child in Path(f"/proc/{process}/task/{process}/children").read_text().split():
        yield from _family(int(child))


def _memory_mb(process: int) -> float:
    """Return what a process takes of memory; of what it shares with others, its part (PSS)."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))


def enter_own_network() -> None:
    """Leave the network of this machine for one of our own, where there is only a loopback."""
    if ctypes.CDLL(None, use_errno=True).unshare(NEW_NETWORK) != 0:
        raise SystemExit(f"a network of its own is needed, and root for it: {os.strerror(ctypes.get_errno())}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        fcntl.ioctl(asking, 0x8914, struct.pack("16sH22x", b"lo", 0x1 | 0x8 | 0x40))  # up


def tell(load: Load, seen: Seen) -> int:
    """Print what was measured; return 1 when a target does not hold."""
    rate, records = load.done / load.seconds, seen.records
    checks = {
        f"{load.done:,} sessions in {load.seconds:.1f} s: {rate:.0f} a second, up to {load.most_at_once} at once": (
            rate >= SESSIONS_PER_SECOND and not load.failures
        ),
        f"{records['conversation']:,} conversations seen, {seen.whole:,} of them whole; {records['message']:,} mails": (
            records["conversation"] == seen.whole == records["message"] == load.done
        ),
        f"{seen.packets:,} packets; lost: {'; '.join(seen.notes) or 'none'}": not seen.notes,
        f"{seen.memory_mb:.0f} MB at the end, all processes together": seen.memory_mb <= MEMORY_MB,
        f"{seen.end_s:.2f} s from Ctrl-C to the end, exit code {seen.code}": seen.code == 128 + signal.SIGINT,
    }
    for text, holds in checks.items():
        print(f"{'ok' if holds else 'NO'}  {text}")
    failures = dict(load.failures) or "none"
    print(f"    {seen.cpu_s / load.seconds:.0%} of a core; failures of the load itself: {failures}")
    return int(not all(checks.values()))


def main() -> int:
    """Measure, print, and return 1 when a target does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=520.0, help="sessions that are begun in a second")
    parser.add_argument("--at-once", type=int, default=200, help="sessions at once")
    parser.add_argument("--via", default="auto", help="auto, scapy or dumpcap")
    parser.add_argument("--record", action="store_true", help="record with -w, too")
    options = parser.parse_args()
    enter_own_network()
    with tempfile.TemporaryDirectory() as folder:
        more = ["-w", str(Path(folder) / "load.pcapng")] if options.record else []
        looker = Looker(Path(folder) / "seen.jsonl", options.via, more)
        load = asyncio.run(put_load(options.rate, options.at_once, options.seconds))
        time.sleep(SETTLE_SECONDS)
        return tell(load, looker.end())


if __name__ == "__main__":
    sys.exit(main())
