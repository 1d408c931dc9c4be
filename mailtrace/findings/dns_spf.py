"""Rules of DNS about SPF records, as they stand: what is wrong with them whoever sends."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrace.findings.facts import Asked, Facts
from mailtrace.findings.rule import Seen, rule, seen
from mailtrace.findings.subjects import CAPTURE
from mailtrace.mail.authentication.records import text_octets
from mailtrace.mail.authentication.spf import MAX_QUERIES, QUERYING
from mailtrace.mail.authentication.spfterms import VERSION, Pieces, SpfRecord, SpfSyntaxError, parse_spf
from mailtrace.model import Severity, wire_text

RECORDS_LIMIT = 40
"""Records that are followed from one: four times as many as RFC 7208 allows."""


def _texts(asked: Asked) -> list[bytes]:
    """Return the SPF records in an answer. Source: RFC 7208 section 4.5."""
    if asked.lookup.type != "TXT":
        return []
    texts = [text_octets(data) for data in asked.lookup.answers if data.startswith('"')]
    return [text for text in texts if text[:6].lower() == VERSION and text[6:7] in (b"", b" ")]


def _published(facts: Facts) -> Iterator[tuple[Asked, list[bytes]]]:
    """Yield the lookups that show SPF records, with these; of each domain and text the first alone."""
    told: set[tuple[str, tuple[bytes, ...]]] = set()
    for asked in facts.asked:
        texts = _texts(asked)
        if texts and (asked.name, tuple(sorted(texts))) not in told:
            told.add((asked.name, tuple(sorted(texts))))
            yield asked, texts


def _valid(facts: Facts) -> Iterator[tuple[Asked, SpfRecord]]:
    """Yield the SPF records that can be used, one of each domain."""
    for asked, texts in _published(facts):
        record = _parsed(texts[0]) if len(texts) == 1 else None
        if record is not None:
            yield asked, record


def _parsed(text: bytes) -> SpfRecord | None:
    try:
        return parse_spf(text)
    except SpfSyntaxError:
        return None


@rule("DNS021", Severity.WARNING, CAPTURE, "The SPF record of {domain} cannot be used: {error} ({record})")
def spf_syntax_error(facts: Facts) -> Iterator[Seen]:
    """An SPF record breaks the grammar, such as an address with the octet 333, or a word that is no term.

    Why: One error anywhere makes the whole record invalid (permerror): no server can check the domain's mail any more,
    and DMARC loses one of its two legs.

    Mend: Correct the term. Each mechanism has its own spelling: ip4:192.0.2.0/24, ip6:2001:db8::/32,
    include:example.org.
        bind: example.org. IN TXT "v=spf1 ip4:192.0.2.0/24 -all"

    Not when: An unknown modifier (name=value) stands in it: those are skipped. Or the text is no SPF record at all.

    Source: RFC 7208 section 4.6, RFC 7208 section 12.
    """
    for asked, texts in _published(facts):
        for text in texts:
            try:
                parse_spf(text)
            except SpfSyntaxError as error:
                yield _about(asked, error=str(error), record=wire_text(text))


@rule("DNS022", Severity.WARNING, CAPTURE, "{domain} has {count} SPF records, and may have one")
def several_spf_records(facts: Facts) -> Iterator[Seen]:
    """A domain has more than one TXT record that begins with v=spf1.

    Why: Then none of them counts (permerror). It happens when a provider's record is added beside the old one.

    Mend: Join them into one, with the terms of both and a single all at the end.
        bind: example.org. IN TXT "v=spf1 ip4:192.0.2.25 include:_spf.provider.example -all"

    Not when: One record is split into several strings, or the other TXT records are not SPF.

    Source: RFC 7208 section 4.5.
    """
    for asked, texts in _published(facts):
        if len(texts) > 1:
            yield _about(asked, count=len(texts))


@rule(
    "DNS023",
    Severity.WARNING,
    CAPTURE,
    "The SPF record of {domain} and those it leads to ask the DNS {count} times; 10 are allowed",
)
def spf_asks_too_often(facts: Facts) -> Iterator[Seen]:
    """An SPF record, with all that it includes, has more than ten terms that ask the DNS.

    Why: Servers stop after ten and take the record for invalid (permerror), so that honest mail fails.

    Mend: Take out providers that are no longer used, and write ip4 and ip6 in place of a and mx.
        bind: example.org. IN TXT "v=spf1 ip4:192.0.2.0/24 include:_spf.provider.example -all"

    Not when: There are ten or fewer, as far as the included records were captured; ip4, ip6 and all do not count.

    Source: RFC 7208 section 4.6.4.
    """
    for asked, record in _valid(facts):
        count = _questions(facts, record, asked.lookup.start_ns)
        if count > MAX_QUERIES:
            yield _about(asked, count=count)


def _questions(facts: Facts, record: SpfRecord, time_ns: int) -> int:
    """Return how many terms of a record, and of the captured ones that it leads to, ask the DNS."""
    count, seen_names = 0, set[str]()
    todo = [record]
    while todo and len(seen_names) < RECORDS_LIMIT:
        current = todo.pop()
        count += sum(1 for term in current.terms if term.name in QUERYING)
        has_all = any(term.name == "all" for term in current.terms)
        targets = [_plain(term.domain) for term in current.terms if term.name == "include"]
        if current.redirect is not None and not has_all:
            count += 1
            targets.append(_plain(current.redirect))
        for name in targets:
            answer = facts.authenticator.book.answer(name, "TXT", time_ns) if name and name not in seen_names else None
            if answer is None:
                continue
            seen_names.add(name)
            texts = [text_octets(data) for data in answer.records]
            found = [parsed for text in texts if text[:6].lower() == VERSION and (parsed := _parsed(text)) is not None]
            todo += found[:1]
    return count


def _plain(domain: Pieces | None) -> str:
    """Return a domain without macros, '' where it has some, which only a mail could fill in."""
    if domain is None or len(domain) != 1 or not isinstance(domain[0], str):
        return ""
    return domain[0].rstrip(".").lower()


@rule("DNS024", Severity.WARNING, CAPTURE, "The SPF record of {domain} lets anybody send in its name ({term})")
def spf_lets_anybody_send(facts: Facts) -> Iterator[Seen]:
    """An SPF record ends with +all, or opens a network that is all of the Internet.

    Why: Every spammer passes. Some receivers take such a record as a sign of spam.

    Mend: Name your own servers, and end with -all or ~all.
        bind: example.org. IN TXT "v=spf1 mx -all"

    Not when: The record ends with ?all: that says nothing for or against.

    Source: RFC 7208 section 5.1, RFC 7208 section 11.4.
    """
    for asked, record in _valid(facts):
        for term in record.terms:
            open_to_all = term.name == "all" or (term.network is not None and term.network.prefixlen == 0)
            if open_to_all and term.qualifier == "+":
                yield _about(asked, term=term.text)
                break


@rule("DNS025", Severity.INFO, CAPTURE, "The SPF record of {domain} does not say what holds for all others")
def spf_without_an_end(facts: Facts) -> Iterator[Seen]:
    """An SPF record has neither all nor redirect at its end.

    Why: Hosts that it does not name get neutral, as if there were no record: nobody is kept from using the domain.

    Mend: End the record with -all (or ~all while testing).
        bind: example.org. IN TXT "v=spf1 mx -all"

    Not when: It has all or redirect, or it is only meant to be included: its name begins with _spf or the like.

    Source: RFC 7208 section 4.7, RFC 7208 section 5.1.
    """
    for asked, record in _valid(facts):
        ends = record.redirect is not None or any(term.name == "all" for term in record.terms)
        if not ends and not asked.name.startswith("_"):
            yield _about(asked)


@rule("DNS026", Severity.INFO, CAPTURE, "The SPF record of {domain} uses ptr, which should not be used any more")
def spf_uses_ptr(facts: Facts) -> Iterator[Seen]:
    """An SPF record has the mechanism ptr: it asks for the client's name in the DNS.

    Why: It is slow, loads the reverse DNS of others, and fails where that does. Some receivers skip it.

    Mend: Name the servers by ip4, ip6, a or mx.
        bind: example.org. IN TXT "v=spf1 mx ip4:192.0.2.25 -all"

    Not when: A PTR record is looked up for other reasons.

    Source: RFC 7208 section 5.5.
    """
    for asked, record in _valid(facts):
        if any(term.name == "ptr" for term in record.terms):
            yield _about(asked)


@rule("DNS027", Severity.WARNING, CAPTURE, "The SPF record of {domain} includes {target}, which has no SPF record")
def spf_includes_nothing(facts: Facts) -> Iterator[Seen]:
    """An include or a redirect leads to a domain without an SPF record.

    Why: The whole check ends with permerror there: mail that no earlier term lets pass fails.

    Mend: Correct the name, or take the term out; mostly a provider has changed its name.
        bind: example.org. IN TXT "v=spf1 include:_spf.provider.example -all"

    Not when: The record of the target was not looked up in the capture, or the DNS failed.

    Source: RFC 7208 section 5.2, RFC 7208 section 6.1.
    """
    for asked, record in _valid(facts):
        targets = [_plain(term.domain) for term in record.terms if term.name == "include"]
        for target in dict.fromkeys([*targets, _plain(record.redirect)]):
            answer = facts.authenticator.book.answer(target, "TXT", asked.lookup.start_ns) if target else None
            if answer is None or answer.failed:
                continue
            if not any(text_octets(data)[:6].lower() == VERSION for data in answer.records):
                packets = (*asked.lookup.packets, *answer.packets)
                yield seen(packets, conversation=asked.lookup.caused_by, domain=asked.name, target=target)


@rule("DNS028", Severity.INFO, CAPTURE, "{client} asked for {domain} SPF, a record type that was withdrawn")
def spf_type_asked(facts: Facts) -> Iterator[Seen]:
    """A server asked for SPF in its own record type (99).

    Why: The type was withdrawn in 2014; the answer is mostly empty, and each mail costs one more lookup.

    Mend: Update the server or its SPF filter; publish SPF as TXT only.

    Not when: TXT is asked for.

    Source: RFC 7208 section 3.1.
    """
    told: set[str] = set()
    for asked in facts.asked:
        if asked.lookup.type == "SPF" and asked.lookup.client not in told:
            told.add(asked.lookup.client)
            yield seen(asked.lookup.packets, client=asked.client, domain=asked.name)


def _about(asked: Asked, count: int = 0, error: str = "", record: str = "", term: str = "") -> Seen:
    """Return what is seen of the record of one domain."""
    lookup = asked.lookup
    return seen(
        lookup.packets,
        conversation=lookup.caused_by,
        domain=asked.name,
        count=count,
        error=error,
        record=record,
        term=term,
    )
