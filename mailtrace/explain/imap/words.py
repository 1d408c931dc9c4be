"""The small words of IMAP for people: `1:*` is all mails, `\\Seen` is read, `BODY.PEEK[HEADER]` is the headers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailtrace.explain.english import FETCH_ITEMS, MAIL_FLAGS, UNREAD
from mailtrace.explain.imap.syntax import Value, words
from mailtrace.explain.texts import counted, listed, text
from mailtrace.mail.encodedwords import decode_words
from mailtrace.mail.parameters import parse_mime_value
from mailtrace.model.language import said
from mailtrace.protocols.imap.folders import folder_name

SEEN = "\\SEEN"

MAX_RANGES = 8
"""Ranges of a set that are told; clients send sets of hundreds."""

MAX_FIELDS = 8
"""Names of header fields that are told."""

PARTS_OF = {
    "": "imap.part.number",
    "MIME": "imap.part.mime",
    "HEADER": "imap.part.inner-header",
    "TEXT": "imap.part.inner-text",
}
"""What can be asked of a part, and its sentence. Source: RFC 9051 section 6.4.5.1."""

_SECTION = re.compile(r"(BODY|BINARY)(\.PEEK|\.SIZE)?\[(.*)\](?:<(\d{1,19})(?:\.(\d{1,19}))?>)?", re.I | re.S)
_PART = re.compile(r"([0-9.]{1,100}?)\.?(MIME|HEADER|TEXT|)", re.I)
_FIELDS = re.compile(r"(?:[0-9.]{1,100}\.)?HEADER\.FIELDS(\.NOT)? \((.*)\)", re.I | re.S)


def folder_shown(name: Value) -> str:
    """Return the name of a folder as people know it, out of the form that travels."""
    return folder_name(name.encode("utf-8", "surrogateescape")) if isinstance(name, str) else ""


def flags_shown(flags: Sequence[str], *, whole: bool = False) -> str:
    """Return flags in words; `whole` when these are all that a mail has, so that one not read is unread."""
    told = [_flag_shown(flag) for flag in flags]
    if whole and all(flag.upper() != SEEN for flag in flags):
        told.insert(0, said(UNREAD))
    return listed(told) or text("imap.no-flags")


def _flag_shown(flag: str) -> str:
    known = MAIL_FLAGS.get(flag.upper())
    return flag if known is None else said(known)


def mails_shown(numbers: str, *, uid: bool) -> str:
    """Return a set of mails in words. Source: RFC 9051 section 9, `sequence-set`."""
    if numbers == "$":
        return text("imap.set.found")
    if numbers == "1:*":
        return text("imap.set.all")
    if numbers == "*":
        return text("imap.set.last")
    ranges = numbers.split(",")
    shown = [_range(each) for each in ranges[:MAX_RANGES]]
    if len(ranges) > MAX_RANGES:
        shown.append(text("imap.more", count=f"{len(ranges) - MAX_RANGES:,}"))
    one = len(ranges) == 1 and ":" not in numbers
    key = ("imap.set.uid" if one else "imap.set.uids") if uid else ("imap.set.one" if one else "imap.set.some")
    return text(key, numbers=listed(shown))


def _range(each: str) -> str:
    first, colon, last = (text("imap.the-last") if end == "*" else end for end in each.partition(":"))
    return text("imap.range", first=first, last=last) if colon else first


def items_shown(items: Sequence[str]) -> str:
    """Return what FETCH asks for in words, each once."""
    return listed(list(dict.fromkeys(item_shown(item) for item in items)))


def item_shown(item: str) -> str:
    """Return one item of FETCH in words, as it stands where it is not known."""
    known = FETCH_ITEMS.get(item.upper())
    if known is not None:
        return said(known)
    found = _SECTION.fullmatch(item)
    if found is None:
        return item
    kind, how, section, _, _ = found.groups()
    shown = section_shown(section)
    if kind.upper() == "BINARY":
        shown = text("imap.part.size" if (how or "").upper() == ".SIZE" else "imap.part.decoded", what=shown)
    start, octets = piece_of(item)
    if start is None:
        return shown
    return text("imap.FETCH.piece", what=shown, octets=octets, start=start)


def section_shown(section: str) -> str:
    """Return a section of a mail in words: '' is the whole mail, `2.MIME` a part's headers."""
    fields = _FIELDS.fullmatch(section)
    if fields is not None:
        names = fields[2].split()
        more = [text("imap.more", count=len(names) - MAX_FIELDS)] if len(names) > MAX_FIELDS else []
        shown = listed([*names[:MAX_FIELDS], *more])
        return text("imap.part.other-fields" if fields[1] else "imap.part.fields", names=shown)
    if section.upper() in ("", "HEADER", "TEXT"):
        return text(f"imap.part.{section.lower() or 'all'}")
    part = _PART.fullmatch(section)
    if part is None:
        return section
    return text(PARTS_OF[part[2].upper()], number=part[1])


def section_of(item: str) -> str | None:
    """Return the section of an item with content of a mail, in upper case; None where it is none."""
    found = _SECTION.fullmatch(item)
    if found is not None:
        return found[3].upper()
    return {"RFC822": "", "RFC822.HEADER": "HEADER", "RFC822.TEXT": "TEXT"}.get(item.upper())


def piece_of(item: str) -> tuple[str | None, str]:
    """Return where the piece of a mail begins that an item asks for, None for all of it, and how many octets it has."""
    found = _SECTION.fullmatch(item)
    if found is None or found[4] is None:
        return None, ""
    return found[4], counted("octets", int(found[5])) if found[5] else text("imap.all-octets")


def is_peek(item: str) -> bool:
    """Tell whether an item leaves a mail unread. Source: RFC 9051 section 6.4.5."""
    upper = item.upper()
    return ".PEEK[" in upper or upper == "RFC822.HEADER"


def people_shown(addresses: Value) -> str:
    """Return the addresses of an envelope: each is a name, a route, a mailbox and a host.

    Source: RFC 9051 section 7.5.2, `ENVELOPE`.
    """
    shown = []
    for address in addresses if isinstance(addresses, list) else []:
        if not isinstance(address, list) or len(address) != 4 or not isinstance(address[3], str):
            continue
        mailbox = f"{address[2] or ''}@{address[3]}"
        name = decoded(address[0])
        shown.append(f"{name} <{mailbox}>" if name else mailbox)
    return listed(shown)


def decoded(value: Value) -> str:
    """Return a header's value with its encoded words decoded."""
    return decode_words(value, []) if isinstance(value, str) else ""


def parts_shown(structure: Value) -> str:
    """Return the parts of a mail by its BODYSTRUCTURE: kinds and names of files. Source: RFC 9051 section 7.5.2."""
    shown: list[str] = []
    waiting = [structure]
    while waiting:
        part = waiting.pop(0)
        if not isinstance(part, list) or not part:
            continue
        inner = [each for each in part if isinstance(each, list)]
        if isinstance(part[0], list):
            waiting[:0] = inner[: _leading(part)]
        elif len(part) > 1 and isinstance(part[0], str) and isinstance(part[1], str):
            kind, name = f"{part[0]}/{part[1]}".lower(), _file_name(inner)
            shown.append(text("imap.fact.file", kind=kind, name=name) if name else kind)
    return " + ".join(shown[:MAX_RANGES])


def _leading(part: list[Value]) -> int:
    """Return how many lists stand before the first word: the parts of a multipart."""
    return next((at for at, each in enumerate(part) if not isinstance(each, list)), len(part))


def _file_name(lists: Sequence[list[Value]]) -> str:
    """Return the file name in the parameters of a part or of its disposition, '' where there is none."""
    for each in lists:
        named = words(next((inner for inner in each if isinstance(inner, list)), each))
        for key, value in zip(named[::2], named[1::2], strict=False):
            if key.lower() in ("filename", "filename*", "name", "name*"):
                written = value if key.endswith("*") else f'"{decoded(value)}"'
                return parse_mime_value(f"attachment; {key}={written}", []).parameters.get(key.rstrip("*").lower(), "")
    return ""
