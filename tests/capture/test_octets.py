"""The window over a source: nothing lost, nothing twice, whatever sizes reads have."""

from __future__ import annotations

import io
import random

import pytest

from mailtrace.capture.octets import Octets, placed


@pytest.mark.parametrize("most", [1, 3, 1000, 10**6])
def test_windows_cover_the_source_once(most: int) -> None:
    data = random.Random(7).randbytes(5000)
    source = io.BytesIO(data)
    octets = Octets(placed(lambda size: source.read(min(size, most))))
    sizes = random.Random(8)
    taken = b""
    while not (octets.ended and not octets.buffer):
        octets.advance(0, sizes.randrange(1, 700))
        used = sizes.randrange(0, len(octets.buffer) + 1)
        assert octets.offset == len(taken)
        taken += octets.buffer[:used]
        octets.advance(used, 0)
    assert taken == data


def test_a_window_can_feed_another() -> None:
    source = io.BytesIO(b"0123456789")
    first = Octets(placed(source.read))
    first.advance(0, 4)
    second = Octets(placed(first.read))
    second.advance(0, 100)
    assert second.buffer == b"0123456789"
    assert second.ended


def test_a_window_stays_as_it_is_for_those_who_keep_it() -> None:
    source = io.BytesIO(bytes(range(200)))
    octets = Octets(source.readinto)
    kept = []
    for number in range(20):
        octets.advance(len(octets.buffer), 10)
        if number % 3:
            kept.append((number, octets.buffer))
    assert all(window == bytes(range(10 * number, 10 * number + 10)) for number, window in kept)


def test_a_failing_source_ends_with_its_reason() -> None:
    def read(size: int) -> bytes:
        raise OSError(5, "Input/output error")

    octets = Octets(placed(read))
    octets.advance(0, 10)
    assert (octets.buffer, octets.ended, octets.failure) == (b"", True, "Input/output error")
