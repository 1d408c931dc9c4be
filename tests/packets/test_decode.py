"""Decode agrees with its slow twin on real captures, on damaged ones, and on frames made to trip it."""

from __future__ import annotations

import random
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtrace.model import Interface, RawBatch
from mailtrace.packets.decode import Decoder
from mailtrace.packets.transports import Segments
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


def plain(buffer: bytes, segments: Segments, protocol: int) -> dict[int, list[Plain]]:
    """Return what decode found, in the twin's words, by row."""
    found: dict[int, list[Plain]] = {}
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
        packet = Plain(
            protocol,
            source,
            target,
            int(segments.source_port[i]),
            int(segments.target_port[i]),
            int(segments.sequence[i]),
            int(segments.acknowledged[i]),
            int(segments.flags[i]),
            buffer[at : at + captured],
            int(segments.length[i]),
        )
        found.setdefault(row, []).append(packet)
    return found


def assert_twins(frames: list[tuple[bytes, int]], interface: Interface = ETHERNET) -> int:
    """Hold decode against the twin frame by frame; return how many transport packets were read."""
    decoded = Decoder().decode(batch_of(frames, interface))
    found, datagrams = plain(decoded.buffer, decoded.tcp, 6), plain(decoded.buffer, decoded.udp, 17)
    for row, packets in datagrams.items():
        found.setdefault(row, []).extend(packets)
    expected = {}
    for row, (frame, wire) in enumerate(frames):
        packets = read_frame(frame, wire, interface.link_type, interface.fcs_bytes)
        if packets:
            expected[row] = packets
    by_protocol = {row: sorted(packets, key=lambda packet: packet.protocol) for row, packets in expected.items()}
    assert found == by_protocol
    return sum(map(len, expected.values()))


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
    """RELIABILITY C64."""
    batch = batch_of([ethernet(tcp_packet(b"")), ethernet(tcp_packet(b"DATA\r\n"))])
    tcp = Decoder().decode(batch).tcp
    assert tcp.length.tolist() == [0, 6]
    assert batch.buffer[tcp.payload_at[1] : tcp.payload_at[1] + tcp.captured[1]] == b"DATA\r\n"


def test_c65_trailers_and_checksums_are_left_out() -> None:
    """RELIABILITY C65."""
    frame, wire = ethernet(tcp_packet(b"x" * 40))
    assert assert_twins([(frame + b"FCS!", wire + 4)], Interface(1, fcs_bytes=4)) == 1
    tcp = Decoder().decode(batch_of([(frame + b"FCS!", wire + 4)])).tcp
    assert tcp.length.tolist() == [40]


@pytest.mark.parametrize("depth", [1, 2, 3, 15, 16, 17, 1000])
def test_c67_vlan_tags(depth: int) -> None:
    """RELIABILITY C67."""
    frames = [ethernet(tcp_packet(b"hello"), tags=b"\x81\x00\x00\x05" * depth)]
    assert assert_twins(frames) == (1 if depth <= 16 else 0)


def test_c73_links_without_ethernet() -> None:
    """RELIABILITY C73."""
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
    """RELIABILITY D75."""
    packet = tcp_packet(b"hello world, this is long enough")
    frames = [ethernet(tcp_packet(b"payload" * 9, total=total)) for total in (0, 1, 19, 20, 39, 40, 41, 60, 65535)]
    frames += [ethernet(bytes([first]) + packet[1:]) for first in (0x40, 0x44, 0x4F, 0x55, 0x65, 0x00)]
    assert_twins(frames)


def test_d76_snap_length_keeps_the_real_length() -> None:
    """RELIABILITY D76."""
    frame, wire = ethernet(tcp_packet(b"a" * 1000))
    tcp = Decoder().decode(batch_of([(frame[:64], wire)])).tcp
    assert (tcp.captured.tolist(), tcp.length.tolist()) == ([10], [1000])


def test_d75_giants_of_segmentation_offload() -> None:
    """RELIABILITY D75: a length of 0 is the whole frame, with padding only where a frame is that short; BIG TCP too."""
    giant = ethernet(tcp_packet(b"x" * 60_000, total=0))
    longer = ethernet(tcp_packet(b"x" * 100_000, total=0))
    beyond_mtu = ethernet(tcp_packet(b"x" * 20_000))
    assert assert_twins([giant, longer, beyond_mtu]) == 3
    assert Decoder().decode(batch_of([giant, longer, beyond_mtu])).tcp.length.tolist() == [60_000, 100_000, 20_000]
    six = struct.pack(">IHBB", 0x60000000, 0, 0, 64) + b"\x20" * 32 + b"\x06\0\xc2\4" + struct.pack(">I", 70_028)
    jumbo = ethernet(six + tcp_packet(b"x" * 70_000, total=0)[20:], 0x86DD)
    assert Decoder().decode(batch_of([jumbo])).tcp.length.tolist() == [70_000]


def test_d77_wrong_checksums_are_no_damage() -> None:
    """RELIABILITY D77: zero or wrong in IP, TCP and UDP: where the network card computes them a capture cannot know."""
    packet = tcp_packet(b"EHLO client\r\n")
    udp = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 32, 1, 0, 64, 17, 0xBEEF, b"\x0a\0\0\1", b"\x0a\0\0\2")
    frames = [
        ethernet(packet[:10] + bad + packet[12:36] + bad + packet[38:]) for bad in (b"\0\0", b"\xff\xff", b"\x12\x34")
    ]
    frames.append(ethernet(udp + struct.pack(">HHHH", 53, 53, 12, 0xBEEF) + b"abcd"))
    decoded = Decoder().decode(batch_of(frames))
    assert decoded.tcp.length.tolist() == [13, 13, 13]
    assert decoded.udp.length.tolist() == [4]
    assert not decoded.other


@pytest.mark.parametrize(
    "options",
    [b"\1" * 40, b"\x07\0\0\0", b"\x07\1\0\0", b"\x07\xff\4\0", b"\x83\x0b\4" + bytes(9), b"\0" * 8, b"\x94\4\0\0"],
)
def test_d78_ip_options(options: bytes) -> None:
    """RELIABILITY D78: forty of nothing, lengths of 0 and 1 and past the header, a source route: stepped over whole."""
    packet = tcp_packet(b"EHLO client\r\n")
    head = bytes([0x45 + len(options) // 4, 0]) + struct.pack(">H", len(packet) + len(options)) + packet[4:20]
    frames = [ethernet(head + options + packet[20:])]
    assert assert_twins(frames) == 1
    tcp = Decoder().decode(batch_of(frames)).tcp
    assert (tcp.source_low.tolist(), tcp.target_port.tolist(), tcp.length.tolist()) == ([0x0A000001], [25], [13])


def test_d87_udp_lengths() -> None:
    """RELIABILITY D87: below 8 it is damaged; 0 and beyond the packet mean the rest of the packet."""

    def datagram(length: int) -> tuple[bytes, int]:
        head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 32, 1, 0, 64, 17, 0, b"\x0a\0\0\1", b"\x0a\0\0\2")
        return ethernet(head + struct.pack(">HHHH", 1000, 53, length, 0) + b"abcd")

    for length, payload in ((8, 0), (10, 2), (12, 4), (13, 4), (65_535, 4), (0, 4)):
        decoded = Decoder().decode(batch_of([datagram(length)]))
        assert decoded.udp.length.tolist() == [payload]
        assert not decoded.other
    for length in range(1, 8):
        assert Decoder().decode(batch_of([datagram(length)])).other == {"damaged udp header": 1}


def test_d86_ipv6_extension_chains() -> None:
    """RELIABILITY D86."""
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
