"""What was lost while capturing, and which holes in conversations that explains."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from mailtrace.live.handover import Loss
from mailtrace.model import NO_TIME, Conversation, Gap, Note

LOSSES_LIMIT = 10_000
"""Losses whose times are remembered, the first; all are counted."""

NAMED_HOLES = 25
"""Holes whose packets a note lists; all are counted."""

LOOK_BACK_PACKETS = 8
"""Packets of a conversation that may come behind a hole before it is known for one."""


class Losses:
    """Counts losses, and looks for the holes they left."""

    def __init__(self) -> None:
        self.by_kernel = 0
        self.by_queue = 0
        self._times: list[tuple[int, int]] = []
        self._holes = 0
        self._packets: list[int] = []

    def add(self, losses: Iterable[Loss]) -> None:
        """Take note of packets that were not analysed."""
        for loss in losses:
            if loss.by_queue:
                self.by_queue += loss.packets
            else:
                self.by_kernel += loss.packets
            if len(self._times) < LOSSES_LIMIT and loss.begin_ns != NO_TIME:
                self._times.append((loss.end_ns, loss.begin_ns))

    def observe(self, conversation: Conversation) -> None:
        """See which holes of a finished conversation are where something was lost."""
        if not self._times or not conversation.packets:
            return
        for event in conversation.dialogue.events:
            if isinstance(event, Gap) and self._explains(conversation, event):
                self._holes += 1
                if len(self._packets) < NAMED_HOLES:
                    self._packets.append(event.packet)

    def notes(self) -> list[Note]:
        """Return what was lost; nothing where all was analysed."""
        told = []
        if self.by_kernel:
            told.append(Note("packets-lost", f"packets that were lost while this was captured: {self.by_kernel:,}"))
        if self.by_queue:
            message = f"packets for which the analysis was too slow, and which it left out: {self.by_queue:,}"
            told.append(Note("packets-not-analysed", message, damage=True))
        if self._holes:
            message = f"holes in conversations at moments at which packets were lost: {self._holes:,}"
            told.append(Note("holes-explained", message, tuple(self._packets)))
        return told

    def _explains(self, conversation: Conversation, hole: Gap) -> bool:
        """Tell whether something was lost between the last packets before a hole and the one that proved it."""
        packets = conversation.packets
        at = bisect_left(packets, hole.packet, key=lambda packet: packet.number)
        before_ns = packets[max(at - LOOK_BACK_PACKETS, 0)].time_ns if at < len(packets) else hole.time_ns
        return any(begin_ns <= hole.time_ns and end_ns >= before_ns for end_ns, begin_ns in self._times)
