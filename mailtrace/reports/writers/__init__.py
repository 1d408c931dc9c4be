"""Writers: a document becomes a file of some format; `WRITERS` has one line for each."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from mailtrace.errors import UsageError

if TYPE_CHECKING:
    from mailtrace.reports.document import Document


class Writer(NamedTuple):
    """Who writes a format: a module of this folder with `write(document, out)`, loaded when it is asked for."""

    module: str
    endings: tuple[str, ...]


WRITERS = {
    "html": Writer("html", (".html", ".htm")),
    "md": Writer("markdown", (".md", ".markdown")),
    "docx": Writer("word", (".docx",)),
    "tex": Writer("latex", (".tex",)),
    "pdf": Writer("pdf", (".pdf",)),
}
"""By the name of the format. The endings are those of file names that mean it."""


def write(name: str, document: Document, out: BinaryIO) -> None:
    """Write a document in one of the formats. The same document gives the same octets. Raises: `MailtraceError`."""
    writer: Callable[[Document, BinaryIO], None] = import_module(f"{__name__}.{WRITERS[name].module}").write
    writer(document, out)


def check(name: str) -> None:
    """Make sure that a format can be written here, before long work is done for it. Raises: `MailtraceError`."""
    able: Callable[[], None] | None = getattr(import_module(f"{__name__}.{WRITERS[name].module}"), "check", None)
    if able is not None:
        able()


def format_of(path: str) -> str:
    """Return the format that the name of a file means. Raises: `UsageError`."""
    ending = PurePath(path).suffix.lower()
    for name, writer in WRITERS.items():
        if ending in writer.endings:
            return name
    known = ", ".join(ending for writer in WRITERS.values() for ending in writer.endings)
    raise UsageError(f"{path} does not end in any of {known}: say with --format what to write")
