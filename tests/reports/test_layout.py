"""Columns on a page: widths in cells, wrapping with an indent, and what each console can show."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.text import Text

from mailtrace.reports.layout import Column, Page, beside, column_widths, console, plain_locale, wrapped

PAGE = console(io.StringIO(), 40)


def lines(text: str, width: int) -> list[str]:
    return [line.plain for line in wrapped(PAGE, Text(text), width)]


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("short", 10, ["short"]),
        ("one two three", 8, ["one two", "three"]),
        ("    one two", 8, ["    one", "    two"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("가나다라", 5, ["가나", "다라"]),
        ("가나", 1, ["가", "나"]),
        ("", 5, [""]),
    ],
)
def test_wrapped(text: str, width: int, expected: list[str]) -> None:
    assert lines(text, width) == expected


def test_widths_are_natural_where_there_is_room() -> None:
    columns = [Column("a", 2, 5), Column("long title", 4, 30)]
    rows = [[[Text("1234567")], [Text("이름")]]]
    assert column_widths(columns, rows, 80) == [5, 10]


def test_widths_shrink_to_the_least_and_no_further() -> None:
    columns = [Column("", 2, 10), Column("", 4, 30)]
    rows = [[[Text("1" * 10)], [Text("2" * 30)]]]
    assert column_widths(columns, rows, 22) == [10, 10]
    assert column_widths(columns, rows, 8) == [2, 4]
    assert column_widths(columns, rows, 7) is None


def test_beside_lines_up_wide_characters() -> None:
    columns = [Column("", 2, 9), Column("", 2, 9, right=True), Column("", 2, 9)]
    shown = beside(PAGE, columns, [6, 4, 5], [[Text("가나다라")], [Text("7")], [Text("end"), Text("x")]])
    assert [line.plain.rstrip() for line in shown] == ["가나다     7  end", "라            x"]


def test_fit_cuts_by_cells() -> None:
    page = Page(PAGE, {})
    assert page.fit("가나다라", 8).plain == "가나다라"
    assert page.fit("가나다라", 6).plain == "가나…"
    assert page.fit("abcdef", 1).plain == "…"
    assert cell_len(page.fit("\u202e" * 50, 12).plain) <= 12


def test_symbols_follow_encoding_and_locale() -> None:
    assert Page(PAGE, {}).symbols.arrow == "→"
    assert Page(PAGE, {"LANG": "C"}).symbols.arrow == "->"


@pytest.mark.parametrize(
    ("environment", "plain"),
    [
        ({}, False),
        ({"LANG": "C.UTF-8"}, False),
        ({"LC_ALL": "C"}, True),
        ({"LC_ALL": "ko_KR.UTF-8", "LANG": "C"}, False),
        ({"LANG": "POSIX", "LC_CTYPE": "C.UTF-8"}, True),
    ],
)
def test_plain_locale(environment: dict[str, str], plain: bool) -> None:
    assert plain_locale(environment) is plain


def test_a_page_is_never_narrower_than_it_can_be() -> None:
    assert Page(console(io.StringIO(), 1)).width == 20


class Closed(io.StringIO):
    """A pipe whose reader has gone."""

    def write(self, text: str) -> int:
        raise BrokenPipeError

    def flush(self) -> None:
        raise BrokenPipeError


def test_a_closed_pipe_is_the_callers_to_handle() -> None:
    with pytest.raises(BrokenPipeError):
        Page(console(Closed(), 80)).put("x")
