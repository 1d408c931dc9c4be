"""The search after damage is bounded: whatever the garbage, its cost grows with the octets and stops at a limit."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from time import process_time

import pytest

from mailtrace.capture import resync
from mailtrace.capture.octets import Octets, placed
from mailtrace.capture.resync import Resync
from tests.capture.builders import (
    SECOND,
    damaged,
    enhanced,
    frame,
    interface,
    notes_by_code,
    pcap,
    read_octets,
    record,
    section,
)


def octets_of(data: bytes) -> Octets:
    view = [0]

    def read(size: int) -> bytes:
        view[0] += size
        return data[view[0] - size : view[0]]

    return Octets(placed(read))


@pytest.mark.parametrize("place", [0, 1, 511, 512, 513, 300_000, 1_000_000])
def test_finds_a_mark_anywhere(place: int) -> None:
    octets = octets_of(bytes(place) + b"mark" + bytes(50))

    def look(low: int, high: int) -> int | None:
        found = octets.buffer.find(b"mark", low, high + 3)
        return found if 0 <= found < high else None

    found = Resync(octets).find(0, 3, look)
    assert found is not None
    assert octets.offset + found == place


def test_gives_up_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resync, "SCAN_LIMIT_BYTES", 10_000)
    search = Resync(octets_of(bytes(100_000)))
    assert search.find(0, 0, lambda low, high: None) is None
    assert search.limited
    assert search.find(0, 0, lambda low, high: low) is None


def test_gives_up_after_too_many_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resync, "PLACES_LIMIT", 3)
    data = pcap(1) + (b"\xff" * 16 + record(frame(1), SECOND) + record(frame(2), SECOND)) * 10
    rows, capture = read_octets(data)
    assert len(rows) == 1 + 2 * 3
    assert "given up" in capture.notes[-1].message
    assert damaged(capture)


def many_bad_headers(size: int) -> bytes:
    return pcap(1) + (b"\xff" * 16 + record(frame(1), SECOND) + record(frame(2), SECOND)) * (size // 168)


def random_octets(size: int) -> bytes:
    return pcap(1) + random.Random(size).randbytes(size)


def headers_that_lead_nowhere(size: int) -> bytes:
    return pcap(1) + b"\xff" * 16 + struct.pack("<IIII", SECOND, 0, 1, 1) * (size // 16)


def zeros(size: int) -> bytes:
    return pcap(1) + b"\xff" * 16 + bytes(size)


def many_bad_blocks(size: int) -> bytes:
    return section() + interface() + (struct.pack("<II", 6, 40) + bytes(32) + enhanced(frame(1))) * (size // 132)


def nested_section_magics(size: int) -> bytes:
    return section() + interface() + b"\n\r\r\n" * (size // 4)


def blocks_with_wrong_ends(size: int) -> bytes:
    return section() + interface() + struct.pack("<II", 6, 500_000) * (size // 8)


@pytest.mark.parametrize(
    "build",
    [
        many_bad_headers,
        random_octets,
        headers_that_lead_nowhere,
        zeros,
        many_bad_blocks,
        nested_section_magics,
        blocks_with_wrong_ends,
    ],
)
def test_a16_garbage_costs_linear_time(build: Callable[[int], bytes]) -> None:
    for size in (2**17, 2**20):
        began = process_time()
        _, capture = read_octets(build(size))
        assert process_time() - began < 3 * size / 2**20 + 0.3
        assert len(capture.notes) < 40
        assert damaged(capture)


def test_notes_of_many_places_are_counted() -> None:
    _, capture = read_octets(many_bad_headers(168 * 100))
    notes = [note for note in capture.notes if note.code == "damaged-record"]
    assert len(notes) == 26
    assert notes[-1].message == "and 75 more notes of this kind"
    assert notes_by_code(capture)["damaged-record"].damage
