"""Layers over tiles: whatever is laid over them, they cover the same time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from mailtrace.explain.waits.tiles import MOST_PACKETS, joined, laid_over
from mailtrace.model import Wait, WaitKind
from tests.explain.waits.tiling import wait

SERVER, CLIENT, LOOKUP, IDENT = WaitKind.SERVER, WaitKind.CLIENT, WaitKind.LOOKUP, WaitKind.IDENT
ALL = frozenset(WaitKind)


def short(tiles: list[Wait]) -> list[tuple[WaitKind, float, tuple[int, ...]]]:
    """Return kind, seconds and packets of each."""
    return [(tile.kind, tile.duration_ns / 1e9, tile.packets) for tile in tiles]


def test_a_layer_cuts_a_tile_and_takes_its_packets_for_the_ends() -> None:
    tiles = laid_over([wait(SERVER, 0, 5, 1, 9)], [wait(LOOKUP, 1, 2, 4, 5)], {SERVER})
    assert short(tiles) == [(SERVER, 1, (1, 4)), (LOOKUP, 2, (4, 5)), (SERVER, 2, (5, 9))]


def test_only_some_kinds_are_covered() -> None:
    tiles = [wait(SERVER, 0, 1, 1, 2), wait(CLIENT, 1, 1, 2, 3), wait(SERVER, 2, 1, 3, 4)]
    cut = laid_over(tiles, [wait(LOOKUP, 0.5, 2, 7)], {SERVER})
    assert [(tile.kind, tile.duration_ns / 1e9) for tile in cut] == [
        (SERVER, 0.5), (LOOKUP, 0.5), (CLIENT, 1), (LOOKUP, 0.5), (SERVER, 0.5),
    ]  # fmt: skip


def test_of_two_that_overlap_the_first_is_seen() -> None:
    tiles = laid_over([wait(SERVER, 0, 5, 1, 9)], [wait(IDENT, 2, 3, 6), wait(LOOKUP, 1, 2, 4)], {SERVER})
    assert [(tile.kind, tile.duration_ns / 1e9) for tile in tiles] == [(SERVER, 1), (LOOKUP, 2), (IDENT, 2)]


def test_what_lies_outside_is_cut_off() -> None:
    tiles = laid_over([wait(SERVER, 1, 2, 1, 9)], [wait(LOOKUP, 0, 2, 4), wait(IDENT, 2.5, 9, 6)], {SERVER})
    assert [(tile.kind, tile.duration_ns / 1e9) for tile in tiles] == [(LOOKUP, 1), (SERVER, 0.5), (IDENT, 0.5)]


def test_neighbours_of_one_reason_are_one() -> None:
    tiles = [wait(SERVER, 0, 1, 1, 2), wait(SERVER, 1, 1, 2, 3), wait(SERVER, 2, 0, 3), wait(CLIENT, 2, 1, 3, 4)]
    assert short(list(joined(tiles))) == [(SERVER, 2, (1, 2, 3)), (CLIENT, 1, (3, 4))]


def test_of_many_packets_the_first_and_the_last_are_proof() -> None:
    tiles = [wait(SERVER, second, 1, second, second + 1) for second in range(MOST_PACKETS)]
    assert short(list(joined(tiles))) == [(SERVER, 24, (0, 24))]


SPAN = some.tuples(some.sampled_from([SERVER, CLIENT, LOOKUP, IDENT]), some.integers(-5, 40), some.integers(0, 20))


@given(some.lists(some.integers(1, 9), max_size=6), some.lists(SPAN), some.sets(some.sampled_from(list(ALL))))
def test_tiles_cover_the_same_time_whatever_is_laid_over_them(
    lengths: list[int], layer: list[tuple[WaitKind, int, int]], kinds: set[WaitKind]
) -> None:
    tiles, at = [], 0
    for length in lengths:
        tiles.append(wait((SERVER, CLIENT)[length % 2], at, length, at, at + length))
        at += length
    cut = joined(laid_over(tiles, [wait(kind, start, length, 99) for kind, start, length in layer], kinds))
    reached = wait(SERVER, 0, 0).start_ns
    for tile in cut:
        assert tile.start_ns == reached and tile.duration_ns > 0
        reached = tile.end_ns
    assert reached == wait(SERVER, at, 0).start_ns
