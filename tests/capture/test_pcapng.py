"""pcapng files: every block, every fault of the acceptance list A20 to A36, and any batch size."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from mailtrace.capture import pcapng as pcapng_module
from mailtrace.capture.pcapng import NUMBERED_LIMIT
from mailtrace.model import NO_TIME
from tests.capture.builders import (
    END,
    SECOND,
    block,
    damaged,
    enhanced,
    frame,
    interface,
    notes_by_code,
    obsolete,
    option,
    pcapng,
    read,
    read_octets,
    section,
    simple,
)

MICROSECOND = 10**6
HEAD = section() + interface()


def test_a06_cut_at_every_offset_gives_a_prefix() -> None:
    packets = (enhanced(frame(i, 30 + i * 97 % 400), (SECOND + i) * MICROSECOND) for i in range(12))
    pieces = [section(), interface(), *packets]
    data = b"".join(pieces)
    assert 2_000 < len(data) < 4_000
    ends = {sum(map(len, pieces[:count])) for count in range(len(pieces) + 1)}
    whole, _ = read_octets(data)
    assert len(whole) == 12
    for cut in range(1, len(data)):
        rows, capture = read_octets(data[:cut])
        if rows:
            assert rows[:-1] == whole[: len(rows) - 1]
            last, full = rows[-1], whole[len(rows) - 1]
            assert full.data.startswith(last.data)
            assert last._replace(data=b"") == full._replace(data=b"")
        assert damaged(capture) is (cut not in ends)


def test_a05_cut_inside_a_packet_block(tmp_path: Path) -> None:
    data = HEAD + enhanced(frame(0)) + enhanced(frame(1))[: 28 + 20]
    rows, capture = read(tmp_path / "x.pcapng", data)
    assert [(row.data, row.wire) for row in rows] == [(frame(0), 60), (frame(1)[:20], 60)]
    note = notes_by_code(capture)["cut"]
    assert note.packets == (2,)
    assert f"byte {len(data)}" in note.message


@pytest.mark.parametrize("length", [-1, 0, 12, 2**40])
def test_a20_section_length_is_ignored(tmp_path: Path, length: int) -> None:
    rows, capture = read(tmp_path / "x.pcapng", section(section_length=length) + interface() + enhanced(frame(0)))
    assert [row.data for row in rows] == [frame(0)]
    assert capture.notes == []


@pytest.mark.parametrize(
    "broken",
    [
        block(6, bytes(40), length=8),
        block(6, bytes(40), length=0),
        block(6, bytes(40), length=50),
        block(6, bytes(40), length=52, trailer=48),
        block(6, bytes(40), length=0xFFFFFFFC),
        block(6, bytes(40), length=17 * 2**20),
    ],
)
def test_a21_a22_wrong_block_lengths(tmp_path: Path, broken: bytes) -> None:
    data = HEAD + enhanced(frame(0)) + broken + enhanced(frame(1)) + section() + interface() + enhanced(frame(2))
    rows, capture = read(tmp_path / "x.pcapng", data)
    assert [row.data for row in rows] == [frame(0), frame(1), frame(2)]
    place = len(HEAD) + len(enhanced(frame(0)))
    assert f"damage at byte {place}" in notes_by_code(capture)["damaged-block"].message
    assert damaged(capture)


def test_a21_damaged_section_header(tmp_path: Path) -> None:
    broken = bytearray(section())
    broken[-1] = 7
    rows, capture = read(tmp_path / "x.pcapng", bytes(broken) + interface() + enhanced(frame(0)))
    assert [row.data for row in rows] == [frame(0)]
    assert "damage at byte 0" in notes_by_code(capture)["damaged-block"].message


def test_a16_garbage_between_blocks(tmp_path: Path) -> None:
    for size in (1, 4, 7, 333, 70_000):
        data = HEAD + enhanced(frame(0)) + random.Random(size).randbytes(size) + enhanced(frame(1))
        for batch_bytes in (2048, 2**21):
            rows, capture = read(tmp_path / "x.pcapng", data, batch_bytes)
            assert [row.data for row in rows] == [frame(0), frame(1)]
            assert f" {size} octets are passed over" in notes_by_code(capture)["damaged-block"].message


def test_a16_a_length_beyond_the_file_does_not_swallow_the_rest(tmp_path: Path) -> None:
    data = HEAD + block(6, bytes(40), length=2**20) + enhanced(frame(1))
    rows, capture = read(tmp_path / "x.pcapng", data)
    assert [row.data for row in rows] == [frame(1)]
    assert damaged(capture)


def test_a23_byte_order_changes_per_section(tmp_path: Path) -> None:
    rows, _ = read(tmp_path / "x.pcapng", pcapng(2) + pcapng(2, order=">") + pcapng(1))
    assert [row.data for row in rows] == [frame(0), frame(1), frame(0), frame(1), frame(0)]
    assert [row.number for row in rows] == [1, 2, 3, 4, 5]
    assert [row.time_ns // 10**9 - SECOND for row in rows] == [0, 1, 0, 1, 0]
    assert [row.interface for row in rows] == [0, 0, 1, 1, 2]


def test_a24_interfaces_differ(tmp_path: Path) -> None:
    nanoseconds = option(9, b"\x09") + END
    data = section() + interface() + interface(link_type=113, options=option(2, b"wlan0") + nanoseconds)
    data += enhanced(frame(0), SECOND * 10**6 + 1, 0) + enhanced(frame(1), SECOND * 10**9 + 1, 1)
    data += interface(link_type=101, options=option(14, struct.pack("<q", 3600)) + END)
    data += enhanced(frame(2), SECOND * 10**6 + 1, 2)
    rows, capture = read(tmp_path / "x.pcapng", data)
    assert [row.time_ns for row in rows] == [
        1_700_000_000_000_001_000,
        1_700_000_000_000_000_001,
        1_700_003_600_000_001_000,
    ]
    assert [row.interface for row in rows] == [0, 1, 2]
    assert [(one.link_type, one.name) for one in capture.interfaces] == [(1, ""), (113, "wlan0"), (101, "")]


@pytest.mark.parametrize("batch_bytes", [2048, 2**21])
def test_a25_interface_out_of_range(tmp_path: Path, batch_bytes: int) -> None:
    data = section() + enhanced(frame(9)) + interface() + enhanced(frame(0)) + enhanced(frame(1), number=1)
    data += interface() + enhanced(frame(2), number=1)
    rows, capture = read(tmp_path / "x.pcapng", data, batch_bytes)
    assert [(row.number, row.data) for row in rows] == [(1, frame(0)), (2, frame(2))]
    assert "(2 packets)" in notes_by_code(capture)["unknown-interface"].message
    assert damaged(capture)


@pytest.mark.parametrize(
    ("options", "stamp", "time_ns"),
    [
        (option(9, b"\x00"), 1_700_000_000, 1_700_000_000_000_000_000),
        (option(9, b"\x03"), 1_700_000_000_123, 1_700_000_000_123_000_000),
        (option(9, b"\x06"), 1_700_000_000_123_456, 1_700_000_000_123_456_000),
        (option(9, b"\x09"), 1_700_000_000_123_456_789, 1_700_000_000_123_456_789),
        (option(9, b"\x0a"), 17_000_000_001_234_567_899, 1_700_000_000_123_456_789),
        (option(9, b"\x0c"), 1_700_000_123_456_789_012, 1_700_000_123_456_789),
        (option(9, b"\x8a"), 1024 * 1_700_000_000 + 1, 1_700_000_000_000_976_562),
        (option(9, b"\xa0"), 1_700_000_000 << 32 | 0xFFFFFFFF, 1_700_000_000_999_999_999),
        (option(9, b"\xbf"), 0xFFFFFFFFFFFFFFFF, 1_999_999_999),
        (option(9, b"\xbf"), 0x4000000000000000, 500_000_000),
        (option(14, struct.pack("<q", -1_700_000_000)), 1_699_999_999_000_000, -1_000_000_000),
        (b"", 0xFFFFFFFFFFFFFFFF, 9_223_372_036_854_775_807),
        (option(14, struct.pack("<q", -(2**63))), 0, -9_223_372_036_854_775_807),
        (option(14, struct.pack("<q", 2**62)), 0, 9_223_372_036_854_775_807),
    ],
)
def test_a26_a27_resolutions_and_offsets(tmp_path: Path, options: bytes, stamp: int, time_ns: int) -> None:
    data = section() + interface(options=options + END if options else b"") + enhanced(frame(0), stamp)
    rows, capture = read(tmp_path / "x.pcapng", data)
    assert [row.time_ns for row in rows] == [time_ns]
    assert ("time-out-of-range" in notes_by_code(capture)) is (abs(time_ns) == 9_223_372_036_854_775_807)


@pytest.mark.parametrize(
    "options",
    [
        option(9, b"\xff"),
        option(9, b"\x14"),
        option(9, b"\x06\x00"),
        option(9, b"\x06") + option(9, b"\x09"),
        option(14, b"\x00\x00\x00\x00"),
    ],
)
def test_a26_insane_clocks_cost_only_their_interface(tmp_path: Path, options: bytes) -> None:
    data = section() + interface(options=options + END) + interface()
    data += enhanced(frame(0), 0, 0) + enhanced(frame(1), 77, 0) + enhanced(frame(2), SECOND * MICROSECOND, 1)
    rows, capture = read(tmp_path / "x.pcapng", data)
    assert [row.time_ns for row in rows] == [NO_TIME, NO_TIME, 1_700_000_000_000_000_000]
    assert "interface 0" in notes_by_code(capture)["unknown-clock"].message
    assert damaged(capture)


@pytest.mark.parametrize(("value", "fcs_bytes"), [(4, 4), (32, 4), (0, 0), (16, 2)])
def test_a27_fcs_length(tmp_path: Path, value: int, fcs_bytes: int) -> None:
    _, capture = read(tmp_path / "x.pcapng", section() + interface(options=option(13, bytes([value])) + END))
    assert capture.interfaces[0].fcs_bytes == fcs_bytes


def test_a28_simple_packets_have_no_time(tmp_path: Path) -> None:
    data = section() + interface(snap_length=40) + interface(snap_length=20)
    data += simple(frame(0)[:40], wire=60) + simple(frame(1)[:30]) + enhanced(frame(2))
    rows, capture = read(tmp_path / "x.pcapng", data)
    assert [(row.data, row.wire, row.time_ns) for row in rows] == [
        (frame(0)[:40], 60, NO_TIME),
        (frame(1)[:30], 30, NO_TIME),
        (frame(2), 60, 1_700_000_000_000_000_000),
    ]
    assert capture.notes == []
    rows, capture = read(tmp_path / "x.pcapng", section() + interface() + simple(frame(0), wire=5000))
    assert [(len(row.data), row.wire) for row in rows] == [(60, 5000)]


def test_a29_obsolete_packet_blocks(tmp_path: Path) -> None:
    data = HEAD + enhanced(frame(0)) + obsolete(frame(1), SECOND * MICROSECOND + 5, drops=3) + enhanced(frame(2))
    data += obsolete(frame(3), SECOND * MICROSECOND + 6)
    rows, capture = read(tmp_path / "x.pcapng", data)
    assert [(row.number, row.data) for row in rows] == [(1, frame(0)), (2, frame(1)), (3, frame(2)), (4, frame(3))]
    assert rows[1].time_ns == 1_700_000_000_000_005_000
    assert capture.dropped == 3


@pytest.mark.parametrize(
    "options",
    [
        option(1, b"kept") + option(1, b"lost", length=4000),
        option(1, b"kept"),
        option(1, b"kept") + option(4, b"1234"),
    ],
)
def test_a30_options_past_their_block(tmp_path: Path, options: bytes) -> None:
    data = HEAD + enhanced(frame(0), options=options) + enhanced(frame(1))
    rows, capture = read(tmp_path / "x.pcapng", data)
    assert [row.data for row in rows] == [frame(0), frame(1)]
    assert capture.comments == {1: ["kept"]}


@pytest.mark.parametrize("order", ["<", ">"])
def test_a31_packet_options(tmp_path: Path, order: str) -> None:
    options = option(1, "Grüße\x1b[2J".encode(), order) + option(2, struct.pack(f"{order}I", 1), order)
    options += option(4, struct.pack(f"{order}Q", 17), order) + option(3, b"\x02abcd", order)
    options += option(5, bytes(8), order) + option(6, b"\x00verdict", order) + option(1, b"second", order) + END
    data = section(order) + interface(order) + enhanced(frame(0), order=order)
    data += enhanced(frame(1, 61), order=order, options=options)
    rows, capture = read(tmp_path / "x.pcapng", data)
    assert [row.data for row in rows] == [frame(0), frame(1, 61)]
    assert capture.comments == {2: ["Grüße\x1b[2J", "second"]}
    assert capture.dropped == 17


def test_a32_hostile_names(tmp_path: Path) -> None:
    body = option(1, b"\xc0\xa8\x01\x02" + b"mail.example\x00\x1b]0;x\x07\x00<script>\x00mail.example\x00")
    body += option(2, bytes.fromhex("20010db8000000000000000000000001") + b"six.example\x00")
    body += option(9, b"whatever") + option(1, b"\xc0\xa8\x01\x02" + b"n" * 5000) + option(1, b"\xc0")
    rows, capture = read(tmp_path / "x.pcapng", HEAD + block(4, body) + enhanced(frame(0)))
    assert len(rows) == 1
    assert capture.names == {
        "192.168.1.2": ["mail.example", "\x1b]0;x\x07", "<script>", "n" * 4096],
        "2001:db8::1": ["six.example"],
    }


def test_a33_secrets_are_told_and_not_shown(tmp_path: Path) -> None:
    keys = b"CLIENT_RANDOM 0011 2233\nnonsense\n"
    data = HEAD + block(10, struct.pack("<II", 0x544C534B, len(keys)) + keys) * 2 + enhanced(frame(0))
    rows, capture = read(tmp_path / "x.pcapng", data)
    assert len(rows) == 1
    assert capture.has_secrets
    assert len(capture.notes) == 1
    assert "0011" not in capture.notes[0].message
    assert not damaged(capture)


def test_a34_statistics_count_drops(tmp_path: Path) -> None:
    def statistics(number: int, *counts: bytes) -> bytes:
        return block(5, struct.pack("<III", number, 0, 0) + b"".join(counts) + END)

    data = HEAD + interface() + enhanced(frame(0), options=option(4, struct.pack("<Q", 2)) + END)
    data += statistics(0, option(4, struct.pack("<Q", 100)), option(5, struct.pack("<Q", 7)))
    data += statistics(0, option(5, struct.pack("<Q", 9)), option(7, struct.pack("<Q", 1)))
    data += statistics(1, option(5, struct.pack("<Q", 30))) + statistics(8, option(5, struct.pack("<Q", 1000)))
    _, capture = read(tmp_path / "x.pcapng", data)
    assert capture.dropped == 9 + 1 + 30


def test_a35_other_blocks_are_counted_and_numbered_as_wireshark_does(tmp_path: Path) -> None:
    data = HEAD + block(0x77, b"abcd") + enhanced(frame(0)) + block(0xBAD, b"\x01\x00\x00\x00data")
    data += block(0x40000BAD, bytes(8)) + enhanced(frame(1)) + block(9, b"MESSAGE=x\n") + simple(frame(2))
    rows, capture = read(tmp_path / "x.pcapng", data)
    assert [(row.number, row.data) for row in rows] == [(1, frame(0)), (4, frame(1)), (6, frame(2))]
    message = notes_by_code(capture)["skipped-blocks"].message
    assert "1 of custom, 1 of custom, not to be copied, 1 of systemd journal export, 1 of type 0x00000077" in message
    assert not damaged(capture)


def test_a35_blocks_without_packets_cannot_make_batches_without_end(tmp_path: Path) -> None:
    count = NUMBERED_LIMIT + 10
    rows, capture = read(tmp_path / "x.pcapng", HEAD + (block(0xBAD, bytes(4)) + enhanced(b"")) * count)
    assert len(rows) == count
    assert rows[-1].number == count + NUMBERED_LIMIT
    assert "number-limit" in notes_by_code(capture)
    assert damaged(capture)


def test_a36_interface_numbers_restart_in_each_section(tmp_path: Path) -> None:
    second = section() + interface(link_type=101) + enhanced(frame(1)) + enhanced(frame(2), number=1)
    rows, capture = read(tmp_path / "x.pcapng", HEAD + interface(link_type=113) + enhanced(frame(0), number=1) + second)
    assert [(row.data, capture.interfaces[row.interface].link_type) for row in rows] == [
        (frame(0), 113),
        (frame(1), 101),
    ]
    assert "unknown-interface" in notes_by_code(capture)


def test_sections_and_interfaces_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcapng_module, "SECTION_LIMIT", 3)
    rows, capture = read_octets(pcapng(2) * 5)
    assert len(rows) == 2 * 3
    assert notes_by_code(capture)["section-limit"].damage
    monkeypatch.setattr(pcapng_module, "INTERFACE_LIMIT", 2)
    rows, capture = read_octets(section() + interface() * 3 + enhanced(frame(1), number=1) + enhanced(b"", number=2))
    assert [row.data for row in rows] == [frame(1)]
    assert notes_by_code(capture)["interface-limit"].damage


def test_a14_unknown_link_type_leaves_the_others(tmp_path: Path) -> None:
    data = section() + interface(link_type=9999) + interface() + enhanced(frame(0)) + enhanced(frame(1), number=1)
    rows, capture = read(tmp_path / "x.pcapng", data)
    assert [(row.data, row.interface) for row in rows] == [(frame(0), 0), (frame(1), 1)]
    assert "9999" in notes_by_code(capture)["unknown-link-type"].message
    assert damaged(capture)


def test_a07_captured_length_beyond_its_block(tmp_path: Path) -> None:
    data = HEAD + enhanced(frame(0), captured=0xFFFFFFFF) + enhanced(frame(1))
    rows, capture = read(tmp_path / "x.pcapng", data)
    assert [row.data for row in rows] == [frame(0), frame(1)]
    assert notes_by_code(capture)["captured-beyond-block"].packets == (1,)
    assert damaged(capture)


def test_blocks_too_short_for_their_type(tmp_path: Path) -> None:
    short = b"".join(block(kind, b"") for kind in (1, 2, 3, 5, 6, 10))
    rows, capture = read(tmp_path / "x.pcapng", HEAD + short + enhanced(frame(0)))
    assert [row.data for row in rows] == [frame(0)]
    assert damaged(capture)


def test_strange_version(tmp_path: Path) -> None:
    rows, capture = read(tmp_path / "x.pcapng", section(version=(7, 3)) + interface() + enhanced(frame(0)))
    assert len(rows) == 1
    assert "7.3" in notes_by_code(capture)["strange-version"].message


def test_comments_on_the_file(tmp_path: Path) -> None:
    data = section(options=option(1, b"lesson 3") + END) + interface(options=option(1, b"tap") + END)
    _, capture = read(tmp_path / "x.pcapng", data)
    assert capture.comments == {0: ["lesson 3", "tap"]}


@pytest.mark.parametrize("batch_bytes", [1, 2048, 65_536, 2**25])
def test_any_batch_size_gives_the_same(tmp_path: Path, batch_bytes: int) -> None:
    frames = [bytes([i]) * size for i, size in enumerate([60, 9001, 0, 1514, 200_000, 64, 262_144, 3])]
    options = option(1, b"note") + END
    data = HEAD + b"".join(enhanced(one, (SECOND + i) * MICROSECOND, options=options) for i, one in enumerate(frames))
    rows, capture = read(tmp_path / "x.pcapng", data, batch_bytes)
    assert [row.data for row in rows] == frames
    assert [row.time_ns // 10**9 - SECOND for row in rows] == list(range(8))
    assert capture.comments == {number: ["note"] for number in range(1, 9)}
    assert capture.position == len(data)
    assert not damaged(capture)


def test_every_bit_flip_of_three_packets_is_survived() -> None:
    data = pcapng(3)
    for bit in range(32, len(data) * 8):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        rows, _ = read_octets(bytes(flipped))
        assert len(rows) <= 3
