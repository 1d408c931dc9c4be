"""The broker: a process that opens sockets while it may, hands them over, and is gone within a second.

It is a fork of this one and does nothing else. What comes back are sockets that already hear, and only what they were
opened for; with them nothing else can be opened. So the process that reads what came over the wire never has to have
privileges, and the libraries that open sockets are never loaded into it. Source: unix(7), SCM_RIGHTS.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from mailtrace.errors import MailtraceError, UnreadableInput, UsageError
from mailtrace.live.interfaces import NetworkInterface

PATIENCE_SECONDS = 20.0
"""How long the broker may take; it takes half a second, most of it for loading scapy."""

MESSAGE_BYTES = 4_096
"""Longest message of the broker: one line for the user at most."""

NO_PERMISSION = "permission"
FAILED = 1


@dataclass(frozen=True, slots=True)
class Listener:
    """An open socket, the interface it hears, and how many octets of packets the kernel holds for it."""

    socket: socket.socket
    interface: NetworkInterface
    buffer_bytes: int


class _Told(msgspec.Struct):
    """What the broker says: how large a socket's buffer is, or that there will be none, and why."""

    buffer_bytes: int = 0
    failure: str = ""
    message: str = ""


_ERRORS = {"usage": UsageError, "unreadable": UnreadableInput, "failed": MailtraceError}


Wanted = Sequence[tuple[NetworkInterface, str]]
"""Interfaces to capture on, each with the BPF filter for its packets, '' for all of them."""


def open_listeners(wanted: Wanted) -> list[Listener]:
    """Have a broker open a socket for each interface.

    Raises: `PermissionError` where that is not allowed, `MailtraceError`.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    child = os.fork()
    if not child:
        ours.close()
        _broke(theirs, wanted)
    theirs.close()
    with ours:
        ours.settimeout(PATIENCE_SECONDS)
        try:
            return [_receive(ours, interface) for interface, _ in wanted]
        finally:
            ours.close()  # it ends then, if it has not yet
            os.waitpid(child, 0)


def _receive(ours: socket.socket, interface: NetworkInterface) -> Listener:
    """Receive the socket for an interface."""
    try:
        message, descriptors, _, _ = socket.recv_fds(ours, MESSAGE_BYTES, 1)
    except TimeoutError:
        message, descriptors = b"", []
    told = msgspec.json.decode(message, type=_Told) if message else _Told(failure="failed", message="it took too long")
    if told.failure == NO_PERMISSION:
        raise PermissionError
    if told.failure or len(descriptors) != 1:
        raise _ERRORS.get(told.failure, MailtraceError)(told.message)
    return Listener(socket.socket(fileno=descriptors[0]), interface, told.buffer_bytes)


def _broke(theirs: socket.socket, wanted: Wanted) -> None:
    """Open the sockets, send them and end: the work of the child process."""
    code = FAILED
    try:
        for interface, expression in wanted:
            _send(theirs, interface, expression)
        code = 0
    except OSError:  # who asked is gone
        pass
    except BaseException:
        sys.excepthook(*sys.exc_info())  # a fault of ours must not be silent because it is in a child
    finally:
        os._exit(code)


def _send(theirs: socket.socket, interface: NetworkInterface, expression: str) -> None:
    """Open the socket for an interface and send it, or why there is none."""
    from mailtrace.live.sockets import buffer_bytes, open_socket

    try:
        with open_socket(interface, expression) as listener:
            told = msgspec.json.encode(_Told(buffer_bytes(listener)))
            socket.send_fds(theirs, [told], [listener.fileno()])
        return
    except PermissionError:
        told = msgspec.json.encode(_Told(failure=NO_PERMISSION))
    except MailtraceError as error:
        kind = next((name for name, known in _ERRORS.items() if type(error) is known), "failed")
        told = msgspec.json.encode(_Told(failure=kind, message=str(error)[: MESSAGE_BYTES // 8]))
    theirs.send(told)
