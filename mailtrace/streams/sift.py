"""HOT. A batch of frames is sifted: wanted ports are kept, stream by stream, the rest is counted (`mixed`).

What is kept of a batch, `Sifted`, is small and plain, so that it can be made in one process and understood in another.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from mailtrace.model import NO_TIME, RawBatch, Transport
from mailtrace.packets.columns import Bools
from mailtrace.packets.decode import Segments, decode
from mailtrace.streams.grouping import Group, PairKey
from mailtrace.streams.table import Flow, FlowTable
from mailtrace.streams.tracker import Row

COLUMNS = 9
"""How many numbers a row has."""

CAPTURED, PAYLOAD_AT = 7, 8
"""Two of them."""

KEY_BYTES = 19
"""Octets of one endpoint's key: address, port and version."""


Columns = npt.NDArray[np.int64]
"""n rows, a column each of the nine numbers of `Row`."""


class StreamRows(Struct, array_like=True):
    """The next `count` rows belong to one pair of endpoints.

    `numbers` are the TCP stream numbers that hold, each with the packet from which on.
    """

    transport: Transport
    pair: bytes
    count: int
    numbers: list[tuple[int, int]]

    def number_at(self, packet: int) -> int | None:
        """Return the stream number that holds at a packet; None for UDP."""
        return next((number for begun, number in reversed(self.numbers) if begun <= packet), None)


class Sifted(Struct, tag=True, array_like=True):
    """What is kept of a batch: totals, and the packets on wanted ports as nine columns of int64 over `buffer`.

    `other` counts, by name, the packets left out; `evicted` are streams let go because too many were open.
    """

    packets: int
    octets: int
    first_ns: int | None
    last_ns: int | None
    other: dict[str, int]
    streams: list[StreamRows]
    columns: bytes
    buffer: bytes
    evicted: list[tuple[Transport, bytes]]

    def rows(self) -> list[Row]:
        """Return the kept packets as rows for their trackers, stream after stream."""
        columns = np.frombuffer(self.columns, dtype=np.int64).reshape(COLUMNS, -1)
        return list(zip(*(column.tolist() for column in columns), strict=True))


class Sifter:
    """Sifts batches in capture order; ports are those of servers wanted."""

    def __init__(self, tcp_ports: Iterable[int], udp_ports: Iterable[int]) -> None:
        self._ports = {Transport.TCP: _table(tcp_ports), Transport.UDP: _table(udp_ports)}
        self._tables = {transport: FlowTable(ports) for transport, ports in self._ports.items()}

    def sift(self, batch: RawBatch) -> Sifted:
        """Return what is kept of the next batch."""
        decoded = decode(batch)
        other = decoded.other
        udp_ports = self._ports[Transport.UDP]
        on_ports = udp_ports[decoded.udp.source_port] | udp_ports[decoded.udp.target_port]
        other["udp"] += len(on_ports) - int(on_ports.sum())
        streams: list[StreamRows] = []
        parts = []
        for transport, segments in ((Transport.TCP, decoded.tcp), (Transport.UDP, decoded.udp.only(on_ports))):
            found = self._tables[transport].sort(segments)
            kept = sum(len(group.members) for _, group in found)
            other[transport.value] += len(segments.row) - kept
            if found:
                streams += [_stream(batch, segments, transport, flow, group) for flow, group in found]
                parts.append(_columns(batch, segments, [group for _, group in found]))
        columns = np.concatenate(parts, axis=1) if parts else np.zeros((COLUMNS, 0), dtype=np.int64)
        payloads = _moved_together(batch.buffer, columns)
        known = batch.time_ns[batch.time_ns != NO_TIME]
        return Sifted(
            packets=len(batch.start),
            octets=int(batch.wire.sum()),
            first_ns=int(known.min()) if len(known) else None,
            last_ns=int(known.max()) if len(known) else None,
            other={name: count for name, count in other.items() if count},
            streams=streams,
            columns=columns.tobytes(),
            buffer=payloads,
            evicted=self._evicted(),
        )

    def _evicted(self) -> list[tuple[Transport, bytes]]:
        evicted = []
        for transport, table in self._tables.items():
            evicted += [(transport, pair_bytes(key)) for key in table.evicted]
            table.evicted.clear()
        return evicted


def pair_bytes(key: PairKey) -> bytes:
    """Return a pair of endpoints as octets."""
    return key[0].to_bytes(KEY_BYTES, "big") + key[1].to_bytes(KEY_BYTES, "big")


def pair_of(octets: bytes) -> PairKey:
    """Return the pair of endpoints that `pair_bytes` made octets of."""
    return int.from_bytes(octets[:KEY_BYTES], "big"), int.from_bytes(octets[KEY_BYTES:], "big")


def _table(ports: Iterable[int]) -> Bools:
    """Return for each of the 65,536 ports whether it is one of `ports`."""
    return np.isin(np.arange(1 << 16), sorted(ports))


def _stream(batch: RawBatch, segments: Segments, transport: Transport, flow: Flow, group: Group) -> StreamRows:
    numbers: list[tuple[int, int]] = []
    if transport is Transport.TCP:
        begun = flow.numbers or []
        numbers = [(batch.first_number + int(segments.row[index]), number) for index, number in begun]
        numbers = numbers or [(0, flow.number)]
    return StreamRows(transport, pair_bytes(flow.key), len(group.members), numbers)


def _columns(batch: RawBatch, segments: Segments, groups: list[Group]) -> Columns:
    """Return the packets of the groups, one group after the other, as the columns of `Row`."""
    members = np.concatenate([group.members for group in groups])
    chosen = segments.row[members]
    return np.stack(
        (
            batch.first_number + chosen,
            batch.time_ns[chosen],
            np.concatenate([group.forward for group in groups]).astype(np.int64),
            segments.sequence[members],
            segments.acknowledged[members],
            segments.flags[members],
            segments.length[members],
            segments.captured[members],
            segments.payload_at[members],
        )
    )


def _moved_together(buffer: bytes, columns: Columns) -> bytes:
    """Return the payloads alone, one after the other, and let the columns point there."""
    sizes, starts = columns[CAPTURED], columns[PAYLOAD_AT]
    payloads = [buffer[at : at + size] for at, size in zip(starts.tolist(), sizes.tolist(), strict=True)]
    columns[PAYLOAD_AT] = np.cumsum(sizes) - sizes
    return b"".join(payloads)
