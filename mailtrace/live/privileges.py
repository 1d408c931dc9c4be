"""Privileges: who reads what came over the wire has none, and makes sure of it before the first octet is read.

Started as root the process becomes the user who called `sudo`, or `nobody`. Whoever it is then, no capability is left,
none can be gained by starting a program (NoNewPrivs), no memory is written to disk after a crash, and nobody else may
read the files it makes. The kernel is asked afterwards whether all that is so: a system call that claims to have
worked is not enough. Whatever may be needed later is loaded before (`loading`).
"""

from __future__ import annotations

import ctypes
import os
import pwd
import resource
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

from mailtrace.errors import MailtraceError

NOBODY_ID = 65_534
"""Number of the user and group `nobody`, where the system has no such name."""

NET_ADMIN, NET_RAW = 12, 13
"""Capabilities that dumpcap keeps: interfaces that hear everything, and sockets that do. Source: capabilities(7)."""

_SET_DUMPABLE, _SET_KEEPCAPS, _SET_NO_NEW_PRIVS, _SET_PARENT_DEATH, _AMBIENT = 4, 8, 38, 1, 47
_AMBIENT_RAISE = 2
_CAPABILITIES_VERSION = 0x20080522
_PRIVATE_UMASK = 0o077
_SETS = ("CapInh", "CapPrm", "CapEff", "CapAmb")


class PrivilegeError(MailtraceError):
    """Privileges could not be given up: then nothing is read."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the process is to be: numbers of user and group; `is_caller` tells that it is who started it, by sudo or not.

    Else it is `nobody`, who has no files and no rights to any.
    """

    user: int
    group: int
    is_caller: bool


def ordinary_identity() -> Identity:
    """Return who is to read what came over the wire: the caller of `sudo` or `nobody` for root, else who we are."""
    if os.geteuid() != 0:
        return Identity(os.geteuid(), os.getegid(), is_caller=True)
    user, group = (_number(os.environ.get(name, "")) for name in ("SUDO_UID", "SUDO_GID"))
    if user:
        return Identity(user, group or NOBODY_ID, is_caller=True)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return Identity(NOBODY_ID, NOBODY_ID, is_caller=False)
    return Identity(nobody.pw_uid, nobody.pw_gid, is_caller=False)


def may_open_sockets() -> bool:
    """Tell whether this process may open sockets that hear everything: CAP_NET_RAW is in force."""
    return sys.platform == "linux" and bool(int(_status().get("CapEff", "0"), 16) >> NET_RAW & 1)


def drop(identity: Identity) -> None:
    """Become `identity` for good, without any capability. Raises: `PrivilegeError` when the kernel says otherwise."""
    if sys.platform != "linux":
        if os.geteuid() == 0:
            raise PrivilegeError("privileges can be given up on Linux only: start it as an ordinary user")
        return
    try:
        if os.geteuid() == 0:
            become(identity)
        _set_capabilities(0)
        _process_control(_SET_NO_NEW_PRIVS, 1)
        _process_control(_SET_DUMPABLE, 0)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.umask(_PRIVATE_UMASK)
    except OSError as error:
        raise PrivilegeError(f"privileges cannot be given up ({error.strerror}): nothing is captured") from None
    left = privileges_left(identity)
    if left:
        raise PrivilegeError(f"privileges are left after giving them up ({', '.join(left)}): nothing is captured")


def privileges_left(identity: Identity) -> list[str]:
    """Return what this process still is or has beyond `identity`, as the kernel says; nothing is as it should be."""
    status = _status()
    left = [f"{name} {status[name]}" for name in _SETS if int(status.get(name, "0"), 16)]
    if set(status["Uid"].split()) != {str(identity.user)} or set(status["Gid"].split()) != {str(identity.group)}:
        left.append(f"user {status['Uid']}, group {status['Gid']}")
    if status.get("NoNewPrivs") != "1":
        left.append("programs may give new ones")
    if identity.user and _may_return():
        left.append("root can be had again")
    return left


def become(identity: Identity) -> None:
    """Take on user and group of `identity`, and leave all other groups. Raises: `OSError`."""
    os.setgroups([])
    os.setresgid(identity.group, identity.group, identity.group)
    os.setresuid(identity.user, identity.user, identity.user)


def become_capturer(identity: Identity) -> None:
    """Become `identity`, but keep what a capturing program needs, and hand it on to the program that is started next.

    That program is told when its parent ends. Raises: `OSError`.
    """
    wanted = 1 << NET_RAW | 1 << NET_ADMIN
    if os.geteuid() == 0:
        _process_control(_SET_KEEPCAPS, 1)
        become(identity)
        _set_capabilities(wanted)
        for capability in (NET_RAW, NET_ADMIN):
            _process_control(_AMBIENT, _AMBIENT_RAISE, capability)


def end_with_parent(signal_number: int) -> None:
    """Have the kernel send this process a signal when its parent ends, however that happens; Linux only."""
    if sys.platform == "linux":
        _process_control(_SET_PARENT_DEATH, signal_number)


def _may_return() -> bool:
    """Tell whether this process can become root again. It is undone at once if it can."""
    before = os.getresuid()
    try:
        os.setresuid(-1, 0, -1)
    except PermissionError:
        return False
    os.setresuid(*before)
    return True


def _set_capabilities(wanted: int) -> None:
    """Set the permitted, effective and inheritable capabilities to the bits of `wanted`."""
    header = struct.pack("=Ii", _CAPABILITIES_VERSION, 0)
    _call("capset", header, struct.pack("=6I", wanted, wanted, wanted, 0, 0, 0))


def _process_control(*arguments: int) -> None:
    """Change a property of this process (prctl)."""
    padded = [ctypes.c_ulong(each) for each in (*arguments, 0, 0, 0, 0)[:5]]
    _call("prctl", *padded)


def _call(name: str, *arguments: ctypes.c_ulong | bytes) -> None:
    """Call a function of the C library that Python has no name for. Raises: `OSError`."""
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _status() -> dict[str, str]:
    """Return what the kernel says about this process."""
    lines = Path("/proc/self/status").read_bytes().decode("ascii", "replace").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _number(text: str) -> int:
    """Return an identity's number in the environment, 0 where there is none that makes sense."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
