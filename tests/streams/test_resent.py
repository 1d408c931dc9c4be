"""Packets that were sent again and packets that came late, told apart by times and acknowledgements."""

from __future__ import annotations

import pytest

from mailtrace.model import Flags, Mark, Packet, Side
from mailtrace.streams.resent import sent_again
from mailtrace.streams.roundtrip import ways_ns

CLIENT, SERVER = Side.CLIENT, Side.SERVER
SYN, ACK, FIN = int(Flags.SYN), int(Flags.ACK), int(Flags.FIN)

REPEAT, FILLS = Mark.RETRANSMISSION, Mark.OUT_OF_ORDER


class Wire:
    """Packets being written down; the handshake took 10 ms, six to the server and back."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self.add(0, CLIENT, flags=SYN, sequence=0)
        self.add(6, SERVER, flags=SYN | ACK, sequence=0)
        self.add(10, CLIENT, flags=ACK)

    def add(
        self, at_ms: float, side: Side, sequence: int = 1, length: int = 0, mark: Mark = Mark.NONE, acked: int = 1,
        flags: int = ACK, ip_id: int = 0,
    ) -> None:  # fmt: skip
        number = len(self.packets) + 1
        self.packets.append(Packet(number, round(at_ms * 1e6), side, flags, sequence, acked, length, mark, ip_id))

    def said(self, at_ms: float, sequence: int, mark: Mark = Mark.NONE, ip_id: int = 0) -> None:
        """Let the client send a hundred octets."""
        self.add(at_ms, CLIENT, sequence, 100, mark, ip_id=ip_id)

    def acked(self, at_ms: float, upto: int, times: int = 1) -> None:
        """Let the server acknowledge."""
        for _ in range(times):
            self.add(at_ms, SERVER, acked=upto)

    def judged(self) -> tuple[list[int], list[int]]:
        """Return the packets sent again and those that came late, the first after the handshake being 1."""
        again = sent_again(self.packets)
        return [each.number - 3 for each in again.resent], [each.number - 3 for each in again.late]


def test_all_is_new_and_in_order() -> None:
    wire = Wire()
    wire.said(20, 1)
    wire.said(20, 101)
    wire.acked(26, 201)
    assert wire.judged() == ([], [])


def test_overtaken_on_the_way() -> None:
    wire = Wire()
    wire.said(20, 101)
    wire.said(22, 1, FILLS)
    assert wire.judged() == ([], [2])


def test_lost_before_the_capture_and_asked_for() -> None:
    wire = Wire()
    wire.said(20, 101)
    wire.acked(26, 1, 4)
    wire.said(30, 1, FILLS)
    assert wire.judged() == ([6], [])


def test_what_comes_sooner_than_any_repeat_can_was_overtaken() -> None:
    """The duplicate acknowledgements are about an earlier hole."""
    wire = Wire()
    wire.said(20, 101)
    wire.acked(26, 1, 4)
    wire.said(30, 301)
    wire.acked(30.5, 1, 2)
    wire.said(31, 201)
    assert wire.judged() == ([], [9])


def test_lost_before_the_capture_and_sent_again_by_the_clock() -> None:
    wire = Wire()
    wire.said(20, 101)
    wire.said(230, 1, FILLS)
    assert wire.judged() == ([2], [])


def test_lost_behind_the_capture() -> None:
    wire = Wire()
    wire.said(20, 1)
    wire.said(230, 1, REPEAT)
    assert wire.judged() == ([2], [])


def test_an_original_behind_its_repeat_and_a_second_repeat() -> None:
    wire = Wire()
    wire.said(20, 101)
    wire.acked(26, 1, 4)
    wire.said(30, 1, FILLS)
    wire.said(33, 1, REPEAT)
    wire.said(36, 1, REPEAT)
    assert wire.judged() == ([6, 8], [7])


def test_a_repeat_of_a_repeat_comes_as_late_as_any() -> None:
    wire = Wire()
    wire.said(20, 101)
    wire.acked(26, 1, 4)
    wire.said(30, 1, FILLS)
    wire.said(250, 1, REPEAT)
    assert wire.judged() == ([6, 7], [])


def test_an_original_that_was_overtaken_and_sent_again_after_all() -> None:
    wire = Wire()
    wire.said(20, 101)
    wire.said(24, 1, FILLS)
    wire.said(31, 1, REPEAT)
    assert wire.judged() == ([3], [2])


def test_what_was_acknowledged_before_it_was_seen_came_late() -> None:
    wire = Wire()
    wire.said(20, 101)
    wire.acked(26, 201)
    wire.said(90, 1, FILLS)
    assert wire.judged() == ([], [3])


def test_overtaken_by_a_fin() -> None:
    wire = Wire()
    wire.add(20, CLIENT, 101, flags=int(Flags.FIN) | ACK)
    wire.said(25, 1)
    assert wire.judged() == ([], [2])


@pytest.mark.parametrize(("ids", "judged"), [
    ((10, 12, 13), ([2, 3], [])),
    ((10, 13, 12), ([2, 3], [3])),
    ((10, 12, 9), ([2], [3])),
    ((65535, 2, 1), ([2, 3], [3])),
    ((1, 3, 65535), ([2], [3])),
    ((10, 5_000, 9_000), ([3], [2])),
    ((-1, -1, -1), ([3], [2])),
])  # fmt: skip
def test_identifications_settle_what_times_cannot(
    ids: tuple[int, int, int], judged: tuple[list[int], list[int]]
) -> None:
    """Lab capture 08, packets 549, 579 and 584: two repeats, the first of them overtaken by the second. Identifications
    that are far apart are random, or of a host that talks to many.
    """
    wire = Wire()
    wire.said(20, 101, ip_id=ids[0])
    wire.said(25, 1, FILLS, ip_id=ids[1])
    wire.said(27, 1, REPEAT, ip_id=ids[2])
    assert wire.judged() == judged


def test_a_farewell_sent_again_and_one_overtaken_by_what_follows_it() -> None:
    """Lab capture 08, packets 220 and 223, 275 and 276."""
    wire = Wire()
    wire.add(20, SERVER, flags=FIN | ACK)
    wire.add(30, SERVER, flags=FIN | ACK, mark=REPEAT)
    wire.add(40, CLIENT, 2, acked=2)
    wire.add(45, CLIENT, flags=FIN | ACK, acked=2)
    assert wire.judged() == ([2], [4])


def test_a_syn_ack_is_judged_and_a_syn_is_not() -> None:
    wire = Wire()
    wire.add(1_006, SERVER, flags=SYN | ACK, sequence=0, mark=REPEAT)
    wire.add(1_010, CLIENT, flags=SYN, sequence=0, mark=REPEAT)
    assert wire.judged() == ([1], [])


@pytest.mark.parametrize("mark", [Mark.KEEP_ALIVE, Mark.OUT_OF_WINDOW, Mark.AFTER_CLOSE, Mark.OVERLAP_CONFLICT])
def test_other_marks_have_rules_of_their_own(mark: Mark) -> None:
    wire = Wire()
    wire.said(20, 1)
    wire.said(230, 1, mark)
    assert wire.judged() == ([], [])


def test_the_way_is_measured_in_the_handshake() -> None:
    assert ways_ns(Wire().packets) == (4_000_000, 6_000_000)
    assert ways_ns(Wire().packets[2:]) == (0, 0)


def test_a_late_answer_to_one_of_several_calls_tells_nothing_of_the_way() -> None:
    """Lab capture 08, packets 86 to 89: the SYN that was answered was captured last."""
    wire = Wire()
    wire.packets = [
        Packet(86, 0, CLIENT, SYN, 0, 0, 0),
        Packet(87, 1_024_000_000, SERVER, SYN | ACK, 0, 1, 0),
        Packet(88, 1_026_000_000, CLIENT, ACK, 1, 1, 0),
    ]
    assert ways_ns(wire.packets) == (2_000_000, 1_024_000_000)
    wire.packets.append(Packet(89, 1_032_000_000, CLIENT, SYN, 0, 0, 0, REPEAT))
    assert ways_ns(wire.packets) == (2_000_000, 0)
