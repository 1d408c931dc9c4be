"""A few seconds of the fuzz target for frames over mutated carriers; the seed is fixed, so a failure comes back."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.fuzz_packets import FRAME_MARK, LINK_TYPES, fuzz_one
from tests.fuzz.mutating import try_for
from tests.packets.test_decode import tcp_packet
from tests.packets.test_fragments import BODY, OUTER_V6, part_6, parts, tcp
from tests.packets.wrappings import WRAPPINGS

SECONDS = 6
PACKETS = [tcp_packet(b"QUIT\r\n"), *parts(BODY, 80, 200), tcp_packet(b"")]
SIX = [part_6(tcp(b"x" * 90, addresses=OUTER_V6)[:80]), part_6(tcp(b"x" * 90, addresses=OUTER_V6)[80:], 80, False)]


def _mutate(chance: random.Random) -> bytes:
    """Return a few packets in one carrier, or in one within another, with octets changed, lost or doubled."""
    outer, inner = chance.choice(WRAPPINGS), chance.choice(WRAPPINGS)
    deeper = chance.random() < 0.4 and inner.link_type == 1
    frames = [inner.wrap(packet)[14:] if deeper else packet for packet in chance.choices(PACKETS, k=4)]
    raw = outer.link_type in (101, 12) and chance.random() < 0.5
    octets = bytearray(FRAME_MARK.join(SIX if raw else [outer.wrap(frame) for frame in frames]))
    for _ in range(chance.randrange(6)):
        place = chance.randrange(len(octets) + 1)
        kind = chance.randrange(4)
        if kind == 0 and place < len(octets):
            octets[place] ^= 1 << chance.randrange(8)
        elif kind == 1 and place < len(octets):
            octets[place] = chance.choice([0, 1, 4, 6, 0x11, 0x29, 0x2C, 0x45, 0x60, 0xFF])
        elif kind == 2:
            del octets[place : place + chance.choice([1, 2, 4, 20])]
        else:
            octets[place:place] = octets[place : place + chance.choice([1, 4, 8, 20, 50])]
    return bytes([LINK_TYPES.index(outer.link_type) | chance.choice([0, 128])]) + bytes(octets)


def test_mutated_carriers() -> None:
    try_for(SECONDS, _mutate, fuzz_one)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_any_octets(data: bytes) -> None:
    fuzz_one(data)
