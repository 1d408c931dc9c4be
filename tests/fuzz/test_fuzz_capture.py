"""A few seconds of the capture fuzz target over mutated seeds; the seed is fixed, so a failure comes back."""

from __future__ import annotations

import gzip
import lzma
import random
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.fuzz_capture import fuzz_one
from tests.fuzz.mutating import try_for

SECONDS = 6
SMALL_BYTES = 6_000


def _seeds() -> list[bytes]:
    """Return small captures: handmade ones, and published ones where they are at hand."""
    record = struct.pack("<IIII", 1_700_000_000, 5, 60, 60) + bytes(range(60))
    pcap = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + record * 8
    section = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    interface = struct.pack("<IIHHII", 1, 20, 1, 0, 0, 20)
    packet = struct.pack("<IIIIIII", 6, 92, 0, 0x60A25, 77, 60, 60) + bytes(range(60)) + struct.pack("<I", 92)
    simple = struct.pack("<III", 3, 20, 4) + b"abcd" + struct.pack("<I", 20)
    seeds = [pcap, section + interface + (packet + simple) * 5, pcap + pcap, gzip.compress(pcap), lzma.compress(pcap)]
    folder = Path(__file__).resolve().parents[2].parent / "shared" / "captures" / "public"
    files = [*folder.rglob("*.pcap"), *folder.rglob("*.pcapng")]
    return seeds + [file.read_bytes() for file in sorted(files) if file.stat().st_size < SMALL_BYTES]


def _mutate(data: bytes, chance: random.Random) -> bytes:
    """Return `data` with a few changes of the kinds that hurt readers."""
    octets = bytearray(data)
    for _ in range(chance.randrange(1, 6)):
        place = chance.randrange(len(octets) + 1)
        kind = chance.randrange(6)
        if kind == 0 and place < len(octets):
            octets[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            word = chance.choice([0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 0x10000, 262_145, len(octets), chance.getrandbits(32)])
            octets[place & ~3 : (place & ~3) + 4] = struct.pack(chance.choice("<>") + "I", word)
        elif kind == 2:
            del octets[place : place + chance.choice([1, 2, 4, 16, 100])]
        elif kind == 3:
            octets[place:place] = chance.randbytes(chance.choice([1, 3, 4, 17, 300]))
        elif kind == 4:
            begin = chance.randrange(len(octets) + 1)
            octets[place:place] = octets[begin : begin + chance.choice([16, 24, 28, 92, 300])]
        else:
            del octets[max(place, 8) :]
    return bytes(octets)


def test_mutated_seeds() -> None:
    seeds = _seeds()
    try_for(SECONDS, lambda chance: _mutate(chance.choice(seeds), chance), fuzz_one)


@pytest.mark.parametrize("seed", range(len(_seeds())))
def test_seeds(seed: int) -> None:
    fuzz_one(_seeds()[seed])


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([b"", b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00", b"\n\r\r\n\x1c\x00\x00\x00M<+\x1a"]), st.binary())
def test_any_octets(opening: bytes, rest: bytes) -> None:
    fuzz_one(opening + rest)
