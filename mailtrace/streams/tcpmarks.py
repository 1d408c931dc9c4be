"""What Wireshark says about a TCP packet beyond its header: `[TCP Retransmission]`, `[TCP Dup ACK 28#1]` and the like.

These are judgements of a simple model that sees each packet once, in capture order, and remembers per direction the
highest octet seen, the last acknowledgement, the last window and a few times. They are made here as Wireshark 4.0
makes them, so that a packet listing says what a reader's Wireshark says; the tracker's own `Mark`s, which know the
octets themselves, are another matter. As in Wireshark, a number of 0 means "not seen yet".
"""

from __future__ import annotations

from msgspec import Struct, field

from mailtrace.model import Flags
from mailtrace.packets.dissect import TcpHeader
from mailtrace.packets.tcpoptions import window_scale
from mailtrace.streams.seqnum import distance

FLOW_LIMIT = 100_000
"""Connections remembered at a time, about 1 kB each: a port scan opens many. The longest silent one is forgotten."""

FAST_RETRANSMISSION_NS = 20_000_000
"""A repeat this soon after duplicate acknowledgements is a fast retransmission."""

OUT_OF_ORDER_NS = 3_000_000
"""An old segment this soon after the newest was overtaken, not repeated; the handshake's round trip replaces it."""

SCALE_UNKNOWN, SCALE_OFF = -1, -2

TOLD = -1
"""Instead of a number of duplicates: that the other side acknowledged missed octets was told, once is enough.
Wireshark takes it for a large number of duplicates when it looks for fast retransmissions, and so do we."""

# Plain numbers: bits of `IntFlag` cost ten times as much, and this is asked of every packet.
FIN, SYN, RST, ACK = int(Flags.FIN), int(Flags.SYN), int(Flags.RST), int(Flags.ACK)
OPENING_OR_CLOSING = SYN | FIN
SPECIAL = SYN | FIN | RST

(
    ZERO_WINDOW_PROBE_ACK,
    ZERO_WINDOW,
    ZERO_WINDOW_PROBE,
    DUPLICATE_ACK,
    KEEP_ALIVE_ACK,
    KEEP_ALIVE,
    WINDOW_FULL,
    WINDOW_UPDATE,
    ACKED_UNSEEN,
    PREVIOUS_MISSING,
    OUT_OF_ORDER,
    SPURIOUS_RETRANSMISSION,
    FAST_RETRANSMISSION,
    RETRANSMISSION,
    PORTS_REUSED,
) = (1 << bit for bit in range(15))
"""What the model notices about a packet: bits of its signs."""

TEXTS = {
    ZERO_WINDOW_PROBE_ACK: "[TCP ZeroWindowProbeAck]",
    ZERO_WINDOW: "[TCP ZeroWindow]",
    ZERO_WINDOW_PROBE: "[TCP ZeroWindowProbe]",
    DUPLICATE_ACK: "[TCP Dup ACK {first}#{count}]",
    KEEP_ALIVE_ACK: "[TCP Keep-Alive ACK]",
    KEEP_ALIVE: "[TCP Keep-Alive]",
    WINDOW_FULL: "[TCP Window Full]",
    WINDOW_UPDATE: "[TCP Window Update]",
    ACKED_UNSEEN: "[TCP ACKed unseen segment]",
    PREVIOUS_MISSING: "[TCP Previous segment not captured]",
    OUT_OF_ORDER: "[TCP Out-Of-Order]",
    SPURIOUS_RETRANSMISSION: "[TCP Spurious Retransmission]",
    FAST_RETRANSMISSION: "[TCP Fast Retransmission]",
    RETRANSMISSION: "[TCP Retransmission]",
    PORTS_REUSED: "[TCP Port numbers reused]",
}
"""The signs in the order in which Wireshark puts them before a packet's description."""

REPEATS = RETRANSMISSION | SPURIOUS_RETRANSMISSION | FAST_RETRANSMISSION


class Place(Struct, frozen=True, gc=False):
    """Who sent a packet to whom: address octets and port of source and destination."""

    source: bytes
    source_port: int
    destination: bytes
    destination_port: int


class TcpView(Struct, frozen=True, gc=False):
    """A packet's numbers as shown: relative to the connection's start, the window scaled.

    `acknowledged` is None without ACK. `sack_base` is what SACK edges are relative to. `marks` are Wireshark's remarks,
    in its order; `repeats` tells that they call it a retransmission.
    """

    sequence: int
    acknowledged: int | None
    window: int
    sack_base: int
    marks: tuple[str, ...]
    repeats: bool


class _Way(Struct):
    """One direction of a connection. `newest` is the highest sequence number seen, one past the last octet."""

    base: int | None = None
    newest: int = 0
    newest_ns: int = 0
    in_order: int = 0  # up to here the other side may acknowledge without anything being missed
    acknowledged: int = 0
    last_ns: int = 0
    last_signs: int = 0
    window: int = -1  # nothing seen yet
    scale: int = SCALE_UNKNOWN
    unscaled: bool = False  # its only packets so far are SYNs, whose windows are never scaled
    duplicates: int = 0  # or TOLD
    first_of_duplicates: int = 0


class _Flow(Struct):
    """A connection: `[way of the lesser endpoint, way of the other]`, and the times its handshake took."""

    ways: tuple[_Way, _Way] = field(default_factory=lambda: (_Way(), _Way()))
    syn_ns: int | None = None
    round_trip_ns: int = 0


class _Seen(Struct, gc=False):
    """The packet at hand, with what the rules ask of it again and again."""

    number: int
    time_ns: int
    header: TcpHeader
    length: int
    special: bool
    opening_or_closing: bool

    @property
    def end(self) -> int:
        """The sequence number behind its last octet, SYN and FIN not counted."""
        return (self.header.sequence + self.length) & 0xFFFFFFFF


class TcpMarks:
    """The model of all connections of a capture: show it every TCP packet, in order."""

    def __init__(self) -> None:
        self._flows: dict[tuple[bytes, int, bytes, int], _Flow] = {}

    def see(self, number: int, time_ns: int, place: Place, header: TcpHeader) -> TcpView:
        """Take in one packet and return how Wireshark shows it."""
        flow, mine = self._flow(place)
        signs = 0
        flags = header.flags
        if flags & SYN:
            flow, signs = self._reuse(flow, mine, place, header)
        ours, theirs = flow.ways[mine], flow.ways[1 - mine]
        if header.length is None:
            return TcpView(header.sequence, header.acknowledged, header.window, 0, (), False)
        _set_bases(ours, theirs, header)
        seen = _Seen(number, time_ns, header, header.length, bool(flags & SPECIAL), bool(flags & OPENING_OR_CLOSING))
        signs |= _judge(seen, flow, ours, theirs)
        scaled = ours.scale > 0 and not flags & SYN
        view = TcpView(
            sequence=(header.sequence - (ours.base or 0)) & 0xFFFFFFFF,
            acknowledged=(header.acknowledged - (theirs.base or 0)) & 0xFFFFFFFF if flags & ACK else None,
            window=header.window << ours.scale if scaled else header.window,
            sack_base=theirs.base or 0,
            marks=_texts(signs, ours) if signs else (),
            repeats=bool(signs & REPEATS),
        )
        _learn_handshake(seen, flow, ours, theirs)
        return view

    def _flow(self, place: Place) -> tuple[_Flow, int]:
        """Return the connection and which of its two ways the packet goes."""
        key = (place.source, place.source_port, place.destination, place.destination_port)
        mine = 0
        if key[:2] > key[2:]:
            key, mine = (*key[2:], *key[:2]), 1
        flow = self._flows.pop(key, None)
        if flow is None:
            flow = _Flow()
            if len(self._flows) >= FLOW_LIMIT:
                self._flows.pop(next(iter(self._flows)))
        self._flows[key] = flow  # last again: the first is the longest silent
        return flow, mine

    def _reuse(self, flow: _Flow, mine: int, place: Place, header: TcpHeader) -> tuple[_Flow, int]:
        """Start afresh when a SYN with another sequence number shows that the ports are used again."""
        ours = flow.ways[mine]
        if ours.base is None or ours.base == header.sequence:
            if ours.base is not None and not header.flags & ACK:
                ours.newest = ours.in_order  # what a stray RST put there does not count
            return flow, 0
        if header.flags & ACK:
            ours.base = header.sequence
            return flow, PORTS_REUSED
        fresh = _Flow()
        self._flows[next(reversed(self._flows))] = fresh
        return fresh, PORTS_REUSED


def _set_bases(ours: _Way, theirs: _Way, header: TcpHeader) -> None:
    """Remember where relative numbers start: at the SYN, or as if it had come just before."""
    if ours.base is None:
        ours.base = header.sequence if header.flags & SYN else (header.sequence - 1) & 0xFFFFFFFF
    if theirs.base is None and header.flags & ACK:
        theirs.base = (header.acknowledged - 1) & 0xFFFFFFFF


def _judge(seen: _Seen, flow: _Flow, ours: _Way, theirs: _Way) -> int:
    """Compare a packet with what was seen before it, then remember it."""
    signs = _forward_signs(seen, ours, theirs)
    if seen.header.acknowledged != ours.acknowledged:
        ours.first_of_duplicates = seen.number
        ours.duplicates = 0
    signs |= _acked_unseen(seen, theirs)
    if (seen.length or seen.opening_or_closing) and not signs & KEEP_ALIVE:
        signs |= _repeat_signs(seen, flow, ours, theirs)
    _remember(seen, signs, ours)
    return signs


def _forward_signs(seen: _Seen, ours: _Way, theirs: _Way) -> int:
    """Return what the sequence number and the window tell."""
    header = seen.header
    at_newest = header.sequence == ours.newest
    if seen.length == 1 and at_newest and theirs.window == 0:
        return ZERO_WINDOW_PROBE
    signs = 0
    if header.window == 0 and not seen.special:
        signs |= ZERO_WINDOW
    if ours.newest and distance(ours.newest, header.sequence) > 0 and not header.flags & RST:
        signs |= PREVIOUS_MISSING
    if seen.special:
        return signs
    if seen.length <= 1 and header.sequence == (ours.newest - 1) & 0xFFFFFFFF:
        signs |= KEEP_ALIVE
    if seen.length:
        return signs | (WINDOW_FULL if _fills_window(seen, theirs) else 0)
    if at_newest and header.acknowledged == ours.acknowledged:
        signs |= _same_again(header.window, ours, theirs)
    return signs


def _same_again(window: int, ours: _Way, theirs: _Way) -> int:
    """Return what an empty packet means that repeats the sequence and acknowledgement numbers of the one before."""
    if window != ours.window:
        return WINDOW_UPDATE if window else 0
    if not window:
        return ZERO_WINDOW_PROBE_ACK if theirs.last_signs & ZERO_WINDOW_PROBE else 0
    if theirs.last_signs & KEEP_ALIVE:
        return KEEP_ALIVE_ACK
    ours.duplicates = 1 if ours.duplicates == TOLD else ours.duplicates + 1
    return DUPLICATE_ACK


def _fills_window(seen: _Seen, theirs: _Way) -> bool:
    """Whether the data end exactly where the receiver's window ends; unknown scaling tells nothing."""
    if theirs.scale == SCALE_UNKNOWN:
        return False
    shift = 0 if theirs.unscaled else max(theirs.scale, 0)
    return seen.end == (theirs.acknowledged + (theirs.window << shift)) & 0xFFFFFFFF


def _acked_unseen(seen: _Seen, theirs: _Way) -> int:
    """Tell, once, that octets are acknowledged that were not captured."""
    if not seen.header.flags & ACK or not theirs.in_order:
        return 0
    if distance(theirs.in_order, seen.header.acknowledged) <= 0:
        return 0
    if distance(theirs.in_order, theirs.newest) > 0:
        theirs.in_order = theirs.newest
        return ACKED_UNSEEN
    told, theirs.duplicates = theirs.duplicates != 0, TOLD
    return 0 if told else ACKED_UNSEEN


def _repeat_signs(seen: _Seen, flow: _Flow, ours: _Way, theirs: _Way) -> int:
    """Tell repeated octets from overtaken ones: by what was acknowledged, by how soon they come."""
    sequence = seen.header.sequence
    if seen.length and theirs.acknowledged and distance(theirs.acknowledged, seen.end) <= 0:
        return SPURIOUS_RETRANSMISSION
    after_probe = seen.length > 1 and sequence == (ours.newest - 1) & 0xFFFFFFFF
    if not ours.newest or distance(ours.newest, sequence) >= 0 or after_probe:
        return 0
    asked_for = theirs.acknowledged == sequence and (theirs.duplicates >= 2 or theirs.duplicates == TOLD)
    if asked_for and 0 <= seen.time_ns - theirs.last_ns < FAST_RETRANSMISSION_NS:
        return FAST_RETRANSMISSION
    soon = 0 <= seen.time_ns - ours.newest_ns < (flow.round_trip_ns or OUT_OF_ORDER_NS)
    ends_at_newest = (seen.end + (1 if seen.opening_or_closing else 0)) & 0xFFFFFFFF == ours.newest
    if soon and not ends_at_newest:
        return OUT_OF_ORDER
    return RETRANSMISSION


def _remember(seen: _Seen, signs: int, ours: _Way) -> None:
    """Keep what later packets are compared with."""
    extra = 1 if seen.opening_or_closing else 0
    following = (seen.end + extra) & 0xFFFFFFFF
    ahead = distance(ours.newest, following)
    if not signs & ZERO_WINDOW_PROBE:
        if not ours.newest or ahead > 0:
            ours.newest, ours.newest_ns = following, seen.time_ns
        if not ours.in_order or seen.header.sequence == ours.in_order:
            ours.in_order = ours.newest
    ours.window = seen.header.window
    ours.acknowledged = seen.header.acknowledged
    ours.last_ns = seen.time_ns
    ours.last_signs = signs


def _learn_handshake(seen: _Seen, flow: _Flow, ours: _Way, theirs: _Way) -> None:
    """Take window scaling and the round trip from the handshake. Source: RFC 7323 section 2.2."""
    header = seen.header
    opening = header.flags & (SYN | ACK)
    if opening & SYN:
        shift = window_scale(header.options)
        if shift is not None:
            ours.scale = shift
        ours.unscaled = True
        if ours.scale == SCALE_UNKNOWN:
            ours.scale = theirs.scale = SCALE_OFF
        elif opening & ACK and theirs.scale == SCALE_OFF:
            ours.scale = SCALE_OFF
        if not opening & ACK:
            flow.syn_ns = seen.time_ns
    elif opening == ACK:
        ours.unscaled = False
        if flow.syn_ns is not None and not flow.round_trip_ns:
            flow.round_trip_ns = seen.time_ns - flow.syn_ns


def _texts(signs: int, ours: _Way) -> tuple[str, ...]:
    values = {"first": ours.first_of_duplicates, "count": ours.duplicates}
    return tuple(text.format_map(values) for sign, text in TEXTS.items() if sign & signs)
