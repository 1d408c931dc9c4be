"""From the thread that captures to the one that understands: a queue of limited size, and an account of what was lost.

The capture thread never waits for the other where the network would not wait either: what finds no room is counted and
let go, the whole batch of it, so that every packet is analysed, or lost by the kernel, or counted here. A file or a
pipe can wait, and does. What is recorded is recorded before, so the record has what the analysis had no time for.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import replace
from threading import Condition, Thread
from typing import NamedTuple

from mailtrace.live import Recorder, Source
from mailtrace.model import NO_TIME, Note, RawBatch

QUEUE_LIMIT_BYTES = 64 * 2**20
"""Octets that may wait to be understood: a few seconds of a full gigabit line, and still little memory."""

BATCH_COST_BYTES = 4096
"""What a batch costs besides its octets, so that many small ones reach the limit, too."""

END_SECONDS = 2.0
"""How long to wait for the capture thread at the end: what it does then takes moments."""

LOSS_SPREAD_NS = 1_000_000_000
"""How long before it was noticed the kernel may have lost a packet: its count is asked for once a second."""


class Loss(NamedTuple):
    """Packets that were not analysed, and whether because the queue was full.

    The times are by the clock of the capture, `NO_TIME` where they are not known.
    """

    begin_ns: int
    end_ns: int
    packets: int
    by_queue: bool


class Captured(NamedTuple):
    """What the capture thread hands over: frames, the keys for TLS before them, and what was lost since the last.

    `at` is when, by the monotonic clock.
    """

    batch: RawBatch
    secrets: list[bytes]
    losses: list[Loss]
    at: float


class Handover:
    """Runs a source in a thread of its own; `take` what it brings. `limit`: end after so many packets."""

    def __init__(self, source: Source, recorder: Recorder | None = None, limit: int | None = None) -> None:
        self.source = source
        self._recorder = recorder
        self._limit = limit
        self._queue: deque[Captured] = deque()
        self._waiting_bytes = 0
        self._secrets: list[bytes] = []
        self._losses: list[Loss] = []
        self._dropped = 0
        self._ended = False
        self._error: BaseException | None = None
        self._changed = Condition()
        self._thread = Thread(target=self._run, name="capture", daemon=True)

    def start(self) -> None:
        """Begin to capture."""
        self._thread.start()

    def stop(self) -> None:
        """Let the capture end; what it brought until then can still be taken."""
        self.source.stop()

    def take(self, seconds: float) -> Captured | None:
        """Return the next frames; None where none come for so long, or none any more (`is_over`).

        Raises: what went wrong in the capture thread, once all before it was taken.
        """
        with self._changed:
            if not self._queue and not self._ended:
                self._changed.wait(seconds)
            if not self._queue:
                if self._ended and self._error is not None:
                    error, self._error = self._error, None
                    raise error
                return None
            captured = self._queue.popleft()
            self._waiting_bytes -= _cost(captured.batch)
            self._changed.notify()
            return captured

    @property
    def is_over(self) -> bool:
        """Whether the capture has ended and everything was taken."""
        with self._changed:
            return self._ended and not self._queue and self._error is None

    @property
    def waits(self) -> bool:
        """Whether frames are here to be taken."""
        return bool(self._queue)

    def notes(self) -> list[Note]:
        """Return what the source and the recorder have to say."""
        return [*self.source.notes, *(self._recorder.notes if self._recorder is not None else [])]

    def close(self) -> None:
        """End the capture and give everything back; the record is whole then."""
        self.stop()
        if self._thread.is_alive():
            self._thread.join(END_SECONDS)
        if self._recorder is not None:
            self._recorder.close(self._dropped)
        self.source.close()

    def take_losses(self) -> list[Loss]:
        """Return the losses after the last frames; once it `is_over`."""
        losses, self._losses = self._losses, []
        return losses

    def _run(self) -> None:
        try:
            for batch in self.source.batches():
                batch = self._limited(batch)
                if self._recorder is not None:
                    self._recorder.write(batch)
                self._note_dropped()
                self._put(batch)
                if self._limit == 0:
                    break
        except BaseException as error:  # raised again where it is seen, by `take`
            self._error = error
        finally:
            self._note_dropped()
            with self._changed:
                self._ended = True
                self._changed.notify()

    def _limited(self, batch: RawBatch) -> RawBatch:
        """Return as much of a batch as is wanted of all."""
        if self._limit is None:
            return batch
        many = min(self._limit, len(batch.start))
        self._limit -= many
        columns = {name: getattr(batch, name)[:many] for name in ("start", "captured", "wire", "time_ns", "interface")}
        return replace(batch, **columns)

    def _note_dropped(self) -> None:
        """Ask how many packets were lost before they came here."""
        dropped = self.source.dropped
        if dropped > self._dropped:
            end_ns = time.time_ns() if self.source.is_network else NO_TIME
            begin_ns = end_ns - LOSS_SPREAD_NS if self.source.is_network else NO_TIME
            self._lose(Loss(begin_ns, end_ns, dropped - self._dropped, by_queue=False))
            self._dropped = dropped

    def _lose(self, loss: Loss) -> None:
        """Take note of a loss, together with the one before where nothing was handed over in between."""
        for at, other in enumerate(self._losses):
            if other.by_queue is loss.by_queue:
                begin_ns, end_ns = min(other.begin_ns, loss.begin_ns), max(other.end_ns, loss.end_ns)
                self._losses[at] = Loss(begin_ns, end_ns, other.packets + loss.packets, loss.by_queue)
                return
        self._losses.append(loss)

    def _put(self, batch: RawBatch) -> None:
        """Put frames into the queue, or let them go where there is no room and nobody can wait."""
        self._secrets += self.source.take_secrets()
        cost = _cost(batch)
        with self._changed:
            while self._waiting_bytes and self._waiting_bytes + cost > QUEUE_LIMIT_BYTES:
                if self.source.is_network:
                    self._lose(_lost(batch))
                    return
                self._changed.wait()
            self._queue.append(Captured(batch, self._secrets, self._losses, time.monotonic()))
            self._secrets, self._losses = [], []
            self._waiting_bytes += cost
            self._changed.notify()


def _cost(batch: RawBatch) -> int:
    return len(batch.buffer) + BATCH_COST_BYTES


def _lost(batch: RawBatch) -> Loss:
    known = batch.time_ns[batch.time_ns != NO_TIME]
    begin_ns, end_ns = (int(known.min()), int(known.max())) if len(known) else (NO_TIME, NO_TIME)
    return Loss(begin_ns, end_ns, len(batch.start), by_queue=True)
