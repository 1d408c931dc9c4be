"""The record layer: how one side's octets are cut, whatever the segments, the holes and the sender do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrace.model import Data, Gap, GapReason, Side
from mailtrace.tls.records import Hole, NoRecord, Piece, Record, RecordReader

HELLO = bytes.fromhex("160301 0004") + b"\x01\0\0\0"
FIRST = bytes.fromhex("170303 0003") + b"one"
SECOND = bytes.fromhex("170303 0003") + b"two"
THIRD = bytes.fromhex("170303 0005") + b"three"


def data(octets: bytes, packet: int = 1) -> Data:
    """Return what a client sends in one packet."""
    return Data(Side.CLIENT, octets, packet, packet * 10)


def gap(missing: int, packet: int = 9) -> Gap:
    """Return a hole in what it sends."""
    return Gap(Side.CLIENT, missing, GapReason.LOST, packet, packet * 10)


def cut(*events: Data | Gap) -> list[Piece]:
    """Return the pieces that a reader makes of events."""
    reader = RecordReader()
    return [piece for event in events for piece in reader.feed(event)]


def bodies(pieces: list[Piece]) -> list[bytes]:
    """Return the bodies of the records among the pieces."""
    return [piece.body for piece in pieces if isinstance(piece, Record)]


def test_records_in_one_packet() -> None:
    assert cut(data(HELLO + FIRST)) == [
        Record(22, 0x0301, b"\x01\0\0\0", 1, 10),
        Record(23, 0x0303, b"one", 1, 10),
    ]


@given(st.lists(st.integers(0, len(HELLO + FIRST + SECOND + THIRD)), max_size=8))
def test_any_segments_give_the_same_records(places: list[int]) -> None:
    """RELIABILITY F127: octet by octet or all at once."""
    octets = HELLO + FIRST + SECOND + THIRD
    ends = [*sorted(places), len(octets)]
    starts = [0, *ends[:-1]]
    pieces = [octets[start:end] for start, end in zip(starts, ends, strict=True)]
    events = [data(piece, packet) for packet, piece in enumerate(pieces, 1)]
    assert bodies(cut(*events)) == [b"\x01\0\0\0", b"one", b"two", b"three"]


def test_a_record_belongs_to_the_packet_that_completes_it() -> None:
    pieces = cut(data(HELLO[:3], 4), data(HELLO[3:7], 6), data(HELLO[7:] + FIRST[:1], 8), data(FIRST[1:], 11))
    assert [piece.packet for piece in pieces] == [8, 11]


def test_the_longest_record_and_one_that_is_longer() -> None:
    """RELIABILITY F127: a length above 2^14 + 2048 is no record, and ends what can be cut."""
    longest = bytes.fromhex("170303 4800") + bytes(18432)
    assert len(bodies(cut(data(longest + FIRST)))) == 2
    pieces = cut(data(FIRST + bytes.fromhex("170303 4801") + b"rest"), data(SECOND, 2))
    assert pieces == [
        Record(23, 0x0303, b"one", 1, 10),
        NoRecord(bytes.fromhex("170303 4801") + b"rest", 1, 10, too_long=True),
        NoRecord(SECOND, 2, 20),
    ]


def test_text_after_records() -> None:
    assert cut(data(FIRST), data(b"QUIT\r\n", 2))[1:] == [NoRecord(b"QUIT\r\n", 2, 20)]


def test_text_before_the_first_record_is_taken_off() -> None:
    """RELIABILITY F130: what a server says in clear before its hello does not hide the hello."""
    pieces = cut(data(b"250 injected\r\n" + HELLO), data(FIRST, 2))
    assert pieces[0] == NoRecord(b"250 injected\r\n", 1, 10, before=True)
    assert bodies(pieces) == [b"\x01\0\0\0", b"one"]


def test_noise_before_a_record_is_looked_through_up_to_a_limit() -> None:
    pieces = cut(*(data(b"x" * 1000, packet) for packet in range(1, 8)), data(HELLO, 9))
    assert bodies(pieces) == []
    assert sum(len(piece.octets) for piece in pieces if isinstance(piece, NoRecord)) == 7009


def test_the_hello_of_ssl_2() -> None:
    """RELIABILITY F127: the old form is only taken for the first record."""
    hello = bytes.fromhex("800c 01 0303 0003 0000 0000 00002f")
    assert cut(data(hello + FIRST)) == [
        Record(22, 0x0303, bytes.fromhex("01 0303 0003 0000 0000 00002f"), 1, 10, ssl2=True),
        Record(23, 0x0303, b"one", 1, 10),
    ]
    assert bodies(cut(data(FIRST + hello))) == [b"one"]


def test_empty_records_are_records() -> None:
    """RELIABILITY F127: a flood of them takes time by their number, and no more."""
    assert bodies(cut(data(bytes.fromhex("170303 0000") * 10_000))) == [b""] * 10_000


@pytest.mark.parametrize("missing", [1, 2])
def test_a_hole_inside_a_record_costs_that_record(missing: int) -> None:
    left = THIRD[7 + missing :]
    pieces = cut(data(FIRST + THIRD[:7]), gap(missing), data(left + SECOND, 12))
    assert pieces[1] == Hole(10, GapReason.LOST, 9, 90)
    assert bodies(pieces) == [b"one", b"two"]


def test_a_hole_up_to_the_end_of_a_record() -> None:
    pieces = cut(data(FIRST + THIRD[:7]), gap(3), data(SECOND + THIRD, 12))
    assert bodies(pieces) == [b"one", b"two", b"three"]


def test_behind_a_longer_hole_records_are_found_by_two_headers() -> None:
    pieces = cut(data(FIRST), gap(500), data(b"\x17\x03\x03\0\x01 middle of one" + SECOND + THIRD, 12))
    assert pieces[1] == Hole(500, GapReason.LOST, 9, 90)
    assert bodies(pieces) == [b"one", b"two", b"three"]


def test_behind_a_longer_hole_records_may_begin_at_once() -> None:
    assert bodies(cut(data(FIRST), gap(500), data(SECOND, 12), data(THIRD, 13))) == [b"one", b"two", b"three"]


def test_behind_a_longer_hole_the_next_header_may_come_later() -> None:
    events = [data(FIRST), gap(500), data(b"zz" + SECOND + THIRD[:2], 12), data(THIRD[2:4], 13), data(THIRD[4:], 14)]
    assert bodies(cut(*events)) == [b"one", b"two", b"three"]


def test_a_hole_in_a_header() -> None:
    assert bodies(cut(data(FIRST + SECOND[:3]), gap(5), data(THIRD + SECOND, 12))) == [b"one", b"three", b"two"]


@given(st.lists(st.binary(max_size=40) | st.integers(1, 60), max_size=12))
def test_nothing_raises_and_no_octet_is_told_twice(said: list[bytes | int]) -> None:
    events = [data(each, at) if isinstance(each, bytes) else gap(each, at) for at, each in enumerate(said, 1)]
    pieces = cut(*events)
    octets = sum(len(piece.body) for piece in pieces if isinstance(piece, Record))
    octets += sum(len(piece.octets) for piece in pieces if isinstance(piece, NoRecord))
    assert octets <= sum(len(each) for each in said if isinstance(each, bytes))
