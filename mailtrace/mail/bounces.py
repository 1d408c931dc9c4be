"""Read what a mail reports of another one: delivery status, disposition, and the bounces of qmail and exim in words.

A report has a part for programs, and the reported mail or its head behind it; the Message-ID there links the two.
What is in a report that is itself only attached, by somebody who asks what it means, is no report of this mail.
Bounces without such a part are read only where their first words, which their programs never change, are certain.
Source: RFC 3464 section 2, RFC 8098 section 3, cr.yp.to, The qmail-send Bounce Message Format.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from mailtrace.mail.headers import Head, parse_head
from mailtrace.mail.received import parse_received
from mailtrace.model import DeliveryReport, MessagePart, ReportedRecipient

RECIPIENTS_LIMIT = 1_000
"""Recipients told of one report: as many as a mail usually may have."""

DIAGNOSTIC_LIMIT = 1_000
"""Characters of what a server answered that are kept: a reply of many lines, joined."""

NATURES = {"delivery-status": "delivery-status", "disposition-notification": "disposition-notification"}
"""Natures of the parts that make a mail a report, with the kind of report."""

QMAIL_START = "Hi. This is the "
EXIM_START = "This message was created automatically by mail delivery software."
STARTS_IN_WORDS = (QMAIL_START, EXIM_START)
"""How the text of a bounce in plain words begins."""

FAILED_RECIPIENTS = "x-failed-recipients"

_BLANK = re.compile(r"\n[ \t]*\n")
_QMAIL_BREAK = re.compile(r"^-", re.MULTILINE)
_QMAIL_RECIPIENT = re.compile(r"<([^<>\n]+)>:\n")
_QMAIL_HOST = re.compile(r"Hi\. This is the .{1,80}? at ([^\s]+?)\.\n")
_EXIM_COPY = re.compile(r"^-+ This is a copy of .*\n", re.MULTILINE)
_EXIM_RECIPIENT = re.compile(r"^  (\S+@\S+)$", re.MULTILINE)
_EXIM_ID = re.compile(r"^The message identifier is: +(\S+)$", re.MULTILINE)
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")
_EMBEDDED = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")


def read_report(head: Head, parts: Sequence[MessagePart], heads: Sequence[tuple[str, Head]]) -> DeliveryReport | None:
    """Return what a mail reports, None where it is no report.

    `head` is its own head, `heads` those of the messages attached to it, each with the path of its part.
    """
    inside = tuple([f"{path}." for path, _ in heads])
    own = [part for part in parts if not part.path.startswith(inside)]
    for part in own:
        if part.nature in NATURES and part.text:
            attached = [each for path, each in heads if not path.startswith(inside)]
            attached += [_head(each.text) for each in own if each.nature == "headers" and each.text]
            read = _delivery_status if part.nature == "delivery-status" else _disposition
            return read(part.text, attached[0] if attached else None)
    text = own[0].text if own else None
    if text is None:
        return None
    if text.startswith(QMAIL_START):
        return _qmail(text)
    if FAILED_RECIPIENTS in head.first or text.startswith(EXIM_START):
        return _exim(text, head.first.get(FAILED_RECIPIENTS))
    return None


def _head(text: str) -> Head:
    """Return the head of a mail, or of a group of fields, from text."""
    octets = text.encode("utf-8", "replace")
    return parse_head(octets, 0, len(octets), [])


def _delivery_status(text: str, attached: Head | None) -> DeliveryReport:
    """Read groups of fields: one about the mail, then one for each recipient. Source: RFC 3464 section 2.1."""
    about, *each = [
        _head(group).first for group in _BLANK.split(text.strip(), RECIPIENTS_LIMIT)[: RECIPIENTS_LIMIT + 1]
    ]
    if "final-recipient" in about:  # the group about the mail is missing
        each.insert(0, about)
    reporter = _typed(about.get("reporting-mta"))
    return DeliveryReport(
        kind="delivery-status",
        message_id=_message_id(attached),
        recipients=tuple([_recipient(fields) for fields in each if "final-recipient" in fields]),
        reporter=reporter,
        queue_id=about.get("x-postfix-queue-id") or _queue_id(attached, reporter),
        envelope_id=about.get("original-envelope-id"),
    )


def _recipient(fields: Mapping[str, str]) -> ReportedRecipient:
    """Return what a group of fields says of one recipient. Source: RFC 3464 section 2.3."""
    action, status = fields.get("action"), _STATUS.search(fields.get("status", ""))
    return ReportedRecipient(
        address=_typed(fields["final-recipient"]) or "",
        original=_typed(fields.get("original-recipient")),
        action=action.partition(" ")[0].lower() if action else None,
        status=status[1] if status else None,
        diagnostic=_diagnostic(_typed(fields.get("diagnostic-code"))),
        remote=_typed(fields.get("remote-mta")),
    )


def _disposition(text: str, attached: Head | None) -> DeliveryReport:
    """Read what became of a mail behind its delivery. Source: RFC 8098 section 3.1."""
    fields = _head(text.strip()).first
    action = fields.get("disposition", "").rpartition(";")[2].partition("/")[0].strip().lower()
    recipient = ReportedRecipient(
        address=_typed(fields.get("final-recipient")) or "",
        original=_typed(fields.get("original-recipient")),
        action=action or None,
        diagnostic=_diagnostic(fields.get("error") or fields.get("failure")),
    )
    return DeliveryReport(
        kind="disposition-notification",
        message_id=fields.get("original-message-id") or _message_id(attached),
        recipients=(recipient,),
        reporter=fields.get("reporting-ua", "").partition(";")[0].strip() or None,
    )


def _typed(value: str | None) -> str | None:
    """Return the text behind the type of a field (`rfc822; kim@daum.net`). Source: RFC 3464 section 2.1.2."""
    if value is None:
        return None
    type_, semicolon, text = value.partition(";")
    text = (text if semicolon else type_).strip()
    if type_.strip().lower() == "utf-8":  # RFC 6533 section 3
        text = _EMBEDDED.sub(lambda code: _character(int(code[1], 16)), text)
    return text or None


def _character(code: int) -> str:
    """Return the character of a code; U+FFFD for those that are none, or would begin a new line."""
    return chr(code) if 0x20 <= code < 0xD800 or 0xE000 <= code < 0x110000 else "\ufffd"


def _diagnostic(text: str | None) -> str | None:
    """Return a server's answer on one line."""
    return " ".join(text[:DIAGNOSTIC_LIMIT].split()) or None if text else None


def _message_id(attached: Head | None) -> str | None:
    return attached.first.get("message-id") or None if attached else None


def _queue_id(attached: Head | None, reporter: str | None) -> str | None:
    """Return the id under which the reporter took the mail, by the last trace field, if that is its own."""
    if attached is None or reporter is None or "received" not in attached.first:
        return None
    hop = parse_received(attached.first["received"])
    return hop.id if hop.by and hop.by.lower() == reporter.lower() else None


def _qmail(text: str) -> DeliveryReport:
    """Read paragraphs: an introduction, one for each recipient, and a line of hyphens before the mail."""
    cut = _QMAIL_BREAK.search(text)
    words, copy = (text[: cut.start()], text[cut.end() :]) if cut else (text, "")
    host = _QMAIL_HOST.match(words)
    recipients = []
    for paragraph in _BLANK.split(words)[1 : RECIPIENTS_LIMIT + 1]:
        found = _QMAIL_RECIPIENT.match(paragraph)
        if found:
            recipients.append(_failed(found[1], paragraph[found.end() :]))
    return DeliveryReport(
        kind="qmail",
        message_id=_message_id(_head(copy.partition("\n\n")[2])),
        recipients=tuple(recipients),
        reporter=host[1] if host else None,
    )


def _exim(text: str, failed: str | None) -> DeliveryReport:
    """Read addresses indented by two, what happened by four, and a line of hyphens before the mail.

    Without the header of failed recipients it is a warning of delay, which carries no copy.
    """
    cut = _EXIM_COPY.search(text)
    words, copy = (text[: cut.start()], text[cut.end() :]) if cut else (text, "")
    starts = list(_EXIM_RECIPIENT.finditer(words))[:RECIPIENTS_LIMIT]
    ends = [*[each.start() for each in starts[1:]], len(words)]
    action = "failed" if failed is not None else "delayed"
    recipients = [
        _failed(each[1], words[each.end() : end].partition("\n\n")[0], action)
        for each, end in zip(starts, ends, strict=False)  # without any there is one end too many
    ]
    if not recipients and failed:
        recipients = [_failed(address.strip(), "") for address in failed.split(",")[:RECIPIENTS_LIMIT]]
    queue_id = _EXIM_ID.search(words)
    return DeliveryReport(
        kind="exim",
        message_id=_message_id(_head(copy.lstrip("\n"))),
        recipients=tuple(recipients),
        queue_id=queue_id[1] if queue_id else None,
    )


def _failed(address: str, words: str, action: str = "failed") -> ReportedRecipient:
    """Return what words say of one recipient; their status is the enhanced code in them."""
    status = _STATUS.search(words)
    return ReportedRecipient(
        address=address, action=action, status=status[1] if status else None, diagnostic=_diagnostic(words)
    )
