"""Opens and filters sockets that hear what an interface does, with scapy: the only work that needs privileges.

A socket hears nothing until it is bound, and by then it has its filter: no packet from outside the filter gets in, and
none has to be thrown away. scapy compiles the filter (by libpcap), attaches it and makes the interface listen to what
is meant for others; its own socket class would listen to everything first, and cut large frames to 65,535 octets.
Only the process that opens sockets loads this file (`broker`), and ends when it has handed them over.
"""

from __future__ import annotations

import errno
import logging
import socket
from contextlib import suppress

from mailtrace.capture.writer import FRAME_LIMIT_BYTES
from mailtrace.errors import MailtraceError, UnreadableInput, UsageError
from mailtrace.live.interfaces import RAW_IP, NetworkInterface

BUFFER_BYTES = 64 * 2**20
"""What the kernel may hold of packets that nobody has taken yet: some seconds of the busiest mail server."""

_ALL_PROTOCOLS = 0x0003
_BUFFER_FORCED, _STAMPS_NS, _LOSSES = 33, 35, 40
_AUXILIARY, _IGNORE_OUTGOING = 8, 23
_RETURN = 0x06
_DLT_RAW = 12

NO_PERMISSION = (errno.EPERM, errno.EACCES)
"""What the kernel says to those who may not open such sockets, also in containers and to programs it watches."""


def open_socket(interface: NetworkInterface, expression: str) -> socket.socket:
    """Return a socket that hears what `interface` does, in both directions, and the BPF `expression` lets through.

    An empty expression lets everything through. Frames of link type `RAW_IP` come without what stands before the IP
    header. Raises: `UnreadableInput`, `UsageError` when the expression is none, `PermissionError`.
    """
    kind = socket.SOCK_DGRAM if interface.link_type == RAW_IP else socket.SOCK_RAW
    listener = socket.socket(socket.AF_PACKET, kind, 0)
    try:
        _prepare(listener, interface, expression)
        listener.bind((interface.name, _ALL_PROTOCOLS))
    except OSError as error:
        listener.close()
        if error.errno in NO_PERMISSION:
            raise
        raise UnreadableInput(f"interface {interface.name!r} cannot be captured: {error.strerror or error}") from None
    except BaseException:
        listener.close()
        raise
    return listener


def buffer_bytes(listener: socket.socket) -> int:
    """Return how much the kernel holds for a socket; it says twice that, and uses the other half for itself."""
    return listener.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2


def _prepare(listener: socket.socket, interface: NetworkInterface, expression: str) -> None:
    """Set what is to hold for every packet that will come."""
    logging.getLogger("scapy").setLevel(logging.CRITICAL)
    from scapy.arch.linux import set_promisc
    from scapy.data import SOL_PACKET

    if expression:
        _attach(listener, interface, expression)
    listener.setblocking(False)
    listener.setsockopt(socket.SOL_SOCKET, _STAMPS_NS, 1)
    listener.setsockopt(socket.SOL_SOCKET, _LOSSES, 1)
    listener.setsockopt(SOL_PACKET, _AUXILIARY, 1)
    if interface.is_loopback:  # it hears what it says: each packet would be seen twice
        listener.setsockopt(SOL_PACKET, _IGNORE_OUTGOING, 1)
    try:
        listener.setsockopt(socket.SOL_SOCKET, _BUFFER_FORCED, BUFFER_BYTES)
    except PermissionError:  # then as much as everybody may have
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
    with suppress(OSError):  # some interfaces cannot, and tell what they hear all the same
        set_promisc(listener, interface.name)


def _attach(listener: socket.socket, interface: NetworkInterface, expression: str) -> None:
    """Compile a filter and attach it. Raises: `UsageError`."""
    from scapy.arch.common import compile_filter
    from scapy.data import SO_ATTACH_FILTER
    from scapy.error import Scapy_Exception
    from scapy.libs.structures import sock_fprog

    link = _DLT_RAW if interface.link_type == RAW_IP else interface.link_type
    try:
        program = compile_filter(expression, linktype=link)
    except ImportError:
        raise MailtraceError(
            "the filter cannot be compiled: install libpcap, or give -f '' to take everything"
        ) from None
    except Scapy_Exception as error:
        raise UsageError(f"-f {expression!r} is no filter: {_reason(str(error))}") from None
    for index in range(program.bf_len):
        instruction = program.bf_insns[index]
        if instruction.code == _RETURN and instruction.k:
            instruction.k = FRAME_LIMIT_BYTES
    attached = sock_fprog(program.bf_len, program.bf_insns)
    listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, bytes(attached))


def _reason(message: str) -> str:
    """Return what libpcap said: scapy puts it in brackets at the end, or only a number, as older versions do."""
    said = message.rpartition("(")[2].rstrip(")")
    return said if " " in said else "libpcap does not understand it"
