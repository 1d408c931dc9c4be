"""From the command line to calls and exit codes; rooms are imported inside the commands, so that `--help` is instant.

A command reads its arguments and returns what is to be done; `main` does it, outside of typer, which would make one
exit code of an interruption, a closed pipe and a failure.

Exit codes: 0 done; 2 wrong usage; 3 the input cannot be read; 4 the input was damaged or a limit was reached and the
results are partial; 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import Annotated

import typer

from mailtrace.errors import MailtraceError, UsageError

INTERRUPTED = 130

# No numpy has been loaded yet: its linear algebra, which nothing here needs, would start threads that wait busily.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)


class Format(StrEnum):
    """What to write."""

    TERMINAL = "terminal"
    JSON = "json"
    JSONL = "jsonl"
    MARKDOWN = "markdown"


class Level(StrEnum):
    """For whom to explain."""

    NOVICE = "novice"
    EXPERT = "expert"


HostsFile = Annotated[str | None, typer.Option(metavar="FILE", help="Names for addresses, in hosts-file format.")]
Names = Annotated[
    list[str] | None, typer.Option(metavar="ADDRESS=NAME", help="A name for one address; may be repeated.")
]


def main() -> None:
    """Run the command line; every expected failure is one line and an exit code."""
    if sys.stdout is None:  # started with it closed: then nobody wants the output
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    try:
        asked = app(prog_name="mailtrace", standalone_mode=False)
        sys.exit(asked() if callable(asked) else asked or 0)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # the reader of our output has gone: nothing is wrong, and nothing more to say
        _drop_output()
        sys.exit(0)
    except MailtraceError as error:
        fail(str(error), error.exit_code)
    except OSError as error:  # the disk under standard output is full, or the like
        _drop_output()
        fail(f"cannot go on: {error.strerror or error}", MailtraceError.exit_code)
    except Exception as error:
        if type(error).__module__.split(".")[0] not in ("click", "typer"):
            raise
        _fail_usage(error)


def _drop_output() -> None:
    """Let what is still to be written go nowhere, so that nothing fails again at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail_usage(error: Exception) -> None:
    """Say in one line what the command line lacks, and how to get help; without any command, that is the help."""
    say = getattr(error, "format_message", None)
    context = getattr(error, "ctx", None)
    if say is None or context is None or type(error).__name__ == "NoArgsIsHelpError":
        getattr(error, "show", lambda: print(error, file=sys.stderr))()
        sys.exit(UsageError.exit_code)
    fail(f"{say().rstrip('.')} (see {context.command_path} --help)", UsageError.exit_code)


def fail(message: str, exit_code: int) -> None:
    """Say what went wrong in one safe line, and leave."""
    from mailtrace.reports.safe import safe

    print(f"mailtrace: {safe(message)}", file=sys.stderr)
    sys.exit(exit_code)


def _version(wanted: bool) -> None:
    if wanted:
        from mailtrace import __version__

        print(f"mailtrace {__version__}")
        raise typer.Exit


@app.callback()
def mailtrace(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Explain the mail traffic in packet captures, step by step."""


@app.command()
def analyze(
    captures: Annotated[list[str], typer.Argument(metavar="CAPTURE", show_default=False)],
    format: Annotated[Format, typer.Option("--format", "-f", help="What to write.")] = Format.TERMINAL,
    output: Annotated[str | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write it.")] = None,
    conversation: Annotated[int | None, typer.Option(metavar="N", min=1, help="Only this conversation.")] = None,
    protocol: Annotated[
        str | None, typer.Option(metavar="NAMES", help="Only these protocols, such as smtp,pop3,dns.")
    ] = None,
    hosts: HostsFile = None,
    name: Names = None,
    show_secrets: Annotated[bool, typer.Option("--show-secrets", help="Do not mask passwords and tokens.")] = False,
    level: Annotated[Level, typer.Option(help="Explain every step, or show the facts alone.")] = Level.NOVICE,
    packets: Annotated[
        str | None, typer.Option(metavar="A-B", help="List these packets with Wireshark's columns instead.")
    ] = None,
) -> Callable[[], int]:
    """Show each mail conversation of a capture as an annotated walkthrough.

    CAPTURE is a .pcap or .pcapng file, also compressed (.gz .zst .xz .lz4), or - for standard input. Several count as
    parts of one.
    """
    from mailtrace.capture.hostsfile import parse_names, read_hosts
    from mailtrace.command import Request, run

    names = read_hosts(hosts) if hosts else {}
    for address, some in parse_names(name or ()).items():
        names[address] = [*some, *names.get(address, [])]
    request = Request(
        captures=captures,
        format=format.value,
        output=output,
        conversation=conversation,
        protocols=_protocols(protocol),
        names=names,
        show_secrets=show_secrets,
        level=level.value,
        packets=_packet_range(packets),
    )
    return partial(run, request)


def _protocols(text: str | None) -> frozenset[str] | None:
    """Read a list of protocol names. Raises: `UsageError`."""
    if text is None:
        return None
    from mailtrace.protocols import PROTOCOLS

    known = {row.name for row in PROTOCOLS} | {"unknown"}
    wanted = frozenset(word.strip().lower() for word in text.split(",") if word.strip())
    if not wanted or wanted - known:
        raise UsageError(f"--protocol takes one or more of {', '.join(sorted(known))}, not {text!r}")
    return wanted


def _packet_range(text: str | None) -> tuple[int, int] | None:
    """Read `65-102` or `65` as a range of packet numbers, both included. Raises: `UsageError`."""
    if text is None:
        return None
    first, dash, last = text.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()) or not 0 < int(first) <= int(last or first):
        raise UsageError(f"--packets takes a range such as 65-102, or one number, not {text!r}")
    return int(first), int(last or first)
