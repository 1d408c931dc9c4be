"""Time stamps: integer arithmetic that is exact over the whole range of 64 bits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrace.capture.clock import Clock, Clocks, decimal_or_binary
from mailtrace.model import NO_TIME


@pytest.mark.parametrize(
    ("code", "per_second"),
    [
        (0, 1),
        (6, 1_000_000),
        (9, 1_000_000_000),
        (19, 10**19),
        (20, None),
        (0x7F, None),
        (0x80, 1),
        (0x8A, 1024),
        (0xBF, 2**63),
        (0xC0, None),
        (0xFF, None),
    ],
)
def test_resolution_codes(code: int, per_second: int | None) -> None:
    assert decimal_or_binary(code) == per_second


@given(
    st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 4)), min_size=1, max_size=30),
    st.sampled_from([1, 8, 1000, 1024, 10**6, 10**9, 10**10, 2**32, 2**63, 10**19]),
    st.integers(-(2**63), 2**63 - 1) | st.integers(-100_000, 100_000),
)
def test_columns_agree_with_fractions(stamps: list[tuple[int, int]], per_second: int, offset_s: int) -> None:
    settings = [(10**6, 0), (10**9, -3600), None, (per_second, offset_s), (2**10, 2**40)]
    clocks = Clocks()
    for setting in settings:
        clocks.add(None if setting is None else Clock(*setting))
    ticks = np.array([stamp for stamp, _ in stamps], np.uint64)
    which = np.array([place for _, place in stamps], np.int64)
    times, clamped = clocks.times(ticks, which)
    for row, (stamp, place) in enumerate(stamps):
        setting = settings[place]
        if setting is None:
            assert times[row] == NO_TIME
            continue
        whole, part = divmod(stamp, setting[0])
        exact = (whole + setting[1]) * 10**9 + part * 10**9 // setting[0]
        inside = -(2**63) < exact < 2**63
        assert times[row] == (exact if inside else max(min(exact, 2**63 - 1), 1 - 2**63))
        assert (row in clamped) is not inside
