"""Lanes: the VLANs and tunnels in which packets of the same two endpoints travel, and which conversation is in which.

Two networks that use the same addresses may be captured at once; then each has its own conversation. But one network
may also send the two directions through different VLANs, or show a packet before and after a router. So a lane that is
new to a stream joins the conversation whose octets its first packet continues, and only where there is none it begins
one of its own. Lanes that were found to carry one conversation stay together.
"""

from __future__ import annotations

from mailtrace.streams.packetrows import ACKNOWLEDGED, FLAGS, LANE, LENGTH, SEQUENCE, WAY
from mailtrace.streams.seqnum import MODULUS, distance

NEAR_OCTETS = 1 << 24
"""How far a sequence number may be from the one expected next and still continue the conversation: beyond a window."""

LANES_LIMIT = 64
"""Lanes told apart between the same two endpoints: more are no network. What is in further ones is left out."""

LEFT_OUT = LANES_LIMIT
"""Instead of a conversation's number."""

LANE_LINES = [LANE, WAY, SEQUENCE, ACKNOWLEDGED, FLAGS, LENGTH]
"""The numbers by which lanes are told apart."""

NO_LANE, SEVERAL = -1, -2
"""Instead of a lane: that none is known yet, and that there is more than one."""

FIN, SYN, ACK = 0x01, 0x02, 0x10


class Lanes:
    """The lanes of one stream that has had several, and the conversations in them, counted from 0."""

    __slots__ = ("_expected", "_talks")

    def __init__(self) -> None:
        self._talks: dict[int, int] = {}
        self._expected: list[list[int | None]] = []

    @property
    def count(self) -> int:
        """How many conversations there are."""
        return len(self._expected)

    def tell_apart(self, packets: list[list[int]]) -> list[int]:
        """Return the conversation, or `LEFT_OUT`, of each packet, given by its numbers, in capture order."""
        return [self._of(*packet) for packet in packets]

    def _of(self, lane: int, way: int, sequence: int, acknowledged: int, flags: int, length: int) -> int:
        answer = acknowledged if flags & ACK else None
        talk = self._talks.get(lane)
        if talk is None:
            if len(self._talks) == LANES_LIMIT:
                return LEFT_OUT
            talk = self._talks[lane] = self._joined(way, sequence, answer)
        expected = self._expected[talk]
        expected[way] = (sequence + length + bool(flags & SYN) + bool(flags & FIN)) % MODULUS
        if answer is not None:
            expected[1 - way] = answer
        return talk

    def _joined(self, way: int, sequence: int, answer: int | None) -> int:
        """Return the conversation that a packet in a new lane continues, or begins."""
        for talk, expected in enumerate(self._expected):
            if _is_near(expected[way], sequence) and _is_near(expected[1 - way], answer):
                return talk
        self._expected.append([None, None])
        return len(self._expected) - 1


def _is_near(expected: int | None, said: int | None) -> bool:
    return expected is None or said is None or abs(distance(expected, said)) <= NEAR_OCTETS
