"""Writing files so that nothing else is ever touched, and none appears under its name before it is whole.

A folder is held open by its descriptor: whoever swaps it, or a part of its path, for a link changes nothing any more.
Every file is made anew as `NAME.part`, which neither follows a link nor takes what is there, gets its octets, is
brought to the disk, and then its name, if nothing has it. A crash leaves `.part` files, and nothing half.
Files are readable by their owner alone and never executable.
"""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from mailtrace.errors import UnreadableInput, UsageError

BUFFER_BYTES = 64 * 1024
"""Octets of a growing file that wait to be written together; its descriptor is open only meanwhile."""

PART = ".part"

_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
"""What file systems without hard links answer to one."""


class Folder:
    """A directory to write into, readable by its owner alone."""

    def __init__(self, descriptor: int) -> None:
        """Take an open directory over."""
        self._descriptor = descriptor

    def inside(self, name: str) -> Folder:
        """Make a folder in this one. Raises: `OSError`, also when there is something of that name."""
        os.mkdir(name, 0o700, dir_fd=self._descriptor)
        return Folder(os.open(name, _FOLDER, dir_fd=self._descriptor))

    def has(self, name: str) -> bool:
        """Tell whether there is something of that name, were it a link that leads nowhere."""
        try:
            os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def save(self, name: str, octets: bytes) -> None:
        """Write a file. Raises: `OSError`; then there is none."""
        with Growing(self._descriptor, name) as growing:
            growing.file.write(octets)
            growing.publish(name)

    def growing(self, name: str) -> Growing:
        """Begin a file; `name` is what it will probably be called. Raises: `OSError`."""
        return Growing(self._descriptor, name)

    def close(self) -> None:
        """Let the folder go, its entries brought to the disk."""
        with suppress(OSError):  # some file systems cannot, and the files themselves are there
            os.fsync(self._descriptor)
        os.close(self._descriptor)


_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC


class Growing:
    """A file that is being written, `file`; it appears when it is published, and is gone when it is left before that.

    No descriptor stays open between two writes, so that thousands of files can grow at a time.
    """

    def __init__(self, folder: int, name: str) -> None:
        """Make it in an open directory. Raises: `OSError`."""
        self._folder = folder
        self._part = name + PART
        os.close(os.open(self._part, _FILE | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=folder))
        self._raw = _Appending(folder, self._part)
        self.file: BinaryIO = io.BufferedWriter(self._raw, BUFFER_BYTES)

    def publish(self, name: str) -> None:
        """Give the file its name. Raises: `OSError`, also when there is something of that name."""
        self.file.flush()
        descriptor = os.open(self._part, _FILE, dir_fd=self._folder)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self._take_name(name)
        self._raw.is_over = True

    def _take_name(self, name: str) -> None:
        """Get a name that nothing has: a link is refused where there is something, a renaming would replace it."""
        here = {"src_dir_fd": self._folder, "dst_dir_fd": self._folder}
        try:
            os.link(self._part, name, follow_symlinks=False, **here)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            if Folder(self._folder).has(name):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name) from None
            os.rename(self._part, name, **here)  # noqa: PTH104
        else:
            os.unlink(self._part, dir_fd=self._folder)

    def __enter__(self) -> Growing:
        """Return the file that is being written."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the file, if it has not been published."""
        self.discard()

    def discard(self) -> None:
        """Remove the file, if it has not been published."""
        if not self._raw.is_over:
            self._raw.is_over = True
            with suppress(OSError):
                os.unlink(self._part, dir_fd=self._folder)


class _Appending(io.RawIOBase):
    """Octets written to it are appended to a file, which is open only meanwhile; once it `is_over` they are dropped."""

    def __init__(self, folder: int, part: str) -> None:
        self._place = folder, part
        self.is_over = False

    def writable(self) -> bool:
        """Octets can be written to it."""
        return True

    def write(self, octets: Any) -> int:
        """Append octets; return how many were taken. Raises: `OSError`."""
        if self.is_over:
            return len(octets)
        folder, part = self._place
        descriptor = os.open(part, _FILE, dir_fd=folder)
        try:
            return os.write(descriptor, octets)
        finally:
            os.close(descriptor)


def open_output(path: str, names: Iterable[str]) -> Folder:
    """Open the directory to export into, made if need be; none of `names` may be there yet, nothing is overwritten.

    Raises: `UsageError`, `UnreadableInput`.
    """
    try:
        with suppress(FileExistsError):
            Path(path).mkdir(0o700)
        folder = Folder(os.open(path, _FOLDER))
    except (OSError, ValueError) as error:
        raise UnreadableInput(f"cannot write into {path!r}: {_reason(path, error)}") from None
    for name in names:
        if folder.has(name) or folder.has(name + PART):
            folder.close()
            raise UsageError(f"{path!r} has {name!r} already, and nothing is overwritten: give another directory")
    return folder


def _reason(path: str, error: OSError | ValueError) -> str:
    """Say in words why a directory cannot be used."""
    if not isinstance(error, OSError):
        return "a name has no NUL in it"
    if Path(path).is_symlink():
        return "it is a symbolic link: give the directory itself"
    return _REASONS.get(error.errno or 0, error.strerror or "it cannot be opened")


_REASONS = {
    errno.ENOTDIR: "it, or a part of its path, is not a directory",
    errno.ENOENT: "the directory that it should be made in does not exist",
}
