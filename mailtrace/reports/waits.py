"""HOT. What the contract of JSON says of waits, key by key (tests/bench `mail`)."""

from __future__ import annotations

from msgspec import Struct

from mailtrace.model import Confidence, HopWait, Wait, WaitKind
from mailtrace.reports.times import iso, seconds

SIDES = ("client", "server")


class WaitRecord(Struct, gc=False):
    """What the contract says of a wait; `about` and `side` are null where there is nothing to name."""

    kind: WaitKind
    start: str | None
    duration_s: float
    packets: tuple[int, ...]
    confidence: Confidence
    about: str | None
    side: str | None


def wait_record(wait: Wait) -> WaitRecord:
    """Return the record of a wait."""
    side = wait.side
    return WaitRecord(
        wait.kind,
        iso(wait.start_ns),
        seconds(wait.duration_ns),
        wait.packets,
        wait.confidence,
        wait.about or None,
        None if side is None else SIDES[side],
    )


class HopWaitRecord(WaitRecord, gc=False):
    """What the contract says of a wait of a journey: of the hop at the place `hop`, or (`between`) until it began."""

    hop: int
    between: bool


def hop_wait_record(each: HopWait) -> HopWaitRecord:
    """Return the record of a wait of a journey."""
    wait, side = each.wait, each.wait.side
    return HopWaitRecord(
        wait.kind,
        iso(wait.start_ns),
        seconds(wait.duration_ns),
        wait.packets,
        wait.confidence,
        wait.about or None,
        None if side is None else SIDES[side],
        each.place,
        each.between,
    )
