"""Fuzz target: any frames on any link type end in transport packets and counts, the same however they are batched."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from mailtrace.model import Interface
from mailtrace.packets.decode import Decoder
from mailtrace.packets.dissect import dissect
from tests.packets.test_decode import batch_of, plain
from tests.packets.twin import LINKS, Plain, read_frame

LINK_TYPES = [*LINKS, 220, 9999]
FRAME_MARK = b"\xfe\xfa\xce"
"""Where the next frame begins."""

Outcome = tuple[dict[int, list[Plain]], Counter[str]]


def _read(frames: list[tuple[bytes, int]], link_type: int, size: int, traced: bool) -> Outcome:
    """Return what is found in frames, by number, and what is counted; `size` frames make a batch."""
    decoder = Decoder()
    found: dict[int, list[Plain]] = {}
    other: Counter[str] = Counter()
    for begin in range(0, len(frames), size):
        batch = replace(batch_of(frames[begin : begin + size], Interface(link_type)), first_number=begin + 1)
        if traced:
            decoded, headers = decoder.decode_traced(batch)
            for each in headers:
                dissect(decoded.buffer, each)
        else:
            decoded = decoder.decode(batch)
        for segments, protocol in ((decoded.tcp, 6), (decoded.udp, 17)):
            assert (segments.captured >= 0).all()
            assert (segments.length >= segments.captured).all()
            stop = segments.payload_at + segments.captured
            assert (stop[segments.captured > 0] <= len(decoded.buffer)).all()
            assert (segments.lane >= 0).all()
            for row, packets in plain(decoded.buffer, segments, protocol).items():
                found.setdefault(begin + row, []).extend(packets)
        other += decoded.other
    return found, other


def fuzz_one(data: bytes) -> None:
    """Take the link type from the first octet, the frames from the rest; raises only when a promise is broken."""
    if not data:
        return
    link_type = LINK_TYPES[data[0] % len(LINK_TYPES)]
    frames = [(frame, len(frame) + (data[0] >> 7) * 9) for frame in data[1:].split(FRAME_MARK)]
    found, other = whole = _read(frames, link_type, len(frames), False)
    assert sum(other.values()) + sum(map(len, found.values())) >= len(frames)
    assert _read(frames, link_type, 1, False) == whole
    assert _read(frames, link_type, 3, True) == whole
    if not any("fragment" in name for name in other):
        twins = {row: read_frame(frame, wire, link_type) for row, (frame, wire) in enumerate(frames)}
        by_protocol = {row: sorted(some, key=lambda packet: packet.protocol) for row, some in twins.items() if some}
        assert found == by_protocol
