"""What each side of a conversation said, octet by octet, as a file of its own: made in a second reading of the capture.

The first reading tells which packets make a conversation and which lines hold secrets. In the second one the same
trackers put the octets of those packets in order again, TLS is opened where there are keys, and what they hand on is
written as it comes. Memory is held for conversations whose packets are passing. What is missing stands as NUL octets.
"""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, repeat

from msgspec import Struct

from mailtrace.capture.source import open_capture
from mailtrace.export.index import Entry
from mailtrace.export.index import Row as IndexRow
from mailtrace.export.masking import Masker, SecretLine, secret_lines
from mailtrace.export.store import Draft, Store
from mailtrace.model import (
    Conversation,
    Data,
    Endpoint,
    Gap,
    RawBatch,
    Side,
    StreamEvent,
    StreamKey,
    Transport,
    WentDark,
)
from mailtrace.protocols.services import Services
from mailtrace.streams.grouping import PairKey, endpoint
from mailtrace.streams.half import Budget
from mailtrace.streams.sift import Sifter, pair_of
from mailtrace.streams.tracker import Row, Tracker
from mailtrace.tls.keys import Keys

FILLED_LIMIT = 16 * 1024 * 1024
"""NUL octets that stand for one hole: a forged one can have 2 GiB. Its true size stands in the index."""

HOLES_LIMIT = 1_000
"""Holes listed of one side; more are a stream of which nothing can be understood."""

FILLED_AT_ONCE = 64 * 1024
"""NUL octets written at once."""

FORWARD = 1
"""The way of packets that come from the lesser endpoint of a pair."""

UNKNOWN = "unknown"

MASKED = frozenset({"smtp", "pop3", "imap", UNKNOWN})
"""Protocols in which clients say secrets, or may."""

NOT_UNDERSTOOD = "it is not understood and may hold secrets: only --show-secrets writes it"

SIDES = {Side.CLIENT: "client", Side.SERVER: "server"}


class Plan(Struct):
    """What the second reading has to know of a conversation: its packets, and what is secret in it.

    `dark` is the packet with which TLS begins, None where it never does, `opened` that keys make the rest
    readable. `mails` are packets that carried mails. `is_masked`: secrets are hidden.
    """

    conversation: int
    protocol: str
    key: StreamKey
    numbers: array[int]
    secrets: tuple[SecretLine, ...]
    mails: tuple[int, ...]
    dark: int | None
    opened: bool
    is_masked: bool


def plan_of(conversation: Conversation, show_secrets: bool) -> Plan | None:
    """Return how to record a conversation, None for datagrams, which are no stream."""
    if conversation.key.transport is not Transport.TCP:
        return None
    dialogue = conversation.dialogue
    dark = next((event for event in dialogue.events if isinstance(event, WentDark)), None)
    return Plan(
        conversation=conversation.id,
        protocol=conversation.protocol,
        key=conversation.key,
        numbers=array("Q", sorted(conversation.numbers)),
        secrets=secret_lines(dialogue.events),
        mails=tuple(number for content in dialogue.contents for number in content.packets),
        dark=dark.packet if dark is not None else None,
        opened=dialogue.tls is not None and dialogue.tls.decrypted,
        is_masked=not show_secrets and conversation.protocol in MASKED,
    )


class Recorder:
    """Puts the packets of one conversation in order and writes what each side said."""

    def __init__(self, plan: Plan, keys: Keys, store: Store, client_way: int, budget: Budget) -> None:
        self.left = len(plan.numbers)
        self._tracker = Tracker(self._take, client_way, budget)
        self._dark, self._opened = plan.dark, plan.opened
        self._layer = None
        self._sides = tuple(_Side(plan, side, store) for side in SIDES)
        if plan.opened and plan.dark is not None:
            from mailtrace.tls.layer import TlsLayer  # a capture without TLS does not wait for it to load

            self._layer = TlsLayer(keys)

    def feed(self, rows: Sequence[Row], buffer: bytes) -> None:
        """Take the next packets."""
        self.left -= len(rows)
        at = 0
        while at < len(rows):  # where it would begin another conversation, it was told that it does not
            at = max(self._tracker.feed(rows, at, buffer), at + 1)

    def finish(self) -> list[Entry]:
        """Write what is left; return an entry for each side that said something."""
        self._tracker.finish()
        return [entry for side in self._sides for entry in side.finish()]

    def _take(self, event: StreamEvent) -> None:
        """Write an event, or what TLS has inside."""
        is_dark = self._dark is not None and event.packet >= self._dark
        if is_dark and self._layer is not None:
            for clear in self._layer.feed(event):
                self._write(clear)
            return
        if is_dark and not self._opened:
            self._sides[event.side].show_all()
        self._write(event)

    def _write(self, event: StreamEvent) -> None:
        if isinstance(event, Data):
            self._sides[event.side].data(event)
        elif isinstance(event, Gap):
            self._sides[event.side].gap(event.missing)


class _Side:
    """What one side says, on its way to a file."""

    def __init__(self, plan: Plan, side: Side, store: Store) -> None:
        self._plan = plan
        self._side = SIDES[side]
        self._name = f"{plan.conversation:04}-{plan.protocol}-{self._side}"
        self._store = store
        self._draft: Draft | None = None
        self._octets = 0
        self._is_heard = False
        self._holes: list[tuple[int, int]] = []
        self._more_holes = 0
        has_secrets = plan.is_masked and side is Side.CLIENT
        self._masker = Masker(plan.secrets, plan.mails) if has_secrets else None
        self._is_left_out = has_secrets and plan.protocol == UNKNOWN

    def data(self, event: Data) -> None:
        """Take what it said next."""
        self._is_heard = True
        self._octets += len(event.data)
        self._write(event.data if self._masker is None else self._masker.feed(event.data, event.packet))

    def gap(self, missing: int) -> None:
        """Take a hole."""
        if self._masker is not None:
            self._write(self._masker.gap())
        if len(self._holes) < HOLES_LIMIT:
            self._holes.append((self._octets, missing))
        else:
            self._more_holes += 1
        filled = min(missing, FILLED_LIMIT)
        self._octets += filled
        while filled:
            self._write(bytes(min(filled, FILLED_AT_ONCE)))
            filled -= min(filled, FILLED_AT_ONCE)

    def show_all(self) -> None:
        """What follows is encrypted: nothing is to be hidden in it."""
        if self._masker is not None:
            self._write(self._masker.finish())
            self._masker = None

    def finish(self) -> Iterator[Entry]:
        """Let the file appear, and yield its entry."""
        self.show_all()
        draft, plan = self._draft, self._plan
        if not self._is_heard:  # it said nothing, or nothing of it was captured
            if draft is not None:
                draft.discard()
            return
        row = IndexRow(
            kind="stream",
            file=None,
            conversation=plan.conversation,
            protocol=plan.protocol,
            side=self._side,
            size_bytes=self._octets,
            complete=not self._holes,
            holes=tuple(self._holes),
            more_holes=self._more_holes,
            is_masked=plan.is_masked,
            is_opened=plan.opened,
            problem=NOT_UNDERSTOOD if self._is_left_out else None,
        )
        if draft is not None:
            row.sha256 = draft.sha256
            draft.publish(f"{self._name}{'.partial' * bool(self._holes)}.bin")
        yield row, draft

    def _write(self, octets: bytes) -> None:
        if octets and not self._is_left_out:
            if self._draft is None:
                self._draft = self._store.draft("streams", self._name)
            self._draft.write(octets)


def record(
    paths: Sequence[str],
    plans: Sequence[Plan],
    store: Store,
    keylog: bytes | None = None,
    decode_as: Mapping[int, str] | None = None,
    show: Callable[[int], None] | None = None,
) -> Iterator[Entry]:
    """Read the captures again and write the streams that were planned; yield an entry for each file.

    `show` is called with the number of packets read so far.
    Raises: `UnreadableInput`.
    """
    ports = Services(decode_as).ports
    sift = Sifter(ports[Transport.TCP], ports[Transport.UDP])
    keys, recorders = Keys(), _Recorders(plans, store)
    keys.add(keylog or b"")
    for batch, secrets in _batches(paths):
        for each in secrets:
            keys.add(each)
        last = batch.first_number + len(batch.start) - 1
        recorders.expect(last)
        for rows in sift.sift(batch):
            for stream, packets in rows.by_stream():
                if stream.transport is Transport.TCP:
                    yield from recorders.feed(pair_of(stream.pair), packets, rows.buffer, keys)
        if show is not None:
            show(last)
    yield from recorders.finish()


def _batches(paths: Sequence[str]) -> Iterator[tuple[RawBatch, list[bytes]]]:
    """Yield the batches of all captures, packets numbered through, with the secrets that came before each."""
    packets = 0
    for path in paths:
        before = packets
        with open_capture(path) as capture:
            for batch in capture.batches():
                batch = replace(batch, first_number=batch.first_number + before) if before else batch
                packets = batch.first_number + len(batch.start) - 1
                if len(batch.start):
                    yield batch, capture.take_secrets()


class _Recorders:
    """The conversations whose packets are passing, found by packet number."""

    def __init__(self, plans: Sequence[Plan], store: Store) -> None:
        self._plans = plans
        self._store = store
        self._budget = Budget()
        self._coming = heapq.merge(*(zip(plan.numbers, repeat(at)) for at, plan in enumerate(plans)))
        self._next = next(self._coming, None)
        self._owners: dict[int, list[int]] = {}
        self._open: dict[int, Recorder] = {}

    def expect(self, last: int) -> None:
        """Packets up to number `last` are here or will come."""
        while self._next is not None and self._next[0] <= last:
            number, owner = self._next
            self._owners.setdefault(number, []).append(owner)
            self._next = next(self._coming, None)

    def feed(self, pair: PairKey, rows: Sequence[Row], buffer: bytes, keys: Keys) -> Iterator[Entry]:
        """Take packets between two endpoints; yield the entries of conversations that are whole with them."""
        ends = (endpoint(pair[0]), endpoint(pair[1]))
        for owner, some in groupby(rows, lambda row: self._owner(row[0], ends)):
            if owner is None:
                continue
            plan = self._plans[owner]
            if owner not in self._open:
                way = FORWARD if ends[0] == plan.key.client else 1 - FORWARD
                self._open[owner] = Recorder(plan, keys, self._store, way, self._budget)
            recorder = self._open[owner]
            recorder.feed(list(some), buffer)
            if recorder.left <= 0:
                del self._open[owner]
                yield from recorder.finish()

    def finish(self) -> Iterator[Entry]:
        """No more will come."""
        for recorder in self._open.values():
            yield from recorder.finish()

    def _owner(self, number: int, ends: tuple[Endpoint, Endpoint]) -> int | None:
        """Return the conversation that a packet between two endpoints belongs to, and take it off the list."""
        owners = self._owners.get(number, [])
        for owner in owners:
            key = self._plans[owner].key
            if ends in ((key.client, key.server), (key.server, key.client)):
                owners.remove(owner)
                if not owners:
                    del self._owners[number]
                return owner
        return None
