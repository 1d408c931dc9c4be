"""A few seconds of the fuzz target for fragments; the seed is fixed, so a failure comes back."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.fuzz_fragments import fuzz_one
from tests.fuzz.mutating import try_for

SECONDS = 5


def _orders(chance: random.Random) -> bytes:
    """Return orders for fragments that mostly belong together: few identifications, neighbouring offsets."""
    orders = b""
    for _ in range(chance.randrange(2, 14)):
        kind = 4 | (chance.random() < 0.7) | (chance.random() < 0.1) << 1 | (chance.random() < 0.3) << 3
        if chance.random() < 0.05:
            kind &= ~4
        pause = chance.choice([0, 0, 0, 0, 1, 9, 10, 15])
        orders += bytes(
            [chance.randrange(2), chance.randrange(6), chance.choice([8, 16, 24]), kind, chance.randrange(3), pause]
        )
    return orders


def test_fragments_that_nearly_fit() -> None:
    try_for(SECONDS, _orders, fuzz_one)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=120))
def test_any_orders(data: bytes) -> None:
    fuzz_one(data)
