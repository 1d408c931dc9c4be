"""The few words that every format adds to a document: heads of columns, captions, the title of the contents."""

from __future__ import annotations

from mailtrace.model.language import said

LABELS = {
    "contents": "Contents",
    "table": "Table {number}",
    "figure": "Figure {number}",
    "author": "Author",
    "step": "Step",
    "packets": "Packets",
    "acks": "ACKs",
    "at": "Time",
    "after": "After",
    "who": "Who",
    "said": "What was said",
    "means": "What it means",
    "time": "Duration",
    "share": "Share",
    "what": "What took it",
    "why": "Why",
    "severity": "Severity",
    "code": "Code",
    "seen": "What was seen",
    "where": "Where",
    "matters": "Why it matters",
    "advice": "What to do",
    "source": "Written in",
    "reader": "As its reader sees it",
    "transmitted": "As it was transmitted",
    "parts": "Attachments and parts",
    "word": "Word",
    "kind": "Kind",
    "made": "Made by {maker}",
}
"""By what they are for."""


def label(key: str, **fields: object) -> str:
    """Return a word of `LABELS` in the language of the report, its fields filled."""
    return said(LABELS[key], **fields)
