"""dumpcap, Wireshark's capturing program: where it is installed, only it needs privileges.

An ordinary user who may run it needs no others. Started as root it is given the user that will read what it captures,
and of root's rights only those to capture; so that user can end it, too. It writes pcapng into a pipe, and what it has
to say on standard error, in English.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import shutil
import signal
import struct
import subprocess
import termios
import time
from contextlib import suppress

from mailtrace.errors import MailtraceError, UnreadableInput, UsageError
from mailtrace.live.broker import Wanted
from mailtrace.live.interfaces import NetworkInterface
from mailtrace.live.privileges import Identity, become_capturer, end_with_parent

BUFFER_MEGABYTES = "64"
"""What the kernel may hold for it of packets on each interface: some seconds of the busiest mail server."""

PROMPT_OPTION, PROMPT_MILLISECONDS = "--update-interval", "50"
"""The option with which it hands on what it has every so many milliseconds; without it, it keeps packets for 250."""

START_SECONDS = 20.0
"""How long it may take to begin; it takes a moment."""

LOOK_SECONDS = 0.02
MESSAGE_LIMIT_BYTES = 65_536
"""What is read of its messages: they have some lines."""

_HARMLESS = ("Capturing on ", "File: ", "Packets captured: ", "Packets received/dropped ", "Packets: ")


class Dumpcap:
    """A dumpcap that captures: `capture` is the pipe it writes into."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child
        if child.stdout is None or child.stderr is None:
            raise MailtraceError("dumpcap has no output")
        self.capture = child.stdout.fileno()
        self._messages = child.stderr.fileno()
        os.set_blocking(self._messages, False)
        self._said = b""
        self._told_to_end = False

    def has_begun(self) -> bool:
        """Tell whether it has written the begin of the capture, waiting a moment for that."""
        select.select([self.capture], [], [], LOOK_SECONDS)
        return bool(struct.unpack("i", fcntl.ioctl(self.capture, termios.FIONREAD, bytes(4)))[0])

    @property
    def has_ended(self) -> bool:
        """Whether it is no more."""
        return self._child.poll() is not None

    def messages(self) -> list[str]:
        """Return what it has said that is not said every time."""
        with suppress(OSError):
            while len(self._said) < MESSAGE_LIMIT_BYTES and (piece := os.read(self._messages, MESSAGE_LIMIT_BYTES)):
                self._said += piece
        lines = self._said.decode("utf-8", "backslashreplace").replace("\r", "\n").splitlines()
        told = (line.strip().removeprefix("dumpcap: ") for line in lines)
        return [line for line in told if line and not line.startswith(_HARMLESS)]

    def end(self) -> None:
        """Let it end."""
        if not self._told_to_end:  # the second time it would end at once, and not count what was lost
            self._told_to_end = True
            with suppress(OSError):
                self._child.send_signal(signal.SIGINT)

    def close(self) -> None:
        """Make sure that it is no more."""
        for pipe in (self._child.stdout, self._child.stderr):
            if pipe is not None:
                pipe.close()
        with suppress(OSError):
            self._child.kill()
        self._child.wait()


def find_dumpcap(identity: Identity) -> str | None:
    """Return the path of the dumpcap that `identity` may run, None where there is none."""
    path = shutil.which("dumpcap")
    if path is None or os.geteuid() != 0:
        return path
    groups = os.getgroups()
    try:
        os.setgroups([])
        os.setegid(identity.group)
        os.seteuid(identity.user)
        return path if os.access(path, os.X_OK, effective_ids=True) else None
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


def is_prompt(path: str) -> bool:
    """Tell whether this dumpcap can hand on packets soon enough for people who look on; older ones cannot."""
    with suppress(OSError, subprocess.SubprocessError):
        said = subprocess.run([path, "--help"], capture_output=True, timeout=START_SECONDS, check=False)
        return PROMPT_OPTION.encode() in said.stdout
    return False


def may_capture(path: str, interface: NetworkInterface) -> bool:
    """Tell whether this dumpcap has the right to capture when this user runs it, by having it open an interface."""
    with suppress(OSError, subprocess.SubprocessError):
        asked = subprocess.run(
            [path, "-i", interface.name, "-L"], capture_output=True, timeout=START_SECONDS, check=False
        )
        return asked.returncode == 0
    return False


def start_dumpcap(path: str, wanted: Wanted, identity: Identity) -> Dumpcap:
    """Start dumpcap, and return when it captures.

    Raises: `PermissionError` where it may not capture, `MailtraceError`.
    """
    command = [path, "-q", "-w", "-"]
    if is_prompt(path):
        command += [PROMPT_OPTION, PROMPT_MILLISECONDS]
    for interface, expression in wanted:
        command += ["-i", interface.name, "-B", BUFFER_MEGABYTES, *(["-f", expression] if expression else [])]

    def prepare() -> None:
        os.setpgid(0, 0)
        become_capturer(identity)
        end_with_parent(signal.SIGINT)

    environment = {**os.environ, "LC_ALL": "C", "LANGUAGE": "C"}
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=environment,
            cwd="/",
            preexec_fn=prepare,
        )
    except (OSError, subprocess.SubprocessError) as error:
        if isinstance(error, OSError) and error.errno in (errno.EPERM, errno.EACCES):
            raise PermissionError from None
        raise UnreadableInput(f"dumpcap cannot be started: {error}") from None
    dumpcap = Dumpcap(child)
    try:
        _await(dumpcap)
    except BaseException:
        dumpcap.close()
        raise
    return dumpcap


def _await(dumpcap: Dumpcap) -> None:
    """Wait until it captures. Raises: `PermissionError`, `MailtraceError`."""
    until = time.monotonic() + START_SECONDS
    while not dumpcap.has_begun():
        if dumpcap.has_ended:
            _refuse(" ".join(dumpcap.messages()))
        if time.monotonic() > until:
            raise UnreadableInput("dumpcap does not begin to capture: try --via scapy")


def _refuse(said: str) -> None:
    """Say in our words why dumpcap does not capture. Raises: `PermissionError`, `MailtraceError`."""
    if "permission" in said.lower() or "not permitted" in said:
        raise PermissionError
    if "capture filter" in said:
        reason = said.rpartition("(")[2].partition(")")[0]
        raise UsageError(f"what -f says is no filter: {reason}")
    raise UnreadableInput(f"dumpcap does not capture: {said or 'it ended without a word'}")
