"""What the packets tell of a walkthrough: who sent which, when, and to which conversation it belongs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mailtrace.explain.waits.said import LATE_NS
from mailtrace.model import NO_TIME, Analysis, Conversation, Flags, Packet, Side, StepKind, Walkthrough


class Wire:
    """The packets of a walkthrough; times are counted as its steps count them."""

    def __init__(self, analysis: Analysis, walkthrough: Walkthrough) -> None:
        """Find the packets, and from when the steps count."""
        self.numbers = {number for step in walkthrough.steps for number in (*step.packets, *step.acks)}
        self._held: dict[int, tuple[Conversation, Packet]] = {}
        first, last = min(self.numbers, default=0), max(self.numbers, default=0)
        for conversation in analysis.conversations:
            if conversation.numbers and conversation.numbers[0] <= last and conversation.numbers[-1] >= first:
                for packet in conversation.packets:
                    if packet.number in self.numbers:
                        self._held[packet.number] = conversation, packet
        self.start_ns = self._begins(walkthrough)

    def _begins(self, walkthrough: Walkthrough) -> int:
        for step in walkthrough.steps:
            held = self._held.get(step.packets[0]) if step.packets and step.kind is not StepKind.TROUBLE else None
            if held is not None and held[1].time_ns != NO_TIME:
                return held[1].time_ns - step.offset_ns
        return NO_TIME

    def conversation(self, packets: Iterable[int]) -> Conversation | None:
        """Return the conversation to which packets belong, None where that is not known."""
        return next((self._held[number][0] for number in packets if number in self._held), None)

    def opened(self, packets: Iterable[int]) -> bool:
        """Tell whether the connection that packets ask for was opened: somebody said something, or agreed to it."""
        conversation = self.conversation(packets)
        found = conversation.packets if conversation is not None else ()
        return any(packet.length or (packet.side is Side.SERVER and packet.flags & Flags.SYN) for packet in found)

    def side(self, number: int) -> Side | None:
        """Return which side of its conversation sent a packet, None where that is not known."""
        held = self._held.get(number)
        return held[1].side if held is not None else None

    def by(self, side: Side, packets: Iterable[int]) -> tuple[int, ...]:
        """Return the packets that a side sent."""
        return tuple(number for number in packets if self.side(number) is side)

    def flags(self, packets: Iterable[int]) -> Flags:
        """Return all control bits that packets have, together."""
        found = Flags(0)
        for number in packets:
            held = self._held.get(number)
            found |= Flags(held[1].flags) if held is not None else Flags(0)
        return found

    def offset(self, number: int, otherwise_ns: int) -> int:
        """Return when a packet came."""
        held = self._held.get(number)
        if held is None or NO_TIME in (held[1].time_ns, self.start_ns):
            return otherwise_ns
        return held[1].time_ns - self.start_ns

    def runs(self, packets: Sequence[int]) -> list[tuple[int, ...]]:
        """Return packets in groups, a new one wherever there was a pause."""
        groups: list[list[int]] = []
        before = 0
        for number in packets:
            at = self.offset(number, before)
            if groups and at - before < LATE_NS:
                groups[-1].append(number)
            else:
                groups.append([number])
            before = at
        return [tuple(group) for group in groups]
