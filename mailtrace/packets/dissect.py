"""The headers of one frame, for display: from the link to the transport, as Wireshark's columns need them.

Where headers lie is known from `decode`, which tells the way in (`Decoder.decode_traced`); this file reads the fields
that people look at: link addresses, fragment offsets, hop limits, TCP window and options. The innermost packet counts.
Whatever is cut short or damaged gives None or a shorter answer, never an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from struct import Struct as Layout

from msgspec import Struct

from mailtrace.packets.carriers import CARRIERS
from mailtrace.packets.decode import Header
from mailtrace.packets.internet import read_ipv6
from mailtrace.packets.places import DATAGRAM, FRAGMENT, IP

IPV4, IPV6, ARP = 0x0800, 0x86DD, 0x0806
TCP, UDP, ICMP, IGMP, ICMPV6 = 6, 17, 1, 2, 58

SIX = frozenset(kind for kind, carrier in CARRIERS.items() if carrier.read is read_ipv6)
"""The kinds that stand for an IPv6 header."""

_TCP = Layout(">HHIIHHHH")
_PORTS = Layout(">HH")


class Link(Struct, gc=False):
    """What lies below the network layer: `ethertype` (an 802.3 length below 0x600), -1 where it cannot be read.

    `at` is where the network header starts, `end` where what was captured of the frame ends. Addresses are b'' where
    the link has none.
    """

    ethertype: int
    at: int
    end: int
    source: bytes = b""
    destination: bytes = b""


class Internet(Struct, gc=False):
    """An IPv4 or IPv6 header: `at` is where its payload starts, `end` where captured payload ends.

    `wire_end` is where the payload ended on the wire. `offset` counts octets before this fragment; `more` tells that
    fragments follow. `hops` is the time to live or hop limit.
    """

    version: int
    source: bytes
    destination: bytes
    protocol: int
    at: int
    end: int
    wire_end: int
    hops: int
    identification: int = 0
    offset: int = 0
    more: bool = False

    @property
    def fragment(self) -> bool:
        """Whether this is only a part of a packet."""
        return self.more or self.offset > 0


class TcpHeader(Struct, gc=False):
    """A TCP header. Source: RFC 9293 section 3.1.

    `flags` are the twelve bits after the header length. `length` counts payload octets on the wire, None where damage
    hides it. `options` are as captured; `options_cut` tells that the snap length took some. The captured payload starts
    at `payload_at`.
    """

    source_port: int
    destination_port: int
    sequence: int
    acknowledged: int
    flags: int
    window: int
    urgent: int
    header_bytes: int
    length: int | None
    options: bytes
    options_cut: bool
    payload_at: int


class UdpHeader(Struct, gc=False):
    """A UDP header; `length` counts payload octets on the wire, the captured payload starts at `payload_at`."""

    source_port: int
    destination_port: int
    length: int
    payload_at: int


class Dissected(Struct, gc=False):
    """The innermost headers of a frame: `link` is None for link types nobody knows, the others where there are none."""

    link: Link | None = None
    ip: Internet | None = None
    tcp: TcpHeader | None = None
    udp: UdpHeader | None = None


def dissect(buffer: bytes, headers: Sequence[Header]) -> Dissected:
    """Read the fields of a frame's headers, which lie in `buffer` as `decode_traced` tells."""
    found = Dissected()
    for index, header in enumerate(headers):
        link = found.link
        if link is None or header.carrier in ADDRESSES:
            found = Dissected(_link(buffer, header)) if header.carrier else found
        elif header.carrier == "ip" or found.ip is None:
            link.ethertype, link.at, link.end = header.kind if header.kind < IP else 0, header.at, header.captured_end
            inner = headers[index + 1] if index + 1 < len(headers) else None
            found.ip = _internet(buffer, header, inner) or found.ip
            found.tcp = found.udp = None
        elif header.carrier == "tcp":
            found.tcp = _tcp(buffer, header)
        elif header.kind == DATAGRAM:
            found.udp = _udp(buffer, header)
    return found


def _link(buffer: bytes, header: Header) -> Link:
    size, addresses = ADDRESSES.get(header.carrier, (1, _no_addresses))
    frame = buffer[header.at : header.captured_end]
    return Link(0 if len(frame) >= size else -1, header.at, header.captured_end, *addresses(frame))


Addresses = tuple[bytes, bytes]


def _no_addresses(frame: bytes) -> Addresses:
    return b"", b""


def _ethernet(frame: bytes) -> Addresses:
    return frame[6:12] if len(frame) >= 12 else b"", frame[:6]


def _sll(frame: bytes) -> Addresses:
    return frame[6 : 6 + min(int.from_bytes(frame[4:6], "big"), 8)], b""


def _sll2(frame: bytes) -> Addresses:
    return frame[12 : 12 + min(frame[11] if len(frame) > 11 else 0, 8)], b""


def _wireless(frame: bytes) -> Addresses:
    """Which addresses are those of the ends depends on the way. Source: IEEE 802.11 section 9.3.2.1."""
    to_access_point, from_access_point = (frame[1] & 1, frame[1] & 2) if len(frame) > 1 else (0, 0)
    destination = frame[16:22] if to_access_point else frame[4:10]
    if not from_access_point:
        return frame[10:16], destination
    return frame[24:30] if to_access_point else frame[16:22], destination


ADDRESSES: dict[str, tuple[int, Callable[[bytes], Addresses]]] = {
    "null": (4, _no_addresses),
    "ethernet": (14, _ethernet),
    "linux cooked": (16, _sll),
    "linux cooked v2": (20, _sll2),
    "802.11": (2, _wireless),
}
"""Links: the least octets of their header, and what reads source and destination."""


def _internet(buffer: bytes, header: Header, inner: Header | None) -> Internet | None:
    """Read an IP header; None where it is damaged or cut, so that nothing lies behind it.

    One of IPv6 may be whole and its extension headers not.
    Source: RFC 791 section 3.1, RFC 8200 section 3.
    """
    at, end = header.at, header.captured_end
    extended = header.kind in SIX and end - at >= 40 and buffer[at] >> 4 == 6
    if header.carrier != "ip" or (inner is None and not extended):
        return None
    four = buffer[at] >> 4 == 4
    inner = inner or Header("", buffer[at + 6], at + 40, end, header.wire_end)
    ip = Internet(
        version=4 if four else 6,
        source=buffer[at + 12 : at + 16] if four else buffer[at + 8 : at + 24],
        destination=buffer[at + 16 : at + 20] if four else buffer[at + 24 : at + 40],
        protocol=inner.kind & 0xFF,
        at=inner.at,
        end=inner.captured_end,
        wire_end=inner.wire_end,
        hops=buffer[at + 8 if four else at + 7],
    )
    if four:
        ip.identification = int.from_bytes(buffer[at + 4 : at + 6], "big")
    if inner.kind == FRAGMENT:
        _add_fragment(buffer, at, ip)
    return ip


def _add_fragment(buffer: bytes, at: int, ip: Internet) -> None:
    """Read what an IP header at `at` and a fragment header say of a fragment. Source: RFC 8200 section 4.5."""
    if ip.version == 4:
        bits, ip.protocol = int.from_bytes(buffer[at + 6 : at + 8], "big"), buffer[at + 9]
        ip.offset, ip.more = (bits & 0x1FFF) * 8, bool(bits & 0x2000)
        return
    bits, ip.protocol = int.from_bytes(buffer[ip.at + 2 : ip.at + 4], "big"), buffer[ip.at]
    ip.offset, ip.more = bits & 0xFFF8, bool(bits & 1)
    ip.identification = int.from_bytes(buffer[ip.at + 4 : ip.at + 8], "big")
    ip.at += 8


def _tcp(buffer: bytes, header: Header) -> TcpHeader | None:
    """Read a TCP header; None where it is not captured whole (options excepted)."""
    at, end = header.at, header.captured_end
    if at + 20 > end:
        return None
    source, destination, sequence, acknowledged, bits, window, _, urgent = _TCP.unpack_from(buffer, at)
    size = (bits >> 12) * 4
    length = header.wire_end - at - size
    return TcpHeader(
        source_port=source,
        destination_port=destination,
        sequence=sequence,
        acknowledged=acknowledged,
        flags=bits & 0x0FFF,
        window=window,
        urgent=urgent,
        header_bytes=size,
        length=None if length < 0 else length,
        options=buffer[at + 20 : min(at + size, end)],
        options_cut=at + size > end,
        payload_at=min(at + size, end),
    )


def _udp(buffer: bytes, header: Header) -> UdpHeader:
    """Read a UDP header. Source: RFC 768."""
    source, destination = _PORTS.unpack_from(buffer, header.at)
    return UdpHeader(source, destination, max(header.wire_end - header.at - 8, 0), header.at + 8)
