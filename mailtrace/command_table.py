"""What `mailtrace report` does where tables alone are wanted: `--table` writes one of them, CSV a file for each."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path, PurePath
from typing import BinaryIO, NamedTuple

from msgspec.structs import replace

from mailtrace import __version__
from mailtrace.command import PARTIAL, exit_code, output_file, refuse_overwriting
from mailtrace.command_report import ReportRequest, chosen_of, first_packets, read_everything
from mailtrace.errors import UsageError
from mailtrace.explain.listing import Listing, ListingRow
from mailtrace.explain.walkthrough import Book
from mailtrace.mail.naming import Naming
from mailtrace.model import Analysis
from mailtrace.model.language import language, said
from mailtrace.reports.document import Document, Fact, Kind, Section, Table, cleaned
from mailtrace.reports.document.material import packets_of
from mailtrace.reports.document.parts.wording import left_out
from mailtrace.reports.safe import safe
from mailtrace.reports.tables import TABLES, Source, columns_of, csv, json, sheet_of, terminal
from mailtrace.reports.tables.values import Sheet, as_block
from mailtrace.reports.writers import format_of, markdown, write
from mailtrace.rereading import refuse_standard_input, reread

ENDINGS = {".csv": "csv", ".json": "json", ".txt": "terminal"}
"""Formats that are of tables alone, by the endings of file names that mean them."""

MOST_ROWS = 1_000_000
"""Rows of a table; a spreadsheet holds 1,048,576."""

MOST_ROWS_SHOWN = 10_000
"""Rows of a table in a document: a browser still scrolls them, and nobody prints more than 200 pages."""

LABELS = {
    "title": "{table}: {file}",
    "file": "File",
    "written": "Written: {files}",
}


class TableWishes(NamedTuple):
    """Which table the user wants, None for all of them; the names of its columns, None for the usual ones.

    `raw`: cells that a spreadsheet would take for formulas stay as they are.
    """

    table: str | None
    columns: tuple[str, ...] | None
    raw: bool = False


def table_wishes(
    table: str | None, columns: str | None, raw: bool, output: str | None, format: str | None
) -> tuple[TableWishes | None, str | None]:
    """Return what is wanted of tables, None for a whole report, and in which format.

    Raises: `UsageError` for what contradicts itself, and for columns that there are not.
    """
    format = format or ENDINGS.get(PurePath(output or "").suffix.lower())
    if table is None and columns is not None:
        raise UsageError("--columns are those of one table: say with --table of which")
    if table is None and format in ("json", "terminal"):
        raise UsageError(f"{format} is for single tables: say with --table which, or use mailtrace analyze")
    if table is None and format != "csv":
        return None, format
    if table is None and output is None:
        raise UsageError("CSV has one table a file: choose one with --table, or name the files with -o report.csv")
    if format is None:
        format = "terminal" if output is None else format_of(output)
    wishes = TableWishes(table, _words(columns), raw)
    if table is not None:
        columns_of(table, wishes.columns)
    return wishes, format


def _words(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(word.strip().lower() for word in text.split(",") if word.strip())


def run_tables(request: ReportRequest, wishes: TableWishes) -> int:
    """Write the tables that are wanted and return the exit code. Raises: `MailtraceError`."""
    names = TABLES if wishes.table is None else (wishes.table,)
    paths = [_path(request.output, name if wishes.table is None else None) for name in names]
    for path in paths:
        refuse_overwriting(path, request.captures)
    everything = read_everything(request)
    chosen = chosen_of(request, everything)
    most = MOST_ROWS if request.format in ENDINGS.values() else MOST_ROWS_SHOWN
    numbers = _packets(request, everything, chosen) if "packets" in names else []
    speakers = first_packets(chosen) if "hosts" in names else ()
    packets, links = _read_again(request, everything, numbers[:most], speakers)
    source = Source(chosen, everything, packets, links, request.wishes.show_secrets)
    cut = []
    for name, path in zip(names, paths, strict=True):
        sheet = sheet_of(name, source, wishes.columns, most)
        sheet = replace(sheet, count=len(numbers)) if name == "packets" else sheet
        with output_file(path) as out:
            _write(request, wishes, sheet, out)
        cut += [left_out(sheet.count, len(sheet.rows))] if sheet.count > len(sheet.rows) else []
    if wishes.table is None:
        print(safe(said(LABELS["written"], files=", ".join(map(str, paths)))))
    for line in cut:
        print(safe(line), file=sys.stderr)
    return PARTIAL if cut else exit_code(everything.capture)


def _path(output: str | None, name: str | None) -> str | None:
    """Return where a table goes: to the file that was named, or, where there are several, to one beside it."""
    if output is None or name is None:
        return output
    path = Path(output)
    return str(path.with_name(f"{path.stem}-{name}{path.suffix or '.csv'}"))


def _packets(request: ReportRequest, everything: Analysis, chosen: Analysis) -> Sequence[int]:
    """Return the packets that are wanted: of a conversation or a mail with the lookups made for it.

    Raises: `UsageError` for a range that the capture does not have.
    """
    last = everything.capture.packets
    if request.wishes.packets is not None:
        first, until = request.wishes.packets
        if first > last:
            raise UsageError(f"there is no packet {first}; the capture has {last}")
        return range(first, min(until, last) + 1)
    if chosen is everything:
        return range(1, last + 1)
    if request.conversation is not None:
        group = list(chosen.conversations)
        return packets_of(group, Book(everything).tell(group))
    return sorted({number for each in chosen.conversations for number in each.numbers})


def _read_again(
    request: ReportRequest, everything: Analysis, numbers: Sequence[int], speakers: Collection[int]
) -> tuple[list[ListingRow], Mapping[str, Collection[str]]]:
    """Read the packets that a table lists, and the link addresses of others. Raises: `MailtraceError`."""
    if not numbers and not speakers:
        return [], {}
    refuse_standard_input(request.captures, "a table of packets or hosts")
    only = numbers if isinstance(numbers, range) else frozenset(numbers)
    listing = Listing(min(numbers, default=1), max(numbers, default=0), only)
    found = reread(request.captures, (), speakers, listing.feed, max(numbers, default=0))
    return listing.rows(everything, Naming(everything.hosts), request.wishes.show_secrets), found.links


def _write(request: ReportRequest, wishes: TableWishes, sheet: Sheet, out: BinaryIO) -> None:
    match request.format:
        case "terminal":
            terminal.write(sheet, out)
        case "json":
            json.write(sheet, out)
        case "csv":
            csv.write(sheet, out, for_file=request.output is not None, raw=wishes.raw)
        case "md":
            out.write(markdown.written(_block(sheet)).encode("utf-8", "backslashreplace"))
        case _:
            write(request.format, _document(request, sheet), out)


def _block(sheet: Sheet) -> Table:
    return as_block(sheet, "", more=left_out(sheet.count, len(sheet.rows)))


def _document(request: ReportRequest, sheet: Sheet) -> Document:
    """Return a document with a table, and nothing else."""
    names = ", ".join(Path(path).name for path in request.captures)
    title = request.wishes.title or said(LABELS["title"], table=sheet.caption, file=names)
    facts = (Fact(said(LABELS["file"]), tuple(Path(path).name for path in request.captures), Kind.CODE),)
    section = Section(sheet.caption, sheet.name, (_block(sheet),))
    return cleaned(Document(title, request.wishes.author, language(), facts, (section,), f"mailtrace {__version__}"))
