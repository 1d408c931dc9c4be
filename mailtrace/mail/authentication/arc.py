"""ARC: the seals with which forwarders vouch for what they found before they changed a mail. Source: RFC 8617.

Each forwarder adds a set of three fields with the same number: what it found, a signature of the mail as it left, and a
seal over all sets so far. The chain holds when the newest signature and every seal hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailtrace.mail.authentication.canonical import RawField, canonical_field, unsigned
from mailtrace.mail.authentication.dkim import Mail, Unusable, body_holds, by_signature, require_algorithm, verdict
from mailtrace.mail.authentication.keys import Found, find_key
from mailtrace.mail.authentication.spf import ascii_domain
from mailtrace.mail.authentication.subjects import NO_SEALS
from mailtrace.mail.authentication.tags import Tags, parse_tags, text_tag
from mailtrace.model import Arc, Verdict
from mailtrace.model.language import said

if TYPE_CHECKING:
    from mailtrace.mail.authentication.records import RecordBook

SETS_LIMIT = 50
"""Sets a chain may have. Source: RFC 8617 section 4.2.1."""

RESULTS, SIGNATURE, SEAL = b"arc-authentication-results", b"arc-message-signature", b"arc-seal"
NAMES = (RESULTS, SIGNATURE, SEAL)

BROKEN_BEFORE = "the seal of set {number} says that the chain was broken before it"

Sets = list[dict[bytes, RawField]]


def check_arc(mail: Mail, book: RecordBook) -> Arc:
    """Judge the chain of a mail. Never raises. Source: RFC 8617 section 5.2."""
    fields = [field for field in mail.fields if field.name in NAMES]
    if not fields:
        return Arc(Verdict.NONE, said(NO_SEALS))
    found: list[Found] = []
    sets: Sets = []
    try:
        sets = _sets(fields)
        result, because = _judged(sets, mail, book, found)
    except Unusable as reason:
        result, because = reason.result, reason.because
    sealers = [ascii_domain(text_tag(parse_tags(each[SEAL].value) or {}, "d")) for each in sets]
    lookups = dict.fromkeys(number for each in found for number in each.lookups)
    packets = dict.fromkeys(number for each in found for number in each.packets)
    return Arc(result, because, len(sets), tuple(sealers), tuple(lookups), tuple(packets))


def _sets(fields: list[RawField]) -> Sets:
    """Return the sets in order; each must have its three fields, once. Raises: `Unusable`."""
    if len(fields) > 3 * SETS_LIMIT:
        raise Unusable(Verdict.FAIL, said("the chain has more than {count} sets", count=SETS_LIMIT))
    by_number: dict[int, dict[bytes, RawField]] = {}
    for field in fields:
        number = _number(field)
        if field.name in by_number.setdefault(number, {}):
            raise Unusable(Verdict.FAIL, said("set {number} of the chain has a field twice", number=number))
        by_number[number][field.name] = field
    if sorted(by_number) != list(range(1, len(by_number) + 1)) or any(len(each) != 3 for each in by_number.values()):
        raise Unusable(Verdict.FAIL, said("the chain is not whole: fields are missing"))
    return [by_number[number] for number in sorted(by_number)]


def _number(field: RawField) -> int:
    """Return the number of the set a field belongs to: its first tag. Raises: `Unusable`."""
    first = field.value.partition(b";")[0] if field.name == RESULTS else field.value
    digits = text_tag(parse_tags(first) or {}, "i")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 2 or not 1 <= int(digits) <= SETS_LIMIT:
        raise Unusable(Verdict.FAIL, said("the chain has a field without its number (i=)"))
    return int(digits)


def _judged(sets: Sets, mail: Mail, book: RecordBook, found: list[Found]) -> tuple[Verdict, str]:
    """Return whether a chain holds; keys that were used are added to `found`. Raises: `Unusable`."""
    for number, each in enumerate(sets, 1):
        claim = text_tag(parse_tags(each[SEAL].value) or {}, "cv")
        if claim == "fail":
            raise Unusable(Verdict.FAIL, said(BROKEN_BEFORE, number=number))
        if claim != ("none" if number == 1 else "pass"):
            raise Unusable(
                Verdict.FAIL,
                said("the seal of set {number} says cv={claim}, which cannot be", number=number, claim=claim),
            )
    unknown = _signature(sets[-1][SIGNATURE], mail, book, found)
    for number in range(len(sets), 0, -1):
        unknown = _seal(sets[:number], mail, book, found) or unknown
    if unknown:
        return Verdict.UNKNOWN, unknown
    return Verdict.PASS, said("the newest signature and all seals hold")


def _signature(field: RawField, mail: Mail, book: RecordBook, found: list[Found]) -> str:
    """Check the newest signature over the mail; return why it cannot be told, '' if it holds. Raises: `Unusable`."""
    tags = _tags(field, ("a", "b", "bh", "d", "h", "s"))
    body = body_holds(tags, mail)
    if body is False:
        raise Unusable(Verdict.FAIL, said("the body is not the one that the last forwarder signed"))
    key = _key(tags, mail, book, found)
    result, because = by_signature(field, tags, mail, key, said("the headers that the last forwarder signed"))
    unknown = _unknown(result, because)
    return unknown or ("" if body else said("the body is not all in the capture"))


def _seal(sets: Sets, mail: Mail, book: RecordBook, found: list[Found]) -> str:
    """Check the seal of the last of the sets; return why it cannot be told, '' if it holds. Raises: `Unusable`.

    Source: RFC 8617 section 5.1.1.
    """
    seal = sets[-1][SEAL]
    tags = _tags(seal, ("a", "b", "d", "s"))
    if "h" in tags:
        raise Unusable(Verdict.FAIL, said("a seal names headers (h=), which it may not"))
    fields = [each[name] for each in sets for name in NAMES]
    data = b"".join([canonical_field(field, "relaxed") + b"\r\n" for field in fields[:-1]])
    data += canonical_field(unsigned(seal), "relaxed")
    result, because = verdict(
        _key(tags, mail, book, found), tags, data, said("the sets up to {number}", number=len(sets))
    )
    return _unknown(result, because)


def _tags(field: RawField, needed: tuple[str, ...]) -> Tags:
    tags = parse_tags(field.value) or {}
    missing = [name for name in needed if not tags.get(name)]
    if missing:
        raise Unusable(
            Verdict.FAIL, said("a field of the chain cannot be read: {tags}= is missing", tags=", ".join(missing))
        )
    require_algorithm(tags)
    return tags


def _key(tags: Tags, mail: Mail, book: RecordBook, found: list[Found]) -> Found:
    found.append(find_key(book, text_tag(tags, "s"), ascii_domain(text_tag(tags, "d")), mail.time_ns))
    return found[-1]


def _unknown(result: Verdict, because: str) -> str:
    """Return why it cannot be told, '' for what holds. Raises: `Unusable` for what does not."""
    if result in (Verdict.PASS, Verdict.UNKNOWN):
        return because if result is Verdict.UNKNOWN else ""
    raise Unusable(result if result is Verdict.TEMPERROR else Verdict.FAIL, because)
