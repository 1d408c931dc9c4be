"""Captures published with other projects: what their authors and tshark say about them is what we read."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from mailtrace.capture import open_capture
from mailtrace.model import NO_TIME
from tests.capture.builders import Row, damaged, notes_by_code, read
from tests.sharkd import sharkd
from tests.support import shared

PUBLIC = "captures/public"
NUMBERED_BLOCKS = ("CB", "DCB")
"""Blocks without a packet that take a packet number in Wireshark."""

Listing = list[tuple[int, int, int, int]]


def captures(folder: str) -> list[Path]:
    """Return the captures of a folder, none in a checkout that has no captures beside it."""
    place = Path(__file__).resolve().parents[2].parent / "shared" / folder
    return sorted([*place.rglob("*.pcap"), *place.rglob("*.pcapng")])


def by_name(path: Path) -> str:
    return "-".join(path.parts[-3:])


def as_listing(rows: list[Row]) -> Listing:
    return [(row.number, 0 if row.time_ns == NO_TIME else row.time_ns, row.wire, len(row.data)) for row in rows]


def by_wireshark(path: Path) -> Listing:
    """Return number, time, length and captured length of each packet; blocks without an interface are no packets."""
    fields = ("frame.number", "frame.time_epoch", "frame.len", "frame.cap_len", "frame.interface_id")
    listing = []
    for number, time, length, captured, interface in sharkd().fields(path, *fields):
        seconds, _, fraction = time.partition(".")
        time_ns = int(seconds or 0) * 10**9 + int((fraction + "000000000")[:9])
        if interface or path.suffix == ".pcap":
            listing.append((int(number), time_ns, int(length), int(captured)))
    return listing


GOOD = [path for path in captures(PUBLIC) if "the-tcpdump-group" not in path.parts] + captures("captures/lab")


@pytest.mark.parametrize("path", GOOD, ids=by_name)
def test_agrees_with_tshark(path: Path) -> None:
    assert shutil.which("sharkd"), "sharkd is needed: it comes with tshark"
    rows, capture = read(path)
    theirs = by_wireshark(path)
    assert as_listing(rows) == theirs
    assert not damaged(capture)


@pytest.mark.parametrize("path", GOOD, ids=by_name)
def test_batches_of_two_kilobytes_give_the_same(path: Path) -> None:
    rows, capture = read(path)
    small_rows, small = read(path, batch_bytes=2048)
    assert small_rows == rows
    assert (small.notes, small.names, small.comments) == (capture.notes, capture.names, capture.comments)


@pytest.mark.parametrize("path", captures(f"{PUBLIC}/hadrielk"), ids=by_name)
def test_hadrielk_blocks(path: Path) -> None:
    story = path.with_suffix(".txt").read_text()
    sequence = re.search(r"Block sequence: (.*)", story)
    assert sequence
    numbers, next_number, interfaces = [], 1, 0
    for kind in sequence[1].split(", "):
        numbers += [next_number] if kind in ("EPB", "SPB", "PB") else []
        next_number += kind in ("EPB", "SPB", "PB", *NUMBERED_BLOCKS)
        interfaces += kind == "IDB"
    rows, capture = read(path)
    assert [row.number for row in rows] == numbers
    assert len(capture.interfaces) == interfaces


def test_hadrielk_facts() -> None:
    folder = shared(f"{PUBLIC}/hadrielk")
    for order in ("output_le", "output_be"):
        _, options = read(folder / order / "basic" / "test009.pcapng")
        assert options.comments == {0: ["test009"], 1: ["test009-1"], 2: ["test009-2"]}
        assert options.dropped == 12345
        _, names = read(folder / order / "basic" / "test015.pcapng")
        assert names.names == {
            "192.168.1.2": ["example.com"],
            "192.168.3.4": ["example.net"],
            "10.1.2.3": ["example.org"],
        }


DECISIONS = {
    "linktype-reserved-field-not-zero.pcap": (0, "reserved-bits", False),
    "pcap-invalid-version-1.pcap": (1, "strange-version", False),
    "pcap-invalid-version-2.pcap": (1, "strange-version", False),
    "pcapng-invalid-vers-1.pcapng": (1, "strange-version", False),
    "pcapng-invalid-vers-2.pcapng": (1, "strange-version", False),
    "shb-option-too-long.pcapng": (0, "damaged-block", True),
}
"""Packets, note and damage of files made to be refused: those whose packets can be read are read, with a note."""


@pytest.mark.parametrize("name", sorted(DECISIONS))
def test_the_tcpdump_group(name: str) -> None:
    packets, code, damage = DECISIONS[name]
    rows, capture = read(shared(f"{PUBLIC}/the-tcpdump-group/{name}"))
    assert len(rows) == packets
    assert code in notes_by_code(capture)
    assert damaged(capture) is damage


def test_secrets_of_the_lab() -> None:
    with open_capture(str(shared("captures/lab/03-starttls-dsb.pcapng"))) as capture:
        for _ in capture.batches():
            pass
        assert capture.has_secrets
