"""How durations, packet numbers and alternatives are written in sentences, the same everywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from mailtrace.model.language import said
from mailtrace.model.network import NO_TIME

SECOND_NS = 1_000_000_000

NOT_THERE = "not in this file"

Renumber = Callable[[int], int | None]
"""Gives the number that a packet has in another file, None where it is not in it."""

_renumbered: ContextVar[Renumber | None] = ContextVar("renumbered", default=None)


def seconds(duration_ns: int) -> str:
    """Return a duration as people say it, in seconds: `4.99`, `12.3`, `0.021`, `0.0002`; no unit."""
    value = max(duration_ns, 0) / SECOND_NS
    if not value:
        return "0"
    for least, digits in ((10, 1), (0.1, 2), (0.001, 3)):
        if value >= least:
            return f"{value:.{digits}f}"
    return f"{value:.4f}"


def between(earlier_ns: int, later_ns: int) -> int:
    """Return the nanoseconds from one time to another, 0 where a capture does not tell one of them."""
    return 0 if NO_TIME in (earlier_ns, later_ns) else later_ns - earlier_ns


def rounded(duration_ns: int) -> str:
    """Return a duration to a tenth of a second, whole where it is whole: `3`, `1.5`; no unit."""
    return f"{max(duration_ns, 0) / SECOND_NS:.1f}".removesuffix(".0")


def numbers(packets: Iterable[int]) -> str:
    """Return packet numbers with runs joined: `16, 18-20`."""
    runs: list[list[int]] = []
    for number in sorted(set(packets)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ", ".join("-".join(str(end) for end in run) for run in runs)


def packets(those: Iterable[int]) -> str:
    """Return the numbers of packets as `numbers` does, in the file that is spoken of: see `renumbered`."""
    renumber = _renumbered.get()
    if renumber is None:
        return numbers(those)
    there = [number for number in map(renumber, those) if number is not None]
    return numbers(there) if there else said(NOT_THERE)


def alternatives(names: Sequence[str]) -> str:
    """Return names with commas and an `or` between them."""
    most, last = names[:-1], names[-1:]
    return said("{most} or {last}", most=", ".join(most), last=last[0]) if most else "".join(last)


@contextmanager
def renumbered(renumber: Renumber) -> Iterator[None]:
    """Speak for a while of packets by the numbers that they have in another file, such as one of a part of them."""
    before = _renumbered.set(renumber)
    try:
        yield
    finally:
        _renumbered.reset(before)
