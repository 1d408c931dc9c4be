"""Records what is captured (`-w`): a pcapng file that is complete and valid after every batch, or a ring of them.

Whole blocks are appended as they come, so that the file can be read at any moment, and after the program was killed.
All files are made at the start, while there is somebody who may make them, and each begins with the header of a section
from then on: a file of a ring is begun anew by cutting it off behind that.
A disk that is full ends the record with the last packet that is whole in it, and never the analysis.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path

from mailtrace.capture.writer import FRAME_LIMIT_BYTES, Writer, packet_block, statistics_block
from mailtrace.errors import UnreadableInput
from mailtrace.live.privileges import Identity
from mailtrace.model import Interface, Note, RawBatch

PAGE_BYTES = 4_096
"""How much the kernel copies at once into files, at least."""

PRIVATE_MODE = 0o600
"""A capture holds mails and passwords: only its owner may read it."""

_MAGICS = (b"\x0a\x0d\x0d\x0a", b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d")
"""How captures begin: a file that begins otherwise is not written over."""


class RecordFile:
    """A pcapng file, made at `path` or emptied there; it is given to `owner`.

    Raises: `UnreadableInput` when it cannot be written, holds no capture, or another mailtrace writes it.
    """

    def __init__(self, path: str, owner: Identity | None = None) -> None:
        self.name = path
        self._header = section()
        self._descriptor = _open(path)
        try:
            _refuse(self._descriptor, path)
            if owner is not None:
                os.fchown(self._descriptor, owner.user, owner.group)
            os.pwrite(self._descriptor, self._header, 0)
            self.begin([])
        except OSError as error:
            os.close(self._descriptor)
            raise UnreadableInput(f"{path!r} cannot be written: {error.strerror or error}") from None
        except UnreadableInput:
            os.close(self._descriptor)
            raise

    def begin(self, interfaces: Iterable[bytes]) -> None:
        """Begin anew, with descriptions of interfaces. Raises: `OSError`."""
        os.ftruncate(self._descriptor, len(self._header))
        self.size_bytes = len(self._header)
        self.append(interfaces)

    def append(self, blocks: Iterable[bytes]) -> None:
        """Append blocks, all of them or none. Raises: `OSError`.

        Who is killed while the kernel copies more than a page leaves the pages that were copied, so a call of the
        system has the blocks of one page, or one block.
        """
        before = self.size_bytes
        together: list[bytes] = []
        room = PAGE_BYTES - before % PAGE_BYTES
        try:
            for block in blocks:
                if len(block) > room:
                    self._write(b"".join(together))
                    together = []
                    room = PAGE_BYTES - self.size_bytes % PAGE_BYTES
                together.append(block)
                room -= len(block)
            self._write(b"".join(together))
        except OSError:
            os.ftruncate(self._descriptor, before)
            self.size_bytes = before
            raise

    def close(self) -> None:
        """Close it."""
        os.close(self._descriptor)

    def remove(self) -> None:
        """Take it away, where we may do so."""
        with suppress(OSError):
            Path(self.name).unlink()

    def _write(self, octets: bytes) -> None:
        """Write at the end, all of it."""
        while octets:
            written = os.pwrite(self._descriptor, octets, self.size_bytes)
            self.size_bytes += written
            octets = octets[written:]


class FileRecorder:
    """Writes batches into the first of `files` until it has `size_bytes`, then into the next, and round again."""

    def __init__(self, files: Sequence[RecordFile], size_bytes: int | None = None) -> None:
        self._files = files
        self._size_bytes = size_bytes
        self._begun = 1
        self._interfaces: list[Interface] = []
        self._last_ns = 0
        self._notes: list[Note] = []

    @property
    def notes(self) -> list[Note]:
        """What went wrong with writing."""
        return self._notes

    def write(self, batch: RawBatch) -> None:
        """Append frames; when that fails the record ends, with a note."""
        if self._size_bytes is not None and self._file.size_bytes >= self._size_bytes:
            self._begun += 1
            self._guarded(self._file.begin, [_descriptions(self._interfaces)])
        self._guarded(self._file.append, [self._new_interfaces(batch.interfaces), *_blocks(batch)])
        if len(batch.time_ns):
            self._last_ns = max(int(batch.time_ns[-1]), 0)

    def close(self, dropped: int) -> None:
        """Finish the record, which tells that `dropped` packets were lost before they could be written."""
        if self._interfaces:
            self._guarded(self._file.append, [statistics_block(0, self._last_ns, dropped)])
        for number, each in enumerate(self._files, 1):
            each.close()
            if number > self._begun:
                each.remove()

    @property
    def _file(self) -> RecordFile:
        return self._files[(self._begun - 1) % len(self._files)]

    def _new_interfaces(self, interfaces: Sequence[Interface]) -> bytes:
        """Return the descriptions of interfaces that were not known before."""
        new = interfaces[len(self._interfaces) :]
        self._interfaces += new
        return _descriptions(new)

    def _guarded(self, write: Callable[[list[bytes]], None], blocks: list[bytes]) -> None:
        """Write, unless that failed before."""
        if self._notes:
            return
        try:
            write(blocks)
        except OSError as error:
            reason = error.strerror or error
            message = (
                f"{self._file.name} ends early, since nothing more can be written ({reason}); what it has is whole"
            )
            self._notes.append(Note("record-failed", message, damage=True))


def open_record(path: str, ring: tuple[int, int] | None, owner: Identity | None) -> FileRecorder:
    """Make the file to record into, or those of a ring: so many octets each, and so many files.

    `owner` is who they are given to, None where we are not root. Raises: `UnreadableInput`.
    """
    size_bytes, count = ring or (None, 1)
    files: list[RecordFile] = []
    try:
        for name in ring_names(path, count) if ring else [path]:
            files.append(RecordFile(name, owner))
    except UnreadableInput:
        for each in files:
            each.close()
        raise
    return FileRecorder(files, size_bytes)


def ring_names(path: str, count: int) -> list[str]:
    """Return the names of the files of a ring: of `lab.pcapng` they are `lab-1.pcapng`, `lab-2.pcapng` and so on."""
    place = Path(path)
    digits = len(str(count))
    return [str(place.with_name(f"{place.stem}-{number:0{digits}}{place.suffix}")) for number in range(1, count + 1)]


def section() -> bytes:
    """Return the header of a section without interfaces."""
    return _written([])


def _descriptions(interfaces: Sequence[Interface]) -> bytes:
    return _written(interfaces)[len(section()) :]


def _written(interfaces: Sequence[Interface]) -> bytes:
    """Return a capture that has interfaces and no packets."""
    begin = BytesIO()
    writer = Writer(begin)
    for each in interfaces:
        writer.add_interface(each, FRAME_LIMIT_BYTES, 1)
    writer.finish()
    return begin.getvalue()


def _blocks(batch: RawBatch) -> list[bytes]:
    """Return the frames of a batch as blocks."""
    buffer = batch.buffer
    return [
        packet_block(interface, max(time_ns, 0), buffer[start : start + min(captured, FRAME_LIMIT_BYTES)], wire)
        for start, captured, wire, time_ns, interface in zip(
            batch.start.tolist(),
            batch.captured.tolist(),
            batch.wire.tolist(),
            batch.time_ns.tolist(),
            batch.interface.tolist(),
            strict=True,
        )
    ]


def _open(path: str) -> int:
    """Open a file for writing without waiting for anybody, and without following a link. Raises: `UnreadableInput`."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW
    try:
        return os.open(path, flags, PRIVATE_MODE)
    except OSError as error:
        raise UnreadableInput(f"{path!r} cannot be written: {error.strerror or error}") from None
    except ValueError:
        raise UnreadableInput(f"{path!r} cannot be written: a file name has no NUL in it") from None


def _refuse(descriptor: int, path: str) -> None:
    """Raise `UnreadableInput` for what is not to be written over."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise UnreadableInput(f"{path!r} cannot be written: it is not a file")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise UnreadableInput(f"{path!r} is being written by another mailtrace: give another name") from None
    begin = os.pread(descriptor, len(_MAGICS[0]), 0)
    if begin and begin not in _MAGICS:
        raise UnreadableInput(f"{path!r} exists and is no capture: it is left as it is, give another name")
