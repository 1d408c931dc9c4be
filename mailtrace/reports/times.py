"""HOT. How times and durations are written, in one place (tests/bench `mail`)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mailtrace.model import NO_TIME

SECOND_NS = 1_000_000_000

SHORT_NS = 10_000_000
"""Below this, three decimals of a second are not enough."""

SECONDS_REMEMBERED = 4_096
"""Seconds whose text is kept: a capture's packets come in order, so most share the second of the one before."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _ToTheSecond(dict[str, str]):
    """The text of each second met, by its decimal number; forgotten all at once when there are too many."""

    def __missing__(self, number: str) -> str:
        if len(self) >= SECONDS_REMEMBERED:
            self.clear()
        self[number] = text = (_EPOCH + timedelta(seconds=int(number))).strftime("%Y-%m-%dT%H:%M:%S.")
        return text


_TO_THE_SECOND = _ToTheSecond()


def iso(time_ns: int | None) -> str | None:
    """Return a time as ISO 8601 in UTC with nanoseconds, None where there is none; any 64-bit value has a text."""
    if time_ns is None:
        return None
    if time_ns >= SECOND_NS:  # then the last nine digits are the fraction: a third of the cost of dividing
        digits = str(time_ns)
        return f"{_TO_THE_SECOND[digits[:-9]]}{digits[-9:]}Z"
    if time_ns == NO_TIME:
        return None
    whole, fraction = divmod(time_ns, SECOND_NS)
    return f"{_TO_THE_SECOND[str(whole)]}{fraction:09d}Z"


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
