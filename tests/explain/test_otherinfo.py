"""Packets that are neither TCP nor DNS, in Wireshark's words (each taken from tshark 4.0.17 or the RFC's names)."""

from __future__ import annotations

import pytest

from mailtrace.explain.otherinfo import Told, address_text, internet_told, link_told, udp_told
from mailtrace.packets.dissect import Internet, Link, UdpHeader


def arp(operation: int, sender: str, target: str, target_mac: str = "000c29b53a45") -> str:
    """Return the Info of an ARP packet between 192.168.1.<sender> and 192.168.1.<target>."""
    addresses = f"000c29c3bcf4 c0a801{sender} {target_mac} c0a801{target}"
    packet = bytes.fromhex(f"0001 0800 06 04 {operation:04x} {addresses}".replace(" ", ""))
    told = link_told(packet, Link(0x0806, 0, 28))
    assert told.protocol == "ARP"
    return told.info


def test_arp() -> None:
    """Question, answer, and the ways to speak about oneself."""
    assert arp(1, "02", "01") == "Who has 192.168.1.1? Tell 192.168.1.2"
    assert arp(2, "02", "01") == "192.168.1.2 is at 00:0c:29:c3:bc:f4"
    assert arp(1, "02", "02", "000000000000") == "ARP Announcement for 192.168.1.2"
    assert arp(1, "02", "02") == "Gratuitous ARP for 192.168.1.2 (Request)"
    assert arp(2, "02", "02") == "Gratuitous ARP for 192.168.1.2 (Reply)"
    assert arp(9, "02", "01").startswith("Operation 9 from 00:0c:29:c3:bc:f4")
    assert link_told(bytes(27), Link(0x0806, 0, 28)).info == "[Packet size limited during capture]"


def ip(protocol: int, data: bytes, version: int = 4, offset: int = 0, more: bool = False) -> Told:
    """Tell an IP packet with `data` behind its header."""
    end = len(data)
    return internet_told(
        data, Internet(version, b"\x0a\0\0\1", b"\x0a\0\0\2", protocol, 0, end, end, 64, 0x1EA5, offset, more)
    )


@pytest.mark.parametrize(
    ("data", "info"),
    [
        ("0800 0000 d9b3 0000", "Echo (ping) request  id=0xd9b3, seq=0/0, ttl=64"),
        ("0000 0000 0123 0002", "Echo (ping) reply    id=0x0123, seq=2/512, ttl=64"),
        ("0304 0000 0000 05a0", "Destination unreachable (Fragmentation needed)"),
        ("0363 0000 0000 0000", "Destination unreachable (Code 99)"),
        ("0b00 0000 0000 0000", "Time-to-live exceeded (Time to live exceeded in transit)"),
        ("0501 0000 0000 0000", "Redirect"),
        ("6301 0000 0000 0000", "Type 99, code 1"),
        ("0800 0000", "[Packet size limited during capture]"),
    ],
)
def test_icmp(data: str, info: str) -> None:
    """Source: RFC 792."""
    assert ip(1, bytes.fromhex(data.replace(" ", ""))) == Told("ICMP", info)


@pytest.mark.parametrize(
    ("data", "info"),
    [
        ("8000 0000 0007 0001", "Echo (ping) request id=0x0007, seq=1, hop limit=64"),
        ("0104 0000 0000 0000", "Destination Unreachable (Port unreachable)"),
        ("8f00 0000 0000 0000", "Multicast Listener Report Message v2"),
        ("8500 0000 0000 0000 0101 020000000001", "Router Solicitation from 02:00:00:00:00:01"),
        ("8700 0000 0000 0000" + "fe80" + "00" * 13 + "01" + "0101 020000000001",
         "Neighbor Solicitation for fe80::1 from 02:00:00:00:00:01"),
        ("8800 0000 6000 0000" + "fe80" + "00" * 13 + "01" + "0201 020000000001",
         "Neighbor Advertisement fe80::1 (sol, ovr) is at 02:00:00:00:00:01"),
    ],
)  # fmt: skip
def test_icmpv6(data: str, info: str) -> None:
    """Source: RFC 4443 and RFC 4861."""
    assert ip(58, bytes.fromhex(data.replace(" ", "")), version=6) == Told("ICMPv6", info)


def test_fragments_and_other_protocols() -> None:
    """Offsets in octets; a protocol without text keeps its number."""
    assert ip(17, b"", offset=1480, more=True) == Told(
        "IPv4", "Fragmented IP protocol (proto=UDP 17, off=1480, ID=1ea5)"
    )
    assert ip(17, b"", 6, 120, True) == Told("IPv6", "IPv6 fragment (off=120 more=y ident=0x00001ea5 nxt=17)")
    assert ip(47, b"") == Told("GRE", "GRE")
    assert ip(200, b"") == Told("IPv4", "Unknown IP Protocol (200)")
    assert ip(2, bytes.fromhex("16000000e00000fb")) == Told("IGMPv2", "Membership Report group 224.0.0.251")
    assert ip(2, bytes.fromhex("2200000000000001")) == Told("IGMPv3", "Membership Report")


def test_udp() -> None:
    """Services known by their port, DHCP by its type option."""
    discover = bytes(4) + bytes.fromhex("48e4c3da") + bytes(232) + b"\x00\x35\x01\x01\xff"
    assert udp_told(discover, UdpHeader(68, 67, 245, 0)) == Told("DHCP", "DHCP Discover - Transaction ID 0x48e4c3da")
    assert udp_told(b"\x24", UdpHeader(123, 123, 48, 0)) == Told("NTP", "NTP Version 4, server")
    assert udp_told(b"x", UdpHeader(1900, 5000, 9, 0)) == Told("SSDP", "1900 → 5000 Len=9")
    assert udp_told(b"x", UdpHeader(4000, 5000, 9, 0)) == Told("UDP", "4000 → 5000 Len=9")


def test_frames_without_ip() -> None:
    """Spanning tree, LLDP, what nobody knows, what is cut."""
    assert link_told(b"\x42\x42\x03", Link(38, 0, 3, b"\0" * 6)).protocol == "STP"
    assert link_told(b"", Link(0x88CC, 0, 0)).protocol == "LLDP"
    assert link_told(b"", Link(0x1234, 0, 0)) == Told("0x1234", "Ethernet II")
    assert link_told(b"", Link(-1, 14, 14)).info == "[Packet size limited during capture]"
    assert link_told(b"", Link(0x0800, 14, 14)) == Told("IPv4", "[Malformed Packet]")
    assert link_told(b"", Link(0, 4, 4)) == Told("Data", "unknown network protocol")


def test_addresses() -> None:
    """By their length."""
    assert address_text(b"\x0a\0\0\1") == "10.0.0.1"
    assert address_text(bytes(15) + b"\x01") == "::1"
    assert address_text(bytes.fromhex("000c29c3bcf4")) == "00:0c:29:c3:bc:f4"
    assert address_text(b"") == ""
