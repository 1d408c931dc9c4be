"""One frame at a time, for display: its headers from the link to the transport, as Wireshark's columns need them.

`decode` reads the few fields that streams need from many frames at once; this file reads the fields that people look at
from one frame: link addresses, fragment offsets, hop limits, TCP window and options. Whatever is cut short or
damaged gives None or a shorter answer, never an exception.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct as Layout

from msgspec import Struct

IPV4, IPV6, ARP = 0x0800, 0x86DD, 0x0806
TCP, UDP, ICMP, IGMP, ICMPV6 = 6, 17, 1, 2, 58

VLAN_TAGS = frozenset((0x8100, 0x88A8, 0x9100))
VLAN_DEPTH_LIMIT = 16
"""More stacked VLAN tags than any network uses; a longer stack is hostile and its inside is not read."""

EXTENSION_LIMIT = 16
"""Chained IPv6 extension headers followed; real packets have at most a handful."""

FAMILIES = {2: IPV4, 10: IPV6, 24: IPV6, 28: IPV6, 30: IPV6}
"""Address families of the systems that write NULL and LOOP captures (Linux, BSDs, macOS)."""

_U16 = Layout(">H")
_IPV4 = Layout(">BBHHHBBH4s4s")
_IPV6 = Layout(">IHBB16s16s")
_TCP = Layout(">HHIIHHHH")
_UDP = Layout(">HHHH")


class Link(Struct, gc=False):
    """What lies below the network layer: `ethertype` (an 802.3 length below 0x600), -1 where it cannot be read.

    `at` is where the network header starts in the frame. Addresses are b'' where the link has none.
    """

    ethertype: int
    at: int
    source: bytes = b""
    destination: bytes = b""


class Internet(Struct, gc=False):
    """An IPv4 or IPv6 header: `at` is where its payload starts in the frame, `end` where captured payload ends.

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

    `flags` are the twelve bits after the header length. `length` counts payload octets on the wire, None where a
    fragment or damage hides it. `options` are as captured; `options_cut` tells that the snap length took some. The
    captured payload starts at `payload_at` in the frame.
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


def read_link(frame: bytes, link_type: int) -> Link | None:
    """Read the link header; None for link types that are not known."""
    reader = LINKS.get(link_type)
    if reader is None:
        return None
    link = reader(frame)
    if link.at > len(frame):
        link.ethertype = -1
    return link


def _u16(frame: bytes, at: int) -> int:
    return int(_U16.unpack_from(frame, at)[0]) if at + 2 <= len(frame) else -1


def _untagged(frame: bytes, link: Link) -> Link:
    """Step over VLAN tags. Source: IEEE 802.1Q."""
    for _ in range(VLAN_DEPTH_LIMIT):
        if link.ethertype not in VLAN_TAGS:
            break
        link.ethertype = _u16(frame, link.at + 2)
        link.at += 4
    return link


def _ethernet(frame: bytes) -> Link:
    return _untagged(frame, Link(_u16(frame, 12), 14, frame[6:12], frame[:6]))


def _sll(frame: bytes) -> Link:
    size = min(max(_u16(frame, 4), 0), 8)
    return _untagged(frame, Link(_u16(frame, 14), 16, frame[6 : 6 + size]))


def _sll2(frame: bytes) -> Link:
    size = min(frame[11], 8) if len(frame) > 11 else 0
    return _untagged(frame, Link(_u16(frame, 0), 20, frame[12 : 12 + size]))


def _null(frame: bytes) -> Link:
    """The family is in the byte order of the capturing host: it is small, so one of the two orders is.

    Some drivers write an ethertype in its place.
    """
    big = int.from_bytes(frame[2:4], "big")
    family = big if big else int.from_bytes(frame[:2], "little")
    ethertype = family if family in (IPV4, IPV6) else FAMILIES.get(family, 0)
    return Link(ethertype if len(frame) >= 4 else -1, 4)


def _raw(frame: bytes) -> Link:
    if not frame:
        return Link(-1, 0)
    return Link({4: IPV4, 6: IPV6}.get(frame[0] >> 4, 0), 0)


LINKS: dict[int, Callable[[bytes], Link]] = {
    0: _null,
    1: _ethernet,
    12: _raw,
    14: _raw,
    101: _raw,
    108: _null,
    113: _sll,
    228: _raw,
    229: _raw,
    276: _sll2,
}


def read_internet(frame: bytes, link: Link, wire: int) -> Internet | None:
    """Read the IP header behind `link`, None where there is none or it is damaged; `wire` is the frame's length."""
    if link.ethertype == IPV4:
        return _ipv4(frame, link.at, wire)
    if link.ethertype == IPV6:
        return _ipv6(frame, link.at, wire)
    return None


def _ipv4(frame: bytes, at: int, wire: int) -> Internet | None:
    """Source: RFC 791 section 3.1. A total length of 0 (segmentation offload) means the whole frame."""
    if at + 20 > len(frame):
        return None
    first, _, total, identification, fragment, hops, protocol, _, source, destination = _IPV4.unpack_from(frame, at)
    header = (first & 15) * 4
    total = total or wire - at
    if first >> 4 != 4 or header < 20 or total < header:
        return None
    return Internet(
        version=4,
        source=source,
        destination=destination,
        protocol=protocol,
        at=at + header,
        end=min(at + total, len(frame)),
        wire_end=min(at + total, max(wire, len(frame))),
        hops=hops,
        identification=identification,
        offset=(fragment & 0x1FFF) * 8,
        more=bool(fragment & 0x2000),
    )


def _ipv6(frame: bytes, at: int, wire: int) -> Internet | None:
    """Source: RFC 8200 sections 3 and 4."""
    if at + 40 > len(frame):
        return None
    first, length, protocol, hops, source, destination = _IPV6.unpack_from(frame, at)
    if first >> 28 != 6:
        return None
    wire_end = min(at + 40 + length, max(wire, len(frame))) if length else wire
    header = Internet(
        version=6,
        source=source,
        destination=destination,
        protocol=protocol,
        at=at + 40,
        end=min(wire_end, len(frame)),
        wire_end=wire_end,
        hops=hops,
    )
    for _ in range(EXTENSION_LIMIT):
        if header.fragment or not _skip_extension(frame, header):
            break
    return header


def _skip_extension(frame: bytes, header: Internet) -> bool:
    """Move behind one extension header; return False where there is none."""
    at, kind = header.at, header.protocol
    if at + 8 > header.end or kind not in (0, 43, 44, 51, 60, 135):
        return False
    if kind == 44:
        field = _u16(frame, at + 2)
        header.offset, header.more = field & 0xFFF8, bool(field & 1)
        header.identification = int.from_bytes(frame[at + 4 : at + 8], "big")
        size = 8
    else:
        size = (frame[at + 1] + 2) * 4 if kind == 51 else (frame[at + 1] + 1) * 8
    header.protocol = frame[at]
    header.at = at + size
    return True


def read_tcp(frame: bytes, ip: Internet) -> TcpHeader | None:
    """Read the TCP header behind `ip`; None where it is not captured whole (options excepted)."""
    if ip.at + 20 > ip.end:
        return None
    source, destination, sequence, acknowledged, bits, window, _, urgent = _TCP.unpack_from(frame, ip.at)
    header = (bits >> 12) * 4
    length = ip.wire_end - ip.at - header
    options_end = ip.at + header
    return TcpHeader(
        source_port=source,
        destination_port=destination,
        sequence=sequence,
        acknowledged=acknowledged,
        flags=bits & 0x0FFF,
        window=window,
        urgent=urgent,
        header_bytes=header,
        length=None if ip.fragment or length < 0 else length,
        options=frame[ip.at + 20 : min(options_end, ip.end)],
        options_cut=options_end > ip.end,
        payload_at=min(options_end, ip.end),
    )


def read_udp(frame: bytes, ip: Internet) -> UdpHeader | None:
    """Read the UDP header behind `ip`; None where it is not captured whole. Source: RFC 768."""
    if ip.at + 8 > ip.end:
        return None
    source, destination, length, _ = _UDP.unpack_from(frame, ip.at)
    return UdpHeader(source, destination, max(length - 8, 0) if length else ip.wire_end - ip.at - 8, ip.at + 8)
