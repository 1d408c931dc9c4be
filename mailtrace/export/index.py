"""The index of what was exported: which file is which mail of which conversation, with hashes; `index.json`.

It is one object that grows while files are written: one row for each mail, attachment and direction of a stream, a row
on a line. Names as they stood in the mail are here and nowhere else; what a terminal would obey is spelled `\\uXXXX`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, BinaryIO

from msgspec import Struct

from mailtrace.export.store import Draft
from mailtrace.reports.json import encoded

SCHEMA = "mailtrace-export/1"


class Row(Struct, omit_defaults=True):
    """One file, or what should have become one: `file` is None then, and `problem` says why.

    `kind` is mail, attachment, stream or pcapng. `mail` counts the mails of the conversation. `size_bytes` and `sha256`
    are of the octets saved. Where they are not all, `complete` is false: `holes` are (offset, octets that the capture
    does not have, NUL in the file), and `whole_size_bytes` and `whole_sha256` are of what was transmitted, where only
    its beginning is kept. Of very many holes, `more_holes` are not listed. `is_masked`: secrets in it are hidden;
    `is_opened`: it was inside TLS. `mbox` is where the mail stands in `mail.mbox`: its offset and size there.
    """

    kind: str
    file: str | None
    conversation: int | None = None
    mail: int | None = None
    protocol: str | None = None
    side: str | None = None
    message_id: str | None = None
    subject: str | None = None
    sender: str | None = None
    part: str | None = None
    content_type: str | None = None
    filename: str | None = None
    size_bytes: int = 0
    sha256: str | None = None
    complete: bool | None = None
    holes: tuple[tuple[int, int], ...] = ()
    more_holes: int = 0
    whole_size_bytes: int | None = None
    whole_sha256: str | None = None
    as_server_read: bool = False
    is_masked: bool = False
    is_opened: bool = False
    mbox: tuple[int, int] | None = None
    packets: tuple[int, ...] = ()
    problem: str | None = None


Entry = tuple[Row, Draft | None]
"""A row, and the draft of its file, from which it learns what became of it."""

WAITING_ENTRIES = 64
"""Rows that wait for their files to be brought to the disk."""


class Index:
    """Writes rows to a file as they come; `finish` ends it with what is to be said of all. `told` sees each row."""

    def __init__(self, out: BinaryIO, told: Callable[[Row], None]) -> None:
        """Begin. Raises: `OSError` of `out`, as all methods."""
        self._out = out
        self._told = told
        self._rows = 0
        self._waiting: deque[Entry] = deque()
        out.write(b'{"schema":%b,\n"files":[' % encoded(SCHEMA))

    def add(self, entries: Iterable[Entry]) -> None:
        """Write rows, once their files are there or cannot be."""
        for entry in entries:
            self._waiting.append(entry)
            if len(self._waiting) > WAITING_ENTRIES:
                self._write(*self._waiting.popleft())

    def _write(self, row: Row, draft: Draft | None) -> None:
        if draft is not None:
            draft.settle()
            row.file, row.problem = draft.file, row.problem or draft.problem
        self._told(row)
        self._out.write(b",\n" if self._rows else b"\n")
        self._out.write(encoded(row))
        self._rows += 1

    def finish(self, **facts: Any) -> None:
        """Write the end: `facts` by name."""
        while self._waiting:
            self._write(*self._waiting.popleft())
        self._out.write(b"]")
        for name, fact in facts.items():
            self._out.write(b",\n%b:%b" % (encoded(name), encoded(fact)))
        self._out.write(b"}\n")
