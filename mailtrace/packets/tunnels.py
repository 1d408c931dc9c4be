"""Tunnels: packets within packets, behind IP, UDP or Ethernet.

Each reader gets headers of one kind and says what lies behind them. Those over UDP are known by their port, which may
be anybody's: where the octets are not the tunnel's they stay a plain datagram, as do the tunnel's control messages.
Ids that both directions of a tunnel share become part of the lane; those of L2TP, PPTP and GTP-U differ and do not.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mailtrace.packets.columns import Bools, Ints, Octets
from mailtrace.packets.places import (
    BARE_IP,
    CONTROL,
    CUT,
    DATAGRAM,
    ETHERNET,
    FIRST_ETHERTYPE,
    IPV4,
    IPV6,
    PPP_FRAME,
    TOO_DEEP,
    Places,
    lanes,
)

UDP_HEADER_BYTES = 8
LABEL_LIMIT = 16
"""Stacked MPLS labels followed; networks stack a handful."""

ROUTE_LIMIT = 16
"""Source route entries of GRE, and GTP-U extension headers, followed."""

GRE_LANE, VXLAN_LANE, GENEVE_LANE = 3, 4, 5

MPLS, PPP_IN_GRE, ERSPAN_2, ERSPAN_3, WCCP = 0x8847, 0x880B, 0x88BE, 0x22EB, 0x883E


def read_gre(octets: Octets, places: Places) -> Places:
    """Read GRE with its optional fields; version 1 is PPTP's. Source: RFC 2784, RFC 2890, RFC 2637 section 4.1."""
    at = places.at
    flags, protocol = octets.u16(at), octets.u16(at + 2)
    pptp = flags & 7 == 1
    checked, keyed, numbered = ((flags & bits != 0).astype(np.int64) * 4 for bits in (0xC000, 0x2000, 0x1000))
    acknowledged = (pptp & (flags & 0x80 != 0)).astype(np.int64) * 4
    size = 4 + checked + keyed + numbered + acknowledged
    key = octets.u32(at + 4 + checked)
    places.lane = np.where((keyed != 0) & ~pptp, lanes(places.lane, GRE_LANE, key), places.lane)
    kind = np.where((protocol == ERSPAN_2) & (numbered == 0), ETHERNET, protocol)
    bare = (octets.u8(at + size) >> 4 == 4) & (at + size < places.captured_end)
    kind = np.where(protocol == WCCP, np.where(bare, IPV4, WCCP), kind)
    kind = np.where((kind < FIRST_ETHERTYPE) | (pptp & (numbered == 0)), CONTROL, kind)
    routed = flags & 0x4000 != 0
    if routed.any():
        size = _behind_routes(octets, at, size, routed)
    return places.behind(size, kind, flags & 7 <= 1)


def _behind_routes(octets: Octets, at: Ints, size: Ints, routed: Bools) -> Ints:
    """Return the sizes with the source routes of GRE in them; the last entry has no length. Source: RFC 1701."""
    here = np.flatnonzero(routed)
    size = size.copy()
    for _ in range(ROUTE_LIMIT):
        entry = octets.u32(at[here] + size[here])
        size[here] += 4 + (entry & 0xFF)
        here = here[entry != 0]
        if not len(here):
            break
    return size


def read_wccp(octets: Octets, places: Places) -> Places:
    """Read the redirect header of web cache control. Source: draft-mclaggan-wccp-v2rev1 section 4.12."""
    return places.behind(4, IPV4)


def read_erspan_2(octets: Octets, places: Places) -> Places:
    """Read ERSPAN type II: a mirrored Ethernet frame. Source: draft-foschiano-erspan section 4.2."""
    return places.behind(8, ETHERNET, octets.u8(places.at) >> 4 == 1)


def read_erspan_3(octets: Octets, places: Places) -> Places:
    """Read ERSPAN type III, with its optional subheader. Source: draft-foschiano-erspan section 4.3."""
    at = places.at
    bits = octets.u16(at + 10)
    size = np.where(bits & 1, 20, 12)
    kind = np.where(bits >> 10 & 0x1F == 0, ETHERNET, np.where(bits >> 10 & 0x1F == 2, BARE_IP, CONTROL))
    return places.behind(size, kind, octets.u8(at) >> 4 == 2)


def read_mpls(octets: Octets, places: Places) -> Places:
    """Read a label stack; what follows is not named, so it is guessed. Source: RFC 3032 section 2, RFC 4385 section 3.

    IP begins with its version. What else looks like Ethernet is a pseudowire, with or without a control word of zeros.
    """
    at, here = places.at.copy(), np.arange(len(places.at))
    for _ in range(LABEL_LIMIT):
        label = octets.u32(at[here])
        at[here] += 4
        here = here[(label >> 8 & 1 == 0) & (at[here] <= places.captured_end[here])]
        if not len(here):
            break
    first = octets.u8(at) >> 4
    end = places.captured_end
    plain, worded = _like_ethernet(octets, at, end), _like_ethernet(octets, at + 4, end) & (first == 0)
    ip = np.where((first == 4) & (octets.u8(at) & 15 >= 5), IPV4, np.where(first == 6, IPV6, CONTROL))
    kind = np.where(worded | (plain & (ip == CONTROL)), ETHERNET, ip)
    kind[here] = TOO_DEEP
    kind[at >= end] = CUT
    return places.behind(at - places.at + np.where(worded, 4, 0), kind)


def _like_ethernet(octets: Octets, at: Ints, end: Ints) -> Bools:
    """Tell whether an Ethernet header with a common ethertype begins here."""
    common = np.isin(octets.u16(at + 12), (0x0800, 0x86DD, 0x8100, 0x88A8, 0x0806, MPLS, 0x8864))
    like: Bools = common & (at + 14 <= end)
    return like


def read_etherip(octets: Octets, places: Places) -> Places:
    """Read Ethernet in IP. Source: RFC 3378 section 3."""
    return places.behind(2, ETHERNET, octets.u8(places.at) >> 4 == 3)


def read_backbone(octets: Octets, places: Places) -> Places:
    """Read the service tag of a provider's backbone. Source: IEEE 802.1Q section 9.7."""
    return places.behind(4, ETHERNET)


Tunnel = Callable[[Octets, Places], tuple[Ints | int, Ints | int, Bools]]
"""Takes places just behind a UDP header; returns header sizes, kinds of what follows, and where the tunnel is real."""


def over_udp(tunnel: Tunnel) -> Callable[[Octets, Places], Places]:
    """Return a reader of UDP headers behind which `tunnel` may begin; where it does not they stay plain datagrams."""

    def read(octets: Octets, places: Places) -> Places:
        start = places.at
        places.at = start + UDP_HEADER_BYTES
        lane = places.lane
        size, kind, real = tunnel(octets, places)
        inside = places.at + size
        real = real & (inside <= places.captured_end)
        places.kind = np.where(real, kind, DATAGRAM)
        places.at = np.where(real, inside, start)
        places.lane = np.where(real, places.lane, lane)
        return places

    return read


def vxlan(octets: Octets, places: Places) -> tuple[Ints | int, Ints | int, Bools]:
    """Read VXLAN, also with a group policy. Source: RFC 7348 section 5."""
    head, number = octets.u32(places.at), octets.u32(places.at + 4)
    places.lane = lanes(places.lane, VXLAN_LANE, number >> 8)
    right = (head == 0x08000000) | (head & 0xFFB70000 == 0x88000000)
    return 8, ETHERNET, right & (number & 0xFF == 0)


def vxlan_gpe(octets: Octets, places: Places) -> tuple[Ints | int, Ints | int, Bools]:
    """Read VXLAN that names what follows. Source: draft-ietf-nvo3-vxlan-gpe section 3."""
    head, number = octets.u32(places.at), octets.u32(places.at + 4)
    kinds = np.array([CONTROL, IPV4, IPV6, ETHERNET, CONTROL, MPLS])
    places.lane = lanes(places.lane, VXLAN_LANE, number >> 8)
    return 8, kinds[np.minimum(head & 0xFF, 5)], (head >> 24 & 0xCC == 0x0C) & (np.isin(head & 0xFF, (1, 2, 3, 5)))


def geneve(octets: Octets, places: Places) -> tuple[Ints | int, Ints | int, Bools]:
    """Read GENEVE and step over its options. Source: RFC 8926 section 3.4."""
    first, kind, number = octets.u8(places.at), octets.u16(places.at + 2), octets.u32(places.at + 4)
    places.lane = lanes(places.lane, GENEVE_LANE, number >> 8)
    return 8 + (first & 0x3F) * 4, kind, (first >> 6 == 0) & (kind >= FIRST_ETHERTYPE) & (number & 0xFF == 0)


def gtp_u(octets: Octets, places: Places) -> tuple[Ints | int, Ints | int, Bools]:
    """Read the user plane of mobile networks, with extension headers. Source: 3GPP TS 29.281 section 5."""
    at = places.at
    flags = octets.u8(at)
    size = np.where(flags & 7, 12, 8)
    following = np.where(flags & 4, octets.u8(at + 11), 0)
    for _ in range(ROUTE_LIMIT):
        here = np.flatnonzero((following != 0) & (at + size < places.captured_end))
        if not len(here):
            break
        step = octets.u8(at[here] + size[here]) * 4
        following[here] = np.where(step, octets.u8(at[here] + size[here] + step - 1), 0)
        size[here] += step
    carries_ip = np.isin(octets.u8(at + size) >> 4, (4, 6)) & (at + size < places.captured_end)
    return size, BARE_IP, (flags >> 4 == 3) & (octets.u8(at + 1) == 255) & (following == 0) & carries_ip


def l2tp(octets: Octets, places: Places) -> tuple[Ints | int, Ints | int, Bools]:
    """Read the data messages of L2TP version 2, which hold PPP. Source: RFC 2661 section 3.1."""
    at = places.at
    flags = octets.u16(at)
    sized, numbered, moved = (flags & bit != 0 for bit in (0x4000, 0x0800, 0x0200))
    size = 6 + sized * 2 + numbered * 4
    size = size + np.where(moved, 2 + octets.u16(at + size), 0)
    return size, PPP_FRAME, (flags & 0x800F == 2) & (at + size < places.captured_end)


def teredo(octets: Octets, places: Places) -> tuple[Ints | int, Ints | int, Bools]:
    """Read IPv6 behind the indicators of Teredo. Source: RFC 4380 section 5.1.1."""
    at = places.at
    authenticated = octets.u16(at) == 1
    size = np.where(authenticated, 13 + octets.u8(at + 2) + octets.u8(at + 3), 0)
    size = size + np.where(octets.u16(at + size) == 0, 8, 0)
    inside = at + size
    fits = (inside + 40 <= places.captured_end) & (inside + 40 + octets.u16(inside + 4) <= places.wire_end)
    return size, IPV6, (octets.u8(inside) >> 4 == 6) & fits


def mpls_in_udp(octets: Octets, places: Places) -> tuple[Ints | int, Ints | int, Bools]:
    """Read MPLS in UDP. Source: RFC 7510 section 3."""
    return 0, MPLS, places.at + 4 <= places.captured_end


OVER_UDP: dict[int, tuple[str, Tunnel]] = {
    1701: ("l2tp", l2tp),
    2152: ("gtp-u", gtp_u),
    3544: ("teredo", teredo),
    4789: ("vxlan", vxlan),
    4790: ("vxlan", vxlan_gpe),
    6081: ("geneve", geneve),
    6635: ("mpls", mpls_in_udp),
    8472: ("vxlan", vxlan),
}
"""The tunnels over UDP by their port."""
