"""The analyzer of a live capture: the same pipeline as for files in small batches, and somebody who looks on.

While a network is silent the clock of the capture goes on by ours, so that what has closed becomes final. Files and
pipes have a time of their own, which only their packets tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from time import monotonic, sleep

from mailtrace.analyzer import AllRead, Analyzer, CaptureRead, Done, Names, Piece, Write, briefly
from mailtrace.live.handover import Captured, Handover
from mailtrace.live.keylog import PATIENCE_SECONDS, FollowedKeyLog
from mailtrace.live.losses import Losses
from mailtrace.live.watching import Moment, Watcher
from mailtrace.mail.correlator import Final
from mailtrace.mail.kept import Kept, whole
from mailtrace.model import NO_TIME, Conversation, Gap, Note
from mailtrace.packets.carriers import link_name
from mailtrace.pipeline import sifter
from mailtrace.streams.sift import Rows

TICK_SECONDS = 0.04
"""How long to wait for packets before looking at the clock: often enough that what is shown late is still in time."""

MARGIN_NS = 1_000_000_000
"""How far the clock of a silent network is kept behind ours: packets on their way to us bring an earlier time."""

SUMMARY_LIMIT_BYTES = 128 * 2**20
"""Memory for conversations that the summary at the end is to tell; JSON Lines need none of it, and have no limit."""

PACKET_COST_BYTES = 200
EVENT_COST_BYTES = 600
"""What a packet of a conversation takes in memory, and a command, a reply or the like."""


class LiveAnalyzer(Analyzer):
    """Reads what is handed over until the source ends; see `Analyzer`.

    `keeps_all`: whoever takes what is final keeps it. Then no more is handed out than memory has room for, and a note
    tells how much was not.
    """

    def __init__(
        self,
        handover: Handover,
        watcher: Watcher,
        names: Names | None = None,
        *,
        keeps_all: bool,
        keylog: FollowedKeyLog | None = None,
        decode_as: Mapping[int, str] | None = None,
    ) -> None:
        super().__init__([], names, decode_as=decode_as)
        self.info.files = [handover.source.name]
        self.losses = Losses()
        self._handover = handover
        self._watcher = watcher
        self._keys = keylog
        self._room = SUMMARY_LIMIT_BYTES if keeps_all else None
        self._left_out = 0
        self._octets = self._packets = 0
        self._last_ns = NO_TIME
        self._last_at = monotonic()

    def finals(self, write: Write | None = None) -> Iterator[list[Final]]:
        """Yield conversations as they become final, and let the watcher see them. Raises: `MailtraceError`."""
        keep = whole if write is None else partial(_with_holes, write)
        for finals in self._finals(self._understand(self._pieces(), keep, brief=False)):
            for final in finals:
                self.losses.observe(final.conversation)
            self._watcher.show(self._moment(finals))
            yield [final for final in finals if self._has_room(final.conversation)]
        self._watcher.show(self._moment([], is_last=True))
        self._watcher.close()
        self.info.notes += [*self.losses.notes(), *self._limit_notes()]

    def _pieces(self) -> Iterator[Done]:
        """Yield what is captured, and pieces without packets while there is nothing."""
        handover, source = self._handover, self._handover.source
        sift = sifter(self._decode_as)
        while not handover.is_over:
            captured = handover.take(TICK_SECONDS)
            secrets = self._new_keys(captured)
            rows = [Rows([], b"", b"", [])]
            if captured is not None:
                secrets += captured.secrets
                self.losses.add(captured.losses)
                self._octets += int(captured.batch.captured.sum())
                if len(captured.batch.start):
                    self._packets = captured.batch.first_number + len(captured.batch.start) - 1
                    rows = sift.sift(captured.batch)
            now_ns = self._now_ns(sift.totals.last_ns)
            yield Piece(rows, [], now_ns, now_ns, (self._octets, self._packets), secrets)
        self.losses.add(handover.take_losses())
        link_types = dict.fromkeys(link_name(interface.link_type) for interface in source.interfaces)
        yield CaptureRead(handover.notes(), source.names, list(link_types))
        yield AllRead(sift.totals, sift.notes(), [])

    def _new_keys(self, captured: Captured | None) -> list[bytes]:
        """Return keys that were written down since; packets wait a moment for them, if they have not waited yet."""
        if self._keys is None:
            return []
        if captured is not None:
            sleep(max(captured.at + PATIENCE_SECONDS - monotonic(), 0))
        octets = self._keys.take()
        return [octets] if octets else []

    def _now_ns(self, last_ns: int | None) -> int:
        """Return the time of the capture: that of its packets, which goes on while a network is silent."""
        if last_ns is None:
            return NO_TIME
        if last_ns != self._last_ns:
            self._last_ns, self._last_at = last_ns, monotonic()
        elif self._handover.source.is_network and not self._handover.waits:
            return max(last_ns, last_ns + int((monotonic() - self._last_at) * 1e9) - MARGIN_NS)
        return last_ns

    def _moment(self, finals: list[Final], is_last: bool = False) -> Moment:
        return Moment(finals, self._changed, self._packets, self.correlator.conversations, self.losses, is_last)

    def _changed(self, after: int) -> list[Conversation]:
        """Return the conversations with packets behind `after` that are not final, under their numbers."""
        changed = [] if self.pipeline is None else self.pipeline.snapshot(after)
        for each in changed:
            each.id = self.correlator.number_of(each.id) or 0
        return sorted(changed, key=lambda each: each.id)

    def _has_room(self, conversation: Conversation) -> bool:
        """Take the memory of a conversation, where there is room for it."""
        if self._room is None:
            return True
        dialogue = conversation.dialogue
        kept = sum(len(content.kept) for content in dialogue.contents)
        cost = len(conversation.packets) * PACKET_COST_BYTES + len(dialogue.events) * EVENT_COST_BYTES + kept
        has_room = self._room >= cost and not self._left_out
        if has_room:
            self._room -= cost
        else:
            self._left_out += 1
        return has_room

    def _limit_notes(self) -> list[Note]:
        if not self._left_out:
            return []
        message = (
            f"the summary has room for the first {self.correlator.conversations - self._left_out:,} conversations, "
            f"{self._left_out:,} more are left out: record with -w and analyze the file, or take --format jsonl"
        )
        return [Note("summary-limit", message, damage=True)]


def _with_holes(write: Write, conversation: Conversation) -> Kept:
    """Keep of a conversation what was written, and the holes in it, to be compared with losses."""
    kept = briefly(write, conversation)
    kept.dialogue.events = [event for event in conversation.dialogue.events if isinstance(event, Gap)]
    return kept
