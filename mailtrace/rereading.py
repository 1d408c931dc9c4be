"""Reads captures a second time, for the packets that are known to be wanted by then: their octets, who sent them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from mailtrace.capture.source import STANDARD_INPUT, open_capture
from mailtrace.errors import UsageError
from mailtrace.explain.hidden import Frame, Payload
from mailtrace.explain.otherinfo import address_text
from mailtrace.model import RawBatch
from mailtrace.packets.decode import Decoder
from mailtrace.packets.dissect import dissect
from mailtrace.packets.transports import Segments

Watch = Callable[[RawBatch], None]

LINKS_PER_ADDRESS = 4
"""Link addresses kept of one host: more than two tell that something is wrong, and four show it."""


@dataclass(slots=True)
class Reread:
    """What was found: frames and their payloads by number, and link addresses by IP address, in order of appearance."""

    frames: dict[int, Frame] = field(default_factory=dict)
    payloads: dict[int, Payload] = field(default_factory=dict)
    links: dict[str, dict[str, None]] = field(default_factory=dict)


def refuse_standard_input(paths: Sequence[str], command: str) -> None:
    """Refuse what cannot be read twice. Raises: `UsageError`."""
    if STANDARD_INPUT in paths:
        raise UsageError(f"{command} reads the capture twice: give a file, not standard input")


def reread(
    paths: Sequence[str],
    octets: Collection[int],
    senders: Collection[int] = (),
    watch: Watch | None = None,
    until: int | None = None,
) -> Reread:
    """Return the frames of packets whose `octets` are wanted, and the link addresses of the `senders` of others.

    `watch` sees every batch up to packet `until`. Raises: `UnreadableInput`.
    """
    found = Reread()
    last = max([*octets, *senders, until or 0], default=0)
    decoder, before = Decoder(), 0
    for path in paths:
        packets = before
        with open_capture(path) as capture:
            for batch in capture.batches():
                batch = replace(batch, first_number=batch.first_number + before) if before else batch
                if batch.first_number > last:
                    return found
                packets = batch.first_number + len(batch.start) - 1
                if watch is not None:
                    watch(batch)
                _take(found, decoder, batch, octets, senders)
        before = packets
    return found


def _take(found: Reread, decoder: Decoder, batch: RawBatch, octets: Collection[int], senders: Collection[int]) -> None:
    """Take what is wanted of a batch; all batches are decoded, since fragments join across them."""
    first, end = batch.first_number, batch.first_number + len(batch.start)
    inside = [number for number in octets if first <= number < end]
    sent = [number for number in senders if first <= number < end]
    if not inside and not sent:
        decoder.decode(batch)
        return
    decoded, headers = decoder.decode_traced(batch)
    for segments in (decoded.tcp, decoded.udp):
        found.payloads |= _payloads(batch, segments, decoded.buffer, octets)
    for number in inside:
        found.frames[number] = _frame(batch, number - first)
    for number in sent:
        seen = dissect(decoded.buffer, headers[number - first])
        if seen.ip is not None and seen.link is not None:
            for address, link in ((seen.ip.source, seen.link.source), (seen.ip.destination, seen.link.destination)):
                known = found.links.setdefault(address_text(address), {})
                if link and len(known) < LINKS_PER_ADDRESS:
                    known[address_text(link)] = None


def _frame(batch: RawBatch, index: int) -> Frame:
    interface = batch.interfaces[int(batch.interface[index])]
    start = int(batch.start[index])
    size = min(int(batch.captured[index]), max(int(batch.wire[index]) - interface.fcs_bytes, 0))
    return Frame(batch.first_number + index, batch.buffer[start : start + size], interface.link_type)


def _payloads(batch: RawBatch, segments: Segments, buffer: bytes, wanted: Collection[int]) -> dict[int, Payload]:
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
