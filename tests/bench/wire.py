"""Frames for synthetic captures: Ethernet, IPv4 or IPv6, TCP or UDP. Checksums are left zero: nobody looks at them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from ipaddress import ip_address
from random import Random

Frames = Iterator[bytes]

CLIENT, SERVER = 0, 1
FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
TCP, UDP = 6, 17
SEGMENT_BYTES = 1448

SYN_OPTIONS = bytes.fromhex("020405b40402080a000000010000000001030307")
STAMP_OPTION = bytes.fromhex("0101080a0000000100000001")

_IPV4 = struct.Struct(">12sHBBHHHBBH4s4s")
_IPV6 = struct.Struct(">12sHIHBB16s16s")
_TCP = struct.Struct(">HHIIBBHHH")
_UDP = struct.Struct(">HHHH")


class Path:
    """The way between two hosts; `frame` wraps what side 0 or 1 sends in IP and Ethernet."""

    def __init__(self, client: str, server: str, protocol: int) -> None:
        self.ends = ip_address(client).packed, ip_address(server).packed
        self.links = b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02", b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01"
        self.protocol = protocol
        self.number = 0

    def frame(self, side: int, transport: bytes) -> bytes:
        """Return one frame."""
        source, target = self.ends[side], self.ends[1 - side]
        size = len(transport)
        if len(source) == 16:
            head = _IPV6.pack(self.links[side], 0x86DD, 0x60000000, size, self.protocol, 64, source, target)
        else:
            self.number = (self.number + 1) & 0xFFFF
            head = _IPV4.pack(
                self.links[side], 0x0800, 0x45, 0, 20 + size, self.number, 0x4000, 64, self.protocol, 0, source, target
            )
        return (head + transport).ljust(60, b"\0")


class Connection:
    """One TCP connection: `send` returns the next frame of a side and keeps the sequence numbers."""

    def __init__(self, path: Path, client_port: int, server_port: int, random: Random) -> None:
        self.path = path
        self.ports = client_port, server_port
        self.next = [random.getrandbits(32), random.getrandbits(32)]

    def send(self, side: int, payload: bytes = b"", flags: int = ACK) -> bytes:
        """Return a frame with `payload`; without one it is a bare acknowledgement."""
        if payload:
            flags |= PSH
        options = SYN_OPTIONS if flags & SYN else STAMP_OPTION
        acknowledged = self.next[1 - side] if flags & ACK else 0
        header = _TCP.pack(
            self.ports[side],
            self.ports[1 - side],
            self.next[side],
            acknowledged,
            (20 + len(options)) << 2,
            flags,
            64240,
            0,
            0,
        )
        self.next[side] = (self.next[side] + len(payload) + (1 if flags & (SYN | FIN) else 0)) & 0xFFFFFFFF
        return self.path.frame(side, header + options + payload)

    def open(self) -> Frames:
        """Three packets: SYN, SYN+ACK, ACK."""
        yield self.send(CLIENT, flags=SYN)
        yield self.send(SERVER, flags=SYN | ACK)
        yield self.send(CLIENT)

    def close(self, first: int) -> Frames:
        """Three packets: FIN of the side that closes `first`, FIN of the other, ACK."""
        yield self.send(first, flags=FIN | ACK)
        yield self.send(1 - first, flags=FIN | ACK)
        yield self.send(first)

    def bulk(self, side: int, data: bytes) -> Frames:
        """Full segments, every third one acknowledged."""
        for index, at in enumerate(range(0, len(data), SEGMENT_BYTES)):
            yield self.send(side, data[at : at + SEGMENT_BYTES])
            if index % 3 == 2:
                yield self.send(1 - side)


def datagram(path: Path, side: int, ports: tuple[int, int], payload: bytes) -> bytes:
    """Return a frame with one UDP datagram; `ports` are those of client and server."""
    return path.frame(side, _UDP.pack(ports[side], ports[1 - side], 8 + len(payload), 0) + payload)
