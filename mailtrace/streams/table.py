"""HOT. Which stream every packet of a batch belongs to, and the numbers Wireshark gives to TCP streams (`mixed`).

Only streams on wanted ports, and those that begin like mail, are handed on; the rest are numbered when they begin. A
SYN with another start than the stream had begins a new number, as in Wireshark, which knows nothing of lanes either.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice, repeat
from operator import itemgetter

import numpy as np
from msgspec import Struct

from mailtrace.model import Transport
from mailtrace.packets.columns import Bools, Ints
from mailtrace.streams.grouping import Group, Grouped, PairKey, by_endpoints, groups, places_before
from mailtrace.streams.lanes import NO_LANE, Lanes
from mailtrace.streams.packetrows import Packets, Table
from mailtrace.streams.young import MAIL, NEW, NOBODYS, Beginnings, States, YoungStreams

FLOW_LIMIT = 200_000
"""Streams remembered at a time; beyond that the one silent longest is let go: a SYN flood must not fill memory."""

NUMBERS_LIMIT = 32
"""Stream numbers remembered of one pair of endpoints: as many SYNs as are kept of a stream that has not spoken."""

SYN, ACK = 0x02, 0x10


class Flow(Struct):
    """One pair of endpoints; `mix` is their grouping key, `number` that of their latest TCP stream.

    Where there have been several, `numbers` are the last of them, each with the packet from which on. The starts are
    the first sequence number of each direction, -1 where it has not spoken. Once something is kept, `lane` is the only
    one so far and `last` the numbers of the last packet in it; where there are several, `lanes` knows them. `share` is
    whose work it is, of those who share it.
    """

    transport: Transport
    key: PairKey
    mix: int
    share: int
    number: int = -1
    numbers: list[tuple[int, int]] | None = None
    start_forward: int = -1
    start_backward: int = -1
    lane: int = NO_LANE
    last: list[int] | None = None
    lanes: Lanes | None = None


@dataclass(slots=True)
class Kept:
    """The packets of a batch that are kept, stream after stream: indexes into the segments, and ways.

    The first of `sizes` is how many belong to the first of `flows`, and so on. `earlier` are packets of batches before,
    each with the place of their flow.
    """

    flows: list[Flow]
    sizes: Ints
    members: Ints
    forward: Bools
    earlier: list[tuple[int, Table]]


Begin = tuple[int, bool, Flow]
"""A packet that may begin a stream: index into the segments, whether it goes forward, and whose it is."""


class _States(dict[int, int]):
    """What is known of streams, by their mixed keys."""

    def __missing__(self, mix: int) -> int:
        return NEW


class FlowTable:
    """All streams of one transport; `ports` tells which ports are wanted, `shares` how many share the work on them.

    `evicted` are flows that had to be let go since they were too many, `young` those that have not spoken.
    """

    def __init__(self, transport: Transport, ports: Bools, shares: int) -> None:
        self.evicted: list[Flow] = []
        self.young = YoungStreams()
        self._transport = transport
        self._ports = ports
        self._shares = shares
        self._flows: dict[PairKey, Flow] = {}
        self._states = _States()
        self._next_number = 0

    def sort(self, packets: Packets) -> Kept | None:
        """Number the TCP streams that begin, and return what is kept of the batch, if it has packets."""
        segments = packets.segments
        if not len(segments.row):
            return None
        grouped = by_endpoints(segments)
        source, target = segments.source_port.take(grouped.leader), segments.target_port.take(grouped.leader)
        on_ports = self._ports.take(source) | self._ports.take(target)
        before, states, beginnings = self._judge(packets, grouped, on_ports)
        wanted = on_ports | (states == MAIL)
        chosen = np.flatnonzero(wanted | grouped.opens | (before == NEW) | grouped.mixed_up)
        kept: list[tuple[Flow, Group]] = []
        begins: list[Begin] = []
        opened: dict[int, tuple[Flow, bool]] = {}
        flows = self._flows
        for group in groups(segments, grouped, chosen, wanted, self._ports):
            flow = flows.pop(group.key, None)
            if flow is None:
                # The upper bits of a key are mixed best.
                flow = Flow(self._transport, group.key, group.mix, (group.mix >> 32) % self._shares)
                if not group.from_syn:  # else it is among the SYNs below
                    begins.append((group.leader, group.leads, flow))
            flows[group.key] = flow
            if flow.numbers is not None:
                del flow.numbers[:-NUMBERS_LIMIT]
            if group.wanted:
                kept.append((flow, group))
            if group.apart is not None:
                begins += zip(*(each.tolist() for each in group.apart), repeat(flow))
            elif group.opens:
                opened[group.at] = flow, group.leads
        self._number(packets, begins + _syns(grouped, opened))
        self._let_go()
        return _kept(grouped, beginnings, kept)

    def _judge(self, packets: Packets, grouped: Grouped, on_ports: Bools) -> tuple[States, States, Beginnings | None]:
        """Return what is known of each group before the batch and after it, and where mail begins on other ports."""
        known = map(self._states.__getitem__, grouped.mixes.tolist())
        before = np.fromiter(known, dtype=np.int8, count=len(grouped.mixes))
        states = before.copy()
        beginnings = None
        if packets.transport is Transport.TCP:
            candidates = ~on_ports & ~grouped.mixed_up & (before != MAIL)
            beginnings = self.young.judge(packets, grouped, candidates, states)
        states[states == NEW] = NOBODYS
        changed = np.flatnonzero(states != before)
        self._states.update(zip(grouped.mixes[changed].tolist(), states[changed].tolist(), strict=True))
        return before, states, beginnings

    def _let_go(self) -> None:
        """Forget the flows silent longest, where they are too many."""
        too_many = len(self._flows) - FLOW_LIMIT
        if too_many <= 0:
            return
        gone = [self._flows.pop(key) for key in list(islice(self._flows, too_many))]
        for flow in gone:
            self._states.pop(flow.mix, None)
        self.young.let_go([flow.mix for flow in gone])
        self.evicted += gone

    def _number(self, packets: Packets, begins: list[Begin]) -> None:
        """Give numbers to the streams that begin with any of these packets."""
        begins.sort(key=itemgetter(0))
        segments, index = packets.segments, np.array([index for index, _, _ in begins], dtype=np.int64)
        flags, number = segments.flags.take(index), packets.batch.first_number + segments.row.take(index)
        start = (segments.sequence.take(index) - ((flags & SYN) == 0)) & 0xFFFFFFFF
        answered = np.where(flags & ACK, (segments.acknowledged.take(index) - 1) & 0xFFFFFFFF, -1)
        columns = (number, start, answered, (flags & (SYN | ACK)) == SYN)
        facts = zip(begins, *(column.tolist() for column in columns), strict=True)
        for (_, forward, flow), packet, begun, heard, asks in facts:
            known = flow.start_forward if forward else flow.start_backward
            if flow.number < 0 or (asks and known not in (-1, begun)):
                if flow.number >= 0:
                    flow.numbers = flow.numbers or [(0, flow.number)]
                    flow.numbers.append((packet, self._next_number))
                flow.number = self._next_number
                self._next_number += 1
                flow.start_forward, flow.start_backward = (begun, heard) if forward else (heard, begun)
            elif known < 0 and forward:
                flow.start_forward = begun
            elif known < 0:
                flow.start_backward = begun


def _syns(grouped: Grouped, opened: dict[int, tuple[Flow, bool]]) -> list[Begin]:
    """Return the SYNs of the groups `opened`, each with its flow and whether the first packet went forward."""
    begins = []
    syns = (grouped.opened, grouped.order[grouped.syns], grouped.same[grouped.syns])
    for group, index, same in zip(*(each.tolist() for each in syns), strict=True):
        if group in opened:
            flow, leads = opened[group]
            begins.append((index, same == leads, flow))
    return begins


def _kept(grouped: Grouped, beginnings: Beginnings | None, kept: list[tuple[Flow, Group]]) -> Kept:
    """Return what is kept of each group: all, or from where its mail begins."""
    parts = [(flow, *group.apart) for flow, group in kept if group.apart is not None]
    if parts:
        kept = [each for each in kept if each[1].apart is None]
    at = np.array([group.at for _, group in kept], dtype=np.int64)
    stop = grouped.stop.take(at)
    sizes = stop - grouped.first.take(at)
    earlier: list[tuple[int, Table]] = []
    if beginnings is not None:
        begin = beginnings.at.take(at)
        sizes = np.where(begin < 0, sizes, stop - begin)
        if beginnings.earlier:
            of_group = map(beginnings.earlier.get, at.tolist())
            earlier = [(place, table) for place, table in enumerate(of_group) if table is not None]
    places = places_before(stop, sizes)
    members, forward = grouped.order.take(places), grouped.same.take(places)
    forward = forward == np.repeat(np.array([group.leads for _, group in kept], dtype=np.bool_), sizes)
    if parts:
        sizes = np.append(sizes, [len(indexes) for _, indexes, _ in parts])
        members = np.concatenate((members, *(indexes for _, indexes, _ in parts)))
        forward = np.concatenate((forward, *(ways for _, _, ways in parts)))
    flows = [flow for flow, _ in kept] + [flow for flow, _, _ in parts]
    return Kept(flows, sizes, members, forward, earlier)
