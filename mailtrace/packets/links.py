"""HOT. Link layers: what lies behind the header that an interface puts first (tests/bench `mixed`).

One small function per header; the table in `carriers` says for which kinds it is called.
"""

from __future__ import annotations

import numpy as np

from mailtrace.packets.columns import Ints, Octets
from mailtrace.packets.places import (
    CONTROL,
    CUT,
    ETHERNET,
    FIRST_ETHERTYPE,
    IPV4,
    IPV6,
    LLC,
    PPP,
    PPP_FRAME,
    Places,
    lanes,
)

FAMILIES = {2: IPV4, 10: IPV6, 24: IPV6, 28: IPV6, 30: IPV6}
"""Address families of the systems that write NULL, LOOP, ENC and PFLOG captures (Linux, BSDs, macOS)."""

VLAN_LANE, PPPOE_LANE = 1, 2
"""What keeps the ids of different carriers apart."""


def read_ethernet(octets: Octets, places: Places) -> Places:
    """Read Ethernet II and 802.3 headers."""
    return places.behind(14, octets.u16(places.at + 12))


def read_vlan(octets: Octets, places: Places) -> Places:
    """Read one VLAN tag; id 0 is only a priority. Source: IEEE 802.1Q section 9.6."""
    number = octets.u16(places.at) & 0xFFF
    places.lane = np.where(number, lanes(places.lane, VLAN_LANE, number), places.lane)
    return places.behind(4, octets.u16(places.at + 2))


def read_8023(octets: Octets, places: Places) -> Places:
    """Read an 802.3 frame behind its length, which is the kind."""
    places.ending(places.at + places.kind)
    return read_llc(octets, places)


def read_llc(octets: Octets, places: Places) -> Places:
    """Read LLC with SNAP, which holds an ethertype or a bridged frame. Source: RFC 1042, RFC 2684 section 5.2."""
    at = places.at
    head, protocol = (octets.u64(at) >> np.uint64(16)).astype(np.int64), octets.u16(at + 6)
    snap = ((head == 0xAAAA03000000) | (head == 0xAAAA030000F8)) & (protocol >= FIRST_ETHERTYPE)
    bridged = (head == 0xAAAA030080C2) & ((protocol == 1) | (protocol == 7))
    places = places.behind(np.where(bridged, 10, 8), np.where(snap, protocol, np.where(bridged, ETHERNET, CONTROL)))
    places.kind[places.kind == CUT] = CONTROL
    return places


def read_sll(octets: Octets, places: Places) -> Places:
    """Read the header of Linux cooked captures."""
    return _cooked(places, octets.u16(places.at + 14), 16)


def read_sll2(octets: Octets, places: Places) -> Places:
    """Read the header of Linux cooked captures, version 2."""
    return _cooked(places, octets.u16(places.at), 20)


def _cooked(places: Places, protocol: Ints, size: int) -> Places:
    """Protocols that are no ethertypes are Linux's own; 4 is LLC."""
    return places.behind(size, np.where(protocol == 4, LLC, np.where(protocol < FIRST_ETHERTYPE, CONTROL, protocol)))


def read_null(octets: Octets, places: Places) -> Places:
    """Read NULL and LOOP headers: an address family in the byte order of the capturing host.

    It is small, so one of the two orders is. Some write the ethertype in its place.
    """
    at = places.at
    big, little = octets.u16(at + 2), octets.u8(at) | (octets.u8(at + 1) << 8)
    family = np.where(big != 0, big, little)
    return places.behind(4, np.where(family >= FIRST_ETHERTYPE, family, _of_family(family)))


def read_enc(octets: Octets, places: Places) -> Places:
    """Read the header of OpenBSD's decapsulated IPsec packets: family, SPI, flags."""
    kind = read_null(octets, places).kind
    return places.behind(8, kind)


def read_pflog(octets: Octets, places: Places) -> Places:
    """Read the header of the BSDs' packet filter log: its length without padding, then the address family."""
    size = (octets.u8(places.at) + 3) & ~3
    return places.behind(np.maximum(size, 4), _of_family(octets.u8(places.at + 1)), size >= 4)


def _of_family(family: Ints) -> Ints:
    kind = np.full(len(family), CONTROL, dtype=np.int64)
    for value, known in FAMILIES.items():
        kind[family == value] = known
    return kind


def read_bare_ip(octets: Octets, places: Places) -> Places:
    """Tell IPv4 from IPv6 by the first octet."""
    version = octets.u8(places.at) >> 4
    kind = np.where(version == 4, IPV4, np.where(version == 6, IPV6, CONTROL))
    places.kind = np.where(places.at >= places.captured_end, CUT, kind)
    return places


def read_ppp(octets: Octets, places: Places) -> Places:
    """Read a PPP frame; address and control may be left out, and the protocol may take one octet.

    Cisco's HDLC begins in other addresses. Source: RFC 1661 sections 6.5 and 6.6, RFC 1662 section 3.1.
    """
    at = places.at
    start = octets.u16(at)
    cisco = (start == 0x0F00) | (start == 0x8F00)
    named = np.where(start == 0xFF03, 2, 0)
    protocol = octets.u16(at + named)
    short = (protocol >> 8) & 1 == 1
    size = np.where(cisco, 4, named + np.where(short, 1, 2))
    size = np.where(at + 2 > places.captured_end, 2, size)
    kind = np.where(short, protocol >> 8, protocol) | PPP
    return places.behind(size, np.where(cisco, octets.u16(at + 2), kind))


def read_directed_ppp(octets: Octets, places: Places) -> Places:
    """Read PPP behind one octet that tells who sent it."""
    return places.behind(1, PPP_FRAME)


def read_chdlc(octets: Octets, places: Places) -> Places:
    """Read Cisco's HDLC: address, control, ethertype."""
    return places.behind(4, octets.u16(places.at + 2))


def read_bridged_ppp(octets: Octets, places: Places) -> Places:
    """Read a bridged frame in PPP; only MAC type 1, Ethernet, is read on. Source: RFC 3518 section 4.1."""
    return places.behind(2, np.where(octets.u8(places.at + 1) == 1, ETHERNET, CONTROL))


def read_pppoe(octets: Octets, places: Places) -> Places:
    """Read a PPPoE session header; a length beyond the frame does not count. Source: RFC 2516 section 4."""
    at = places.at
    length = octets.u16(at + 4)
    places.lane = lanes(places.lane, PPPOE_LANE, octets.u16(at + 2))
    places.ending(at + 6 + length)
    kind = np.where(octets.u8(at + 1) == 0, PPP_FRAME, CONTROL)
    return places.behind(6, kind, (octets.u8(at) == 0x11) & (length > 0))
