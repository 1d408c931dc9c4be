"""What somebody who looks on is shown while a capture goes on: the state of things at one moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from mailtrace.live.losses import Losses
from mailtrace.mail.correlator import Final
from mailtrace.model import Conversation


class Moment(NamedTuple):
    """Where a capture stands. `finals` are the conversations that became final since the moment before.

    `changed(after)` gives those that are not final and have a packet behind number `after`, to be looked at at once:
    they go on changing. `packets` and `conversations` count all so far. `is_last`: there will be no other.
    """

    finals: Sequence[Final]
    changed: Callable[[int], list[Conversation]]
    packets: int
    conversations: int
    losses: Losses
    is_last: bool = False


class Watcher(Protocol):
    """Somebody who looks on."""

    def show(self, moment: Moment) -> None:
        """Show the state of things; called after every batch, and some twenty times a second when there is none."""

    def close(self) -> None:
        """The capture has ended: leave the screen as it is to stay."""


class Nobody:
    """Looks on where nothing is to be shown."""

    def show(self, moment: Moment) -> None:
        """Show nothing."""

    def close(self) -> None:
        """Leave nothing."""
