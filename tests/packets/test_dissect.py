"""One frame read for display: link types, tags, fragments, extension headers, cut and damaged headers."""

from __future__ import annotations

import pytest

from mailtrace.model import Interface
from mailtrace.packets.decode import Decoder
from mailtrace.packets.dissect import ARP, IPV4, Dissected, dissect
from tests.packets.test_decode import batch_of

FRAME_14 = bytes.fromhex(
    "000c290092d4 00196695db94 0800 4500002ebed740008006af9dc0a80102c0a80a02"
    "0df90019ab89e530b6ec848b5018ff0aa4950000444154410d0a".replace(" ", "")
)
"""Frame 14 of the 2008 report: 3577 > 25, `DATA`, 60 octets on the wire."""

IP = FRAME_14[14:]


def read(frame: bytes, link_type: int, wire: int | None = None) -> Dissected:
    """Read one frame."""
    decoded, headers = Decoder().decode_traced(batch_of([(frame, wire or len(frame))], Interface(link_type)))
    return dissect(decoded.buffer, headers[0])


def test_the_frame_of_the_report() -> None:
    """As the report prints it: addresses, ports, numbers, window, six octets of payload."""
    found = read(FRAME_14, 1, 60)
    assert found.link is not None
    assert found.ip is not None
    assert found.tcp is not None
    assert (found.link.source.hex(":"), found.link.destination.hex(":")) == ("00:19:66:95:db:94", "00:0c:29:00:92:d4")
    assert (found.ip.source, found.ip.destination) == (b"\xc0\xa8\x01\x02", b"\xc0\xa8\x0a\x02")
    assert (found.ip.protocol, found.ip.hops) == (6, 128)
    tcp = found.tcp
    assert (tcp.source_port, tcp.destination_port, tcp.window, tcp.flags, tcp.length) == (3577, 25, 65290, 0x18, 6)
    assert (tcp.sequence, tcp.acknowledged) == (0xAB89E530, 0xB6EC848B)
    assert FRAME_14[tcp.payload_at :] == b"DATA\r\n"


@pytest.mark.parametrize(
    ("link_type", "header"),
    [
        (1, "0000000000010000000000020800"),
        (1, "00000000000100000000000281000001" + "0800"),
        (1, "000000000001000000000002" + "88a80002" + "81000003" + "0800"),
        (113, "0000" + "0001" + "0006" + "0000000000020000" + "0800"),
        (276, "0800" + "0000" + "00000001" + "0001" + "00" + "06" + "0000000000020000"),
        (0, "02000000"),
        (0, "00000002"),
        (0, "0f000800"),
        (108, "00000002"),
        (12, ""),
        (101, ""),
        (228, ""),
    ],
)
def test_every_link_type_leads_to_the_ip_header(link_type: int, header: str) -> None:
    """Ethernet plain and tagged, SLL, SLL2, NULL in both byte orders and with an ethertype, LOOP, RAW."""
    frame = bytes.fromhex(header) + IP
    found = read(frame, link_type)
    assert found.link is not None
    assert found.ip is not None
    assert (found.link.ethertype, found.link.at) == (IPV4, len(frame) - len(IP))
    if link_type in (1, 113, 276):
        assert found.link.source == bytes.fromhex("000000000002")


def test_unknown_links_and_short_frames() -> None:
    """None for a link type nobody knows, -1 for an ethertype that is not there."""
    assert read(FRAME_14, 147) == Dissected()
    for link_type in (0, 1, 113, 276):
        link = read(b"\x00" * 3, link_type).link
        assert link is not None
        assert link.ethertype == -1
    tagged = read(b"\x00" * 12 + b"\x81\x00\x00\x01" * 40 + b"\x08\x00", 1).link
    assert tagged is not None
    assert tagged.ethertype == 0x8100
    arp = read(b"\xff" * 12 + b"\x08\x06" + bytes(28), 1).link
    assert arp is not None
    assert arp.ethertype == ARP


def test_damaged_ip_headers_are_none() -> None:
    """A wrong version, a header shorter than 20 octets, a total length shorter than the header, a cut header."""
    for damaged in (b"\x65" + IP[1:], b"\x44" + IP[1:], IP[:2] + b"\x00\x13" + IP[4:], IP[:19]):
        found = read(b"\x00" * 12 + b"\x08\x00" + damaged, 1, 60)
        assert found.link is not None
        assert (found.link.ethertype, found.ip) == (IPV4, None)


def test_lengths_follow_ip_and_the_frame() -> None:
    """Total length 0 means the whole frame; one beyond the frame's real length does not count beyond it."""
    for total, length in ((0, 6), (46, 6), (44, 4), (9000, 6)):
        tcp = read(IP[:2] + total.to_bytes(2, "big") + IP[4:], 101).tcp
        assert tcp is not None
        assert tcp.length == length


def test_fragments_hide_what_they_hold() -> None:
    """More to come, or an offset: no TCP header is read."""
    found = read(IP[:6] + b"\x20\x03" + IP[8:], 101)
    assert found.ip is not None
    assert (found.ip.fragment, found.ip.more, found.ip.offset) == (True, True, 24)
    assert (found.ip.identification, found.ip.protocol) == (0xBED7, 6)
    assert found.tcp is None


def ipv6(first: int, body: bytes) -> bytes:
    """Return an IPv6 packet whose first next header is `first`."""
    return (
        b"\x60\x00\x00\x00"
        + len(body).to_bytes(2, "big")
        + bytes([first, 64])
        + bytes(15)
        + b"\x01"
        + bytes(15)
        + b"\x02"
        + body
    )


def test_ipv6_extension_headers_are_stepped_over() -> None:
    """Hop-by-hop, destination options and an atomic fragment before UDP."""
    udp = bytes.fromhex("0035 1000 000c 0000 61626364".replace(" ", ""))
    hop = bytes([60, 0]) + bytes(6)
    destination = bytes([44, 1]) + bytes(14)
    atomic = bytes([17, 0, 0, 0]) + b"\x00\x00\x00\x07"
    frame = ipv6(0, hop + destination + atomic + udp)
    found = read(frame, 101)
    assert found.ip is not None
    assert found.udp is not None
    assert (found.ip.protocol, found.ip.fragment, found.ip.hops) == (17, False, 64)
    assert (found.udp.source_port, found.udp.destination_port, found.udp.length) == (53, 4096, 4)
    assert frame[found.udp.payload_at :] == b"abcd"


def test_ipv6_fragments() -> None:
    """Offset 600 in units of eight octets, more to follow."""
    found = read(ipv6(44, bytes([17, 0]) + (600 | 1).to_bytes(2, "big") + b"\x00\x00\x00\x09" + bytes(16)), 101)
    assert found.ip is not None
    assert (found.ip.offset, found.ip.more, found.ip.protocol, found.ip.identification) == (600, True, 17, 9)


def test_options_cut_by_the_snap_length() -> None:
    """The header says 24 octets of options, eight were captured."""
    segment = IP[20:32] + b"\xb0" + IP[33:40] + bytes(8)
    frame = IP[:2] + (20 + 44).to_bytes(2, "big") + IP[4:20] + segment
    tcp = read(frame, 101, 64).tcp
    assert tcp is not None
    assert (len(tcp.options), tcp.options_cut, tcp.length, tcp.payload_at) == (8, True, 0, len(frame))
    assert read(frame[:39], 101, 64).tcp is None


def test_the_innermost_packet_counts() -> None:
    """VXLAN, and in it first TCP and then ARP: the addresses shown are those inside."""
    outer = bytes(12) + b"\x08\x00" + bytes.fromhex("45000000000100004011 0000 01010101 02020202".replace(" ", ""))
    outer += bytes.fromhex("c000 12b5 0000 0000 08000000 00000700".replace(" ", ""))
    found = read(outer + FRAME_14, 1)
    assert found.link is not None
    assert found.ip is not None
    assert found.tcp is not None
    assert (found.link.source.hex(), found.ip.source) == ("00196695db94", b"\xc0\xa8\x01\x02")
    assert found.tcp.source_port == 3577
    arp = read(outer + b"\xff" * 12 + b"\x08\x06" + bytes(28), 1)
    assert arp.link is not None
    assert (arp.link.ethertype, arp.link.destination, arp.ip) == (ARP, b"\xff" * 6, None)
