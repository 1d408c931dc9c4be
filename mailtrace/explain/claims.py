"""Every packet of a conversation belongs to a step: acknowledgements, repeats and what nobody could read.

The tellers name the packets that carried what they tell. The others are given away here: a bare ACK to the step whose
octets it acknowledges, a packet that repeats octets to the step that said them first, the rest to steps of their own.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from mailtrace.explain.connection import FIN, SYN
from mailtrace.explain.draft import Draft, Scene
from mailtrace.explain.texts import between, counted, packets, seconds, text
from mailtrace.model import Mark, Packet, Side, StepKind
from mailtrace.streams.resent import sent_again

TLS_RECORDS = "RFC 8446 section 5.1"

MAX_REPEATS_TOLD = 3
"""Repeats of one step that are told one by one; more are counted."""


@dataclass(slots=True)
class _Stream:
    """The packets of one side that a step tells, ordered by sequence number; `ends` and `starts` for bisection."""

    starts: list[int] = field(default_factory=list)
    starting: list[Packet] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    ending: list[Packet] = field(default_factory=list)


def end_of(packet: Packet) -> int:
    """Return the sequence number after a packet: SYN and FIN count as one octet each. Source: RFC 9293 section 3.4."""
    return packet.sequence + packet.length + bool(packet.flags & SYN) + bool(packet.flags & FIN)


def claim_rest(drafts: list[Draft], scene: Scene) -> list[Draft]:
    """Give every packet that no draft has to one, and return the drafts that had to be made for it."""
    return _Claims(drafts, scene).claim()


class _Claims:
    """Who owns which packet, and who said which octets."""

    def __init__(self, drafts: list[Draft], scene: Scene) -> None:
        self._scene = scene
        self._drafts = sorted(drafts, key=lambda draft: draft.place)
        self._places = [draft.place for draft in self._drafts]
        self._owners = {number: draft for draft in self._drafts for number in draft.packets}
        self._owned = sorted(self._owners)
        self._streams = {side: self._stream(side) for side in Side}
        self._made: list[Draft] = []

    def claim(self) -> list[Draft]:
        """Give away all packets, in order: those with octets first, for then it is known who is acknowledged."""
        taken = {number for draft in self._drafts for number in (*draft.packets, *draft.acks)}
        rest = [packet for packet in self._scene.conversation.packets if packet.number not in taken]
        probes = [packet for packet in rest if packet.mark is Mark.KEEP_ALIVE]
        for packet in rest:
            if packet.length and packet.mark is not Mark.KEEP_ALIVE:
                self._octets(packet)
        if probes:
            self._made.append(_keep_alive(probes, self._scene))
        self._streams = {side: self._stream(side) for side in Side}
        for packet in rest:
            if not packet.length and packet.mark is not Mark.KEEP_ALIVE:
                self._acknowledgement(packet)
        repeated = [draft for draft in self._drafts if draft.repeats]
        late = {packet.number for packet in sent_again(self._scene.conversation.packets).late} if repeated else set()
        for draft in repeated:
            draft.says += _repeats_told(draft, self._scene, late)
        return self._made

    def _stream(self, side: Side) -> _Stream:
        stream = _Stream()
        told = [p for p in self._scene.conversation.packets if p.side is side and p.number in self._owners]
        stream.starting = sorted((p for p in told if p.length), key=lambda p: (p.sequence, p.number))
        stream.starts = [p.sequence for p in stream.starting]
        stream.ending = sorted(told, key=lambda p: (end_of(p), p.number))
        stream.ends = [end_of(p) for p in stream.ending]
        return stream

    def _acknowledgement(self, packet: Packet) -> None:
        """Give a packet without octets to the step whose octets it acknowledges last, else to the one before it."""
        stream = self._streams[packet.side.other]
        at = bisect_right(stream.ends, packet.acknowledged) - 1
        if at >= 0:
            self._owners[stream.ending[at].number].acks.append(packet.number)
        elif self._drafts:
            self._drafts[max(bisect_right(self._places, packet.number) - 1, 0)].acks.append(packet.number)
        elif self._made:
            self._made[-1].acks.append(packet.number)

    def _octets(self, packet: Packet) -> None:
        """Give a packet with octets to the step that said them, or to one that says they could not be read."""
        stream = self._streams[packet.side]
        at = bisect_right(stream.starts, packet.sequence) - 1
        if at >= 0:
            original = stream.starting[at]
            owner = self._owners[original.number]
            if packet.sequence < end_of(original):
                owner.repeats.append((original.number, packet.number))
                owner.claim(packet.number)
                owner.until_ns = max(owner.until_ns, packet.time_ns)
                return
            if owner.kind is StepKind.CONTENT:
                owner.claim(packet.number)
                return
        if self._made and self._adjacent(self._made[-1].packets[-1], packet.number):
            draft = self._made[-1]
            draft.claim(packet.number)
        else:
            draft = _unread(packet, self._scene)
            self._made.append(draft)
        self._owners[packet.number] = draft
        draft.says = [_amount(draft, self._scene)]

    def _adjacent(self, earlier: int, later: int) -> bool:
        """Tell whether no packet of a step lies between two packets."""
        return bisect_right(self._owned, earlier) == bisect_right(self._owned, later)


def _unread(packet: Packet, scene: Scene) -> Draft:
    """Return the step of octets that nobody told: inside TLS they are records without words."""
    if scene.on_the_wire(packet.number):
        return scene.draft(StepKind.TROUBLE, packet.side, [packet.number], [], [text("unread.meaning")])
    return scene.draft(StepKind.CLOSE, packet.side, [packet.number], [], [text("tls.records.meaning")], TLS_RECORDS)


def _amount(draft: Draft, scene: Scene) -> str:
    octets = dict.fromkeys(Side, 0)
    for number in draft.packets:
        packet = scene.by_number[number]
        octets[packet.side] += packet.length
    return text(
        "unread" if draft.kind is StepKind.TROUBLE else "tls.records",
        client=counted("octets", octets[Side.CLIENT]),
        server=counted("octets", octets[Side.SERVER]),
    )


def _keep_alive(probes: list[Packet], scene: Scene) -> Draft:
    return scene.draft(
        StepKind.TROUBLE,
        probes[0].side,
        [p.number for p in probes],
        [text("keep-alive", probes=counted("packets", len(probes)))],
        [text("keep-alive.meaning")],
        "RFC 9293 section 3.8.4",
    )


def _repeats_told(draft: Draft, scene: Scene, late: set[int]) -> list[str]:
    """Tell which packets were sent again and how long after, one by one or counted; `late` came behind their repeat."""
    if len(draft.repeats) > MAX_REPEATS_TOLD:
        return [text("repeats", packets=counted("packets", len(draft.repeats)))]
    told = []
    for original, again in draft.repeats:
        delay = between(scene.by_number[original].time_ns, scene.by_number[again].time_ns)
        differs = scene.by_number[again].mark is Mark.OVERLAP_CONFLICT
        key = "repeat.other" if differs else "repeat.first" if again in late else "repeat"
        told.append(text(key, again=packets([again]), original=packets([original]), delay=seconds(delay)))
    return told
