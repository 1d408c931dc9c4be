"""One frame read for display: link types, tags, fragments, extension headers, cut and damaged headers."""

from __future__ import annotations

import pytest

from mailtrace.packets.dissect import ARP, IPV4, IPV6, read_internet, read_link, read_tcp, read_udp

FRAME_14 = bytes.fromhex(
    "000c290092d4 00196695db94 0800 4500002ebed740008006af9dc0a80102c0a80a02"
    "0df90019ab89e530b6ec848b5018ff0aa4950000444154410d0a".replace(" ", "")
)
"""Frame 14 of the 2008 report: 3577 > 25, `DATA`, 60 octets on the wire."""

IP = FRAME_14[14:]


def test_the_frame_of_the_report() -> None:
    """As the report prints it: addresses, ports, numbers, window, six octets of payload."""
    link = read_link(FRAME_14, 1)
    assert link is not None
    assert (link.source.hex(":"), link.destination.hex(":")) == ("00:19:66:95:db:94", "00:0c:29:00:92:d4")
    ip = read_internet(FRAME_14, link, 60)
    assert ip is not None
    assert (ip.source, ip.destination, ip.protocol, ip.hops) == (b"\xc0\xa8\x01\x02", b"\xc0\xa8\x0a\x02", 6, 128)
    tcp = read_tcp(FRAME_14, ip)
    assert tcp is not None
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
    link = read_link(frame, link_type)
    assert link is not None
    assert (link.ethertype, link.at) == (IPV4, len(frame) - len(IP))
    if link_type in (1, 113, 276):
        assert link.source == bytes.fromhex("000000000002")


def test_unknown_links_and_short_frames() -> None:
    """None for a link type nobody knows, -1 for an ethertype that is not there."""
    assert read_link(FRAME_14, 147) is None
    for link_type in (0, 1, 113, 276):
        link = read_link(b"\x00" * 3, link_type)
        assert link is not None
        assert link.ethertype == -1
    stacked = b"\x00" * 12 + b"\x81\x00\x00\x01" * 40 + b"\x08\x00"
    tagged = read_link(stacked, 1)
    assert tagged is not None
    assert tagged.ethertype == 0x8100
    arp = read_link(b"\xff" * 12 + b"\x08\x06" + bytes(28), 1)
    assert arp is not None
    assert arp.ethertype == ARP


def test_damaged_ip_headers_are_none() -> None:
    """A wrong version, a header shorter than 20 octets, a total length shorter than the header, a cut header."""
    for damaged in (b"\x65" + IP[1:], b"\x44" + IP[1:], IP[:2] + b"\x00\x13" + IP[4:], IP[:19]):
        link = read_link(b"\x00" * 12 + b"\x08\x00" + damaged, 1)
        assert link is not None
        assert read_internet(b"\x00" * 14 + damaged, link, 60) is None


def test_lengths_follow_ip_and_the_frame() -> None:
    """Total length 0 means the whole frame; one beyond the frame's real length does not count beyond it."""
    for total, length in ((0, 6), (46, 6), (44, 4), (9000, 6)):
        frame = IP[:2] + total.to_bytes(2, "big") + IP[4:]
        link = read_link(frame, 101)
        assert link is not None
        ip = read_internet(frame, link, len(frame))
        assert ip is not None
        tcp = read_tcp(frame, ip)
        assert tcp is not None
        assert tcp.length == length


def test_fragments_hide_the_length() -> None:
    """More to come, or an offset: what TCP said about its length is not known."""
    frame = IP[:6] + b"\x20\x03" + IP[8:]
    link = read_link(frame, 101)
    assert link is not None
    ip = read_internet(frame, link, len(frame))
    assert ip is not None
    assert (ip.fragment, ip.more, ip.offset, ip.identification) == (True, True, 24, 0xBED7)
    tcp = read_tcp(frame, ip)
    assert tcp is not None
    assert tcp.length is None


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
    link = read_link(frame, 101)
    assert link is not None
    assert link.ethertype == IPV6
    ip = read_internet(frame, link, len(frame))
    assert ip is not None
    assert (ip.protocol, ip.fragment, ip.identification) == (17, False, 7)
    header = read_udp(frame, ip)
    assert header is not None
    assert (header.source_port, header.destination_port, header.length) == (53, 4096, 4)
    assert frame[header.payload_at :] == b"abcd"


def test_ipv6_fragments() -> None:
    """Offset 600 in units of eight octets, more to follow."""
    frame = ipv6(44, bytes([17, 0]) + (600 | 1).to_bytes(2, "big") + b"\x00\x00\x00\x09" + bytes(16))
    link = read_link(frame, 101)
    assert link is not None
    ip = read_internet(frame, link, len(frame))
    assert ip is not None
    assert (ip.offset, ip.more, ip.protocol) == (600, True, 17)


def test_options_cut_by_the_snap_length() -> None:
    """The header says 24 octets of options, eight were captured."""
    segment = IP[20:32] + b"\xb0" + IP[33:40] + bytes(8)
    frame = IP[:2] + (20 + 44).to_bytes(2, "big") + IP[4:20] + segment
    link = read_link(frame, 101)
    assert link is not None
    ip = read_internet(frame, link, 64)
    assert ip is not None
    tcp = read_tcp(frame, ip)
    assert tcp is not None
    assert (len(tcp.options), tcp.options_cut, tcp.length, tcp.payload_at) == (8, True, 0, len(frame))
    assert read_tcp(frame[:39], read_internet(frame[:39], link, 64) or ip) is None
