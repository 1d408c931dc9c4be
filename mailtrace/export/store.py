"""Where exported files go: a folder for each kind, limits for all together, and what could not be saved.

A file that cannot be written (the disk is full, a limit is reached) is a problem that stands in the index; the export
goes on, and everything is still hashed. To bring files to the disk is mostly waiting, so several are brought at a time.
"""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from mailtrace.export.folder import Folder, Growing

TOTAL_OCTETS_LIMIT = 10 * 1024**3
"""Octets of all files together: mail can be made to unpack to any size, and a full disk harms everybody."""

FILES_LIMIT = 1_000_000
"""Files of one export: more than any file manager opens."""

FOLDER_FILES_LIMIT = 10_000
"""Files in one folder, the next go into another: listing a larger one takes seconds."""

WRITERS = 8
"""Files brought to the disk at a time: the disk does them together, in the time of a few."""

OCTETS_REACHED = f"the limit of {TOTAL_OCTETS_LIMIT // 1024**3} GB for all files is reached"
FILES_REACHED = f"the limit of {FILES_LIMIT:,} files is reached"

GIVEN_UP = "it was not finished"


class Store:
    """Files in folders below one: `files` and `octets` count what was saved, `problems` why files were not."""

    def __init__(self, top: Folder) -> None:
        self.files = self.octets = 0
        self.problems: Counter[str] = Counter()
        self._top = top
        self._folders: dict[str, Folder] = {}
        self._in_folder: Counter[str] = Counter()
        self._open: set[Draft] = set()
        self._writers = ThreadPoolExecutor(WRITERS)

    def draft(self, kind: str, name: str, is_limited: bool = True) -> Draft:
        """Begin a file in the folder of its kind; '' is the top one. `name` is what it will probably be called.

        One that is not limited is written whatever else there is.
        """
        draft = Draft(self, kind, name, is_limited)
        self._open.add(draft)
        return draft

    def save(self, kind: str, name: str, octets: bytes) -> Draft:
        """Write a file as a whole; it is to be settled."""
        draft = self.draft(kind, name)
        draft.write(octets)
        draft.publish(name)
        return draft

    def close(self) -> None:
        """Remove what was not finished, and let the folders go."""
        self._writers.shutdown()
        for draft in list(self._open):
            draft.discard()
        for folder in self._folders.values():
            folder.close()
        self._folders.clear()

    def take_room(self, octets: int) -> str | None:
        """Count octets to be written; return what is wrong where they are too many."""
        if self.octets + octets > TOTAL_OCTETS_LIMIT:
            return OCTETS_REACHED
        self.octets += octets
        return None

    def growing(self, draft: Draft) -> tuple[str, Growing]:
        """Make the file of a draft; return the folder it is in, as a path. Raises: `OSError`."""
        if draft.is_limited and self.files >= FILES_LIMIT:
            raise OSError(0, FILES_REACHED)
        path, folder = self._folder(draft.kind)
        growing = folder.growing(draft.name)
        self.files += 1
        return path, growing

    def publish(self, growing: Growing, name: str) -> Future[None]:
        """Let a file appear under its name, meanwhile."""
        return self._writers.submit(growing.publish, name)

    def ended(self, draft: Draft) -> None:
        """Forget a draft that was published or discarded."""
        self._open.discard(draft)

    def _folder(self, kind: str) -> tuple[str, Folder]:
        """Return the folder for the next file of a kind."""
        if not kind:
            return "", self._top
        number = self._in_folder[kind] // FOLDER_FILES_LIMIT + 1
        name = kind if number == 1 else f"{kind}-{number}"
        if name not in self._folders:
            self._folders[name] = self._top.inside(name)
        self._in_folder[kind] += 1
        return f"{name}/", self._folders[name]


class Draft(io.RawIOBase):
    """A file being written: never fails, but may end with a `problem` and without a `file`, its path below the top.

    Which of the two it is is known once it is settled. `size_bytes` and the hash are of all that was to be written.
    """

    def __init__(self, store: Store, kind: str, name: str, is_limited: bool) -> None:
        self.kind = kind
        self.is_limited = is_limited
        self.name = name
        self.size_bytes = 0
        self.file: str | None = None
        self.problem: str | None = None
        self._hash = hashlib.sha256()
        self._store = store
        self._growing: Growing | None = None
        self._folder = ""
        self._published: Future[None] | None = None

    @property
    def sha256(self) -> str:
        """The hash of all that was to be written, as hexadecimal digits."""
        return self._hash.hexdigest()

    def writable(self) -> bool:
        """Octets can be written to it."""
        return True

    def write(self, octets: Any) -> int:
        """Append octets."""
        self.size_bytes += len(octets)
        self._hash.update(octets)
        if self.problem is None:
            try:
                problem = self._store.take_room(len(octets)) if self.is_limited else None
                if problem is not None:
                    self._fail(problem)
                else:
                    self._made().file.write(octets)
            except OSError as error:
                self._fail(error.strerror or "it cannot be written")
        return len(octets)

    def publish(self, name: str) -> None:
        """Let the file appear under its name, soon."""
        if self.problem is None:
            try:
                self._published = self._store.publish(self._made(), name)
                self.name = name
            except OSError as error:
                self._fail(error.strerror or "it cannot be written")

    def settle(self) -> None:
        """Wait until the file is there, or cannot be."""
        published, self._published = self._published, None
        if published is not None:
            try:
                published.result()
                self.file, self._growing = self._folder + self.name, None
                self._store.ended(self)
            except OSError as error:
                self._fail(error.strerror or "it cannot be written")

    def discard(self) -> None:
        """Remove what was written, if it has not been published; nothing is written any more."""
        self.problem = self.problem or GIVEN_UP
        if self._growing is not None:
            self._growing.discard()
            self._growing = None
        self._store.ended(self)

    def _made(self) -> Growing:
        """Return the file, made with the first octets."""
        if self._growing is None:
            self._folder, self._growing = self._store.growing(self)
        return self._growing

    def _fail(self, problem: str) -> None:
        self.problem = problem
        self._store.problems[problem] += 1
        self.discard()
