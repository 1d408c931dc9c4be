"""Lines that scroll by above lines that are drawn anew; only the former where nothing can be drawn anew."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from mailtrace.reports.layout import Column, Page, fixed_widths
from mailtrace.reports.screen import Fact, Screen


class Terminal(io.StringIO):
    """Text that claims to go to a terminal."""

    def isatty(self) -> bool:
        return True

    def take(self) -> str:
        """Return what was written since the last call."""
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        return text


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("LINES", "10")
    monkeypatch.setenv("LANG", "C.UTF-8")
    return Terminal()


def say(words: str) -> Callable[[Page], None]:
    """Return who puts a line of words on a page."""

    def put(page: Page) -> None:
        page.put(page.text(words))

    return put


def test_standing_lines_make_way_for_those_that_scroll_by(terminal: Terminal) -> None:
    screen = Screen(terminal)
    screen.draw(None, [[Fact("one"), Fact("two")], [Fact("three")]])
    assert terminal.take() == "one · two\nthree"
    screen.draw(say("news"), [[Fact("one")]])
    assert terminal.take() == "\r\x1b[2K\x1b[1A\x1b[2Knews\none"
    screen.close()
    assert terminal.take() == "\r\x1b[2K"
    screen.close()
    assert terminal.take() == ""


def test_standing_lines_never_wrap_and_never_fill_the_screen(terminal: Terminal) -> None:
    screen = Screen(terminal)
    screen.draw(None, [[Fact("메일" * 30)]] * 9)
    lines = terminal.take().split("\n")
    assert lines == ["메일" * 9 + "메…"] * 5


def test_what_stands_is_made_safe(terminal: Terminal) -> None:
    Screen(terminal).draw(None, [[Fact("a\x1b[2Jb\nc")]])
    assert terminal.take() == r"a\x1b[2Jb\nc"


@pytest.mark.parametrize("term", ["dumb", None])
def test_h227_where_nothing_can_be_drawn_anew(term: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe, or a terminal that cannot move its cursor."""
    monkeypatch.setenv("TERM", term or "xterm")
    stream = Terminal() if term else io.StringIO()
    screen = Screen(stream)
    screen.draw(say("news"), [[Fact("state")]])
    screen.close()
    assert stream.getvalue() == "news\n"


def test_fixed_widths_share_the_page() -> None:
    columns = [Column("a", 4, 6), Column("b", 10, 40), Column("c", 10, 40)]
    assert fixed_widths(columns, 27) is None
    assert fixed_widths(columns, 28) == [4, 10, 10]
    assert fixed_widths(columns, 28 + 31) == [5, 25, 25]
    assert fixed_widths(columns, 500) == [6, 40, 40]
