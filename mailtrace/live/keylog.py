"""A key log that is still being written (`--keylog` of a live capture): its lines as they come."""

from __future__ import annotations

import os
from contextlib import suppress
from io import FileIO
from pathlib import Path

from mailtrace.errors import UnreadableInput

PATIENCE_SECONDS = 0.1
"""How long packets wait for keys: a program writes them down a moment after it has sent what they open."""

PIECE_BYTES = 2**20
"""Octets read at once."""


class FollowedKeyLog:
    """The key log at `path`, which may come into being later, be emptied, or be replaced.

    Raises: `UnreadableInput` when it is there and cannot be read.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: FileIO | None = None
        self._taken = 0
        self._rest = b""
        self._open()

    def take(self) -> bytes:
        """Return the whole lines that were written since the last call."""
        with suppress(UnreadableInput):  # it was there, and is no more
            if self._file is None or self._is_another():
                self._open()
        if self._file is None:
            return b""
        if os.fstat(self._file.fileno()).st_size < self._taken:
            self._file.seek(0)
            self._taken, self._rest = 0, b""
        octets = self._file.read(PIECE_BYTES) or b""
        self._taken += len(octets)
        lines, end, self._rest = (self._rest + octets).rpartition(b"\n")
        return lines + end

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _is_another(self) -> bool:
        """Tell whether another file has the name now."""
        try:
            there = Path(self._path).stat()
        except OSError:
            return False
        return self._file is not None and not os.path.samestat(there, os.fstat(self._file.fileno()))

    def _open(self) -> None:
        try:
            file = FileIO(self._path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise UnreadableInput(f"cannot read the key log {self._path}: {error.strerror}") from None
        self.close()
        self._file = file
        self._taken, self._rest = 0, b""
