"""Compressed captures, unpacked while they are read: gzip, zstandard, xz and lz4, known by their first octets.

One layer only. Output comes in bounded pieces, so that a small file that unpacks to a huge one costs time but no
memory, and stops at a ratio no real capture reaches. Whatever was unpacked before damage or a cut is used; a note tells
the rest.
The zstandard and lz4 libraries are loaded only when such a file is opened.
"""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Callable, Generator
from typing import Any, NamedTuple

from mailtrace.capture.facts import Facts

PIECE_BYTES = 2**18
"""Most octets taken out of a decompressor at once."""

FEED_BYTES = 2**16
"""Compressed octets read at once."""

ZSTD_FEED_BYTES = 2**10
"""Compressed octets given to zstandard at once: it cannot be told to stop, and 1 KiB unpacks to 32 MiB at most."""

MEMORY_LIMIT_BYTES = 2**27
"""Window a file may ask the decompressor to keep: enough for `xz -9` and `zstd --long`, and no more."""

RATIO_LIMIT = 200
"""Octets out for one octet in: real captures stay below 30; zeros reach 1,000 with gzip and 6,000 with xz."""

RATIO_GRACE_BYTES = 2**28
"""Unpacked octets from which on the ratio counts: up to here even a bomb does no harm."""


Pieces = Generator[bytes, None, bytes]
"""Unpacked pieces, and as result the octets that came after the end of the compressed stream."""


class Format(NamedTuple):
    """One compression: its name, its first octets, and how a decompressor is made and emptied."""

    name: str
    magic: bytes
    make: Callable[[], tuple[Any, type[Exception]]]
    pieces: Callable[[Any, bytes], Pieces]


def _make_gzip() -> tuple[Any, type[Exception]]:
    """Return a decompressor for one gzip member and the error it raises. Source: RFC 1952."""
    return zlib.decompressobj(wbits=31), zlib.error


def _make_xz() -> tuple[Any, type[Exception]]:
    """Return a decompressor for one xz stream and the error it raises."""
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY_LIMIT_BYTES), lzma.LZMAError


def _make_zstd() -> tuple[Any, type[Exception]]:
    """Return a decompressor for one zstandard frame and the error it raises. Source: RFC 8878."""
    import zstandard

    return zstandard.ZstdDecompressor(max_window_size=MEMORY_LIMIT_BYTES).decompressobj(), zstandard.ZstdError


def _make_lz4() -> tuple[Any, type[Exception]]:
    """Return a decompressor for one lz4 frame and the error it raises."""
    import lz4.frame  # type: ignore[import-untyped]

    return lz4.frame.LZ4FrameDecompressor(), RuntimeError


def _zlib_pieces(engine: Any, data: bytes) -> Pieces:
    """Unpack `data`; zlib gives back what it did not take, and may hold output when it took everything."""
    while True:
        piece = engine.decompress(data, PIECE_BYTES)
        yield piece
        data = engine.unconsumed_tail
        if engine.eof or (not data and len(piece) < PIECE_BYTES):
            return bytes(engine.unused_data)


def _lzma_pieces(engine: Any, data: bytes) -> Pieces:
    """Unpack `data`; the decompressors of xz and lz4 keep what they did not take."""
    while True:
        yield engine.decompress(data, PIECE_BYTES)
        data = b""
        if engine.eof or engine.needs_input:
            return bytes(engine.unused_data or b"")


def _zstd_pieces(engine: Any, data: bytes) -> Pieces:
    """Unpack `data` by small steps."""
    for at in range(0, len(data), ZSTD_FEED_BYTES):
        yield engine.decompress(data[at : at + ZSTD_FEED_BYTES])
        if engine.eof:
            return bytes(engine.unused_data) + data[at + ZSTD_FEED_BYTES :]
    return b""


FORMATS = (
    Format("gzip", b"\x1f\x8b\x08", _make_gzip, _zlib_pieces),
    Format("zstandard", b"\x28\xb5\x2f\xfd", _make_zstd, _zstd_pieces),
    Format("xz", b"\xfd7zXZ\x00", _make_xz, _lzma_pieces),
    Format("lz4", b"\x04\x22\x4d\x18", _make_lz4, _lzma_pieces),
)


def compression_of(head: bytes) -> Format | None:
    """Return the compression of a file that begins with `head`, None when there is none."""
    return next((row for row in FORMATS if head.startswith(row.magic)), None)


class Unpacked:
    """The unpacked octets of a compressed source."""

    def __init__(self, format_: Format, read: Callable[[int], bytes], facts: Facts) -> None:
        """Unpack what `read(size)` gives; faults become notes in `facts`."""
        self._format = format_
        self._source = read
        self._facts = facts
        self._taken = 0
        self._given = 0
        self._pieces = self._all_pieces()
        self._left = b""
        self._left_at = 0

    def read(self, size: int) -> bytes:
        """Give up to `size` octets, none at the end; damage ends the octets and never raises."""
        while self._left_at == len(self._left):
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._left, self._left_at = piece, 0
        piece = self._left[self._left_at : self._left_at + size]
        self._left_at += len(piece)
        return piece

    def _all_pieces(self) -> Generator[bytes, None, None]:
        """Unpack one stream after the other until something else follows."""
        data = self._take()
        while True:
            engine, error = self._format.make()
            try:
                rest = yield from self._stream(engine, data)
            except error as trouble:
                self._damaged(f"is damaged ({trouble})")
                return
            if rest is None:
                return
            while len(rest := rest.lstrip(b"\x00")) < len(self._format.magic) and (more := self._take()):
                rest += more
            if not rest.startswith(self._format.magic):
                if rest:
                    message = f"the octets after the end of the {self._format.name} data are ignored"
                    self._facts.note("trailing-octets", message)
                return
            data = rest

    def _stream(self, engine: Any, data: bytes) -> Generator[bytes, None, bytes | None]:
        """Unpack one stream that begins with `data`; return what follows it, None when nothing more must be read."""
        while True:
            pieces = self._format.pieces(engine, data)
            while True:
                try:
                    piece = next(pieces)
                except StopIteration as finished:
                    rest: bytes = finished.value
                    break
                self._given += len(piece)
                yield piece
                if self._given > RATIO_GRACE_BYTES and self._given > RATIO_LIMIT * self._taken:
                    self._bomb()
                    return None
            if engine.eof:
                return rest
            data = self._take()
            if not data:
                self._damaged("is cut before its end")
                return None

    def _take(self) -> bytes:
        """Read compressed octets and count them."""
        data = self._source(FEED_BYTES)
        self._taken += len(data)
        return data

    def _damaged(self, how: str) -> None:
        """Note that the compressed data ends early."""
        message = f"the {self._format.name} data {how} after {self._given} unpacked octets: only those are used"
        self._facts.note("compressed-data", message, damage=True)

    def _bomb(self) -> None:
        """Note that unpacking was stopped."""
        message = (
            f"unpacking stopped after {self._given} octets, more than {RATIO_LIMIT} times the {self._format.name} data "
            "read: if the file is trusted, unpack it first and analyze the result"
        )
        self._facts.note("compression-ratio", message, damage=True)
