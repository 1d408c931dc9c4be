"""Compressed captures: same result as unpacked, prefixes of cut ones, bombs stopped (acceptance list A37, A38)."""

from __future__ import annotations

import gzip
import lzma
import random
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import lz4.frame  # type: ignore[import-untyped]
import pytest
import zstandard

from mailtrace.capture import compressed
from mailtrace.capture.compressed import Unpacked, compression_of
from mailtrace.capture.facts import Facts
from mailtrace.errors import UnreadableInput
from tests.capture.builders import damaged, frame, notes_by_code, pcap, pcapng, read, record

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstandard": zstandard.ZstdCompressor(write_checksum=True).compress,
    "xz": lzma.compress,
    "lz4": lz4.frame.compress,
}
NAMES = sorted(PACKERS)


def noisy_pcap(count: int) -> bytes:
    """Return a capture whose frames do not pack well, so that cutting the packed file cuts in the middle."""
    noise = random.Random(1)
    return pcap(0) + b"".join(record(noise.randbytes(300), 1_700_000_000 + i) for i in range(count))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("batch_bytes", [2048, 2**21])
def test_a37_same_as_unpacked(tmp_path: Path, name: str, batch_bytes: int) -> None:
    for data in (pcap(500), pcapng(500), noisy_pcap(1000)):
        rows, _ = read(tmp_path / "plain", data)
        packed = PACKERS[name](data)
        unpacked_rows, capture = read(tmp_path / "packed", packed, batch_bytes)
        assert unpacked_rows == rows
        assert capture.notes == []
        assert capture.position == capture.size_bytes == len(packed)


@pytest.mark.parametrize("name", NAMES)
def test_a37_truncated_stream_gives_the_prefix(tmp_path: Path, name: str) -> None:
    rows, _ = read(tmp_path / "plain", noisy_pcap(1500))
    packed = PACKERS[name](noisy_pcap(1500))
    counts = set()
    for cut in [6, 7, 12, 40, *range(100, len(packed), 9777), len(packed) - 1]:
        found, capture = read(tmp_path / "cut", packed[:cut])
        counts.add(len(found))
        assert found[:-1] == rows[: max(len(found) - 1, 0)]
        assert not found or rows[len(found) - 1].data.startswith(found[-1].data)
        assert damaged(capture)
        assert name in notes_by_code(capture)["compressed-data"].message
    assert 0 in counts
    assert max(counts) >= 1200


@pytest.mark.parametrize("name", NAMES)
def test_a37_damaged_stream_gives_what_came_before(tmp_path: Path, name: str) -> None:
    packed = bytearray(PACKERS[name](noisy_pcap(2000)))
    packed[len(packed) // 2 : len(packed) // 2 + 64] = bytes(64)
    rows, capture = read(tmp_path / "x", bytes(packed))
    plain, _ = read(tmp_path / "plain", noisy_pcap(2000))
    assert len(rows) <= 2000
    assert rows[:500] == plain[: len(rows)][:500]
    assert damaged(capture)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("junk", [b"junk after the end", b"\x1f", b"j" * 100_000])
def test_a37_trailing_junk_is_ignored_with_a_note(tmp_path: Path, name: str, junk: bytes) -> None:
    rows, capture = read(tmp_path / "x", PACKERS[name](pcap(50)) + junk)
    assert [row.data for row in rows] == [frame(i) for i in range(50)]
    assert "trailing-octets" in notes_by_code(capture)
    assert not damaged(capture)


@pytest.mark.parametrize("name", NAMES)
def test_a37_several_members_and_padding(tmp_path: Path, name: str) -> None:
    data = noisy_pcap(700)
    pieces = [data[:100], data[100:150_000], data[150_000:]]
    packed = b"".join(PACKERS[name](piece) for piece in pieces) + bytes(512)
    rows, capture = read(tmp_path / "x", packed)
    assert len(rows) == 700
    assert capture.notes == []


@pytest.mark.parametrize("name", NAMES)
def test_a37_empty_and_foreign_content(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableInput, match=f"file is empty .inside the {name} file"):
        read(tmp_path / "x", PACKERS[name](b""))
    with pytest.raises(UnreadableInput, match=f"looks like text.*inside the {name} file"):
        read(tmp_path / "x", PACKERS[name](b"Just some text\n"))


@pytest.mark.parametrize("name", NAMES)
def test_a38_one_layer_only(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableInput, match="compressed twice: unpack it once"):
        read(tmp_path / "x", PACKERS[name](gzip.compress(pcap(5))))


@pytest.mark.parametrize("name", NAMES)
def test_a38_bomb_is_stopped(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compressed, "RATIO_GRACE_BYTES", 2**24)
    size = 60 * 2**20
    packed = PACKERS[name](bytes(size))
    if name == "lz4":  # which packs zeros 255 times only
        assert size / len(packed) > 200
    facts, taken = Facts(), 0

    def source(wanted: int) -> bytes:
        nonlocal taken
        taken += wanted
        return packed[taken - wanted : taken]

    row = compression_of(packed)
    assert row is not None
    unpacked = Unpacked(row, source, facts)
    tracemalloc.start()
    given = 0
    while piece := unpacked.read(2**16):
        given += len(piece)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 2**24 < given < size
    assert peak < 40 * 2**20
    notes = {note.code: note for note in facts.notes}
    assert notes["compression-ratio"].damage
    assert "unpack it first" in notes["compression-ratio"].message


def test_a38_the_limits_are_those_promised() -> None:
    assert compressed.RATIO_LIMIT == 200
    assert compressed.RATIO_GRACE_BYTES == 256 * 2**20


def test_a38_a_ratio_below_the_limit_is_no_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compressed, "RATIO_GRACE_BYTES", 2**20)
    data = (random.Random(3).randbytes(600) + bytes(60_000)) * 100
    packed = zlib.compress(data, wbits=31)
    assert 50 < len(data) / len(packed) < 200
    facts = Facts()
    pieces = iter([packed])
    unpacked = Unpacked(compressed.FORMATS[0], lambda _: next(pieces, b""), facts)
    total = 0
    while piece := unpacked.read(10**6):
        total += len(piece)
    assert total == len(data)
    assert facts.notes == []


def test_a38_windows_that_need_too_much_memory_are_refused_with_a_note(tmp_path: Path) -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=28, write_content_size=False)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    packed = packer.compress(pcap(20)) + packer.flush()
    rows, capture = read(tmp_path / "x", packed)
    assert rows == []
    assert "damaged" in notes_by_code(capture)["compressed-data"].message
