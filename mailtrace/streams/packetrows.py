"""HOT. The packets that are kept, as a table: the numbers a tracker needs, and those that tell copies apart (`mixed`).

It has a line per number and a column per packet, so that one number of all packets lies together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mailtrace.model import RawBatch, Transport
from mailtrace.packets.columns import Bools, Ints, Octets
from mailtrace.packets.transports import Segments
from mailtrace.streams.grouping import Words

Table = npt.NDArray[np.int64]
"""`LINES` lines, one column a packet."""

NUMBER, TIME, WAY, SEQUENCE, ACKNOWLEDGED, FLAGS, LENGTH, CAPTURED, PAYLOAD_AT = range(9)
IP_ID, LANE, PLACE, TAIL, MIX = range(9, 14)
"""What the lines are. The first ten are those of `Row`.

`IP_ID` and `LANE` are those of `Segments`, `PLACE` is the interface. `TAIL` is what stands before the payload: the last
eight octets of the TCP header, time stamps mostly, without a checksum. `MIX` is the key of the two endpoints.
"""

ROW_LINES, LINES = 10, 14

TCP_CHECKSUM, UDP_CHECKSUM = np.int64(0xFFFF0000), np.int64(0xFFFF)
"""Where they stand in the last eight octets of a header without options."""

PLAIN = 5
"""The data offset of a TCP header without options."""


@dataclass(slots=True)
class Packets:
    """The packets of one transport in a batch, with what their frames say; payloads lie in `octets`."""

    batch: RawBatch
    segments: Segments
    octets: Octets
    transport: Transport

    def table(self, members: Ints, forward: Bools, mixes: Words) -> Table:
        """Return the packets `members` (indexes into the segments), their ways and keys given."""
        batch, segments = self.batch, self.segments
        chosen = segments.row.take(members)
        flags, payload_at = segments.flags.take(members), segments.payload_at.take(members)
        table = np.empty((LINES, len(members)), dtype=np.int64)
        table[NUMBER] = batch.first_number + chosen
        table[TIME] = batch.time_ns.take(chosen)
        table[WAY] = forward
        table[SEQUENCE] = segments.sequence.take(members)
        table[ACKNOWLEDGED] = segments.acknowledged.take(members)
        table[FLAGS] = flags
        table[LENGTH] = segments.length.take(members)
        table[CAPTURED] = segments.captured.take(members)
        table[PAYLOAD_AT] = payload_at
        table[IP_ID] = segments.ip_id.take(members)
        table[LANE] = segments.lane.take(members)
        table[PLACE] = batch.interface.take(chosen)
        table[TAIL] = self._tails(flags, payload_at)
        table[MIX] = mixes.view(np.int64)
        return table

    def _tails(self, flags: Ints, payload_at: Ints) -> Ints:
        """Return the end of each header. Checksums go: a capture has some before they are made, some after."""
        tail = self.octets.u64(np.maximum(payload_at - 8, 0)).view(np.int64)
        if self.transport is Transport.UDP:
            return tail & ~UDP_CHECKSUM
        plain = (tail >> 60 == PLAIN) & ((tail >> 48) & 0xFF == flags)
        return np.where(plain, tail & ~TCP_CHECKSUM, tail)
