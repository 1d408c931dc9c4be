"""Clocks that are not the capture's, in plain words: whose, by how much, and whether a time zone explains it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mailtrace.explain.texts import counted, text
from mailtrace.mail.naming import Naming
from mailtrace.model import ClockCertainty, ClockSkew, Host, Note

UNITS = (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1))

NOTICEABLE_S = 1
"""Differences below are not told: stamps have no smaller unit, and clocks that are set by the network are that good."""


def clock_notes(hosts: Sequence[Host], taking_part: Iterable[str]) -> list[Note]:
    """Return a note for each clock that differs from the capture's noticeably, of the addresses that take part.

    Where all servers agree against the capture, one note says so.
    """
    addresses = set(taking_part)
    clocks = {host.address: host.clock for host in hosts if host.clock is not None and host.address in addresses}
    common = _common([each for each in clocks.values() if each.sure is not ClockCertainty.WEAK])
    if common is not None:
        return [common]
    naming = Naming(hosts)
    return [
        _note(naming.of(address), clock, clock.skew_s)
        for address, clock in clocks.items()
        if clock.skew_s is not None and abs(clock.skew_s) >= NOTICEABLE_S
    ]


def _common(servers: Sequence[ClockSkew]) -> Note | None:
    """Return the note that the capture's own clock is wrong, None where not all of several servers agree on that."""
    low_s = max((each.low_s for each in servers), default=0)
    high_s = min((each.high_s for each in servers if each.high_s is not None), default=0)
    skew_s = (low_s + high_s) / 2
    if len(servers) < 2 or low_s > high_s or low_s <= 0 <= high_s or abs(skew_s) < NOTICEABLE_S:
        return None
    which = "ahead" if skew_s > 0 else "behind"
    return Note("clock", text(f"clock.capture.{which}", amount=_amount(skew_s)), _packets(servers))


def _note(host: str, clock: ClockSkew, skew_s: float) -> Note:
    which = "ahead" if skew_s > 0 else "behind"
    if clock.sure is ClockCertainty.WEAK:
        which += ".dates"
    elif clock.zone_hours:
        which += ".zone"
    elif clock.high_s is None:
        which += ".least"
    fact = text(f"clock.{which}", host=host, amount=_amount(clock.zone_hours * 3_600 or skew_s))
    if clock.contradicting:
        fact = text("clock.others", fact=fact, count=f"{clock.contradicting:,}")
    return Note("clock", fact, _packets([clock]))


def _packets(clocks: Sequence[ClockSkew]) -> tuple[int, ...]:
    return tuple(sorted({packet for clock in clocks for each in clock.evidence for packet in each.packets}))


def _amount(skew_s: float) -> str:
    """Return a difference as people say it, in its two largest units: `9 hours`, `1 hour 2 minutes`, `0.4 seconds`."""
    left = abs(skew_s)
    if left < 10:
        return text("clock.seconds", seconds=f"{left:.1f}")
    left = round(left)
    parts: list[str] = []
    for noun, size in UNITS:
        count, left = divmod(left, size)
        if count or parts:
            parts.append(counted(noun, int(count)) if count else "")
    larger, smaller = [*parts, ""][:2]
    return text("clock.two-units", larger=larger, smaller=smaller) if smaller else larger
