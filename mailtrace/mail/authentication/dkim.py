"""DKIM: did the domain that signed the mail sign this body and these headers? Source: RFC 6376, RFC 8301, RFC 8463.

The signature is checked as it was on the day of the capture: `x=` and `t=` are compared with the time of the mail and
never with a clock. The body's hash needs no key, so that a changed body is told even where the key was not captured.
"""

from __future__ import annotations

import binascii
import hashlib
from typing import TYPE_CHECKING

from msgspec import Struct

from mailtrace.mail.authentication.canonical import (
    RawField,
    canonical_body,
    canonical_field,
    chosen,
    split_message,
    unsigned,
)
from mailtrace.mail.authentication.keys import Found, find_key, signed, weakness
from mailtrace.mail.authentication.signatures import SIGNATURES_LIMIT
from mailtrace.mail.authentication.spf import ascii_domain
from mailtrace.mail.authentication.tags import Tags, parse_tags, text_tag, without_space
from mailtrace.model import Dkim, Verdict
from mailtrace.model.language import said

if TYPE_CHECKING:
    from mailtrace.mail.authentication.records import RecordBook

DIGITS_LIMIT = 76
"""Digits of a number in a signature. Source: RFC 6376 section 3.5 (l=)."""

CLOCK_SKEW_S = 300
"""Seconds by which clocks of signer and capture may differ before a signature counts as made in the future."""

ALGORITHMS = {"rsa-sha256": "rsa", "ed25519-sha256": "ed25519"}
FORMS = ("simple", "relaxed")

OTHER_BODY = "the body is not the one that was signed: it was probably changed on the way"
TAGS_MISSING = "the signature cannot be read: {tags}= is missing"
EXPIRED = "the signature had expired {seconds} s before the mail was sent here"
MADE_LATER = "the signature says it was made {seconds} s after the mail was sent"
ONLY_THE_DOMAIN = "the key is only for its very domain (t=s), and the signature is for one below (i=)"
BODY_NOT_ALL = "the headers are those that were signed; the body is not all in the capture"
NOT_SIGNED = "{what} are not these, or the key of {domain} did not make the signature"


class Mail(Struct, frozen=True, gc=False):
    """A mail as signatures see it; `whole` is false where octets of it are missing. `time_ns` is when it was sent."""

    fields: list[RawField]
    body: bytes
    whole: bool
    time_ns: int


class Unusable(Exception):
    """A signature that cannot be judged as it stands: its verdict, and why."""

    def __init__(self, result: Verdict, because: str) -> None:
        super().__init__(because)
        self.result = result
        self.because = because


def signed_mail(octets: bytes, whole: bool, time_ns: int) -> Mail:
    """Return the parts of a mail that are signed."""
    fields, body = split_message(octets)
    return Mail(fields, body, whole, time_ns)


def check_dkim(mail: Mail, book: RecordBook) -> tuple[Dkim, ...]:
    """Judge the signatures of a mail, topmost first; none where it has none. Never raises."""
    signatures = [field for field in mail.fields if field.name == b"dkim-signature"]
    return tuple([_judged(field, mail, book) for field in signatures[:SIGNATURES_LIMIT]])


def _judged(field: RawField, mail: Mail, book: RecordBook) -> Dkim:
    tags = parse_tags(field.value) or {}
    domain = ascii_domain(text_tag(tags, "d"))
    selector = text_tag(tags, "s")
    named = (domain or None, selector or None, text_tag(tags, "a") or None)
    body = None
    try:
        _require(tags, domain)
        body = body_holds(tags, mail)
        _require_time(tags, mail.time_ns)
        if body is False:
            raise Unusable(Verdict.FAIL, said(OTHER_BODY))
    except Unusable as reason:
        return Dkim(reason.result, reason.because, *named, body)
    found = find_key(book, selector, domain, mail.time_ns)
    result, because = _by_key(field, tags, mail, found, body)
    testing = found.key is not None and found.key.testing
    return Dkim(result, because, *named, body, testing, found.lookups, found.packets)


def _require(tags: Tags, domain: str) -> None:
    """Check what can be checked without a key. Source: RFC 6376 section 6.1.1. Raises: `Unusable`."""
    missing = [name for name in ("v", "a", "b", "bh", "d", "h", "s") if not tags.get(name)]
    if missing:
        raise Unusable(Verdict.NEUTRAL, said(TAGS_MISSING, tags=", ".join(missing)))
    if text_tag(tags, "v") != "1":
        raise Unusable(Verdict.NEUTRAL, said("the signature is of a version that does not exist"))
    if b"from" not in signed_names(tags):
        raise Unusable(Verdict.PERMERROR, said("the signature does not cover From, and so protects nothing"))
    agent = ascii_domain(text_tag(tags, "i", "@" + domain).rpartition("@")[2])
    if agent != domain and not agent.endswith("." + domain):
        raise Unusable(Verdict.PERMERROR, said("the signature is for somebody (i=) outside of its own domain (d=)"))
    require_algorithm(tags)
    if "dns/txt" not in text_tag(tags, "q", "dns/txt").split(":"):
        raise Unusable(Verdict.PERMERROR, said("the signature's key is not in the DNS (q=)"))


def require_algorithm(tags: Tags) -> None:
    """Refuse what is unknown, or no longer safe. Source: RFC 8301 section 3.1. Raises: `Unusable`."""
    algorithm = text_tag(tags, "a")
    if algorithm == "rsa-sha1":
        raise Unusable(Verdict.POLICY, said("the signature uses SHA-1, which proves nothing any more"))
    if algorithm not in ALGORITHMS:
        raise Unusable(Verdict.NEUTRAL, said("nobody knows the algorithm {name}", name=algorithm))


def _require_time(tags: Tags, time_ns: int) -> None:
    """Compare the signature's times with that of the mail. Source: RFC 6376 section 3.5. Raises: `Unusable`."""
    made, ends = _number(tags, "t"), _number(tags, "x")
    now_s = time_ns // 1_000_000_000
    if made is not None and ends is not None and ends < made:
        raise Unusable(Verdict.PERMERROR, said("the signature expires before it was made"))
    if ends is not None and ends < now_s:
        raise Unusable(Verdict.FAIL, said(EXPIRED, seconds=now_s - ends))
    if made is not None and made > now_s + CLOCK_SKEW_S:
        raise Unusable(Verdict.NEUTRAL, said(MADE_LATER, seconds=made - now_s))


def _number(tags: Tags, name: str) -> int | None:
    value = tags.get(name)
    if value is None:
        return None
    if not value.isdigit() or len(value) > DIGITS_LIMIT:
        raise Unusable(Verdict.NEUTRAL, said("the signature cannot be read: {tag}= is no number", tag=name))
    return int(value)


def forms(tags: Tags) -> tuple[str, str]:
    """Return the forms in which headers and body were signed. Source: RFC 6376 section 3.5. Raises: `Unusable`."""
    header, _, body = text_tag(tags, "c", "simple/simple").partition("/")
    body = body or "simple"
    if header not in FORMS or body not in FORMS:
        raise Unusable(Verdict.NEUTRAL, said("the signature cannot be read: nobody knows its canonical form (c=)"))
    return header, body


def signed_names(tags: Tags) -> list[bytes]:
    """Return the names of the signed header fields, in order, in lower case."""
    return [name.strip().lower() for name in tags.get("h", b"").split(b":")]


def body_holds(tags: Tags, mail: Mail) -> bool | None:
    """Tell whether the body is the one that was signed; None where part of it is missing. Raises: `Unusable`."""
    _, form = forms(tags)
    length = _number(tags, "l")
    expected = _decoded(tags["bh"])
    if not mail.whole:
        return None
    body = canonical_body(mail.body, form)
    if length is not None:
        if length > len(body):
            return False
        body = body[:length]
    return hashlib.sha256(body).digest() == expected


def _decoded(value: bytes) -> bytes:
    try:
        return binascii.a2b_base64(without_space(value), strict_mode=True)
    except binascii.Error:
        raise Unusable(Verdict.NEUTRAL, said("the signature cannot be read: it is no base64")) from None


def _by_key(field: RawField, tags: Tags, mail: Mail, found: Found, body: bool | None) -> tuple[Verdict, str]:
    """Return the verdict of the key."""
    if found.key is None:
        if found.result is Verdict.UNKNOWN and body:
            return found.result, said("{because}; the body is the one that was signed", because=found.because)
        return found.result, found.because
    try:
        result, because = by_signature(field, tags, mail, found, said("the headers that were signed"))
    except Unusable as reason:
        return reason.result, reason.because
    strict = found.key.strict and text_tag(tags, "i", "@").rpartition("@")[2] not in ("", text_tag(tags, "d"))
    if result is Verdict.PASS and strict:
        return Verdict.PERMERROR, said(ONLY_THE_DOMAIN)
    if result is Verdict.PASS and body is None:
        return Verdict.UNKNOWN, said(BODY_NOT_ALL)
    if result is Verdict.PASS and "l" in tags:
        because = said(
            "{because}; of the body only the first {count} octets are signed", because=because, count=_number(tags, "l")
        )
    return result, because


def by_signature(field: RawField, tags: Tags, mail: Mail, found: Found, what: str) -> tuple[Verdict, str]:
    """Return whether a key made the signature in `field` over the header fields it names. Raises: `Unusable`."""
    header, _ = forms(tags)
    fields = chosen([each for each in mail.fields if each is not field], signed_names(tags))
    data = b"".join([canonical_field(each, header) + b"\r\n" for each in fields])
    return verdict(found, tags, data + canonical_field(unsigned(field), header), what)


def verdict(found: Found, tags: Tags, data: bytes, what: str) -> tuple[Verdict, str]:
    """Return whether the key that was found made the signature of `tags` over `data`. Raises: `Unusable`."""
    key = found.key
    if key is None:
        return found.result, found.because
    if key.kind != ALGORITHMS.get(text_tag(tags, "a")) or "sha256" not in key.hashes:
        return Verdict.PERMERROR, said("the key is for another algorithm than the signature's")
    weak = weakness(key)
    if weak is not None:
        return weak
    domain = text_tag(tags, "d")
    if not signed(key, _decoded(tags["b"]), data):
        return Verdict.FAIL, said(NOT_SIGNED, what=what, domain=domain)
    return Verdict.PASS, said("{domain} signed it, and nothing that was signed has changed since", domain=domain)
