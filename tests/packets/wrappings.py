"""Every carrier, written from its standard: a function that puts an IPv4 packet into it, and the link type it lies on.

The plain `struct` of these functions is what the readers are held against, by themselves and by tshark.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple
from zlib import crc32

MACS = bytes.fromhex("020000000002 020000000001".replace(" ", ""))
OUTER_V4 = bytes([192, 0, 2, 1]) + bytes([192, 0, 2, 2])
OUTER_V6 = bytes.fromhex("20010db8000000000000000000000001 20010db8000000000000000000000002".replace(" ", ""))


class Wrapping(NamedTuple):
    """One way to carry an IPv4 packet: `wrap` makes a frame of it, on an interface of `link_type`."""

    name: str
    link_type: int
    wrap: Callable[[bytes], bytes]


def ethernet(payload: bytes, ethertype: int = 0x0800) -> bytes:
    """Return an Ethernet II frame."""
    return MACS + struct.pack(">H", ethertype) + payload


def ipv4(payload: bytes, protocol: int, identification: int = 7) -> bytes:
    """Return an IPv4 packet between the ends of the tunnel, with a right header checksum."""
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), identification, 0x4000, 64, protocol, 0) + OUTER_V4
    total = sum(struct.unpack(">10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    return head[:10] + struct.pack(">H", ~(total + (total >> 16)) & 0xFFFF) + head[12:] + payload


def ipv6(payload: bytes, following: int) -> bytes:
    """Return an IPv6 packet between the ends of the tunnel."""
    return struct.pack(">IHBB", 0x60000000, len(payload), following, 64) + OUTER_V6 + payload


def udp(payload: bytes, target: int, source: int = 50000) -> bytes:
    """Return a UDP datagram without a checksum."""
    return struct.pack(">HHHH", source, target, 8 + len(payload), 0) + payload


def in_udp(payload: bytes, port: int) -> bytes:
    """Return a frame with a tunnel over UDP."""
    return ethernet(ipv4(udp(payload, port), 17))


def gre(payload: bytes, flags: int, protocol: int, fields: bytes = b"") -> bytes:
    """Return a frame with GRE over IPv4."""
    return ethernet(ipv4(struct.pack(">HH", flags, protocol) + fields + payload, 47))


def snap(packet: bytes, ethertype: int = 0x0800) -> bytes:
    """Return LLC and SNAP before a packet."""
    return b"\xaa\xaa\x03\0\0\0" + struct.pack(">H", ethertype) + packet


def vlan(packet: bytes, *tags: tuple[int, int]) -> bytes:
    """Return a frame with VLAN tags, each a type and an id."""
    inner = 0x0800
    for kind, number in reversed(tags):
        packet = struct.pack(">HH", number, inner) + packet
        inner = kind
    return ethernet(packet, inner)


def mpls(packet: bytes, labels: int = 1) -> bytes:
    """Return a label stack before a packet."""
    stack = b"".join(struct.pack(">I", (100 + n) << 12 | (n == labels - 1) << 8 | 64) for n in range(labels))
    return stack + packet


def pppoe(packet: bytes, protocol: bytes = b"\0\x21") -> bytes:
    """Return a PPPoE session frame's payload."""
    return struct.pack(">BBHH", 0x11, 0, 9, len(protocol) + len(packet)) + protocol + packet


def wifi(body: bytes, quality: bytes = b"", flags: int = 1) -> bytes:
    """Return an 802.11 data frame to the access point."""
    kind = 0x88 if quality else 0x08
    return bytes([kind, flags, 0, 0]) + b"\x02\0\0\0\0\x09" + MACS[6:] + MACS[:6] + b"\x10\0" + quality + body


def aggregate(*packets: bytes) -> bytes:
    """Return an A-MSDU of packets."""
    parts = b""
    for packet in packets:
        body = snap(packet)
        parts += b"\0" * (-len(parts) % 4) + MACS + struct.pack(">H", len(body)) + body
    return wifi(parts, b"\x80\0")


def radiotap(frame: bytes, fields: bytes = b"", present: int = 0) -> bytes:
    """Return a radiotap header before a frame."""
    return struct.pack("<BBHI", 0, 0, 8 + len(fields), present) + fields + frame


def checked(frame: bytes) -> bytes:
    """Return a wireless frame with its checksum."""
    return frame + struct.pack("<I", crc32(frame))


def vxlan(packet: bytes, number: int = 7) -> bytes:
    """Return a frame with VXLAN."""
    return in_udp(struct.pack(">II", 0x08000000, number << 8) + ethernet(packet), 4789)


def l2tp_numbered(frame: bytes) -> bytes:
    """Return an L2TP data message with length and sequence numbers."""
    return struct.pack(">HHHHHH", 0x4802, 12 + len(frame), 1, 2, 1, 1) + frame


def erspan_3(packet: bytes) -> bytes:
    """Return ERSPAN type III with its subheader, over GRE."""
    head = struct.pack(">HHIHH", 0x2000 | 5, 7, 1, 0, 1) + bytes(8)
    return gre(head + ethernet(packet), 0x1000, 0x22EB, bytes(4))


def gtp(packet: bytes, flags: int = 0x30, fields: bytes = b"") -> bytes:
    """Return GTP-U user data."""
    return in_udp(struct.pack(">BBHI", flags, 255, len(fields) + len(packet), 0x1234) + fields + packet, 2152)


def teredo(packet: bytes, before: bytes = b"") -> bytes:
    """Return IPv4 in IPv6 in Teredo."""
    return in_udp(before + ipv6(packet, 4), 3544)


def authenticated(packet: bytes) -> bytes:
    """Return IP in IP behind an authentication header."""
    return ethernet(ipv4(struct.pack(">BBHII", 4, 4, 0, 1, 1) + bytes(12) + packet, 51))


WRAPPINGS = [
    Wrapping("ethernet", 1, ethernet),
    Wrapping("ethernet with trailer", 1, lambda p: ethernet(p) + b"\xee" * 7),
    Wrapping("802.3 snap", 1, lambda p: MACS + struct.pack(">H", 8 + len(p)) + snap(p)),
    Wrapping("priority tag", 1, lambda p: vlan(p, (0x8100, 0))),
    Wrapping("vlan", 1, lambda p: vlan(p, (0x8100, 5))),
    Wrapping("qinq", 1, lambda p: vlan(p, (0x88A8, 7), (0x8100, 5))),
    Wrapping("triple vlan", 1, lambda p: vlan(p, (0x9100, 7), (0x8100, 6), (0x8100, 5))),
    Wrapping("provider backbone", 1, lambda p: ethernet(b"\0\0\0\7" + ethernet(p), 0x88E7)),
    Wrapping("mpls", 1, lambda p: ethernet(mpls(p), 0x8847)),
    Wrapping("mpls stack", 1, lambda p: ethernet(mpls(p, 4), 0x8847)),
    Wrapping("mpls pseudowire", 1, lambda p: ethernet(mpls(bytes(4) + ethernet(p), 2), 0x8847)),
    Wrapping("pppoe", 1, lambda p: ethernet(pppoe(p), 0x8864)),
    Wrapping("pppoe compressed", 1, lambda p: ethernet(pppoe(p, b"\x21"), 0x8864)),
    Wrapping("ip in ip", 1, lambda p: ethernet(ipv4(p, 4))),
    Wrapping("ip in ipv6", 1, lambda p: ethernet(ipv6(p, 4), 0x86DD)),
    Wrapping("6in4", 1, lambda p: ethernet(ipv4(ipv6(p, 4), 41))),
    Wrapping("authentication header", 1, authenticated),
    Wrapping("etherip", 1, lambda p: ethernet(ipv4(b"\x30\0" + ethernet(p), 97))),
    Wrapping("gre", 1, lambda p: gre(p, 0, 0x0800)),
    Wrapping("gre checksum", 1, lambda p: gre(p, 0x8000, 0x0800, bytes(4))),
    Wrapping("gre key", 1, lambda p: gre(p, 0x2000, 0x0800, b"\0\0\0\x09")),
    Wrapping("gre key and sequence", 1, lambda p: gre(p, 0x3000, 0x0800, b"\0\0\0\x09\0\0\0\1")),
    Wrapping("gre all fields", 1, lambda p: gre(p, 0xB000, 0x0800, bytes(12))),
    Wrapping("gre ethernet", 1, lambda p: gre(ethernet(p), 0x2000, 0x6558, b"\0\0\0\x09")),
    Wrapping("gre ppp", 1, lambda p: gre(b"\xff\3\0\x21" + p, 0x3001, 0x880B, struct.pack(">HHI", 4 + len(p), 9, 1))),
    Wrapping("gre ppp acknowledged", 1, lambda p: gre(b"\x21" + p, 0x3081, 0x880B, bytes(12))),
    Wrapping("gre mpls", 1, lambda p: gre(mpls(p), 0, 0x8847)),
    Wrapping("gre wccp", 1, lambda p: gre(bytes(4) + p, 0, 0x883E)),
    Wrapping("erspan 1", 1, lambda p: gre(ethernet(p), 0, 0x88BE)),
    Wrapping("erspan 2", 1, lambda p: gre(struct.pack(">HHI", 0x1005, 3, 0) + ethernet(p), 0x1000, 0x88BE, bytes(4))),
    Wrapping("erspan 3", 1, erspan_3),
    Wrapping("vxlan", 1, vxlan),
    Wrapping("vxlan gpe", 1, lambda p: in_udp(b"\x0c\0\0\1\0\0\x07\0" + p, 4790)),
    Wrapping("geneve", 1, lambda p: in_udp(b"\0\0\x65\x58\0\0\x07\0" + ethernet(p), 6081)),
    Wrapping("geneve options", 1, lambda p: in_udp(b"\x02\0\x08\0\0\0\x07\0" + b"\1\2\3\1\0\0\0\0" + p, 6081)),
    Wrapping("gtp-u", 1, gtp),
    Wrapping("gtp-u sequence", 1, lambda p: gtp(p, 0x32, b"\0\1\0\0")),
    Wrapping("gtp-u extension", 1, lambda p: gtp(p, 0x34, b"\0\0\0\x85\1\0\x09\0")),
    Wrapping("l2tp", 1, lambda p: in_udp(b"\0\2\0\1\0\2\xff\3\0\x21" + p, 1701)),
    Wrapping("l2tp length and sequence", 1, lambda p: in_udp(l2tp_numbered(b"\xff\3\0\x21" + p), 1701)),
    Wrapping("l2tp offset", 1, lambda p: in_udp(b"\2\2\0\1\0\2\0\3abc\xff\3\0\x21" + p, 1701)),
    Wrapping("teredo", 1, teredo),
    Wrapping("teredo origin", 1, lambda p: teredo(p, b"\0\0\1\1\2\2\2\2")),
    Wrapping("teredo authenticated", 1, lambda p: teredo(p, b"\0\1\0\0" + bytes(9) + b"\0\0\1\1\2\2\2\2")),
    Wrapping("mpls in udp", 1, lambda p: in_udp(mpls(p), 6635)),
    Wrapping("vxlan in vlan in gre", 1, lambda p: gre(vlan(vxlan(p)[14:], (0x8100, 3)), 0, 0x6558)),
    Wrapping("null little-endian", 0, lambda p: b"\2\0\0\0" + p),
    Wrapping("null big-endian", 0, lambda p: b"\0\0\0\2" + p),
    Wrapping("loop", 108, lambda p: b"\0\0\0\2" + p),
    Wrapping("ppp", 9, lambda p: b"\0\x21" + p),
    Wrapping("ppp with address", 9, lambda p: b"\xff\3\0\x21" + p),
    Wrapping("ppp hdlc", 50, lambda p: b"\xff\3\0\x21" + p),
    Wrapping("ppp hdlc cisco", 50, lambda p: b"\x0f\0\x08\0" + p),
    Wrapping("ppp over ethernet", 51, pppoe),
    Wrapping("ppp with direction", 204, lambda p: b"\1\xff\3\0\x21" + p),
    Wrapping("cisco hdlc", 104, lambda p: b"\x0f\0\x08\0" + p),
    Wrapping("atm", 100, snap),
    Wrapping("raw", 101, lambda p: p),
    Wrapping("raw bsd", 12, lambda p: p),
    Wrapping("raw ipv4", 228, lambda p: p),
    Wrapping("linux cooked", 113, lambda p: b"\0\0\0\1\0\6" + MACS[:6] + b"\0\0\x08\0" + p),
    Wrapping("linux cooked v2", 276, lambda p: b"\x08\0\0\0\0\0\0\1\0\1\0\6" + MACS[:6] + b"\0\0" + p),
    Wrapping("enc", 109, lambda p: struct.pack("<III", 2, 0, 0) + p),
    Wrapping("pflog", 117, lambda p: bytes([61, 2, 0, 0]) + b"em0".ljust(16, b"\0") + bytes(44) + p),
    Wrapping("mpls link", 219, mpls),
    Wrapping("802.11", 105, lambda p: wifi(snap(p))),
    Wrapping("802.11 qos", 105, lambda p: wifi(snap(p), b"\0\0")),
    Wrapping("802.11 qos with control", 105, lambda p: wifi(b"\0\0\0\0" + snap(p), b"\0\0", 0x81)),
    Wrapping("802.11 four addresses", 105, lambda p: bytes([8, 3]) + wifi(MACS[:6] + snap(p))[2:]),
    Wrapping("802.11 aggregate", 105, lambda p: aggregate(p)),
    Wrapping("radiotap", 127, lambda p: radiotap(wifi(snap(p)))),
    Wrapping("radiotap checksum", 127, lambda p: radiotap(checked(wifi(snap(p))), b"\x10", 2)),
    Wrapping("radiotap padded", 127, lambda p: radiotap(wifi(b"\0\0" + snap(p), b"\0\0"), bytes(8) + b"\x20", 3)),
    Wrapping("prism", 119, lambda p: struct.pack("<II", 0x44, 144) + bytes(136) + wifi(snap(p))),
    Wrapping("avs", 163, lambda p: struct.pack(">II", 0x80211001, 64) + bytes(56) + wifi(snap(p))),
    Wrapping("avs as prism", 119, lambda p: struct.pack(">II", 0x80211001, 64) + bytes(56) + wifi(snap(p))),
    Wrapping("ppi", 192, lambda p: struct.pack("<BBHI", 0, 0, 8, 105) + wifi(snap(p))),
]  # fmt: skip
