"""What `mailtrace frame` does: one packet of a capture, in full. The capture is read twice.

The first reading understands it; then it is known which packets are needed to tell where secrets lie, and the second
reading fetches their octets.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from mailtrace.analyzer import Analyzer, analyze_files
from mailtrace.capture.dissect import dissect
from mailtrace.command import exit_code, progress_bar
from mailtrace.errors import UsageError
from mailtrace.explain.frame import conversation_of, frame_view
from mailtrace.explain.hidden import Frame, packets_with_secrets
from mailtrace.explain.listing import Listing
from mailtrace.mail.naming import Naming
from mailtrace.reports.frames import write_frame
from mailtrace.rereading import refuse_standard_input, reread


@dataclass(frozen=True, slots=True)
class FrameRequest:
    """What the user asked for; see `Request`."""

    capture: str
    number: int
    format: str
    bytes_only: bool
    show_secrets: bool
    names: dict[str, list[str]]
    keylog: bytes | None = None
    decode_as: Mapping[int, str] | None = None


def show_frame(request: FrameRequest) -> int:
    """Write the packet to standard output and return the exit code. Raises: `MailtraceError`."""
    path, number = request.capture, request.number
    refuse_standard_input([path], "frame")
    listing = Listing(number, number)
    with progress_bar([path]) as progress:
        analyzer = Analyzer(
            [path],
            request.names,
            progress=progress,
            watch=listing.feed,
            keylog=request.keylog,
            decode_as=request.decode_as,
        )
        analysis = analyze_files(analyzer)
    if number > analysis.capture.packets:
        raise UsageError(f"there is no packet {number}; the capture has {analysis.capture.packets}")
    conversation = conversation_of(analysis, number)
    wanted = packets_with_secrets(conversation) if conversation is not None else frozenset()
    again = reread([path], {number, *wanted})
    frame = again.frames.get(number, Frame(number, b"", 0))  # the file may have become shorter
    (row,) = listing.rows(analysis, Naming(analysis.hosts), request.show_secrets)
    tree = dissect(frame.octets, frame.link_type)
    frame = Frame(frame.number, frame.octets, frame.link_type, tree.is_fragment)
    view = frame_view(frame, row, tree, analysis, again.payloads, request.show_secrets)
    write_frame(request.format, view, request.bytes_only, sys.stdout.buffer)
    sys.stdout.flush()
    return exit_code(analysis.capture)
