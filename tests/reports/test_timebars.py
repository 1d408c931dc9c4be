"""Where the time went, drawn: a bar in the order of time, and a table with the letters of the bar."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mailtrace.model import Confidence, TimeShare, TimeTable, Walkthrough
from mailtrace.reports import markdown, terminal
from mailtrace.reports.timebars import WIDEST_BAR, bar, wait_cells
from tests.reports.analyses import submission
from tests.reports.test_terminal import console, shown

SECOND_NS = 1_000_000_000


def share(
    what: str, *spans: tuple[float, float], why: str = "", packets: tuple[int, ...] = (), likely: bool = False
) -> TimeShare:
    """Return a share that lies in spans of seconds."""
    in_ns = tuple((round(start * SECOND_NS), round(length * SECOND_NS)) for start, length in spans)
    sure = Confidence.LIKELY if likely else Confidence.CERTAIN
    return TimeShare(what, why, sum(length for _, length in in_ns), packets, sure, in_ns)


TABLE = TimeTable(
    6 * SECOND_NS,
    (
        share("ident, nobody answered", (0, 4.5), why="A firewall drops it.", packets=(4, 5)),
        share("greeting | pause", (5, 1), why="On purpose.", packets=(5, 6), likely=True),
        share("all else", (4.5, 0.5), why="Short."),
    ),
    ("greeting 6.00 s = ident 5.00 s",),
)


def test_a_bar_is_in_the_order_of_time() -> None:
    assert bar(TABLE, 12) == [0] * 9 + [2] + [1, 1]
    assert bar(TABLE, 6) == [0] * 4 + [0] + [1]  # of two halves the one told first
    assert len(bar(TABLE, 4_000)) == WIDEST_BAR


@given(some.lists(some.tuples(some.integers(0, 3), some.integers(1, 10**12)), min_size=1), some.integers(1, 120))
def test_each_cell_shows_a_share_that_lies_in_it(pieces: list[tuple[int, int]], width: int) -> None:
    spans: dict[int, list[tuple[int, int]]] = {}
    at = 0
    for number, length in pieces:
        spans.setdefault(number, []).append((at, length))
        at += length
    numbers = sorted(spans)
    shares = tuple(
        TimeShare("x", "", sum(each[1] for each in spans[n]), (), Confidence.CERTAIN, tuple(spans[n])) for n in numbers
    )
    shown = bar(TimeTable(at, shares), width)
    assert len(shown) == min(width, WIDEST_BAR)
    for cell, number in enumerate(shown):
        begin, end = cell * at, (cell + 1) * at
        inside = spans[numbers[number]]
        assert any(start * len(shown) < end and (start + length) * len(shown) > begin for start, length in inside)


def test_the_cells_of_the_table() -> None:
    assert wait_cells(TABLE)[:2] == [
        ("a", "4.500 s", "75.0 %", "ident, nobody answered", "4-5", "A firewall drops it."),
        ("b", "1.000 s", "16.7 %", "greeting | pause (likely)", "5-6", "On purpose."),
    ]


def page(width: int, level: str = "novice") -> list[str]:
    """Return the lines of a terminal that show where the time went."""
    told = Walkthrough((1,), "title", "summary", "result", (), times=TABLE)
    paper = console(width)
    terminal.render(submission(), [told], paper, level)
    lines = shown(paper).splitlines()
    return lines[next(at for at, line in enumerate(lines) if line.startswith("Where the time")) :]


def test_on_a_wide_terminal() -> None:
    lines = page(120)
    assert lines[1] == "greeting 6.00 s = ident 5.00 s"
    assert lines[2] == "a" * 75 + "c" * 8 + "b" * 17
    assert lines[3].split() == ["Duration", "Share", "What", "took", "it", "Packets", "Why"]
    assert " ".join(lines[5].split()) == "a 4.500 s 75.0 % ident, nobody answered 4-5 A firewall drops it."


def test_on_a_narrow_terminal_the_reasons_stand_below() -> None:
    lines = page(72)
    assert max(map(len, lines)) <= 72
    assert lines[6] == "    A firewall drops it."


@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_experts_get_no_reasons(width: int) -> None:
    text = "\n".join(page(width, "expert"))
    assert "firewall" not in text and "4-5" in text


def test_in_markdown() -> None:
    told = Walkthrough((1,), "title", "summary", "result", (), times=TABLE)
    report = markdown.render(submission(), [told])
    assert "**Where the time went: 6.000 s**\n\ngreeting 6.00 s \\= ident 5.00 s\n\n```text\n" in report
    assert "\n" + "a" * 54 + "c" * 6 + "b" * 12 + "\n```\n" in report
    assert "| b | 1.000 s | 16.7 \\% | greeting &#124; pause (likely) | 5-6 | On purpose. |" in report
    assert "On purpose." not in markdown.render(submission(), [told], "expert")
