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
from mailtrace.model.language import said

LISTS_LIMIT = 50
"""Lists told of for one address; servers ask fewer than ten."""

NAMES_LIMIT = 10
"""Names of one address, and exchangers of one domain, that are looked into."""

TLSA_USAGES = {"2": "an authority (DANE-TA)", "3": "the certificate itself (DANE-EE)"}
"""What a TLSA record of mail may vouch for. Source: RFC 7672 section 3.1."""


DNS_FAILED = "the DNS failed: {rcode}"
NOT_THERE = "{domain} does not exist"
LISTED = "{client} {meaning}, says {list}"
LEADS_UNKNOWN = "{client} is {name}; whether that leads back to it was not captured"
LEADS_ELSEWHERE = "{client} is {name} by its PTR record: the name does not lead back to it"
TO_AN_ALIAS = "mail for {domain} goes to {host}, an alias of {name}: MX must not name aliases (RFC 5321 section 5.1)"
TLSA_PROVEN = "TLSA records of {host} name {whom}; the resolver says that DNSSEC proves them"
TLSA_UNPROVEN = (
    "TLSA records of {host} name {whom}; no resolver vouches for them (no AD bit), without which they count for nothing"
)
SEVERAL_POLICIES = "{domain} has several {version} records, which count as none"
MTA_STS = "{domain} has an MTA-STS policy (number {number}); the policy itself is fetched by HTTPS"


def claimed_name(book: RecordBook, client: str, time_ns: int) -> str:
    """Return the name that the reverse lookup of an address gave, '' where it gave none, or nobody asked."""
    pointer = _pointer(book, client, time_ns)
    return pointer.records[0].rstrip(".") if pointer is not None and pointer.records else ""


def _pointer(book: RecordBook, client: str, time_ns: int) -> Answer | None:
    zone = "ip6" if ":" in client else "in-addr"
    return book.answer(f"{reversed_address(client)}.{zone}.arpa", "PTR", time_ns)


def client_checks(book: RecordBook, client: str, time_ns: int) -> Iterator[Check]:
    """Yield what is known of the address of a client."""
    pointer = _pointer(book, client, time_ns)
    if pointer is not None:
        yield _reverse_name(book, client, pointer, time_ns)
    for name in book.about_address(reversed_address(client))[:LISTS_LIMIT]:
        answer = book.answer(name, "A", time_ns)
        if answer is not None:
            yield _listing(book, client, name, answer, time_ns)


def domain_checks(book: RecordBook, domain: str, time_ns: int) -> Iterator[Check]:
    """Yield what is known of a domain that a mail is from or for; it is given in lower case."""
    exchangers = book.answer(domain, "MX", time_ns)
    if exchangers is not None:
        hosts = _hosts(exchangers)
        yield _exchangers(book, domain, exchangers, hosts, time_ns)
        for host in hosts[:NAMES_LIMIT]:
            vouched = book.answer(f"_25._tcp.{host}", "TLSA", time_ns)
            if vouched is not None:
                yield _tlsa(host, vouched)
    if "TXT" not in book.types:
        return
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
    lookups: list[int] = []
    packets: dict[int, None] = {}
    for answer in answers:
        if answer is not None:
            lookups.append(answer.lookup)
            packets.update(dict.fromkeys(answer.packets))
    return Check(kind, subject, result, because, good, tuple(lookups), tuple(packets))


def _reverse_name(book: RecordBook, client: str, pointer: Answer, time_ns: int) -> Check:
    """Tell whether the client's name leads back to it. Source: RFC 8601 section 3 (iprev)."""
    if pointer.failed:
        return _check("reverse-name", client, "temperror", said(DNS_FAILED, rcode=pointer.failed), None, [pointer])
    if not pointer.records:
        return _check(
            "reverse-name", client, "none", said("no name is known for {client}", client=client), False, [pointer]
        )
    names = [record.rstrip(".") for record in pointer.records[:NAMES_LIMIT]]
    answers = {name: book.answer(name, "AAAA" if ":" in client else "A", time_ns) for name in names}
    proof = [pointer, *answers.values()]
    for name, answer in answers.items():
        if answer is not None and any(_is_same(client, record) for record in answer.records):
            because = said("{client} is {name}, which leads back to it", client=client, name=name)
            return _check("reverse-name", client, "pass", because, True, proof)
    if None in answers.values():
        because = said(LEADS_UNKNOWN, client=client, name=names[0])
        return _check("reverse-name", client, "unknown", because, None, proof)
    because = said(LEADS_ELSEWHERE, client=client, name=names[0])
    others = [book.answer(name, "A" if ":" in client else "AAAA", time_ns) for name in names]
    return _check("reverse-name", client, "fail", because, False, [*proof, *others])


def _is_same(one: str, other: str) -> bool:
    try:
        return ip_address(one) == ip_address(other)
    except ValueError:
        return False


def _listing(book: RecordBook, client: str, name: str, answer: Answer, time_ns: int) -> Check:
    """Tell what a list says of the client. Source: RFC 5782 section 2.1."""
    zone = name[len(address_labels(name)) + 1 :]
    known = list_of(zone)
    called = f"{zone} ({said(known.name)})" if known else zone
    kind = "allowlist" if known is not None and known.good else "blocklist"
    if answer.failed:
        because = said("{list} could not be asked: {rcode}", list=called, rcode=answer.failed)
        return _check(kind, client, "temperror", because, None, [answer])
    if not answer.records:
        good = None if kind == "allowlist" else True
        because = said("{client} is not listed by {list}", client=client, list=called)
        return _check(kind, client, "not listed", because, good, [answer])
    meaning, listed = listing_meaning(zone, answer.records[0])
    reason = book.answer(name, "TXT", time_ns)
    because = said(LISTED if listed else "{list}: {meaning}", client=client, meaning=meaning, list=called)
    if reason is not None and reason.records:
        quoted = text_octets(reason.records[0]).decode("utf-8", "backslashreplace")
        because = f'{because}: "{quoted}"'
    good = None if listed is None else kind == "allowlist"
    return _check(kind, client, "listed" if listed else "unclear", because, good, [answer, reason])


def _hosts(exchangers: Answer) -> list[str]:
    """Return the hosts of an MX answer, those tried first first. Source: RFC 5321 section 5.1."""
    ordered = []
    for place, record in enumerate(exchangers.records):
        number, _, host = record.partition(" ")
        if len(number) < 6:
            ordered.append((int(number), place, host.rstrip(".").lower()))
    ordered.sort()
    return [host for _, _, host in ordered]


def _exchangers(book: RecordBook, domain: str, exchangers: Answer, hosts: Sequence[str], time_ns: int) -> Check:
    """Tell where mail for a domain goes, its `hosts` one after the other, and what is wrong with that."""
    if exchangers.failed:
        return _check("mx", domain, "temperror", said(DNS_FAILED, rcode=exchangers.failed), None, [exchangers])
    if not exchangers.exists:
        return _check("mx", domain, "no such domain", said(NOT_THERE, domain=domain), False, [exchangers])
    if not hosts:
        because = said("{domain} has no MX record: its own address takes its mail", domain=domain)
        return _check("mx", domain, "implicit", because, None, [exchangers])
    if hosts == [""]:
        because = said("{domain} takes no mail at all (null MX, RFC 7505 section 3)", domain=domain)
        return _check("mx", domain, "null", because, False, [exchangers])
    for host in hosts[:NAMES_LIMIT]:
        if _is_address(host):
            because = said("the MX record of {domain} has an address where a name must stand", domain=domain)
            return _check("mx", domain, "bad", because, False, [exchangers])
        for type_ in ("A", "AAAA"):
            answer = book.answer(host, type_, time_ns)
            if answer is not None and answer.aliases:
                because = said(TO_AN_ALIAS, domain=domain, host=host, name=answer.aliases[-1])
                return _check("mx", domain, "alias", because, False, [exchangers, answer])
    shown = ", ".join(hosts[:NAMES_LIMIT])
    because = said("mail for {domain} goes to {hosts}", domain=domain, hosts=shown)
    return _check("mx", domain, "found", because, None, [exchangers])


def _is_address(host: str) -> bool:
    if ":" not in host and not host[-1:].isdigit():  # as nearly all names, which are quicker told by this
        return False
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _tlsa(host: str, answer: Answer) -> Check:
    """Tell whether the certificate of a host is vouched for in the DNS. Source: RFC 7672 section 2."""
    usages = [record.partition(" ")[0] for record in answer.records]
    usable = list(dict.fromkeys(said(TLSA_USAGES[usage]) for usage in usages if usage in TLSA_USAGES))
    if not answer.records:
        because = said("{host} has no TLSA record: its certificate is not vouched for", host=host)
        return _check("tlsa", host, "none", because, None, [answer])
    if not usable:
        because = said("the TLSA records of {host} are of a kind that mail ignores", host=host)
        return _check("tlsa", host, "unusable", because, None, [answer])
    whom = usable[0] if len(usable) == 1 else said("{most} and {last}", most=usable[0], last=usable[1])
    because = said(TLSA_PROVEN if answer.authenticated else TLSA_UNPROVEN, host=host, whom=whom)
    return _check("tlsa", host, "found", because, True if answer.authenticated else None, [answer])


def _policy(kind: str, domain: str, version: str, answer: Answer) -> Check:
    """Tell of a policy for TLS, or wants reports. Source: RFC 8461 section 3.1, RFC 8460 section 3."""
    found = [
        tags
        for record in answer.records
        if (tags := parse_tags(text_octets(record))) and tags.get("v") == version.encode()
    ]
    if len(found) != 1:
        because = said(
            SEVERAL_POLICIES if found else "{domain} has no {version} record", domain=domain, version=version
        )
        return _check(kind, domain, "none", because, None, [answer])
    if kind == "mta-sts":
        because = said(MTA_STS, domain=domain, number=_written(found[0], "id"))
    else:
        because = said("{domain} wants reports about TLS at {where}", domain=domain, where=_written(found[0], "rua"))
    return _check(kind, domain, "found", because, True, [answer])


def _written(tags: Tags, name: str) -> str:
    return tags.get(name, b"").decode("utf-8", "backslashreplace")
