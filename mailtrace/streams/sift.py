"""HOT. A batch of frames is sifted: what may be mail is kept, stream by stream, the rest is counted (`mixed`).

What is kept of a batch, `Rows`, is small and plain, so that it can be made in one process and understood in another.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np
from msgspec import Struct, field

from mailtrace.model import NO_TIME, Note, RawBatch, Transport
from mailtrace.packets.columns import Bools, Ints, Octets
from mailtrace.packets.decode import Decoded, Decoder
from mailtrace.streams.copies import Copies
from mailtrace.streams.grouping import PairKey
from mailtrace.streams.lanes import LANE_LINES, LEFT_OUT, NO_LANE, SEVERAL, Lanes
from mailtrace.streams.packetrows import CAPTURED, LANE, LINES, NUMBER, PAYLOAD_AT, ROW_LINES, Packets, Table
from mailtrace.streams.table import Flow, FlowTable, Kept
from mailtrace.streams.tracker import Row

KEY_BYTES = 19
"""Octets of one endpoint's key: address, port and version."""

PAIR_BYTES = 2 * KEY_BYTES

ROW = struct.Struct(f"{ROW_LINES}q")
"""A packet in the table of `Rows`."""

NOTED_COPIES = 10
"""Packets captured twice that are named; the others are counted."""


class StreamRows(Struct, array_like=True, gc=False):
    """The next `count` rows belong to one pair of endpoints.

    `pair` are the endpoints (see `pair_of`), with a number behind them where one of several conversations that run in
    different lanes is meant. `numbers` are the TCP stream numbers that hold, each with the packet from which on.
    """

    transport: Transport
    pair: bytes
    count: int
    numbers: list[tuple[int, int]]

    def number_at(self, packet: int) -> int | None:
        """Return the stream number that holds at a packet; None for UDP."""
        for begun, number in reversed(self.numbers):
            if begun <= packet:
                return number
        return None


class Rows(Struct, array_like=True):
    """Packets that may be mail, stream after stream: each nine numbers of int64 over `buffer`.

    `evicted` are streams let go because too many were open.
    """

    streams: list[StreamRows]
    table: bytes
    buffer: bytes
    evicted: list[tuple[Transport, bytes]]

    def by_stream(self) -> Iterator[tuple[StreamRows, list[Row]]]:
        """Yield each stream with its packets as rows for its tracker, made when they are wanted: few at a time."""
        table, start = memoryview(self.table), 0
        for stream in self.streams:
            stop = start + stream.count * ROW.size
            yield stream, list(ROW.iter_unpack(table[start:stop]))
            start = stop


class Totals(Struct):
    """What was seen so far: `other` counts, by name, the packets that are not kept.

    `cut` counts packets of which only the beginning was captured, `evictions` streams let go early; `copies` are the
    first of the packets that were captured twice.
    """

    packets: int = 0
    bytes: int = 0
    first_ns: int | None = None
    last_ns: int | None = None
    other: dict[str, int] = field(default_factory=Counter)
    copies: list[int] = field(default_factory=list)
    evictions: int = 0
    cut: int = 0


class Sifter:
    """Sifts batches in capture order; ports are those of servers wanted.

    What is kept comes in `shares`, each with all packets of its streams, for as many to understand at a time.
    """

    def __init__(self, tcp_ports: Iterable[int], udp_ports: Iterable[int], shares: int = 1) -> None:
        self.totals = Totals()
        self._shares = shares
        self._udp_ports = _ports(udp_ports)
        self._decoder = Decoder()
        self._tables = {
            transport: FlowTable(transport, ports, shares)
            for transport, ports in ((Transport.TCP, _ports(tcp_ports)), (Transport.UDP, self._udp_ports))
        }
        self._copies = Copies()

    def sift(self, batch: RawBatch) -> list[Rows]:
        """Return what is kept of the next batch, by share."""
        decoded = self._decoder.decode(batch)
        flows, sizes, table = self._kept(batch, decoded)
        if self._shares > 1:
            flows, sizes, table = _by_share(flows, sizes, table)
        payloads = _moved_together(decoded.buffer, table)
        copies = self._copies.among(table, payloads, batch.first_number + len(batch.start) - 1)
        numbers = np.sort(table[NUMBER, copies]).tolist()
        if numbers:
            decoded.other["duplicate packet"] += len(numbers)
            table, sizes = _without(table, sizes, copies)
        streams, table, left_out = _streams(flows, sizes, table)
        decoded.other["in too many lanes"] += left_out
        self._count(batch, decoded, numbers)
        return self._rows(streams, table, payloads)

    def _count(self, batch: RawBatch, decoded: Decoded, copies: list[int]) -> None:
        totals = self.totals
        totals.packets += len(batch.start)
        totals.cut += int(np.count_nonzero(batch.captured < batch.wire))
        totals.bytes += int(batch.wire.sum())
        for name, count in decoded.other.items():
            totals.other[name] += count
        totals.copies = sorted(totals.copies + copies)[:NOTED_COPIES]
        known = batch.time_ns[batch.time_ns != NO_TIME]
        if len(known):
            first_ns, last_ns = int(known.min()), int(known.max())
            totals.first_ns = first_ns if totals.first_ns is None else min(first_ns, totals.first_ns)
            totals.last_ns = last_ns if totals.last_ns is None else max(last_ns, totals.last_ns)

    def _rows(self, streams: list[tuple[Flow, StreamRows]], table: Table, payloads: bytes) -> list[Rows]:
        """Return the rows of each share, with its part of the payloads."""
        evicted = self._evicted()
        self.totals.evictions += sum(map(len, evicted))
        if self._shares == 1:
            return [Rows([stream for _, stream in streams], table[:ROW_LINES].T.tobytes(), payloads, evicted[0])]
        rows, start = [], 0
        for share in range(self._shares):
            its = [stream for flow, stream in streams if flow.share == share]
            stop = start + sum(stream.count for stream in its)
            part = table[:ROW_LINES, start:stop].T.copy()
            first, last = _extent(part)
            part[:, PAYLOAD_AT] -= first
            rows.append(Rows(its, part.tobytes(), payloads[first:last], evicted[share]))
            start = stop
        return rows

    def _evicted(self) -> list[list[tuple[Transport, bytes]]]:
        """Return, by share, the streams let go since the last call."""
        evicted: list[list[tuple[Transport, bytes]]] = [[] for _ in range(self._shares)]
        for transport, table in self._tables.items():
            for flow in table.evicted:
                evicted[flow.share] += [(transport, pair) for pair in _pairs(flow)]
            table.evicted.clear()
        return evicted

    def notes(self) -> list[Note]:
        """Return what was odd about the packets below the transports so far."""
        return self._decoder.notes()

    def _kept(self, batch: RawBatch, decoded: Decoded) -> tuple[list[Flow], Ints, Table]:
        """Return the streams that are kept, how many packets each has, and the table of these, stream after stream."""
        other, octets, udp = decoded.other, Octets(decoded.buffer), decoded.udp
        on_ports = self._udp_ports.take(udp.source_port) | self._udp_ports.take(udp.target_port)
        other["udp"] += len(on_ports) - int(on_ports.sum())
        flows: list[Flow] = []
        sizes = [np.zeros(0, dtype=np.int64)]
        tables = [np.zeros((LINES, 0), dtype=np.int64)]
        for transport, segments in ((Transport.TCP, decoded.tcp), (Transport.UDP, udp.only(np.flatnonzero(on_ports)))):
            packets = Packets(batch, segments, octets, transport)
            kept = self._tables[transport].sort(packets)
            other[transport.value] += len(segments.row)
            if kept is not None and kept.flows:
                its_sizes, table = _table(packets, kept)
                flows += kept.flows
                sizes.append(its_sizes)
                tables.append(table)
                other[transport.value] -= table.shape[1]
        forgotten = self._tables[Transport.TCP].young.take_forgotten()
        other["tcp"] -= forgotten
        other["tcp, forgotten before it spoke"] += forgotten
        return flows, np.concatenate(sizes), np.concatenate(tables, axis=1)


def pair_of(octets: bytes) -> PairKey:
    """Return the two endpoints that `StreamRows.pair` tells."""
    return int.from_bytes(octets[:KEY_BYTES], "big"), int.from_bytes(octets[KEY_BYTES:PAIR_BYTES], "big")


def _pair(flow: Flow, talk: int) -> bytes:
    """Return the endpoints of a flow, and which of its conversations is meant, as octets."""
    lesser, greater = flow.key
    pair = lesser.to_bytes(KEY_BYTES, "big") + greater.to_bytes(KEY_BYTES, "big")
    return pair + bytes([talk]) if talk else pair


def _pairs(flow: Flow) -> list[bytes]:
    return [_pair(flow, talk) for talk in range(flow.lanes.count if flow.lanes is not None else 1)]


def _ports(ports: Iterable[int]) -> Bools:
    """Return for each of the 65,536 ports whether it is one of `ports`."""
    return np.isin(np.arange(1 << 16), sorted(ports))


def _table(packets: Packets, kept: Kept) -> tuple[Ints, Table]:
    """Return how many packets each stream has, and the table of them, one stream after the other."""
    sizes = kept.sizes
    mixes = np.repeat(np.array([flow.mix for flow in kept.flows], dtype=np.uint64), sizes)
    table = packets.table(kept.members, kept.forward, mixes)
    if not kept.earlier:
        return sizes, table
    places = [*(np.full(each.shape[1], place) for place, each in kept.earlier), np.repeat(np.arange(len(sizes)), sizes)]
    joined = np.concatenate((*(each for _, each in kept.earlier), table), axis=1)
    stream = np.concatenate(places)
    return np.bincount(stream, minlength=len(sizes)), joined[:, np.argsort(stream, kind="stable")]


def _by_share(flows: list[Flow], sizes: Ints, table: Table) -> tuple[list[Flow], Ints, Table]:
    """Put the streams of each share together."""
    shares = np.array([flow.share for flow in flows], dtype=np.int64)
    order, columns = (np.argsort(each, kind="stable") for each in (shares, np.repeat(shares, sizes)))
    return [flows[at] for at in order.tolist()], sizes[order], table.take(columns, axis=1)


def _without(table: Table, sizes: Ints, copies: Ints) -> tuple[Table, Ints]:
    """Return the table without some packets, and how many are left of each stream."""
    left = np.delete(np.repeat(np.arange(len(sizes)), sizes), copies)
    return np.delete(table, copies, axis=1), np.bincount(left, minlength=len(sizes))


def _moved_together(buffer: bytes, table: Table) -> bytes:
    """Return the payloads alone, one after the other, and let the table point there."""
    sizes = table[CAPTURED]
    some = np.flatnonzero(sizes)
    starts = table[PAYLOAD_AT].take(some)
    payloads = [buffer[at:end] for at, end in zip(starts.tolist(), (starts + sizes.take(some)).tolist(), strict=True)]
    table[PAYLOAD_AT] = np.cumsum(sizes) - sizes
    return b"".join(payloads)


def _extent(rows: Table) -> tuple[int, int]:
    """Return where the payloads of some packets begin and end; the packets are lines here."""
    if not len(rows):
        return 0, 0
    starts = rows[:, PAYLOAD_AT]
    return int(starts.min()), int((starts + rows[:, CAPTURED]).max())


def _streams(flows: list[Flow], sizes: Ints, table: Table) -> tuple[list[tuple[Flow, StreamRows]], Table, int]:
    """Say whose the packets of the table are; conversations that run in different lanes at once are put apart.

    Packets in too many lanes are taken out; the last number returned is how many.
    """
    chosen = np.flatnonzero(sizes)
    if not len(chosen):
        return [], table, 0
    stops = np.cumsum(sizes)[chosen]
    begins = np.append(0, stops[:-1])
    lowest, highest = (each.reduceat(table[LANE], begins).tolist() for each in (np.minimum, np.maximum))
    lasts = table[LANE_LINES][:, stops - 1].T.tolist()
    streams: list[tuple[Flow, StreamRows]] = []
    order: Ints | None = None
    out: list[int] = []
    facts = zip(chosen.tolist(), begins.tolist(), stops.tolist(), lowest, highest, lasts, strict=True)
    for place, begin, stop, low, high, last in facts:
        flow = flows[place]
        if low == high and flow.lane in (low, NO_LANE):
            flow.lane, flow.last = low, last
            streams.append(_stream(flow, 0, stop - begin))
            continue
        talks = _talks(flow, table[LANE_LINES, begin:stop].T.tolist())
        order = np.arange(table.shape[1]) if order is None else order
        order[begin:stop] = begin + np.argsort(talks, kind="stable")
        counts = np.bincount(talks, minlength=LEFT_OUT + 1).tolist()
        out += range(stop - counts.pop(), stop)
        streams += [_stream(flow, talk, count) for talk, count in enumerate(counts) if count]
    return streams, table if order is None else table[:, np.delete(order, out)], len(out)


def _talks(flow: Flow, packets: list[list[int]]) -> Ints:
    """Return which of the conversations of a flow with several lanes each packet belongs to."""
    if flow.lanes is None:
        flow.lanes = Lanes()
        flow.lanes.tell_apart([] if flow.last is None else [flow.last])
        flow.lane = SEVERAL
    return np.array(flow.lanes.tell_apart(packets), dtype=np.int64)


def _stream(flow: Flow, talk: int, count: int) -> tuple[Flow, StreamRows]:
    numbers = list(flow.numbers or [(0, flow.number)]) if flow.transport is Transport.TCP else []
    return flow, StreamRows(flow.transport, _pair(flow, talk), count, numbers)
