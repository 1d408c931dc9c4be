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
from mailtrace.capture.source import STANDARD_INPUT, open_capture
from mailtrace.command import exit_code, progress_bar
from mailtrace.errors import UsageError
from mailtrace.explain.frame import conversation_of, frame_view
from mailtrace.explain.hidden import Frame, Payload, packets_with_secrets
from mailtrace.explain.listing import Listing
from mailtrace.mail.naming import Naming
from mailtrace.model import RawBatch
from mailtrace.packets.decode import Decoder
from mailtrace.packets.transports import Segments
from mailtrace.reports.frames import write_frame


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
    if path == STANDARD_INPUT:
        raise UsageError("frame reads the capture twice: give a file, not standard input")
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
    frame, payloads = _fetch(path, number, wanted)
    (row,) = listing.rows(analysis, Naming(analysis.hosts), request.show_secrets)
    tree = dissect(frame.octets, frame.link_type)
    frame = Frame(frame.number, frame.octets, frame.link_type, tree.is_fragment)
    view = frame_view(frame, row, tree, analysis, payloads, request.show_secrets)
    write_frame(request.format, view, request.bytes_only, sys.stdout.buffer)
    sys.stdout.flush()
    return exit_code(analysis.capture)


def _fetch(path: str, number: int, others: frozenset[int]) -> tuple[Frame, dict[int, Payload]]:
    """Return a frame, and what it and other packets carry. Raises: `UnreadableInput`."""
    frame = Frame(number, b"", 0)
    payloads: dict[int, Payload] = {}
    decoder, wanted = Decoder(), {number, *others}
    with open_capture(path) as capture:
        for batch in capture.batches():
            if batch.first_number > max(wanted):
                break
            decoded = decoder.decode(batch)
            for segments in (decoded.tcp, decoded.udp):
                payloads |= _payloads(batch, segments, decoded.buffer, wanted)
            index = number - batch.first_number
            if 0 <= index < len(batch.start):
                frame = _frame(batch, index)
    return frame, payloads


def _frame(batch: RawBatch, index: int) -> Frame:
    interface = batch.interfaces[int(batch.interface[index])]
    start = int(batch.start[index])
    size = min(int(batch.captured[index]), max(int(batch.wire[index]) - interface.fcs_bytes, 0))
    return Frame(batch.first_number + index, batch.buffer[start : start + size], interface.link_type)


def _payloads(batch: RawBatch, segments: Segments, buffer: bytes, wanted: set[int]) -> dict[int, Payload]:
    """Return what the wanted packets of a batch carry."""
    found = {}
    for at, index in enumerate(segments.row.tolist()):
        if batch.first_number + index in wanted:
            place, size = int(segments.payload_at[at]), int(segments.captured[at])
            start = int(batch.start[index])
            inside = start <= place and place + size <= start + int(batch.captured[index])
            ports = int(segments.source_port[at]), int(segments.target_port[at])
            octets = buffer[place : place + size]
            found[batch.first_number + index] = Payload(ports, octets, place - start if inside else None)
    return found
