"""What FETCH answers about one mail: its facts in words, and the headers or texts that came with it, decoded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from mailtrace.explain.draft import shortened
from mailtrace.explain.imap.syntax import Value, pairs, pieces, values, words
from mailtrace.explain.imap.words import (
    decoded,
    flags_shown,
    parts_shown,
    people_shown,
    section_of,
)
from mailtrace.explain.texts import counted, text
from mailtrace.mail.charsets import guess
from mailtrace.mail.encodedwords import decode_words
from mailtrace.mail.headers import parse_head
from mailtrace.mail.holes import decode_text, guess_charset
from mailtrace.model import Reply, wire_text
from mailtrace.protocols.imap.items import item_before

MAX_TEXT_LINES = 6
"""Lines of a fetched part that a step quotes."""

MAX_HEADERS = 5
"""Header fields of a fetched head that a step quotes."""

LOOKED_FOR = {name: at for at, name in enumerate(("from", "to", "cc", "subject", "date", "message-id"))}

LONGEST_DATA = 160
"""Characters of a line of data that is told in words as well."""

LINE_END = b"\r\n"


@dataclass(slots=True)
class Fetched:
    """One FETCH answer: `number` is the mail's in this session, `facts` are in words, `flags` None where not told.

    `described` when its line is for programs, so that the facts deserve a line of their own.
    """

    number: str
    facts: list[str] = field(default_factory=list)
    flags: list[str] | None = None
    described: bool = False
    has_content: bool = False


def read_fetched(reply: Reply) -> Fetched:
    """Return what a FETCH answer says. Source: RFC 9051 section 7.5.2."""
    said = values(*reply.lines)
    number = said[0] if said and isinstance(said[0], str) else "?"
    fetched = Fetched(number)
    items = pairs(said[2]) if len(said) > 2 and isinstance(said[2], list) else []
    for name, value in items:
        if name == "FLAGS":
            fetched.flags = words(value)
        elif name == "ENVELOPE" and isinstance(value, list):
            fetched.facts += _envelope(value)
            fetched.described = True
        elif name in ("BODYSTRUCTURE", "BODY") and isinstance(value, list):
            fetched.facts.append(text("imap.fact.parts", parts=parts_shown(value)))
            fetched.described = True
        elif section_of(name) is not None:
            fetched.has_content = True
        elif name in _FACTS:
            fetched.facts += _FACTS[name](value)
    return fetched


def _envelope(value: list[Value]) -> list[str]:
    """Return subject, sender and recipients. Source: RFC 9051 section 7.5.2, `ENVELOPE`."""
    _, subject, sender, _, _, to = [*value, *[None] * 6][:6]
    facts = [text("imap.fact.subject", subject=decoded(subject))] if subject is not None else []
    for key, people in (("imap.fact.from", sender), ("imap.fact.to", to)):
        shown = people_shown(people)
        if shown:
            facts.append(text(key, people=shown))
    return facts


def _size(value: Value) -> list[str]:
    return [counted("octets", int(value))] if isinstance(value, str) and value.isdecimal() and len(value) < 20 else []


def _said(key: str, value: Value) -> list[str]:
    shown = words(value)
    return [text(key, value=shown[0])] if shown else []


_FACTS: dict[str, Callable[[Value], list[str]]] = {
    "RFC822.SIZE": _size,
    "UID": lambda value: _said("imap.fact.uid", value),
    "INTERNALDATE": lambda value: _said("imap.fact.date", value),
    "MODSEQ": lambda value: _said("imap.fact.change", value),
    "PREVIEW": lambda value: _said("imap.fact.preview", value),
}
"""How the simple items are told."""


def facts_shown(fetched: Fetched) -> str:
    """Return all that is known of a mail, its flags first."""
    flags = [flags_shown(fetched.flags, whole=True)] if fetched.flags is not None else []
    return ", ".join([*flags, *fetched.facts])


def fetched_says(reply: Reply, fetched: Fetched, brought: list[str]) -> list[str]:
    """Return the lines of a FETCH answer, its literals decoded and indented, and a line in words where that helps.

    `brought` is what the mail says that came with it: it stands where the octets of the mail stood.
    """
    lines: list[str] = []
    for at, piece in enumerate(pieces(reply.lines)):
        line = wire_text(piece.text + piece.announced) if at else f"* {wire_text(piece.text + piece.announced)}"
        if fetched.described and len(line) > LONGEST_DATA:
            line = text("cut-line", start=line[:LONGEST_DATA], length=counted("characters", len(line)))
        lines.append(shortened(line))
        if piece.literal is not None:
            lines += _literal_says(item_before(piece.text).name, piece.literal.lines)
        elif piece.announced and brought:
            lines += brought
            brought = []
    lines += brought
    if fetched.described:
        lines.append("    " + text("imap.fetched", number=fetched.number, facts=facts_shown(fetched)))
    return lines


def _literal_says(item: str, lines: Sequence[bytes]) -> list[str]:
    """Return a literal for people: headers decoded one a line, other text as it is; long ones in part."""
    section = section_of(item) or ""
    octets = LINE_END.join(lines)
    if "HEADER" in section or section.endswith("MIME"):
        return _in_part(_headers(octets, whole=section.endswith(("HEADER", "MIME"))), MAX_HEADERS)
    return text_shown(octets)


def text_shown(octets: bytes, holes: frozenset[int] = frozenset()) -> list[str]:
    """Return text of a part for people, indented, in part where it is long; `holes` are the lengths of its holes."""
    said = decode_text(octets, holes, guess_charset(octets) or "us-ascii", []) if holes else guess(octets)[0]
    return _in_part(said.rstrip().splitlines(), MAX_TEXT_LINES)


def _in_part(lines: list[str], most: int) -> list[str]:
    shown = lines[:most]
    if len(lines) > most:
        shown.append(text("more-lines", lines=counted("lines", len(lines) - most)))
    return [f"    {shortened(line)}" for line in shown]


def _headers(octets: bytes, *, whole: bool) -> list[str]:
    """Return header fields decoded; of a whole head those that people look for come first."""
    head = parse_head(octets, 0, len(octets), [])
    fields = [(name, " ".join(decode_words(value, []).split())) for name, value in head.fields]
    if whole:
        fields.sort(key=lambda field: LOOKED_FOR.get(field[0].lower(), len(LOOKED_FOR)))
    return [f"{name}: {value}" for name, value in fields]
