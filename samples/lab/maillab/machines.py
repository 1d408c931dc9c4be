"""The machines of the lab: each has a root directory of its own and a network of its own, and hangs on one bridge.

A root directory is made of three layers: at the bottom the tree that all share, upon it the mail server of this
machine, and on top, in memory, whatever changes while the lab runs. Source: the kernel's overlayfs.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from maillab.namespaces import network_of

INSTALLED = Path(os.environ.get("MAILTRACE_LAB", "/var/lib/mailtrace-lab"))
"""Where `samples/lab/install` puts the trees."""

NETWORK = "192.168.111"
BRIDGE = "br0"
MAC_PREFIX = "00:0c:29"
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
SECONDS_TO_START = 15
"""A server that is not there after this long will not come; on a slow machine the slowest takes three."""

LISTENING = "0A"
"""The state of a TCP socket that waits for connections, as /proc/net/tcp has it."""


class LabError(Exception):
    """The lab cannot go on; the message is one line for the user."""


@dataclass(frozen=True)
class Machine:
    """A place on the network: the last number of its address, the end of its MAC, and who it says that it is."""

    name: str
    number: int
    mac: str
    hostname: str
    time_zone: str = "Asia/Seoul"
    windows: bool = False

    @property
    def address(self) -> str:
        """Its IPv4 address."""
        return f"{NETWORK}.{self.number}"

    @property
    def domain(self) -> str:
        """The domain that a server is for."""
        return self.hostname.partition(".")[2]


SERVER_A = Machine("serverA", 100, "b5:3a:45", "mail.naver.com")
SERVER_B = Machine("serverB", 200, "20:31:79", "mail.daum.net", "UTC")
SERVER_C = Machine("serverC", 210, "4c:8e:02", "mail.nate.example")
NAME_SERVER = Machine("nameserver", 53, "53:53:53", "ns.lab.example", "UTC")
LEE = Machine("lee", 130, "c3:bc:f4", "client")
KIM = Machine("kim", 133, "37:e2:1d", "desktop-oeju5p7", windows=True)


class Tree:
    """A root directory, and programs run in it; this one has the network of the player, that is, of the bridge."""

    def __init__(self, name: str, layer: str | None = None) -> None:
        """Mount the layers; `layer` is one of those that `install` makes, None for the shared tree alone."""
        home = INSTALLED / "machines" / name
        self.root = home / "root"
        lower = ([INSTALLED / "layers" / layer] if layer else []) + [INSTALLED / "base"]
        for folder in (self.root, home / "changed", home / "work"):
            folder.mkdir(parents=True)
        layers = f"lowerdir={':'.join(map(str, lower))},upperdir={home / 'changed'},workdir={home / 'work'}"
        must("mount", "-t", "overlay", "overlay", "-o", layers, str(self.root))
        must("mount", "--bind", "/proc", str(self.root / "proc"))

    def command(self, *words: str) -> list[str]:
        """The command line that runs a program of this tree."""
        return ["chroot", str(self.root), *words]

    def run(self, *words: str) -> str:
        """Run a program to its end and return what it printed. Raises: LabError where it fails."""
        # Into files, not pipes: a server that goes to the background keeps what it was given, and never closes it.
        with TemporaryFile() as out, TemporaryFile() as err:
            done = subprocess.run(
                self.command(*words), env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=out, stderr=err, check=False
            )
            said, complaint = (_read_back(file) for file in (out, err))
        if done.returncode:
            reason = (complaint or said).strip().splitlines() or [f"exit code {done.returncode}"]
            raise LabError(f"{' '.join(words)}: {reason[-1]}")
        return said

    def path(self, name: str) -> Path:
        """Where a file of this tree is; its folder is made."""
        path = self.root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write(self, name: str, text: str) -> None:
        """Write a file, new even where a link of that name leads out of the tree."""
        path = self.path(name)
        path.unlink(missing_ok=True)
        path.write_text(text, encoding="utf-8")


class Host(Tree):
    """A machine on the bridge."""

    def __init__(self, machine: Machine, layer: str | None = None, name_server: Machine | None = None) -> None:
        """Start it and plug it in; where it has no name server, it asks itself."""
        super().__init__(machine.name, layer)
        self.machine = machine
        self.address = machine.address
        self._name_itself(name_server)
        self.holder = subprocess.Popen(["unshare", "--net", "--uts", "chroot", self.root, "sleep", "infinity"])
        wait_until(lambda: Path(f"/proc/{self.holder.pid}/root").readlink() == self.root, f"{machine.name} starts")
        self._plug_in()

    def command(self, *words: str) -> list[str]:
        """The command line that runs a program on this machine."""
        return ["nsenter", f"--target={self.holder.pid}", "--net", "--uts", "--root", "--wd", *words]

    def listens(self, port: int) -> bool:
        """Whether a server waits on a TCP port."""
        tables = [Path(f"/proc/{self.holder.pid}/net/{name}").read_text().splitlines()[1:] for name in ("tcp", "tcp6")]
        sockets = [line.split() for table in tables for line in table]
        return any(local.endswith(f":{port:04X}") and state == LISTENING for _, local, _, state, *_ in sockets)

    def wait_for_port(self, *ports: int) -> None:
        """Return as soon as servers listen on all of these ports. Raises: LabError where none comes."""
        for port in ports:
            wait_until(partial(self.listens, port), f"{self.machine.name} listens on port {port}")

    def mails(self, user: str) -> int:
        """How many mails lie in a mailbox."""
        mailbox = self.root / "var/mail" / user
        return mailbox.read_bytes().count(b"\nFrom ") + 1 if mailbox.exists() and mailbox.stat().st_size else 0

    def wait_for_mails(self, user: str, count: int) -> None:
        """Return as soon as so many mails lie in a mailbox. Raises: LabError where they do not come."""
        wait_until(lambda: self.mails(user) >= count, f"mail {count} of {user} arrives")

    def drop_ident(self) -> None:
        """Let a firewall drop calls to ident without a word, as that of Windows does."""
        self.run("nft", "add table inet wall; add chain inet wall in { type filter hook input priority 0; }")
        self.run("nft", "add rule inet wall in tcp dport 113 drop")

    def _name_itself(self, name_server: Machine | None) -> None:
        names = f"{self.machine.hostname} {self.machine.hostname.partition('.')[0]}"
        self.write("etc/hosts", f"127.0.0.1 localhost\n{self.address} {names}\n")
        self.write("etc/hostname", f"{self.machine.hostname}\n")
        self.write("etc/mailname", f"{self.machine.domain or self.machine.hostname}\n")
        self.write("etc/resolv.conf", f"nameserver {name_server.address if name_server else '127.0.0.1'}\n")
        self.path("etc/localtime").unlink(missing_ok=True)
        self.path("etc/localtime").symlink_to(f"/usr/share/zoneinfo/{self.machine.time_zone}")

    def _plug_in(self) -> None:
        name, pid = self.machine.name, str(self.holder.pid)
        self.run("hostname", self.machine.hostname)
        # The player stands at the bridge: it makes a cable, one end for the machine and the other for the bridge.
        bridge("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", pid)
        with network_of(self.holder.pid):
            self._tune()
        self.run("ip", "link", "set", "lo", "up")
        self.run("ip", "link", "set", "eth0", "address", f"{MAC_PREFIX}:{self.machine.mac}", "up")
        self.run("ip", "address", "add", f"{self.address}/24", "dev", "eth0")
        # Without these a capture shows segments larger than any wire carries, with checksums nobody has computed.
        self.run("ethtool", "-K", "eth0", "tx", "off", "tso", "off", "gso", "off", "gro", "off")
        bridge("link", "set", name, "master", BRIDGE, "up")

    def _tune(self) -> None:
        set_kernel("ipv6/conf/all/disable_ipv6", 1)
        set_kernel("ipv6/conf/default/disable_ipv6", 1)
        if self.machine.windows:
            set_kernel("ipv4/ip_default_ttl", 128)
            set_kernel("ipv4/tcp_timestamps", 0)


def _read_back(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")


def make_bridge() -> None:
    """Make the bridge in the player's network, and the folder that the trees are mounted in."""
    must("mount", "-t", "tmpfs", "-o", "mode=755", "lab", str(INSTALLED / "machines"))
    set_kernel("ipv6/conf/all/disable_ipv6", 1)
    set_kernel("ipv6/conf/default/disable_ipv6", 1)
    bridge("link", "set", "lo", "up")
    bridge("link", "add", BRIDGE, "type", "bridge")
    bridge("link", "set", BRIDGE, "up")


def bridge(*words: str) -> None:
    """Run `ip` where the bridge is. Raises: LabError."""
    must("chroot", str(INSTALLED / "base"), "ip", *words)


def must(*words: str) -> None:
    """Run a program of this machine. Raises: LabError where it fails."""
    done = subprocess.run(words, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"{' '.join(words)}: {done.stderr.strip()}")


def set_kernel(name: str, value: int) -> None:
    """Set an option of the kernel for the network that this thread lives in."""
    path = Path("/proc/sys/net") / name
    if path.exists():  # a kernel without IPv6 has none of its options
        path.write_text(str(value))


def wait_until(holds: Callable[[], bool], what: str, seconds: float = SECONDS_TO_START) -> None:
    """Return as soon as something holds. Raises: LabError if it does not within that time; `what` says what it is."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise LabError(f"waited {seconds:g} seconds in vain until {what}")
        time.sleep(0.01)
