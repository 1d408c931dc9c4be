"""Protocol and Info text of packets that are neither TCP nor DNS, worded as Wireshark does for the common ones.

Uncommon ones get the name of their protocol and little else: they are there so that no number of a listing is missing.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

from mailtrace.packets.dissect import ARP, ICMP, ICMPV6, IGMP, Internet, Link, UdpHeader

ADDRESSES_REMEMBERED = 8192
"""Texts of addresses kept; a capture of one network has far fewer."""

CUT = "[Packet size limited during capture]"


class Told(NamedTuple):
    """What two columns say."""

    protocol: str
    info: str


@lru_cache(ADDRESSES_REMEMBERED)
def address_text(octets: bytes) -> str:
    """Return an IPv4, IPv6 or link address as text; '' for none."""
    if len(octets) == 4:
        return str(IPv4Address(octets))
    if len(octets) == 16:
        return str(IPv6Address(octets))
    return octets.hex(":")


LINK_PROTOCOLS = {0x8035: "RARP", 0x88CC: "LLDP", 0x888E: "EAPOL", 0x8863: "PPPoED", 0x8864: "PPPoES", 0x8847: "MPLS"}
FIRST_ETHERTYPE = 0x0600


def link_told(frame: bytes, link: Link) -> Told:
    """Tell a frame that holds no readable IP packet."""
    if link.ethertype == ARP:
        return _arp(frame[link.at : min(link.at + 28, link.end)])
    if link.ethertype in (0x0800, 0x86DD):
        return Told("IPv4" if link.ethertype == 0x0800 else "IPv6", "[Malformed Packet]")
    if link.ethertype < 0:
        return Told("Ethernet", CUT)
    if not link.ethertype:
        return Told("Data", "unknown network protocol")
    if link.ethertype < FIRST_ETHERTYPE:
        spanning_tree = frame[link.at : link.at + 2] == b"\x42\x42"
        return Told("STP" if spanning_tree else "LLC", "Spanning tree" if spanning_tree else "802.3 frame")
    name = LINK_PROTOCOLS.get(link.ethertype)
    return Told(name or f"0x{link.ethertype:04x}", name or "Ethernet II")


def _arp(data: bytes) -> Told:
    """Tell an ARP packet for IPv4 over Ethernet. Source: RFC 826, RFC 5227 section 1.1."""
    if len(data) < 28:
        return Told("ARP", CUT)
    operation = int.from_bytes(data[6:8], "big")
    sender_mac, sender = address_text(data[8:14]), address_text(data[14:18])
    target_mac, target = address_text(data[18:24]), address_text(data[24:28])
    if operation == 1:
        if sender == target:
            return Told(
                "ARP",
                f"ARP Announcement for {sender}" if not any(data[18:24]) else f"Gratuitous ARP for {sender} (Request)",
            )
        if not any(data[14:18]):
            return Told("ARP", f"Who has {target}? (ARP Probe)")
        return Told("ARP", f"Who has {target}? Tell {sender}")
    if operation == 2:
        return Told(
            "ARP", f"Gratuitous ARP for {sender} (Reply)" if sender == target else f"{sender} is at {sender_mac}"
        )
    return Told("ARP", f"Operation {operation} from {sender_mac} to {target_mac}")


INTERNET_PROTOCOLS = {
    4: "IPv4",
    41: "IPv6",
    47: "GRE",
    50: "ESP",
    51: "AH",
    89: "OSPF",
    103: "PIM",
    112: "VRRP",
    132: "SCTP",
}


def internet_told(frame: bytes, ip: Internet) -> Told:
    """Tell an IP packet that is neither TCP nor UDP, or a fragment."""
    if ip.fragment:
        return _fragment(ip)
    data = frame[ip.at : ip.end]
    if ip.protocol == ICMP and ip.version == 4:
        return _icmp(data, ip)
    if ip.protocol == ICMPV6 and ip.version == 6:
        return _icmpv6(data, ip)
    if ip.protocol == IGMP:
        return _igmp(data)
    name = INTERNET_PROTOCOLS.get(ip.protocol)
    return Told(name or f"IPv{ip.version}", name or f"Unknown IP Protocol ({ip.protocol})")


def _fragment(ip: Internet) -> Told:
    if ip.version == 6:
        more = "y" if ip.more else "n"
        text = f"IPv6 fragment (off={ip.offset} more={more} ident=0x{ip.identification:08x} nxt={ip.protocol})"
        return Told("IPv6", text)
    name = {1: "ICMP", 2: "IGMP", 6: "TCP", 17: "UDP"}.get(ip.protocol, "Unknown")
    text = f"Fragmented IP protocol (proto={name} {ip.protocol}, off={ip.offset}, ID={ip.identification:04x})"
    return Told("IPv4", text)


ICMP_NAMES = {
    4: "Source quench (flow control)",
    5: "Redirect",
    9: "Mobile IP Advertisement",
    10: "Router solicitation",
    12: "Parameter problem",
    13: "Timestamp request",
    14: "Timestamp reply",
}
UNREACHABLE = {
    0: "Network unreachable",
    1: "Host unreachable",
    2: "Protocol unreachable",
    3: "Port unreachable",
    4: "Fragmentation needed",
    5: "Source route failed",
    6: "Network unknown",
    7: "Host unknown",
    9: "Network administratively prohibited",
    10: "Host administratively prohibited",
    13: "Communication administratively filtered",
}
"""Source: RFC 792 and RFC 1812 section 5.2.7.1."""

EXCEEDED = {0: "Time to live exceeded in transit", 1: "Fragment reassembly time exceeded"}


def _icmp(data: bytes, ip: Internet) -> Told:
    """Tell an ICMP message. Source: RFC 792."""
    if len(data) < 8:
        return Told("ICMP", CUT)
    kind, code = data[0], data[1]
    if kind in (0, 8):
        return Told("ICMP", f"{_echo(kind == 8)} {_echo_numbers(data)}, ttl={ip.hops}")
    if kind == 3:
        return Told("ICMP", f"Destination unreachable ({UNREACHABLE.get(code, f'Code {code}')})")
    if kind == 11:
        return Told("ICMP", f"Time-to-live exceeded ({EXCEEDED.get(code, f'Code {code}')})")
    return Told("ICMP", ICMP_NAMES.get(kind, f"Type {kind}, code {code}"))


def _echo(request: bool) -> str:
    return "Echo (ping) request " if request else "Echo (ping) reply   "


def _echo_numbers(data: bytes) -> str:
    """Return identifier and sequence number; the second form is for hosts that write it in the other byte order."""
    identifier, sequence = int.from_bytes(data[4:6], "big"), int.from_bytes(data[6:8], "big")
    return f"id=0x{identifier:04x}, seq={sequence}/{int.from_bytes(data[6:8], 'little')}"


ICMPV6_NAMES = {
    2: "Packet Too Big",
    3: "Time Exceeded",
    4: "Parameter Problem",
    130: "Multicast Listener Query",
    131: "Multicast Listener Report",
    132: "Multicast Listener Done",
    137: "Redirect",
    143: "Multicast Listener Report Message v2",
}
UNREACHABLE_V6 = {
    0: "no route to destination",
    1: "Administratively prohibited",
    3: "Address unreachable",
    4: "Port unreachable",
}
"""Source: RFC 4443 section 3.1."""


def _icmpv6(data: bytes, ip: Internet) -> Told:
    """Tell an ICMPv6 message. Source: RFC 4443 section 2.1, RFC 4861 section 4."""
    if len(data) < 8:
        return Told("ICMPv6", CUT)
    kind, code = data[0], data[1]
    if kind in (128, 129):
        number = int.from_bytes(data[6:8], "big")
        identifier = int.from_bytes(data[4:6], "big")
        word = "Echo (ping) request" if kind == 128 else "Echo (ping) reply"
        return Told("ICMPv6", f"{word} id=0x{identifier:04x}, seq={number}, hop limit={ip.hops}")
    if kind == 1:
        return Told("ICMPv6", f"Destination Unreachable ({UNREACHABLE_V6.get(code, f'Code {code}')})")
    if kind in (133, 134):
        word, at = ("Router Solicitation", 8) if kind == 133 else ("Router Advertisement", 16)
        return Told("ICMPv6", word + _from(_link_option(data, at, 1)))
    if kind in (135, 136) and len(data) >= 24:
        return Told("ICMPv6", _neighbour(kind, data))
    return Told("ICMPv6", ICMPV6_NAMES.get(kind, f"Type {kind}, code {code}"))


def _neighbour(kind: int, data: bytes) -> str:
    target = address_text(data[8:24])
    if kind == 135:
        return f"Neighbor Solicitation for {target}" + _from(_link_option(data, 24, 1))
    flags = [name for bit, name in ((0x80, "rtr"), (0x40, "sol"), (0x20, "ovr")) if data[4] & bit]
    text = f"Neighbor Advertisement {target}" + (f" ({', '.join(flags)})" if flags else "")
    mac = _link_option(data, 24, 2)
    return f"{text} is at {mac}" if mac else text


def _from(mac: str) -> str:
    return f" from {mac}" if mac else ""


def _link_option(data: bytes, at: int, kind: int) -> str:
    """Return the link address among the options, '' where there is none. Source: RFC 4861 section 4.6.1."""
    while at + 8 <= len(data) and data[at + 1]:
        if data[at] == kind:
            return address_text(data[at + 2 : at + 8])
        at += data[at + 1] * 8
    return ""


IGMP_NAMES = {
    0x11: ("", "Membership Query"),
    0x12: ("v1", "Membership Report"),
    0x16: ("v2", "Membership Report"),
    0x17: ("v2", "Leave Group"),
    0x22: ("v3", "Membership Report"),
}
"""Source: RFC 3376 section 4."""


def _igmp(data: bytes) -> Told:
    if len(data) < 8:
        return Told("IGMP", CUT)
    version, name = IGMP_NAMES.get(data[0], ("", f"Type 0x{data[0]:02x}"))
    if data[0] == 0x11:
        version = "v3" if len(data) >= 12 else "v2" if data[1] else "v1"
    group = f" group {address_text(data[4:8])}" if version != "v3" and any(data[4:8]) else ""
    return Told(f"IGMP{version}", name + group)


UDP_SERVICES = {
    137: "NBNS",
    138: "NBDS",
    161: "SNMP",
    162: "SNMP",
    514: "Syslog",
    520: "RIP",
    546: "DHCPv6",
    547: "DHCPv6",
    1900: "SSDP",
}
NTP_MODES = (
    "reserved",
    "symmetric active",
    "symmetric passive",
    "client",
    "server",
    "broadcast",
    "control message",
    "private",
)
DHCP_MESSAGES = ("Discover", "Offer", "Request", "Decline", "ACK", "NAK", "Release", "Inform")
"""Source: RFC 2132 section 9.6."""


def udp_told(data: bytes, udp: UdpHeader) -> Told:
    """Tell a UDP datagram that is not DNS; `data` is its captured payload."""
    ports = (udp.source_port, udp.destination_port)
    if 123 in ports and data:
        return Told("NTP", f"NTP Version {data[0] >> 3 & 7}, {NTP_MODES[data[0] & 7]}")
    if 67 in ports or 68 in ports:
        return _dhcp(data)
    for port in sorted(ports):
        if port in UDP_SERVICES:
            return Told(UDP_SERVICES[port], f"{udp.source_port} → {udp.destination_port} Len={udp.length}")
    return Told("UDP", f"{udp.source_port} → {udp.destination_port} Len={udp.length}")


def _dhcp(data: bytes) -> Told:
    """Tell a DHCP message by its type option (53). Source: RFC 2131 section 2."""
    name, at = "Message", 240
    while at + 2 < len(data) and data[at] != 255:
        if data[at] == 53 and 1 <= data[at + 2] <= len(DHCP_MESSAGES):
            name = DHCP_MESSAGES[data[at + 2] - 1]
            break
        at += 1 if data[at] == 0 else 2 + data[at + 1]
    return Told("DHCP", f"DHCP {name:<8} - Transaction ID 0x{data[4:8].hex().lstrip('0') or '0'}")
