"""A few seconds of the detector's fuzz target over mutated openings; the seed is fixed, so a failure comes back."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.fuzz_detector import TURN_MARK, fuzz_one
from tests.fuzz.mutating import try_for

SECONDS = 4

OPENINGS = (
    (b"", b"220 mx.example ESMTP\r\n", b"EHLO a\r\n", b"250 mx\r\n", b"QUIT\r\n"),
    (b"EHLO a\r\nMAIL FROM:<a@b>\r\n", b"220 mx\r\n250 mx\r\n250 2.1.0 Ok\r\n"),
    (b"", b"+OK ready <1@x>\r\n", b"USER lee\r\nPASS lee\r\n", b"+OK\r\n+OK\r\n"),
    (b"", b"* OK [CAPABILITY IMAP4rev1] ready\r\n", b"a1 LOGIN lee lee\r\n", b"a1 OK in\r\n"),
    (b"POST / HTTP/1.1\r\n\r\nEHLO a\r\n", b"220 mx ESMTP\r\n500 what\r\n"),
    (b"PROXY TCP4 192.0.2.7 10.0.0.1 50000 25\r\n", b"220 mx ESMTP\r\n", b"EHLO a\r\n"),
    (bytes.fromhex("0d0a0d0a000d0a515549540a2111000cc00002070a000001c3500019"), b"220 mx ESMTP\r\n"),
    (bytes.fromhex("16030100c8010000c40303"), bytes.fromhex("15030100020228")),
    (b"6193, 23\r\n", b"6193, 23 : USERID : UNIX : stjohns\r\n"),
    (b"*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n", b"+OK\r\n"),
    (b"", b"220 (vsFTPd 3.0.3)\r\n", b"USER lee\r\n"),
)


def _mutate(turns: tuple[bytes, ...], chance: random.Random) -> bytes:
    """Return an opening with a few octets changed, lost, repeated, or from another opening."""
    octets = bytearray(TURN_MARK.join(turns))
    for _ in range(chance.randrange(5)):
        place = chance.randrange(len(octets) + 1)
        kind = chance.randrange(4)
        if kind == 0 and place < len(octets):
            octets[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del octets[place : place + chance.choice([1, 2, 9])]
        elif kind == 2:
            octets[place:place] = chance.choice([b"\r\n", b"\0", TURN_MARK, b" ", b"A" * 520, chance.randbytes(3)])
        else:
            octets[place:place] = chance.choice(chance.choice(OPENINGS))
    return bytes([chance.randrange(256), chance.randrange(256)]) + bytes(octets)


def test_mutated_openings() -> None:
    try_for(SECONDS, lambda chance: _mutate(chance.choice(OPENINGS), chance), fuzz_one)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([b"", *(turn for turns in OPENINGS for turn in turns)]), st.binary(max_size=200))
def test_any_octets(opening: bytes, rest: bytes) -> None:
    fuzz_one(rest[:2].ljust(2, b"\0") + opening + rest[2:])
