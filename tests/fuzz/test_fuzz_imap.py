"""A few seconds of the IMAP fuzz target over mutated dialogues; the seed is fixed, so a failure comes back."""

from __future__ import annotations

import random
from itertools import groupby

from hypothesis import given, settings
from hypothesis import strategies as st

from mailtrace.model import Side
from tests.fuzz.fuzz_imap import HOLE_MARK, TURN_MARK, fuzz_one
from tests.fuzz.mutating import try_for
from tests.protocols.transcripts import names, read_transcript

SECONDS = 5

WORDS = (
    *(b"{3}", b"{5+}", b"~{9}", b"{99999999999}", b"\r\n", b"* ", b"+ ", b"a1 ", b"a2 OK ", b"(", b")", b'"', b"\\"),
    *(b"LOGIN ", b"AUTHENTICATE PLAIN", b"APPEND INBOX ", b"1 FETCH (BODY[] ", b"BODY[]<4> ", b"IDLE\r\nDONE\r\n"),
    *(b"STARTTLS\r\n", b"COMPRESS DEFLATE\r\n", b"* 1 EXPUNGE\r\n", b"\0", TURN_MARK, HOLE_MARK),
)


def _turns(name: str) -> list[bytes]:
    """Return what the sides say in a dialogue, turn by turn, the server first."""
    turns: list[bytes] = []
    for side, steps in groupby(read_transcript(name).steps, key=lambda step: step.side):
        if not turns and side is Side.CLIENT:
            turns.append(b"")
        turns.append(b"".join(HOLE_MARK if step.missing else step.octets for step in steps))
    return turns


SEEDS = [TURN_MARK.join(_turns(name)) for name in names() if name.startswith("imap/")]


def _mutate(data: bytes, chance: random.Random) -> bytes:
    """Return a conversation with a few changes of the kinds that hurt."""
    octets = bytearray(data)
    for _ in range(chance.randrange(1, 6)):
        place = chance.randrange(len(octets) + 1)
        kind = chance.randrange(5)
        if kind == 0 and place < len(octets):
            octets[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del octets[place : place + chance.choice([1, 2, 9, 30])]
        elif kind == 2:
            octets[place:place] = chance.choice(WORDS)
        elif kind == 3:
            begin = chance.randrange(len(octets) + 1)
            octets[place:place] = octets[begin : begin + chance.choice([5, 20, 80])]
        else:
            octets[place:place] = chance.randbytes(chance.choice([1, 4, 30]))
    return bytes(octets)


def test_mutated_dialogues() -> None:
    try_for(SECONDS, lambda chance: _mutate(chance.choice(SEEDS), chance), fuzz_one)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(WORDS) | st.binary(max_size=20), max_size=30))
def test_any_words(words: list[bytes]) -> None:
    fuzz_one(b"".join(words))
