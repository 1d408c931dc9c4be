"""HOT. Runs: packets of an open connection that say just what comes after the packet before them (tests/bench `mail`).

Nearly all packets are such. They are found in all streams of a batch at once, so that a tracker has to look closely at
the first of a run only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mailtrace.streams.packetrows import PAYLOAD_AT, ROW_LINES, WAY
from mailtrace.streams.seqnum import MODULUS
from mailtrace.streams.tracker import ACK, USUAL


def runs_in(table: bytes, counts: Sequence[int]) -> bytes:
    """Return an octet for each row of `sift.Rows`, 1 where it follows the one before, else 0; and a last 0.

    `counts` are the packets of each stream. A plain packet tells where both sides are: its own octets end where its
    sender goes on, and what it acknowledges is what the other side says next.
    """
    lines = np.frombuffer(table, dtype=np.int64).reshape(-1, ROW_LINES).T
    way, sequence, acknowledged, flags, length, captured = lines[WAY:PAYLOAD_AT]
    plain = (flags & USUAL == ACK) & (captured == length)
    behind, same = (sequence + length)[:-1] & MODULUS - 1, way[1:] == way[:-1]
    follows = np.zeros(len(way) + 1, dtype=np.bool_)
    follows[1:-1] = (
        (plain[1:] & plain[:-1])
        & (sequence[1:] == np.where(same, behind, acknowledged[:-1]))
        & (acknowledged[1:] == np.where(same, acknowledged[:-1], behind))
    )
    follows[np.cumsum(counts, dtype=np.int64)] = False
    return follows.tobytes()
