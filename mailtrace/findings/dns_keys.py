"""Rules of DNS about DMARC policies and DKIM keys."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrace.findings.facts import Asked, Facts
from mailtrace.findings.rule import Seen, rule, seen
from mailtrace.findings.subjects import CAPTURE
from mailtrace.mail.authentication.dmarc import POLICIES
from mailtrace.mail.authentication.keys import KEY_OCTETS_LIMIT, MIN_RSA_BITS, KeyRecord, NoKey, read_key, rsa_bits
from mailtrace.mail.authentication.records import text_octets
from mailtrace.mail.authentication.tags import Tags, parse_tags, text_tag
from mailtrace.model import Severity, wire_text

GOOD_RSA_BITS = 2048
"""The length that signers should use. Source: RFC 8301 section 3.2."""

KEY_PLACE = "._domainkey."


def _answered(facts: Facts, begins: str = "", holds: str = "") -> Iterator[tuple[Asked, list[bytes]]]:
    """Yield the TXT lookups whose name begins with or holds a word, with the texts; of each name the first answer."""
    told: set[str] = set()
    for asked in facts.asked:
        lookup = asked.lookup
        fits = asked.name.startswith(begins) and holds in asked.name
        if lookup.type == "TXT" and fits and lookup.rcode in ("NOERROR", "NXDOMAIN") and asked.name not in told:
            told.add(asked.name)
            yield asked, [text_octets(data) for data in lookup.answers if data.startswith('"')]


def _policies(facts: Facts) -> Iterator[tuple[Asked, list[bytes]]]:
    """Yield the lookups of DMARC policies, with the texts that begin as one."""
    for asked, texts in _answered(facts, begins="_dmarc."):
        yield asked, [text for text in texts if text.lstrip()[:8].upper() == b"V=DMARC1"]


def _tags(texts: list[bytes]) -> Tags | None:
    """Return the tags of the only record there is."""
    return parse_tags(texts[0]) if len(texts) == 1 else None


def _about(asked: Asked, count: int = 0, record: str = "", reason: str = "") -> Seen:
    """Return what is seen of the record at one name."""
    lookup = asked.lookup
    domain = asked.name.removeprefix("_dmarc.")
    return seen(lookup.packets, conversation=lookup.caused_by, domain=domain, count=count, record=record, reason=reason)


@rule(
    "DNS029",
    Severity.INFO,
    CAPTURE,
    "The DMARC policy of {domain} is none: mail that pretends to come from it is let in",
)
def dmarc_policy_none(facts: Facts) -> Iterator[Seen]:
    """The DMARC record says p=none: receivers only report, and refuse nothing.

    Why: It is the right way to begin. As long as it stays so, anybody can write mail in the name of the domain.

    Mend: Read the reports until all of your own mail passes, then ask for quarantine, then for reject.
        bind: _dmarc.example.org. IN TXT "v=DMARC1; p=quarantine; rua=mailto:dmarc@example.org"

    Not when: The policy is quarantine or reject, or there is no record at all (DNS030).

    Source: RFC 9989 section 4.7.
    """
    for asked, texts in _policies(facts):
        tags = _tags(texts)
        if tags is not None and text_tag(tags, "p") == "none":
            yield _about(asked)


@rule("DNS030", Severity.INFO, CAPTURE, "{domain} has no DMARC policy")
def dmarc_policy_missing(facts: Facts) -> Iterator[Seen]:
    """A server looked for the DMARC policy of a domain, and neither it nor the domain above has one.

    Why: Nothing ties the address that readers see to the domain. Large providers demand a policy of who sends much.

    Mend: Publish one, at first with p=none, and read the reports.
        bind: _dmarc.example.org. IN TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.org"

    Not when: The DNS failed, a domain above has a policy, or the name is of a top-level domain.

    Source: RFC 9989 section 4.10.
    """
    found = {asked.name: texts for asked, texts in _policies(facts)}
    for asked, texts in _policies(facts):
        labels = asked.name.split(".")[1:]
        above = [f"_dmarc.{'.'.join(labels[at:])}" for at in range(1, len(labels))]
        if not texts and len(labels) > 1 and not any(found.get(name) for name in above):
            yield _about(asked)


@rule("DNS031", Severity.WARNING, CAPTURE, "{domain} has {count} DMARC records, which count as none")
def several_dmarc_records(facts: Facts) -> Iterator[Seen]:
    """There is more than one DMARC record at the same name.

    Why: Receivers then take it that there is no policy, so that nothing protects the domain.

    Mend: Keep one of them.
        bind: _dmarc.example.org. IN TXT "v=DMARC1; p=reject; rua=mailto:dmarc@example.org"

    Not when: The other TXT records at the name are no DMARC records.

    Source: RFC 9989 section 4.10.
    """
    for asked, texts in _policies(facts):
        if len(texts) > 1:
            yield _about(asked, count=len(texts))


@rule("DNS032", Severity.WARNING, CAPTURE, "The DMARC record of {domain} asks for no policy that exists ({record})")
def dmarc_record_unusable(facts: Facts) -> Iterator[Seen]:
    """A DMARC record has no p=, an unknown one, or cannot be read.

    Why: Receivers fall back to none, or pass over the record: the domain is not protected as its owner believes.

    Mend: Write tags with semicolons between them, and one of none, quarantine and reject behind p=.
        bind: _dmarc.example.org. IN TXT "v=DMARC1; p=reject"

    Not when: Unknown tags stand in it: those are skipped.

    Source: RFC 9989 section 4.7.
    """
    for asked, texts in _policies(facts):
        tags = _tags(texts)
        if len(texts) == 1 and (tags is None or text_tag(tags, "p") not in POLICIES):
            yield _about(asked, record=wire_text(texts[0]))


def _keys(facts: Facts) -> Iterator[tuple[Asked, KeyRecord | NoKey | None]]:
    """Yield the lookups of DKIM keys, with the key, why it cannot be used, or None where there is no record."""
    for asked, texts in _answered(facts, holds=KEY_PLACE):
        found = [read_key(text[:KEY_OCTETS_LIMIT]) for text in texts]
        usable = [key for key in found if isinstance(key, KeyRecord)]
        yield asked, (usable or found or [None])[0]


@rule("DNS033", Severity.WARNING, CAPTURE, "There is no DKIM key at {domain}, where a signature says that it is")
def dkim_key_missing(facts: Facts) -> Iterator[Seen]:
    """A server looked for the key of a DKIM signature, and the name has no key record.

    Why: The signature is worth nothing (permerror): mail that DMARC should let pass by it may be refused. The key was
    never published, was taken away too early, or the selector has a typing error.

    Mend: Publish the key before the first mail is signed with it, and keep it for a week after the last.
        bind: selector._domainkey.example.org. IN TXT "v=DKIM1; k=rsa; p=MIIB..."
        opendkim: opendkim-testkey -d example.org -s selector -vvv

    Not when: The DNS failed, or there is a record that cannot be used (DNS034).

    Source: RFC 6376 section 6.1.2.
    """
    for asked, key in _keys(facts):
        if key is None:
            yield _about(asked)


@rule("DNS034", Severity.WARNING, CAPTURE, "The DKIM key at {domain} cannot be used: {reason}")
def dkim_key_unusable(facts: Facts) -> Iterator[Seen]:
    """There is a record where a DKIM key must stand, but it is revoked, damaged, or of an unknown kind.

    Why: Signatures made with it do not count any more (permerror).

    Mend: Publish the key again, in one record; strings of more than 255 octets must be split, not cut.
        bind: selector._domainkey.example.org. IN TXT ( "v=DKIM1; k=rsa; p=MIIB..." "...AQAB" )

    Not when: The key is good, or too short (DNS035).

    Source: RFC 6376 section 3.6.1.
    """
    for asked, key in _keys(facts):
        if isinstance(key, NoKey):
            yield _about(asked, reason=key.told())


@rule("DNS035", Severity.WARNING, CAPTURE, "The DKIM key at {domain} has only {count} bits, and can be broken")
def dkim_key_broken(facts: Facts) -> Iterator[Seen]:
    """The RSA key of a DKIM signature is shorter than 1024 bits.

    Why: Such keys can be computed from the public record within hours: then anybody can sign in the domain's name.
    Receivers must not accept them.

    Mend: Make a key of 2048 bits under a new selector.
        opendkim: opendkim-genkey -b 2048 -d example.org -s selector2026

    Not when: It has 1024 bits or more (DNS036), or is of the kind ed25519.

    Source: RFC 8301 section 3.2.
    """
    for asked, bits in _lengths(facts):
        if bits < MIN_RSA_BITS:
            yield _about(asked, count=bits)


@rule("DNS036", Severity.INFO, CAPTURE, "The DKIM key at {domain} has {count} bits; it should have 2,048")
def dkim_key_short(facts: Facts) -> Iterator[Seen]:
    """The RSA key of a DKIM signature has 1024 bits or a little more.

    Why: It still counts, but is no longer safe for years to come.

    Mend: Make a key of 2048 bits under a new selector.
        opendkim: opendkim-genkey -b 2048 -d example.org -s selector2026

    Not when: It has 2048 bits or more, or is of the kind ed25519.

    Source: RFC 8301 section 3.2.
    """
    for asked, bits in _lengths(facts):
        if MIN_RSA_BITS <= bits < GOOD_RSA_BITS:
            yield _about(asked, count=bits)


def _lengths(facts: Facts) -> Iterator[tuple[Asked, int]]:
    """Yield the lookups of RSA keys with their lengths in bits."""
    for asked, key in _keys(facts):
        bits = rsa_bits(key) if isinstance(key, KeyRecord) else None
        if bits is not None:
            yield asked, bits


@rule("DNS037", Severity.INFO, CAPTURE, "The DKIM key at {domain} says that it is only for testing")
def dkim_key_in_test_mode(facts: Facts) -> Iterator[Seen]:
    """A DKIM key has the flag t=y.

    Why: Receivers are asked to treat the mail as if it were not signed. It is often forgotten after the first days.

    Mend: Take t=y out of the record once signing works.
        bind: selector._domainkey.example.org. IN TXT "v=DKIM1; k=rsa; p=MIIB..."

    Not when: The flag is t=s, which is about subdomains.

    Source: RFC 6376 section 3.6.1.
    """
    for asked, key in _keys(facts):
        if isinstance(key, KeyRecord) and key.testing:
            yield _about(asked)
