"""What a person is told of an export: a table of the files where they are few, else how many of each kind."""

from __future__ import annotations

import sys
from collections import Counter
from typing import BinaryIO

from mailtrace.export.index import Row
from mailtrace.model.language import said
from mailtrace.reports.layout import Column, Page, column_widths, console, text_stream
from mailtrace.reports.safe import safe

ROWS_LIMIT = 40
"""Files listed; of more, `index.json` has the list."""

KINDS = {
    "mail": "{count} mails",
    "attachment": "{count} attachments",
    "stream": "{count} directions of streams",
    "pcapng": "{count} capture of packets",
}

SAID_BY = {"client": "what the client said", "server": "what the server said"}

EXPORTED = "{files} in {folder}; index.json there lists them with their hashes."
NAMES = "Names begin with the number of the conversation, then comes that of the mail in it."
USUAL = "Nothing was said of what to export, so it is mails (--eml) and attachments (--attachments)."
UNCOMMENTED = "Too many packets for comments: those of the last {count} conversations have none."
PARTIAL = "Not whole: {count}; their names say partial, the index tells what is missing."
CUT = "Mails longer than what is kept of one, of which there is the beginning: {count}."

COLUMNS = (Column("file", 20, 60), Column("octets", 6, 14, right=True), Column("what it is", 12, 200))


class Summary:
    """What was exported: how many of each kind, how many of them are not whole, and the first rows.

    `cut` counts mails longer than what is kept of one, `packets` those written, `uncommented` the conversations whose
    packets got no comments because there were too many before.
    """

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()
        self.partial: Counter[str] = Counter()
        self.cut = self.packets = self.uncommented = 0
        self.rows: list[Row] = []

    def add(self, row: Row) -> None:
        """Take a row of the index."""
        self.kinds[row.kind] += 1
        self.partial[row.kind] += row.complete is False
        self.cut += row.whole_size_bytes is not None
        if len(self.rows) <= ROWS_LIMIT:
            self.rows.append(row)


def say(message: str) -> None:
    """Say something in one safe line on standard error."""
    print(f"mailtrace: {safe(message)}", file=sys.stderr)


def write_summary(summary: Summary, folder: str, usual: bool, out: BinaryIO) -> None:
    """Write what was exported into `folder`; `usual`: nobody said what to export."""
    with text_stream(out) as stream:
        page = Page(console(stream))
        for line in _lines(summary, folder, usual):
            page.paragraph(page.text(line))
        if not 0 < len(summary.rows) <= ROWS_LIMIT:
            return
        rows = [[[page.text(each)] for each in _cells(row)] for row in sorted(summary.rows, key=_order)]
        widths = column_widths(COLUMNS, rows, page.width) or [column.least for column in COLUMNS]
        page.put()
        page.headings(COLUMNS, widths, "bold")
        for row in rows:
            page.rows(COLUMNS, widths, row)


def _lines(summary: Summary, folder: str, usual: bool) -> list[str]:
    counts = [said(KINDS[kind], count=f"{summary.kinds[kind]:,}") for kind in KINDS if summary.kinds[kind]]
    lines = [said(EXPORTED, files=", ".join(counts), folder=folder)]
    if not counts:
        lines = [said("There was nothing to export; index.json in {folder} says so.", folder=folder)]
    if sum(summary.kinds.values()) > summary.kinds["pcapng"]:
        lines.append(said(NAMES))
    if usual:
        lines.append(said(USUAL))
    if summary.packets:
        lines.append(said("packets.pcapng has {count} packets.", count=f"{summary.packets:,}"))
    if summary.uncommented:
        lines.append(said(UNCOMMENTED, count=f"{summary.uncommented:,}"))
    partial = sum(summary.partial.values())
    if partial:
        lines.append(said(PARTIAL, count=f"{partial:,}"))
    if summary.cut:
        lines.append(said(CUT, count=f"{summary.cut:,}"))
    return lines


def _order(row: Row) -> tuple[int, int, int]:
    return list(KINDS).index(row.kind), row.conversation or 0, row.mail or 0


def _cells(row: Row) -> list[str]:
    about = {
        "mail": row.subject or said("(no subject)"),
        "attachment": row.filename or row.content_type or "",
        "stream": said(SAID_BY[row.side or "client"]),
        "pcapng": said("the packets"),
    }[row.kind]
    file = row.file or ("mail.mbox" if row.mbox is not None else said("not saved"))
    return [file, f"{row.size_bytes:,}", row.problem or about]
