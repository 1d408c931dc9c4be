"""Captures that are still being written: a pipe, or a file that grows. Frames come as soon as they are whole.

The readers of files do the work. What they read from waits until more is there, and raises `Stopped` through them when
no more is wanted: so a record of which only a part was written is neither used nor taken for damage.
A file that is followed may be replaced by another of its name, or be emptied and begun anew, as log files are: then the
old one is read to its end, and the new one goes on from there.
"""

from __future__ import annotations

import os
import select
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import monotonic

from mailtrace.capture.octets import placed
from mailtrace.capture.source import CaptureFile, open_regular
from mailtrace.errors import UnreadableInput
from mailtrace.model import Interface, Note, RawBatch

LOOK_SECONDS = 0.05
"""How often to look whether a file has grown, and how long octets gather in a pipe before they are taken together."""

MANY_OCTETS = 16 * 1024
"""A read that brings so many is followed by the next at once: who writes is fast, and a pipe holds 64 KB."""

PIPE_BYTES = 2**20
"""What a pipe is made to hold, where the system lets us: a moment of work must not make its writer wait."""

DRAIN_SECONDS = 1.0
"""How long a pipe that does not run dry is read after `stop`."""

NOTES_LIMIT = 1_000
"""Notes kept of the files that were followed before: one that is replaced every minute gives some a day."""


class Stopped(Exception):
    """No more is wanted; it passes through the readers, and no user sees it."""


class _Octets:
    """What a reader reads from; closing it leaves the source open."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self.readinto = placed(read)

    def close(self) -> None:
        """Do nothing."""


class StreamedCapture(ABC):
    """A capture that arrives bit by bit, or several after each other; see `live.Source` for how it is used.

    `_read` waits for octets, gives none at the end of a capture, and raises `Stopped`.
    """

    def __init__(self, name: str, is_network: bool) -> None:
        self.name = name
        self.is_network = is_network
        self._packets = 0
        self._dropped = 0
        self._interfaces: list[Interface] = []
        self._names: dict[str, list[str]] = {}
        self._notes: list[Note] = []
        self._capture: CaptureFile | None = None
        self._stopped_at: float | None = None
        self._woken, self._waker = os.pipe()

    @property
    def interfaces(self) -> list[Interface]:
        """The interfaces seen so far."""
        return self._interfaces if self._capture is None else [*self._interfaces, *self._capture.interfaces]

    @property
    def names(self) -> dict[str, list[str]]:
        """Names that the capture gives for addresses."""
        return self._names if self._capture is None else self._names | self._capture.names

    @property
    def notes(self) -> list[Note]:
        """What was remarkable so far, but for losses: see `dropped`."""
        notes = self._notes if self._capture is None else [*self._notes, *self._capture.notes]
        return [note for note in notes if note.code != "packets-lost"]

    @property
    def dropped(self) -> int:
        """Packets that whoever captures lost so far, as the capture counts them."""
        return self._dropped + (0 if self._capture is None else self._capture.dropped)

    def batches(self) -> Iterator[RawBatch]:
        """Yield frames as they are written, until the end or until `stop`. Raises: `UnreadableInput`."""
        with suppress(Stopped):
            yield from self._captures()

    def take_secrets(self) -> list[bytes]:
        """Return the keys for TLS that were read since the last call."""
        return [] if self._capture is None else self._capture.take_secrets()

    def stop(self) -> None:
        """Let `batches` end soon; what has been written by now is still read."""
        if self._stopped_at is None:
            self._stopped_at = monotonic()
            with suppress(OSError):  # it is closed: nobody waits any more
                os.write(self._waker, b"!")

    def close(self) -> None:
        """Close what is open."""
        os.close(self._woken)
        os.close(self._waker)

    def _captures(self) -> Iterator[RawBatch]:
        """Yield the frames of all captures there are; here it is one."""
        yield from self._frames()

    def _frames(self) -> Iterator[RawBatch]:
        """Yield the frames of one capture to its end. Raises: `UnreadableInput` when it is none, `Stopped`."""
        capture = self._capture = CaptureFile(self.name, _Octets(self._read), None, 1, eager=True)
        before = self._packets
        for batch in capture.batches():
            self._packets = before + batch.first_number - 1 + len(batch.start)
            yield replace(batch, first_number=before + batch.first_number)

    def _end_capture(self) -> None:
        """Keep what is known of a capture that has ended, since another follows it."""
        capture, self._capture = self._capture, None
        if capture is None:
            return
        self._interfaces = list(dict.fromkeys([*self._interfaces, *capture.interfaces]))
        self._names |= capture.names
        self._dropped += capture.dropped
        self._notes += capture.notes
        del self._notes[NOTES_LIMIT:]

    def _wait(self, seconds: float | None, descriptor: int | None = None) -> None:
        """Wait until there is something to read, for so long at most, and no longer once stopped."""
        others = [] if descriptor is None else [descriptor]
        woken = [] if self._stopped_at is not None else [self._woken]
        select.select([*woken, *others], [], [], seconds)

    @abstractmethod
    def _read(self, size: int) -> bytes:
        """Give up to `size` octets, none at the end."""


class PipedCapture(StreamedCapture):
    """A capture that comes through the pipe `descriptor`, which it closes.

    `is_network`: whoever writes captures now, and would lose what nobody takes.
    """

    def __init__(self, name: str, descriptor: int, is_network: bool) -> None:
        super().__init__(name, is_network)
        self._pipe = descriptor
        self._many = True
        with suppress(ImportError, OSError, AttributeError):
            import fcntl

            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    def close(self) -> None:
        """Close the pipe."""
        super().close()
        os.close(self._pipe)

    def _read(self, size: int) -> bytes:
        """Return what has come, and gathered a little."""
        if self._stopped_at is None:
            self._wait(None, self._pipe)
            if not self._many:
                self._wait(LOOK_SECONDS / 2)
        if self._stopped_at is not None:
            ready, _, _ = select.select([self._pipe], [], [], 0)
            if not ready or monotonic() > self._stopped_at + DRAIN_SECONDS:
                raise Stopped
        octets = os.read(self._pipe, size)
        self._many = len(octets) >= MANY_OCTETS
        return octets


class FollowedFile(StreamedCapture):
    """A capture file that grows, also when another takes its place. Raises: `UnreadableInput`."""

    def __init__(self, path: str) -> None:
        super().__init__(path, is_network=False)
        self._file = open_regular(path)
        self._taken = 0
        self._replaced = self._emptied = 0

    @property
    def notes(self) -> list[Note]:
        """What was remarkable so far, replaced files included."""
        notes = super().notes
        if self._replaced:
            message = f"another file took the place of the one that is followed, and was read on: {self._replaced:,}"
            notes = [*notes, Note("followed-replaced", message)]
        if self._emptied:
            message = (
                f"the file was emptied while it was followed, and read on from its new beginning: {self._emptied:,}"
            )
            notes = [*notes, Note("followed-emptied", message)]
        return notes

    def close(self) -> None:
        """Close the file."""
        super().close()
        self._file.close()

    def _captures(self) -> Iterator[RawBatch]:
        """Yield the frames of the file and of those that take its place."""
        yield from self._frames()
        while True:
            self._end_capture()
            try:
                yield from self._frames()
            except UnreadableInput as error:
                self._notes.append(Note("followed-unreadable", str(error), damage=True))
                self._skip_file()

    def _skip_file(self) -> None:
        """Wait until there is another file than this one, in which nothing can be read."""
        while self._read(1 << 20):
            pass

    def _read(self, size: int) -> bytes:
        """Return what has been written since; none where the file has ended because another begins."""
        while True:
            octets = self._file.read(size) or b""
            self._taken += len(octets)
            if octets:
                return octets
            if self._stopped_at is not None:
                raise Stopped
            if self._is_begun_anew():
                return b""
            self._wait(LOOK_SECONDS)

    def _is_begun_anew(self) -> bool:
        """Tell whether another file has the name now, or this one was emptied; go over to it."""
        try:
            there = Path(self.name).stat()
        except OSError:  # it was taken away, and perhaps another is yet to come
            there = None
        here = os.fstat(self._file.fileno())  # after the name: what was written before another took it is in the size
        if here.st_size < self._taken:
            self._file.seek(0)
            self._emptied += 1
            self._taken = 0
            return True
        if there is None or (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino) or here.st_size > self._taken:
            return False
        try:
            file = open_regular(self.name)
        except UnreadableInput:  # not yet
            return False
        self._file.close()
        self._file = file
        self._replaced += 1
        self._taken = 0
        return True
