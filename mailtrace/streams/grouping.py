"""HOT. Which packets of a batch belong together: grouped by their two endpoints, whichever way they go (`mixed`).

Each packet gets a 64-bit key that is equal for both directions, and one sort brings the groups together. Most groups of
a busy network are web traffic seen before; only those that matter become objects. Equal keys do not prove equal
endpoints, so every packet is then compared with the first of its group; where a group mixes conversations (a crafted or
unlucky collision), its packets are grouped again one by one by their exact endpoints.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

import numpy as np
import numpy.typing as npt

from mailtrace.model import Endpoint
from mailtrace.packets.columns import Bools, Ints
from mailtrace.packets.decode import Segments

SYN = 0x02

Words = npt.NDArray[np.uint64]
EndpointKey = int
"""Address, port and IP version in one number, small for IPv4: `(address << 16 | port) << 1 | (version is 6)`."""
PairKey = tuple[EndpointKey, EndpointKey]
"""Two endpoints, the lesser first."""

_MIX_A, _MIX_B, _MIX_C = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9))
_SHIFT = np.uint64(29)


@dataclass(slots=True)
class Group:
    """The packets between one pair of endpoints: indexes into the segments, in capture order.

    `mix` is the key they were grouped by; `forward` tells for each whether it came from the lesser endpoint of `key`;
    `wanted` whether a port is one of those asked for, `opens` whether any packet is a SYN.
    """

    key: PairKey
    mix: int
    members: Ints
    forward: Bools
    wanted: bool
    opens: bool


def groups(segments: Segments, ports: Bools, known: Container[int]) -> Iterator[Group]:
    """Yield the groups of a batch that matter, in no order: those on wanted ports, with a SYN, or not known yet.

    `ports` tells for each port whether it is wanted; `known` holds the mixed keys of streams seen before.
    """
    if not len(segments.row):
        return
    keys = _mixed(segments)
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    first = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    stop = np.append(first[1:], len(order))
    leader = order[first]
    leaders = np.repeat(leader, stop - first)
    same = _same_way(segments, order, leaders)
    crossed = ~(same | _other_way(segments, order, leaders))
    apart = np.logical_or.reduceat(crossed, first)
    opens = np.logical_or.reduceat((segments.flags[order] & SYN) != 0, first)
    wanted = ports[segments.source_port[leader]] | ports[segments.target_port[leader]]
    new = np.array([mix not in known for mix in ordered[first].tolist()], dtype=np.bool_)
    chosen = np.flatnonzero(wanted | opens | new | apart)
    columns = (ordered[first], first, stop, wanted, opens, apart)
    facts = zip(*(column[chosen].tolist() for column in columns), endpoints(segments, leader[chosen]), strict=True)
    for mix, begin, end, is_wanted, has_syn, is_crossed, (source, target) in facts:
        members = order[begin:end]
        if is_crossed:
            yield from _one_by_one(segments, members, mix, ports)
        elif source <= target:
            yield Group((source, target), mix, members, same[begin:end], is_wanted, has_syn)
        else:
            yield Group((target, source), mix, members, ~same[begin:end], is_wanted, has_syn)


def endpoints(segments: Segments, chosen: Ints) -> Iterator[tuple[EndpointKey, EndpointKey]]:
    """Yield source and target of each chosen packet."""
    s = segments
    version = (s.version[chosen] == 6).tolist()
    source = (s.source_high[chosen].tolist(), s.source_low[chosen].tolist(), s.source_port[chosen].tolist())
    target = (s.target_high[chosen].tolist(), s.target_low[chosen].tolist(), s.target_port[chosen].tolist())
    return zip(map(_endpoint_key, *source, version), map(_endpoint_key, *target, version), strict=True)


def _endpoint_key(high: int, low: int, port: int, version_6: bool) -> EndpointKey:
    return ((((high << 64) | low) << 16) | port) << 1 | version_6


def port(key: EndpointKey) -> int:
    """Return the port of an endpoint."""
    return (key >> 1) & 0xFFFF


def endpoint(key: EndpointKey) -> Endpoint:
    """Return the endpoint in words: its address as text."""
    return Endpoint(_address_text(key >> 17, bool(key & 1)), port(key))


@lru_cache(maxsize=16_384)
def _address_text(address: int, version_6: bool) -> str:
    return str(IPv6Address(address) if version_6 else IPv4Address(address))


def _mixed(segments: Segments) -> Words:
    source = _side_key(segments.source_high, segments.source_low, segments.source_port)
    target = _side_key(segments.target_high, segments.target_low, segments.target_port)
    keys: Words = (source + target) ^ segments.version.astype(np.uint64)
    return keys


def _side_key(high: Words, low: Words, port: Ints) -> Words:
    key = (high * _MIX_A) ^ (low * _MIX_B) ^ (port.astype(np.uint64) * _MIX_C)
    mixed: Words = (key ^ (key >> _SHIFT)) * _MIX_A
    return mixed


def _same_way(segments: Segments, one: Ints, two: Ints) -> Bools:
    s = segments
    same: Bools = (
        (s.version[one] == s.version[two])
        & (s.source_low[one] == s.source_low[two])
        & (s.source_port[one] == s.source_port[two])
        & (s.target_low[one] == s.target_low[two])
        & (s.target_port[one] == s.target_port[two])
        & (s.source_high[one] == s.source_high[two])
        & (s.target_high[one] == s.target_high[two])
    )
    return same


def _other_way(segments: Segments, one: Ints, two: Ints) -> Bools:
    s = segments
    same: Bools = (
        (s.version[one] == s.version[two])
        & (s.source_low[one] == s.target_low[two])
        & (s.source_port[one] == s.target_port[two])
        & (s.target_low[one] == s.source_low[two])
        & (s.target_port[one] == s.source_port[two])
        & (s.source_high[one] == s.target_high[two])
        & (s.target_high[one] == s.source_high[two])
    )
    return same


def _one_by_one(segments: Segments, members: Ints, mix: int, ports: Bools) -> Iterator[Group]:
    apart: dict[PairKey, tuple[list[int], list[bool]]] = {}
    for index, (source, target) in zip(members.tolist(), endpoints(segments, members), strict=True):
        key = (source, target) if source <= target else (target, source)
        indexes, forward = apart.setdefault(key, ([], []))
        indexes.append(index)
        forward.append(source <= target)
    for key, (indexes, ways) in apart.items():
        wanted = bool(ports[port(key[0])] or ports[port(key[1])])
        yield Group(key, mix, np.array(indexes), np.array(ways), wanted, opens=True)
