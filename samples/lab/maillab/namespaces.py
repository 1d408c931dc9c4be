"""The walls of the lab: it runs in namespaces of its own, and all of it ends with its first process.

    samples/lab/run       waits; Ctrl-C and kill reach it, and it passes them on
    └ first process       number 1 within: takes in orphans, as servers that go to the background leave them
      └ the player        plays the scenario; its network namespace is the bridge's
        └ servers, clients and recorder

When number 1 ends, the kernel ends everything within, and with the last process go the networks and the mounts.
So nothing is left over, not even after `kill -9`. Source: pid_namespaces(7), network_namespaces(7).
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1

_KERNEL = ctypes.CDLL(None, use_errno=True)


def play_within(play: Callable[[], int]) -> int:
    """Call `play` in namespaces of its own and return its exit code, once everything within has ended.

    Raises: OSError where this machine does not let its user make namespaces.
    """
    _system_call("unshare", CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC)
    child = os.fork()
    if child == 0:
        _leave(lambda: _first_process(play))
    return _wait_for(child)


@contextmanager
def network_of(process: int) -> Iterator[None]:
    """Let this thread live in the network of another process; a socket made here stays there for good."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/proc/{process}/ns/net", os.O_RDONLY)
    try:
        _system_call("setns", there, CLONE_NEWNET)
        yield
    finally:
        _system_call("setns", home, CLONE_NEWNET)
        os.close(there)
        os.close(home)


def _first_process(play: Callable[[], int]) -> int:
    _system_call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()  # a Ctrl-C shall end the player, which then ends the others in good order
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "-t", "proc", "proc", "/proc"], check=True)
    subprocess.run(["mount", "-t", "sysfs", "sysfs", "/sys"], check=True)  # it shows the networks of who mounts it
    child = os.fork()
    if child == 0:
        _leave(play)
    return _wait_for(child)


def _wait_for(child: int) -> int:
    def pass_on(number: int, _frame: FrameType | None) -> None:
        with suppress(ProcessLookupError):  # it has just ended
            os.kill(child, number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    while True:
        process, status = os.wait()
        if process == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _leave(work: Callable[[], int]) -> None:
    code = 1
    try:
        code = work()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _system_call(name: str, *arguments: int) -> None:
    if getattr(_KERNEL, name)(*arguments) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")
