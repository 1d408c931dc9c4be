"""One stage of the work on a capture and all before it, alone in a process, so that its cost can be told from the rest.

python -m tests.bench.stages start|read|decode|understand CAPTURE
"""

from __future__ import annotations

import sys
from collections.abc import Callable


def start(path: str) -> None:
    """Only what every run pays before it reads: Python and the modules."""
    import mailtrace.command  # noqa: F401


def read(path: str) -> None:
    """Cut the file into frames."""
    from mailtrace.capture.source import open_capture

    for _ in open_capture(path).batches():
        pass


def decode(path: str) -> None:
    """And read the headers of all frames."""
    from mailtrace.capture.source import open_capture
    from mailtrace.packets.decode import Decoder

    decoder = Decoder()
    for batch in open_capture(path).batches():
        decoder.decode(batch)


def understand(path: str) -> None:
    """And put streams in order, understand the mail conversations, and read their messages."""
    from mailtrace.analyzer import Analyzer

    for _ in Analyzer([path]).finals():
        pass


STAGES: dict[str, Callable[[str], None]] = {each.__name__: each for each in (start, read, decode, understand)}
"""In order; what is left of a whole run is the writing."""


if __name__ == "__main__":
    start(sys.argv[2])
    STAGES[sys.argv[1]](sys.argv[2])
