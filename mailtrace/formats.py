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


class DocumentFormat(StrEnum):
    """What to write of a report to hand in; the last ones are for tables alone."""

    HTML = "html"
    MD = "md"
    DOCX = "docx"
    TEX = "tex"
    PDF = "pdf"
    CSV = "csv"
    JSON = "json"
    TERMINAL = "terminal"


BINARY = frozenset({DocumentFormat.DOCX, DocumentFormat.PDF})
"""Formats of documents that are no text, which a terminal would be confused by."""


class TableName(StrEnum):
    """Which table to write."""

    HOSTS = "hosts"
    JOURNEYS = "journeys"
    CONVERSATIONS = "conversations"
    TURNS = "turns"
    PACKETS = "packets"
    LOOKUPS = "lookups"
    MESSAGES = "messages"
    WAITS = "waits"
    FINDINGS = "findings"
