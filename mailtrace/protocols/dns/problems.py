"""What is wrong with one message: named, and few enough to read."""

from __future__ import annotations

MAX_PROBLEMS = 5  # of one message: the first ones tell what happened, a hostile message would give thousands


class Problems:
    """Broken rules found while reading one message, as pairs of stable code and one sentence.

    `cut` says that the capture, not the sender, ended the message early: then running out of octets is no fault of it.
    """

    __slots__ = ("_cut", "found")

    def __init__(self, cut: bool = False) -> None:
        """Begin with none."""
        self.found: list[tuple[str, str]] = []
        self._cut = cut

    def add(self, code: str, detail: str, cut: bool = False) -> None:
        """Note one; `cut` marks those that come from missing octets."""
        if len(self.found) < MAX_PROBLEMS and not (cut and self._cut):
            self.found.append((code, detail))
