"""Carriers change nothing: a capture in a tunnel tells the same conversations, and tshark finds the same packets."""

from __future__ import annotations

import struct
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

import mailtrace
from mailtrace.capture import open_capture
from mailtrace.explain.listing import Listing
from mailtrace.mail.naming import Naming
from mailtrace.packets.decode import Decoder
from mailtrace.reports.json import render
from tests.capture.builders import pcap_header, record
from tests.packets.test_fragments import MAIL, parts, tcp
from tests.packets.wrappings import WRAPPINGS, Wrapping
from tests.sharkd import sharkd
from tests.support import SAMPLES, needs_sharkd, shared

EVERY = pytest.mark.parametrize("wrapping", WRAPPINGS, ids=[each.name for each in WRAPPINGS])

PUBLIC = [
    "seladb/ip4_fragments.pcap",
    "seladb/ip6_fragments.pcap",
    "seladb/frag_with_padding.pcap",
    "seladb/sll2.pcap",
    "seladb/null_loopback.pcap",
    "zeek/ipv4/fragmented-2.pcap",
    "zeek/ipv4/fragmented-3.pcap",
    "zeek/ipv4/fragmented-4.pcap",
    "zeek/ipv4/fragmented-syn.pcap",
    "zeek/trunc/mpls-6in6-6in6-4in6-trunc.pcap",
    "zeek/trunc/mpls-6in6-broken.pcap.gz",
]
"""Published captures with fragments or tunnels. In fragmented-1 tshark joins fragments that contradict each other."""

OTHERWISE = ["mpls pseudowire"]
"""There tshark takes the control word of zeros for the beginning of an address."""

UNKNOWN_TO_TSHARK = 219
"""The link type of frames that begin with MPLS."""


@cache
def sample() -> list[tuple[int, bytes]]:
    """Return times and IPv4 packets of a sample: SMTP over Ethernet."""
    packets = []
    for batch in open_capture(str(SAMPLES / "01-report-2008.pcapng")).batches():
        for start, captured, time in zip(
            batch.start.tolist(), batch.captured.tolist(), batch.time_ns.tolist(), strict=True
        ):
            frame = batch.buffer[start : start + captured]
            if frame[12:14] == b"\x08\0":
                packets.append((time, frame[14 : 14 + int.from_bytes(frame[16:18], "big")]))
    return packets


def written(path: Path, link_type: int, frames: list[tuple[int, bytes]]) -> Path:
    """Write a capture of frames with their times."""
    records = (record(frame, time // 10**9, time // 1000 % 10**6) for time, frame in frames)
    path.write_bytes(pcap_header(link_type=link_type) + b"".join(records))
    return path


def told(path: Path) -> Any:
    """Return what mailtrace says of a capture, without what is the capture's own."""
    report = msgspec.json.decode(render(mailtrace.analyze(path)))
    del report["capture"]
    return report


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Tell the sample without any carrier."""
    path = written(tmp_path_factory.mktemp("plain") / "plain.pcap", 101, sample())
    report = told(path)
    assert [each["protocol"] for each in report["conversations"]] == ["smtp", "ident"]
    assert len(report["messages"]) == 1
    return report


@EVERY
def test_encapsulation_is_neutral(wrapping: Wrapping, plain: Any, tmp_path: Path) -> None:
    """RELIABILITY C69, C70, C71, C73: conversations, messages and packet numbers are those of the plain capture."""
    frames = [(time, wrapping.wrap(packet)) for time, packet in sample()]
    assert told(written(tmp_path / "wrapped.pcap", wrapping.link_type, frames)) == plain


def listed(path: Path) -> list[tuple[str, str, str, str]]:
    """Return source, destination, protocol and Info of all packets."""
    listing = Listing(1, 10**9)
    for batch in open_capture(str(path)).batches():
        listing.feed(batch)
    return [(row.source, row.destination, row.protocol, row.info) for row in listing.rows(None, Naming([]))]


@EVERY
def test_the_listing_shows_the_packet_inside(wrapping: Wrapping, tmp_path: Path) -> None:
    """As Wireshark does: addresses, protocol and Info are those of the innermost packet."""
    plain = written(tmp_path / "plain.pcap", 101, sample()[:12])
    wrapped = written(tmp_path / "wrapped.pcap", wrapping.link_type, [(t, wrapping.wrap(p)) for t, p in sample()[:12]])
    assert listed(wrapped) == listed(plain)


@cache
def tshark_rows(path: Path) -> dict[int, list[tuple[int, int, int, int]]]:
    """Return what tshark finds in each packet: stream number, ports and payload length of all TCP headers."""
    fields = ("frame.number", "tcp.stream", "tcp.srcport", "tcp.dstport", "tcp.len", "icmp.type", "icmpv6.type")
    rows = {}
    for number, *columns, icmp, icmp_6 in sharkd().fields(path, *fields):
        if not icmp and not icmp_6:  # they quote TCP headers
            values = [[int(value) for value in column.split(",") if value] for column in columns]
            rows[int(number)] = list(zip(*values, strict=True))
    return {number: row for number, row in rows.items() if row}


def decoded_rows(path: Path) -> dict[int, list[tuple[int, int, int]]]:
    """Return ports and payload length of all TCP packets, by packet number."""
    rows: dict[int, list[tuple[int, int, int]]] = {}
    decoder = Decoder()
    for batch in open_capture(str(path), 4096).batches():
        found = decoder.decode(batch).tcp
        columns = (found.row, found.source_port, found.target_port, found.length)
        for row, *facts in zip(*(column.tolist() for column in columns), strict=True):
            rows.setdefault(batch.first_number + row, []).append(tuple(facts))
    return rows


@needs_sharkd
@pytest.mark.parametrize("name", PUBLIC)
def test_published_captures_are_read_as_tshark_reads_them(name: str) -> None:
    """RELIABILITY C71, D79: every TCP packet in the packet where tshark has it, with the same length."""
    path = shared(f"captures/public/{name}")
    wanted = {number: [row[1:] for row in rows] for number, rows in tshark_rows(path).items()}
    assert decoded_rows(path) == wanted


@needs_sharkd
def test_every_carrier_is_read_as_tshark_reads_it(tmp_path: Path) -> None:
    """RELIABILITY C71: one greeting in each carrier, all those of one link type in one capture."""
    differing = []
    for link_type in sorted({each.link_type for each in WRAPPINGS} - {UNKNOWN_TO_TSHARK}):
        several = [each for each in WRAPPINGS if each.link_type == link_type]
        frames = [(10**18, each.wrap(parts(tcp(MAIL), number=n)[0])) for n, each in enumerate(several)]
        path = written(tmp_path / f"{link_type}.pcap", link_type, frames)
        mine, wanted = decoded_rows(path), tshark_rows(path)
        assert sorted(mine) == list(range(1, len(several) + 1))
        for number, each in enumerate(several, 1):
            if mine[number] != [row[1:] for row in wanted.get(number, [])]:
                differing.append(each.name)
    assert differing == OTHERWISE


@needs_sharkd
def test_fragments_are_numbered_as_tshark_numbers_them(tmp_path: Path) -> None:
    """RELIABILITY D79: stream numbers and packet numbers of conversations whose packets were all cut in three."""
    frames = []
    for number, (time, packet) in enumerate(sample()):
        body = packet[20:]
        cuts = [0, 8, 16, len(body)] if number % 3 else [0, len(body)]
        pieces = [
            (
                time,
                packet[:2]
                + struct.pack(">HHH", 20 + end - begin, number, begin // 8 | (end < len(body)) << 13)
                + packet[8:20]
                + body[begin:end],
            )
            for begin, end in pairwise(cuts)
        ]
        frames += pieces if number % 2 else pieces[::-1]
    path = written(tmp_path / "cut.pcap", 101, frames)
    analysis = mailtrace.analyze(path)
    wanted = tshark_rows(path)
    packets = [packet.number for conversation in analysis.conversations for packet in conversation.packets]
    assert sorted(packets) == sorted(wanted)
    for conversation in analysis.conversations:
        streams = {wanted[packet.number][0][0] for packet in conversation.packets}
        assert streams == {conversation.tcp_stream}
    assert len(analysis.messages) == 1
