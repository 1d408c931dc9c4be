"""What the packets tell of the time that the network took: set-up, way, losses, and sides that wait for each other.

A silence that a repeated packet ends was a loss. One that a bare acknowledgement ends, upon which the sender goes on at
once with little more to say, was a delayed ACK: the sender keeps back what does not fill a packet while anything is not
acknowledged (Nagle), and the receiver waits for more before it acknowledges. One that an acknowledgement of nothing new
ends was a receiver without room, which now tells that it has some.

Source: RFC 9293 sections 3.5 and 3.8.6, RFC 9293 section 3.7.4, RFC 5681 section 4.2.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from mailtrace.model import Confidence, Flags, Mark, Packet, Side, Wait, WaitKind
from mailtrace.streams.resent import sent_again
from mailtrace.streams.roundtrip import MOST_TRIES, SYN_AGAIN_NS

SYN, ACK, FIN, RST = int(Flags.SYN), int(Flags.ACK), int(Flags.FIN), int(Flags.RST)

STALL_NS = 20_000_000
"""Silences shorter than this are nobody's fault: timers of TCP are longer."""

DELAYED_ACK_NS = 600_000_000
"""Nobody delays an acknowledgement longer: half a second is the most. Source: RFC 5681 section 4.2."""

AT_ONCE_NS = 5_000_000
"""Who waited for an acknowledgement only, goes on so soon after it."""

SMALL_SEGMENT = 536
"""Octets of a segment that Nagle may keep back whatever segments are used. Source: RFC 9293 section 3.7.1."""

WAY_NS = 30_000_000
"""A way there and back shorter than this is not told apart from thinking: that of a whole country takes so long."""

RETRY = "retry"
"""What a client waits for that was refused: to connect again."""

WAITING = {
    Side.CLIENT: frozenset({WaitKind.CLIENT}),
    Side.SERVER: frozenset({WaitKind.SERVER, WaitKind.LOGIN_REFUSED, WaitKind.GREETING}),
}
"""Waits for a side that begin when the other one has spoken."""


def setting_up(packets: Sequence[Packet]) -> Iterator[Wait]:
    """Yield the handshake: each time without an answer until it was tried again, and the time that brought one.

    Between a refusal and another try it is the client that waits.
    """
    before: Packet | None = None
    granted = False
    tries = sum(1 for packet in packets[:MOST_TRIES] if packet.flags & SYN and packet.side is Side.CLIENT)
    for packet in packets:
        asks = bool(packet.flags & SYN)
        if before is None:
            if not asks:
                return
            tries -= 1
        elif before.flags & RST:
            if not asks or packet.side is not Side.CLIENT:
                return
            yield _between(WaitKind.CLIENT, before, packet, RETRY, Side.CLIENT)
            granted = False
        else:
            again = asks and (packet.side is before.side or granted or (tries > 0 and _is_late(before, packet)))
            tries -= packet.side is Side.CLIENT
            kind = WaitKind.CONNECT_AGAIN if again else WaitKind.CONNECT
            yield _between(kind, before, packet)
        if not asks and packet.side is Side.CLIENT:
            return
        granted = granted or packet.side is Side.SERVER
        before = packet


def _is_late(asked: Packet, granted: Packet) -> bool:
    """Tell whether an answer to a SYN came so late that it is rather one to a later SYN, captured behind it."""
    return granted.time_ns - asked.time_ns >= SYN_AGAIN_NS


def on_the_way(tiles: Sequence[Wait], spoken: Container[int], ways: tuple[int, int]) -> Iterator[Wait]:
    """Yield of each wait for a side the time that words take to travel to it and back, where that matters.

    `spoken` are the times at which somebody spoke: only waits that begin there begin with the way.
    """
    for side in Side:
        way = ways[side]
        if way < WAY_NS:
            continue
        for tile in tiles:
            if tile.side is side and tile.kind in WAITING[side] and tile.start_ns in spoken:
                took = min(way, tile.duration_ns)
                yield Wait(WaitKind.NETWORK, tile.start_ns, took, tile.packets[:1], Confidence.LIKELY, "", side)


def losses(packets: Sequence[Packet]) -> Iterator[Wait]:
    """Yield the times in which nothing new came, ended by a packet that had to be sent again.

    What was acknowledged before is not missing, unless it is a SYN: who repeats that has not got the acknowledgement,
    so that this was lost. A SYN after a refusal is a new try.
    """
    if all(packet.mark is Mark.NONE for packet in packets):
        return
    resent = {packet.number for packet in sent_again(packets).resent}
    acknowledged, confirmed_by = [0, 0], [0, 0]
    sent: tuple[dict[int, int], dict[int, int]] = ({}, {})
    newest: Packet | None = None
    for packet in packets:
        refused = newest is not None and newest.flags & RST
        side, counted = packet.side, packet.length + bool(packet.flags & (SYN | FIN))
        tried_again = packet.mark is Mark.RETRANSMISSION and packet.flags & SYN and not refused
        repeat = packet.number in resent or tried_again
        again = repeat or packet.mark in (Mark.RETRANSMISSION, Mark.OUT_OF_ORDER)
        missing = packet.sequence + counted > acknowledged[side]
        if repeat and (missing or packet.flags & SYN) and newest is not None:
            took = packet.time_ns - newest.time_ns
            if took >= STALL_NS:
                lost = sent[side].get(packet.sequence, newest.number) if missing else confirmed_by[side]
                whose = Side(side if missing else 1 - side)
                yield Wait(WaitKind.LOSS, newest.time_ns, took, (lost, packet.number), side=whose)
        confirms = packet.flags & ACK and packet.acknowledged > acknowledged[1 - side]
        if confirms:
            acknowledged[1 - side], confirmed_by[1 - side] = packet.acknowledged, packet.number
        if counted:
            sent[side].setdefault(packet.sequence, packet.number)
        if newest is None or confirms or (counted and not again):
            newest = packet


def stalls(packets: Sequence[Packet], ways: tuple[int, int]) -> Iterator[Wait]:
    """Yield the silences within what one side says in which it waited for the other's acknowledgement."""
    acknowledged, largest = [0, 0], [SMALL_SEGMENT, SMALL_SEGMENT]
    speaker: Side | None = None
    for index, packet in enumerate(packets):
        side = packet.side
        before = packets[index - 1] if index else packet
        gap = packet.time_ns - before.time_ns
        if gap >= STALL_NS + ways[side] and speaker is not None:
            kind = _stall(packets, index, speaker, gap, acknowledged[speaker], largest[speaker])
            if kind is not None:
                until = packets[index + 1].number if index + 1 < len(packets) else packet.number
                proof = (before.number, packet.number, until)
                yield Wait(kind, before.time_ns, gap, proof, Confidence.LIKELY, "", Side(side))
        if packet.length and packet.mark is not Mark.KEEP_ALIVE:
            speaker = Side(side)
            largest[side] = max(largest[side], packet.length)
        if packet.flags & ACK and packet.acknowledged > acknowledged[1 - side]:
            acknowledged[1 - side] = packet.acknowledged


def _stall(
    packets: Sequence[Packet], index: int, speaker: Side, gap: int, acknowledged: int, largest: int
) -> WaitKind | None:
    """Return why a silence before a packet was, None where neither side waited for the other's acknowledgement."""
    packet = packets[index]
    if packet.mark is Mark.KEEP_ALIVE:
        return WaitKind.WINDOW if packet.side is speaker else None
    bare = packet.flags & ACK and not packet.length and not packet.flags & (SYN | FIN | RST)
    if not bare or packet.side is speaker or index + 1 == len(packets):
        return None
    following = packets[index + 1]
    at_once = following.time_ns - packet.time_ns <= AT_ONCE_NS
    if not at_once or following.side is not speaker or not following.length or following.mark is not Mark.NONE:
        return None
    if packet.acknowledged > acknowledged:
        return WaitKind.DELAYED_ACK if gap <= DELAYED_ACK_NS and following.length < largest else None
    return WaitKind.WINDOW


def _between(kind: WaitKind, first: Packet, second: Packet, about: str = "", side: Side | None = None) -> Wait:
    took = max(0, second.time_ns - first.time_ns)
    return Wait(kind, first.time_ns, took, (first.number, second.number), about=about, side=side)
