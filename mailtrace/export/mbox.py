"""All mails in one file, as mail programs import them: mbox. Source: RFC 4155.

Of the dialects this is mboxrd: a line that begins with `From `, or with `>`s before that, gets one more `>`. It is the
one whose quoting can be undone without doubt, and readers of the other dialects take it. Line ends become LF, as the
format wants them; the octets as they travelled are in the .eml files.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from mailtrace.model import NO_TIME

NOBODY = "MAILER-DAEMON"
"""Whom the separator names where the sender is empty, unknown, or cannot stand in it."""

ADDRESS_LIMIT = 320
"""Characters of an address that a separator holds: 64 before the sign, 255 behind it (RFC 5321 section 4.5.3.1)."""

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_FROM = re.compile(rb"^(?=>*From )", re.MULTILINE)
_ADDRESS = re.compile(r"[!-~]+@[!-~]+")


def mbox_entry(octets: bytes, sender: str | None, time_ns: int) -> bytes:
    """Return a mail as it stands in an mbox file: separator, quoted lines, and an empty line behind.

    `sender` is the envelope's. Source: RFC 4155 appendix A.
    """
    text = _FROM.sub(b">", octets.replace(b"\r\n", b"\n"))
    end = b"\n" if not text or text.endswith(b"\n") else b"\n\n"
    return b"From %s %s\n%s%s" % (_separable(sender), _asctime(time_ns), text, end)


def _separable(sender: str | None) -> bytes:
    """Return an address that can stand in the separator, which ends it at the first blank."""
    if sender is None or len(sender) > ADDRESS_LIMIT or not _ADDRESS.fullmatch(sender):
        return NOBODY.encode()
    return sender.encode()


def _asctime(time_ns: int) -> bytes:
    """Return a time in UTC as C's asctime writes it, in English whatever the locale."""
    when = datetime.fromtimestamp(0 if time_ns == NO_TIME else time_ns // 1_000_000_000, UTC)
    day, month = DAYS[when.weekday()], MONTHS[when.month - 1]
    return f"{day} {month} {when.day:2} {when:%H:%M:%S} {when.year:04}".encode()
