"""HOT. Streams on nobody's port that have said nothing yet: the first octets tell whether they may be mail (`mixed`).

A stream is young from its first packet on, and again from a SYN on, until a packet with payload comes, from either
side. If that begins like mail, the stream is kept, with its packets since it was young; else it is nobody's, whatever
it says later: a web page that contains `220 ` begins no conversation. Of a stream that began before the capture, the
first payload seen is judged in the same way. So it makes no difference where a batch ends.

Most streams speak in the batch in which they begin, and nothing of them is remembered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mailtrace.packets.columns import Bools, Ints
from mailtrace.streams.grouping import Grouped, from_lesser, places_before
from mailtrace.streams.openings import begin_like_mail
from mailtrace.streams.packetrows import LINES, MIX, NUMBER, Packets, Table

ACK = 0x10

PACKETS_BEFORE_WORDS = 32
"""Packets of one stream kept from before it spoke, the last: a handshake has three, a patient client repeats."""

REMEMBERED_PACKETS = 32_768
"""Packets of all young streams remembered, the newest, about 4 MB: a SYN flood must not fill memory."""

NEW, YOUNG, NOBODYS, MAIL = range(4)
"""What is known of a stream. One on a wanted port is nobody's in this sense: it is kept whatever it says."""

States = npt.NDArray[np.int8]
"""What is known of each group of a batch."""


@dataclass(slots=True)
class Beginnings:
    """Where in the order of `Grouped` the mail of each group begins, -1 where it does not.

    `earlier` are the packets from batches before, by group.
    """

    at: Ints
    earlier: dict[int, Table]


@dataclass(slots=True)
class _Silences:
    """Stretches in which a stream is young, each from the place `start` in the order of `Grouped` to `spoken`.

    `spoke` tells whether the payload that ends it is in this batch.
    """

    group: Ints
    start: Ints
    spoken: Ints
    spoke: Bools

    def places(self) -> Iterator[tuple[int, int, int]]:
        return zip(self.group.tolist(), self.start.tolist(), self.spoken.tolist(), strict=True)

    def only(self, mask: Bools) -> _Silences:
        return _Silences(self.group[mask], self.start[mask], self.spoken[mask], self.spoke[mask])


class YoungStreams:
    """What is remembered of young streams between batches."""

    def __init__(self) -> None:
        self._forgotten = 0
        self._table: Table = np.zeros((LINES, 0), dtype=np.int64)

    def judge(self, packets: Packets, grouped: Grouped, candidates: Bools, states: States) -> Beginnings:
        """Find the groups whose mail begins in this batch, among `candidates`; bring `states` up to date."""
        silences = _silences(packets, grouped, candidates, states < NOBODYS)
        spoken, unspoken = silences.only(silences.spoke), silences.only(~silences.spoke)
        segments, at = packets.segments, grouped.order[spoken.spoken]
        hits = spoken.only(begin_like_mail(packets.octets, segments.payload_at[at], segments.captured[at]))
        found = Beginnings(np.full(len(states), -1, dtype=np.int64), {})
        was_young = states == YOUNG
        for group, start, spoken_at in hits.places():
            if found.at[group] < 0:
                found.at[group] = max(start, spoken_at - PACKETS_BEFORE_WORDS)
                room = PACKETS_BEFORE_WORDS - (spoken_at - start)
                if was_young[group] and start == grouped.first[group] and room > 0:
                    mine = self._table[MIX] == grouped.mixes.view(np.int64)[group]
                    found.earlier[group] = self._table[:, mine][:, -room:]
        states[states == NEW] = NOBODYS
        states[spoken.group] = NOBODYS
        states[unspoken.group] = YOUNG
        states[hits.group] = MAIL
        self._forget(grouped.mixes[spoken.group[was_young[spoken.group]]].view(np.int64))
        self._remember(packets, grouped, unspoken.only(states[unspoken.group] == YOUNG))
        return found

    def take_forgotten(self) -> int:
        """Return how many packets had to be forgotten since the last call."""
        forgotten, self._forgotten = self._forgotten, 0
        return forgotten

    def let_go(self, mixes: list[int]) -> None:
        """Forget streams, given by their keys."""
        self._forget(np.array(mixes, dtype=np.uint64).view(np.int64))

    def _forget(self, mixes: Ints) -> None:
        if len(mixes) and self._table.size:
            mixes = np.sort(mixes)
            known = np.minimum(np.searchsorted(mixes, self._table[MIX]), len(mixes) - 1)
            self._table = self._table[:, mixes[known] != self._table[MIX]]

    def _remember(self, packets: Packets, grouped: Grouped, silences: _Silences) -> None:
        """Keep the last packets of streams that have not spoken."""
        if not len(silences.group):
            return
        stop = grouped.stop[silences.group]
        size = np.minimum(stop - silences.start, PACKETS_BEFORE_WORDS)
        places = places_before(stop, size)
        forward = np.repeat(from_lesser(packets.segments, grouped.leader[silences.group]), size)
        mixes = np.repeat(grouped.mixes[silences.group], size)
        new = packets.table(grouped.order[places], grouped.same[places] == forward, mixes)
        table = np.concatenate((self._table, new), axis=1)
        table = table[:, np.argsort(table[MIX], kind="stable")]
        last = np.flatnonzero(np.append(table[MIX, 1:] != table[MIX, :-1], True))
        runs = np.diff(last, prepend=-1)
        if runs.max() > PACKETS_BEFORE_WORDS:
            table = table[:, np.repeat(last, runs) - np.arange(table.shape[1]) < PACKETS_BEFORE_WORDS]
        if table.shape[1] > REMEMBERED_PACKETS:
            self._forgotten += table.shape[1] - REMEMBERED_PACKETS
            table = table[:, table[NUMBER] >= np.partition(table[NUMBER], -REMEMBERED_PACKETS)[-REMEMBERED_PACKETS]]
        self._table = table


def _silences(packets: Packets, grouped: Grouped, candidates: Bools, young: Bools) -> _Silences:
    """Find where streams are young in this batch. Of several SYNs before the first words, the first begins it."""
    begins = np.zeros(len(grouped.order), dtype=np.bool_)
    begins[grouped.syns[(grouped.flags[grouped.syns] & ACK) == 0]] = True
    begins[grouped.first[young]] = True
    start = np.flatnonzero(begins)
    group = np.searchsorted(grouped.first, start, side="right") - 1
    start, group = start[candidates[group]], group[candidates[group]]
    payloads = np.flatnonzero(packets.segments.length.take(grouped.order) > 0)
    spoken = np.append(payloads, len(grouped.order))[np.searchsorted(payloads, start)]
    silences = _Silences(group, start, spoken, spoken < grouped.stop[group])
    begins = np.ones(len(start), dtype=np.bool_)
    begins[1:] = (group[1:] != group[:-1]) | (spoken[1:] != spoken[:-1])
    return silences.only(begins)
