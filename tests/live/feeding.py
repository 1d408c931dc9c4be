"""A source that a test feeds: frames of a capture, batch by batch, when the test says so."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from queue import Queue

import numpy as np

from mailtrace.capture.source import open_capture
from mailtrace.model import Interface, Note, RawBatch

PATIENCE_SECONDS = 20.0


class Fed:
    """A source of what is put into it; `end` ends it."""

    name = "fed"

    def __init__(self, batches: Iterable[RawBatch] = (), is_network: bool = True) -> None:
        self.is_network = is_network
        self.interfaces: list[Interface] = []
        self.names: dict[str, list[str]] = {}
        self.notes: list[Note] = []
        self.dropped = 0
        self.secrets: list[bytes] = []
        self.is_closed = False
        self._queue: Queue[RawBatch | Exception | None] = Queue()
        for batch in batches:
            self.put(batch)

    def put(self, batch: RawBatch | Exception) -> None:
        """Let a batch come, or let the source fail."""
        self._queue.put(batch)

    @property
    def is_drained(self) -> bool:
        """Whether all that was put into it has been taken out."""
        return self._queue.empty()

    def batches(self) -> Iterator[RawBatch]:
        """See `Source`."""
        while (batch := self._queue.get()) is not None:
            if isinstance(batch, Exception):
                raise batch
            self.interfaces = list(batch.interfaces)
            yield batch

    def take_secrets(self) -> list[bytes]:
        """See `Source`."""
        secrets, self.secrets = self.secrets, []
        return secrets

    def stop(self) -> None:
        """See `Source`."""
        self._queue.put(None)

    def close(self) -> None:
        """See `Source`."""
        self.is_closed = True


def batch_of(first: int, times_ns: list[int], size: int = 100) -> RawBatch:
    """Return a batch of frames with nothing in them."""
    many = len(times_ns)
    sizes = np.full(many, size)
    return RawBatch(
        buffer=bytes(many * size),
        first_number=first,
        start=np.arange(many) * size,
        captured=sizes,
        wire=sizes,
        time_ns=np.array(times_ns, np.int64),
        interface=np.zeros(many, np.int32),
        interfaces=[Interface(1, "fed0")],
    )


def single_packets(path: Path) -> Iterator[RawBatch]:
    """Yield the packets of a capture, each in a batch of its own."""
    with open_capture(str(path)) as capture:
        for batch in capture.batches():
            for at in range(len(batch.start)):
                yield part(batch, at, at + 1)


def part(batch: RawBatch, begin: int, end: int) -> RawBatch:
    """Return some packets of a batch."""
    return replace(
        batch,
        first_number=batch.first_number + begin,
        start=batch.start[begin:end],
        captured=batch.captured[begin:end],
        wire=batch.wire[begin:end],
        time_ns=batch.time_ns[begin:end],
        interface=batch.interface[begin:end],
    )


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it never was"
        time.sleep(0.005)
