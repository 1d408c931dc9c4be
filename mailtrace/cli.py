"""From the command line to calls and exit codes; rooms are imported inside the commands, so that `--help` is instant.

A command reads its arguments and returns what is to be done; `main` does it, outside of typer, which would make one
exit code of an interruption, a closed pipe and a failure.

Exit codes: 0 done; 1 a finding is as bad as `--fail-on` says, an expectation of `check` does not hold, or `crosscheck`
found what nothing explains; 2 wrong usage; 3 the input cannot be read; 4 the input was damaged or a limit was reached
and the results are partial; 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Annotated

import typer

from mailtrace import options
from mailtrace.cli_arguments import (
    DecodeAs,
    FailOnOption,
    Follow,
    HostsFile,
    Ignore,
    JourneyNumber,
    KeyLog,
    Lang,
    Level,
    LevelOption,
    MessageId,
    Names,
    Output,
    Packets,
    Protocols,
    Recipient,
    Redact,
    Select,
    Sender,
    ShowSecrets,
    Subject,
    on_copy,
)
from mailtrace.cli_documents import ladder, redact, report
from mailtrace.errors import MailtraceError, UsageError
from mailtrace.formats import CheckFormat, Format, FrameFormat, LiveFormat, OpinionFormat

INTERRUPTED = 130

# No numpy has been loaded yet: its linear algebra, which nothing here needs, would start threads that wait busily.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)


def run() -> None:
    """Run the command line and be gone: taking apart what was loaded would be a tenth of a short command's time."""
    try:
        main()
    except SystemExit as ended:
        with suppress(OSError):  # of an output that is lost Python tells in its own way
            for stream in (sys.stdout, sys.stderr):
                if stream is not None:
                    stream.flush()
            os._exit(ended.code if isinstance(ended.code, int) else 0)
        raise


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
    output: Output = None,
    conversation: Annotated[int | None, typer.Option(metavar="N", min=1, help="Only this conversation.")] = None,
    journey: JourneyNumber = None,
    message_id: MessageId = None,
    sender: Sender = None,
    recipient: Recipient = None,
    subject: Subject = None,
    protocol: Protocols = None,
    hosts: HostsFile = None,
    name: Names = None,
    keylog: KeyLog = None,
    decode_as: DecodeAs = None,
    show_secrets: ShowSecrets = False,
    level: LevelOption = Level.NOVICE,
    packets: Packets = None,
    fail_on: FailOnOption = None,
    select: Select = None,
    ignore: Ignore = None,
    follow: Follow = False,
    redact: Redact = None,
    lang: Lang = None,
) -> Callable[[], int]:
    """Show mails on their way, and mail conversations as walkthroughs. Several captures count as parts of one.

    CAPTURE is a .pcap or .pcapng file, also compressed (.gz .zst .xz .lz4), or - for standard input.
    """
    from mailtrace.command import Request, run

    request = Request(
        captures=captures,
        format=format.value,
        output=options.output(output),
        conversation=conversation,
        protocols=options.protocols(protocol),
        names=options.names(hosts, name),
        show_secrets=show_secrets,
        level=level.value,
        packets=options.packet_range(packets),
        keylog=None if follow else options.keylog(keylog),
        decode_as=options.decode_as(decode_as),
        wanted=options.wanted(journey, message_id, sender, recipient, subject),
        judging=options.judging(fail_on, select, ignore),
    )
    if follow and redact is not None:
        raise UsageError("--redact reads the capture several times: leave out --follow")
    if follow:
        from mailtrace.command_live import run_follow

        return partial(run_follow, request, keylog)
    return on_copy(run, request, redact)


@app.command()
def check(
    captures: Annotated[list[str], typer.Argument(metavar="CAPTURE", show_default=False)],
    expect: Annotated[str, typer.Option(metavar="FILE", help="What is expected, as TOML.", show_default=False)],
    format: Annotated[CheckFormat, typer.Option("--format", "-f", help="What to write.")] = CheckFormat.TERMINAL,
    hosts: HostsFile = None,
    name: Names = None,
    keylog: KeyLog = None,
    decode_as: DecodeAs = None,
    lang: Lang = None,
) -> Callable[[], int]:
    """Say of each expectation in a file whether it holds, and which packets prove it. Exit code 1 if one does not.

    The README describes the file; samples/expect-2024.toml is one.
    """
    from mailtrace.command_check import CheckRequest
    from mailtrace.command_check import check as carry_out

    request = CheckRequest(
        captures=captures,
        expect=expect,
        format=format.value,
        names=options.names(hosts, name),
        keylog=options.keylog(keylog),
        decode_as=options.decode_as(decode_as),
    )
    return partial(carry_out, request)


@app.command()
def crosscheck(
    capture: Annotated[str, typer.Argument(metavar="CAPTURE", show_default=False)],
    format: Annotated[OpinionFormat, typer.Option("--format", "-f", help="What to write.")] = OpinionFormat.TERMINAL,
    keylog: KeyLog = None,
    decode_as: DecodeAs = None,
    lang: Lang = None,
) -> Callable[[], int]:
    """Ask tshark for a second opinion on a capture, and show where the two differ.

    Conversations, commands, reply codes, mails and DNS lookups are compared. Differences that come from a known fault
    of tshark are explained; exit code 1 tells that there are others. tshark has to be installed.
    """
    from mailtrace.command_crosscheck import crosscheck

    return partial(crosscheck, capture, format.value, options.keylog(keylog), options.decode_as(decode_as))


@app.command()
def frame(
    capture: Annotated[str, typer.Argument(metavar="CAPTURE", show_default=False)],
    number: Annotated[int, typer.Argument(metavar="N", min=1, show_default=False)],
    bytes_only: Annotated[
        bool, typer.Option("--bytes", help="Show only the octets that it adds to its conversation, as text.")
    ] = False,
    format: Annotated[FrameFormat, typer.Option("--format", "-f", help="What to write.")] = FrameFormat.TERMINAL,
    hosts: HostsFile = None,
    name: Names = None,
    keylog: KeyLog = None,
    decode_as: DecodeAs = None,
    show_secrets: ShowSecrets = False,
    lang: Lang = None,
) -> Callable[[], int]:
    """Show packet N of a capture in full: what is said in it, its fields, its octets, its place in a conversation."""
    from mailtrace.command_frame import FrameRequest, show_frame

    request = FrameRequest(
        capture=capture,
        number=number,
        format=format.value,
        bytes_only=bytes_only,
        show_secrets=show_secrets,
        names=options.names(hosts, name),
        keylog=options.keylog(keylog),
        decode_as=options.decode_as(decode_as),
    )
    return partial(show_frame, request)


@app.command()
def export(
    captures: Annotated[list[str], typer.Argument(metavar="CAPTURE", show_default=False)],
    output: Annotated[str, typer.Option("--output", "-o", metavar="DIR", help="The directory to write into.")],
    eml: Annotated[bool, typer.Option("--eml", help="Each mail, octet by octet as it was transmitted.")] = False,
    mbox: Annotated[bool, typer.Option("--mbox", help="All mails in one file, as mail programs import them.")] = False,
    attachments: Annotated[bool, typer.Option("--attachments", help="Attachments, decoded.")] = False,
    streams: Annotated[bool, typer.Option("--streams", help="What each side said, passwords masked.")] = False,
    pcapng: Annotated[bool, typer.Option("--pcapng", help="The packets, with the steps as comments.")] = False,
    conversation: Annotated[int | None, typer.Option(metavar="N", min=1, help="Only this conversation.")] = None,
    journey: Annotated[int | None, typer.Option(metavar="N", min=1, help="Only this mail, on its whole way.")] = None,
    keylog: KeyLog = None,
    decode_as: DecodeAs = None,
    show_secrets: ShowSecrets = False,
    redact: Redact = None,
    lang: Lang = None,
) -> Callable[[], int]:
    """Save mails, attachments, streams or packets of a capture as files, with an index of them.

    Without --eml, --mbox, --attachments, --streams and --pcapng it is mails and attachments. DIR is made if need be;
    nothing in it is overwritten.
    """
    from mailtrace.command_export import ExportRequest, run_export

    chosen = {"eml": eml, "mbox": mbox, "attachments": attachments, "streams": streams, "pcapng": pcapng}
    if conversation is not None and journey is not None:
        raise UsageError("a journey tells all of a mail: leave out --conversation")
    request = ExportRequest(
        captures=captures,
        output=options.file(output, "a directory of files"),
        kinds=frozenset(kind for kind, is_chosen in chosen.items() if is_chosen),
        conversation=conversation,
        journey=journey,
        show_secrets=show_secrets,
        keylog=options.keylog(keylog),
        decode_as=options.decode_as(decode_as),
    )
    return on_copy(run_export, request, redact)


app.command()(report)
app.command()(ladder)
app.command()(redact)


@app.command()
def live(
    interface: Annotated[list[str] | None, typer.Option("-i", metavar="IFACE", help="Where to listen.")] = None,
    filter: Annotated[str | None, typer.Option("-f", metavar="BPF", help="What to take; '' takes everything.")] = None,
    write: Annotated[str | None, typer.Option("-w", metavar="FILE", help="Record the packets, too (pcapng).")] = None,
    ring: Annotated[str | None, typer.Option(metavar="SIZE,COUNT", help="Begin a new file after SIZE.")] = None,
    format: Annotated[LiveFormat, typer.Option("--format", help="What to write.")] = LiveFormat.TERMINAL,
    duration: Annotated[float | None, typer.Option(metavar="S", min=0, help="End after so many seconds.")] = None,
    count: Annotated[int | None, typer.Option(metavar="N", min=1, help="End after so many packets.")] = None,
    via: Annotated[str, typer.Option(metavar="HOW", help="auto, scapy, dumpcap, or the path of a pipe.")] = "auto",
    hosts: HostsFile = None,
    name: Names = None,
    keylog: KeyLog = None,
    decode_as: DecodeAs = None,
    show_secrets: ShowSecrets = False,
    level: LevelOption = Level.NOVICE,
    lang: Lang = None,
) -> Callable[[], int]:
    """Listen on a network, and show every step while it happens. Ctrl-C ends it with a summary.

    Only the ports of mail, DNS and ident are listened to unless -f says otherwise. --ring takes sizes such as 100M.
    """
    from mailtrace.command_live import live_request, run_live

    request = live_request(
        interfaces=interface or [],
        filter=filter,
        via=via,
        write=None if write is None else options.file(write, "a recording"),
        ring=options.ring(ring, write),
        format=format.value,
        duration_s=duration,
        count=count,
        names=options.names(hosts, name),
        keylog=keylog,
        decode_as=options.decode_as(decode_as),
        show_secrets=show_secrets,
        level=level.value,
    )
    return partial(run_live, request)


@app.command()
def interfaces(lang: Lang = None) -> Callable[[], int]:
    """List the network interfaces of this machine, and say whether you may capture on them."""
    from mailtrace.command_interfaces import list_interfaces

    return list_interfaces


@app.command()
def rules(lang: Lang = None) -> Callable[[], int]:
    """List the rules by which captures are judged. One of them in full: mailtrace explain CODE."""
    from mailtrace.command_explain import list_rules

    return list_rules


@app.command()
def explain(
    word: Annotated[str, typer.Argument(metavar="WORD", show_default=False)], lang: Lang = None
) -> Callable[[], int]:
    """Explain the code or the name of a finding, or a word of mail: a command, a reply code, a record type, a term.

    Such as SMTP001, 354, 5.1.1, EHLO, MX, greylisting or MTA.
    """
    from mailtrace.command_explain import explain_word

    return partial(explain_word, word)
