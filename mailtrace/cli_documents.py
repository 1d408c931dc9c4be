"""Commands that make something to hand on: reports, figures, captures without secrets; see `cli`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated

import typer

from mailtrace import options
from mailtrace.cli_arguments import (
    DecodeAs,
    HostsFile,
    JourneyNumber,
    KeyLog,
    Lang,
    Level,
    LevelOption,
    Names,
    Output,
    Redact,
    ShowSecrets,
    on_copy,
)
from mailtrace.formats import BINARY, DocumentFormat, TableName


def report(
    captures: Annotated[list[str], typer.Argument(metavar="CAPTURE", show_default=False)],
    output: Output = None,
    format: Annotated[
        DocumentFormat | None, typer.Option("--format", "-f", help="What to write, where the file's name does not say.")
    ] = None,
    parts: Annotated[
        str | None, typer.Option(metavar="NAMES", help="Only these parts, such as summary,findings.")
    ] = None,
    conversation: Annotated[int | None, typer.Option(metavar="N", min=1, help="Only this conversation.")] = None,
    journey: JourneyNumber = None,
    packets: Annotated[str | None, typer.Option(metavar="A-B", help="Only what these packets belong to.")] = None,
    full: Annotated[
        str | None, typer.Option(metavar="NUMBERS", help="Packets to show in full, such as 14,89-91.")
    ] = None,
    table: Annotated[TableName | None, typer.Option("--table", help="Write this table alone.")] = None,
    columns: Annotated[str | None, typer.Option(metavar="NAMES", help="Columns of the table, such as no,time.")] = None,
    csv_raw: Annotated[bool, typer.Option("--csv-raw", help="Leave cells alone that look like formulas.")] = False,
    title: Annotated[str, typer.Option(metavar="TEXT", help="What the report is called.")] = "",
    author: Annotated[str, typer.Option(metavar="TEXT", help="Whose report it is.")] = "",
    level: LevelOption = Level.NOVICE,
    hosts: HostsFile = None,
    name: Names = None,
    keylog: KeyLog = None,
    decode_as: DecodeAs = None,
    show_secrets: ShowSecrets = False,
    redact: Redact = None,
    lang: Lang = None,
) -> Callable[[], int]:
    """Write a report to hand in: what was captured, the hosts, the mails on their way, and every step explained.

    The format is told by the name of the file: .html, .md, .docx, .tex or .pdf. Parts are summary, topology, journeys,
    walkthroughs, packets, waits, dns, messages, findings, glossary and appendix. --conversation, --journey and
    --packets narrow the report down.

    --table writes one table alone: to the terminal, or to a file that ends in .csv, .json or as above. A .csv without
    --table is a file for each table: report.csv becomes report-packets.csv and so on.
    """
    from mailtrace.command_report import report_request, run_report
    from mailtrace.command_table import run_tables, table_wishes

    to = options.output(output)
    tables, kind = table_wishes(table, columns, csv_raw, to, format)
    if kind in BINARY:
        options.file(output or options.STANDARD_OUTPUT, kind)
    request = report_request(
        captures=captures,
        output=to,
        format=kind,
        conversation=conversation,
        wanted=options.wanted(journey, None, None, None, None),
        packets=options.packet_range(packets),
        full=options.packet_list(full),
        parts=options.parts(parts),
        title=title,
        author=author,
        level=level.value,
        show_secrets=show_secrets,
        names=options.names(hosts, name),
        keylog=options.keylog(keylog),
        decode_as=options.decode_as(decode_as),
    )
    return on_copy(run_report if tables is None else partial(run_tables, wishes=tables), request, redact)


def ladder(
    captures: Annotated[list[str], typer.Argument(metavar="CAPTURE", show_default=False)],
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Draw it as .svg, .png, .mmd or .txt.")
    ] = None,
    conversation: Annotated[int | None, typer.Option(metavar="N", min=1, help="Only this conversation.")] = None,
    journey: JourneyNumber = None,
    hosts: HostsFile = None,
    name: Names = None,
    keylog: KeyLog = None,
    decode_as: DecodeAs = None,
    show_secrets: ShowSecrets = False,
    redact: Redact = None,
    lang: Lang = None,
) -> Callable[[], int]:
    """Draw who said what to whom, one below the other in time: a ladder, also called a sequence diagram.

    Without -o it is drawn on the terminal; the name of the file tells what to draw otherwise. Without --conversation
    and --journey it is all mails on their way.
    """
    from mailtrace.command_ladder import LadderRequest, draw

    request = LadderRequest(
        captures=captures,
        output=options.output(output),
        conversation=conversation,
        journey=journey,
        show_secrets=show_secrets,
        names=options.names(hosts, name),
        keylog=options.keylog(keylog),
        decode_as=options.decode_as(decode_as),
    )
    return on_copy(draw, request, redact)


def redact(
    captures: Annotated[list[str], typer.Argument(metavar="CAPTURE", show_default=False)],
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="Where to write it (pcapng).")],
    redact: Redact = None,
    decode_as: DecodeAs = None,
    lang: Lang = None,
) -> Callable[[], int]:
    """Write a capture that is safe to share: passwords, tokens and digests are replaced in the packets themselves.

    --redact replaces more, each always by the same: addresses (mail addresses before their @, IP and MAC addresses),
    names (of people, and those with which they log in), hosts (names of hosts and domains), subjects, and bodies (texts
    and attachments). Packets keep their numbers, times and lengths. What belongs to no conversation that is understood
    keeps its headers alone; TLS stays encrypted, and keys, comments and names beside the packets are left out.
    """
    from mailtrace.command_redact import RedactRequest, run_redact

    request = RedactRequest(
        captures=captures,
        output=options.file(output, "a capture"),
        fields=options.fields(redact) or frozenset(),
        decode_as=options.decode_as(decode_as),
    )
    return partial(run_redact, request)
