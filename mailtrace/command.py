"""What `mailtrace analyze` does: read, choose, render, write; the exit code says whether the results are whole."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from mailtrace.analyzer import Analyzer, Progress, analyze_files, narrowed, note
from mailtrace.choosing import Wanted, narrowed_to, wanted_journeys
from mailtrace.errors import UnreadableInput, UsageError
from mailtrace.judging import ALL_FINDINGS, Judging, findings_within
from mailtrace.mail.authentication import Authenticator, RecordBook
from mailtrace.mail.clocks import Clocks, with_clocks
from mailtrace.mail.correlator import Final
from mailtrace.mail.journeys import Joined, Notebook
from mailtrace.model import Analysis, CaptureInfo, Note
from mailtrace.pipeline import END_NS
from mailtrace.processes import in_turns

if TYPE_CHECKING:
    from mailtrace.explain.listing import Listing
    from mailtrace.model import Journey, Walkthrough

DONE, JUDGED, PARTIAL = 0, 1, 4

LINES_AT_ONCE = 64
"""Lines of JSON that are written at once: larger than a buffer, each would be written by itself, which takes longer."""

JOURNEYS_AT_ONCE = 100
"""Journeys that are made and written in one go: each alone takes longer, and all together much memory."""

SECRETS_SHOWN = "passwords and tokens are shown here, as --show-secrets asks: whoever gets this can log in with them"


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for; `packets` is a range of packet numbers, both included, `decode_as` protocols by port.

    `wanted` are the mails whose journeys alone are to be shown, None where everything is. `judging` tells which
    findings are wanted, and which make the exit code 1. `files` are the names by which the captures are shown, None
    for their own.
    """

    captures: list[str]
    format: str
    output: str | None
    conversation: int | None
    protocols: frozenset[str] | None
    names: dict[str, list[str]]
    show_secrets: bool
    level: str
    packets: tuple[int, int] | None
    keylog: bytes | None = None
    decode_as: Mapping[int, str] | None = None
    wanted: Wanted | None = None
    judging: Judging = ALL_FINDINGS
    files: list[str] | None = None


def run(request: Request) -> int:
    """Carry out the request and return the exit code. Raises: `MailtraceError`."""
    _check(request)
    listing = _listing(request)
    with progress_bar(request.captures) as progress:
        watch = listing.feed if listing else None
        analyzer = Analyzer(
            request.captures,
            request.names,
            progress=progress,
            watch=watch,
            processes=True,
            keylog=request.keylog,
            decode_as=request.decode_as,
        )
        if request.files is not None:
            analyzer.info.files = request.files
        analyzer.info.notes += secrets_note(request.show_secrets)
        analysis = _read(request, analyzer)
    if listing is not None and analysis is not None:
        _write_packets(request, listing, analysis)
        return exit_code(analysis.capture)
    return _finish(request, analyzer, analysis)


def report(request: Request, analyzer: Analyzer) -> int:
    """Read what an analyzer brings, write the report, and return the exit code. Raises: `MailtraceError`."""
    return _finish(request, analyzer, _read(request, analyzer))


def _read(request: Request, analyzer: Analyzer) -> Analysis | None:
    """Read everything; None where what was asked for is written meanwhile, as JSON Lines are.

    Findings and waits need the whole capture: who asks for findings gets both, and waits until it is read.
    """
    whole = request.packets is not None or request.wanted is not None or request.judging != ALL_FINDINGS
    if request.format == "jsonl" and not whole:
        _stream(request, analyzer)
        return None
    return analyze_files(analyzer)


def _finish(request: Request, analyzer: Analyzer, analysis: Analysis | None) -> int:
    """Write what is not written yet, and return the exit code."""
    if analysis is None:
        return exit_code(analyzer.info)
    _check_conversation(request, len(analysis.conversations))
    return JUDGED if _write(request, analysis) else exit_code(analysis.capture)


def _check(request: Request) -> None:
    """Refuse what contradicts itself or would destroy what it reads. Raises: `UsageError`."""
    if request.packets is not None and (request.conversation is not None or request.protocols is not None):
        raise UsageError("--packets lists packets of all conversations: leave out --conversation and --protocol")
    narrowing = (request.packets, request.conversation, request.protocols)
    if request.wanted is not None and any(each is not None for each in narrowing):
        raise UsageError("a journey tells all of a mail: leave out --conversation, --protocol and --packets")
    if request.packets is not None and request.judging != ALL_FINDINGS:
        raise UsageError("--packets lists packets: leave out --fail-on, --select and --ignore")
    request.judging.check()
    refuse_overwriting(request.output, request.captures)


def refuse_overwriting(path: str | None, captures: Sequence[str]) -> None:
    """Refuse an output that is one of the inputs. Raises: `UsageError`."""
    output = Path(path) if path is not None else None
    if output is not None and output.is_file() and any(_is_same(output, Path(each)) for each in captures):
        raise UsageError(f"--output {output} is the capture itself, and would be written over")


def _is_same(one: Path, other: Path) -> bool:
    return other.is_file() and one.samefile(other)


def _check_conversation(request: Request, many: int) -> None:
    """Refuse a conversation that the capture, of `many` conversations, does not have. Raises: `UsageError`."""
    if request.conversation is not None and request.conversation > many:
        raise UsageError(f"there is no conversation {request.conversation}; the capture has {many}")


def secrets_note(show_secrets: bool) -> list[Note]:
    """Return the note that stands in a report in which secrets are shown: whoever gets it has to know."""
    return [Note("secrets-shown", SECRETS_SHOWN)] if show_secrets else []


def exit_code(capture: CaptureInfo) -> int:
    """Return what the notes about the capture mean for the exit code."""
    return PARTIAL if any(note.damage for note in capture.notes) else DONE


def _stream(request: Request, analyzer: Analyzer) -> None:
    """Write JSON Lines as conversations become final, and let them be seen.

    Mails are judged by the lookups that were answered before, however much is read at once. Journeys come at the end:
    the notebook keeps a little of each mail for them.
    """
    from mailtrace.reports import json

    everything = request.conversation is None and request.protocols is None
    clocks, notebook, chosen, correlator = Clocks(), Notebook(), set[int | None](), analyzer.correlator
    judge = Authenticator(RecordBook(so_far=True))
    with output_file(request.output) as out:
        for finals in analyzer.finals(partial(json.written, show_secrets=request.show_secrets)):
            lines: list[bytes] = []
            for final in finals:
                if answered := correlator.answered_by(final.due_ns):
                    judge.book.observe(answered)
                note(final, final.numbers, notebook, clocks)
                if final.told is not None and (everything or _is_chosen(request, final)):
                    chosen.add(final.conversation.id)
                    lines += json.final_lines(final, final.told, judge)
                if len(lines) >= LINES_AT_ONCE:
                    out.write(b"".join(lines))
                    lines.clear()
            judge.book.observe(correlator.answered_by(END_NS))
            out.write(b"".join(lines))
            out.flush()
        _check_conversation(request, correlator.conversations)
        hosts = with_clocks(correlator.hosts.hosts(), clocks.skews())
        out.writelines(_journeys(notebook.joined(hosts), None if everything else chosen, analyzer.in_processes))
        analyzer.info.notes += notebook.notes()
        out.write(json.capture_line(analyzer.info, hosts))


def _journeys(joined: Joined, chosen: set[int | None] | None, in_processes: bool) -> Iterator[bytes]:
    """Yield the lines about journeys, only of those with a `chosen` conversation where any are chosen."""
    from mailtrace.reports import json

    def lines(turn: int) -> bytes:
        journeys = joined.some(turn * JOURNEYS_AT_ONCE, (turn + 1) * JOURNEYS_AT_ONCE)
        if chosen is not None:
            journeys = [each for each in journeys if not chosen.isdisjoint([hop.conversation for hop in each.hops])]
        return json.journey_lines(journeys)

    turns = -(-len(joined) // JOURNEYS_AT_ONCE)
    return in_turns(lines, turns, bytes) if in_processes else map(lines, range(turns))


def _is_chosen(request: Request, final: Final) -> bool:
    conversation = final.conversation
    if request.protocols is not None and conversation.protocol not in request.protocols:
        return False
    return request.conversation in (None, conversation.id)


def _write(request: Request, analysis: Analysis) -> bool:
    """Write the report, and tell whether it has a finding that the user asked to fail on."""
    from mailtrace.reports import Report, write

    found = request.judging.findings(analysis)
    alone = request.wanted is not None
    if request.wanted is not None:
        chosen = narrowed_to(analysis, wanted_journeys(analysis.journeys, request.wanted))
        told = _told_journeys(request, analysis, chosen.journeys)
    else:
        chosen = narrowed(analysis, request.conversation, request.protocols)
        told = _told(request, analysis)
    chosen.findings = findings_within(found, chosen, whole=chosen is analysis, mails_alone=alone)
    with output_file(request.output) as out:
        write(request.format, Report(chosen, told, request.level, request.show_secrets, alone), out)
    return request.judging.fails(chosen.findings)


def _told(request: Request, analysis: Analysis) -> Iterator[Walkthrough]:
    """Tell the walkthroughs, but only when the report asks for them."""
    from mailtrace.explain.walkthrough import walkthroughs

    yield from walkthroughs(
        analysis,
        conversation=request.conversation,
        protocols=request.protocols,
        show_secrets=request.show_secrets,
    )


def _told_journeys(request: Request, analysis: Analysis, journeys: Sequence[Journey]) -> Iterator[Walkthrough]:
    """Tell journeys, but only when the report asks for them."""
    from mailtrace.explain.journeys.telling import journey_walkthroughs

    yield from journey_walkthroughs(analysis, journeys, request.show_secrets)


def _listing(request: Request) -> Listing | None:
    if request.packets is None:
        return None
    from mailtrace.explain.listing import Listing

    return Listing(*request.packets)


def _write_packets(request: Request, listing: Listing, analysis: Analysis) -> None:
    from mailtrace.mail.naming import Naming
    from mailtrace.reports import write_packets

    if request.packets is not None and request.packets[0] > analysis.capture.packets:
        raise UsageError(f"there is no packet {request.packets[0]}; the capture has {analysis.capture.packets}")
    rows = listing.rows(analysis, Naming(analysis.hosts), request.show_secrets)
    with output_file(request.output) as out:
        write_packets(request.format, rows, out)


@contextmanager
def output_file(path: str | None) -> Iterator[BinaryIO]:
    """Give standard output, or a file to write to. Raises: `UnreadableInput`."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    target = Path(path)
    try:
        with _in_place(target) if _is_special(target) else _whole(target) as file:
            yield file
    except BrokenPipeError:  # a named pipe whose reader has gone, as with standard output
        raise
    except OSError as error:
        raise UnreadableInput(f"cannot write {path}: {error.strerror}") from None


def _is_special(target: Path) -> bool:
    """Tell whether a path is a device, a pipe or a link: replacing it by a file would destroy it."""
    return os.path.lexists(target) and not stat.S_ISREG(target.lstat().st_mode)


def _in_place(target: Path) -> BinaryIO:
    return target.open("wb")


@contextmanager
def _whole(target: Path) -> Iterator[BinaryIO]:
    """Give a file that appears under its name only when it is whole, readable by whom the old one was."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.")
    made = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        made.chmod(_mode(target))
        made.replace(target)
    except BaseException:
        made.unlink(missing_ok=True)
        raise


def _mode(target: Path) -> int:
    """Return the permissions of a file that is there, or those that a new one gets."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


@contextmanager
def progress_bar(captures: list[str]) -> Iterator[Progress | None]:
    """Show a bar on standard error while work is long, where that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from mailtrace.reports.progress import ProgressBar

    sizes = [Path(path).stat().st_size for path in captures if path != "-" and Path(path).is_file()]
    bar = ProgressBar(sum(sizes) if len(sizes) == len(captures) else None)
    try:
        yield bar.show
    finally:
        bar.close()


@contextmanager
def packet_bar(who: str, packets: int) -> Iterator[Callable[[int], None]]:
    """Show on standard error how many of the packets `who` has read, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda number: None
        return
    from mailtrace.reports.progress import PacketBar

    bar = PacketBar(who, packets)
    try:
        yield bar.show
    finally:
        bar.close()
