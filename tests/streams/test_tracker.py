"""Octets come out in order and once, whatever the network and the capture did (e88 to e122 of the acceptance list)."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtrace.model import Closed, Data, Gap, Mark, Side, StreamEvent
from mailtrace.streams.half import PENDING_SEGMENTS, Budget
from mailtrace.streams.tracker import LINGER_NS, Tracker
from tests.streams.wire import ACK, CLIENT, FIN, PSH, RST, SERVER, SYN, Heard, Wire, heard

ISNS = [0, 1, 1000, 2**31 - 3, 2**31, 2**32 - 5, 2**32 - 1]


def segments_of(text: bytes, cuts: list[int]) -> list[tuple[int, bytes]]:
    """Return (relative sequence, octets) of the text cut at these places."""
    edges = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [(1 + a, text[a:b]) for a, b in pairwise(edges)]


@pytest.mark.parametrize("isn", ISNS)
def test_e89_e95_e96_one_octet_segments_at_any_start(isn: int) -> None:
    wire = Wire(client_isn=isn, server_isn=(isn + 77) % 2**32)
    wire.handshake()
    text = bytes(range(1, 60))
    for at, octet in enumerate(text):
        wire.packet(CLIENT, 1 + at, 1, ACK, bytes([octet]))
        wire.packet(SERVER, 1, 2 + at, ACK)
    result = heard(wire.rows, wire.buffer)
    assert result.octets(CLIENT) == text
    assert set(result.marks()) == {""}
    assert [p.sequence for p in result.tracker.packets[:4]] == [0, 0, 1, 1]


@settings(max_examples=300, deadline=None)
@given(
    st.binary(min_size=1, max_size=60), st.lists(st.integers(0, 60), max_size=6), st.randoms(), st.sampled_from(ISNS)
)
def test_e90_e91_any_order_and_any_repeats_give_the_same_octets(
    text: bytes, cuts: list[int], chance: random.Random, isn: int
) -> None:
    wire = Wire(client_isn=isn)
    wire.handshake()
    for sequence, octets in segments_of(text, cuts):
        wire.packet(CLIENT, sequence, 1, ACK | PSH, octets)
    for sequence, octets in segments_of(text, cuts[:2]):  # larger copies of the same
        wire.packet(CLIENT, sequence, 1, ACK | PSH, octets)
    data = list(range(3, len(wire.rows)))
    order = [*data, *chance.choices(data, k=5)]
    chance.shuffle(order)
    rows = wire.renumbered([0, 1, 2, *order])
    result = heard(rows, wire.buffer)
    assert result.octets(CLIENT) == text
    assert result.gaps(CLIENT) == []
    half = result.tracker.halves[CLIENT]
    captured = sum(row[7] for row in rows)
    assert half.delivered + half.duplicate + half.conflict + half.discarded == captured
    assert (half.delivered, half.conflict, half.discarded) == (len(text), 0, 0)


@settings(max_examples=200, deadline=None)
@given(
    st.binary(min_size=1, max_size=40),
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20), st.booleans()), max_size=12),
    st.integers(1, 4),
)
def test_octets_are_accounted_for_once_even_when_copies_differ(
    text: bytes, pieces: list[tuple[int, int, bool]], batch: int
) -> None:
    """Invariants 1, 4 and 12: nothing invented, nothing counted twice, batches change nothing."""
    wire = Wire()
    wire.handshake()
    for start, size, lies in pieces:
        octets = text[start : start + size]
        if octets:
            wire.packet(CLIENT, 1 + start, 1, ACK, bytes(255 - o for o in octets) if lies else octets)
    result = heard(wire.rows, wire.buffer)
    again = heard(wire.rows, wire.buffer, pieces=batch)
    assert again.events == result.events
    half = result.tracker.halves[CLIENT]
    assert half.delivered + half.duplicate + half.conflict + half.discarded == len(wire.buffer)
    reach = max((start + len(text[start : start + size]) for start, size, _ in pieces if text[start:]), default=0)
    assert len(result.octets(CLIENT)) == reach
    assert sum(missing for missing, _ in result.gaps(CLIENT)) == reach - half.delivered


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([CLIENT, SERVER]), st.integers(0, 3), st.booleans()), max_size=40),
    st.booleans(),
    st.integers(1, 6),
)
def test_all_that_passed_is_handed_on_or_named_whatever_was_not_captured(
    said: list[tuple[int, int, bool]], parts: bool, batch: int
) -> None:
    """Invariants 1 and 4, with holes on both sides at once, and with connections that begin and end as most do."""
    wire = Wire()
    wire.handshake()
    reached, missed = [1, 1], []
    for side, size, is_captured in said:
        wire.packet(side, reached[side], reached[1 - side], ACK | PSH, b"x" * size)
        reached[side] += size
        if not is_captured:
            missed.append(len(wire.rows) - 1)
    if parts:
        wire.packet(CLIENT, reached[CLIENT], reached[SERVER], FIN | ACK)
        wire.packet(SERVER, reached[SERVER], reached[CLIENT] + 1, FIN | ACK)
        wire.packet(CLIENT, reached[CLIENT] + 1, reached[SERVER] + 1, ACK)
    rows = wire.renumbered([at for at in range(len(wire.rows)) if at not in missed])
    result = heard(rows, wire.buffer)
    assert heard(rows, wire.buffer, pieces=batch).events == result.events
    for side in (CLIENT, SERVER):
        half = result.tracker.halves[side]
        assert len(result.octets(side)) == half.next
        assert sum(missing for missing, _ in result.gaps(side)) == half.missing
        if parts:
            assert half.next == reached[side] - 1
    assert set(result.closes()) == {Side.CLIENT, Side.SERVER}


def test_e92_larger_and_smaller_repeats() -> None:
    wire = Wire()
    wire.handshake()
    wire.packet(CLIENT, 1, 1, ACK, b"HELO ")
    wire.packet(CLIENT, 1, 1, ACK, b"HELO client\r\n")
    wire.packet(CLIENT, 6, 1, ACK, b"cli")
    result = heard(wire.rows, wire.buffer)
    assert result.octets(CLIENT) == b"HELO client\r\n"
    assert result.marks()[3:] == ["", "retransmission", "retransmission"]


def test_e93_a_copy_that_differs_is_a_conflict_and_the_first_wins() -> None:
    wire = Wire()
    wire.handshake()
    wire.packet(CLIENT, 1, 1, ACK, b"MAIL FROM:<a@b>\r\n")
    wire.packet(CLIENT, 1, 1, ACK, b"MAIL FROM:<x@y>\r\n")
    wire.packet(CLIENT, 30, 1, ACK, b"later")
    wire.packet(CLIENT, 28, 1, ACK, b"--LATE")
    result = heard(wire.rows, wire.buffer)
    assert result.octets(CLIENT) == b"MAIL FROM:<a@b>\r\n" + b"\0" * 10 + b"--later"
    assert [m for m in result.marks() if m] == ["overlap with different data", "overlap with different data"]


def test_e93_copies_of_parts_of_a_giant_are_compared_with_all_of_it() -> None:
    """Offloading gives one packet where the wire had many; what is repeated of it comes in the segments of the wire."""
    giant = bytes(range(256)) * 26
    wire = Wire()
    wire.handshake()
    wire.packet(CLIENT, 1, 1, ACK, giant)
    wire.packet(CLIENT, 1, 1, ACK, giant[:1460])
    wire.packet(CLIENT, 1 + 1460, 1, ACK, b"x" * 1460)
    for number in range(9):
        wire.packet(CLIENT, 1 + len(giant) + number, 1, ACK, b"y")
    wire.packet(CLIENT, 1, 1, ACK, b"z" * 100)
    marks = [mark for mark in heard(wire.rows, wire.buffer).marks() if mark]
    assert marks == ["retransmission", "overlap with different data", "retransmission"], "only the last eight are known"


def test_e97_octets_in_syn_count_once_they_are_acknowledged() -> None:
    for acknowledged, expected in ((6, b"EHLO again"), (1, b"HELO again")):
        wire = Wire()
        wire.packet(CLIENT, 0, 0, SYN, b"EHLO ")
        wire.packet(SERVER, 0, acknowledged, SYN | ACK)
        wire.packet(CLIENT, acknowledged, 1, ACK, b"HELO again"[acknowledged - 1 :])
        assert heard(wire.rows, wire.buffer).octets(CLIENT) == expected


def test_e97_octets_in_fin_are_delivered_and_in_rst_are_not() -> None:
    wire = Wire()
    wire.handshake()
    wire.packet(CLIENT, 1, 1, ACK | FIN, b"QUIT\r\n")
    wire.packet(SERVER, 1, 8, ACK | RST, b"reason")
    result = heard(wire.rows, wire.buffer)
    assert result.octets(CLIENT) == b"QUIT\r\n"
    assert result.octets(SERVER) == b""
    assert result.closes() == {Side.CLIENT: "fin", Side.SERVER: "rst"}


def test_e98_a_syn_repeated_with_another_start_counts_before_the_answer() -> None:
    wire = Wire(client_isn=100)
    wire.packet(CLIENT, 0, 0, SYN)
    wire.client_isn = 90_000
    wire.handshake()
    wire.packet(CLIENT, 1, 1, ACK, b"EHLO x\r\n")
    assert heard(wire.rows, wire.buffer).octets(CLIENT) == b"EHLO x\r\n"


def test_e99_of_several_syn_acks_the_acknowledged_one_counts() -> None:
    wire = Wire()
    wire.packet(CLIENT, 0, 0, SYN)
    wire.packet(SERVER, 0, 1, SYN | ACK)
    wire.server_isn = 777_000
    wire.packet(SERVER, 0, 1, SYN | ACK)
    wire.server_isn = 5000
    wire.packet(CLIENT, 1, 1, ACK)
    wire.packet(SERVER, 1, 1, ACK, b"220 hi\r\n")
    assert heard(wire.rows, wire.buffer).octets(SERVER) == b"220 hi\r\n"


def test_e101_in_the_middle_of_a_connection() -> None:
    wire = Wire()
    wire.packet(SERVER, 500, 300, ACK, b"250 ok\r\n")
    wire.packet(CLIENT, 300, 508, ACK, b"DATA\r\n")
    result = heard(wire.rows, wire.buffer)
    assert (result.octets(SERVER), result.octets(CLIENT)) == (b"250 ok\r\n", b"DATA\r\n")
    assert not result.tracker.whole()


def test_e102_one_direction_only() -> None:
    wire = Wire()
    wire.packet(CLIENT, 0, 0, SYN)
    wire.packet(CLIENT, 1, 1, ACK)
    for at in range(40):
        wire.packet(CLIENT, 1 + 6 * at, 1 + 50 * at, ACK, b"NOOP\r\n")
    result = heard(wire.rows, wire.buffer)
    assert result.octets(CLIENT) == b"NOOP\r\n" * 40
    assert result.gaps(SERVER) == [(50 * 39, "not captured")]


def test_e104_acknowledged_octets_that_were_not_captured() -> None:
    wire = Wire()
    wire.handshake()
    wire.packet(CLIENT, 1, 1, ACK, b"one ")
    wire.packet(CLIENT, 9, 1, ACK, b"three ")
    wire.packet(SERVER, 1, 15, ACK)
    for _ in range(9):
        wire.packet(SERVER, 1, 15, ACK)
    wire.packet(CLIENT, 15, 1, ACK, b"four")
    result = heard(wire.rows, wire.buffer)
    assert result.octets(CLIENT) == b"one \0\0\0\0three four"
    assert result.gaps(CLIENT) == [(4, "not captured")]
    delivered = [event.packet for event in result.events if isinstance(event, Data)]
    assert delivered == [4, 5, 16]


def test_e104_swapped_neighbours_are_no_hole() -> None:
    wire = Wire()
    wire.handshake()
    wire.packet(SERVER, 1, 5, ACK)  # the acknowledgement was captured before what it acknowledges
    wire.packet(CLIENT, 1, 1, ACK, b"one ")
    result = heard(wire.rows, wire.buffer)
    assert (result.octets(CLIENT), result.gaps(CLIENT)) == (b"one ", [])


def test_e105_a_hole_at_the_end_of_the_capture_is_lost() -> None:
    wire = Wire()
    wire.handshake()
    wire.packet(CLIENT, 5, 1, ACK, b"tail")
    result = heard(wire.rows, wire.buffer)
    assert result.octets(CLIENT) == b"\0\0\0\0tail"
    assert result.gaps(CLIENT) == [(4, "lost")]


def test_e106_far_ahead_is_out_of_window_unless_acknowledged() -> None:
    wire = Wire()
    wire.handshake()
    wire.packet(CLIENT, 1 + 2**30, 1, ACK, b"far")
    wire.packet(CLIENT, 1, 1, ACK, b"near")
    result = heard(wire.rows, wire.buffer)
    assert (result.octets(CLIENT), result.gaps(CLIENT)) == (b"near", [])
    assert result.marks()[3] == Mark.OUT_OF_WINDOW.value
    assert result.tracker.halves[CLIENT].discarded == 3


def test_e107_keep_alives_and_probes_are_no_data() -> None:
    wire = Wire()
    wire.handshake()
    wire.packet(CLIENT, 1, 1, ACK, b"NOOP\r\n")
    wire.packet(CLIENT, 6, 1, ACK, b"\n")
    wire.packet(CLIENT, 6, 1, ACK)
    wire.packet(CLIENT, 7, 1, ACK, b"Q")
    wire.packet(CLIENT, 7, 1, ACK, b"QUIT\r\n")
    result = heard(wire.rows, wire.buffer)
    assert result.octets(CLIENT) == b"NOOP\r\nQUIT\r\n"
    assert result.marks()[4:6] == ["keep-alive", "keep-alive"]


def test_e109_resets_out_of_window_and_resets_that_were_forged() -> None:
    wire = Wire()
    wire.handshake()
    wire.packet(SERVER, 1 + 2**29, 1, RST)
    wire.packet(CLIENT, 1, 1, ACK, b"still ")
    wire.packet(CLIENT, 7, 1, RST)
    wire.packet(CLIENT, 7, 1, ACK, b"here")
    result = heard(wire.rows, wire.buffer)
    assert result.octets(CLIENT) == b"still here"
    assert result.marks()[3] == "out of window"
    assert result.closes() == {Side.CLIENT: "open", Side.SERVER: "open"}


def test_e110_half_close_then_data_then_fin_out_of_order() -> None:
    wire = Wire()
    wire.handshake()
    wire.packet(CLIENT, 7, 1, ACK | FIN)
    wire.packet(CLIENT, 1, 1, ACK, b"QUIT\r\n")
    wire.packet(SERVER, 1, 8, ACK, b"221 bye\r\n")
    wire.packet(CLIENT, 8, 10, ACK, b"after")
    wire.packet(SERVER, 10, 8, ACK | FIN)
    result = heard(wire.rows, wire.buffer)
    assert (result.octets(CLIENT), result.octets(SERVER)) == (b"QUIT\r\n", b"221 bye\r\n")
    assert result.marks()[6] == "after close"
    assert result.closes() == {Side.CLIENT: "fin", Side.SERVER: "fin"}
    assert result.tracker.whole()


@pytest.mark.parametrize("new_isn", [1, 999, 1001, 2**31 + 5, 2**32 - 1])
@pytest.mark.parametrize("ending", ["fin", "rst", "none"])
def test_e111_a_syn_with_another_start_begins_a_new_conversation(new_isn: int, ending: str) -> None:
    wire = Wire()
    wire.handshake()
    wire.packet(CLIENT, 1, 1, ACK, b"QUIT\r\n")
    if ending == "fin":
        wire.packet(CLIENT, 7, 1, ACK | FIN)
        wire.packet(SERVER, 1, 8, ACK | FIN)
    if ending == "rst":
        wire.packet(SERVER, 1, 7, ACK | RST)
    begins = len(wire.rows)
    wire.client_isn = new_isn
    wire.handshake()
    tracker = Tracker(lambda event: None)
    assert tracker.feed(wire.rows, 0, bytes(wire.buffer)) == begins


def test_e111_long_after_the_close_anything_begins_a_new_conversation() -> None:
    wire = Wire()
    wire.handshake()
    wire.packet(CLIENT, 1, 1, ACK | FIN)
    wire.packet(SERVER, 1, 2, ACK | FIN)
    wire.packet(CLIENT, 2, 2, ACK)
    wire.time_ns += LINGER_NS
    wire.packet(CLIENT, 2, 2, ACK, b"new")
    tracker = Tracker(lambda event: None)
    assert tracker.feed(wire.rows, 0, bytes(wire.buffer)) == 6


def test_e117_e118_limits_behind_a_hole() -> None:
    wire = Wire()
    wire.handshake()
    for at in range(PENDING_SEGMENTS + 1):
        wire.packet(CLIENT, 3 + 2 * at, 1, ACK, b"x")
    result = heard(wire.rows, wire.buffer)
    assert result.gaps(CLIENT)[0] == (2, "limit")


def test_e117_all_streams_share_one_limit() -> None:
    budget = Budget(limit=100_000)
    for _ in range(3):
        wire = Wire()
        wire.handshake()
        for at in range(4):
            wire.packet(CLIENT, 2 + 10_000 * at, 1, ACK, b"x" * 10_000)
        events: list[StreamEvent] = []
        Tracker(events.append, budget=budget).feed(wire.rows, 0, bytes(wire.buffer))
    assert budget.pending_bytes <= 100_000
    assert [(e.missing, e.why.value) for e in events if isinstance(e, Gap)] == [(1, "limit")]


def test_e76_octets_cut_by_the_snap_length_are_a_hole_of_the_right_size() -> None:
    wire = Wire()
    wire.handshake()
    wire.packet(CLIENT, 1, 1, ACK, b"HELO client\r\n", cut=8)
    wire.packet(CLIENT, 14, 1, ACK, b"QUIT\r\n")
    result = heard(wire.rows, wire.buffer)
    assert result.octets(CLIENT) == b"HELO " + b"\0" * 8 + b"QUIT\r\n"
    assert result.gaps(CLIENT) == [(8, "not captured")]


def test_refused_and_unanswered_connections() -> None:
    wire = Wire()
    wire.packet(CLIENT, 0, 0, SYN)
    wire.packet(CLIENT, 0, 0, SYN)
    assert heard(wire.rows, wire.buffer).marks() == ["", "retransmission"]
    wire.packet(SERVER, 0, 1, RST | ACK)
    result = heard(wire.rows, wire.buffer)
    assert result.closes() == {Side.CLIENT: "open", Side.SERVER: "rst"}


def _swapped(order: list[int]) -> Heard:
    """A greeting, two commands and their answers, captured in another order."""
    wire = Wire()
    wire.handshake()
    wire.packet(SERVER, 1, 1, ACK | PSH, b"220 x\r\n")
    wire.packet(CLIENT, 1, 8, ACK | PSH, b"EHLO a\r\n")
    wire.packet(SERVER, 8, 9, ACK | PSH, b"250 x\r\n")
    wire.packet(CLIENT, 9, 15, ACK | PSH, b"QUIT\r\n")
    wire.packet(SERVER, 15, 15, ACK | PSH, b"221 x\r\n")
    wire.packet(CLIENT, 15, 22, ACK)
    return heard(wire.renumbered([0, 1, 2, *order]), wire.buffer)


SAID = [b"220 x\r\n", b"EHLO a\r\n", b"250 x\r\n", b"QUIT\r\n", b"221 x\r\n"]


@pytest.mark.parametrize("order", [[3, 5, 4, 6, 7, 8], [3, 4, 5, 7, 6, 8], [3, 5, 4, 7, 6, 8], [3, 5, 7, 4, 6, 8]])
def test_g144_what_is_said_to_octets_captured_later_comes_behind_them(order: list[int]) -> None:
    """G144: an answer that was captured before its command is handed on behind it."""
    result = _swapped(order)
    assert [event.data for event in result.events if isinstance(event, Data)] == SAID
    assert (result.gaps(CLIENT), result.gaps(SERVER)) == ([], [])


def test_g144_what_is_said_to_octets_that_never_come_waits_for_a_few_packets_only() -> None:
    """G144: behind the hole that the wait ends with."""
    wire = Wire()
    wire.handshake()
    wire.packet(CLIENT, 1, 1, ACK | PSH, b"EHLO a\r\n")
    for number in range(12):
        wire.packet(SERVER, 1 + number, 30, ACK | PSH, b"x")
    result = heard(wire.rows, wire.buffer)
    said = [event for event in result.events if not isinstance(event, Closed)]
    kinds = ["gap" if isinstance(event, Gap) else event.data for event in said]
    assert kinds == [b"EHLO a\r\n", "gap", *[b"x"] * 12]
    assert said[1].packet == 12
