"""The contents of pcapng blocks other than packets, as pure functions.

Source: draft-ietf-opsawg-pcapng sections 3 and 4.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator

from mailtrace.capture.clock import Clock, decimal_or_binary
from mailtrace.model import Interface, wire_text

OPTION_COMMENT = 1

NAME_LIMIT_OCTETS = 4096
"""A host's name is cut here; DNS allows 255 octets, a longer one is made to hurt."""

INTERFACE_NAME_LIMIT_OCTETS = 256
"""An interface's name is cut here; the longest ones, of Windows, have about 60 octets."""

BLOCK_NAMES = {
    7: "IRIG timestamp",
    8: "ARINC 429",
    9: "systemd journal export",
    0x0BAD: "custom",
    0x4000_0BAD: "custom, not to be copied",
}
"""Blocks mailtrace passes over, by type."""


TLS_KEY_LOG = 0x544C534B

SECRET_NAMES = {
    TLS_KEY_LOG: "TLS",
    0x5353484B: "SSH",
    0x57474B4C: "WireGuard",
    0x5A4E574B: "ZigBee",
    0x5A415053: "ZigBee",
    0x55414B4C: "OPC UA",
}
"""What secrets in a file are for, by type."""


def block_name(kind: int) -> str:
    """Return what to call a block that is passed over."""
    return BLOCK_NAMES.get(kind, f"type 0x{kind:08x}")


def options(data: bytes, at: int, end: int, order: str) -> Iterator[tuple[int, bytes]]:
    """Yield the options in `data[at:end]` as code and value; one that claims to be longer than the block ends them."""
    head = struct.Struct(f"{order}HH").unpack_from
    while at + 4 <= end:
        code, length = head(data, at)
        at += 4
        if code == 0 or at + length > end:
            return
        yield code, data[at : at + length]
        at += length + (-length & 3)


def comments(data: bytes, at: int, end: int, order: str) -> Iterator[str]:
    """Yield the comments among the options in `data[at:end]`."""
    for code, value in options(data, at, end, order):
        if code == OPTION_COMMENT:
            yield wire_text(value)


class InterfaceBlock:
    """An Interface Description Block: `interface`, `snap_length` (0: none), `clock` (None when it makes no sense)."""

    def __init__(self, body: bytes, order: str) -> None:
        """Read the block's body."""
        link_type, self.snap_length = struct.unpack_from(f"{order}H2xI", body)
        self.clock: Clock | None = Clock()
        self.comments: list[str] = []
        name, fcs_bytes, resolutions = "", 0, 0
        per_second: int | None = self.clock.per_second
        offset_s: int | None = 0
        for code, value in options(body, 8, len(body), order):
            if code == OPTION_COMMENT:
                self.comments.append(wire_text(value))
            elif code == 2:
                name = wire_text(value.rstrip(b"\x00")[:INTERFACE_NAME_LIMIT_OCTETS])
            elif code == 9:
                resolutions += 1
                sane = len(value) == 1 and resolutions == 1
                per_second = decimal_or_binary(value[0]) if sane else None
            elif code == 13 and len(value) == 1:
                fcs_bytes = value[0] // 8 if value[0] >= 16 else value[0]  # in bits, but writers of octets are common
            elif code == 14:
                offset_s = struct.unpack(f"{order}q", value)[0] if len(value) == 8 else None
        self.clock = None if per_second is None or offset_s is None else Clock(per_second, offset_s)
        self.interface = Interface(link_type, name, fcs_bytes)


def names(body: bytes, order: str) -> Iterator[tuple[str, str]]:
    """Yield address and name from the records of a Name Resolution Block; other kinds of records are passed over."""
    head = struct.Struct(f"{order}HH").unpack_from
    at = 0
    while at + 4 <= len(body):
        kind, length = head(body, at)
        at += 4
        width = {1: 4, 2: 16}.get(kind)
        if kind == 0 or at + length > len(body):
            return
        if width and length > width:
            address = str(ipaddress.ip_address(body[at : at + width]))
            for name in body[at + width : at + length].split(b"\x00"):
                if name:
                    yield address, wire_text(name[:NAME_LIMIT_OCTETS])
        at += length + (-length & 3)


def secrets(body: bytes, order: str) -> tuple[str, bytes | None]:
    """Return what the secrets of a Decryption Secrets Block are for, and the secrets if they are a TLS key log."""
    kind, length = struct.unpack_from(f"{order}II", body)
    name = SECRET_NAMES.get(kind, f"type 0x{kind:08x}")
    return name, body[8 : 8 + length] if kind == TLS_KEY_LOG else None


def dropped(body: bytes, order: str) -> int:
    """Return the packets an Interface Statistics Block says were lost, by the interface and by the system."""
    lost = 0
    for code, value in options(body, 12, len(body), order):
        if code in (5, 7) and len(value) == 8:
            lost += struct.unpack(f"{order}Q", value)[0]
    return lost
