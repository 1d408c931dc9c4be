"""The clock of a capture: where it was set, batches are cut, wherever they end."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mailtrace.model import NO_TIME, RawBatch
from mailtrace.streams.captureclock import MOST_SETTINGS, SET_BACK_NS, CaptureClock

LATEST = 2**63 - 1


def batch(first: int, times: list[int]) -> RawBatch:
    """Return frames without octets, at these times."""
    zeros = np.zeros(len(times), np.int64)
    return RawBatch(b"", first, zeros, zeros, zeros, np.array(times, np.int64), zeros.astype(np.int32), [])


def read(times: list[int], size: int) -> list[tuple[list[int], list[int], int]]:
    """Return numbers and times of each part, and the clock behind it, of batches of `size`."""
    clock = CaptureClock()
    batches = [batch(at + 1, times[at : at + size]) for at in range(0, len(times), size)]
    told = []
    for part in clock.parts(batches):
        numbers = [part.first_number + row for row in range(len(part.start))]
        told.append((numbers, part.time_ns.tolist(), clock.now_ns))
    return told


def test_it_goes_on_to_the_latest_time() -> None:
    assert read([5, 9, 7, NO_TIME], 2) == [([1, 2], [5, 9], 9), ([3, 4], [7, NO_TIME], 9)]


def test_where_it_was_set_back_a_batch_is_cut() -> None:
    later = SET_BACK_NS + 100
    assert read([later, later + 1, 100, 101, 99], 5) == [
        ([1, 2], [later, later + 1], later + 1),
        ([3, 4, 5], [100, 101, 99], 101),
    ]


def test_so_much_is_another_order() -> None:
    assert len(read([SET_BACK_NS, 0], 2)) == 1
    assert len(read([SET_BACK_NS + 1, 0], 2)) == 2


def test_one_packet_from_the_far_future_counts_for_itself() -> None:
    assert [now for _, _, now in read([10, LATEST, 11, 12], 4)] == [LATEST, 12]


def test_two_clocks_that_take_turns_are_cut_so_often_and_no_more() -> None:
    told = read([0, LATEST] * 500, 1000)
    assert len(told) == MOST_SETTINGS + 1
    assert told[-1][2] == LATEST


@given(
    st.lists(st.one_of(st.just(NO_TIME), st.integers(0, 3 * SET_BACK_NS), st.just(LATEST)), min_size=1, max_size=30),
    st.integers(1, 30),
)
def test_where_batches_end_makes_no_difference(times: list[int], size: int) -> None:
    """All is there once and in order, and every part that is cut off behind ends with the same clock."""
    whole = read(times, len(times))
    parts = read(times, size)
    assert [number for numbers, _, _ in parts for number in numbers] == list(range(1, len(times) + 1))
    ends = {numbers[-1]: now for numbers, _, now in whole}
    assert ends.items() <= {numbers[-1]: now for numbers, _, now in parts if numbers}.items()
