"""The network interfaces of this machine, as the kernel lists them: their kind, their state and their addresses.

Nothing here needs privileges. The kernel is asked by system calls and not through /sys, which may show the interfaces
of another network namespace than the one this process is in.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from mailtrace.errors import UnreadableInput, UsageError

ANY = "any"
"""The name that stands for all interfaces that are up."""

ETHERNET, RAW_IP, WIFI, PRISM, RADIOTAP = 1, 101, 105, 119, 127
"""Link types: how frames of an interface begin. `RAW_IP` begins with the IP header."""

LINK_TYPES = {
    1: ETHERNET,
    512: RAW_IP,
    768: RAW_IP,
    769: RAW_IP,
    772: ETHERNET,
    776: RAW_IP,
    778: RAW_IP,
    801: WIFI,
    802: PRISM,
    803: RADIOTAP,
    823: RAW_IP,
    65_534: RAW_IP,
}
"""By the kernel's number for kinds of hardware: Ethernet, PPP, tunnels (IP in IP, 6in4, GRE, WireGuard), loopback."""

NAMES_SHOWN_LIMIT = 12
"""Names of interfaces that an error lists; hosts of containers have hundreds."""

_FLAGS, _HARDWARE = 0x8913, 0x8927
_UP, _LOOPBACK, _RUNNING = 0x1, 0x8, 0x40
_ADDRESSES, _DUMP, _DONE, _ERROR = 22, 0x301, 3, 2
_ADDRESS, _LOCAL = 1, 2
_REPLY_BYTES = 1 << 16
_PATIENCE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class NetworkInterface:
    """One interface: `link_type` is a LINKTYPE number, None where frames of its kind cannot be read."""

    name: str
    index: int
    hardware: int
    link_type: int | None
    is_up: bool
    is_running: bool
    is_loopback: bool
    addresses: tuple[str, ...]


def read_interfaces() -> list[NetworkInterface]:
    """Return all interfaces, as the kernel orders them; on other systems than Linux only their names are known."""
    known = socket.if_nameindex()
    if sys.platform != "linux":
        return [NetworkInterface(name, index, 0, ETHERNET, True, True, False, ()) for index, name in known]
    addresses: dict[int, list[str]] = {}
    with suppress(OSError):
        for index, address in _read_addresses():
            addresses.setdefault(index, []).append(address)
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for index, name in known:
            with suppress(OSError):  # it has gone meanwhile
                flags, hardware = _ask(asking, _FLAGS, name), _ask(asking, _HARDWARE, name)
                facts = flags & _UP != 0, flags & _RUNNING != 0, flags & _LOOPBACK != 0
                link_type = LINK_TYPES.get(hardware)
                found.append(
                    NetworkInterface(name, index, hardware, link_type, *facts, tuple(addresses.get(index, ())))
                )
    return found


def choose_interfaces(names: Sequence[str]) -> list[NetworkInterface]:
    """Return the interfaces of these names, once each; without a name, or with `any`, all that are up and readable.

    Raises: `UnreadableInput` when there is no such interface or its frames cannot be read.
    """
    known = read_interfaces()
    if not names or ANY in names:
        if len(set(names)) > 1:
            raise UsageError(f"{ANY} stands for all interfaces: leave out the others")
        chosen = [each for each in known if each.is_up and each.link_type is not None]
        if not chosen:
            raise UnreadableInput("no interface is up: there is nothing to capture (see mailtrace interfaces)")
        return chosen
    by_name = {each.name: each for each in known}
    return [_checked(name, by_name) for name in dict.fromkeys(names)]


def _checked(name: str, by_name: dict[str, NetworkInterface]) -> NetworkInterface:
    """Return the interface `name`. Raises: `UnreadableInput`."""
    interface = by_name.get(name)
    if interface is None:
        there = ", ".join([*by_name][:NAMES_SHOWN_LIMIT]) + (", ..." if len(by_name) > NAMES_SHOWN_LIMIT else "")
        raise UnreadableInput(f"there is no interface {name!r}: there are {there} (see mailtrace interfaces)")
    if interface.link_type is None:
        kind = f"hardware type {interface.hardware}"
        raise UnreadableInput(f"frames of interface {name!r} cannot be read: it is of a strange kind ({kind})")
    return interface


def _ask(asking: socket.socket, what: int, name: str) -> int:
    """Return a number that the kernel tells about an interface."""
    import fcntl

    answer = fcntl.ioctl(asking, what, struct.pack("16s16x8x", name.encode()))
    return int(struct.unpack_from("=H", answer, 16)[0])


def _read_addresses() -> Iterator[tuple[int, str]]:
    """Yield the index of an interface and an address it has, with the length of its network. Source: rtnetlink(7)."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as asking:
        asking.settimeout(_PATIENCE_SECONDS)
        asking.sendto(struct.pack("=IHHIIBxxx", 20, _ADDRESSES, _DUMP, 1, 0, socket.AF_UNSPEC), (0, 0))
        while True:
            answer = asking.recv(_REPLY_BYTES)
            at = 0
            while at + 16 <= len(answer):
                length, kind = struct.unpack_from("=IH", answer, at)
                if kind in (_DONE, _ERROR) or length < 16:
                    return
                if kind == 20:
                    yield from _address(answer[at + 16 : at + length])
                at += length + 3 & ~3


def _address(body: bytes) -> Iterator[tuple[int, str]]:
    """Yield the one address that the kernel's record is about, if it is of IPv4 or IPv6."""
    family, bits, index = struct.unpack_from("=BBxxI", body)
    told: dict[int, bytes] = {}
    at = 8
    while at + 4 <= len(body):
        length, kind = struct.unpack_from("=HH", body, at)
        if length < 4:
            break
        told[kind] = body[at + 4 : at + length]
        at += length + 3 & ~3
    octets = told.get(_LOCAL, told.get(_ADDRESS, b""))
    if family in (socket.AF_INET, socket.AF_INET6) and len(octets) in (4, 16):
        yield index, f"{ipaddress.ip_address(octets)}/{bits}"
