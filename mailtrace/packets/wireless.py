"""Wireless frames (802.11) and the headers that capturing programs put before them.

Only data frames hold packets. Encrypted ones are counted and not read; management and control frames are counted.
"""

from __future__ import annotations

import numpy as np

from mailtrace.packets.columns import Ints, Octets
from mailtrace.packets.places import CONTROL, LINK, LLC, SEALED, WIFI, WIFI_PADDED, Places

SUBFRAME_LIMIT = 64
"""Frames aggregated in one; the standard's largest aggregate of 11,454 octets holds fewer of any useful size."""

PRESENT_LIMIT = 64
"""Words of flags that radiotap may chain; drivers write at most a handful."""

PRISM_BYTES = 144
AVS_MAGIC = 0x80211


def read_radiotap(octets: Octets, places: Places) -> Places:
    """Read radiotap; of its fields only the flag that tells of padding matters. Source: radiotap.org."""
    at = places.at
    size = _u16_little(octets, at + 2)
    words, more = np.ones(len(at), dtype=np.int64), octets.u8(at + 7) >> 7
    while more.any() and (words < PRESENT_LIMIT).all():
        words = words + more
        more = more & octets.u8(at + 3 + 4 * words) >> 7
    present = octets.u8(at + 4)
    clock = present & 1
    flags_at = 4 + 4 * words
    flags_at = np.where(clock, (flags_at + 7 & ~7) + 8, flags_at)
    padded = (present & 2 != 0) & (flags_at < size) & (octets.u8(at + flags_at) & 0x20 != 0)
    sound = (octets.u8(at) == 0) & (size >= 8)
    return places.behind(np.maximum(size, 8), np.where(padded, WIFI_PADDED, WIFI), sound)


def read_ppi(octets: Octets, places: Places) -> Places:
    """Read the per-packet information header, which names the link type that follows."""
    at = places.at
    size, link_type = _u16_little(octets, at + 2), _u16_little(octets, at + 4)
    return places.behind(np.maximum(size, 8), LINK | link_type, (octets.u8(at) == 0) & (size >= 8))


def read_prism(octets: Octets, places: Places) -> Places:
    """Read the header of Prism cards; some drivers write AVS in its place."""
    avs = octets.u32(places.at) >> 12 == AVS_MAGIC
    return places.behind(np.maximum(np.where(avs, octets.u32(places.at + 4), PRISM_BYTES), 8), WIFI)


def read_avs(octets: Octets, places: Places) -> Places:
    """Read the AVS header: a magic number, then its size."""
    size = np.maximum(octets.u32(places.at + 4), 8)
    return places.behind(size, WIFI, octets.u32(places.at) >> 12 == AVS_MAGIC)


def read_wifi(octets: Octets, places: Places) -> Places:
    """Read 802.11 data frames. Source: IEEE 802.11 section 9.3.2."""
    at = places.at
    control, flags = octets.u8(at), octets.u8(at + 1)
    data = (control & 0x0F == 0x08) & (control & 0x40 == 0)
    quality = control & 0x80 != 0
    size = 24 + np.where(flags & 3 == 3, 6, 0)
    aggregated = quality & (octets.u8(at + size) & 0x80 != 0)
    size = size + quality * np.where(flags & 0x80, 6, 2)
    size = np.where(places.kind == WIFI_PADDED, size + 3 & ~3, size)
    fragment = (flags & 4 != 0) | (octets.u8(at + 22) & 0x0F != 0)
    kind = np.where(data & ~fragment, np.where(flags & 0x40, SEALED, LLC), CONTROL)
    places = places.behind(np.where(data, size, 2), kind)
    parts = aggregated & (places.kind == LLC)
    if not parts.any():
        return places
    return Places.joined([places.only(np.flatnonzero(~parts)), _subframes(octets, places.only(np.flatnonzero(parts)))])


def _subframes(octets: Octets, places: Places) -> Places:
    """Return the frames of aggregates: addresses, length, LLC, padded to four octets. Source: IEEE 802.11 9.3.2.2."""
    found = []
    for _ in range(SUBFRAME_LIMIT):
        places = places.only(np.flatnonzero(places.at + 14 <= places.captured_end))
        if not len(places.at):
            break
        one = places.only(np.arange(len(places.at)))
        length = octets.u16(places.at + 12)
        one.ending(places.at + 14 + length)
        found.append(one.behind(14, LLC, length > 0))
        places.at = places.at + (14 + length + 3 & ~3)
    return Places.joined(found)


def _u16_little(octets: Octets, at: Ints) -> Ints:
    number: Ints = octets.u8(at) | octets.u8(at + 1) << 8
    return number
