"""What `mailtrace report` does: a capture made into a document to hand in. The capture is read twice.

The first reading understands it; then it is known which packets the report lists and shows, and the second reading
fetches these.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mailtrace import __version__
from mailtrace.analyzer import Analyzer, analyze_files
from mailtrace.capture.dissect import dissect
from mailtrace.choosing import Wanted, narrowed_to, narrowed_to_conversations, narrowed_to_packets, wanted_journeys
from mailtrace.command import exit_code, output_file, progress_bar, refuse_overwriting, secrets_note
from mailtrace.errors import UnreadableInput, UsageError
from mailtrace.explain.frame import FrameView, frame_view
from mailtrace.explain.hidden import Frame, packets_with_secrets
from mailtrace.explain.journeys.telling import journey_walkthroughs
from mailtrace.explain.listing import Listing, ListingRow
from mailtrace.explain.walkthrough import Book, told_together
from mailtrace.judging import ALL_FINDINGS, findings_within
from mailtrace.mail.naming import Naming
from mailtrace.model import Analysis, Conversation, Walkthrough
from mailtrace.reports.document.building import build
from mailtrace.reports.document.material import (
    MOST_CONVERSATIONS,
    MOST_FRAMES,
    MOST_PACKETS,
    MOST_PACKETS_EACH,
    MOST_ROWS,
    Material,
    SourceFile,
    Wishes,
    packets_of,
)
from mailtrace.reports.document.telling import telling_packets
from mailtrace.reports.writers import check, format_of, write
from mailtrace.rereading import Reread, refuse_standard_input, reread

HASHED_AT_ONCE = 2**20
"""Octets of a file that are read at once to hash it."""

FIRST_PACKETS = 8
"""Packets of a conversation that tell the link addresses of both sides: within them each has spoken."""


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """What the user asked for; see `Request`. `full` are the packets to be shown in full, None where he names none."""

    captures: list[str]
    format: str
    output: str | None
    conversation: int | None
    wanted: Wanted | None
    wishes: Wishes
    full: Sequence[int] | None
    names: dict[str, list[str]]
    keylog: bytes | None = None
    decode_as: Mapping[int, str] | None = None


def report_request(
    *,
    output: str | None,
    format: str | None,
    conversation: int | None,
    wanted: Wanted | None,
    packets: tuple[int, int] | None,
    parts: frozenset[str],
    title: str,
    author: str,
    level: str,
    show_secrets: bool,
    **more: Any,
) -> ReportRequest:
    """Return what the command line asks for. Raises: `UsageError` for what contradicts itself."""
    if sum(each is not None for each in (conversation, wanted, packets)) > 1:
        raise UsageError("--conversation, --journey and --packets each say what the report is about: give one of them")
    if output is None and format is None:
        raise UsageError("say where to write the report, such as -o report.html, or with --format what to write")
    wishes = Wishes(title, author, level, parts, show_secrets, packets, by_journey=wanted is not None)
    return ReportRequest(
        format=format or format_of(output or ""),
        output=output,
        conversation=conversation,
        wanted=wanted,
        wishes=wishes,
        **more,
    )


def run_report(request: ReportRequest) -> int:
    """Write the report and return the exit code. Raises: `MailtraceError`."""
    refuse_standard_input(request.captures, "report")
    refuse_overwriting(request.output, request.captures)
    check(request.format)
    everything = read_everything(request)
    document = build(_material(request, everything), f"mailtrace {__version__}")
    with output_file(request.output) as out:
        write(request.format, document, out)
    return exit_code(everything.capture)


def read_everything(request: ReportRequest) -> Analysis:
    """Read the captures for the first time. Raises: `MailtraceError`."""
    with progress_bar(request.captures) as progress:
        analyzer = Analyzer(
            request.captures,
            request.names,
            progress=progress,
            processes=True,
            keylog=request.keylog,
            decode_as=request.decode_as,
        )
        analyzer.info.notes += secrets_note(request.wishes.show_secrets)
        return analyze_files(analyzer)


def chosen_of(request: ReportRequest, everything: Analysis) -> Analysis:
    """Return the analysis narrowed down to what was asked for, with its findings. Raises: `UsageError`."""
    chosen, alone = _narrowed(request, everything), request.wanted is not None
    findings = ALL_FINDINGS.findings(everything)
    chosen.findings = findings_within(findings, chosen, whole=chosen is everything, mails_alone=alone)
    return chosen


def _narrowed(request: ReportRequest, everything: Analysis) -> Analysis:
    if request.wanted is not None:
        return narrowed_to(everything, wanted_journeys(everything.journeys, request.wanted))
    if request.wishes.packets is not None:
        return narrowed_to_packets(everything, *request.wishes.packets)
    if request.conversation is None:
        return everything
    many = len(everything.conversations)
    if request.conversation > many:
        raise UsageError(f"there is no conversation {request.conversation}; the capture has {many}")
    return narrowed_to_conversations(everything, [request.conversation])


def _material(request: ReportRequest, everything: Analysis) -> Material:
    wishes, chosen = request.wishes, chosen_of(request, everything)
    groups = told_together(chosen.conversations)
    book = Book(everything, wishes.show_secrets)
    told = [book.tell(list(group)) for group in groups[:MOST_CONVERSATIONS]]
    numbers = _listed(request, groups, told)
    full = _in_full(request, chosen)
    found, listing = _read_again(request, everything, chosen, numbers, full)
    rows = {row.number: row for row in listing.rows(everything, Naming(everything.hosts), wishes.show_secrets)}
    return Material(
        wishes=wishes,
        analysis=chosen,
        everything=everything,
        files=[_source_file(path) for path in request.captures],
        groups=groups,
        told=told,
        ways=list(journey_walkthroughs(everything, chosen.journeys[:MOST_CONVERSATIONS], wishes.show_secrets)),
        rows=rows,
        frames=dict(_frames(everything, rows, found, full, wishes.show_secrets)),
        links={address: tuple(links) for address, links in found.links.items()},
    )


def _listed(request: ReportRequest, groups: Sequence[Sequence[Conversation]], told: Sequence[Walkthrough]) -> list[int]:
    """Return the packets that the report lists."""
    wishes = request.wishes
    if "packets" not in wishes.parts:
        return []
    if wishes.packets is not None:
        first, last = wishes.packets
        return list(range(first, min(last, first + MOST_PACKETS - 1) + 1))
    each = [packets_of(group, way)[:MOST_PACKETS_EACH] for group, way in zip(groups, told, strict=False)]
    return [number for some in each for number in some][:MOST_PACKETS]


def _in_full(request: ReportRequest, chosen: Analysis) -> list[int]:
    """Return the packets that are shown in full."""
    if "packets" not in request.wishes.parts:
        return []
    if request.full is not None:
        return list(request.full)[:MOST_FRAMES]
    numbers, within = telling_packets(chosen.conversations), request.wishes.packets
    return [number for number in numbers if within is None or within[0] <= number <= within[1]]


def _read_again(
    request: ReportRequest, everything: Analysis, chosen: Analysis, numbers: Sequence[int], full: Sequence[int]
) -> tuple[Reread, Listing]:
    """Read what the report lists and shows. Raises: `UsageError` for packets that the capture does not have."""
    packets = everything.capture.packets
    range_ = request.wishes.packets
    missing = [number for number in (*full, *(range_[:1] if range_ else ())) if number > packets]
    if missing:
        raise UsageError(f"there is no packet {missing[0]}; the capture has {packets}")
    wanted = {*numbers, *full}
    shown = set(full)
    secrets = {
        number
        for each in everything.conversations
        if not shown.isdisjoint(each.numbers)
        for number in packets_with_secrets(each)
    }
    first = first_packets(chosen)
    listing = Listing(min(wanted, default=1), max(wanted, default=0), wanted)
    return reread(request.captures, shown | secrets, first, listing.feed, max(wanted, default=0)), listing


def first_packets(chosen: Analysis) -> set[int]:
    """Return the packets that tell the link addresses of hosts."""
    return {number for each in chosen.conversations[:MOST_ROWS] for number in each.numbers[:FIRST_PACKETS]}


def _frames(
    everything: Analysis, rows: Mapping[int, ListingRow], found: Reread, full: Sequence[int], show_secrets: bool
) -> dict[int, FrameView]:
    views = {}
    for number in full:
        frame = found.frames.get(number)
        if frame is not None and number in rows:
            tree = dissect(frame.octets, frame.link_type)
            frame = Frame(frame.number, frame.octets, frame.link_type, tree.is_fragment)
            views[number] = frame_view(frame, rows[number], tree, everything, found.payloads, show_secrets)
    return views


def _source_file(path: str) -> SourceFile:
    """Return the facts of a file. Raises: `UnreadableInput`."""
    digest, size = hashlib.sha256(), 0
    try:
        with Path(path).open("rb") as file:
            while octets := file.read(HASHED_AT_ONCE):
                digest.update(octets)
                size += len(octets)
    except OSError as error:
        raise UnreadableInput(f"cannot read {path}: {error.strerror}") from None
    return SourceFile(Path(path).name, size, digest.hexdigest())
