"""The packet listing says what tshark 4.0.17 says: TCP rows to the letter, application rows at least as much.

The truth is kept in tests/data/listing/*.tsv, written once by

    tshark -n -r FILE -T fields -E separator=/t -e frame.number -e _ws.col.Protocol -e _ws.col.Info

(protocols that mailtrace does not dissect left out; `zeek-tcp.tsv` has the name of the capture before each TCP row).
`odd-tcp.pcap` is a random walk through everything TCP does rarely, with sequence numbers that wrap: all fifteen kinds
of remarks occur in it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mailtrace.capture import open_capture
from mailtrace.explain.listing import Listing, ListingRow
from mailtrace.explain.naming import Naming
from mailtrace.model import NO_TIME, Analysis, Host, Interface, RawBatch
from tests.support import shared

DATA = Path(__file__).resolve().parents[1] / "data" / "listing"
EVERYTHING = 10**9
MORE_TO_COME = "[TCP segment of a reassembled PDU]"
"""tshark adds this to segments whose protocol it knows but whose unit goes on; mailtrace does not."""

LAB = ["01-lab-journey", "02-ident-drop", "03-starttls", "04-imap", "07-chunking", "08-lossy", "10-dnsauth"]


def rows_of(path: Path, first: int = 1, last: int = EVERYTHING, analysis: Analysis | None = None) -> list[ListingRow]:
    """List a capture from its first packet on."""
    listing = Listing(first, last)
    capture = open_capture(str(path))
    for batch in capture.batches():
        listing.feed(batch)
    capture.close()
    return listing.rows(analysis, Naming([]))


def truth(name: str) -> list[list[str]]:
    """Read one file of tshark's rows, split into its columns, the remark on segments to come taken off."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [line.replace(MORE_TO_COME, "").rstrip().split("\t") for line in lines]


@pytest.mark.parametrize("name", LAB)
def test_tcp_rows_of_the_lab_equal_tsharks(name: str) -> None:
    """All TCP rows, but for segments of which tshark only says that they belong to something larger."""
    rows = {row.number: row for row in rows_of(shared(f"captures/lab/{name}.pcapng"))}
    wanted = [(int(row[0]), row[1], row[2]) for row in truth(f"lab-{name}.tsv") if row[1] == "TCP" and len(row) > 2]
    assert len(wanted) >= 26
    assert [(rows[n].number, rows[n].protocol, rows[n].info) for n, _, _ in wanted] == wanted


@pytest.mark.parametrize("name", LAB)
def test_dns_and_arp_rows_of_the_lab_equal_tsharks(name: str) -> None:
    """Texts of TXT records apart, which tshark does not show."""
    rows = {row.number: row for row in rows_of(shared(f"captures/lab/{name}.pcapng"))}
    wanted = [row for row in truth(f"lab-{name}.tsv") if row[1] in ("DNS", "ARP")]
    differing = [(row[2], rows[int(row[0])].info) for row in wanted if without_texts(rows[int(row[0])].info) != row[2]]
    assert wanted
    assert differing == []


def without_texts(info: str) -> str:
    """Take the quoted texts of TXT records out."""
    return "".join(part for at, part in enumerate(info.split('"')) if at % 2 == 0).replace("TXT  ", "TXT ").rstrip()


def test_tcp_rows_of_odd_public_captures_equal_tsharks() -> None:
    """Retransmissions, lost segments, reused ports, one-sided and truncated captures."""
    wanted: dict[str, dict[int, str]] = {}
    for capture, number, _, info in truth("zeek-tcp.tsv"):
        wanted.setdefault(capture, {})[int(number)] = info
    differing = []
    for capture, expected in wanted.items():
        for row in rows_of(shared(f"captures/public/zeek/tcp/{capture}")):
            if row.number in expected and (row.protocol, row.info) != ("TCP", expected[row.number]):
                differing.append((capture, row.number, row.info))
    assert sum(map(len, wanted.values())) == 560
    # the quick start response (RFC 4782) is the one option there that mailtrace does not word
    assert [each[:2] for each in differing] == [("option-27.pcap", 1)]


def test_all_remarks_on_tcp_packets_equal_tsharks() -> None:
    """A random walk: wrapping numbers, lost and repeated segments, windows that close, ports used again."""
    wanted = [(int(number), protocol, info) for number, protocol, info in truth("odd-tcp.tsv")]
    rows = rows_of(DATA / "odd-tcp.pcap")
    assert [(row.number, row.protocol, row.info) for row in rows] == wanted
    text = " ".join(info for _, _, info in wanted)
    for remark in ("Retransmission", "Spurious Retransmission", "Fast Retransmission", "Out-Of-Order", "Keep-Alive"):
        assert f"[TCP {remark}]" in text
    for remark in ("Keep-Alive ACK", "ZeroWindow", "Window Update", "Previous segment not captured", "Window Full"):
        assert f"[TCP {remark}]" in text
    for remark in ("ACKed unseen segment", "Port numbers reused", "ZeroWindowProbe", "ZeroWindowProbeAck"):
        assert f"[TCP {remark}]" in text
    assert "[TCP Dup ACK " in text


def test_a_range_is_what_it_is_in_the_whole_listing() -> None:
    """The numbers of packet 400 depend on packet 1, whether that is shown or not."""
    path = shared("captures/lab/08-lossy.pcapng")
    whole = rows_of(path)
    assert rows_of(path, 131, 139) == whole[130:139]
    assert rows_of(path, 585, EVERYTHING) == whole[584:]
    assert rows_of(path, 5000, 6000) == []


def test_batches_of_any_size_give_the_same_rows() -> None:
    """One frame at a time or all at once."""
    path = shared("captures/lab/02-ident-drop.pcapng")
    rows = []
    for size in (1, 4096, 1 << 22):
        listing = Listing(10, 60)
        capture = open_capture(str(path), batch_bytes=size)
        for batch in capture.batches():
            listing.feed(batch)
        capture.close()
        rows.append(listing.rows(None, Naming([])))
    assert rows[0] == rows[1] == rows[2]
    assert [row.number for row in rows[0]] == list(range(10, 61))


def test_columns_of_the_first_packets() -> None:
    """Written out by hand from Wireshark's window: time since the first packet, names, frame lengths."""
    listing = Listing(1, 4)
    capture = open_capture(str(shared("captures/lab/01-lab-journey.pcapng")))
    for batch in capture.batches():
        listing.feed(batch)
    hosts = [Host("192.168.111.100", ("serverA", "mail.naver.com"), ()), Host("192.168.111.130", (), ())]
    rows = listing.rows(None, Naming(hosts))
    arp, _, syn, syn_ack = rows
    assert (arp.number, arp.time_ns, arp.source, arp.destination) == (1, 0, "00:0c:29:c3:bc:f4", "Broadcast")
    assert (arp.protocol, arp.length, arp.info) == ("ARP", 42, "Who has 192.168.111.100? Tell 192.168.111.130")
    assert (syn.source, syn.destination, syn.protocol, syn.length) == ("192.168.111.130", "serverA", "TCP", 74)
    assert (syn_ack.source, syn_ack.destination) == ("serverA", "192.168.111.130")
    assert 0 < (syn.time_ns or 0) < (syn_ack.time_ns or 0) < 10**9


def batch_of(*frames: bytes, link_type: int = 1, times: list[int] | None = None, wire: int = 0) -> RawBatch:
    """Make a batch of frames by hand."""
    captured = np.array([len(frame) for frame in frames], dtype=np.int64)
    return RawBatch(
        buffer=b"".join(frames),
        first_number=1,
        start=np.cumsum(captured) - captured,
        captured=captured,
        wire=np.maximum(captured, wire),
        time_ns=np.array(times or [10**9 * (n + 1) for n in range(len(frames))], dtype=np.int64),
        interface=np.zeros(len(frames), dtype=np.int32),
        interfaces=[Interface(link_type)],
    )


def listed(*frames: bytes, link_type: int = 1, times: list[int] | None = None, wire: int = 0) -> list[ListingRow]:
    """List frames made by hand."""
    listing = Listing(1, EVERYTHING)
    listing.feed(batch_of(*frames, link_type=link_type, times=times, wire=wire))
    return listing.rows(None, Naming([]))


def ipv4(protocol: int, payload: bytes, total: int | None = None) -> bytes:
    """Return a packet from 10.0.0.1 to 10.0.0.2 with a time to live of 64."""
    length = (20 + len(payload) if total is None else total).to_bytes(2, "big")
    return (
        b"\x45\x00"
        + length
        + b"\x00\x01\x00\x00\x40"
        + bytes([protocol])
        + b"\x00\x00\n\x00\x00\x01\n\x00\x00\x02"
        + payload
    )


def test_packets_of_other_protocols_are_named() -> None:
    """As tshark words them."""
    ping = bytes.fromhex("0800000001230002")
    unreachable = bytes.fromhex("0303000000000000")
    ntp = bytes.fromhex("007b007b00380000") + b"\x23" + bytes(47)
    rows = listed(
        ipv4(1, ping), ipv4(1, unreachable), ipv4(17, ntp), ipv4(17, b"\x10\0\x20\0\0\x0c\0\0abcd"), link_type=101
    )
    assert [(row.protocol, row.info) for row in rows] == [
        ("ICMP", "Echo (ping) request  id=0x0123, seq=2/512, ttl=64"),
        ("ICMP", "Destination unreachable (Port unreachable)"),
        ("NTP", "NTP Version 4, client"),
        ("UDP", "4096 → 8192 Len=4"),
    ]
    assert (rows[0].source, rows[0].destination) == ("10.0.0.1", "10.0.0.2")


def test_an_echo_reply_names_its_request() -> None:
    """Request and reply have identifier and number in common, addresses the other way round."""
    path = shared("captures/public/zeek/tcp/timeout-with-pings.pcap")
    assert [row.info for row in rows_of(path)[3:5]] == [
        "Echo (ping) request  id=0x0123, seq=0/0, ttl=64",
        "Echo (ping) reply    id=0x0123, seq=0/0, ttl=64 (request in 4)",
    ]


def test_what_cannot_be_read_still_has_its_row() -> None:
    """Damage, unknown link types, frames cut to nothing: never an exception, never a missing number."""
    rows = listed(
        b"", b"\x00" * 13, b"\xff" * 60, b"\x00" * 12 + b"\x08\x00" + b"\x55" * 30, b"\x00" * 12 + b"\x86\xdd\x60"
    )
    assert [row.number for row in rows] == [1, 2, 3, 4, 5]
    assert [row.protocol for row in rows] == ["Ethernet", "Ethernet", "0xffff", "IPv4", "IPv6"]
    assert [row.protocol for row in listed(b"\x01\x02", link_type=999)] == ["Link type 999"]


def test_a_packet_without_a_time_has_none() -> None:
    """Simple Packet Blocks give no time; the others count from the first that has one."""
    ping = ipv4(1, bytes.fromhex("0800000001230002"))
    rows = listed(ping, ping, ping, link_type=101, times=[NO_TIME, 5_000, 7_000])
    assert [row.time_ns for row in rows] == [None, 0, 2_000]


def test_a_padded_frame_has_no_payload() -> None:
    """A 60-byte frame with an acknowledgement of 40: its padding is no data, its length is the frame's."""
    segment = bytes.fromhex("0019 0fff 00000001 00000001 5010 ffff 0000 0000".replace(" ", ""))
    frame = b"\x00" * 12 + b"\x08\x00" + ipv4(6, segment) + bytes(6)
    (row,) = listed(frame)
    assert (row.length, row.info) == (60, "25 → 4095 [ACK] Seq=1 Ack=1 Win=65535 Len=0")
