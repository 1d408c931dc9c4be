"""A terminal on which lines scroll by while the last few are drawn anew: how things stand right now.

Where output is no terminal, or one that cannot move its cursor, there are only the lines that scroll by.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TextIO

from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

from mailtrace.reports.layout import Page, console

MOST_STANDING = 12
"""Standing lines at most; and never more than half of the terminal."""


class Fact(NamedTuple):
    """A piece of a standing line, not yet made safe, and its style."""

    text: str
    style: str = ""


class Screen:
    """Draws on `stream`; `can_stand` tells whether lines can be drawn anew."""

    def __init__(self, stream: TextIO) -> None:
        self._console = console(stream)
        self.can_stand = self._console.is_terminal and not self._console.is_dumb_terminal
        self._drawn = 0

    @property
    def room(self) -> int:
        """How many lines may stand."""
        return max(1, min(MOST_STANDING, self._console.height // 2))

    def draw(self, scroll: Callable[[Page], None] | None, stand: Sequence[Sequence[Fact]]) -> None:
        """Let the lines that `scroll` puts on a page scroll by, and draw those of `stand` below, each cut to fit."""
        page = Page(self._console)
        with self._console:  # all at once, so that nothing flickers
            self.clear()
            if scroll is not None:
                scroll(page)
            if self.can_stand:
                lines = [self._line(page, facts) for facts in stand[: self.room]]
                self._console.print(Text("\n").join(lines), end="", soft_wrap=True)
                self._drawn = len(lines)
        self._console.file.flush()

    def clear(self) -> None:
        """Take the standing lines away."""
        if self._drawn:
            up = Control((ControlType.CURSOR_UP, 1), (ControlType.ERASE_IN_LINE, 2))
            here = Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2))
            self._console.control(here, *[up] * (self._drawn - 1))
            self._drawn = 0

    def close(self) -> None:
        """Take the standing lines away for good."""
        self.clear()
        self._console.file.flush()

    def _line(self, page: Page, facts: Sequence[Fact]) -> Text:
        """Return a line that leaves the last cell of its row free: else the terminal begins another."""
        line = page.dotted(*(page.text(page.arrows(fact.text), fact.style) for fact in facts))
        line.truncate(page.width - 1, overflow="ellipsis")
        return line
