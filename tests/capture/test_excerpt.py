"""Excerpts: the chosen packets and nothing else, with times, comments, options and interfaces, for Wireshark too."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import struct
import subprocess
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import lz4.frame
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtrace.analyzer import Analyzer, analyze_files
from mailtrace.capture import CaptureFile, writer
from mailtrace.capture.excerpt import write_excerpt
from mailtrace.errors import UnreadableInput
from mailtrace.model import NO_TIME
from mailtrace.reports.json import render
from tests.capture.builders import (
    END,
    SECOND,
    Row,
    block,
    damaged,
    enhanced,
    frame,
    interface,
    obsolete,
    option,
    pcap,
    pcap_header,
    pcapng,
    read_octets,
    record,
    section,
    simple,
)
from tests.support import SAMPLES, needs_tshark, shared

NS = SECOND * 10**9
FIELDS = ("frame.number", "frame.time_epoch", "frame.cap_len", "frame.len", "frame.interface_name", "frame.comment")


def excerpt(
    folder: Path,
    captures: bytes | Sequence[bytes],
    numbers: Collection[int],
    comments: Mapping[int, Sequence[str]] | None = None,
    with_secrets: bool = False,
) -> bytes:
    """Return the excerpt of captures; it must say how many packets it has, and read without damage."""
    paths = []
    for number, data in enumerate([captures] if isinstance(captures, bytes) else captures):
        path = folder / f"{number}.cap"
        path.write_bytes(data)
        paths.append(str(path))
    out = io.BytesIO()
    count = write_excerpt(paths, out, numbers, comments or {}, with_secrets)
    rows, capture = read_octets(out.getvalue())
    assert count == len(rows)
    assert {note.code for note in capture.notes if note.damage} <= {"unknown-link-type", "unknown-clock"}
    return out.getvalue()


def rows_of(data: bytes) -> list[Row]:
    """Return what mailtrace reads."""
    return read_octets(data)[0]


def capture_of(data: bytes) -> CaptureFile:
    """Return a capture that was read to its end."""
    return read_octets(data)[1]


def tshark(folder: Path, data: bytes, *fields: str) -> list[list[str]]:
    """Return fields of each packet as tshark tells them; it must not complain."""
    path = folder / "excerpt.pcapng"
    path.write_bytes(data)
    asked = [each for field in fields for each in ("-e", field)]
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "separator=/t", "-E", "aggregator=;", *asked]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if not line.startswith("Running as user")]
    assert (done.returncode, complaints) == (0, [])
    return [line.split("\t") for line in done.stdout.splitlines()]


PCAPS = {
    "little microseconds": (b"\xd4\xc3\xb2\xa1", "<", 123_456, 123_456_000),
    "big microseconds": (b"\xa1\xb2\xc3\xd4", ">", 123_456, 123_456_000),
    "little nanoseconds": (b"\x4d\x3c\xb2\xa1", "<", 123_456_789, 123_456_789),
    "big nanoseconds": (b"\xa1\xb2\x3c\x4d", ">", 123_456_789, 123_456_789),
}


@pytest.mark.parametrize("kind", PCAPS)
def test_pcap_of_every_kind(tmp_path: Path, kind: str) -> None:
    magic, order, fraction, fraction_ns = PCAPS[kind]
    records = [record(frame(i), SECOND + i, fraction, 90 if i == 2 else None, order) for i in range(4)]
    data = excerpt(tmp_path, pcap_header(magic, order, snap_length=96) + b"".join(records), {1, 3})
    assert rows_of(data) == [
        Row(1, NS + fraction_ns, frame(0), 60, 0),
        Row(2, NS + 2 * 10**9 + fraction_ns, frame(2), 90, 0),
    ]
    assert data[28:32] == struct.pack("<I", 1)
    assert data[36:44] == struct.pack("<HHI", 1, 0, 96)
    assert (b"\x09\x00\x01\x00\x09" in data[:80]) == ("nano" in kind)


def test_modified_pcap(tmp_path: Path) -> None:
    header = pcap_header(b"\x34\xcd\xb2\xa1")
    data = header + b"".join(record(bytes(8) + frame(i), SECOND, i, 60, captured=60) for i in range(3))
    assert rows_of(excerpt(tmp_path, data, {2})) == [Row(1, NS + 1000, frame(1), 60, 0)]


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, zstandard.compress, lz4.frame.compress])
def test_compressed(tmp_path: Path, pack: Any) -> None:
    data = excerpt(tmp_path, pack(pcap(5)), {5, 2})
    assert [row.data for row in rows_of(data)] == [frame(1), frame(4)]


def test_numbers_count_over_all_captures(tmp_path: Path) -> None:
    captures = [pcap(3), pcapng(2, order=">"), pcap(2)]
    data = excerpt(tmp_path, captures, {1, 5, 6, 99}, {5: ["of the second file"], 2: ["not chosen"]})
    assert [row.data for row in rows_of(data)] == [frame(0), frame(1), frame(0)]
    assert capture_of(data).comments == {2: ["of the second file"]}


def test_a_capture_without_chosen_packets_leaves_nothing(tmp_path: Path) -> None:
    assert excerpt(tmp_path, [pcap(3), pcapng(3)], {5}) == section() + interface() + enhanced(
        frame(1), (SECOND + 1) * 10**6
    )


@pytest.mark.parametrize("captures", [[], [pcap(3)], [section()], [pcapng(2), pcap(1)]])
def test_nothing_chosen_is_an_empty_capture(tmp_path: Path, captures: list[bytes]) -> None:
    assert rows_of(excerpt(tmp_path, captures, ())) == []


@pytest.mark.parametrize("order", "<>")
def test_a_section_is_copied_octet_by_octet(tmp_path: Path, order: str) -> None:
    about = option(1, b"why", order) + option(3, b"Linux", order) + option(4, b"dumpcap", order) + END
    name = option(2, b"eth0", order) + option(8, struct.pack(f"{order}Q", 10**9), order)
    name += (
        option(9, b"\x09", order)
        + option(11, b"\0tcp port 25", order)
        + option(14, struct.pack(f"{order}q", -3), order)
    )
    head = section(order, about) + interface(order, 1, 2000, name + END)
    head += block(4, option(1, b"\1\2\3\4mail.example\0", order) + END, order)
    said = option(1, b"seen", order) + option(2, struct.pack(f"{order}I", 1), order)
    said += option(5, bytes(8), order) + END
    first, second = (enhanced(frame(i), NS + i, order=order, options=said) for i in range(2))
    lost = block(5, struct.pack(f"{order}III", 0, 1, 2) + option(5, struct.pack(f"{order}Q", 7), order) + END, order)
    assert excerpt(tmp_path, head + first + second + lost, {2}) == head + second + lost


def test_a34_the_last_count_of_losses_ends_the_section(tmp_path: Path) -> None:
    lost = [block(5, struct.pack("<III", 0, 1, 2) + option(5, struct.pack("<Q", i)) + END) for i in (3, 7)]
    strange = block(5, struct.pack("<III", 9, 1, 2) + option(5, struct.pack("<Q", 1)) + END)
    data = section() + interface() + enhanced(frame(0)) + lost[0] + enhanced(frame(1)) + lost[1] + strange
    found = excerpt(tmp_path, [data, pcapng(1), data], {1, 3})
    assert found == section() + interface() + enhanced(frame(0)) + lost[1] + pcapng(1)
    assert capture_of(found).dropped == 7


def test_comments_stand_behind_those_there_are(tmp_path: Path) -> None:
    data = section() + interface() + enhanced(frame(0), options=option(1, b"old") + option(2, bytes(4)) + END)
    data = excerpt(tmp_path, data + enhanced(frame(1)), {1, 2}, {1: ["new", "두 번째", "old", "new"], 2: ["only"]})
    assert capture_of(data).comments == {1: ["old", "new", "두 번째"], 2: ["only"]}
    again = excerpt(tmp_path, data, {1, 2}, {1: ["new"]})
    assert again == data, "an excerpt of an excerpt does not repeat its comments"


def test_a_long_comment_is_cut_between_characters(tmp_path: Path) -> None:
    data = excerpt(tmp_path, pcapng(1), {1}, {1: ["가" * 30_000, "\udcff"]})
    assert capture_of(data).comments == {1: ["가" * 21_845, "\\udcff"]}


def test_comments_end_at_the_limit_of_a_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "BLOCK_LIMIT_BYTES", 32 + 60 + 2 * 1004 + 4)
    many = [f"{number}" * 1000 for number in range(4)]
    data = excerpt(tmp_path, pcapng(1), {1}, {1: many})
    assert capture_of(data).comments == {1: many[:1]}


def test_blocks_of_other_kinds(tmp_path: Path) -> None:
    custom = block(0x0BAD, struct.pack("<I", 1) + b"data")
    data = section() + interface(snap_length=40) + simple(frame(0)[:40], 60) + custom
    data += obsolete(frame(1), SECOND * 10**6 + 5, drops=3) + obsolete(frame(2), SECOND * 10**6) + block(99, b"abcd")
    found = excerpt(tmp_path, data, {1, 2, 3, 4}, {1: ["no place for it"], 3: ["here"]})
    drops = option(4, struct.pack("<Q", 3))
    assert found == (
        section()
        + interface(snap_length=40)
        + simple(frame(0)[:40], 60)
        + enhanced(frame(1), SECOND * 10**6 + 5, options=drops + option(1, b"here") + END)
        + enhanced(frame(2), SECOND * 10**6)
    )
    assert [row.time_ns for row in rows_of(found)] == [NO_TIME, NS + 5000, NS]


def test_a24_a36_interfaces_of_every_section(tmp_path: Path) -> None:
    """RELIABILITY 23, 24 and 36."""
    slow = option(9, b"\x03") + option(2, b"slow") + END
    first = section() + interface() + interface(link_type=101, options=slow)
    second = section(">") + interface(">", options=option(2, b"big", ">") + END)
    data = first + enhanced(frame(0)) + enhanced(frame(1), SECOND * 1000 + 7, 1) + second
    data += enhanced(frame(2), order=">") + enhanced(frame(3), order=">")
    found = excerpt(tmp_path, data, {2, 4})
    assert rows_of(found) == [Row(1, NS + 7_000_000, frame(1), 60, 1), Row(2, NS, frame(3), 60, 2)]
    assert [(each.name, each.link_type) for each in capture_of(found).interfaces] == [
        ("", 1),
        ("slow", 101),
        ("big", 1),
    ]


def test_a33_secrets_only_when_asked_for(tmp_path: Path) -> None:
    secret = block(10, struct.pack("<II", 0x544C534B, 17) + b"CLIENT_RANDOM x y")
    data = section() + interface() + enhanced(frame(0)) + secret + enhanced(frame(1))
    assert b"CLIENT_RANDOM" not in excerpt(tmp_path, data, {1, 2})
    assert excerpt(tmp_path, data, {1, 2}, with_secrets=True) == data
    lying = section() + interface() + block(10, struct.pack("<II", 0x544C534B, 300) + b"abcd") + enhanced(frame(0))
    assert b"abcd" not in excerpt(tmp_path, lying, {1}, with_secrets=True)


def test_secrets_of_a_section_without_packets(tmp_path: Path) -> None:
    """Keys count for all that follows in a file."""
    keys = section() + block(10, struct.pack("<II", 0x544C534B, 4) + b"keys")
    assert excerpt(tmp_path, keys + pcapng(1), {1}, with_secrets=True) == keys + pcapng(1)


def test_interfaces_do_not_wait_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "WAITING_LIMIT_BYTES", 50)
    data = section() + interface() * 4 + section() + interface() + enhanced(frame(0))
    assert excerpt(tmp_path, data, {1}) == data


def test_a26_times_of_any_resolution_are_copied(tmp_path: Path) -> None:
    for code, stamp in ((b"\x0c", 5 * 10**12 + 1), (b"\x80", SECOND), (b"\xbf", 2**63), (b"\xff", 5), (b"\x09\x09", 5)):
        data = section() + interface(options=option(9, code) + END) + enhanced(frame(0), stamp)
        assert excerpt(tmp_path, data, {1}) == data


HOSTILE_OPTIONS = (
    *(option(1, b"abcd", length=500), option(2, b"ab"), option(4, b"abc"), option(5, b"a"), option(6, b"a")),
    *(
        option(7, b""),
        option(2988, b"ab"),
        option(19_372, b"abcdefgh"),
        option(19_373, b"ab"),
    ),
)


@needs_tshark
def test_a30_broken_options_are_left_out(tmp_path: Path) -> None:
    packets = b"".join(enhanced(frame(i), options=each) for i, each in enumerate(HOSTILE_OPTIONS))
    broken = interface(options=option(11, b"") + option(2988, b"a") + option(2, b"eth0") + option(3, b"x", length=300))
    data = section(options=option(2988, b"")) + broken + packets
    numbers = range(1, len(HOSTILE_OPTIONS) + 1)
    found = excerpt(tmp_path, data, numbers, {number: ["kept"] for number in numbers})
    told = tshark(tmp_path, found, "frame.interface_name", "frame.comment")
    assert told == [["eth0", "kept"]] * len(HOSTILE_OPTIONS)


@needs_tshark
def test_a32_broken_names_are_left_out(tmp_path: Path) -> None:
    good = option(1, b"\1\2\3\4good.example\0")
    records = (option(1, b"ab"), option(1, b"\1\2\3\5open.example"), option(2, bytes(16) + b"\0"), good)
    names = [block(4, b"".join(records) + END), block(4, option(2, b"ab", length=300)), block(4, b"")]
    data = section() + interface() + b"".join(names) + enhanced(frame(0))
    found = excerpt(tmp_path, data, {1})
    assert capture_of(found).names == {"1.2.3.5": ["open.example"], "1.2.3.4": ["good.example"]}
    assert len(tshark(tmp_path, found, "frame.number")) == 1


HOSTILE = {
    "a04 cut in a block": (pcapng(3)[:-30], [60, 60, 34]),
    "a04 cut in a record": (pcap(3)[:-30], [60, 60, 30]),
    "a08 empty packet": (section() + interface() + enhanced(b""), [0]),
    "a09 captured more than was there": (section() + interface() + enhanced(frame(0), wire=10), [60]),
    "a16 garbage": (pcapng(2) + b"garbage!" * 5 + enhanced(frame(2)), [60, 60, 60]),
    "a21 wrong end": (pcapng(1) + block(6, bytes(80), trailer=4) + enhanced(frame(2)), [60, 60]),
    "a25 no such interface": (section() + interface() + enhanced(frame(0), number=7) + enhanced(frame(1)), [60]),
    "a25 no interface": (section() + enhanced(frame(0)), []),
    "captured more than the block has": (section() + interface() + enhanced(frame(0), captured=900, wire=900), [60]),
    "a28 simple packet that lies": (section() + interface() + simple(frame(0)[:40], 60), [40]),
    "longer than a frame can be": (section() + interface() + enhanced(bytes(300_000)), [262_144]),
    "a20 section of wrong length": (section(section_length=7) + pcapng(1)[28:], [60]),
    "a13 strange version": (section(version=(9, 9)) + pcapng(1)[28:], [60]),
}


@needs_tshark
@pytest.mark.parametrize("case", HOSTILE)
def test_damage_is_not_handed_on(tmp_path: Path, case: str) -> None:
    data, sizes = HOSTILE[case]
    found = excerpt(tmp_path, data, range(1, 10), {1: ["a comment"]})
    assert [len(row.data) for row in rows_of(found)] == sizes
    assert not damaged(capture_of(found))
    assert [int(size) for (size,) in tshark(tmp_path, found, "frame.cap_len")] == sizes


def test_refused_input_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="not a capture"):
        excerpt(tmp_path, b"Subject: no capture", {1})


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    (tmp_path / "a.pcap").write_bytes(pcap(1))
    with pytest.raises(OSError, match="No space"):
        write_excerpt([str(tmp_path / "a.pcap")], Full(), {1}, {})


@settings(max_examples=30, deadline=None)
@given(
    st.sets(st.integers(1, 40)), st.lists(st.tuples(st.sampled_from(["pcap", "<", ">"]), st.integers(0, 9)), max_size=4)
)
def test_exactly_the_chosen_packets(
    tmp_path_factory: pytest.TempPathFactory, numbers: set[int], files: list[tuple[str, int]]
) -> None:
    frames = [frame(i) for _, count in files for i in range(count)]
    captures = [pcap(count) if kind == "pcap" else pcapng(count, order=kind) for kind, count in files]
    comments = {number: [f"packet {number}"] for number in range(1, 41)}
    data = excerpt(tmp_path_factory.mktemp("excerpt"), captures, numbers, comments)
    kept = [number for number in range(1, len(frames) + 1) if number in numbers]
    assert [row.data for row in rows_of(data)] == [frames[number - 1] for number in kept]
    assert list(capture_of(data).comments.values()) == [[f"packet {number}"] for number in kept]


@needs_tshark
@pytest.mark.parametrize("sample", sorted(path.name for path in SAMPLES.glob("*.pcapng")))
def test_wireshark_sees_the_same(tmp_path: Path, sample: str) -> None:
    whole = (SAMPLES / sample).read_bytes()
    told = tshark(tmp_path, whole, *FIELDS, "frame.interface_id")
    numbers = [int(row[0]) for row in told if int(row[0]) % 3]
    found = excerpt(tmp_path, whole, numbers, {numbers[0]: ["Step 1: the client calls.", "둘째 단계"]})
    expected = [[str(place), *told[number - 1][1:]] for place, number in enumerate(numbers, 1)]
    was = expected[0][5]
    expected[0][5] = ";".join([*([was] if was else []), "Step 1: the client calls.", "둘째 단계"])
    assert tshark(tmp_path, found, *FIELDS, "frame.interface_id") == expected
    frames = rows_of(whole)
    assert [row.data for row in rows_of(found)] == [frames[number - 1].data for number in numbers]


@needs_tshark
def test_a17_checksums_behind_frames(tmp_path: Path) -> None:
    """The check sequence's length, 4 octets, stays known to both."""
    data = excerpt(tmp_path, pcap_header(link_type=0x2400_0000 | 1) + record(frame(0)), {1})
    assert [each.fcs_bytes for each in capture_of(data).interfaces] == [4]
    assert tshark(tmp_path, data, "eth.fcs") == [["0x" + frame(0)[-4:].hex()]]


def _records(path: Path) -> dict[str, Any]:
    """Return the JSON of a capture."""
    told: dict[str, Any] = json.loads(render(analyze_files(Analyzer([str(path)]))))
    return told


def _without_numbers(value: Any) -> Any:
    """Return JSON without what an excerpt changes: numbers, which begin anew, and names, which lookups tell."""
    if isinstance(value, dict):
        left_out = ("packet", "packets", "answer_packet", "acks", "id", "tcp_stream", "name", "caused_by", "message")
        return {key: _without_numbers(each) for key, each in value.items() if key not in left_out}
    return [_without_numbers(each) for each in value] if isinstance(value, list) else value


def _same_story(tmp_path: Path, path: Path) -> None:
    whole = _records(path)
    kept = [each for each in whole["conversations"] if each["protocol"] in ("smtp", "pop3", "imap")]
    kept = kept[: max(len(kept) // 2, 1)]
    numbers = {number for each in kept for number in each["packets"]}
    (tmp_path / "excerpt.pcapng").write_bytes(excerpt(tmp_path, path.read_bytes(), numbers))
    again = _records(tmp_path / "excerpt.pcapng")
    assert len(kept) == len(again["conversations"]) > 0
    for one, other in zip(kept, again["conversations"], strict=True):
        for each in (one, other):
            each.pop("waits", None)
        assert _without_numbers(one) == _without_numbers(other)
    ids = {each["id"] for each in kept}
    mails = [each for each in whole["messages"] if each["conversation"] in ids]
    assert [each["sha256"] for each in mails] == [each["sha256"] for each in again["messages"]]


@pytest.mark.parametrize("sample", ["01-report-2008", "03-lab-journey", "06-lab-lossy", "08-imap"])
def test_mailtrace_reads_the_same_story(tmp_path: Path, sample: str) -> None:
    _same_story(tmp_path, SAMPLES / f"{sample}.pcapng")


def test_a_lab_capture_with_secrets(tmp_path: Path) -> None:
    """Its conversations stay open to who has the keys."""
    whole = shared("captures/lab/03-starttls-dsb.pcapng").read_bytes()
    count = len(rows_of(whole))
    assert rows_of(excerpt(tmp_path, whole, range(1, count + 1))) == rows_of(whole)
    assert capture_of(excerpt(tmp_path, whole, {1}, with_secrets=True)).has_secrets
    assert not capture_of(excerpt(tmp_path, whole, {1})).has_secrets
