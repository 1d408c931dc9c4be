"""HOT. IPv4 and IPv6: which transport a packet holds, and where its octets lie (tests/bench `mixed`).

The IP header's own length decides where a packet ends; a length of 0 (segmentation offload) means the whole frame, and
no packet is longer than its frame was. Checksums are not looked at: where the sender's network card computes them, a
capture made on the sender holds wrong ones.
"""

from __future__ import annotations

import numpy as np

from mailtrace.packets.columns import Ints, Octets
from mailtrace.packets.places import CUT, DAMAGED, FRAGMENT, IP, TOO_DEEP, Places

EXTENSION_LIMIT = 16
"""Chained IPv6 extension headers followed; real packets have at most a handful."""

HOP_BY_HOP, ROUTING, FRAGMENT_HEADER, AUTHENTICATION, DESTINATION, MOBILITY = 0, 43, 44, 51, 60, 135
EXTENSIONS = np.isin(np.arange(256), (HOP_BY_HOP, ROUTING, FRAGMENT_HEADER, AUTHENTICATION, DESTINATION, MOBILITY))

IPV4_HEADER = np.dtype(
    {
        "names": ["first", "total", "id", "fragment", "protocol", "source", "target"],
        "formats": ["u1", ">u2", ">u2", ">u2", "u1", ">u4", ">u4"],
        "offsets": [0, 2, 4, 6, 9, 12, 16],
    }
)
"""Without options; `first` has version and length."""


def read_ipv4(octets: Octets, places: Places) -> Places:
    """Read IPv4 headers. Source: RFC 791 section 3.1."""
    at = places.at
    headers = octets.headers(IPV4_HEADER, at)
    first = headers["first"]
    header_bytes = (first & 15).astype(np.int64) * 4
    total = headers["total"].astype(np.int64)
    total = np.where(total == 0, places.wire_end - at, total)
    sound = (
        (first >> 4 == 4) & (header_bytes >= 20) & (at + header_bytes <= places.captured_end) & (total >= header_bytes)
    )
    whole = (headers["fragment"] & 0x3FFF) == 0
    kind = headers["protocol"].astype(np.int64) | IP
    places.kind = np.where(sound, np.where(whole, kind, FRAGMENT), DAMAGED)
    places.ip_at, places.at = at, at + header_bytes
    places.ending(at + total)
    return places


def read_ipv6(octets: Octets, places: Places) -> Places:
    """Read IPv6 headers and step over extension headers. Source: RFC 8200 sections 3 and 4."""
    at = places.at
    sound = (octets.u8(at) >> 4 == 6) & (at + 40 <= places.captured_end)
    length = octets.u16(at + 4)
    places.ending(np.where(length == 0, places.wire_end, at + 40 + length))
    protocol = octets.u8(at + 6)
    places.ip_at, places.at = at, at + 40
    places.kind = np.where(sound, protocol | IP, DAMAGED)
    if EXTENSIONS[protocol].any():
        _skip_extensions(octets, places, protocol, np.flatnonzero(sound & EXTENSIONS[protocol]))
    return places


def _skip_extensions(octets: Octets, places: Places, protocol: Ints, here: Ints) -> None:
    """Move the packets with index `here` behind their extension headers.

    A fragment header that says "all of it" (offset 0, none to follow) is stepped over. Source: RFC 6946 section 4.
    """
    for _ in range(EXTENSION_LIMIT):
        at, kind = places.at[here], protocol[here]
        following, size = octets.u8(at), octets.u8(at + 1)
        step = np.where(kind == AUTHENTICATION, (size + 2) * 4, (size + 1) * 8)
        step = np.where(kind == FRAGMENT_HEADER, 8, step)
        part = (kind == FRAGMENT_HEADER) & ((octets.u16(at + 2) & 0xFFF9) != 0)
        cut = at + 8 > places.captured_end[here]
        protocol[here] = following
        places.at[here] = np.where(part | cut, at, at + step)
        places.kind[here] = np.where(cut, CUT, np.where(part, FRAGMENT, following | IP))
        here = here[EXTENSIONS[following] & ~part & ~cut]
        if not len(here):
            return
    places.kind[here] = TOO_DEEP


def read_authentication(octets: Octets, places: Places) -> Places:
    """Read an authentication header, which leaves the packet readable. Source: RFC 4302 section 2."""
    at = places.at
    return places.behind((octets.u8(at + 1) + 2) * 4, octets.u8(at) | IP)
