"""HOT. Which stream every packet of a batch belongs to, and the numbers Wireshark gives to TCP streams (`mixed`).

Only streams on wanted ports, and those that begin like mail, are handed on; the rest are numbered when they begin. A
SYN with another start than the stream had begins a new number, as in Wireshark, which knows nothing of lanes either.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from operator import itemgetter

import numpy as np

from mailtrace.model import Transport
from mailtrace.packets.columns import Bools, Ints
from mailtrace.streams.grouping import Group, Grouped, PairKey, by_endpoints, groups
from mailtrace.streams.lanes import NO_LANE, Lanes
from mailtrace.streams.packetrows import Packets, Table
from mailtrace.streams.young import MAIL, NEW, NOBODYS, Beginnings, States, YoungStreams

FLOW_LIMIT = 200_000
"""Streams remembered at a time; beyond that the one silent longest is let go: a SYN flood must not fill memory."""

NUMBERS_LIMIT = 32
"""Stream numbers remembered of one pair of endpoints: as many SYNs as are kept of a stream that has not spoken."""

SYN, ACK = 0x02, 0x10


@dataclass(slots=True)
class Flow:
    """One pair of endpoints; `mix` is their grouping key, `number` that of their latest TCP stream.

    Where there have been several, `numbers` are the last of them, each with the packet from which on. The starts are
    the first sequence number of each direction, -1 where it has not spoken. Once something is kept, `lane` is the only
    one so far and `last` the numbers of the last packet in it; where there are several, `lanes` knows them.
    """

    key: PairKey
    mix: int
    number: int = -1
    numbers: list[tuple[int, int]] | None = None
    start_forward: int = -1
    start_backward: int = -1
    lane: int = NO_LANE
    last: list[int] | None = None
    lanes: Lanes | None = None


@dataclass(slots=True)
class Kept:
    """A stream's packets of a batch that are kept: indexes into the segments, ways, and packets of batches before."""

    transport: Transport
    flow: Flow
    members: Ints
    forward: Bools
    earlier: Table | None = None

    @property
    def size(self) -> int:
        """How many packets there are."""
        return len(self.members) + (0 if self.earlier is None else self.earlier.shape[1])


Begin = tuple[int, bool, Flow]
"""A packet that may begin a stream: index into the segments, whether it goes forward, and whose it is."""


class _States(dict[int, int]):
    """What is known of streams, by their mixed keys."""

    def __missing__(self, mix: int) -> int:
        return NEW


class FlowTable:
    """All streams of one transport; `ports` tells which ports are wanted.

    `evicted` are flows that had to be let go since they were too many, `young` those that have not spoken.
    """

    def __init__(self, ports: Bools) -> None:
        self.evicted: list[Flow] = []
        self.young = YoungStreams()
        self._ports = ports
        self._flows: dict[PairKey, Flow] = {}
        self._states = _States()
        self._next_number = 0

    def sort(self, packets: Packets) -> list[Kept]:
        """Number the TCP streams that begin, and return what is kept of the batch, stream by stream."""
        segments = packets.segments
        if not len(segments.row):
            return []
        grouped = by_endpoints(segments)
        on_ports = self._ports[segments.source_port[grouped.leader]] | self._ports[segments.target_port[grouped.leader]]
        before, states, beginnings = self._judge(packets, grouped, on_ports)
        wanted = on_ports | (states == MAIL)
        chosen = np.flatnonzero(wanted | grouped.opens | (before == NEW) | grouped.mixed_up)
        kept: list[Kept] = []
        begins: list[Begin] = []
        opened: dict[int, tuple[Flow, bool]] = {}
        flows = self._flows
        for group in groups(segments, grouped, chosen, wanted, self._ports):
            flow = flows.pop(group.key, None)
            if flow is None:
                flow = Flow(group.key, group.mix)
                begins.append((int(group.members[0]), bool(group.forward[0]), flow))
            flows[group.key] = flow
            if flow.numbers is not None:
                del flow.numbers[:-NUMBERS_LIMIT]
            if group.wanted:
                kept.append(_kept(packets.transport, flow, group, grouped, beginnings))
            if group.leads is None:
                begins += [
                    (each, way, flow) for each, way in zip(group.members.tolist(), group.forward.tolist(), strict=True)
                ]
            elif group.opens:
                opened[group.at] = flow, group.leads
        self._number(packets, begins + _syns(grouped, opened))
        self._let_go()
        return kept

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
        segments, indexes = packets.segments, np.array([index for index, _, _ in begins], dtype=np.int64)
        columns = (segments.row, segments.flags, segments.sequence, segments.acknowledged)
        facts = zip(begins, *(column[indexes].tolist() for column in columns), strict=True)
        for (_, forward, flow), row, flags, sequence, acknowledged in facts:
            start = sequence if flags & SYN else (sequence - 1) & 0xFFFFFFFF
            known = flow.start_forward if forward else flow.start_backward
            if flow.number < 0 or (known not in (-1, start) and flags & (SYN | ACK) == SYN):
                if flow.number >= 0:
                    flow.numbers = flow.numbers or [(0, flow.number)]
                    flow.numbers.append((packets.batch.first_number + row, self._next_number))
                flow.number = self._next_number
                self._next_number += 1
                answered = (acknowledged - 1) & 0xFFFFFFFF if flags & ACK else -1
                flow.start_forward, flow.start_backward = (start, answered) if forward else (answered, start)
            elif known < 0 and forward:
                flow.start_forward = start
            elif known < 0:
                flow.start_backward = start


def _syns(grouped: Grouped, opened: dict[int, tuple[Flow, bool]]) -> list[Begin]:
    """Return the SYNs of the groups `opened`, each with its flow and whether the first packet went forward."""
    begins = []
    syns = (grouped.opened, grouped.order[grouped.syns], grouped.same[grouped.syns])
    for group, index, same in zip(*(each.tolist() for each in syns), strict=True):
        if group in opened:
            flow, leads = opened[group]
            begins.append((index, same == leads, flow))
    return begins


def _kept(transport: Transport, flow: Flow, group: Group, grouped: Grouped, beginnings: Beginnings | None) -> Kept:
    """Return what is kept of a group: all, or from where its mail begins."""
    begin = -1 if beginnings is None else int(beginnings.at[group.at])
    if beginnings is None or begin < 0:
        return Kept(transport, flow, group.members, group.forward)
    skipped = begin - int(grouped.first[group.at])
    earlier = beginnings.earlier.get(group.at)
    return Kept(transport, flow, group.members[skipped:], group.forward[skipped:], earlier)
