"""From the command line to calls and exit codes; rooms are imported inside the commands, so that `--help` is instant.

A command reads its arguments and returns what is to be done; `main` does it, outside of typer, which would make one
exit code of an interruption, a closed pipe and a failure.

Exit codes: 0 done; 1 `crosscheck` found what nothing explains; 2 wrong usage; 3 the input cannot be read; 4 the input
was damaged or a limit was reached and the results are partial; 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from mailtrace.errors import MailtraceError, UsageError

if TYPE_CHECKING:
    from mailtrace.choosing import Wanted

INTERRUPTED = 130

MAX_PORT = 65535  # ports have 16 bits
PORT_DIGITS = 5

# No numpy has been loaded yet: its linear algebra, which nothing here needs, would start threads that wait busily.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)


class Format(StrEnum):
    """What to write."""

    TERMINAL = "terminal"
    JSON = "json"
    JSONL = "jsonl"
    MARKDOWN = "markdown"


class OpinionFormat(StrEnum):
    """What to write of a second opinion."""

    TERMINAL = "terminal"
    JSON = "json"


class FrameFormat(StrEnum):
    """What to write of one packet."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    JSON = "json"


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
HostsFile = Annotated[str | None, typer.Option(metavar="FILE", help="Names for addresses, in hosts-file format.")]
Names = Annotated[
    list[str] | None, typer.Option(metavar="ADDRESS=NAME", help="A name for one address; may be repeated.")
]
KeyLog = Annotated[str | None, typer.Option(metavar="FILE", help="Keys that open TLS, in the format of SSLKEYLOGFILE.")]
ShowSecrets = Annotated[bool, typer.Option("--show-secrets", help="Do not mask passwords and tokens.")]
DecodeAs = Annotated[
    list[str] | None,
    typer.Option(metavar="PORT=PROTOCOL", help="What is spoken on a port, such as 2525=smtp; may be repeated."),
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
    level: Annotated[Level, typer.Option(help="Explain every step, or show the facts alone.")] = Level.NOVICE,
    packets: Packets = None,
) -> Callable[[], int]:
    """Show mails on their way, and mail conversations as walkthroughs. Several captures count as parts of one.

    CAPTURE is a .pcap or .pcapng file, also compressed (.gz .zst .xz .lz4), or - for standard input.
    """
    from mailtrace.command import Request, run

    request = Request(
        captures=captures,
        format=format.value,
        output=output,
        conversation=conversation,
        protocols=_protocols(protocol),
        names=_names(hosts, name),
        show_secrets=show_secrets,
        level=level.value,
        packets=_packet_range(packets),
        keylog=_keylog(keylog),
        decode_as=_decode_as(decode_as),
        wanted=_wanted(journey, message_id, sender, recipient, subject),
    )
    return partial(run, request)


@app.command()
def crosscheck(
    capture: Annotated[str, typer.Argument(metavar="CAPTURE", show_default=False)],
    format: Annotated[OpinionFormat, typer.Option("--format", "-f", help="What to write.")] = OpinionFormat.TERMINAL,
    keylog: KeyLog = None,
    decode_as: DecodeAs = None,
) -> Callable[[], int]:
    """Ask tshark for a second opinion on a capture, and show where the two differ.

    Conversations, commands, reply codes, mails and DNS lookups are compared. Differences that come from a known fault
    of tshark are explained; exit code 1 tells that there are others. tshark has to be installed.
    """
    from mailtrace.command_crosscheck import crosscheck

    return partial(crosscheck, capture, format.value, _keylog(keylog), _decode_as(decode_as))


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
) -> Callable[[], int]:
    """Show packet N of a capture in full: what is said in it, its fields, its octets, its place in a conversation."""
    from mailtrace.command_frame import FrameRequest, show_frame

    request = FrameRequest(
        capture=capture,
        number=number,
        format=format.value,
        bytes_only=bytes_only,
        show_secrets=show_secrets,
        names=_names(hosts, name),
        keylog=_keylog(keylog),
        decode_as=_decode_as(decode_as),
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
        output=output,
        kinds=frozenset(kind for kind, is_chosen in chosen.items() if is_chosen),
        conversation=conversation,
        journey=journey,
        show_secrets=show_secrets,
        keylog=_keylog(keylog),
        decode_as=_decode_as(decode_as),
    )
    return partial(run_export, request)


def _names(hosts: str | None, pairs: list[str] | None) -> dict[str, list[str]]:
    """Read the user's names by address; single ones go first. Raises: `MailtraceError`."""
    from mailtrace.capture.hostsfile import parse_names, read_hosts

    names = read_hosts(hosts) if hosts else {}
    for address, some in parse_names(pairs or ()).items():
        names[address] = [*some, *names.get(address, [])]
    return names


def _wanted(
    journey: int | None, message_id: str | None, sender: str | None, recipient: str | None, subject: str | None
) -> Wanted | None:
    """Return which mails are asked for, None where no option asks. Raises: `UsageError`."""
    from mailtrace.choosing import Wanted

    asked = {"--message-id": message_id, "--sender": sender, "--recipient": recipient, "--subject": subject}
    for option, value in asked.items():
        if value is not None and not value.strip():
            raise UsageError(f"{option} needs something to look for")
    if journey is None and all(value is None for value in asked.values()):
        return None
    return Wanted(journey, message_id, sender, recipient, subject)


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


def _keylog(path: str | None) -> bytes | None:
    """Read the key log, where one is given. Raises: `UnreadableInput`."""
    if path is None:
        return None
    from mailtrace.capture.keylogfile import read_keylog

    return read_keylog(path)


def _decode_as(pairs: list[str] | None) -> dict[int, str] | None:
    """Read texts such as `2525=smtp` as protocols by port. Raises: `UsageError`."""
    if not pairs:
        return None
    from mailtrace.protocols import PROTOCOLS

    known = [row.name for row in PROTOCOLS]
    spoken = {}
    for pair in pairs:
        port, equals, protocol = (part.strip() for part in pair.partition("="))
        is_number = port.isascii() and port.isdecimal() and len(port) <= PORT_DIGITS
        if not equals or not is_number or not 0 < int(port) <= MAX_PORT:
            raise UsageError(f"--decode-as wants PORT=PROTOCOL with a port from 1 to {MAX_PORT}, not {pair!r}")
        if protocol.lower() not in known:
            raise UsageError(f"--decode-as knows {', '.join(known)}, not {protocol!r} (in {pair!r})")
        spoken[int(port)] = protocol.lower()
    return spoken


def _packet_range(text: str | None) -> tuple[int, int] | None:
    """Read `65-102` or `65` as a range of packet numbers, both included. Raises: `UsageError`."""
    if text is None:
        return None
    first, dash, last = text.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()) or not 0 < int(first) <= int(last or first):
        raise UsageError(f"--packets takes a range such as 65-102, or one number, not {text!r}")
    return int(first), int(last or first)
