"""Mails as their readers see them, beside their source as it was transmitted.

A mail that came by several times is shown once, by its last whole copy, whose trace lines tell the whole way. The
copies are listed, so that it can be seen what became of it from hop to hop.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailtrace.explain.content import header
from mailtrace.explain.parts import people
from mailtrace.model import Message, wire_text
from mailtrace.model.language import said
from mailtrace.reports.document.blocks import Block, Column, Fact, Kind, Mail, Paragraph, Section, Table, Tone
from mailtrace.reports.document.material import MOST_BODY_LINES, MOST_MAILS, MOST_ROWS, MOST_SOURCE_LINES, Material
from mailtrace.reports.document.parts.wording import left_out
from mailtrace.reports.overview import ranges
from mailtrace.reports.tables.messages import DIRECTIONS

LABELS = {
    "section": "The mails",
    "heading": "Mail {number}: {subject}",
    "no subject": "(no subject)",
    "From": "From",
    "To": "To",
    "Cc": "Cc",
    "Subject": "Subject",
    "Date": "Date",
    "copies": "Where this mail was seen",
    "conversation": "Conversation",
    "packets": "Packets",
    "direction": "How",
    "octets": "Octets",
    "encoding": "Encoding of its content",
    "hash": "SHA-256 (beginning)",
    "part": "{path}: {type}, {octets} octets",
    "file": "{path}: {name} ({type}, {octets} octets, SHA-256 {hash})",
    "no text": "(no text that could be read)",
    "cut text": "(the text goes on)",
    "cut source": "Only the first {shown} lines of the source are shown here; all of it: mailtrace export --eml.",
    "incomplete": "This mail is not complete: octets of it are missing in the capture.",
}

HASH_CHARACTERS = 16
"""Characters of a SHA-256 in a table: enough to tell two mails apart."""


def mails_section(material: Material) -> Section | None:
    """Return the mails that were chosen, None where there is none."""
    copies = _copies(material.analysis.messages)
    if not copies:
        return None
    more = left_out(len(copies), MOST_MAILS)
    blocks = (Paragraph(more, Tone.NOTE),) if more else ()
    sections = tuple(_mail(material, number, same) for number, same in enumerate(copies[:MOST_MAILS], 1))
    return Section(said(LABELS["section"]), "mails", blocks, sections, part="messages")


def _copies(messages: Sequence[Message]) -> list[list[Message]]:
    """Return the mails, each with all its copies in order."""
    found: dict[object, list[Message]] = {}
    for message in messages:
        found.setdefault(message.message_id or message.content.sha256, []).append(message)
    return list(found.values())


def _mail(material: Material, number: int, same: Sequence[Message]) -> Section:
    shown = next((each for each in reversed(same) if each.content.complete), same[-1])
    blocks: list[Block] = [_shown(shown)]
    if not shown.content.complete:
        blocks.insert(0, Paragraph(said(LABELS["incomplete"]), Tone.NOTE))
    blocks.append(_copies_table(material, same))
    subject = " ".join((shown.subject or "").split()) or said(LABELS["no subject"])
    return Section(said(LABELS["heading"], number=number, subject=subject), f"mail-{number}", tuple(blocks))


def _shown(message: Message) -> Mail:
    source = wire_text(message.content.kept).splitlines()
    left = ""
    if len(source) > MOST_SOURCE_LINES or not message.content.kept_all:
        left = said(LABELS["cut source"], shown=min(len(source), MOST_SOURCE_LINES))
    return Mail(
        head=tuple(_head(message)),
        body=tuple(_body(message)),
        parts=tuple(_parts(message)),
        source=tuple(source[:MOST_SOURCE_LINES]),
        left_out=left,
    )


def _head(message: Message) -> Iterator[Fact]:
    values = {
        "From": people(message.from_),
        "To": people(message.to),
        "Cc": people(message.cc),
        "Subject": " ".join((message.subject or "").split()),
        "Date": header(message, "Date"),
    }
    for name, value in values.items():
        if value:
            yield Fact(said(LABELS[name]), (value,))


def _body(message: Message) -> list[str]:
    """Return the text that a reader is shown: the plain one, where there is a choice."""
    texts = [part for part in message.parts if part.text is not None and part.disposition != "attachment"]
    plain = [part for part in texts if part.content_type == "text/plain"]
    lines = [line for part in plain or texts[:1] for line in (part.text or "").rstrip().splitlines()]
    if not lines:
        return [said(LABELS["no text"])]
    return lines if len(lines) <= MOST_BODY_LINES else [*lines[:MOST_BODY_LINES], said(LABELS["cut text"])]


def _parts(message: Message) -> Iterator[str]:
    """Yield a line for each part, where there are several or it is a file."""
    for part in message.parts[:MOST_ROWS]:
        fields = {"path": part.path, "type": part.content_type, "octets": f"{part.size_bytes:,}"}
        if part.filename:
            yield said(LABELS["file"], name=part.filename, hash=part.sha256[:HASH_CHARACTERS], **fields)
        elif len(message.parts) > 1:
            yield said(LABELS["part"], **fields)


def _copies_table(material: Material, same: Sequence[Message]) -> Table:
    columns = (
        Column(said(LABELS["conversation"]), Kind.LABEL, 10),
        Column(said(LABELS["packets"]), Kind.LABEL, 14),
        Column(said(LABELS["direction"]), Kind.TEXT, 12),
        Column(said(LABELS["octets"]), Kind.NUMBER, 8),
        Column(said(LABELS["encoding"]), Kind.TEXT, 16),
        Column(said(LABELS["hash"]), Kind.CODE, 18),
    )
    rows = tuple(
        (
            *(str(each.conversation), ranges(each.content.packets), said(DIRECTIONS[each.direction.value])),
            *(f"{each.content.size_bytes:,}", header(each, "Content-Transfer-Encoding") or "-"),
            each.content.sha256[:HASH_CHARACTERS],
        )
        for each in same[:MOST_ROWS]
    )
    links = tuple(material.anchors.get(each.conversation, "") for each in same[:MOST_ROWS])
    return Table("messages", said(LABELS["copies"]), columns, rows, links, left_out(len(same), len(rows)))
