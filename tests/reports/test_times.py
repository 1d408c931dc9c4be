"""Times as text, over all of 64 bits."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrace.reports.times import clock, duration, iso, microseconds, offset, seconds


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [
        (1714096678924021000, "2024-04-26T01:57:58.924021000Z"),
        (0, "1970-01-01T00:00:00.000000000Z"),
        (1, "1970-01-01T00:00:00.000000001Z"),
        (999_999_999, "1970-01-01T00:00:00.999999999Z"),
        (1_000_000_000, "1970-01-01T00:00:01.000000000Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (-(2**63) + 1, "1677-09-21T00:12:43.145224193Z"),
        (2**63 - 1, "2262-04-11T23:47:16.854775807Z"),
        (-(2**63), None),
        (None, None),
    ],
)
def test_iso(time_ns: int | None, text: str | None) -> None:
    assert iso(time_ns) == text


@given(st.integers(-(2**63), 2**63 - 1))
def test_any_time_has_a_text(time_ns: int) -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z|None", str(iso(time_ns)))
    clock(time_ns)


def test_many_seconds_are_forgotten_and_still_right() -> None:
    assert [iso(n * 1_000_000_000) for n in range(5000)][4999] == "1970-01-01T01:23:19.000000000Z"
    assert iso(1_000_000_000) == "1970-01-01T00:00:01.000000000Z"


@pytest.mark.parametrize(
    ("duration_ns", "number"), [(5_079_851_000, 5.079851), (300_000, 0.0003), (1, 1e-9), (0, 0.0), (-5, -5e-9)]
)
def test_seconds(duration_ns: int, number: float) -> None:
    assert seconds(duration_ns) == number


@pytest.mark.parametrize(
    ("duration_ns", "text"),
    [
        (0, "+0.000"),
        (5_020_233_000, "+5.020"),
        (-3_000_000, "-0.003"),
        (999_600_000, "+1.000"),
        (10**14, "+100000.000"),
    ],
)
def test_offset(duration_ns: int, text: str) -> None:
    assert offset(duration_ns) == text


@pytest.mark.parametrize(
    ("duration_ns", "text"), [(5_079_851_000, "5.080 s"), (300_000, "0.30 ms"), (10_000_000, "0.010 s"), (0, "0.00 ms")]
)
def test_duration(duration_ns: int, text: str) -> None:
    assert duration(duration_ns) == text


def test_microseconds() -> None:
    assert microseconds(5_079_851_999) == "5.079851"
    assert microseconds(-1_500) == "-0.000001"


def test_clock() -> None:
    assert clock(1714096678924021000) == "2024-04-26 01:57:58.924 UTC"
    assert clock(-(2**63)) == "no time"
