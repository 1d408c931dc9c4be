"""The second reading: the octets of each conversation are laid out in order, and it is found what to replace in them.

Which packets make a conversation, and where in its streams they belong, is known from the first reading. The first
copy of an octet counts, as it did there. Packets that somebody captured twice are no part of a conversation; they are
recognised by saying what is there already. What cannot be recognised is not copied later.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from mailtrace.model import Conversation, Endpoint, Mark, Packet, RawBatch, Side, StreamKey, Transport
from mailtrace.packets.decode import Decoded, Decoder, Header
from mailtrace.redact.dialogues import Dialogues
from mailtrace.redact.edits import Budget, Edits, difference
from mailtrace.redact.fragments import Fragments, Whole
from mailtrace.redact.frames import Carried, carried
from mailtrace.redact.placing import Said

HOLE_LIMIT = 1 << 20
"""Octets as which a hole is laid out at most: a forged one can have 2 GiB."""

STREAM_LIMIT_BYTES = 256 << 20
"""Octets of one side that are laid out; packets with more are not copied."""

_RST = 0x04
_MODULUS = 1 << 32
_PASSED_OVER = frozenset((Mark.OUT_OF_WINDOW, Mark.AFTER_CLOSE))
_HIDDEN = frozenset((Mark.OUT_OF_WINDOW, Mark.AFTER_CLOSE, Mark.OVERLAP_CONFLICT))
"""Packets whose octets are no part of what was said, or not all of them: nothing of them is told."""


class Place(Struct, gc=False):
    """Where the octets of a packet belong: a conversation, by its place in the list, a side of it, an offset there.

    `is_hidden`: they are crossed out as they are.
    """

    talk: int
    side: Side
    offset: int
    is_hidden: bool = False


class Layout(Struct):
    """How one side's stream is laid out: `starts` of pieces without holes in the stream, and `places` of them here."""

    said: Said
    starts: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    covered: bytearray = field(default_factory=bytearray)
    base: int | None = None  # the sequence number of what is laid out first

    def put(self, at: int, octets: bytes) -> None:
        """Lay out octets where there are none yet."""
        stop = at + len(octets)
        if self.covered.find(1, at, stop) < 0:
            self.said.octets[at:stop] = octets
        else:
            for place, octet in enumerate(octets, at):
                if not self.covered[place]:
                    self.said.octets[place] = octet
        self.covered[at:stop] = b"\x01" * len(octets)


class Talk(Struct):
    """A conversation over TCP on its way through this reading: its packets by number, and both sides laid out."""

    conversation: Conversation
    rows: dict[int, list[Packet]]
    layouts: dict[Side, Layout]
    last: int


class Found(Struct):
    """What this reading found: `places` of the octets of packets by number, `edits` by conversation and side.

    `ends` are the endpoints of conversations, `datagrams` those between which DNS is spoken over UDP; `wholes` are
    packets that were put together of fragments.
    """

    ends: list[frozenset[Endpoint]] = field(default_factory=list)
    places: dict[int, list[Place]] = field(default_factory=dict)
    edits: dict[tuple[int, Side], Edits] = field(default_factory=dict)
    wholes: list[Whole] = field(default_factory=list)
    datagrams: set[frozenset[Endpoint]] = field(default_factory=set)


class Reading:
    """Takes the batches of a capture in their order."""

    def __init__(self, conversations: Sequence[Conversation], dialogues: Dialogues) -> None:
        """Look for what to replace in these conversations."""
        self.found = Found()
        self._conversations = conversations
        self._dialogues = dialogues
        self._budget = Budget()
        self._decoder = Decoder()
        self._fragments = Fragments()
        self._open: dict[int, Talk] = {}
        self._pairs: dict[frozenset[Endpoint], list[int]] = {}
        self.found.ends = [_pair(each.key) for each in conversations]
        coming = []
        for at, each in enumerate(conversations):
            if each.key.transport is Transport.TCP and each.packets:
                coming.append((min(each.numbers), at))
            elif each.protocol == "dns":
                self.found.datagrams.add(_pair(each.key))
        heapq.heapify(coming)
        self._coming = coming

    def feed(self, batch: RawBatch) -> None:
        """Take the next batch. Raises: `UnreadableInput` where there is too much to replace."""
        decoded, trace = self._decoder.decode_traced(batch)
        last = batch.first_number + len(batch.start) - 1
        while self._coming and self._coming[0][0] <= last:
            self._begin(heapq.heappop(self._coming)[1])
        for number, each in self._payloads(batch, decoded, trace):
            self._take(number, each)
        for at in [at for at, talk in self._open.items() if talk.last <= last]:
            self._end(at)

    def finish(self) -> Found:
        """Return what was found, once all batches were fed."""
        for at in list(self._open):
            self._end(at)
        self.found.wholes = self._fragments.wholes
        return self.found

    def _payloads(self, batch: RawBatch, decoded: Decoded, trace: list[list[Header]]) -> Iterator[tuple[int, Carried]]:
        """Yield what each frame carries for TCP, with its packet number."""
        for index, headers in enumerate(trace):
            start = int(batch.start[index])
            stop = start + int(batch.captured[index])
            number = batch.first_number + index
            self._fragments.feed(number, decoded.buffer, headers, start, stop)
            for each in carried(decoded.buffer, headers):
                if each.is_tcp:
                    yield number, each

    def _begin(self, at: int) -> None:
        conversation = self._conversations[at]
        layouts = {side: _layout(conversation, side) for side in Side}
        rows: dict[int, list[Packet]] = {}
        for row in conversation.packets:
            rows.setdefault(row.number, []).append(row)
        self._open[at] = Talk(conversation, rows, layouts, max(conversation.numbers))
        self._pairs.setdefault(_pair(conversation.key), []).append(at)

    def _take(self, number: int, payload: Carried) -> None:
        """Lay out what a packet carries in the conversation that it belongs to."""
        ends = payload.source, payload.target
        for at in self._pairs.get(frozenset(ends), ()):
            talk = self._open[at]
            key = talk.conversation.key
            side = Side.CLIENT if (key.client, key.server) == ends else Side.SERVER
            row = next((row for row in talk.rows.get(number, ()) if row.side is side), None)
            place = self._own(talk, row, payload) if row is not None else self._copy(talk, side, payload)
            if place is not None:
                self.found.places.setdefault(number, []).append(Place(at, side, *place))
                return

    def _own(self, talk: Talk, row: Packet, payload: Carried) -> tuple[int, bool] | None:
        """Lay out a packet of the conversation; return where, None where there is no room."""
        layout = talk.layouts[row.side]
        begin = payload.sequence + bool(payload.flags & 2)
        offset = max(row.sequence - 1, 0)
        if layout.base is None and row.mark not in _PASSED_OVER:
            layout.base = (begin - offset) % _MODULUS
        if not payload.octets:
            return 0, False
        at = _place(layout, offset)
        if row.mark in _HIDDEN or payload.flags & _RST:
            return 0, True
        if at is None or at + len(payload.octets) > len(layout.said.octets):
            return None
        layout.put(at, payload.octets)
        layout.said.ranges[row.number] = (at, at + len(payload.octets))
        return at, False

    def _copy(self, talk: Talk, side: Side, payload: Carried) -> tuple[int, bool] | None:
        """Return where a packet belongs that says what was said before, None for another one."""
        layout = talk.layouts[side]
        if not payload.octets or layout.base is None:
            return None
        offset = (payload.sequence + bool(payload.flags & 2) - layout.base) % _MODULUS
        at = _place(layout, offset)
        if at is None or layout.said.octets[at : at + len(payload.octets)] != payload.octets:
            return None
        return at, False

    def _end(self, at: int) -> None:
        """All of a conversation is here: find what to replace in it."""
        talk = self._open.pop(at)
        self._pairs[_pair(talk.conversation.key)].remove(at)
        said = {side: layout.said for side, layout in talk.layouts.items()}
        for side, new in self._dialogues.replaced(talk.conversation, said).items():
            self.found.edits[at, side] = difference(said[side].octets, new, self._budget)


def _pair(key: StreamKey) -> frozenset[Endpoint]:
    return frozenset((key.client, key.server))


def _layout(conversation: Conversation, side: Side) -> Layout:
    """Return an empty layout that has room for all octets of one side, and little for holes."""
    ranges = sorted(
        (max(row.sequence - 1, 0), max(row.sequence - 1, 0) + row.length)
        for row in conversation.packets
        if row.side is side and row.length and row.mark not in _PASSED_OVER
    )
    layout = Layout(Said(bytearray(), {}))
    end = size = 0
    for start, stop in ranges:
        if start > end or not layout.starts:
            size += min(start - end, HOLE_LIMIT)
            if size + stop - start > STREAM_LIMIT_BYTES:
                break
            layout.starts.append(start)
            layout.places.append(size)
            end = start
        size += max(stop - end, 0)
        end = max(stop, end)
        if size > STREAM_LIMIT_BYTES:
            break
    layout.said.octets = bytearray(size)
    layout.covered = bytearray(size)
    return layout


def _place(layout: Layout, offset: int) -> int | None:
    """Return where an offset of the stream is laid out."""
    at = bisect_right(layout.starts, offset) - 1
    return None if at < 0 else layout.places[at] + offset - layout.starts[at]
