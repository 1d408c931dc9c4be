"""HOT. Which stream every packet of a batch belongs to, and the numbers Wireshark gives to TCP streams (`mixed`).

Only streams on wanted ports are handed on; the rest are numbered when they begin. A SYN with another start than the
stream had begins a new number, as in Wireshark.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mailtrace.packets.columns import Bools
from mailtrace.packets.decode import Segments
from mailtrace.streams.grouping import Group, PairKey, groups

FLOW_LIMIT = 200_000
"""Streams remembered at a time; beyond that the one silent longest is let go: a SYN flood must not fill memory."""

SYN, ACK = 0x02, 0x10


@dataclass(slots=True)
class Flow:
    """One pair of endpoints; `mix` is their grouping key, `number` that of their latest TCP stream.

    `numbers` are the stream numbers begun in this batch, as (index in the batch's segments, number); the starts are the
    first sequence number of each direction, -1 where it has not spoken.
    """

    key: PairKey
    mix: int
    number: int = -1
    numbers: list[tuple[int, int]] | None = None
    start_forward: int = -1
    start_backward: int = -1


class FlowTable:
    """All streams of one transport; `ports` tells which ports are wanted, `evicted` which flows had to be let go."""

    def __init__(self, ports: Bools) -> None:
        self.evicted: list[PairKey] = []
        self._flows: dict[PairKey, Flow] = {}
        self._ports = ports
        self._known: set[int] = set()
        self._next_number = 0

    def sort(self, segments: Segments) -> list[tuple[Flow, Group]]:
        """Number the TCP streams that begin, and return the wanted streams of the batch with their packets."""
        found: list[tuple[Flow, Group]] = []
        begins: list[tuple[int, bool, Flow]] = []
        flows = self._flows
        for group in groups(segments, self._ports, self._known):
            flow = flows.pop(group.key, None)
            if flow is None:
                flow = Flow(group.key, group.mix)
                begins.append((int(group.members[0]), bool(group.forward[0]), flow))
                self._known.add(group.mix)
            flows[group.key] = flow
            flow.numbers = None
            if group.wanted:
                found.append((flow, group))
            if group.opens:
                opens = np.flatnonzero(segments.flags[group.members] & SYN)
                for index, forward in zip(group.members[opens].tolist(), group.forward[opens].tolist(), strict=True):
                    begins.append((index, forward, flow))
        self._number(segments, begins)
        while len(flows) > FLOW_LIMIT:
            flow = flows.pop(next(iter(flows)))
            self._known.discard(flow.mix)
            self.evicted.append(flow.key)
        return found

    def _number(self, segments: Segments, begins: list[tuple[int, bool, Flow]]) -> None:
        for index, forward, flow in sorted(begins, key=lambda begin: begin[0]):
            flags, sequence = int(segments.flags[index]), int(segments.sequence[index])
            start = sequence if flags & SYN else (sequence - 1) & 0xFFFFFFFF
            known = flow.start_forward if forward else flow.start_backward
            if flow.number < 0 or (known not in (-1, start) and flags & (SYN | ACK) == SYN):
                flow.number = self._next_number
                self._next_number += 1
                flow.numbers = [*(flow.numbers or ()), (index, flow.number)]
                answered = (int(segments.acknowledged[index]) - 1) & 0xFFFFFFFF if flags & ACK else -1
                flow.start_forward, flow.start_backward = (start, answered) if forward else (answered, start)
            elif known < 0 and forward:
                flow.start_forward = start
            elif known < 0:
                flow.start_backward = start
