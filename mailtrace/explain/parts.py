"""The parts of a mail as lines: attachments with type, size and hash, mails inside it, files in older encodings.

And what stands out about them: protection, invitations, what a report says of another mail, what could be read in two
ways. Only what helps a reader is said here; all of it is in the results for machines.
"""

from __future__ import annotations

import re

from mailtrace.explain.texts import counted, has_text, text
from mailtrace.model import (
    AttachedMessage,
    DeliveryReport,
    EmbeddedFile,
    Message,
    MessagePart,
    Person,
    ReportedRecipient,
)

MAX_BODY_LINES = 10
"""Lines of a mail's text that a step quotes: enough to know the mail; the reports have the rest."""

MAX_PARTS = 12
"""Parts of a mail that a step names; the others are counted."""

MAX_RECIPIENTS = 5
"""Recipients of a report that a step names; the others are counted."""

MAX_DEFECTS = 3
"""Remarks on faults of a mail in one step; a broken mail has one cause and many symptoms."""

HASH_CHARACTERS = 16
"""Characters of a SHA-256 that are shown: enough to find a file by, or to tell two apart."""

UNSURPRISING = {
    "zip-archive": ("zip", "openxml", "opendocument", "epub", "java-archive"),
    "gzip-file": ("gzip",),
    "bzip2-file": ("bzip",),
    "xz-file": ("xz",),
    "rar-archive": ("rar",),
    "7z-archive": ("7z",),
    "egg-archive": ("egg",),
    "alz-archive": ("alz",),
    "pdf-document": ("pdf",),
    "rtf-document": ("rtf",),
    "ole-document": ("msword", "ms-excel", "ms-powerpoint", "ms-office", "ms-outlook", "hwp", "x-cfb"),
    "png-image": ("png",),
    "gif-image": ("gif",),
    "jpeg-image": ("jpeg", "jpg"),
    "script": ("script", "x-sh", "python", "perl"),
}
"""What a file is by its first octets, with words in types that say as much: then nothing needs to be added."""


_WORD = re.compile(r"\w+")
_ALIKE = tuple(
    [re.compile(f"[{letters}]") for letters in ("A-Za-z", "\u0370-\u03ff", "\u0400-\u052f", "\u0531-\u0587")]
)
"""Latin, Greek, Cyrillic and Armenian."""


def people(persons: tuple[Person, ...]) -> str:
    """Return mailboxes as `name <address>`, separated by commas."""
    return ", ".join(f"{person.name} <{person.address}>" if person.name else person.address for person in persons)


def subject_shown(subject: str | None) -> str:
    """Return a subject on one line in quotes, or that there is none."""
    return text("content.no-subject") if subject is None else text("content.subject", subject=" ".join(subject.split()))


def part_lines(message: Message) -> list[str]:
    """Return a line for each part (where there are several, or it is a file) and the text of those that are quoted."""
    parts = message.parts
    readable = any(part.content_type == "text/plain" for part in parts)
    attached = {each.path: each for each in message.attached}
    files: dict[str, list[EmbeddedFile]] = {}
    for file in message.embedded:
        files.setdefault(file.path, []).append(file)
    lines = []
    for part in parts[:MAX_PARTS]:
        if len(parts) > 1 or part.filename or part.text is None:
            lines.append(_part(part, attached.get(part.path)))
        if part.text is not None and not part.filename and (part.content_type == "text/plain" or not readable):
            lines += _quoted(part.text)
        lines += [_embedded(file) for file in files.get(part.path, ())[:MAX_PARTS]]
    if len(parts) > MAX_PARTS:
        lines.append(text("more-parts", parts=counted("parts", len(parts) - MAX_PARTS)))
    return lines


def _part(part: MessagePart, attached: AttachedMessage | None) -> str:
    """Return what is said of one part."""
    fields = {"path": part.path, "kind": part.content_type, "octets": counted("octets", part.size_bytes)}
    if attached is not None:
        sender, subject = people(attached.from_) or text("content.no-from"), subject_shown(attached.subject)
        line = text("content.attached", sender=sender, subject=subject, **fields)
    elif part.filename or part.disposition == "attachment":
        key = "content.attachment" if part.filename else "content.attachment-unnamed"
        line = text(key, name=part.filename, hash=part.sha256[:HASH_CHARACTERS], **fields)
    else:
        line = text("content.part", **fields)
    nature = f"nature.{part.nature}"
    if part.nature and has_text(nature) and not _is_expected(part):
        line = text("content.part-is", part=line, nature=text(nature))
    if part.missing_bytes:
        line = text("content.part-missing", part=line, octets=counted("octets", part.missing_bytes))
    return line


def kinds(message: Message) -> str:
    """Return the types of the parts in a few words, without those inside attached mails."""
    inside = tuple([f"{attached.path}." for attached in message.attached])
    outer = [part.content_type for part in message.parts if not part.path.startswith(inside)]
    return " + ".join(outer[:MAX_PARTS]) or "text/plain"


def _is_expected(part: MessagePart) -> bool:
    """Tell whether the type of a part says already what it is."""
    return any(word in part.content_type for word in UNSURPRISING.get(part.nature or "", ()))


def _quoted(body: str) -> list[str]:
    lines = body.strip().splitlines()
    shown = [f"    {line}" for line in lines[:MAX_BODY_LINES]]
    if len(lines) > MAX_BODY_LINES:
        shown.append("    " + text("more-lines", lines=counted("lines", len(lines) - MAX_BODY_LINES)))
    return shown


def _embedded(file: EmbeddedFile) -> str:
    fields = {"path": file.path, "encoding": text(f"encoding.{file.encoding}"), "name": file.filename}
    if file.size_bytes is None or file.sha256 is None:
        return text("content.embedded-named", **fields)
    size, hash_ = counted("octets", file.size_bytes), file.sha256[:HASH_CHARACTERS]
    return text("content.embedded", octets=size, hash=hash_, **fields)


def report_lines(report: DeliveryReport) -> list[str]:
    """Return what a report says of the recipients of the mail it is about."""
    lines = [_recipient(each) for each in report.recipients[:MAX_RECIPIENTS]]
    if len(report.recipients) > MAX_RECIPIENTS:
        lines.append(text("report.more", recipients=counted("recipients", len(report.recipients) - MAX_RECIPIENTS)))
    return lines


def _recipient(each: ReportedRecipient) -> str:
    key = f"report.{each.action}"
    line = text(key if has_text(key) else "report.unknown", address=each.address, action=each.action)
    if each.status:
        line = text("report.status", line=line, status=each.status)
    if each.diagnostic:
        line = text("report.diagnostic", line=line, diagnostic=each.diagnostic)
    return line


def remarks(message: Message) -> list[str]:
    """Return sentences on what kind of mail it is, and on faults in it that readers may stumble over."""
    sentences = []
    report = message.reports
    if report is not None:
        about = f"report.{'known' if report.message_id else 'unlinked'}"
        sentences.append(text(about, kind=text(f"report.kind.{report.kind}"), message_id=report.message_id))
    imitations = [
        word for each in message.from_ for word in _WORD.findall(f"{each.name} {each.address}") if _mixed(word)
    ]
    sentences += [text("means.mixed-alphabets", word=word) for word in imitations[:1]]
    natures = dict.fromkeys(part.nature for part in message.parts if part.nature)
    sentences += [text(f"means.{nature}") for nature in natures if has_text(f"means.{nature}")]
    faults = []
    for defect in message.defects if message.content.complete else ():  # a cut explains the others
        code, _, detail = defect.partition(": ")
        if has_text(f"defect.{code}"):
            faults.append(text(f"defect.{code}", detail=detail))
    return sentences + list(dict.fromkeys(faults))[:MAX_DEFECTS]


def _mixed(word: str) -> bool:
    """Tell whether a word mixes the alphabets whose letters look alike; no language does."""
    return not word.isascii() and len([alphabet for alphabet in _ALIKE if alphabet.search(word)]) > 1
