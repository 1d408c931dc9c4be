"""Unfold format=flowed text into the paragraphs its writer typed. Source: RFC 3676 section 4.

A line that ends in a space goes on in the next line of the same quote depth; with `delsp=yes` that space is not part of
the text, which is how Korean and Japanese, written without spaces at such places, are folded.
"""

from __future__ import annotations

SIGNATURE = "-- "


def unfold(text: str, delete_space: bool) -> str:
    """Return `text`, with lines ended by a line feed, as one line a paragraph; quoted ones keep their marks."""
    paragraphs: list[str] = []
    parts: list[str] = []
    depth = 0
    for line in text.split("\n"):
        content = line.lstrip(">")
        line_depth = len(line) - len(content)
        content = content.removeprefix(" ")  # space-stuffing, RFC 3676 section 4.4
        if parts and (line_depth != depth or content == SIGNATURE):
            paragraphs.append(_paragraph(parts, depth))
            parts = []
        depth = line_depth
        flows = content.endswith(" ") and content != SIGNATURE
        parts.append(content[:-1] if flows and delete_space else content)
        if not flows:
            paragraphs.append(_paragraph(parts, depth))
            parts = []
    if parts:
        paragraphs.append(_paragraph(parts, depth))
    return "\n".join(paragraphs)


def _paragraph(parts: list[str], depth: int) -> str:
    """Return the lines of one paragraph as one line behind its quote marks."""
    return (">" * depth + " " if depth else "") + "".join(parts)
