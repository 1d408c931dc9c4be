"""HOT. From sifted packets to finished conversations: streams and protocols (tests/bench `mixed` and `mail`).

`feed` takes what is kept of a batch, `finish` says that no more will come, and `take` hands out what came of it since
the last call; how conversations belong together is found out behind (`mail/correlator.py`). A conversation is final
some time after its close (`Tracker.due_ns`, a time of the capture, never of the clock), so that results do not depend
on how the capture was cut into batches. Memory is held for open ones only.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from mailtrace.mail.correlator import Answered, Begun, Ended, Understood
from mailtrace.mail.kept import whole
from mailtrace.model import (
    NO_TIME,
    ClosedHow,
    Conversation,
    Dialogue,
    Lookup,
    Packet,
    Side,
    StreamKey,
    Transport,
)
from mailtrace.protocols.choose import UNKNOWN, Chooser
from mailtrace.protocols.services import Services
from mailtrace.streams.datagrams import DatagramTracker
from mailtrace.streams.grouping import endpoint
from mailtrace.streams.half import Budget
from mailtrace.streams.runs import runs_in
from mailtrace.streams.sift import Rows, Sifter, StreamRows, pair_of
from mailtrace.streams.tracker import Row, Tracker
from mailtrace.tls.keys import Keys

SYN, ACK = 0x02, 0x10
CLIENT = Side.CLIENT
TCP, UDP = Transport.TCP, Transport.UDP

ENDED = (ClosedHow.FIN, ClosedHow.RST, ClosedHow.IDLE)
"""How conversations end that may be complete."""

FORWARD = 1
"""The way of packets that come from the lesser endpoint of a flow's key."""

MAIL = frozenset({"smtp", "pop3", "imap"})
"""Protocols that are listed on any port, when what is said there leaves no doubt."""

DNS = "dns"

UNDECIDED_PACKETS = 100
"""Packets after which a conversation on nobody's port that has not proved to be mail is let go: it will not later."""

Keep = Callable[[Conversation], Any]
"""Makes of a conversation, once all was said in it, what is `Kept` of it; or that in the form in which it is sent."""

NOTHING_SAID = Dialogue()
"""What a conversation holds while what was said is among what is kept of it."""

END_NS = 2**63
"""A time after every other."""


class Pair(Struct, eq=False):
    """Two endpoints, in one lane: the conversation in progress between them, and how many there have been.

    `passed_over`: the one in progress is on nobody's port and no mail.
    """

    talk: Talk | None = None
    uses: int = 0
    passed_over: bool = False


class Talk(Struct, eq=False):
    """A conversation in progress; it is listed once it is found: `found_at` is the packet with which, 0 until then.

    On the port of a protocol that is the first, elsewhere the one that leaves no doubt that it is mail.
    `answers` counts the lookups in it that were told of.
    """

    pair: Pair
    key: StreamKey
    chooser: Chooser | None
    tracker: Tracker | DatagramTracker
    tcp_stream: int | None
    found_at: int = 0
    queued: bool = False
    answers: int = 0
    conversation: Conversation | None = None
    kept: Any = None

    def finish(self) -> bool:
        """No more will be said; tell whether there is now something to `keep`."""
        chooser, self.chooser = self.chooser, None
        if chooser is None:
            return False
        self.tracker.finish()
        chooser.finish()
        if not self.found_at:
            return False
        self.conversation = self._conversation(chooser.protocol, chooser.dialogue)
        return True

    def keep(self, keep: Keep) -> None:
        """Keep what is wanted of what was said."""
        conversation = self.conversation
        if conversation is not None:
            self.kept = keep(conversation)
            conversation.dialogue = NOTHING_SAID

    def so_far(self) -> Conversation:
        """Return the conversation as it is now; only where everything is kept can it be told afterwards."""
        chooser, known = self.chooser, self.conversation
        if known is not None:
            conversation = replace(known, dialogue=self.kept.dialogue)
        elif chooser is not None:
            conversation = self._conversation(chooser.protocol, chooser.dialogue)
        else:
            conversation = self._conversation(UNKNOWN, NOTHING_SAID)
        return self.filled(conversation, self.tracker.closed())

    def _conversation(self, protocol: str, dialogue: Dialogue) -> Conversation:
        """Return the conversation as far as it is known; its id is `found_at`."""
        packets, closed, numbers = _ends(self.tracker), self.tracker.closed(), tuple(self.tracker.numbers)
        return Conversation(
            self.found_at, protocol, self.key, self.tcp_stream, packets, dialogue, False, closed, None, numbers
        )

    def filled(self, conversation: Conversation, how: ClosedHow) -> Conversation:
        """Give the conversation all packets that have come."""
        tracker = self.tracker
        if tracker.packets is not None:
            conversation.packets = tuple(tracker.packets)
        if len(conversation.numbers) != len(tracker.numbers):
            conversation.numbers = tuple(tracker.numbers)
            if tracker.packets is None:
                conversation.packets = _ends(tracker)
        conversation.complete = tracker.whole() and how in ENDED
        conversation.closed = how
        return conversation


class Pipeline:
    """Feed it what is kept of each batch, in order; `decode_as` names protocols by port.

    `keys` open TLS; keys that are added open what comes after. `other` counts, by name, packets that turn out to belong
    to no conversation that is listed. `keep` makes of a conversation what is kept of it; of its packets only the
    numbers are kept where it is `brief`.
    """

    def __init__(self, decode_as: Mapping[int, str] | None = None, keep: Keep = whole, brief: bool = False) -> None:
        self._keep = keep
        self._brief = brief
        self.keys = Keys()
        self.other: Counter[str] = Counter()
        self._services = Services(decode_as)
        self._pairs: dict[tuple[Transport, bytes], Pair] = {}
        self._budget = Budget()
        self._due: list[tuple[int, int, Talk]] = []
        self._ended: list[tuple[int, int, Talk, ClosedHow]] = []
        self._found: list[Talk] = []
        self._said: list[Talk] = []
        self._final: list[Ended] = []
        self._answered: list[Answered] = []
        self._now_ns = self._passed_ns = NO_TIME

    def feed(self, rows: Rows, now_ns: int, passed_ns: int) -> None:
        """Take what is kept of the next batch; `now_ns` is the latest time of the capture so far.

        No packet before `passed_ns` comes any more.
        """
        self._now_ns, self._passed_ns = now_ns, passed_ns
        runs = runs_in(rows.table, [stream.count for stream in rows.streams]) if self._brief else b""
        start = 0
        for stream, packets in rows.by_stream():
            self._feed_stream(stream, packets, rows.buffer, runs[start : start + stream.count + 1])
            start += stream.count
        for pair in rows.evicted:
            self._evicted(pair)
        self._settle()

    def finish(self) -> None:
        """No more will come: every conversation ends here."""
        for pair in self._pairs.values():
            if pair.talk is not None:
                self._end(pair.talk)
        self._passed_ns = END_NS
        self._settle()

    def take(self) -> Understood:
        """Return what came of what was fed since the last call."""
        begun = [Begun(talk.found_at, talk.tracker.first_ns, talk.key) for talk in self._found]
        ended, answered = self._final, self._answered
        self._found, self._final, self._answered = [], [], []
        return Understood(begun, ended, answered, self._passed_ns)

    def snapshot(self, after: int = 0) -> list[Conversation]:
        """Return conversations that are listed but not final, as they are now; only those with packets behind `after`.

        Ids are the packets with which they were found. Their dialogues go on being filled: look at them at once.
        """
        talks = [pair.talk for pair in self._pairs.values() if pair.talk is not None and pair.talk.found_at]
        talks += [talk for _, _, talk, _ in self._ended]
        return [talk.so_far() for talk in talks if talk.tracker.numbers[-1] > after]

    def _feed_stream(self, stream: StreamRows, rows: list[Row], buffer: bytes, runs: bytes) -> None:
        """Feed one stream's packets, beginning a new conversation wherever the tracker says that one begins."""
        at = 0
        key = (stream.transport, stream.pair)
        pair = self._pairs.get(key)
        if pair is None:
            pair = self._pairs[key] = Pair()
        while at < len(rows):
            talk = pair.talk
            if talk is None and pair.uses and stream.transport is TCP and self._passes(pair, rows[at]):
                at += 1
                continue
            if talk is None:
                talk = self._begin(pair, stream, rows[at:] if at else rows, buffer)
            if not talk.found_at:
                at = self._feed_undecided(talk, rows, at, buffer)
                continue
            at = talk.tracker.feed(rows, at, buffer, runs)
            if talk.chooser is not None and talk.chooser.protocol == DNS:
                self._take_answers(talk, talk.chooser.dialogue.lookups)
            if at < len(rows):
                self._end(talk, begins_ns=rows[at][1])
        last = pair.talk
        if last is not None and not last.queued and last.tracker.due_ns is not None:
            last.queued = True
            heapq.heappush(self._due, (last.tracker.due_ns, id(last), last))
            if last.tracker.all_said:  # now it is at hand; when it is final, in some seconds, it is far away in memory
                self._finish(last)

    def _take_answers(self, talk: Talk, lookups: list[Lookup]) -> None:
        """Tell of lookups that were answered since it was looked last."""
        for place in range(talk.answers, len(lookups)):
            if lookups[place].rcode is not None:
                self._answered.append(Answered(talk.found_at, place, lookups[place]))
        talk.answers = len(lookups)

    def _passes(self, pair: Pair, row: Row) -> bool:
        """Pass over a packet that begins no conversation between endpoints that have had one."""
        flags, length = row[5], row[6]
        if pair.passed_over and flags & (SYN | ACK) != SYN:
            self.other["tcp"] += 1
            return True
        pair.passed_over = False
        if flags & SYN or length:
            return False
        self.other["after close"] += 1
        return True

    def _feed_undecided(self, talk: Talk, rows: list[Row], at: int, buffer: bytes) -> int:
        """Feed one packet, so that it is known with which it was decided; return the index of the next."""
        tracker, chooser = talk.tracker, talk.chooser
        if not tracker.feed(rows[at : at + 1], 0, buffer):
            self._end(talk, begins_ns=rows[at][1])
            return at
        if chooser is not None and chooser.decided_by_content and chooser.protocol in MAIL:
            talk.found_at = rows[at][0]
            self._found.append(talk)
        elif len(tracker.numbers) >= UNDECIDED_PACKETS:
            self._end(talk)
            talk.pair.passed_over = True
        return at + 1

    def _begin(self, pair: Pair, stream: StreamRows, rows: list[Row], buffer: bytes) -> Talk:
        key, transport, row = pair_of(stream.pair), stream.transport, rows[0]
        services = self._services
        way = services.client_way(key, rows, buffer, transport)
        lesser, greater = endpoint(key[0]), endpoint(key[1])
        client, server = (lesser, greater) if way == FORWARD else (greater, lesser)
        decode_as = services.decode_as.get(server.port)
        tracker: Tracker | DatagramTracker
        if transport is TCP:
            chooser = Chooser(transport, server.port, row[5] & SYN != 0, decode_as, self.keys)
            tracker = Tracker(chooser.feed, way, self._budget, self._brief)
            chooser.hand_over = tracker.listen
        else:
            chooser = Chooser(transport, server.port, False, decode_as, self.keys)
            tracker = DatagramTracker(chooser.feed, way, self._brief)
        stream_key = StreamKey(client, server, transport, pair.uses)
        talk = pair.talk = Talk(pair, stream_key, chooser, tracker, stream.number_at(row[0]))
        pair.uses += 1
        if server.port in services.ports[transport]:
            talk.found_at = row[0]
            self._found.append(talk)
        return talk

    def _evicted(self, key: tuple[Transport, bytes]) -> None:
        pair = self._pairs.pop(key, None)
        if pair is not None and pair.talk is not None:
            self._end(pair.talk, how=ClosedHow.IDLE)

    def _end(self, talk: Talk, how: ClosedHow | None = None, begins_ns: int | None = None) -> None:
        """Close a conversation's stream; `begins_ns` is when the next one of the same endpoints began.

        It becomes final in `_settle`, at the time it was due.
        """
        self._finish(talk)
        talk.pair.talk = None
        if not talk.found_at:
            self.other["tcp"] += len(talk.tracker.numbers)
            return
        due_ns = talk.tracker.due_ns
        if due_ns is None:
            due_ns = self._now_ns if begins_ns is None else begins_ns
        self._ended.append((due_ns, talk.tracker.numbers[0], talk, how or talk.tracker.closed()))

    def _finish(self, talk: Talk) -> None:
        """No more will be said in a conversation."""
        if talk.finish():
            self._said.append(talk)

    def _keep_said(self) -> None:
        """Keep what is wanted of the conversations in which all was said, one after the other.

        To understand and to keep in turns takes a sixth longer: a processor is fast at what it has just done.
        """
        for talk in self._said:
            talk.keep(self._keep)
        self._said.clear()

    def _settle(self) -> None:
        """Make final what was due before the time that has passed, in order of when it was due."""
        while self._due and self._due[0][0] < self._passed_ns:
            _, _, talk = heapq.heappop(self._due)
            if talk.pair.talk is not talk:
                continue
            due_ns = talk.tracker.due_ns
            if due_ns is not None and due_ns < self._passed_ns:
                self._end(talk)
            else:  # packets have come since, or the close was none
                talk.queued = due_ns is not None
                if due_ns is not None:
                    heapq.heappush(self._due, (due_ns, id(talk), talk))
        self._keep_said()
        ready = [ended for ended in self._ended if ended[0] < self._passed_ns]
        if ready:
            self._ended = [ended for ended in self._ended if ended[0] >= self._passed_ns]
            for due_ns, _, talk, how in sorted(ready, key=itemgetter(0, 1)):
                if talk.conversation is not None:
                    self._final.append(Ended(due_ns, talk.filled(talk.conversation, how), talk.kept))


def _ends(tracker: Tracker | DatagramTracker) -> tuple[Packet, ...]:
    """Return the first packet and the last, of which nothing but number and time is known."""
    numbers = tracker.numbers
    first = Packet(numbers[0], tracker.first_ns, CLIENT, 0, 0, 0, 0)
    return first, Packet(numbers[-1], tracker.last_ns, CLIENT, 0, 0, 0, 0)


def sifter(decode_as: Mapping[int, str] | None = None, shares: int = 1) -> Sifter:
    """Return a sifter for the ports of all protocols, and those that the user names."""
    ports = Services(decode_as).ports
    return Sifter(ports[TCP], ports[UDP], shares)
