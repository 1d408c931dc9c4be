"""Mails and their attachments as files: the octets as they were transmitted, and the parts decoded.

A mail that is not whole gets `.partial` into its name, and its holes into the index; an attachment of such a mail too.
Attachments with the same content become one file, to which each row of the index points.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from hashlib import sha256

from mailtrace.export.index import Entry, Row
from mailtrace.export.mbox import mbox_entry
from mailtrace.export.names import attachment_name, ending_for, numbered
from mailtrace.export.store import Draft, Store
from mailtrace.mail.encodedwords import decode_words
from mailtrace.mail.headers import Head, parse_head
from mailtrace.mail.mime import outline
from mailtrace.model import Content, Conversation, MessagePart

REMEMBERED_LIMIT = 100_000
"""Different attachments remembered, to save each once; of more, some may be saved twice."""

SHOWN_TYPES = frozenset({"text/plain", "text/html"})
"""Parts that are the mail's own text, unless it says otherwise."""

EML, MBOX, ATTACHMENTS = "eml", "mbox", "attachments"


class MailExporter:
    """Saves mails in the `kinds` asked for: eml, mbox, attachments."""

    def __init__(self, store: Store, kinds: Collection[str]) -> None:
        self._store = store
        self._kinds = kinds
        self._mbox: Draft | None = store.draft("", "mail.mbox") if MBOX in kinds else None
        self._saved: dict[str, Draft] = {}

    def save(self, conversation: Conversation, wanted: Collection[int] | None = None) -> Iterator[Entry]:
        """Save the mails of a conversation (`wanted`: only those with these numbers, from 1); yield a row each."""
        senders = {id(each.content): each.sender for each in conversation.dialogue.transactions if each.content}
        for number, content in enumerate(conversation.dialogue.contents, 1):
            if wanted is None or number in wanted:
                yield from self._mail(conversation, number, content, senders.get(id(content)))

    def finish(self) -> None:
        """Let the mbox file appear, if one was asked for."""
        if self._mbox is not None:
            self._mbox.publish("mail.mbox")
            self._mbox.settle()

    def _mail(self, conversation: Conversation, number: int, content: Content, sender: str | None) -> Iterator[Entry]:
        head = parse_head(content.kept, 0, len(content.kept), [])
        if EML in self._kinds or self._mbox is not None:
            row, draft = _mail_row(conversation, number, content, head, sender), None
            if EML in self._kinds:
                name = f"{numbered(conversation.id, number)}{_mark(content)}.eml"
                draft = self._store.save(EML, name, content.kept)
            if self._mbox is not None:
                entry = mbox_entry(content.kept, sender, content.end_ns)
                row.mbox = (self._mbox.size_bytes, len(entry))
                self._mbox.write(entry)
                row.problem = self._mbox.problem
            yield row, draft
        if ATTACHMENTS in self._kinds:
            yield from self._attachments(conversation, number, content, head)

    def _attachments(self, conversation: Conversation, number: int, content: Content, head: Head) -> list[Entry]:
        found: list[Entry] = []

        def take(part: MessagePart, octets: bytes) -> None:
            if is_attachment(part):
                row = _attachment_row(conversation, number, content, part)
                found.append((row, self._saved_attachment(row, octets, len(found) + 1, _mark(content))))

        outline(content.kept, head, [], take=take)
        return found

    def _saved_attachment(self, row: Row, octets: bytes, number: int, mark: str) -> Draft:
        """Save an attachment, unless the same octets are saved already; return its file."""
        digest = row.sha256 or ""
        draft = self._saved.get(digest)
        if draft is None or draft.problem is not None:
            mail = numbered(row.conversation or 0, row.mail or 0)
            name = attachment_name(mail, number, row.filename, ending_for(row.content_type or ""), mark)
            draft = self._store.save(ATTACHMENTS, name, octets)
            if len(self._saved) < REMEMBERED_LIMIT:
                self._saved[digest] = draft
        return draft


def is_attachment(part: MessagePart) -> bool:
    """Tell whether a part is more than the text of its mail: it has a name, says so, or is something else."""
    return part.filename is not None or part.disposition == "attachment" or part.content_type not in SHOWN_TYPES


def _mark(content: Content) -> str:
    """Return what the names of files say that come of a mail which is not whole."""
    return "" if content.complete and content.kept_all else ".partial"


def _mail_row(conversation: Conversation, number: int, content: Content, head: Head, sender: str | None) -> Row:
    kept, subject = len(content.kept), head.first.get("subject")
    row = Row(
        kind="mail",
        file=None,
        conversation=conversation.id,
        mail=number,
        protocol=conversation.protocol,
        message_id=head.first.get("message-id") or None,
        subject=decode_words(subject, []) if subject is not None else None,
        sender=sender,
        size_bytes=kept,
        sha256=content.sha256 if content.kept_all else sha256(content.kept).hexdigest(),
        complete=content.complete and content.kept_all,
        holes=content.holes,
        as_server_read=content.as_server_read,
        packets=content.packets,
    )
    if not content.kept_all:
        row.whole_size_bytes, row.whole_sha256 = content.size_bytes, content.sha256
    return row


def _attachment_row(conversation: Conversation, number: int, content: Content, part: MessagePart) -> Row:
    return Row(
        kind="attachment",
        file=None,
        conversation=conversation.id,
        mail=number,
        part=part.path,
        content_type=part.content_type,
        filename=part.filename,
        size_bytes=part.size_bytes,
        sha256=part.sha256,
        complete=content.complete and content.kept_all,
    )
