"""HOT. How times and durations are written, in one place (tests/bench `mail`)."""

from __future__ import annotations

from datetime import datetime, timedelta

from mailtrace.model import NO_TIME
from mailtrace.model.remembered import Remembered

SECOND_NS = 1_000_000_000

SHORT_NS = 10_000_000
"""Below this, three decimals of a second are not enough."""

SECONDS_REMEMBERED = 4_096
"""Seconds whose text is kept: a capture's packets come in order, so most share the second of the one before."""

NINE_DIGITS = 100_000_000
"""From here on a fraction of a second in nanoseconds has all its digits, and needs no format that fills them up."""

_EPOCH = datetime(1970, 1, 1)  # in UTC: if it said so, `isoformat` would, too


def iso(time_ns: int | None) -> str | None:
    """Return a time as ISO 8601 in UTC with nanoseconds, None where there is none; any 64-bit value has a text."""
    if time_ns is None:
        return None
    second = time_ns // SECOND_NS
    fraction = time_ns % SECOND_NS
    text = _TEXTS.get(second)
    if text is None:
        if time_ns == NO_TIME:
            return None
        text = _TEXTS[second]
    return f"{text}{fraction}Z" if fraction >= NINE_DIGITS else f"{text}{fraction:09d}Z"


def _to_the_second(second: int) -> str:
    return f"{(_EPOCH + timedelta(seconds=second)).isoformat()}."  # four times as fast as strftime


_TEXTS = Remembered(_to_the_second, SECONDS_REMEMBERED, lambda second, _: second >= 0)
"""The text of each second met, but for those before 1970: where there is no time, there must be no text either."""


def seconds(duration_ns: int) -> float:
    """Return nanoseconds as seconds: the nearest number there is, which prints as the exact nine digits."""
    return duration_ns / SECOND_NS


def clock(time_ns: int | None) -> str:
    """Return a time to the millisecond as people read it, in UTC; 'no time' where there is none."""
    text = iso(time_ns)
    return "no time" if text is None else f"{text[:10]} {text[11:23]} UTC"


def offset(duration_ns: int) -> str:
    """Return a distance in time with its sign and three decimals, `+5.020`."""
    milliseconds = round(duration_ns / 1_000_000)
    return f"{'-' if milliseconds < 0 else '+'}{abs(milliseconds) // 1000}.{abs(milliseconds) % 1000:03d}"


def microseconds(duration_ns: int) -> str:
    """Return a distance in time with six decimals of a second, as Wireshark shows it; what is finer is cut off."""
    count = abs(duration_ns) // 1_000
    return f"{'-' if duration_ns < 0 else ''}{count // 1_000_000}.{count % 1_000_000:06d}"


def duration(duration_ns: int) -> str:
    """Return how long something took: seconds with three decimals, milliseconds where these would say nothing."""
    if duration_ns < SHORT_NS:
        return f"{duration_ns / 1_000_000:.2f} ms"
    return f"{offset(duration_ns).lstrip('+')} s"
