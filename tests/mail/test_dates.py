"""Dates of every spelling met in mail. Numbers are those of the acceptance list, section K."""

from __future__ import annotations

import pytest

from mailtrace.mail.dates import parse_date
from tests.mail.contents import growth


@pytest.mark.parametrize(
    ("value", "iso"),
    [
        ("Fri, 26 Apr 2024 10:57:59 +0900", "2024-04-26T10:57:59+09:00"),
        ("26 Apr 2024 01:58:01 GMT", "2024-04-26T01:58:01+00:00"),
        ("Mon, 5 Oct 2009 11:36:07 +0530", "2009-10-05T11:36:07+05:30"),
        ("Thu,  4 Mar 2021 10:38:07 +0100 (CET)", "2021-03-04T10:38:07+01:00"),
        ("Sun, 22 Nov 2026 13:01 +0900", "2026-11-22T13:01:00+09:00"),
        ("Sun, 22 Nov 2026 13:01:00 -0000", "2026-11-22T13:01:00-00:00"),
        ("Sun, 22 Nov 2026 13:01:00", "2026-11-22T13:01:00-00:00"),
        ("Sun, 22 Nov 2026 13:01:00 XYZ", "2026-11-22T13:01:00-00:00"),
        ("Sun, 22 Nov 2026 13:01:00 EST", "2026-11-22T13:01:00-05:00"),
        ("(a (nested) comment) 22 (day) Nov 2026 13:01:00 +0900", "2026-11-22T13:01:00+09:00"),
        ("Thu, 13 Feb 69 23:32 -0330", "1969-02-13T23:32:00-03:30"),
        ("21 Nov 97 09:55:06 -0600", "1997-11-21T09:55:06-06:00"),
        ("1 Jan 05 00:00:00 +0000", "2005-01-01T00:00:00+00:00"),
        ("1 Jan 126 00:00:00 +0000", "2026-01-01T00:00:00+00:00"),
        ("Sun, 22-Nov-2026 13:01:00 +0900", "2026-11-22T13:01:00+09:00"),
        ("Sun Nov 22 13:01:00 2026", "2026-11-22T13:01:00-00:00"),
        ("Sun Nov  2 13:01:00 KST 2026", "2026-11-02T13:01:00+09:00"),
        ("2026-11-22T13:01:00+09:00", "2026-11-22T13:01:00+09:00"),
        ("2026-11-22T04:01:00.123456Z", "2026-11-22T04:01:00+00:00"),
        ("2026-11-22 13:01:00.5 +0900 KST m=+0.012", "2026-11-22T13:01:00+09:00"),
        ("Wed, 31 Dec 2008 23:59:60 +0000", "2008-12-31T23:59:60+00:00"),
    ],
)
def test_dates(value: str, iso: str) -> None:
    assert parse_date(value) == iso


@pytest.mark.parametrize(
    "value",
    [
        "",
        "yesterday",
        "Sun, 22 Nov " + "9" * 40 + " 13:01:00 +0900",
        "Sun, 22 Nov 0000 13:01:00 +0900",
        "Sun, 22 Nov 2026 13:01:00 +9999",
        "Sun, 22 Nov 2026 13:01:00 -2400",
        "Sun, 22 Nov 2026 24:61:00 +0900",
        "Sun, 22 Nov 2026 24:00:00 +0900",
        "Sun, 30 Feb 2026 13:01:00 +0900",
        "Sun, 22 Xyz 2026 13:01:00 +0900",
        "Sun, 22 Nov 2026 1٣:01:00 +0900",
        "9999-99-99T99:99:99Z",
        "((((",
        "\0\ud800",
    ],
)
def test_k212_what_is_no_date_is_none(value: str) -> None:
    assert parse_date(value) is None


@pytest.mark.parametrize("unit", [" ", "(", "1 ", "Sun, ", "\t(a)"])
def test_k212_linear(unit: str) -> None:
    assert growth(lambda size: parse_date(unit * size), 200_000) <= 2.6
