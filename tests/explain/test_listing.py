"""The packet listing says what tshark 4.0.17 says: TCP rows to the letter, application rows at least as much.

The truth is kept in tests/data/listing/*.tsv, written once by

    tshark -n -r FILE -T fields -E separator=/t -e frame.number -e _ws.col.Protocol -e _ws.col.Info

(protocols that mailtrace does not dissect left out; `tls-` and `imap-` files have the rows of that protocol alone;
`zeek-tcp.tsv` has the name of the capture before each TCP row).
`odd-tcp.pcap` is a random walk through everything TCP does rarely, with sequence numbers that wrap: all fifteen kinds
of remarks occur in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import mailtrace
from mailtrace.capture import open_capture
from mailtrace.explain.listing import Listing, ListingRow
from mailtrace.mail.naming import Naming
from mailtrace.model import NO_TIME, Analysis, Host, Interface, RawBatch
from tests.support import SAMPLES, shared

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


@pytest.fixture(scope="module")
def analysed() -> Callable[[str], dict[int, ListingRow]]:
    """List captures of the lab with what their conversations say, each analysed once."""

    @cache
    def listed_with_analysis(name: str) -> dict[int, ListingRow]:
        path = shared(f"captures/lab/{name}.pcapng")
        return {row.number: row for row in rows_of(path, analysis=mailtrace.analyze(path))}

    return listed_with_analysis


LATE = {"08-lossy": {105, 134, 272, 405, 412, 572, 577}}
"""TCP rows in tshark, application rows here: segments that came late or again, and filled a hole with what was said."""


@pytest.mark.parametrize("name", LAB)
def test_tcp_rows_stay_equal_with_an_analysis(name: str, analysed: Callable[[str], dict[int, ListingRow]]) -> None:
    """Conversations speak only into packets that say something."""
    rows = analysed(name)
    wanted = {int(row[0]): row[2] for row in truth(f"lab-{name}.tsv") if row[1] == "TCP" and len(row) > 2}
    differing = {
        number for number, info in wanted.items() if (rows[number].protocol, rows[number].info) != ("TCP", info)
    }
    assert differing == LATE.get(name, set())


MORE_THAN_TSHARK = {
    # tshark takes BDAT and, after a chunk that it misses the end of, everything for data
    "07-chunking": {19, 25, 29, 34, 36, 38, 40, 42, 44, 46, 48, 50, 52, 54, 56, 58, 134, 148, 245, 268},
    # tshark holds the mail for complete too early, and dissects a segment again that it has had already
    "08-lossy": {409, 507, 579},
    # tshark shows the end of a mail in several packets as data
    "10-dnsauth": {304, 309, 314},
}
PASSWORDS = re.compile(r"(?<=C: PASS )\S+|(?<=AUTH PLAIN )\S+")


@pytest.mark.parametrize("name", LAB)
def test_smtp_and_pop_rows_say_what_tsharks_say(name: str, analysed: Callable[[str], dict[int, ListingRow]]) -> None:
    """At least as much: passwords masked, and a mail that came with its POP3 answer added to it."""
    rows = analysed(name)
    wanted = {int(row[0]): row for row in truth(f"lab-{name}.tsv") if row[1] in ("SMTP", "POP")}
    differing = set()
    for number, (_, protocol, info) in wanted.items():
        info = PASSWORDS.sub("********", info)
        mine = rows[number]
        more = mine.info.startswith(f"{info} | ") and info.startswith("S: +OK")
        if mine.protocol != protocol or not (mine.info == info or more):
            differing.add(number)
    assert differing == MORE_THAN_TSHARK.get(name, set())


EARLIER_THAN_TSHARK = {"07-chunking": {32}, "08-lossy": {403, 498}}
"""Mails that end with their last chunk or their last missing segment, not where tshark shows them."""


@pytest.mark.parametrize("name", LAB)
def test_mails_are_shown_where_tshark_shows_them(name: str, analysed: Callable[[str], dict[int, ListingRow]]) -> None:
    """In the packet that completes them, sender and subject decoded."""
    rows = analysed(name)
    wanted = {int(row[0]) for row in truth(f"lab-{name}.tsv") if row[1].startswith(("SMTP/IMF", "POP/IMF"))}
    shown = {number for number in wanted if rows[number].protocol.endswith("/IMF")}
    assert wanted - shown == EARLIER_THAN_TSHARK.get(name, set())
    assert all("subject: " in rows[number].info and "=?" not in rows[number].info for number in shown)


def test_tls_rows_equal_tsharks(analysed: Callable[[str], dict[int, ListingRow]]) -> None:
    """All of them, across segments, nothing decrypted; the version is the one agreed on, of hellos too."""
    rows = analysed("03-starttls")
    wanted = truth("tls-03-starttls.tsv")
    assert len(wanted) == 271
    assert [(rows[int(number)].info) for number, _, _ in wanted] == [info for _, _, info in wanted]
    differing = {info for number, version, info in wanted if rows[int(number)].protocol != version}
    assert differing == {"Client Hello"}


IMAP_BETTER = {
    "passwords": {9, 12, 15, 161},  # masked; and no `[Malformed Packet]` where a literal is announced
    "several lines of one kind": {86, 88, 126},  # tshark shows one of them
    "mails": {49, 80, 83},  # decoded; stored ones recognised
    "no mails": {52, 55, 58, 134, 140},  # headers and texts alone, which tshark takes for mails
    "before the end": {41},  # tshark shows the TCP header until the answer is whole
}
"""Rows that say more than tshark's, and why."""


def test_imap_rows_say_what_tsharks_say(analysed: Callable[[str], dict[int, ListingRow]]) -> None:
    rows = analysed("04-imap")
    wanted = truth("imap-04-imap.tsv")
    assert len(wanted) == 84
    differing = {int(number) for number, _, info in wanted if rows[int(number)].info != info}
    assert differing == set().union(*IMAP_BETTER.values())
    assert rows[12].info == "Request: lee ********"
    assert rows[86].info == 'Request: a023 NOOP | a024 FETCH 1 FLAGS | a025 STATUS "&vPSwuNO4ycDVaA-" (MESSAGES)'
    assert (rows[49].protocol, rows[49].info) == (
        "IMAP/IMF",
        "from: 김다음 <kim@daum.net>, subject: 첫째, (text/plain)",
    )


def test_what_keys_open_has_rows_of_its_own() -> None:
    """The same capture with its keys inside: handshake messages by name, and the dialogue as if in clear."""
    path = shared("captures/lab/03-starttls-dsb.pcapng")
    rows = {row.number: row for row in rows_of(path, analysis=mailtrace.analyze(path))}
    assert [(rows[n].protocol, rows[n].info) for n in (19, 22, 27, 589)] == [
        ("TLSv1.3", "Certificate, Certificate Verify, Finished"),
        ("SMTP", "C: EHLO client"),
        ("SMTP", "C: AUTH PLAIN ********"),
        ("IMAP", "Request: a2 LOGIN kim ********"),
    ]


def test_a_mail_in_its_row(analysed: Callable[[str], dict[int, ListingRow]]) -> None:
    """Written out from the story of the capture: Lee's mail to Kim, and Kim's fetching it."""
    rows = analysed("01-lab-journey")
    assert (rows[26].protocol, rows[26].info) == (
        "SMTP/IMF",
        "subject: test, from: 이네이버 <lee@naver.com>, (text/plain)",
    )
    assert rows[97].info == "S: +OK 866 octets | subject: test, from: 이네이버 <lee@naver.com>, (text/plain)"
    assert rows[83].info == "C: PASS ********"


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


@pytest.mark.parametrize(("sample", "table"), [("01-report-2008", "report-2008"), ("02-report-2024", "report-2024")])
def test_the_listings_that_users_handed_in(sample: str, table: str) -> None:
    """Their tables, made by Wireshark: times to the microsecond, names, Info up to where the picture cut it."""
    path = SAMPLES / f"{sample}.pcapng"
    analysis = mailtrace.analyze(path)
    listing = Listing(1, EVERYTHING)
    for batch in open_capture(str(path)).batches():
        listing.feed(batch)
    rows = {row.number: row for row in listing.rows(analysis, Naming(analysis.hosts))}
    lines = (DATA.parent / f"{table}.tsv").read_text(encoding="utf-8").splitlines()
    wanted = [line.split("\t") for line in lines if line[0].isdigit()]
    assert len(wanted) in (24, 158)
    for number, time, source, destination, info in wanted:
        row = rows[int(number)]
        assert (f"{(row.time_ns or 0) / 1e9:.6f}", row.source, row.destination) == (time, source, destination)
        if row.protocol in ("TCP", "DNS"):
            assert row.info.removeprefix("[TCP Retransmission] ").startswith(info.rstrip("…"))
        elif not row.protocol.endswith("/IMF"):
            first = PASSWORDS.sub("********", info).split(" | ")[0].rstrip("…")
            assert row.info.startswith(first)
