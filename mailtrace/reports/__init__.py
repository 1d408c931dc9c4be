"""Reports: an analysis becomes text, Markdown or JSON; `FORMATS` has one line for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from mailtrace.explain.listing import ListingRow
    from mailtrace.model import Analysis, Walkthrough

FORMATS = {
    "terminal": ("terminal", "write"),
    "markdown": ("markdown", "write"),
    "json": ("json", "write"),
    "jsonl": ("json", "write_lines"),
}
"""Who writes each format: module and function. A module is loaded when it is asked for, and has `write_packets` too."""


class Report(NamedTuple):
    """What to write. `walkthroughs` may be lazy: a format that tells none does not look at them.

    `level` is novice, or expert to leave out what things mean; `show_secrets` is for what walkthroughs do not tell.
    `journeys_alone` when the user asked for journeys: the walkthroughs are theirs, and no conversations are listed.
    """

    analysis: Analysis
    walkthroughs: Iterable[Walkthrough] = ()
    level: str = "novice"
    show_secrets: bool = False
    journeys_alone: bool = False


def write(name: str, report: Report, out: BinaryIO) -> None:
    """Write a report in one of the `FORMATS`."""
    module, function = FORMATS[name]
    writer: Callable[[Report, BinaryIO], None] = getattr(_module(module), function)
    writer(report, out)


def write_packets(name: str, rows: Iterable[ListingRow], out: BinaryIO) -> None:
    """Write a packet listing in one of the `FORMATS`."""
    _module(FORMATS[name][0]).write_packets(rows, out)


def _module(name: str) -> ModuleType:
    return import_module(f"mailtrace.reports.{name}")
