"""HOT. Link layers: where does the network header of each frame start, and what is it? (tests/bench `mixed`)

One small function per link type, in the table `LINKS`; a new one is one function and one line. Tunnels and odder link
types have their place here and in `internet`: they move the network header further in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mailtrace.model import RawBatch
from mailtrace.packets.columns import Bools, Ints, Octets

IPV4, IPV6 = 0x0800, 0x86DD
VLAN_TAGS = (0x8100, 0x88A8, 0x9100)
VLAN_DEPTH_LIMIT = 16
"""More stacked VLAN tags than any network uses; a longer stack is hostile and the frame is counted, not read."""

FAMILIES = {2: IPV4, 10: IPV6, 24: IPV6, 28: IPV6, 30: IPV6}
"""Address families of the systems that write NULL and LOOP captures (Linux, BSDs, macOS)."""

FIRST_ETHERTYPE = 0x0600
"""Below this the field is an 802.3 length."""

ETHERTYPE_NAMES = {0x0806: "arp", 0x8035: "rarp", 0x88CC: "lldp", 0x888E: "eapol", 0x8863: "pppoe", 0x8864: "pppoe"}
LINK_NAMES = {
    0: "null", 1: "ethernet", 9: "ppp", 12: "raw ip", 14: "raw ip", 50: "ppp", 51: "pppoe", 101: "raw ip",
    105: "802.11", 108: "loop", 113: "linux cooked", 119: "prism", 127: "radiotap", 192: "ppi", 220: "usb",
    228: "raw ipv4", 229: "raw ipv6", 276: "linux cooked v2",
}  # fmt: skip


@dataclass(slots=True)
class Layer:
    """Frames as columns: batch row, ethertype, network header start, ends of captured and of real octets."""

    row: Ints
    ethertype: Ints
    at: Ints
    captured_end: Ints
    wire_end: Ints

    def only(self, mask: Bools) -> Layer:
        """Return the chosen frames."""
        return Layer(self.row[mask], self.ethertype[mask], self.at[mask], self.captured_end[mask], self.wire_end[mask])


def link_name(link_type: int) -> str:
    """Return the name of a LINKTYPE number."""
    return LINK_NAMES.get(link_type, f"link type {link_type}")


Link = Callable[[Octets, Ints, Ints], tuple[Ints, Ints]]
"""Takes frame starts and captured ends, returns ethertypes (-1: header cut short) and network header starts."""


def network_layer(batch: RawBatch, octets: Octets, other: Counter[str]) -> Layer:
    """Find the network header of every frame; frames without one are counted in `other`."""
    parts = []
    used = np.unique(batch.interface).tolist() if len(batch.interfaces) > 1 else [0] if len(batch.start) else []
    for number in used:
        interface = batch.interfaces[number]
        row = np.flatnonzero(batch.interface == number)
        link = LINKS.get(interface.link_type)
        if link is None:
            other[link_name(interface.link_type)] += len(row)
            continue
        start = batch.start[row]
        wire_end = start + batch.wire[row] - interface.fcs_bytes
        captured_end = np.minimum(start + batch.captured[row], np.maximum(wire_end, start))
        ethertype, at = link(octets, start, captured_end)
        parts.append(Layer(row, ethertype, at, captured_end, np.maximum(wire_end, captured_end)))
    layer = parts[0] if len(parts) == 1 else _joined(parts)
    _count_others(layer.ethertype, other)
    return layer


def _joined(parts: list[Layer]) -> Layer:
    if not parts:
        nothing = np.zeros(0, dtype=np.int64)
        return Layer(nothing, nothing, nothing, nothing, nothing)
    joined = [np.concatenate([getattr(part, name) for part in parts]) for name in Layer.__slots__]
    order = np.argsort(joined[0])
    return Layer(*(column[order] for column in joined))


def _count_others(ethertype: Ints, other: Counter[str]) -> None:
    rest = ethertype[(ethertype != IPV4) & (ethertype != IPV6)]
    for value, count in zip(*np.unique(rest, return_counts=True), strict=True) if len(rest) else ():
        if value < 0:
            name = "frame cut short"
        elif value < FIRST_ETHERTYPE:
            name = "802.3"
        else:
            name = ETHERTYPE_NAMES.get(int(value), f"ethertype 0x{value:04x}")
        other[name] += int(count)


def _ethernet(octets: Octets, start: Ints, end: Ints) -> tuple[Ints, Ints]:
    return _untagged(octets, octets.u16(start + 12), start + 14, end)


def _untagged(octets: Octets, ethertype: Ints, at: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Step over VLAN tags. Source: IEEE 802.1Q."""
    for _ in range(VLAN_DEPTH_LIMIT):
        tagged = np.flatnonzero((ethertype == 0x8100) | (ethertype == 0x88A8) | (ethertype == 0x9100))
        if not len(tagged):
            break
        ethertype[tagged] = octets.u16(at[tagged] + 2)
        at[tagged] += 4
    ethertype[at > end] = -1
    return ethertype, at


def _sll(octets: Octets, start: Ints, end: Ints) -> tuple[Ints, Ints]:
    return _untagged(octets, octets.u16(start + 14), start + 16, end)


def _sll2(octets: Octets, start: Ints, end: Ints) -> tuple[Ints, Ints]:
    return _untagged(octets, octets.u16(start), start + 20, end)


def _null(octets: Octets, start: Ints, end: Ints) -> tuple[Ints, Ints]:
    """The family is in the byte order of the capturing host: it is small, so one of the two orders is.

    Some write the ethertype in its place.
    """
    big, little = octets.u16(start + 2), octets.u8(start) | (octets.u8(start + 1) << 8)
    family = np.where(big != 0, big, little)
    ethertype = np.where(family >= FIRST_ETHERTYPE, family, 0)
    for value, name in FAMILIES.items():
        ethertype[family == value] = name
    at = start + 4
    ethertype[at > end] = -1
    return ethertype, at


def _raw(octets: Octets, start: Ints, end: Ints) -> tuple[Ints, Ints]:
    version = octets.u8(start) >> 4
    ethertype = np.where(version == 4, IPV4, np.where(version == 6, IPV6, 0))
    ethertype[start >= end] = -1
    return ethertype, start.copy()


LINKS: dict[int, Link] = {
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
