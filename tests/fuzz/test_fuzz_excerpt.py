"""A few seconds of the excerpt fuzz target over mutated seeds; the seed is fixed, so a failure comes back."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.capture.builders import END, enhanced, frame, interface, obsolete, option, section, simple
from tests.fuzz.fuzz_excerpt import fuzz_one
from tests.fuzz.mutating import try_for
from tests.fuzz.test_fuzz_capture import _mutate, _seeds

SECONDS = 5


def test_mutated_seeds() -> None:
    said = option(1, b"seen") + option(2, bytes(4)) + END
    blocks = [enhanced(frame(1), options=said), simple(frame(2)), obsolete(frame(3), 7, drops=1), enhanced(frame(4))]
    seeds = [*_seeds(), section() + interface(options=option(2, b"eth0") + END) * 2 + b"".join(blocks)]
    try_for(SECONDS, lambda chance: _mutate(chance.choice(seeds), chance), fuzz_one)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200))
def test_any_blocks(data: bytes) -> None:
    fuzz_one(section() + interface() + enhanced(frame(0)) + data)
