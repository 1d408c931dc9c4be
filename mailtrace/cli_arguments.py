"""What commands take on the command line: options that several of them share, each with its one line of help."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import Annotated, Any

import typer

from mailtrace import options
from mailtrace.languages import languages


class FailOn(StrEnum):
    """Which findings make the exit code 1."""

    ERROR = "error"
    WARNING = "warning"


class Level(StrEnum):
    """For whom to explain."""

    NOVICE = "novice"
    EXPERT = "expert"


JourneyNumber = Annotated[int | None, typer.Option(metavar="N", min=1, help="Only this mail, on its whole way.")]
MessageId = Annotated[str | None, typer.Option(metavar="ID", help="Only mails with this Message-ID.")]
Sender = Annotated[str | None, typer.Option(metavar="ADDRESS", help="Only mails from this sender.")]
Recipient = Annotated[str | None, typer.Option(metavar="ADDRESS", help="Only mails to this recipient.")]
Subject = Annotated[str | None, typer.Option(metavar="TEXT", help="Only mails with this in their subject.")]
Protocols = Annotated[str | None, typer.Option(metavar="NAMES", help="Only these protocols, such as smtp,pop3,dns.")]
Packets = Annotated[
    str | None, typer.Option(metavar="A-B", help="List these packets with Wireshark's columns instead.")
]
Select = Annotated[list[str] | None, typer.Option(metavar="CODES", help="Only these findings, such as DNS,SMTP001.")]
Ignore = Annotated[list[str] | None, typer.Option(metavar="CODES", help="All findings but these.")]
FailOnOption = Annotated[FailOn | None, typer.Option("--fail-on", help="Exit code 1 if a finding is as bad as that.")]
Output = Annotated[
    str | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write it; - is standard output.")
]
HostsFile = Annotated[str | None, typer.Option(metavar="FILE", help="Names for addresses, in hosts-file format.")]
Names = Annotated[
    list[str] | None, typer.Option(metavar="ADDRESS=NAME", help="A name for one address; may be repeated.")
]
KeyLog = Annotated[str | None, typer.Option(metavar="FILE", help="Keys that open TLS, in the format of SSLKEYLOGFILE.")]
LevelOption = Annotated[Level, typer.Option("--level", help="Explain every step, or show the facts alone.")]
Follow = Annotated[bool, typer.Option("--follow", help="Read on while the file grows, until Ctrl-C.")]
ShowSecrets = Annotated[bool, typer.Option("--show-secrets", help="Do not mask passwords and tokens.")]
Redact = Annotated[
    str | None,
    typer.Option(metavar="WHAT", help="Replace addresses,names,hosts,subjects,bodies, or some of them."),
]
Lang = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(languages()),
        callback=options.speak,
        show_default=False,
        help="The language of all texts, by default that of the locale.",
    ),
]
DecodeAs = Annotated[
    list[str] | None,
    typer.Option(metavar="PORT=PROTOCOL", help="What is spoken on a port, such as 2525=smtp; may be repeated."),
]


def on_copy(run: Callable[[Any], int], request: Any, redact: str | None) -> Callable[[], int]:
    """Return what carries out a request, on a copy of its captures where something is to be replaced in them."""
    if redact is None:
        return partial(run, request)
    from mailtrace.command_redact import run_on_copy

    return partial(run_on_copy, run, request, options.fields(redact) or frozenset())
