"""Read the dates that mail carries into ISO 8601, each with its own offset.

Three spellings occur: that of RFC 5322 section 3.3 (with its obsolete forms of section 4.3), the one of C's asctime,
and ISO 8601 as some Received fields have it, maybe followed by Go's `KST m=+0.01`. Nothing raises: a date that is none,
or cannot exist, is None. An unknown offset is `-00:00` (RFC 3339 section 4.3), never a guess.
"""

from __future__ import annotations

import re
from datetime import date as calendar_date
from functools import lru_cache

from mailtrace.mail.headers import without_comments

DATE_LIMIT = 200
"""Characters looked at: the longest sensible date with comments has about sixty."""

REMEMBERED_DATE = 40
"""Characters of a date that is read once for all its repetitions: trace fields repeat it, and each hop all of them."""

USUAL_DAY_LIMIT = 17
"""Characters of `Fri, 26 Apr 2024 ` at most."""

_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}

_ZONES = {
    "ut": "+00:00", "utc": "+00:00", "gmt": "+00:00", "z": "+00:00", "kst": "+09:00",
    "edt": "-04:00", "est": "-05:00", "cdt": "-05:00", "cst": "-06:00",
    "mdt": "-06:00", "mst": "-07:00", "pdt": "-07:00", "pst": "-08:00",
}  # fmt: skip
"""The zone names of RFC 5322 section 4.3, and Korea's, which is unambiguous; all others are unknown offsets."""

_USUAL_DAY = re.compile(r"(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) ", re.ASCII)
_USUAL_TIME = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)) ([+-](?:[01]\d|2[0-3]))([0-5]\d)(?!\d)", re.ASCII)
_INTERNET = re.compile(
    r"(?:[A-Za-z]{2,9}\.? ?,? ?)?(\d{1,2})[ -]([A-Za-z]{3})[A-Za-z]{0,6}[.,]?[ -](\d{2,4}),? "
    r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:\.\d{1,9})?)?(?: ?([+-]\d{4}(?!\d)|[A-Za-z]{1,5}\b)| ?\Z)",
    re.ASCII,
)
_ASCTIME = re.compile(
    r"[A-Za-z]{3} ([A-Za-z]{3}) (\d{1,2}) (\d{1,2}):(\d{2}):(\d{2}) (?:([A-Za-z]{1,5}) )?(\d{4})(?!\d)"
    r"(?: ([+-]\d{4}))?",
    re.ASCII,
)
_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)? ?([+-]\d{2}:?\d{2}|[A-Za-z]{1,5})?",
    re.ASCII,
)


def parse_date(value: str) -> str | None:
    """Return the date in a header value as ISO 8601 to the second, such as `2024-04-26T10:57:59+09:00`, or None."""
    value = value.rstrip()
    return (_read if len(value) <= REMEMBERED_DATE else _read.__wrapped__)(value)


@lru_cache(maxsize=1024)
def _read(value: str) -> str | None:
    at = value.find(":") - 2
    date = _usual_day(value[:at]) if 0 < at <= USUAL_DAY_LIMIT else None
    found = _USUAL_TIME.match(value, at) if date else None
    if found is not None:
        time, hours, minutes = found.groups()
        return f"{date}T{time}{hours}:{minutes}"
    value = " ".join(without_comments(value[:DATE_LIMIT]).split())
    found = _INTERNET.match(value)
    if found is not None:
        day, month, year, hour, minute, second, offset = found.groups()
        return _iso(year, _MONTHS.get(month.lower(), 0), day, hour, minute, second, offset)
    found = _ASCTIME.match(value)
    if found is not None:
        month, day, hour, minute, second, name, year, offset = found.groups()
        return _iso(year, _MONTHS.get(month.lower(), 0), day, hour, minute, second, offset or name)
    found = _ISO.match(value)
    if found is None:
        return None
    year, month, day, hour, minute, second, offset = found.groups()
    return _iso(year, int(month), day, hour, minute, second, offset)


@lru_cache(maxsize=256)
def _usual_day(text: str) -> str | None:
    """Return the day that a usual date begins with; most mails of a capture are of the same one."""
    found = _USUAL_DAY.fullmatch(text)
    return None if found is None else _day(found[3], _MONTHS.get(found[2].lower(), 0), found[1])


def _iso(year: str, month: int, day: str, hour: str, minute: str, second: str | None, offset: str | None) -> str | None:
    """Return the parts, strings of digits as sent, as one ISO 8601 date if they can be one."""
    if len(year) < 4:  # RFC 5322 section 4.3
        year = str(int(year) + (2000 if len(year) == 2 and year < "50" else 1900))
    zone = _offset(offset)
    hour, second = hour.zfill(2), second or "00"
    if zone is None or hour > "23" or minute > "59" or second > "60":
        return None
    date = _day(year, month, day)
    return f"{date}T{hour}:{minute}:{second}{zone}" if date else None


def _day(year: str, month: int, day: str) -> str | None:
    """Return a day as ISO 8601, None when there is no such day."""
    try:
        return calendar_date(int(year), month, int(day)).isoformat()
    except ValueError:
        return None


def _offset(offset: str | None) -> str | None:
    """Return an offset as `+09:00`, `-00:00` when it is unknown or missing, None when it cannot be one."""
    if offset is None:
        return "-00:00"
    if offset[0] not in "+-":
        return _ZONES.get(offset.lower(), "-00:00")
    hours, minutes = offset[:3], offset[-2:]
    return f"{hours}:{minutes}" if hours[1:] <= "23" and minutes <= "59" else None
