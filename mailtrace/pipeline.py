"""HOT. From frames to finished conversations: the one place that knows all rooms (tests/bench `mixed` and `mail`).

`feed` takes a batch, `finish` says that no more will come, and `take` hands out what became final since the last call.
A conversation is final some time after its close (`Tracker.due_ns`, a time of the capture, never of the clock), so that
results do not depend on how the capture was cut into batches. Memory is held for open conversations only.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mailtrace.mail.attribution import Attribution
from mailtrace.mail.hosts import GIVEN, HostBook
from mailtrace.mail.message import read_message
from mailtrace.model import (
    NO_TIME,
    ClosedHow,
    Conversation,
    Direction,
    Lookup,
    Message,
    RawBatch,
    StreamKey,
    Transport,
)
from mailtrace.packets.columns import Bools
from mailtrace.packets.decode import Segments, decode
from mailtrace.protocols import PROTOCOLS
from mailtrace.protocols.choose import Chooser
from mailtrace.streams.datagrams import DatagramTracker
from mailtrace.streams.grouping import Group, PairKey, endpoint, port
from mailtrace.streams.half import Budget
from mailtrace.streams.table import Flow, FlowTable
from mailtrace.streams.tracker import Row, Tracker

SYN, ACK = 0x02, 0x10

TCP_PORTS = frozenset().union(*(row.tcp_ports for row in PROTOCOLS))
UDP_PORTS = frozenset().union(*(row.udp_ports for row in PROTOCOLS))

IS_WANTED = {
    Transport.TCP: np.isin(np.arange(1 << 16), sorted(TCP_PORTS)),
    Transport.UDP: np.isin(np.arange(1 << 16), sorted(UDP_PORTS)),
}
"""For each of the 65,536 ports whether it is a protocol's."""

FORWARD = 1
"""The way of packets that come from the lesser endpoint of a flow's key."""

SUBMISSION_PORTS = frozenset({465, 587})
"""Where clients hand in new mail. Source: RFC 6409 section 3.1, RFC 8314 section 3.3."""

DEPENDENT = frozenset({"dns", "ident"})
"""Protocols whose conversations may have happened because of a mail conversation."""


@dataclass(slots=True, eq=False)
class Talk:
    """A conversation in progress."""

    flow: Flow[Talk]
    key: StreamKey
    chooser: Chooser
    tracker: Tracker | DatagramTracker
    tcp_stream: int | None
    id: int = 0
    queued: bool = False


@dataclass(slots=True)
class Final:
    """A conversation that will not change any more, with the messages and lookups it held."""

    conversation: Conversation
    messages: list[Message]
    lookups: list[Lookup]


@dataclass(slots=True)
class Totals:
    """What was seen so far: `other` counts, by name, the packets that belong to no listed conversation."""

    packets: int = 0
    bytes: int = 0
    first_ns: int | None = None
    last_ns: int | None = None
    conversations: int = 0
    evictions: int = 0
    other: Counter[str] = field(default_factory=Counter)


class Pipeline:
    """Feed it batches in capture order. `names` are the user's names by address."""

    def __init__(self, names: Mapping[str, Sequence[str]] | None = None) -> None:
        self.totals = Totals()
        self.hosts = HostBook()
        self.hosts.add_names(names or {}, GIVEN)
        self._tables: dict[Transport, FlowTable[Talk]] = {
            transport: FlowTable(ports, self._evicted) for transport, ports in IS_WANTED.items()
        }
        self._budget = Budget()
        self._begun: list[Talk] = []
        self._due: list[tuple[int, int, Talk]] = []
        self._ended: list[tuple[int, int, Talk, ClosedHow]] = []
        self._attribution: Attribution[Final] = Attribution()
        self._final: list[Final] = []
        self._now_ns = NO_TIME
        self._messages = self._lookups = 0

    def feed(self, batch: RawBatch) -> None:
        """Take the next frames."""
        if not len(batch.start):
            return
        self._count(batch)
        decoded = decode(batch)
        self.totals.other.update(decoded.other)
        self._feed_transport(batch, decoded.tcp, Transport.TCP)
        wanted = _on_ports(decoded.udp, IS_WANTED[Transport.UDP])
        self._count_other("udp", len(wanted) - int(wanted.sum()))
        self._feed_transport(batch, decoded.udp.only(wanted), Transport.UDP)
        self._number_new()
        self._settle()

    def finish(self) -> None:
        """No more will come: every conversation ends here."""
        for table in self._tables.values():
            for flow in list(table.flows.values()):
                if flow.talk is not None:
                    self._end(flow.talk)
        self._now_ns = 2**63
        self._settle()
        self._final += self._attribution.finish()

    def take(self) -> list[Final]:
        """Return what became final since the last call."""
        final, self._final = self._final, []
        return final

    def _count(self, batch: RawBatch) -> None:
        totals = self.totals
        totals.packets += len(batch.start)
        totals.bytes += int(batch.wire.sum())
        known = batch.time_ns[batch.time_ns != NO_TIME]
        if len(known):
            first, last = int(known.min()), int(known.max())
            totals.first_ns = first if totals.first_ns is None else min(first, totals.first_ns)
            totals.last_ns = last if totals.last_ns is None else max(last, totals.last_ns)
            self._now_ns = max(self._now_ns, last)

    def _count_other(self, name: str, count: int) -> None:
        if count:
            self.totals.other[name] += count

    def _feed_transport(self, batch: RawBatch, segments: Segments, transport: Transport) -> None:
        wanted = self._tables[transport].sort(segments)
        rows = _rows(batch, segments, [group for _, group in wanted]) if wanted else []
        self._count_other(transport.value, len(segments.row) - len(rows))
        start = 0
        for flow, group in wanted:
            stop = start + len(group.members)
            self._feed_flow(flow, group, rows[start:stop], batch.buffer, transport)
            start = stop

    def _feed_flow(self, flow: Flow[Talk], group: Group, rows: list[Row], buffer: bytes, transport: Transport) -> None:
        """Feed one stream's packets, beginning a new conversation wherever the tracker says that one begins."""
        at = 0
        while at < len(rows):
            talk = flow.talk
            if talk is None and flow.uses and _is_straggler(rows[at]) and transport is Transport.TCP:
                self._count_other("after close", 1)
                at += 1
                continue
            if talk is None:
                talk = self._begin(flow, rows[at], transport, flow.number_at(int(group.members[at])))
            at = talk.tracker.feed(rows, at, buffer)
            if at < len(rows):
                self._end(talk, begins_ns=rows[at][1])
        if flow.talk is not None and not flow.talk.queued and flow.talk.tracker.due_ns is not None:
            flow.talk.queued = True
            heapq.heappush(self._due, (flow.talk.tracker.due_ns, id(flow.talk), flow.talk))

    def _begin(self, flow: Flow[Talk], row: Row, transport: Transport, number: int) -> Talk:
        way = _client_way(flow.key, row, transport)
        client, server = flow.key if way == FORWARD else flow.key[::-1]
        chooser = Chooser(transport, port(server))
        feed = chooser.feed
        talk = Talk(
            flow=flow,
            key=StreamKey(endpoint(client), endpoint(server), transport, flow.uses),
            chooser=chooser,
            tracker=(Tracker(feed, way, self._budget) if transport is Transport.TCP else DatagramTracker(feed, way)),
            tcp_stream=number if transport is Transport.TCP else None,
        )
        flow.talk = talk
        flow.uses += 1
        self._begun.append(talk)
        return talk

    def _evicted(self, flow: Flow[Talk]) -> None:
        self.totals.evictions += 1
        if flow.talk is not None:
            self._number_new()
            self._end(flow.talk, how=ClosedHow.IDLE)

    def _end(self, talk: Talk, how: ClosedHow | None = None, begins_ns: int | None = None) -> None:
        """Close a conversation's stream; `begins_ns` is when the next one of the same endpoints began.

        It becomes final in `_settle`, at the time it was due.
        """
        ended = talk.tracker.finish()
        talk.chooser.finish()
        talk.flow.talk = None
        due_ns = talk.tracker.due_ns
        if due_ns is None:
            due_ns = self._now_ns if begins_ns is None else begins_ns
        self._ended.append((due_ns, talk.tracker.packets[0].number, talk, how or ended))

    def _number_new(self) -> None:
        """Number conversations in order of their first packet."""
        for talk in sorted(self._begun, key=lambda talk: talk.tracker.packets[0].number):
            self.totals.conversations += 1
            talk.id = self.totals.conversations
            if talk.key.server.port not in UDP_PORTS:
                self._attribution.opened(talk.id, talk.tracker.packets[0].time_ns, talk.key)
        self._begun.clear()

    def _settle(self) -> None:
        """Make final what was due before now, in order of when it was due."""
        while self._due and self._due[0][0] < self._now_ns:
            _, _, talk = heapq.heappop(self._due)
            if talk.flow.talk is not talk:
                continue
            due_ns = talk.tracker.due_ns
            if due_ns is not None and due_ns < self._now_ns:
                self._end(talk)
            else:  # packets have come since, or the close was none
                talk.queued = due_ns is not None
                if due_ns is not None:
                    heapq.heappush(self._due, (due_ns, id(talk), talk))
        ready = [ended for ended in self._ended if ended[0] < self._now_ns]
        if ready:
            self._ended = [ended for ended in self._ended if ended[0] >= self._now_ns]
            for _, _, talk, how in sorted(ready, key=lambda ended: ended[:2]):
                self._finalise(talk, how)
        self._final += self._attribution.decided(self._now_ns)

    def _finalise(self, talk: Talk, how: ClosedHow) -> None:
        tracker, chooser = talk.tracker, talk.chooser
        conversation = Conversation(
            id=talk.id,
            protocol=chooser.protocol,
            key=talk.key,
            tcp_stream=talk.tcp_stream,
            packets=tuple(tracker.packets),
            dialogue=chooser.dialogue,
            complete=tracker.whole and how in (ClosedHow.FIN, ClosedHow.RST, ClosedHow.IDLE),
            closed=how,
        )
        self.hosts.observe(conversation)
        final = Final(conversation, self._messages_of(conversation), self._lookups_of(conversation))
        if conversation.protocol in DEPENDENT:
            self._attribution.wait(final)
        else:
            self._final.append(final)
        if talk.key.server.port not in UDP_PORTS:
            self._attribution.closed(conversation)

    def _messages_of(self, conversation: Conversation) -> list[Message]:
        messages = []
        for content in conversation.dialogue.contents:
            self._messages += 1
            message = read_message(
                content, id=self._messages, conversation=conversation.id, direction=Direction.SUBMITTED
            )
            message.direction = _direction(conversation, message)
            content.message = message.id
            messages.append(message)
        for transaction in conversation.dialogue.transactions:
            if transaction.content is not None and transaction.content.message is not None:
                messages[transaction.content.message - messages[0].id].queue_id = transaction.queue_id
        return messages

    def _lookups_of(self, conversation: Conversation) -> list[Lookup]:
        for lookup in conversation.dialogue.lookups:
            self._lookups += 1
            lookup.id = self._lookups
            lookup.conversation = conversation.id
            lookup.client, lookup.server = conversation.key.client.host, conversation.key.server.host
        return conversation.dialogue.lookups


def _on_ports(segments: Segments, ports: Bools) -> Bools:
    return ports[segments.source_port] | ports[segments.target_port]


def _rows(batch: RawBatch, segments: Segments, groups: list[Group]) -> list[Row]:
    """Return the packets of the groups, one group after the other, as rows for their trackers."""
    members = np.concatenate([group.members for group in groups])
    chosen = segments.row[members]
    columns = (
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
    return list(zip(*(column.tolist() for column in columns), strict=True))


def _is_straggler(row: Row) -> bool:
    """An acknowledgement, FIN or reset of a conversation that ended long ago begins none."""
    flags, length = row[5], row[6]
    return not flags & SYN and not length


def _client_way(key: PairKey, row: Row, transport: Transport) -> int:
    """Tell who asks: the sender of a SYN, the receiver of a SYN+ACK, else the one whose port is no service's."""
    way, flags = row[2], row[5]
    if flags & SYN and transport is Transport.TCP:
        return way if not flags & ACK else 1 - way
    ports = TCP_PORTS if transport is Transport.TCP else UDP_PORTS
    first, second = (port(end) in ports for end in key)
    return way if first == second else int(second)


def _direction(conversation: Conversation, message: Message) -> Direction:
    """Tell which way a mail went: one that has been through a server before carries its trace header."""
    if conversation.protocol != "smtp":
        return Direction.RETRIEVED
    if conversation.key.server.port in SUBMISSION_PORTS or not message.received:
        return Direction.SUBMITTED
    return Direction.RELAYED
