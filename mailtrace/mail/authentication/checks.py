"""What captured lookups say of the hosts and domains of a mail: names that lead back, block lists, where mail goes.

Only what was looked up is told: a check that is missing means that nobody asked in this capture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_address

from mailtrace.mail.authentication.blocklists import list_of, listing_meaning
from mailtrace.mail.authentication.records import Answer, RecordBook, address_labels, text_octets
from mailtrace.mail.authentication.tags import Tags, parse_tags
from mailtrace.mail.causes import reversed_address
from mailtrace.model import Check

LISTS_LIMIT = 50
"""Lists told of for one address; servers ask fewer than ten."""

NAMES_LIMIT = 10
"""Names of one address, and exchangers of one domain, that are looked into."""

TLSA_USAGES = {"2": "an authority (DANE-TA)", "3": "the certificate itself (DANE-EE)"}
"""What a TLSA record of mail may vouch for. Source: RFC 7672 section 3.1."""


def client_checks(book: RecordBook, client: str, time_ns: int) -> Iterator[Check]:
    """Yield what is known of the address of a client."""
    backwards = reversed_address(client)
    pointer = book.answer(f"{backwards}.{'ip6' if ':' in client else 'in-addr'}.arpa", "PTR", time_ns)
    if pointer is not None:
        yield _reverse_name(book, client, pointer, time_ns)
    for name in book.about_address(backwards)[:LISTS_LIMIT]:
        answer = book.answer(name, "A", time_ns)
        if answer is not None:
            yield _listing(book, client, name, answer, time_ns)


def domain_checks(book: RecordBook, domain: str, time_ns: int) -> Iterator[Check]:
    """Yield what is known of a domain that a mail is from or for; it is given in lower case."""
    exchangers = book.answer(domain, "MX", time_ns)
    if exchangers is not None:
        yield _exchangers(book, domain, exchangers, time_ns)
        for host in _hosts(exchangers)[:NAMES_LIMIT]:
            vouched = book.answer(f"_25._tcp.{host}", "TLSA", time_ns)
            if vouched is not None:
                yield _tlsa(host, vouched)
    for kind, name, version in (
        ("mta-sts", f"_mta-sts.{domain}", "STSv1"),
        ("tls-reports", f"_smtp._tls.{domain}", "TLSRPTv1"),
    ):
        policy = book.answer(name, "TXT", time_ns)
        if policy is not None:
            yield _policy(kind, domain, version, policy)


def _check(
    kind: str, subject: str, result: str, because: str, good: bool | None, answers: Sequence[Answer | None]
) -> Check:
    seen = [answer for answer in answers if answer is not None]
    packets = dict.fromkeys(number for answer in seen for number in answer.packets)
    return Check(kind, subject, result, because, good, tuple([answer.lookup for answer in seen]), tuple(packets))


def _reverse_name(book: RecordBook, client: str, pointer: Answer, time_ns: int) -> Check:
    """Tell whether the client's name leads back to it. Source: RFC 8601 section 3 (iprev)."""
    if pointer.failed:
        return _check("reverse-name", client, "temperror", f"the DNS failed: {pointer.failed}", None, [pointer])
    if not pointer.records:
        return _check("reverse-name", client, "none", f"no name is known for {client}", False, [pointer])
    names = [record.rstrip(".") for record in pointer.records[:NAMES_LIMIT]]
    answers = {name: book.answer(name, "AAAA" if ":" in client else "A", time_ns) for name in names}
    proof = [pointer, *answers.values()]
    for name, answer in answers.items():
        if answer is not None and any(_is_same(client, record) for record in answer.records):
            return _check("reverse-name", client, "pass", f"{client} is {name}, which leads back to it", True, proof)
    if None in answers.values():
        because = f"{client} is {names[0]}; whether that leads back to it was not captured"
        return _check("reverse-name", client, "unknown", because, None, proof)
    because = f"{client} is {names[0]} by its own word: the name does not lead back to it"
    return _check("reverse-name", client, "fail", because, False, proof)


def _is_same(one: str, other: str) -> bool:
    try:
        return ip_address(one) == ip_address(other)
    except ValueError:
        return False


def _listing(book: RecordBook, client: str, name: str, answer: Answer, time_ns: int) -> Check:
    """Tell what a list says of the client. Source: RFC 5782 section 2.1."""
    zone = name[len(address_labels(name)) + 1 :]
    known = list_of(zone)
    called = f"{zone} ({known.name})" if known else zone
    kind = "allowlist" if known is not None and known.good else "blocklist"
    if answer.failed:
        return _check(kind, client, "temperror", f"{called} could not be asked: {answer.failed}", None, [answer])
    if not answer.records:
        good = None if kind == "allowlist" else True
        return _check(kind, client, "not listed", f"{client} is not listed by {called}", good, [answer])
    meaning, listed = listing_meaning(zone, answer.records[0])
    reason = book.answer(name, "TXT", time_ns)
    because = f"{client} {meaning}, says {called}" if listed else f"{called}: {meaning}"
    if reason is not None and reason.records:
        because += f': "{text_octets(reason.records[0]).decode("utf-8", "backslashreplace")}"'
    good = None if listed is None else kind == "allowlist"
    return _check(kind, client, "listed" if listed else "unclear", because, good, [answer, reason])


def _hosts(exchangers: Answer) -> list[str]:
    """Return the hosts of an MX answer, those tried first first. Source: RFC 5321 section 5.1."""
    pairs = [record.partition(" ") for record in exchangers.records]
    ordered = sorted((int(number), place) for place, (number, _, _) in enumerate(pairs) if len(number) < 6)
    return [pairs[place][2].rstrip(".").lower() for _, place in ordered]


def _exchangers(book: RecordBook, domain: str, exchangers: Answer, time_ns: int) -> Check:
    """Tell where mail for a domain goes, and what is wrong with that."""
    hosts = _hosts(exchangers)
    if exchangers.failed:
        return _check("mx", domain, "temperror", f"the DNS failed: {exchangers.failed}", None, [exchangers])
    if not exchangers.exists:
        return _check("mx", domain, "no such domain", f"{domain} does not exist", False, [exchangers])
    if not hosts:
        because = f"{domain} has no MX record: its own address takes its mail"
        return _check("mx", domain, "implicit", because, None, [exchangers])
    if hosts == [""]:
        because = f"{domain} takes no mail at all (null MX, RFC 7505 section 3)"
        return _check("mx", domain, "null", because, False, [exchangers])
    for host in hosts[:NAMES_LIMIT]:
        if _is_address(host):
            because = f"the MX record of {domain} has an address where a name must stand"
            return _check("mx", domain, "bad", because, False, [exchangers])
        for type_ in ("A", "AAAA"):
            answer = book.answer(host, type_, time_ns)
            if answer is not None and answer.aliases:
                because = (
                    f"mail for {domain} goes to {host}, an alias of {answer.aliases[-1]}: MX must not name aliases"
                )
                return _check("mx", domain, "alias", f"{because} (RFC 5321 section 5.1)", False, [exchangers, answer])
    shown = ", ".join(hosts[:NAMES_LIMIT])
    return _check("mx", domain, "found", f"mail for {domain} goes to {shown}", None, [exchangers])


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _tlsa(host: str, answer: Answer) -> Check:
    """Tell whether the certificate of a host is vouched for in the DNS. Source: RFC 7672 section 2."""
    usages = [record.partition(" ")[0] for record in answer.records]
    usable = list(dict.fromkeys(TLSA_USAGES[usage] for usage in usages if usage in TLSA_USAGES))
    if not answer.records:
        return _check(
            "tlsa", host, "none", f"{host} has no TLSA record: its certificate is not vouched for", None, [answer]
        )
    if not usable:
        return _check(
            "tlsa", host, "unusable", f"the TLSA records of {host} are of a kind that mail ignores", None, [answer]
        )
    proof = (
        "the resolver says that DNSSEC proves them"
        if answer.authenticated
        else "no resolver vouches for them (no AD bit), without which they count for nothing"
    )
    because = f"TLSA records of {host} name {' and '.join(usable)}; {proof}"
    return _check("tlsa", host, "found", because, True if answer.authenticated else None, [answer])


def _policy(kind: str, domain: str, version: str, answer: Answer) -> Check:
    """Tell of a policy for TLS, or wants reports. Source: RFC 8461 section 3.1, RFC 8460 section 3."""
    found = [
        tags
        for record in answer.records
        if (tags := parse_tags(text_octets(record))) and tags.get("v") == version.encode()
    ]
    if len(found) != 1:
        because = (
            f"{domain} has no {version} record"
            if not found
            else f"{domain} has several {version} records, which count as none"
        )
        return _check(kind, domain, "none", because, None, [answer])
    if kind == "mta-sts":
        because = (
            f"{domain} has an MTA-STS policy (number {_written(found[0], 'id')}); the policy itself is fetched by HTTPS"
        )
    else:
        because = f"{domain} wants reports about TLS at {_written(found[0], 'rua')}"
    return _check(kind, domain, "found", because, True, [answer])


def _written(tags: Tags, name: str) -> str:
    return tags.get(name, b"").decode("utf-8", "backslashreplace")
