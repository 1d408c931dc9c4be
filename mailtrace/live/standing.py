"""How a capture stands, in a line that is drawn anew: for how long, how much has come, what was lost."""

from __future__ import annotations

from time import monotonic
from typing import TextIO

from mailtrace.live.watching import Moment
from mailtrace.model.language import counted, said
from mailtrace.reports.screen import Fact, Screen

EVERY_SECONDS = 0.5
"""How often the line is drawn where nothing else is."""


class Standing:
    """Words for the state of the capture `name`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._begun = monotonic()

    def facts(self, moment: Moment) -> list[Fact]:
        """Return the facts of the line."""
        seconds = int(monotonic() - self._begun)
        facts = [
            Fact(self._name, "bold"),
            Fact(f"{seconds // 60}:{seconds % 60:02d}"),
            Fact(counted("{count} packet", "{count} packets", moment.packets)),
            Fact(counted("{count} conversation", "{count} conversations", moment.conversations)),
        ]
        lost = moment.losses.by_kernel + moment.losses.by_queue
        if lost:
            facts.append(Fact(counted("{count} packet lost", "{count} packets lost", lost), "bold red"))
        return [*facts, Fact(said("Ctrl-C ends with a summary"), "dim")]


class StatusLine:
    """Shows that line alone, on standard error, while the results go to a program."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self._screen = Screen(stream)
        self._standing = Standing(name)
        self._due = 0.0

    def show(self, moment: Moment) -> None:
        """See `Watcher`."""
        if monotonic() >= self._due:
            self._due = monotonic() + EVERY_SECONDS
            self._screen.draw(None, [self._standing.facts(moment)])

    def close(self) -> None:
        """See `Watcher`."""
        self._screen.close()
