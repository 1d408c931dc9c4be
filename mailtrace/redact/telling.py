"""What a person is told of a redacted capture: what was replaced in it, and what to know before it is shared."""

from __future__ import annotations

from typing import BinaryIO

from mailtrace.model.language import said
from mailtrace.redact.fields import FIELDS, Fields
from mailtrace.reports.layout import Page, console, text_stream

WRITTEN = "{file} has {packets} packets, with the same numbers, times and lengths."
SECRETS = "Replaced: passwords, tokens, digests and the challenges that they answer."
MORE = "Replaced, too: {what}."
REST = "As they were: {what}. --redact replaces them."
HEADERS = "Of {count} packets there are the headers alone: nobody understood what they carry."
ALWAYS = "TLS is as it was, since it is encrypted. Keys, comments and descriptions beside the packets are left out."
SIGNATURES = "Signatures of mails do not fit any more where something was replaced in the mail."


def write_telling(file: str, packets: int, cut: int, fields: Fields, out: BinaryIO) -> None:
    """Write what became of a capture with so many packets; of `cut` of them there are the headers alone."""
    with text_stream(out) as stream:
        page = Page(console(stream))
        for line in _lines(file, packets, cut, fields):
            page.paragraph(page.text(line))


def _lines(file: str, packets: int, cut: int, fields: Fields) -> list[str]:
    lines = [said(WRITTEN, file=file, packets=f"{packets:,}"), said(SECRETS)]
    if fields:
        lines.append(said(MORE, what="; ".join(said(FIELDS[field]) for field in FIELDS if field in fields)))
    if len(fields) < len(FIELDS):
        lines.append(said(REST, what=", ".join(field for field in FIELDS if field not in fields)))
    if cut:
        lines.append(said(HEADERS, count=f"{cut:,}"))
    lines.append(said(ALWAYS))
    if fields:
        lines.append(said(SIGNATURES))
    return lines
