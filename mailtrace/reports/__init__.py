"""Reports: an analysis becomes text, Markdown or JSON; `FORMATS` has one line for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from mailtrace.model import Analysis, Walkthrough

FORMATS = {
    "terminal": "mailtrace.reports.terminal:write",
    "markdown": "mailtrace.reports.markdown:write",
    "json": "mailtrace.reports.json:write",
    "jsonl": "mailtrace.reports.json:write_lines",
}
"""Who writes each format: module and function, loaded when it is asked for, as not every format needs everything."""


class Report(NamedTuple):
    """What to write. `walkthroughs` may be lazy: a format that tells none does not look at them.

    `level` is novice, or expert to leave out what things mean; `show_secrets` is for what walkthroughs do not tell.
    """

    analysis: Analysis
    walkthroughs: Iterable[Walkthrough] = ()
    level: str = "novice"
    show_secrets: bool = False


def write(name: str, report: Report, out: BinaryIO) -> None:
    """Write a report in one of the `FORMATS`."""
    module, function = FORMATS[name].split(":")
    writer: Callable[[Report, BinaryIO], None] = getattr(import_module(module), function)
    writer(report, out)
