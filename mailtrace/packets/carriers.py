"""HOT. Which header reads which kind, and what the rest is called: the tables that a new carrier is added to (`mixed`).

A carrier is one function, from headers of its kind to what lies behind them, and one line of `CARRIERS` for each kind
it reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mailtrace.packets import internet, links, transports, tunnels, wireless
from mailtrace.packets.columns import Octets
from mailtrace.packets.places import (
    BARE_IP,
    CONTROL,
    CUT,
    DAMAGED,
    ETHERNET,
    ETHERTYPE,
    FIRST_ETHERTYPE,
    IP,
    IPV4,
    IPV6,
    LINK,
    LLC,
    PPP,
    PPP_FRAME,
    SEALED,
    TOO_DEEP,
    UDP,
    WIFI,
    WIFI_PADDED,
    Places,
)

DEPTH_LIMIT = 16
"""Carriers within each other that are followed, VLAN tags included; networks nest a handful, deeper is hostile."""


@dataclass(slots=True, frozen=True)
class Carrier:
    """A header that holds others; `deeper` ones count as depth. No header comes again without one of them between."""

    name: str
    read: Callable[[Octets, Places], Places]
    deeper: bool = False


ETHERNET_II = Carrier("ethernet", links.read_ethernet)
INNER_ETHERNET = Carrier("ethernet", links.read_ethernet, deeper=True)
VLAN = Carrier("vlan", links.read_vlan, deeper=True)
LLC_SNAP = Carrier("802.3", links.read_llc)
IP_4 = Carrier("ip", internet.read_ipv4)
IP_6 = Carrier("ip", internet.read_ipv6)
IP_4_IN_IP = Carrier("ip", internet.read_ipv4, deeper=True)
IP_6_IN_IP = Carrier("ip", internet.read_ipv6, deeper=True)
EITHER_IP = Carrier("raw ip", links.read_bare_ip)
NULL = Carrier("null", links.read_null)
POINT_TO_POINT = Carrier("ppp", links.read_ppp)
CISCO_HDLC = Carrier("cisco hdlc", links.read_chdlc)
PPPOE = Carrier("pppoe", links.read_pppoe, deeper=True)
MPLS = Carrier("mpls", tunnels.read_mpls, deeper=True)
DIRECTED_PPP = Carrier("ppp", links.read_directed_ppp)
WIRELESS = Carrier("802.11", wireless.read_wifi)

CARRIERS: dict[int, Carrier] = {
    **dict.fromkeys(range(FIRST_ETHERTYPE), Carrier("802.3", links.read_8023)),
    IPV4: IP_4,
    IPV6: IP_6,
    ETHERNET: INNER_ETHERNET,
    ETHERTYPE | 0x8100: VLAN,
    ETHERTYPE | 0x88A8: VLAN,
    ETHERTYPE | 0x9100: VLAN,
    ETHERTYPE | 0x88E7: Carrier("provider backbone", tunnels.read_backbone, deeper=True),
    ETHERTYPE | 0x8864: PPPOE,
    ETHERTYPE | 0x8847: MPLS,
    ETHERTYPE | 0x8848: MPLS,
    ETHERTYPE | 0x880B: Carrier("ppp", links.read_ppp, deeper=True),
    ETHERTYPE | 0x88BE: Carrier("erspan", tunnels.read_erspan_2, deeper=True),
    ETHERTYPE | 0x22EB: Carrier("erspan", tunnels.read_erspan_3, deeper=True),
    ETHERTYPE | 0x883E: Carrier("wccp", tunnels.read_wccp),
    IP | 4: IP_4_IN_IP,
    IP | 17: Carrier("udp", transports.read_udp),
    IP | 41: IP_6_IN_IP,
    IP | 47: Carrier("gre", tunnels.read_gre, deeper=True),
    IP | 51: Carrier("authentication", internet.read_authentication, deeper=True),
    IP | 97: Carrier("etherip", tunnels.read_etherip, deeper=True),
    IP | 137: MPLS,
    **{
        UDP | port: Carrier(name, tunnels.over_udp(read), deeper=True)
        for port, (name, read) in tunnels.OVER_UDP.items()
    },
    PPP | 0x21: IP_4,
    PPP | 0x31: Carrier("ppp", links.read_bridged_ppp, deeper=True),
    PPP | 0x57: IP_6,
    PPP | 0x281: MPLS,
    PPP | 0x283: MPLS,
    LLC: LLC_SNAP,
    BARE_IP: EITHER_IP,
    PPP_FRAME: POINT_TO_POINT,
    WIFI: WIRELESS,
    WIFI_PADDED: WIRELESS,
    LINK | 0: NULL,
    LINK | 1: ETHERNET_II,
    LINK | 9: POINT_TO_POINT,
    LINK | 12: EITHER_IP,
    LINK | 14: EITHER_IP,
    LINK | 50: POINT_TO_POINT,
    LINK | 51: PPPOE,
    LINK | 100: LLC_SNAP,
    LINK | 101: EITHER_IP,
    LINK | 104: CISCO_HDLC,
    LINK | 105: WIRELESS,
    LINK | 108: NULL,
    LINK | 109: Carrier("enc", links.read_enc),
    LINK | 113: Carrier("linux cooked", links.read_sll),
    LINK | 117: Carrier("pflog", links.read_pflog),
    LINK | 119: Carrier("prism", wireless.read_prism),
    LINK | 127: Carrier("radiotap", wireless.read_radiotap),
    LINK | 163: Carrier("avs", wireless.read_avs),
    LINK | 166: DIRECTED_PPP,
    LINK | 192: Carrier("ppi", wireless.read_ppi, deeper=True),
    LINK | 204: DIRECTED_PPP,
    LINK | 219: MPLS,
    LINK | 228: EITHER_IP,
    LINK | 229: EITHER_IP,
    LINK | 276: Carrier("linux cooked v2", links.read_sll2),
}


ETHERTYPE_NAMES = {0x0806: "arp", 0x8035: "rarp", 0x88CC: "lldp", 0x888E: "eapol", 0x8863: "pppoe"}
PROTOCOL_NAMES = {1: "icmp", 2: "igmp", 50: "esp", 58: "icmpv6", 132: "sctp"}
LINK_NAMES = {
    0: "null", 1: "ethernet", 9: "ppp", 12: "raw ip", 14: "raw ip", 50: "ppp", 51: "pppoe", 100: "atm",
    101: "raw ip", 104: "cisco hdlc", 105: "802.11", 108: "loop", 109: "enc", 113: "linux cooked", 117: "pflog",
    119: "prism", 127: "radiotap", 163: "avs", 166: "ppp", 192: "ppi", 204: "ppp", 219: "mpls", 220: "usb",
    228: "raw ipv4", 229: "raw ipv6", 276: "linux cooked v2",
}  # fmt: skip
ENDINGS = {
    CUT: "frame cut short",
    DAMAGED: "damaged {} header",
    SEALED: "encrypted {}",
    CONTROL: "{}",
    TOO_DEEP: "{} nested too deep",
}
"""What frames that a carrier ends are counted as; the braces stand for its name."""


def is_unreadable(name: str) -> bool:
    """Tell whether packets that are counted so should have been read further, and could not."""
    return any(_ends_as(name, kind) for kind in (CUT, DAMAGED, TOO_DEEP))


def is_cut_short(name: str) -> bool:
    """Tell whether packets that are counted so end within a header, since only their beginning was captured."""
    return _ends_as(name, CUT)


def _ends_as(name: str, kind: int) -> bool:
    before, _, after = ENDINGS[kind].partition("{}")
    return name.startswith(before) and name.endswith(after)


def link_name(link_type: int) -> str:
    """Return the name of a LINKTYPE number."""
    return LINK_NAMES.get(link_type, f"link type {link_type}")


def kind_name(kind: int) -> str:
    """Return what packets of a kind without a carrier are counted as."""
    number = kind & 0xFFFF
    space = kind - number
    if space == ETHERTYPE:
        return ETHERTYPE_NAMES.get(number, f"ethertype 0x{number:04x}")
    if space == IP:
        return PROTOCOL_NAMES.get(number, f"ip protocol {number}")
    return link_name(number) if space == LINK else f"ppp protocol 0x{number:04x}"


def ending_name(kind: int, carrier: str) -> str:
    """Return what packets are counted as that a carrier ends."""
    return ENDINGS[kind].format(carrier)
