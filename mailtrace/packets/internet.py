"""HOT. IPv4 and IPv6: who to whom, which transport, and where its octets lie (tests/bench `mixed`).

The IP header's own length decides where a packet ends; a length of 0 (segmentation offload) means the whole frame, and
no packet is longer than its frame was.
Fragments are counted here and left aside; reassembling them belongs behind `read_ipv4` and `read_ipv6`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mailtrace.packets.columns import Bools, Ints, Octets
from mailtrace.packets.links import Layer

EXTENSION_LIMIT = 16
"""Chained IPv6 extension headers followed; real packets have at most a handful."""

HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION, MOBILITY = 0, 43, 44, 51, 60, 135
PROTOCOL_NAMES = {1: "icmp", 2: "igmp", 4: "ip in ip", 41: "6in4", 47: "gre", 50: "esp", 58: "icmpv6", 132: "sctp"}


@dataclass(slots=True)
class Network:
    """IP packets as columns; the payload starts at `payload_at`; `version` is 4 or 6."""

    row: Ints
    version: Ints
    protocol: Ints
    source_high: npt.NDArray[np.uint64]
    source_low: npt.NDArray[np.uint64]
    target_high: npt.NDArray[np.uint64]
    target_low: npt.NDArray[np.uint64]
    payload_at: Ints
    captured_end: Ints
    wire_end: Ints

    def only(self, mask: Bools) -> Network:
        """Return the chosen packets."""
        return Network(*(getattr(self, name)[mask] for name in self.__slots__))

    @staticmethod
    def joined(parts: list[Network]) -> Network:
        """Return the packets of all parts in capture order."""
        if len(parts) == 1:
            return parts[0]
        columns = [np.concatenate([getattr(part, name) for part in parts]) for name in Network.__slots__]
        order = np.argsort(columns[0])
        return Network(*(column[order] for column in columns))


def read_ipv4(octets: Octets, layer: Layer, other: Counter[str]) -> Network:
    """Read IPv4 headers. Source: RFC 791 section 3.1."""
    first = octets.u8(layer.at)
    header_bytes = (first & 15) * 4
    total = octets.u16(layer.at + 2)
    available = layer.wire_end - layer.at
    total = np.where(total == 0, available, total)
    sound = (
        (first >> 4 == 4)
        & (header_bytes >= 20)
        & (layer.at + header_bytes <= layer.captured_end)
        & (total >= header_bytes)
    )
    fragment = sound & ((octets.u16(layer.at + 6) & 0x3FFF) != 0)
    if fragment.any():
        other["ip fragment"] += int(fragment.sum())
    if not sound.all():
        other["damaged ip header"] += int((~sound).sum())
    keep = sound & ~fragment
    if not keep.all():
        layer, header_bytes, total = layer.only(keep), header_bytes[keep], total[keep]
    at = layer.at
    nothing = np.zeros(len(at), dtype=np.uint64)
    end = np.minimum(at + total, layer.wire_end)
    network = Network(
        row=layer.row,
        version=np.full(len(at), 4, dtype=np.int64),
        protocol=octets.u8(at + 9),
        source_high=nothing,
        source_low=octets.u32(at + 12).astype(np.uint64),
        target_high=nothing,
        target_low=octets.u32(at + 16).astype(np.uint64),
        payload_at=at + header_bytes,
        captured_end=np.minimum(layer.captured_end, end),
        wire_end=end,
    )
    _count_others(network.protocol, other)
    return network


def read_ipv6(octets: Octets, layer: Layer, other: Counter[str]) -> Network:
    """Read IPv6 headers and step over extension headers. Source: RFC 8200 sections 3 and 4."""
    sound = (octets.u8(layer.at) >> 4 == 6) & (layer.at + 40 <= layer.captured_end)
    if not sound.all():
        other["damaged ip header"] += int((~sound).sum())
        layer = layer.only(sound)
    at = layer.at
    length = octets.u16(at + 4)
    end = np.where(length == 0, layer.wire_end, np.minimum(at + 40 + length, layer.wire_end))
    captured_end = np.minimum(layer.captured_end, end)
    protocol, payload_at = octets.u8(at + 6), at + 40
    fragment = _skip_extensions(octets, protocol, payload_at, captured_end)
    network = Network(
        row=layer.row,
        version=np.full(len(at), 6, dtype=np.int64),
        protocol=protocol,
        source_high=octets.u64(at + 8),
        source_low=octets.u64(at + 16),
        target_high=octets.u64(at + 24),
        target_low=octets.u64(at + 32),
        payload_at=payload_at,
        captured_end=captured_end,
        wire_end=end,
    )
    if fragment.any():
        other["ip fragment"] += int(fragment.sum())
        network = network.only(~fragment)
    _count_others(network.protocol, other)
    return network


def _skip_extensions(octets: Octets, protocol: Ints, payload_at: Ints, end: Ints) -> Bools:
    """Move `protocol` and `payload_at` behind the extension headers, in place; return which packets are fragments.

    A fragment header that says "all of it" (offset 0, none to follow) is stepped over. Source: RFC 6946 section 4.
    """
    fragment = np.zeros(len(protocol), dtype=np.bool_)
    for _ in range(EXTENSION_LIMIT):
        here = np.flatnonzero(
            np.isin(protocol, (HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION, MOBILITY))
            & ~fragment
            & (payload_at + 8 <= end)
        )
        if not len(here):
            break
        kind, at = protocol[here], payload_at[here]
        following, size = octets.u8(at), octets.u8(at + 1)
        fragment[here] = (kind == FRAGMENT) & ((octets.u16(at + 2) & 0xFFF9) != 0)
        step = np.where(kind == FRAGMENT, 8, np.where(kind == AUTHENTICATION, (size + 2) * 4, (size + 1) * 8))
        moved = here[~fragment[here]]
        protocol[moved] = following[~fragment[here]]
        payload_at[moved] += step[~fragment[here]]
    return fragment


def _count_others(protocol: Ints, other: Counter[str]) -> None:
    rest = protocol[(protocol != 6) & (protocol != 17)]
    for value, count in zip(*np.unique(rest, return_counts=True), strict=True) if len(rest) else ():
        other[PROTOCOL_NAMES.get(int(value), f"ip protocol {value}")] += int(count)
