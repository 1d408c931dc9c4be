"""What exported files are called: numbers of ours first, then as much of a name from the wire as is harmless.

A name from the wire is a wish: it may climb out of the folder, be a device, hide its ending, or be 4 KiB long. What is
kept of it are ASCII letters, digits, `-` and `_`, of its last component; the whole of it stands in the index. Numbers
make a name unique, so that neither letter case nor Unicode forms can make two names one.
"""

from __future__ import annotations

import re
import unicodedata

STEM_LIMIT = 60
"""Characters kept of a name: enough to know it again; with our numbers and the ending no name exceeds 120 octets."""

ENDING_LIMIT = 10
"""Characters of an ending that is believed; longer ones are a part of the name."""

LOOKED_AT = 1_000
"""Characters of a name from the wire that are looked at, from its end, where the ending stands."""

STARTERS = frozenset(
    (
        *("appref-ms", "bat", "chm", "cmd", "com", "command", "cpl", "desktop", "dll", "docm", "dotm", "exe", "hta"),
        *("img", "inf", "iso", "jar", "js", "jse", "lnk", "mht", "msc", "msi", "msp", "pif", "pl", "ps1", "py", "rb"),
        *("reg", "scf", "scr", "sh", "url", "vb", "vbe", "vbs", "vhd", "wsf", "wsh", "xlsm", "xll", "application"),
    )
)
"""Endings of files that a click starts; they get a `_` behind them, which nothing starts."""

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_ENDING = re.compile(r"[A-Za-z0-9-]+")


def numbered(conversation: int, number: int) -> str:
    """Return what the name of a mail begins with: of conversation 10 the second mail is `0010-2`."""
    return f"{conversation:04}-{number}"


def attachment_name(mail: str, number: int, filename: str | None, ending: str, mark: str = "") -> str:
    """Return the name for an attachment of a mail that is `numbered`; `filename` is what the mail calls it.

    `ending` fits its type, for names without one; `mark` goes before the ending. The result has only `[A-Za-z0-9._-]`,
    begins with a digit and has at most 120 characters, whatever `filename` is.
    """
    stem, wished = _taken_apart(filename or "")
    wished = wished or ending
    wished += "_" * (wished in STARTERS)
    name = "-".join(each for each in (mail, str(number), stem) if each)
    return f"{name}{mark}.{wished}"


def _taken_apart(filename: str) -> tuple[str, str]:
    """Return what is kept of a file name: its stem and its ending in lower case, each may be empty."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFKC", filename[-LOOKED_AT:]))[-1]
    stem, dot, ending = last.rstrip(". \0").rpartition(".")
    if not dot or not _ENDING.fullmatch(ending) or len(ending) > ENDING_LIMIT:
        stem, ending = last, ""
    return _UNSAFE.sub("_", stem)[:STEM_LIMIT].strip("_-"), ending.lower()


ENDINGS = {
    "application/ms-tnef": "tnef",
    "application/msword": "doc",
    "application/octet-stream": "bin",
    "application/pdf": "pdf",
    "application/pgp-encrypted": "asc",
    "application/pgp-signature": "asc",
    "application/pkcs7-mime": "p7m",
    "application/pkcs7-signature": "p7s",
    "application/x-pkcs7-signature": "p7s",
    "application/zip": "zip",
    "image/gif": "gif",
    "image/jpeg": "jpg",
    "image/png": "png",
    "message/delivery-status": "txt",
    "message/rfc822": "eml",
    "message/global": "eml",
    "text/calendar": "ics",
    "text/html": "html",
    "text/plain": "txt",
    "text/vcard": "vcf",
}
"""By content type, the ending for parts whose name has none."""

UNKNOWN_ENDING = "bin"


def ending_for(content_type: str) -> str:
    """Return the ending that fits a content type, `bin` for those without one of their own."""
    return ENDINGS.get(content_type, "txt" if content_type.startswith("text/") else UNKNOWN_ENDING)
