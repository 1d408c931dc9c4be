"""Decode agrees with its slow twin on real captures, on damaged ones, and on frames made to trip it."""

from __future__ import annotations

import random
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtrace.model import Interface, RawBatch
from mailtrace.packets.decode import Segments, decode
from tests.packets.twin import Plain, read_frame
from tests.support import SAMPLES

ETHERNET = Interface(1)


def batch_of(frames: list[tuple[bytes, int]], interface: Interface = ETHERNET) -> RawBatch:
    """Return a batch of (captured octets, wire length)."""
    lengths = [len(frame) for frame, _ in frames]
    return RawBatch(
        buffer=b"".join(frame for frame, _ in frames),
        first_number=1,
        start=np.cumsum([0, *lengths[:-1]], dtype=np.int64) if frames else np.zeros(0, dtype=np.int64),
        captured=np.array(lengths, dtype=np.int64),
        wire=np.array([wire for _, wire in frames], dtype=np.int64),
        time_ns=np.arange(len(frames), dtype=np.int64),
        interface=np.zeros(len(frames), dtype=np.int32),
        interfaces=[interface],
    )


def plain(batch: RawBatch, segments: Segments, protocol: int) -> dict[int, Plain]:
    """Return what decode found, in the twin's words, by row."""
    found = {}
    for i, row in enumerate(segments.row.tolist()):
        size = 4 if segments.version[i] == 4 else 16
        source, target = (
            ((int(high) << 64) | int(low)).to_bytes(16, "big")[-size:]
            for high, low in (
                (segments.source_high[i], segments.source_low[i]),
                (segments.target_high[i], segments.target_low[i]),
            )
        )
        at, captured = int(segments.payload_at[i]), int(segments.captured[i])
        found[row] = Plain(
            protocol,
            source,
            target,
            int(segments.source_port[i]),
            int(segments.target_port[i]),
            int(segments.sequence[i]),
            int(segments.acknowledged[i]),
            int(segments.flags[i]),
            batch.buffer[at : at + captured],
            int(segments.length[i]),
        )
    return found


def assert_twins(frames: list[tuple[bytes, int]], interface: Interface = ETHERNET) -> int:
    """Hold decode against the twin frame by frame; return how many transport packets were read."""
    batch = batch_of(frames, interface)
    decoded = decode(batch)
    found = plain(batch, decoded.tcp, 6) | plain(batch, decoded.udp, 17)
    expected = {
        row: packet
        for row, (frame, wire) in enumerate(frames)
        if (packet := read_frame(frame, wire, interface.link_type, interface.fcs_bytes)) is not None
    }
    assert found == expected
    return len(expected)


def tcp_packet(payload: bytes, options: bytes = b"", total: int | None = None) -> bytes:
    """Return an IPv4 packet 10.0.0.1:1000 > 10.0.0.2:25 with the given payload; `total` overrides its length field."""
    tcp = struct.pack(">HHIIBBHHH", 1000, 25, 7, 9, (5 + len(options) // 4) << 4, 0x18, 100, 0, 0) + options + payload
    length = 20 + len(tcp) if total is None else total
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, length, 1, 0x4000, 64, 6, 0, b"\x0a\0\0\1", b"\x0a\0\0\2") + tcp


def ethernet(packet: bytes, ethertype: int = 0x0800, tags: bytes = b"") -> tuple[bytes, int]:
    """Return a frame padded to 60 octets as Ethernet does, with padding that is not zero."""
    frame = b"\1" * 12 + tags + struct.pack(">H", ethertype) + packet
    frame += b"\xee" * (60 - len(frame))
    return frame, len(frame)


def test_c64_padding_never_reaches_the_payload() -> None:
    batch = batch_of([ethernet(tcp_packet(b"")), ethernet(tcp_packet(b"DATA\r\n"))])
    tcp = decode(batch).tcp
    assert tcp.length.tolist() == [0, 6]
    assert batch.buffer[tcp.payload_at[1] : tcp.payload_at[1] + tcp.captured[1]] == b"DATA\r\n"


def test_c65_trailers_and_checksums_are_left_out() -> None:
    frame, wire = ethernet(tcp_packet(b"x" * 40))
    assert assert_twins([(frame + b"FCS!", wire + 4)], Interface(1, fcs_bytes=4)) == 1
    tcp = decode(batch_of([(frame + b"FCS!", wire + 4)])).tcp
    assert tcp.length.tolist() == [40]


@pytest.mark.parametrize("depth", [1, 2, 3, 15, 16, 17, 1000])
def test_c67_vlan_tags(depth: int) -> None:
    frames = [ethernet(tcp_packet(b"hello"), tags=b"\x81\x00\x00\x05" * depth)]
    assert assert_twins(frames) == (1 if depth <= 16 else 0)


def test_c73_links_without_ethernet() -> None:
    packet = tcp_packet(b"hello")
    for link_type, header in [
        (0, struct.pack("<I", 2)),
        (0, struct.pack(">I", 2)),
        (108, struct.pack(">I", 2)),
        (101, b""),
        (228, b""),
        (113, b"\0" * 14 + b"\x08\x00"),
        (276, b"\x08\x00" + b"\0" * 18),
    ]:
        frame = header + packet
        assert assert_twins([(frame, len(frame))], Interface(link_type)) == 1


def test_d75_lying_ip_lengths() -> None:
    packet = tcp_packet(b"hello world, this is long enough")
    frames = [ethernet(tcp_packet(b"payload" * 9, total=total)) for total in (0, 1, 19, 20, 39, 40, 41, 60, 65535)]
    frames += [ethernet(bytes([first]) + packet[1:]) for first in (0x40, 0x44, 0x4F, 0x55, 0x65, 0x00)]
    assert_twins(frames)


def test_d76_snap_length_keeps_the_real_length() -> None:
    frame, wire = ethernet(tcp_packet(b"a" * 1000))
    tcp = decode(batch_of([(frame[:64], wire)])).tcp
    assert (tcp.captured.tolist(), tcp.length.tolist()) == ([10], [1000])


def test_d86_ipv6_extension_chains() -> None:
    tcp = tcp_packet(b"six")[20:]
    hop, atomic, fragment = b"\x2c\0\0\0\0\0\0\0", b"\x06\0\0\0\0\0\0\1", b"\x06\0\0\1\0\0\0\1"

    def six(first: int, body: bytes) -> tuple[bytes, int]:
        head = struct.pack(">IHBB", 0x60000000, len(body), first, 64) + b"\x20" * 16 + b"\x30" * 16
        return ethernet(head + body, 0x86DD)

    endless = b"\0\0\0\0\0\0\0\0" * 1000
    assert assert_twins([six(6, tcp), six(0, hop + atomic + tcp), six(0, hop + fragment + tcp)]) == 2
    assert assert_twins([six(0, endless + tcp), six(44, atomic[:4]), six(51, b"\x06\0" + b"\0" * 6 + tcp)]) == 1


def test_every_cut_of_a_frame_agrees_with_the_twin() -> None:
    for frame, wire in (
        ethernet(tcp_packet(b"x" * 30, options=b"\1" * 12)),
        ethernet(tcp_packet(b""), tags=b"\x81\0\0\5"),
    ):
        assert_twins([(frame[:size], wire) for size in range(len(frame) + 1)])


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=120), st.sampled_from([0, 1, 12, 101, 108, 113, 228, 229, 276, 9999]))
def test_any_octets_agree_with_the_twin(octets: bytes, link_type: int) -> None:
    assert_twins([(octets, len(octets) + 3), (b"", 0)], Interface(link_type))


def test_flipped_octets_of_a_real_capture_agree_with_the_twin() -> None:
    from mailtrace.capture.source import open_capture

    chance = random.Random(1)
    for name in sorted(SAMPLES.glob("*.pcapng")):
        for batch in open_capture(str(name)).batches():
            frames = []
            for start, captured, wire in zip(
                batch.start.tolist(), batch.captured.tolist(), batch.wire.tolist(), strict=True
            ):
                frame = bytearray(batch.buffer[start : start + captured])
                frames.append((bytes(frame), wire))
                for _ in range(3):
                    frame[chance.randrange(min(60, len(frame)))] = chance.randrange(256)
                frames.append((bytes(frame), wire))
            assert assert_twins(frames, batch.interfaces[0]) > 20
