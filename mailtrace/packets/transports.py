"""HOT. TCP and UDP headers of many packets at once: the columns that streams are made of (tests/bench `mixed`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mailtrace.packets.columns import Headers, Ints, Octets
from mailtrace.packets.internet import IPV4_HEADER
from mailtrace.packets.places import DAMAGED, DATAGRAM, UDP, Places
from mailtrace.packets.tunnels import OVER_UDP

TCP_HEADER_BYTES, UDP_HEADER_BYTES = 20, 8

TCP_HEADER = np.dtype(
    {
        "names": ["source", "target", "sequence", "acknowledged", "offset", "flags"],
        "formats": [">u2", ">u2", ">u4", ">u4", "u1", "u1"],
        "offsets": [0, 2, 4, 8, 12, 13],
    }
)
UDP_HEADER = np.dtype([("source", ">u2"), ("target", ">u2"), ("length", ">u2"), ("checksum", ">u2")])

TUNNEL_PORTS = np.isin(np.arange(1 << 16), list(OVER_UDP))


@dataclass(slots=True)
class Segments:
    """n transport packets as columns; `row` is their index in the batch. UDP leaves the TCP columns empty (zeros).

    Addresses are two unsigned 64-bit halves, IPv4 in the low 32 bits of the second. The payload is
    `decoded.buffer[payload_at : payload_at + captured]`; it was `length` octets long on the wire. `lane` is a number
    made of the VLAN and tunnel ids that both directions share, 0 where there are none. `ip_id` is the IPv4
    identification, -1 for IPv6. A frame of several packets has several rows.
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
    lane: Ints
    ip_id: Ints

    def only(self, chosen: Ints) -> Segments:
        """Return the packets at the given indexes, in the order given."""
        return Segments(*(getattr(self, name).take(chosen) for name in self.__slots__))

    @staticmethod
    def joined(parts: list[Segments]) -> Segments:
        """Return the packets of all parts in capture order."""
        if len(parts) == 1 and (parts[0].row[1:] > parts[0].row[:-1]).all():
            return parts[0]
        if not parts:
            empty: list[Any] = [np.zeros(0, dtype=_TYPES.get(name, np.int64)) for name in Segments.__slots__]
            return Segments(*empty)
        joined = Segments(*(np.concatenate([getattr(part, name) for part in parts]) for name in Segments.__slots__))
        return joined.only(np.lexsort((joined.payload_at, joined.row)))


_TYPES: dict[str, Any] = dict.fromkeys(("source_high", "source_low", "target_high", "target_low"), np.uint64)


def read_udp(octets: Octets, places: Places) -> Places:
    """Tell UDP headers behind which a tunnel may begin from plain ones, and let datagrams end where they say.

    A length of 0 or beyond the packet means the rest of the packet. Source: RFC 768, RFC 2675 section 4.
    """
    at = places.at
    headers = octets.headers(UDP_HEADER, at)
    source, target, length = (headers[name].astype(np.int64) for name in ("source", "target", "length"))
    sound = (at + UDP_HEADER_BYTES <= places.captured_end) & ((length == 0) | (length >= UDP_HEADER_BYTES))
    places.ending(np.where(length == 0, places.wire_end, at + length))
    to_tunnel, from_tunnel = TUNNEL_PORTS.take(target), TUNNEL_PORTS.take(source)
    kind: Ints = np.full(len(at), DATAGRAM)
    if to_tunnel.any() or from_tunnel.any():
        kind = np.where(to_tunnel, UDP | target, np.where(from_tunnel, UDP | source, kind))
    places.kind = kind if sound.all() else np.where(sound, kind, DAMAGED)
    return places


def datagrams(octets: Octets, places: Places) -> Segments:
    """Return the columns of UDP headers."""
    return _segments(octets, places, octets.headers(UDP_HEADER, places.at), places.at + UDP_HEADER_BYTES)


def read_tcp(octets: Octets, places: Places) -> tuple[Segments, int]:
    """Return the columns of TCP headers, and how many were damaged. Source: RFC 9293 section 3.1."""
    at = places.at
    headers = octets.headers(TCP_HEADER, at)
    header_bytes = (headers["offset"] >> 4).astype(np.int64) * 4
    sound = (
        (at + TCP_HEADER_BYTES <= places.captured_end)
        & (header_bytes >= TCP_HEADER_BYTES)
        & (at + header_bytes <= places.wire_end)
    )
    damaged = len(at) - int(np.count_nonzero(sound))
    if damaged:
        places, headers, header_bytes = places.only(np.flatnonzero(sound)), headers[sound], header_bytes[sound]
    segments = _segments(octets, places, headers, places.at + header_bytes)
    segments.sequence = headers["sequence"].astype(np.int64)
    segments.acknowledged = headers["acknowledged"].astype(np.int64)
    segments.flags = headers["flags"].astype(np.int64)
    return segments, damaged


def _segments(octets: Octets, places: Places, headers: Headers, payload_at: Ints) -> Segments:
    """Return the columns that TCP and UDP share. Source: RFC 791 section 3.1, RFC 8200 section 3."""
    nothing = np.zeros(len(headers), dtype=np.int64)
    ip = octets.headers(IPV4_HEADER, places.ip_at)
    version, ip_id = (ip["first"] >> 4).astype(np.int64), ip["id"].astype(np.int64)
    highs = np.zeros((2, len(headers)), dtype=np.uint64)
    words = [highs[0], ip["source"].astype(np.uint64), highs[1], ip["target"].astype(np.uint64)]
    six = np.flatnonzero(version == 6)
    if len(six):
        for word, offset in zip(words, (8, 16, 24, 32), strict=True):
            word[six] = octets.u64(places.ip_at[six] + offset)
        ip_id[six] = -1
    return Segments(
        row=places.row,
        version=version,
        source_high=words[0],
        source_low=words[1],
        target_high=words[2],
        target_low=words[3],
        source_port=headers["source"].astype(np.int64),
        target_port=headers["target"].astype(np.int64),
        sequence=nothing,
        acknowledged=nothing,
        flags=nothing,
        payload_at=payload_at,
        captured=np.maximum(places.captured_end - payload_at, 0),
        length=np.maximum(places.wire_end - payload_at, 0),
        lane=places.lane,
        ip_id=ip_id,
    )
