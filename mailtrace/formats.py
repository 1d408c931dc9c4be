"""What commands can write, as the command line names it."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """What to write."""

    TERMINAL = "terminal"
    JSON = "json"
    JSONL = "jsonl"
    MARKDOWN = "markdown"


class LiveFormat(StrEnum):
    """What to write of a live capture."""

    TERMINAL = "terminal"
    JSON = "json"
    JSONL = "jsonl"


class OpinionFormat(StrEnum):
    """What to write of a second opinion."""

    TERMINAL = "terminal"
    JSON = "json"


class CheckFormat(StrEnum):
    """What to write of expectations."""

    TERMINAL = "terminal"
    JSON = "json"
    JUNIT = "junit"


class FrameFormat(StrEnum):
    """What to write of one packet."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    JSON = "json"
