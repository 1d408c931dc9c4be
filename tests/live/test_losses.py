"""Losses are counted, and holes in conversations are explained by them; B53."""

from __future__ import annotations

from mailtrace.live.handover import Loss
from mailtrace.live.losses import Losses
from mailtrace.model import (
    NO_TIME,
    ClosedHow,
    Conversation,
    Dialogue,
    Endpoint,
    Gap,
    GapReason,
    Note,
    Packet,
    Side,
    StreamKey,
    Transport,
)

SECOND = 10**9


def _conversation(hole_at: int) -> Conversation:
    """Return a conversation of a packet a second, 1 to 30, in which packet `hole_at` proved a hole."""
    packets = tuple(Packet(number, number * SECOND, Side.CLIENT, 0x10, 1, 1, 0) for number in range(1, 31))
    hole = Gap(Side.CLIENT, 100, GapReason.NOT_CAPTURED, hole_at, hole_at * SECOND)
    key = StreamKey(Endpoint("192.0.2.1", 40_000), Endpoint("192.0.2.2", 25), Transport.TCP)
    return Conversation(1, "smtp", key, 0, packets, Dialogue(events=[hole]), False, ClosedHow.OPEN)


def test_b53_nothing_lost_nothing_told() -> None:
    losses = Losses()
    losses.observe(_conversation(20))
    assert losses.notes() == []


def test_b53_a_hole_after_a_loss_is_explained_by_it() -> None:
    losses = Losses()
    losses.add([Loss(15 * SECOND, 16 * SECOND, 1_200, by_queue=False), Loss(15 * SECOND, 15 * SECOND, 34, True)])
    losses.observe(_conversation(18))
    assert (losses.by_kernel, losses.by_queue) == (1_200, 34)
    assert losses.notes() == [
        Note("packets-lost", "packets that were lost while this was captured: 1,200"),
        Note(
            "packets-not-analysed", "packets for which the analysis was too slow, and which it left out: 34", (), True
        ),
        Note("holes-explained", "holes in conversations at moments at which packets were lost: 1", (18,)),
    ]


def test_b53_a_hole_before_a_loss_or_long_after_is_not() -> None:
    losses = Losses()
    losses.add([Loss(15 * SECOND, 16 * SECOND, 1, by_queue=False)])
    losses.observe(_conversation(14))
    losses.observe(_conversation(29))
    assert [note.code for note in losses.notes()] == ["packets-lost"]


def test_b53_a_loss_without_a_time_explains_nothing() -> None:
    losses = Losses()
    losses.add([Loss(NO_TIME, NO_TIME, 1, by_queue=False)])
    losses.observe(_conversation(18))
    assert [note.code for note in losses.notes()] == ["packets-lost"]
