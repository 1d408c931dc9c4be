"""How wide text is taken to be, and how it is broken into lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrace.reports.ladder.measure import Font, cut, measured, wrapped
from mailtrace.reports.safe import safe
from tests.reports.ladder.geometry import text_width


def cells(text: str) -> float:
    return float(len(text))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("one", ["one"]),
        ("one two three", ["one two", "three"]),
        ("lee@naver.com and kim", ["lee@", "naver.com", "and kim"]),
        ("abcdefghijklmnop", ["abcdefghij", "klmnop"]),
        ("a  b", ["a  b"]),
        ("mail.naver.com", ["mail.", "naver.com"]),
    ],
)
def test_lines_are_broken_where_they_read_well(text: str, lines: list[str]) -> None:
    assert wrapped(text, 10, cells) == lines


def test_what_does_not_fit_is_told_by_dots() -> None:
    assert wrapped("one two three four five", 9, cells, 2) == ["one two", "three…"]
    assert wrapped("abcdefghijklmnopqrstuvwxyz", 5, cells, 1) == ["abcd…"]
    assert cut("abcdef", 6, cells) == "abcdef"
    assert cut("abcdefg", 6, cells) == "abcde…"


def test_marks_stay_with_their_letter() -> None:
    measure = measured(Font(10, equal=True))
    lines = wrapped("ㄱ" + "e\u0301" * 30, 60, measure)
    assert len(lines) > 2 and all(not line.startswith("\u0301") for line in lines)


@given(st.text(max_size=60), st.floats(30, 400), st.booleans(), st.booleans())
def test_every_line_fits_and_nothing_is_lost(text: str, room: float, equal: bool, bold: bool) -> None:
    shown = safe(text)
    measure = measured(Font(12, equal, bold))
    lines = wrapped(shown, room, measure)
    assert all(measure(line) <= room for line in lines)
    assert "".join(lines).replace(" ", "") == shown.replace(" ", "")


@given(st.text(max_size=200), st.integers(1, 4))
def test_there_are_never_more_lines_than_asked_for(text: str, most: int) -> None:
    measure = measured(Font(12))
    lines = wrapped(safe(text), 80, measure, most)
    assert 1 <= len(lines) <= most
    assert all(measure(line) <= 80 for line in lines)


@pytest.mark.parametrize("text", ["mail.naver.com", "회의 안내", "TCP connection to port 25 (SMTP) opened", "+5.019"])
def test_text_is_never_taken_for_narrower_than_it_is(text: str) -> None:
    for equal, bold in ((False, False), (True, False), (False, True)):
        assert measured(Font(12, equal, bold))(text) >= text_width(text, 12, equal=equal, bold=bold) * 0.99
