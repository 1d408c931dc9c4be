"""Live captures as sources: what dumpcap or our own sniffer writes into a pipe, read as a file that grows."""

from __future__ import annotations

import os
import select
import signal
import time
from abc import abstractmethod
from contextlib import suppress

from mailtrace.capture.streamed import PipedCapture, Stopped
from mailtrace.live.dumpcap import Dumpcap
from mailtrace.live.sniffer import Sniffing
from mailtrace.model import Note

END_SECONDS = 2.0
"""How long whoever captures may take to hand on what it has, once it was told to end."""

NOTES_LIMIT_BYTES = 65_536
"""What is read of notes: an interface gives one when it goes down."""

INTERFACE_LOST, CAPTURE_ENDED = "interface-lost", "capture-ended"


class NetworkCapture(PipedCapture):
    """A capture that a child process writes into the pipe `descriptor` until it is told to end.

    `extra` are notes known from the start.
    """

    keeps_seconds = 0.0
    """How long whoever captures may keep a packet to itself; what it keeps when it is told to end is lost."""

    def __init__(self, name: str, descriptor: int, extra: list[Note]) -> None:
        super().__init__(name, descriptor, is_network=True)
        self._extra = extra

    @property
    def notes(self) -> list[Note]:
        """What was remarkable so far, on the side of whoever captures, too."""
        return [*super().notes, *self._extra, *self._told()]

    def _read(self, size: int) -> bytes:
        """Return what has come; once stopped, until the other side has ended."""
        if self._stopped_at is None:
            with suppress(Stopped):  # while it waited
                return super()._read(size)
        stopped_at = self._stopped_at or time.monotonic()
        for deadline in (stopped_at + self.keeps_seconds, stopped_at + END_SECONDS):
            ready, _, _ = select.select([self._pipe], [], [], max(deadline - time.monotonic(), 0))
            if ready and time.monotonic() < deadline:
                return os.read(self._pipe, size)
            self._tell_to_end()
        raise Stopped

    @abstractmethod
    def _told(self) -> list[Note]:
        """Return what the other side has to tell."""

    @abstractmethod
    def _tell_to_end(self) -> None:
        """Let the other side end."""


class SnifferCapture(NetworkCapture):
    """What a sniffer copies."""

    def __init__(self, name: str, extra: list[Note], sniffing: Sniffing) -> None:
        super().__init__(name, sniffing.capture, extra)
        self._child = sniffing.child
        self._said = sniffing.notes
        self._end: int | None = sniffing.end
        self._lines = b""
        os.set_blocking(self._said, False)

    def close(self) -> None:
        """Close all, and see the sniffer end."""
        self._tell_to_end()
        super().close()
        os.close(self._said)
        with suppress(OSError):
            os.kill(self._child, signal.SIGKILL)
        with suppress(OSError):
            os.waitpid(self._child, 0)

    def _told(self) -> list[Note]:
        with suppress(OSError):
            while len(self._lines) < NOTES_LIMIT_BYTES and (piece := os.read(self._said, NOTES_LIMIT_BYTES)):
                self._lines += piece
        lines = self._lines.decode("utf-8", "backslashreplace").splitlines()
        return [Note(INTERFACE_LOST, line, damage=True) for line in lines]

    def _tell_to_end(self) -> None:
        end, self._end = self._end, None
        if end is not None:
            os.close(end)


class DumpcapCapture(NetworkCapture):
    """What dumpcap captures."""

    keeps_seconds = 0.3

    def __init__(self, name: str, dumpcap: Dumpcap) -> None:
        super().__init__(name, os.dup(dumpcap.capture), [])
        self._dumpcap = dumpcap

    def close(self) -> None:
        """Close all, and see dumpcap end."""
        super().close()
        self._dumpcap.close()

    def _told(self) -> list[Note]:
        said = self._dumpcap.messages()
        return [Note(CAPTURE_ENDED, f"dumpcap says: {' '.join(said)}", damage=True)] if said else []

    def _tell_to_end(self) -> None:
        self._dumpcap.end()
