"""Packets that were cut into fragments: which frames carry which octets of them.

The decoder puts them together; here it is noted where their pieces lie, so that what is replaced in the whole can be
replaced in the pieces. A fragment of a packet that never became whole is not copied.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, structs

from mailtrace.packets.decode import Header
from mailtrace.packets.places import FRAGMENT
from mailtrace.redact.frames import addresses_of

PIECES_LIMIT = 4_096
"""Pieces noted of packets with the same addresses and identification; one of 64 KiB in the least pieces has more."""

KEYS_LIMIT = 16_384
"""Packets whose pieces are noted at a time."""

WHOLES_LIMIT_BYTES = 256 << 20
"""Octets of packets put together that are remembered; of further ones nothing is copied."""

Key = tuple[bytes, bytes, int]


class Piece(Struct, gc=False):
    """Octets of a packet from offset `start` behind its IP header: where they lie in which frame."""

    number: int
    at: int
    start: int
    size: int


class Whole(Struct):
    """A packet put together by the frame `number`: its octets from the IP header on, its headers, its pieces.

    `size` is that of its IP header.
    """

    number: int
    octets: bytes
    headers: list[Header]
    size: int
    pieces: list[Piece]


class Fragments:
    """Takes the frames of a capture in order; `wholes` are packets that were put together."""

    def __init__(self) -> None:
        """Begin with none."""
        self.wholes: list[Whole] = []
        self._pieces: dict[Key, list[Piece]] = {}
        self._room = WHOLES_LIMIT_BYTES

    def feed(self, number: int, buffer: bytes, headers: Sequence[Header], start: int, stop: int) -> None:
        """Take the headers of a frame that lies from `start` to `stop`; others are those of a packet put together."""
        ip, key = None, None
        for header in headers:
            if not start <= header.at < stop:
                break
            if header.carrier == "ip":
                ip = header
            elif header.kind == FRAGMENT and ip is not None:
                key = self._note(number, buffer, ip, header, start)
        if key is None:
            return
        inside = [header for header in headers if not start <= header.at < stop]
        if inside and inside[0].carrier == "ip":
            self._add(number, buffer, inside, self._pieces.pop(key))

    def _note(self, number: int, buffer: bytes, ip: Header, header: Header, frame: int) -> Key:
        """Note a piece, and return what pieces of one packet have in common."""
        at = header.at
        if buffer[ip.at] >> 4 == 4:
            name, bits = buffer[ip.at + 4 : ip.at + 6], int.from_bytes(buffer[ip.at + 6 : ip.at + 8], "big")
            kind, offset = buffer[ip.at + 9], (bits & 0x1FFF) * 8
        else:
            name, bits = buffer[at + 4 : at + 8], int.from_bytes(buffer[at + 2 : at + 4], "big")
            kind, offset, at = 0, bits & 0xFFF8, at + 8
        key = b"".join(addresses_of(buffer, ip.at)), name, kind
        if len(self._pieces) >= KEYS_LIMIT and key not in self._pieces:
            del self._pieces[next(iter(self._pieces))]
        pieces = self._pieces.setdefault(key, [])
        if len(pieces) < PIECES_LIMIT:
            pieces.append(Piece(number, at - frame, offset, max(header.captured_end - at, 0)))
        return key

    def _add(self, number: int, buffer: bytes, headers: Sequence[Header], pieces: list[Piece]) -> None:
        first = headers[0]
        size = (buffer[first.at] & 15) * 4 if buffer[first.at] >> 4 == 4 else 40
        octets = buffer[first.at : first.captured_end]
        self._room -= len(octets)
        if self._room >= 0:
            self.wholes.append(Whole(number, octets, moved(headers, first.at), size, pieces))


def moved(headers: Sequence[Header], start: int) -> list[Header]:
    """Return headers whose places count from `start`."""
    return [
        structs.replace(
            header, at=header.at - start, captured_end=header.captured_end - start, wire_end=header.wire_end - start
        )
        for header in headers
    ]
