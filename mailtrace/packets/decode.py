"""HOT. A batch of frames becomes columns of TCP segments and UDP datagrams (tests/bench `mixed` and `mail`).

Strategy: every header is read for all frames at once. A working set of frame indexes shrinks from layer to layer; what
falls out is counted by name, never raised. Lengths follow the IP header, so that Ethernet padding and trailers never
reach a stream; where the snap length cut a packet, its real length is kept beside the captured one.

`tests/packets/twin.py` says the same thing packet by packet in plain `struct`, and a test holds the two together.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mailtrace.model import RawBatch
from mailtrace.packets.columns import Bools, Ints, Octets
from mailtrace.packets.internet import Network, read_ipv4, read_ipv6
from mailtrace.packets.links import network_layer

TCP, UDP = 6, 17
TCP_HEADER_BYTES, UDP_HEADER_BYTES = 20, 8


@dataclass(slots=True)
class Segments:
    """n transport packets as columns; `row` is their index in the batch. UDP leaves the TCP columns empty (zeros).

    Addresses are two unsigned 64-bit halves, IPv4 in the low 32 bits of the second. The payload is
    `buffer[payload_at : payload_at + captured]`; it was `length` octets long on the wire.
    """

    row: Ints
    version: Ints
    source_high: npt.NDArray[np.uint64]
    source_low: npt.NDArray[np.uint64]
    target_high: npt.NDArray[np.uint64]
    target_low: npt.NDArray[np.uint64]
    source_port: Ints
    target_port: Ints
    sequence: Ints
    acknowledged: Ints
    flags: Ints
    payload_at: Ints
    captured: Ints
    length: Ints

    def only(self, chosen: Bools | Ints) -> Segments:
        """Return the chosen packets (a mask or indexes), in the order chosen."""
        return Segments(*(getattr(self, name)[chosen] for name in self.__slots__))


@dataclass(slots=True)
class Decoded:
    """What a batch holds: TCP and UDP columns, and a count by name of everything else."""

    tcp: Segments
    udp: Segments
    other: Counter[str]


def decode(batch: RawBatch) -> Decoded:
    """Read all frames of a batch down to their transport payload."""
    octets = Octets(batch.buffer)
    other: Counter[str] = Counter()
    layer = network_layer(batch, octets, other)
    networks = [read_ipv4(octets, layer.only(layer.ethertype == 0x0800), other)]
    version_6 = layer.ethertype == 0x86DD
    if version_6.any():
        networks.append(read_ipv6(octets, layer.only(version_6), other))
    network = Network.joined(networks)
    return Decoded(tcp=_tcp(octets, network, other), udp=_udp(octets, network, other), other=other)


def _tcp(octets: Octets, network: Network, other: Counter[str]) -> Segments:
    """Read TCP headers. Source: RFC 9293 section 3.1."""
    network = network.only(network.protocol == TCP)
    at = network.payload_at
    whole = at + TCP_HEADER_BYTES <= network.captured_end
    header_bytes = (octets.u8(at + 12) >> 4) * 4
    sound = whole & (header_bytes >= TCP_HEADER_BYTES) & (at + header_bytes <= network.wire_end)
    if not sound.all():
        other["damaged tcp header"] += int((~sound).sum())
        network, at, header_bytes = network.only(sound), at[sound], header_bytes[sound]
    segments = _ports(octets, network, at + header_bytes)
    segments.sequence = octets.u32(at + 4)
    segments.acknowledged = octets.u32(at + 8)
    segments.flags = octets.u8(at + 13)
    return segments


def _udp(octets: Octets, network: Network, other: Counter[str]) -> Segments:
    """Read UDP headers; a length of 0 or beyond the packet means the rest of the packet. Source: RFC 768."""
    network = network.only(network.protocol == UDP)
    at = network.payload_at
    whole = at + UDP_HEADER_BYTES <= network.captured_end
    length = octets.u16(at + 4)
    sound = whole & ((length == 0) | (length >= UDP_HEADER_BYTES))
    if not sound.all():
        other["damaged udp header"] += int((~sound).sum())
        network, at, length = network.only(sound), at[sound], length[sound]
    datagram_end = np.where(length == 0, network.wire_end, at + length)
    network.wire_end = np.minimum(network.wire_end, datagram_end)
    network.captured_end = np.minimum(network.captured_end, datagram_end)
    return _ports(octets, network, at + UDP_HEADER_BYTES)


def _ports(octets: Octets, network: Network, payload_at: Ints) -> Segments:
    at = network.payload_at
    nothing = np.zeros(len(at), dtype=np.int64)
    return Segments(
        row=network.row,
        version=network.version,
        source_high=network.source_high,
        source_low=network.source_low,
        target_high=network.target_high,
        target_low=network.target_low,
        source_port=octets.u16(at),
        target_port=octets.u16(at + 2),
        sequence=nothing,
        acknowledged=nothing,
        flags=nothing,
        payload_at=payload_at,
        captured=np.maximum(network.captured_end - payload_at, 0),
        length=np.maximum(network.wire_end - payload_at, 0),
    )
