"""Opens captures: which inputs are taken, which format they have, and what to say about those that are refused.

Only regular files and, when asked for with `-`, standard input are read: a device or a named pipe given as a file could
make the program wait or read for ever. The format is chosen by the first octets, never by the name.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from io import BufferedReader, FileIO
from pathlib import Path
from typing import Protocol, cast

from mailtrace.capture.compressed import Unpacked, compression_of
from mailtrace.capture.facts import Facts
from mailtrace.capture.lookslike import looks_like
from mailtrace.capture.octets import Octets, placed
from mailtrace.capture.pcapfile import LAYOUTS, PcapReader
from mailtrace.capture.pcapng import SECTION_MAGIC, PcapngReader
from mailtrace.capture.writer import Writer
from mailtrace.errors import UnreadableInput
from mailtrace.model import Interface, Note, RawBatch

DEFAULT_BATCH_BYTES = 16 << 20
"""Octets read at once: enough that work by columns pays. Half as much takes a tenth longer where little is mail."""

SMALL_BATCH_BYTES = 1 << 20
"""The size of the first batches, and of the last: nobody waits long for the first, little is left after the last."""

SNIFF_BYTES = 1024
"""Octets looked at to tell the format."""

EAGER_SNIFF_BYTES = 24
"""The same where more may take long to come: the header of a pcap file; that of a pcapng section is longer."""

EAGER_READ_BYTES = 2**20
"""Octets that are taken at once where they are there, if none is waited for."""

STANDARD_INPUT = "-"

_KINDS = (
    (stat.S_ISDIR, "is a directory: give the capture file in it"),
    (stat.S_ISFIFO, "is a named pipe: to read one, redirect it to standard input and give - as the file"),
    (stat.S_ISSOCK, "is a socket: only files can be read"),
    (stat.S_ISCHR, "is a device: to read from one, redirect it to standard input and give - as the file"),
    (stat.S_ISBLK, "is a device: copy the capture into a file first"),
)
"""Inputs that are no regular files, and what to say about them."""

_REASONS = {
    errno.ENOENT: "no such file: check the name",
    errno.ENOTDIR: "no such file: a part of its path is not a directory",
    errno.EACCES: "no permission to read it: change its permissions, or copy it as a user who may read it",
    errno.EPERM: "no permission to read it: change its permissions, or copy it as a user who may read it",
    errno.ELOOP: "its symbolic links lead in a circle: give the real file",
    errno.ENAMETOOLONG: "the name is too long: check it",
}
"""What to say when the system refuses to open a file."""


class Readable(Protocol):
    """What the octets of a capture come from."""

    def readinto(self, place: memoryview, /) -> int | None:
        """Put octets into a place, up to its size; return how many, none at the end."""

    def close(self) -> None:
        """Close it."""


class CaptureFile:
    """An open capture. Its facts (`interfaces`, `notes`, ...) grow while `batches` is consumed, and stay afterwards."""

    def __init__(
        self,
        name: str,
        file: Readable,
        size_bytes: int | None,
        batch_bytes: int,
        writer: Writer | None = None,
        *,
        eager: bool = False,
    ) -> None:
        """Find out the format of `file`; `writer` is for those who copy packets of it (`excerpt`).

        `eager`: its `readinto` gives what has come by now, and batches are made of that as soon as a record is whole.
        Raises: UnreadableInput when it is no capture.
        """
        self.name = name
        self.size_bytes = size_bytes
        self.position = 0
        self._file = file
        self._batch_bytes = batch_bytes
        self._facts = Facts(writer)
        self._sniff_bytes = EAGER_SNIFF_BYTES if eager else SNIFF_BYTES
        self._source = self._octets = Octets(self._read, EAGER_READ_BYTES if eager else 0)
        self._reader = self._choose_reader()

    @property
    def interfaces(self) -> list[Interface]:
        """The interfaces seen so far; batches refer to them by index."""
        return self._facts.interfaces

    @property
    def notes(self) -> list[Note]:
        """What was remarkable about the file so far; notes of damage make results partial."""
        notes, dropped = self._facts.notes, self._facts.dropped
        if dropped:
            notes.append(Note("packets-lost", f"packets that were lost while this was captured: {dropped:,}"))
        return notes

    @property
    def names(self) -> dict[str, list[str]]:
        """Names the file gives for addresses: text chosen by whoever made the file, not sanitised."""
        return self._facts.names

    @property
    def comments(self) -> dict[int, list[str]]:
        """Comments by packet number; 0 has those on the file, its sections and interfaces. Not sanitised."""
        return self._facts.comments

    @property
    def dropped(self) -> int:
        """Packets lost while capturing, as the file counts them."""
        return self._facts.dropped

    @property
    def has_secrets(self) -> bool:
        """Whether the file carries secrets to decrypt its traffic."""
        return self._facts.has_secrets

    def take_secrets(self) -> list[bytes]:
        """Return the secrets for TLS that were read since the last call: those before the batch that came last."""
        taken, self._facts.secrets = self._facts.secrets, []
        return taken

    def batches(self) -> Iterator[RawBatch]:
        """Yield all frames in file order, once. Never raises because of what is in the file."""
        if self._reader is not None:
            yield from self._reader.batches(self._window_bytes)
        if self._source.failure is not None:
            message = f"reading stopped at byte {self.position}: {self._source.failure}"
            self._facts.note("read-error", message, damage=True)

    def close(self) -> None:
        """Close the file; standard input stays open."""
        if self.name != STANDARD_INPUT:
            self._file.close()

    def __enter__(self) -> CaptureFile:
        """Return the open capture."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    def _window_bytes(self) -> int:
        """Return how many octets to read at once: no more than were read so far, nor than half of what is left."""
        least, left = SMALL_BATCH_BYTES, 2 * self._batch_bytes
        if self.size_bytes is not None:
            left = self.size_bytes - self.position
        return min(self._batch_bytes, max(least, min(self.position, left // 2)))

    def _read(self, place: memoryview) -> int:
        """Read from the file and keep count, for the progress of long work."""
        count = self._file.readinto(place) or 0
        self.position += count
        return count

    def _choose_reader(self) -> PcapReader | PcapngReader | None:
        """Return the reader for the format, None when a compressed file breaks off before anything can be unpacked."""
        octets = self._octets
        octets.advance(0, self._sniff_bytes)
        if octets.failure is not None and not octets.buffer:
            raise UnreadableInput(f"{self.name!r} cannot be read: {octets.failure}")
        packed = compression_of(octets.buffer)
        if packed is not None:
            octets = self._octets = Octets(placed(Unpacked(packed, octets.read, self._facts).read))
            octets.advance(0, self._sniff_bytes)
            if not octets.buffer and self._facts.notes:
                return None
        inside = f" (inside the {packed.name} file)" if packed else ""
        head = octets.buffer
        if not head:
            raise UnreadableInput(f"{self.name!r} is not a capture: the file is empty{inside}")
        if _begins(head, SECTION_MAGIC):
            return PcapngReader(octets, self._facts)
        if any(_begins(head, magic) for magic in LAYOUTS):
            try:
                return PcapReader(octets, self._facts)
            except UnreadableInput as error:
                raise UnreadableInput(f"{self.name!r} cannot be read: {error}{inside}") from None
        if packed is not None and compression_of(head) is not None:
            raise UnreadableInput(f"{self.name!r} is compressed twice: unpack it once, then analyze the result")
        raise UnreadableInput(f"{self.name!r} is not a capture: {looks_like(head)}{inside}")


def open_capture(path: str, batch_bytes: int = DEFAULT_BATCH_BYTES, *, writer: Writer | None = None) -> CaptureFile:
    """Open the capture at `path` (`-`: standard input), to be read in windows of about `batch_bytes`.

    `writer` is told what it needs to write packets of the capture into another file (`excerpt`).
    Raises: UnreadableInput, one line that says what is wrong and what to do.
    """
    if path == STANDARD_INPUT:
        return CaptureFile(path, _standard_input(), None, batch_bytes, writer)
    file = open_regular(path)
    try:
        return CaptureFile(path, file, os.fstat(file.fileno()).st_size, batch_bytes, writer)
    except BaseException:
        file.close()
        raise


def _begins(head: bytes, magic: bytes) -> bool:
    """Tell whether a file begins with `magic`, or is so short that it holds nothing but a part of it."""
    return head.startswith(magic) or magic.startswith(head)


def _standard_input() -> Readable:
    """Return standard input for reading octets."""
    if sys.stdin is None or sys.stdin.closed:
        raise UnreadableInput("standard input is closed: give a file, or pipe a capture into the command")
    if sys.stdin.isatty():
        raise UnreadableInput("standard input is the keyboard: give a file, or pipe a capture into the command")
    return cast(BufferedReader, sys.stdin.buffer)


def open_regular(path: str) -> FileIO:
    """Open a regular file without waiting and without touching anything that is not one. Raises: UnreadableInput."""
    try:
        _refuse_special(path, Path(path).stat().st_mode)
        file = open(path, "rb", buffering=0, opener=_open_without_waiting)  # noqa: SIM115
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, error.strerror or "it cannot be opened")
        raise UnreadableInput(f"{path!r} cannot be read: {reason}") from None
    except ValueError:
        raise UnreadableInput(f"{path!r} cannot be read: a file name has no NUL in it") from None
    try:
        _refuse_special(path, os.fstat(file.fileno()).st_mode)
    except UnreadableInput:
        file.close()
        raise
    return file


def _open_without_waiting(path: str, flags: int) -> int:
    """Open so that a pipe put in the file's place since it was looked at does not make us wait."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _refuse_special(path: str, mode: int) -> None:
    """Raise UnreadableInput for anything that is not a regular file."""
    for test, advice in _KINDS:
        if test(mode):
            raise UnreadableInput(f"{path!r} {advice}")
    if not stat.S_ISREG(mode):
        raise UnreadableInput(f"{path!r} is not a file")
