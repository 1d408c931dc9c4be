"""A progress bar on standard error for work that takes longer than a blink."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from mailtrace.model.language import said

PATIENCE_SECONDS = 0.5
"""Work shorter than this shows nothing."""


class ProgressBar:
    """Shows octets read of `total_bytes` (None: not known), packets and conversations."""

    def __init__(self, total_bytes: int | None) -> None:
        self._total = total_bytes
        self._begun = time.monotonic()
        self._bar: Progress | None = None

    def show(self, octets: int, packets: int, conversations: int) -> None:
        """Update the bar, or begin it once the work has taken a while."""
        if self._bar is None:
            if time.monotonic() - self._begun < PATIENCE_SECONDS:
                return
            self._bar = Progress(
                TextColumn(said("reading")),
                BarColumn(),
                DownloadColumn(),
                TextColumn("{task.fields[sums]}"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.add_task("", total=self._total, sums="")
            self._bar.start()
        sums = said("{packets} packets, {talks} conversations", packets=f"{packets:,}", talks=f"{conversations:,}")
        self._bar.update(self._bar.task_ids[0], completed=octets, sums=sums)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()


class PacketBar:
    """Shows how many packets of `total` somebody else has read."""

    def __init__(self, who: str, total: int) -> None:
        self._bar = Progress(
            TextColumn(said("{who} reads", who=who)),
            BarColumn(),
            TextColumn(said("packet {number} of {count}", number="{task.completed:,}", count="{task.total:,}")),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._bar.add_task("", total=total)
        self._bar.start()

    def show(self, number: int) -> None:
        """Update the bar with the number of the packet that was read last."""
        self._bar.update(self._bar.task_ids[0], completed=number)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.stop()
