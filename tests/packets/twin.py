"""The slow twin of `mailtrace.packets.decode`: the same reading, one frame at a time, in plain `struct`.

It specifies what decode must return; it is written from the standards, not from decode.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

VLAN = (0x8100, 0x88A8, 0x9100)
FAMILY = {2: 0x0800, 10: 0x86DD, 24: 0x86DD, 28: 0x86DD, 30: 0x86DD}
EXTENSIONS = (0, 43, 44, 51, 60, 135)


class Plain(NamedTuple):
    """One TCP or UDP packet: addresses as packed octets; payload as captured; length as on the wire."""

    protocol: int
    source: bytes
    target: bytes
    source_port: int
    target_port: int
    sequence: int
    acknowledged: int
    flags: int
    payload: bytes
    length: int


def read_frame(frame: bytes, wire: int, link_type: int, fcs_bytes: int = 0) -> Plain | None:
    """Return the transport packet in a frame, None where there is none that can be read whole."""
    real = max(wire - fcs_bytes, 0)
    frame = frame[:real]
    real = max(real, len(frame))
    found = _link(frame, link_type)
    if found is None:
        return None
    ethertype, at = found
    if at > len(frame):
        return None
    if ethertype == 0x0800:
        return _ipv4(frame[at:], real - at)
    if ethertype == 0x86DD:
        return _ipv6(frame[at:], real - at)
    return None


def _link(frame: bytes, link_type: int) -> tuple[int, int] | None:
    if link_type == 1 and len(frame) >= 14:
        return _untag(frame, 12)
    if link_type == 113 and len(frame) >= 16:
        return _untag(frame, 14)
    if link_type == 276 and len(frame) >= 20:
        return _untag(frame, 0, 20)
    if link_type in (0, 108) and len(frame) >= 4:
        family = frame[0] | frame[1] << 8 if frame[2:4] == b"\0\0" else frame[2] << 8 | frame[3]
        return FAMILY.get(family, family if family >= 0x600 else 0), 4
    if link_type in (12, 14, 101, 228, 229) and frame:
        return {4: 0x0800, 6: 0x86DD}.get(frame[0] >> 4, 0), 0
    return None


def _untag(frame: bytes, type_at: int, start: int | None = None) -> tuple[int, int]:
    (ethertype,) = struct.unpack_from(">H", frame, type_at)
    at = type_at + 2 if start is None else start
    for _ in range(16):
        if ethertype not in VLAN or at + 4 > len(frame):
            break
        (ethertype,) = struct.unpack_from(">H", frame, at + 2)
        at += 4
    return ethertype, at


def _ipv4(packet: bytes, real: int) -> Plain | None:
    if len(packet) < 20 or packet[0] >> 4 != 4:
        return None
    header = (packet[0] & 15) * 4
    (total,) = struct.unpack_from(">H", packet, 2)
    total = total or real
    (fragment,) = struct.unpack_from(">H", packet, 6)
    if header < 20 or header > len(packet) or total < header or fragment & 0x3FFF:
        return None
    total = min(total, real)
    body = packet[header:total]
    return _transport(packet[9], packet[12:16], packet[16:20], body, total - header)


def _ipv6(packet: bytes, real: int) -> Plain | None:
    if len(packet) < 40 or packet[0] >> 4 != 6:
        return None
    (length,) = struct.unpack_from(">H", packet, 4)
    end = min(40 + length, real) if length else real
    kind, at = packet[6], 40
    for _ in range(16):
        if kind not in EXTENSIONS or at + 8 > min(len(packet), end):
            break
        following, size = packet[at], packet[at + 1]
        if kind == 44:
            if struct.unpack_from(">H", packet, at + 2)[0] & 0xFFF9:
                return None
            at += 8
        else:
            at += (size + 2) * 4 if kind == 51 else (size + 1) * 8
        kind = following
    return _transport(kind, packet[8:24], packet[24:40], packet[at:end], end - at)


def _transport(kind: int, source: bytes, target: bytes, body: bytes, real: int) -> Plain | None:
    if kind == 6 and len(body) >= 20:
        header = (body[12] >> 4) * 4
        if header < 20 or header > real:
            return None
        ports = struct.unpack_from(">HHII", body)
        return Plain(6, source, target, *ports, body[13], body[header:], max(real - header, 0))
    if kind == 17 and len(body) >= 8:
        first, second, length = struct.unpack_from(">HHH", body)
        if length and length < 8:
            return None
        real = min(real, length) if length else real
        return Plain(17, source, target, first, second, 0, 0, 0, body[8:real], max(real - 8, 0))
    return None
