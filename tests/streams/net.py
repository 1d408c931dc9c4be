"""Captures made by hand, frame by frame, and what mailtrace tells about them however they are cut into batches."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from mailtrace.analyzer import Analyzer, analyze_files
from mailtrace.reports.json import render
from tests.bench import wire

CLIENT, SERVER = wire.CLIENT, wire.SERVER
FIN, SYN, RST, PSH, ACK = wire.FIN, wire.SYN, wire.RST, wire.PSH, wire.ACK
SMTP = (
    (SERVER, b"220 mx.example.org ESMTP\r\n"),
    (CLIENT, b"EHLO client.example.net\r\n"),
    (SERVER, b"250 mx.example.org\r\n"),
    (CLIENT, b"QUIT\r\n"),
    (SERVER, b"221 Bye\r\n"),
)
Said = tuple[tuple[int, bytes], ...]


def talk(
    port: int, client_port: int = 40_000, seed: int = 1, hosts: tuple[str, str] = ("10.0.0.1", "10.0.0.2")
) -> Talk:
    """Return a TCP connection that has not begun."""
    return Talk(wire.Path(*hosts, wire.TCP), client_port, port, Random(seed))


class Talk(wire.Connection):
    """A connection that can also say things again."""

    def whole(self, said: Said) -> list[bytes]:
        """Return the frames of a connection in which this is said."""
        return [*self.open(), *(self.send(side, octets) for side, octets in said), *self.close(CLIENT)]

    def again(self, side: int, octets: bytes) -> bytes:
        """Return a real repeat of what a side said last: a new IP packet with the old sequence number."""
        self.next[side] -= len(octets)
        return self.send(side, octets)


def altered(frame: bytes, vlan: int | None = None, hops: int = 0) -> bytes:
    """Return the copy of a frame that is seen behind `hops` routers, maybe in a VLAN: other MACs, TTL, checksum."""
    tag = b"" if vlan is None else struct.pack(">HH", 0x8100, vlan)
    octets = bytearray(frame[14:])
    if hops and octets[0] >> 4 == 4:
        octets[8] -= hops
        octets[10:12] = b"\xab\xcd"
    elif hops:
        octets[7] -= hops
    macs = bytes(octet ^ hops for octet in frame[:12])
    return macs + tag + frame[12:14] + bytes(octets)


@dataclass
class Net:
    """Frames with the interface and the time they were captured; a frame comes a millisecond after the one before.

    `snap_bytes` is how many octets of each are kept.
    """

    frames: list[tuple[int, int, bytes]] = field(default_factory=list)
    snap_bytes: int = 262_144
    time_ns: int = 1_700_000_000_000_000_000

    def add(self, *frames: bytes, interface: int = 0, after_ns: int = 1_000_000) -> None:
        """Add frames."""
        for frame in frames:
            self.time_ns += after_ns
            self.frames.append((self.time_ns, interface, frame))

    def write(self, path: Path) -> None:
        """Write a pcapng file. Source: draft-ietf-opsawg-pcapng."""
        pieces = [_block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))]
        for _ in range(1 + max((interface for _, interface, _ in self.frames), default=0)):
            pieces.append(_block(1, struct.pack("<HHI", 1, 0, 0) + struct.pack("<HHB3xHH", 9, 1, 9, 0, 0)))
        for time_ns, interface, frame in self.frames:
            kept = frame[: self.snap_bytes]
            head = struct.pack("<IIIII", interface, time_ns >> 32, time_ns & 0xFFFFFFFF, len(kept), len(frame))
            pieces.append(_block(6, head + kept + b"\0" * (-len(kept) % 4)))
        path.write_bytes(b"".join(pieces))

    def told(self, folder: Path, decode_as: Mapping[int, str] | None = None) -> dict[str, Any]:
        """Return the JSON report of these frames, the same in batches of one frame, of few, and in one."""
        path = folder / "net.pcapng"
        self.write(path)
        reports = []
        for batch_bytes in (64, 500, 32 << 20):
            analyzer = Analyzer([str(path)], batch_bytes=batch_bytes, decode_as=decode_as)
            reports.append(json.loads(render(analyze_files(analyzer))))
        assert reports[0] == reports[1] == reports[2]
        report: dict[str, Any] = reports[2]
        assert [each["id"] for each in report["conversations"]] == list(range(1, len(report["conversations"]) + 1))
        return report


def _block(kind: int, body: bytes) -> bytes:
    size = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + size + body + size


def conversations(report: dict[str, Any]) -> list[tuple[str, int, list[int]]]:
    """Return protocol, server port and packets of each conversation."""
    return [(each["protocol"], each["server"]["port"], each["packets"]) for each in report["conversations"]]


def statuses(conversation: dict[str, Any]) -> list[str]:
    """Return the status of every reply."""
    return [reply["status"] for turn in conversation["turns"] for reply in turn["replies"]]
