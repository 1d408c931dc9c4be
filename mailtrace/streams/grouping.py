"""HOT. Which packets of a batch belong together: grouped by their two endpoints, whichever way they go (`mixed`).

Each packet gets a 64-bit key that is equal for both directions, and one sort brings the groups together. Most groups of
a busy network are web traffic seen before; only those that matter become objects. Equal keys do not prove equal
endpoints, so every packet is then compared with the first of its group; where a group mixes conversations (a crafted or
unlucky collision), its packets are grouped again one by one by their exact endpoints.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from mailtrace.model import Endpoint
from mailtrace.packets.columns import Bools, Ints
from mailtrace.packets.transports import Segments

SYN = 0x02

Words = npt.NDArray[np.uint64]
EndpointKey = int
"""Address, port and IP version in one number, small for IPv4: `(address << 16 | port) << 1 | (version is 6)`."""
PORT = 0xFFFF << 1
"""Where the port is in it."""
PairKey = tuple[EndpointKey, EndpointKey]
"""Two endpoints, the lesser first."""

_MIX_A, _MIX_B, _MIX_C = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9))
_SHIFT = np.uint64(29)


@dataclass(slots=True)
class Grouped:
    """The packets of a batch in the order of their groups, and in capture order within each; places are in that order.

    `order` are indexes into the segments, `same` tells which packets go the way of the first of their group, `flags`
    are theirs; `syns` are the places of those that are a SYN, `opened` their groups. Of the groups: `mixes` are the
    keys, their packets are from `first` to `stop`, `leader` is the index of the first; `opens` tells whether any is a
    SYN, `mixed_up` whether endpoints differ in spite of the key.
    """

    order: Ints
    same: Bools
    flags: Ints
    syns: Ints
    opened: Ints
    mixes: Words
    first: Ints
    stop: Ints
    leader: Ints
    opens: Bools
    mixed_up: Bools


class Group(Struct, gc=False):
    """The packets between one pair of endpoints.

    `mix` is the key they were grouped by, `at` the number of the group in `Grouped`, `leader` the index of the first;
    `leads` tells whether that came from the lesser endpoint of `key`, `from_syn` whether it is a SYN, `wanted` whether
    the group is kept, and `opens` whether any packet is a SYN. Where this is only a part of the group in `Grouped`,
    `apart` are the indexes of its packets, and whether each came from the lesser endpoint.
    """

    key: PairKey
    mix: int
    at: int
    leader: int
    leads: bool
    from_syn: bool
    wanted: bool
    opens: bool
    apart: tuple[Ints, Bools] | None = None


def by_endpoints(segments: Segments) -> Grouped:
    """Group the packets of a batch, of which there must be some."""
    keys = _mixed(segments)
    order, ordered = _in_order(keys)
    begins = np.ones(len(order), dtype=np.bool_)
    begins[1:] = ordered[1:] != ordered[:-1]
    first = np.flatnonzero(begins)
    stop = np.append(first[1:], len(order))
    leader = order.take(first)
    same, crossed = _ways(segments, order, first, stop - first)
    mixed_up = np.logical_or.reduceat(crossed, first) if crossed.any() else np.zeros(len(first), dtype=np.bool_)
    flags = segments.flags.take(order)
    syns = np.flatnonzero((flags & SYN) != 0)
    opened = np.searchsorted(first, syns, side="right") - 1
    opens = np.zeros(len(first), dtype=np.bool_)
    opens[opened] = True
    return Grouped(order, same, flags, syns, opened, keys.take(leader), first, stop, leader, opens, mixed_up)


def groups(segments: Segments, grouped: Grouped, chosen: Ints, wanted: Bools, ports: Bools) -> Iterator[Group]:
    """Yield the groups that were chosen, in no order; `wanted` tells for each group of the batch whether it is kept.

    Where one mixes conversations, each is wanted by its `ports`, a table that tells it for each port.
    """
    leaders = grouped.leader.take(chosen)
    from_syn = (segments.flags.take(leaders) & SYN) != 0
    columns = [chosen, leaders, from_syn]
    columns += [column.take(chosen) for column in (grouped.mixes, wanted, grouped.opens, grouped.mixed_up)]
    facts = zip(*(column.tolist() for column in columns), endpoints(segments, leaders), strict=True)
    for at, leader, is_syn, mix, is_wanted, has_syn, is_mixed, (source, target) in facts:
        if is_mixed:
            yield from _one_by_one(segments, grouped, at, ports)
        elif source <= target:
            yield Group((source, target), mix, at, leader, True, is_syn, is_wanted, has_syn)
        else:
            yield Group((target, source), mix, at, leader, False, is_syn, is_wanted, has_syn)


def places_before(stop: Ints, size: Ints) -> Ints:
    """Return the last `size` places before each `stop`, one stretch after the other."""
    places: Ints = np.arange(int(size.sum())) + np.repeat(stop - np.cumsum(size), size)
    return places


def endpoints(segments: Segments, chosen: Ints) -> Iterator[tuple[EndpointKey, EndpointKey]]:
    """Yield source and target of each chosen packet."""
    s = segments
    version = (s.version[chosen] == 6).tolist()
    source = (s.source_high[chosen].tolist(), s.source_low[chosen].tolist(), s.source_port[chosen].tolist())
    target = (s.target_high[chosen].tolist(), s.target_low[chosen].tolist(), s.target_port[chosen].tolist())
    return zip(map(_endpoint_key, *source, version), map(_endpoint_key, *target, version), strict=True)


def from_lesser(segments: Segments, chosen: Ints) -> Bools:
    """Tell which chosen packets come from the lesser of their two endpoints."""
    s = segments
    lesser = s.source_port[chosen] <= s.target_port[chosen]
    for source, target in (
        (s.source_low[chosen], s.target_low[chosen]),
        (s.source_high[chosen], s.target_high[chosen]),
    ):
        lesser = (source < target) | ((source == target) & lesser)
    return lesser


def _endpoint_key(high: int, low: int, port: int, version_6: bool) -> EndpointKey:
    return ((((high << 64) | low) << 16) | port) << 1 | version_6


def port(key: EndpointKey) -> int:
    """Return the port of an endpoint."""
    return (key >> 1) & 0xFFFF


def endpoint(key: EndpointKey) -> Endpoint:
    """Return the endpoint in words: its address as text."""
    return Endpoint(_address_text(key & ~PORT), (key >> 1) & 0xFFFF)


@lru_cache(maxsize=16_384)
def _address_text(key: EndpointKey) -> str:
    """Return the address of an endpoint as text; its port must be 0, so that it is kept once."""
    return str(IPv6Address(key >> 17) if key & 1 else IPv4Address(key >> 17))


def _mixed(segments: Segments) -> Words:
    source = _side_key(segments.source_high, segments.source_low, segments.source_port)
    target = _side_key(segments.target_high, segments.target_low, segments.target_port)
    keys: Words = (source + target) ^ segments.version.astype(np.uint64)
    return keys


def _side_key(high: Words, low: Words, port: Ints) -> Words:
    key = (high * _MIX_A) ^ (low * _MIX_B) ^ (port.astype(np.uint64) * _MIX_C)
    mixed: Words = (key ^ (key >> _SHIFT)) * _MIX_A
    return mixed


def _in_order(keys: Words) -> tuple[Ints, Words]:
    """Return the order in which equal keys are together, in capture order, and the keys in it, less their last bits.

    Where each stands takes the place of the last bits: plain numbers are sorted much faster than indexes.
    """
    bits = np.uint64(len(keys).bit_length())
    last = (np.uint64(1) << bits) - np.uint64(1)
    tagged = np.sort((keys & ~last) | np.arange(len(keys), dtype=np.uint64))
    return (tagged & last).astype(np.int64), tagged >> bits


def _ways(segments: Segments, order: Ints, first: Ints, size: Ints) -> tuple[Bools, Bools]:
    """Tell which packets go the same way as the first of their group, and which neither that way nor back."""
    s = segments
    source = [column.take(order) for column in (s.source_low, s.source_port, s.source_high)]
    target = [column.take(order) for column in (s.target_low, s.target_port, s.target_high)]
    version = s.version.take(order)
    forth = back = version == np.repeat(version[first], size)
    for ours, theirs in zip(source, target, strict=True):
        asking, asked = np.repeat(ours[first], size), np.repeat(theirs[first], size)
        forth = forth & (ours == asking) & (theirs == asked)
        back = back & (ours == asked) & (theirs == asking)
    return forth, ~(forth | back)


def _one_by_one(segments: Segments, grouped: Grouped, at: int, ports: Bools) -> Iterator[Group]:
    members = grouped.order[grouped.first[at] : grouped.stop[at]]
    apart: dict[PairKey, tuple[list[int], list[bool]]] = {}
    for index, (source, target) in zip(members.tolist(), endpoints(segments, members), strict=True):
        key = (source, target) if source <= target else (target, source)
        indexes, forward = apart.setdefault(key, ([], []))
        indexes.append(index)
        forward.append(source <= target)
    for key, (indexes, ways) in apart.items():
        wanted = bool(ports[port(key[0])] or ports[port(key[1])])
        facts = key, int(grouped.mixes[at]), at, indexes[0], ways[0], False, wanted, True
        yield Group(*facts, (np.array(indexes), np.array(ways)))
