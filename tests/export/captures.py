"""Small captures for the tests of exports: a conversation as frames, written as a pcap file."""

from __future__ import annotations

import struct
from collections.abc import Collection, Sequence
from pathlib import Path as FilePath
from random import Random

from tests.bench.wire import CLIENT, SERVER, TCP, Connection, Path

C, S = CLIENT, SERVER

Said = Sequence[tuple[int, bytes]]


def conversation(said: Said, *, lost: Collection[int] = (), port: int = 25, client_port: int = 40_000) -> list[bytes]:
    """Return the frames of one connection: handshake, what is `said` (the segments in `lost` are not captured), end."""
    connection = Connection(Path("10.0.0.1", "10.0.0.2", TCP), client_port, port, Random(client_port))
    frames = list(connection.open())
    for place, (side, octets) in enumerate(said):
        frame = connection.send(side, octets)
        if place not in lost:
            frames.append(frame)
        frames.append(connection.send(1 - side))
    return frames + list(connection.close(C))


def mail(number: int, message: bytes, *, sender: str = "lee@naver.com") -> list[tuple[int, bytes]]:
    """Return an SMTP dialogue that hands in one mail; `message` is as it is between DATA and the final dot."""
    return [
        (S, b"220 mail.example ESMTP\r\n"),
        (C, b"EHLO client\r\n"),
        (S, b"250 mail.example\r\n"),
        (C, f"MAIL FROM:<{sender}>\r\n".encode()),
        (S, b"250 ok\r\n"),
        (C, b"RCPT TO:<kim@daum.net>\r\n"),
        (S, b"250 ok\r\n"),
        (C, b"DATA\r\n"),
        (S, b"354 go on\r\n"),
        *((C, message[at : at + 1400]) for at in range(0, len(message), 1400)),
        (C, b".\r\n"),
        (S, f"250 ok queued as {number}\r\n".encode()),
        (C, b"QUIT\r\n"),
        (S, b"221 bye\r\n"),
    ]


def write(path: FilePath, *conversations: list[bytes]) -> FilePath:
    """Write frames as a pcap file, one conversation after the other, a millisecond between two packets."""
    pieces = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)]
    frames = [frame for frames in conversations for frame in frames]
    for number, frame in enumerate(frames):
        seconds, milliseconds = divmod(number, 1000)
        pieces.append(struct.pack("<IIII", 1_700_000_000 + seconds, milliseconds * 1000, len(frame), len(frame)))
        pieces.append(frame)
    path.write_bytes(b"".join(pieces))
    return path
