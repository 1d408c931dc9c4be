"""pcap files: every magic, every fault of the acceptance list A2 to A19, and any batch size."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from mailtrace.capture import pcapfile
from mailtrace.errors import UnreadableInput
from tests.capture.builders import SECOND, damaged, frame, notes_by_code, pcap, pcap_header, read, read_octets, record


def test_a02_cut_in_the_file_header(tmp_path: Path) -> None:
    for size in range(1, 24):
        rows, capture = read(tmp_path / "x.pcap", pcap_header()[:size])
        assert rows == []
        assert "file header" in notes_by_code(capture)["cut"].message
        assert f"byte {size}" in notes_by_code(capture)["cut"].message
        assert damaged(capture)


def test_a03_header_only(tmp_path: Path) -> None:
    rows, capture = read(tmp_path / "x.pcap", pcap_header())
    assert rows == []
    assert capture.notes == []


def test_a04_cut_inside_a_record_header(tmp_path: Path) -> None:
    data = pcap(3)
    cut = 24 + 2 * 76 + 9
    rows, capture = read(tmp_path / "x.pcap", data[:cut])
    assert [row.data for row in rows] == [frame(0), frame(1)]
    assert f"byte {cut}" in notes_by_code(capture)["cut"].message
    assert "header of packet 3" in notes_by_code(capture)["cut"].message
    assert damaged(capture)


def test_a05_cut_inside_a_record_body(tmp_path: Path) -> None:
    cut = 24 + 2 * 76 + 16 + 20
    rows, capture = read(tmp_path / "x.pcap", pcap(3)[:cut])
    assert [row.data for row in rows] == [frame(0), frame(1), frame(2)[:20]]
    assert rows[2].wire == 60
    note = notes_by_code(capture)["cut"]
    assert note.packets == (3,)
    assert "body of packet 3: 40 octets are missing" in note.message
    assert note.damage


def test_a06_cut_at_every_offset_gives_a_prefix() -> None:
    data = pcap_header() + b"".join(record(frame(i, 30 + i * 97 % 900), SECOND + i) for i in range(40))
    assert 15_000 < len(data) < 25_000
    whole, _ = read_octets(data)
    for cut in range(1, len(data)):
        rows, capture = read_octets(data[:cut])
        if rows:
            assert rows[:-1] == whole[: len(rows) - 1]
            last, full = rows[-1], whole[len(rows) - 1]
            assert full.data.startswith(last.data)
            assert last._replace(data=b"") == full._replace(data=b"")
        complete = cut == 24 + sum(16 + len(row.data) for row in whole[: len(rows)])
        assert damaged(capture) is not complete


@pytest.mark.parametrize("captured", [0x7FFFFFFF, 0xFFFFFFFF, 300_000])
def test_a07_absurd_captured_length_is_passed_over(tmp_path: Path, captured: int) -> None:
    middle = record(frame(1), SECOND + 1, captured=captured)
    data = pcap(1) + middle + record(frame(2), SECOND + 2) + record(frame(3), SECOND + 3)
    rows, capture = read(tmp_path / "x.pcap", data)
    assert [row.data for row in rows] == [frame(0), frame(2), frame(3)]
    assert [row.number for row in rows] == [1, 2, 3]
    assert "damage at byte 100" in notes_by_code(capture)["damaged-record"].message
    assert "76 octets are passed over" in notes_by_code(capture)["damaged-record"].message
    assert damaged(capture)


def test_a08_empty_packet(tmp_path: Path) -> None:
    data = pcap(1) + record(b"", SECOND, wire=60) + record(frame(2), SECOND)
    rows, capture = read(tmp_path / "x.pcap", data)
    assert [row.data for row in rows] == [frame(0), b"", frame(2)]
    assert notes_by_code(capture)["empty-packet"].packets == (2,)
    assert not damaged(capture)


@pytest.mark.parametrize("wire", [40, 0], ids=["a09", "a10"])
def test_a09_a10_captured_length_beyond_original(tmp_path: Path, wire: int) -> None:
    data = pcap(1) + record(frame(1), SECOND + 1, wire=wire) + record(frame(2), SECOND + 2)
    rows, capture = read(tmp_path / "x.pcap", data)
    assert [row.data for row in rows] == [frame(0), frame(1), frame(2)]
    assert rows[1].wire == 60
    assert notes_by_code(capture)["captured-beyond-wire"].packets == (2,)


def test_a11_snap_length_zero(tmp_path: Path) -> None:
    rows, capture = read(tmp_path / "x.pcap", pcap_header(snap_length=0) + record(frame(0)))
    assert [row.data for row in rows] == [frame(0)]
    assert capture.notes == []


@pytest.mark.parametrize(
    ("magic", "order", "fraction", "extra"),
    [
        (b"\xd4\xc3\xb2\xa1", "<", 123_456, b""),
        (b"\xa1\xb2\xc3\xd4", ">", 123_456, b""),
        (b"\x4d\x3c\xb2\xa1", "<", 123_456_000, b""),
        (b"\xa1\xb2\x3c\x4d", ">", 123_456_000, b""),
        (b"\x34\xcd\xb2\xa1", "<", 123_456, b"\x02\x00\x00\x00\x00\x08\x00\x00"),
        (b"\xa1\xb2\xcd\x34", ">", 123_456, b"\x00\x00\x00\x02\x08\x00\x00\x00"),
    ],
)
def test_a12_all_magics(tmp_path: Path, magic: bytes, order: str, fraction: int, extra: bytes) -> None:
    head = struct.pack(f"{order}IIII", SECOND, fraction, 60, 1514) + extra
    data = pcap_header(magic, order) + (head + frame(5)) * 3
    rows, capture = read(tmp_path / "x.pcap", data)
    assert [row.data for row in rows] == [frame(5)] * 3
    assert {row.time_ns for row in rows} == {1_700_000_000_123_456_000}
    assert {row.wire for row in rows} == {1514}
    assert capture.notes == []


def test_a13_strange_version(tmp_path: Path) -> None:
    header = pcap_header(version=(9, 9))
    rows, capture = read(tmp_path / "x.pcap", header + record(frame(0)))
    assert [row.data for row in rows] == [frame(0)]
    assert "version 9.9" in notes_by_code(capture)["strange-version"].message
    with pytest.raises(UnreadableInput, match=r"version 9\.9"):
        read(tmp_path / "x.pcap", header + b"\xee" * 400)


def test_a14_unknown_link_type(tmp_path: Path) -> None:
    rows, capture = read(tmp_path / "x.pcap", pcap_header(link_type=9999) + record(frame(0)))
    assert [row.data for row in rows] == [frame(0)]
    assert capture.interfaces[0].link_type == 9999
    assert "9999" in notes_by_code(capture)["unknown-link-type"].message
    assert damaged(capture)


def test_a15_joined_files(tmp_path: Path) -> None:
    second = pcap_header(b"\xa1\xb2\x3c\x4d", ">", link_type=113)
    second += record(frame(7), SECOND + 5, 9, order=">") * 2
    rows, capture = read(tmp_path / "x.pcap", pcap(2) + second)
    assert [(row.number, row.data, row.interface) for row in rows] == [
        (1, frame(0), 0),
        (2, frame(1), 0),
        (3, frame(7), 1),
        (4, frame(7), 1),
    ]
    assert rows[3].time_ns == 1_700_000_005_000_000_009
    assert [one.link_type for one in capture.interfaces] == [1, 113]
    assert "byte 176" in notes_by_code(capture)["joined-files"].message
    assert not damaged(capture)
    rows, capture = read(tmp_path / "x.pcap", pcap(2) + second[:20])
    assert len(rows) == 2
    assert "second file header" in notes_by_code(capture)["cut"].message


def test_a15_joined_files_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcapfile, "JOINED_LIMIT", 3)
    rows, capture = read_octets(pcap(2) * 5)
    assert len(rows) == 2 * 3
    assert notes_by_code(capture)["joined-limit"].damage


def test_a15_a_time_that_equals_a_magic_is_no_header(tmp_path: Path) -> None:
    rows, capture = read(tmp_path / "x.pcap", pcap_header() + record(frame(0), 0x4D3CB2A1) * 3)
    assert len(rows) == 3
    assert capture.notes == []


@pytest.mark.parametrize("batch_bytes", [2048, 2**21])
@pytest.mark.parametrize("garbage", [1, 5, 16, 333, 70_000])
def test_a16_garbage_between_records(tmp_path: Path, garbage: int, batch_bytes: int) -> None:
    junk = random.Random(garbage).randbytes(garbage)
    later = b"".join(record(frame(i), SECOND + i) for i in range(4, 8))
    rows, capture = read(tmp_path / "x.pcap", pcap(4) + junk + later, batch_bytes)
    assert [row.data for row in rows] == [frame(i) for i in range(8)]
    note = notes_by_code(capture)["damaged-record"]
    assert f"damage at byte {24 + 4 * 76}" in note.message
    assert f" {garbage} octets are passed over" in note.message
    assert note.damage


def test_a16_garbage_to_the_end(tmp_path: Path) -> None:
    rows, capture = read(tmp_path / "x.pcap", pcap(4) + b"\xff" * 5000)
    assert [row.data for row in rows] == [frame(i) for i in range(4)]
    assert "no record follows" in notes_by_code(capture)["damaged-record"].message


def test_a16_a_length_beyond_the_file_does_not_swallow_the_rest(tmp_path: Path) -> None:
    wrong = record(frame(4), SECOND + 4, captured=60 + 0x4000)
    later = b"".join(record(frame(i), SECOND + i) for i in (5, 6))
    rows, capture = read(tmp_path / "x.pcap", pcap(4) + wrong + later)
    assert [row.data for row in rows] == [frame(i) for i in (0, 1, 2, 3, 5, 6)]
    assert "longer than the rest of the file" in notes_by_code(capture)["damaged-record"].message


@pytest.mark.parametrize(("field", "fcs_bytes"), [(0x2400_0001, 4), (0x1400_0001, 2), (0x4000_0001, 0)])
def test_a17_fcs_bits_of_the_link_type(tmp_path: Path, field: int, fcs_bytes: int) -> None:
    rows, capture = read(tmp_path / "x.pcap", pcap_header(link_type=field) + record(frame(0)))
    assert len(rows) == 1
    assert (capture.interfaces[0].link_type, capture.interfaces[0].fcs_bytes) == (1, fcs_bytes)
    assert not damaged(capture)


def test_a18_strange_times(tmp_path: Path) -> None:
    data = pcap_header() + record(frame(0), 0xFFFFFFFF, 999_999) + record(frame(1), 0xFFFFFFFF, 3_000_001)
    rows, capture = read(tmp_path / "x.pcap", data)
    # 2106-02-07 06:28:15 UTC, and three seconds and a microsecond later
    assert [row.time_ns for row in rows] == [4_294_967_295_999_999_000, 4_294_967_298_000_001_000]
    assert notes_by_code(capture)["time-fraction"].packets == (2,)


def test_a19_times_going_backwards(tmp_path: Path) -> None:
    times = [SECOND, SECOND + 3600, SECOND + 10, SECOND + 11, SECOND + 11]
    data = pcap_header() + b"".join(record(frame(i), second) for i, second in enumerate(times))
    for batch_bytes in (100, 2**21):
        rows, capture = read(tmp_path / "x.pcap", data, batch_bytes)
        assert [row.time_ns for row in rows] == [second * 10**9 for second in times]
        assert notes_by_code(capture)["clock-went-back"].packets == (3,)
        assert not damaged(capture)


@pytest.mark.parametrize("batch_bytes", [1, 2048, 65_536, 2**25])
def test_any_batch_size_gives_the_same(tmp_path: Path, batch_bytes: int) -> None:
    sizes = [60, 9000, 0, 1514, 200_000, 64, 262_144, 60]
    frames = [bytes([i]) * size for i, size in enumerate(sizes)]
    data = pcap_header() + b"".join(record(one, SECOND + i) for i, one in enumerate(frames))
    rows, capture = read(tmp_path / "x.pcap", data, batch_bytes)
    assert [row.data for row in rows] == frames
    assert [row.number for row in rows] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert capture.position == len(data) == capture.size_bytes
    assert not damaged(capture)


def test_every_bit_flip_of_three_packets_is_survived() -> None:
    data = pcap(3)
    for bit in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            rows, _ = read_octets(bytes(flipped))
        except UnreadableInput:
            assert bit < 32
        else:
            assert len(rows) <= 4
