"""Rules of DNS about hosts: where a domain takes its mail, and what the address of a client is called."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address

from mailtrace.findings.dns_answers import ADDRESS_TYPES, is_searched
from mailtrace.findings.facts import Asked, Facts, Talk
from mailtrace.findings.rule import Seen, rule, seen
from mailtrace.findings.subjects import CAPTURE
from mailtrace.mail.authentication.checks import claimed_name, client_checks
from mailtrace.mail.authentication.records import Answer
from mailtrace.mail.causes import reversed_address
from mailtrace.model import Severity


def _exchangers(facts: Facts) -> Iterator[tuple[Asked, str]]:
    """Yield each lookup of mail exchangers with each host it names; of the same domain and host the first alone."""
    told: set[tuple[str, str]] = set()
    for asked in facts.asked:
        lookup = asked.lookup
        if lookup.type != "MX" or lookup.rcode != "NOERROR" or not lookup.is_question:
            continue
        for record in lookup.answers:
            preference, space, host = record.partition(" ")
            host = host.rstrip(".").lower()
            if space and preference.isdecimal() and (asked.name, host) not in told:
                told.add((asked.name, host))
                yield asked, host


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _answers(facts: Facts, host: str, time_ns: int) -> list[Answer]:
    """Return what was captured about the addresses of a host; failures of the DNS tell nothing."""
    book = facts.authenticator.book
    found = [book.answer(host, type_, time_ns) for type_ in ADDRESS_TYPES]
    return [answer for answer in found if answer is not None and not answer.failed]


@rule("DNS010", Severity.INFO, CAPTURE, "{domain} has no MX record: its mail goes to its own address")
def mx_missing(facts: Facts) -> Iterator[Seen]:
    """A domain exists, but has no MX record, so that senders use its A or AAAA record instead.

    Why: It works if a mail server runs at that address. Mostly a web server does, and mail waits for days and bounces.

    Mend: Publish an MX record; a domain that takes no mail publishes a null MX.
        bind: example.org. IN MX 10 mail.example.org.
        bind: example.org. IN MX 0 .

    Not when: The domain does not exist (DNS001), or the answer leads to another server.

    Source: RFC 5321 section 5.1.
    """
    told: set[str] = set()
    for asked in facts.asked:
        if asked.lookup.type == "MX" and asked.lookup.nodata and asked.name not in told and not is_searched(asked):
            told.add(asked.name)
            yield seen(asked.lookup.packets, conversation=asked.lookup.caused_by, domain=asked.name)


@rule("DNS011", Severity.WARNING, CAPTURE, "{domain} takes no mail at all: its MX record is a single dot")
def null_mx(facts: Facts) -> Iterator[Seen]:
    """The domain says by a null MX that it takes no mail.

    Why: Mail for it fails at once (5.1.10), as it should; mail from it is refused by many, since nobody can answer.

    Mend: Use another address. If the domain shall take mail, publish a proper MX record.
        bind: example.org. IN MX 10 mail.example.org.

    Not when: There is no MX record: then mail goes to the address of the domain itself.

    Source: RFC 7505 section 3.
    """
    for asked, host in _exchangers(facts):
        if not host:
            yield seen(asked.lookup.packets, conversation=asked.lookup.caused_by, domain=asked.name)


@rule("DNS012", Severity.WARNING, CAPTURE, "The MX record of {domain} has the address {host} where a name must stand")
def mx_is_an_address(facts: Facts) -> Iterator[Seen]:
    """An MX record holds an IP address instead of the name of a host.

    Why: The DNS takes it for a name that does not exist. Some senders try it all the same, most cannot deliver.

    Mend: Give the host a name with an A record, and put that name into the MX record.
        bind: example.org. IN MX 10 mail.example.org.
        bind: mail.example.org. IN A 192.0.2.25

    Not when: The record names a host, however strange its name.

    Source: RFC 1035 section 3.3.9, RFC 5321 section 5.1.
    """
    for asked, host in _exchangers(facts):
        if _address(host) is not None:
            yield seen(asked.lookup.packets, conversation=asked.lookup.caused_by, domain=asked.name, host=host)


@rule("DNS013", Severity.WARNING, CAPTURE, "The MX record of {domain} names {host}, which is only an alias of {target}")
def mx_is_an_alias(facts: Facts) -> Iterator[Seen]:
    """An MX record names a CNAME instead of a host with an address of its own.

    Why: It is forbidden. Many senders follow the alias, others do not, and loops of mail come from servers that do not
    know themselves under the alias.

    Mend: Put the real name into the MX record.
        bind: example.org. IN MX 10 mail.example.org.

    Not when: The address of the exchanger was not looked up in the capture, or has no alias.

    Source: RFC 5321 section 5.1, RFC 2181 section 10.3.
    """
    for asked, host in _exchangers(facts):
        answer = next((each for each in _answers(facts, host, asked.lookup.start_ns) if each.aliases), None)
        if answer is not None:
            packets = (*asked.lookup.packets, *answer.packets)
            cause = asked.lookup.caused_by
            yield seen(packets, conversation=cause, domain=asked.name, host=host, target=answer.aliases[-1])


@rule("DNS014", Severity.WARNING, CAPTURE, "{domain} wants its mail sent to {host}, which has no address")
def mx_without_address(facts: Facts) -> Iterator[Seen]:
    """An MX record names a host that does not exist, or has neither an A nor an AAAA record (a lame MX).

    Why: Nobody can deliver there. If it is the only exchanger all mail of the domain waits, and bounces after days.

    Mend: Give the host an address, or take it out of the MX records.
        bind: mail.example.org. IN A 192.0.2.25

    Not when: One of both types has an answer, the DNS failed, or the addresses were not asked for.

    Source: RFC 5321 section 5.1.
    """
    for asked, host in _exchangers(facts):
        answers = _answers(facts, host, asked.lookup.start_ns)
        empty = [answer for answer in answers if not answer.records]
        sure = any(not answer.exists for answer in empty) or len(empty) == len(ADDRESS_TYPES)
        if host and _address(host) is None and empty == answers and sure:
            packets = [*asked.lookup.packets, *(packet for answer in answers for packet in answer.packets)]
            yield seen(packets, conversation=asked.lookup.caused_by, domain=asked.name, host=host)


@rule(
    "DNS015",
    Severity.WARNING,
    CAPTURE,
    "{domain} wants its mail sent to {host} at {address}, where nobody else can reach it",
)
def mx_leads_nowhere(facts: Facts) -> Iterator[Seen]:
    """A mail exchanger has an address that means the sender's own host, or none: 127.0.0.1, ::1 or 0.0.0.0.

    Why: Every sender would deliver to itself. Some domains do it to get no mail; then senders try for days.

    Mend: Publish the real address, or a null MX if the domain takes no mail.
        bind: example.org. IN MX 0 .

    Not when: The address is private: within its own network it may well be right.

    Source: RFC 5321 section 5.1, RFC 7505 section 3.
    """
    for asked, host in _exchangers(facts):
        for answer in _answers(facts, host, asked.lookup.start_ns):
            for record in answer.records:
                address = _address(record)
                if address is not None and (address.is_loopback or address.is_unspecified):
                    packets = (*asked.lookup.packets, *answer.packets)
                    cause = asked.lookup.caused_by
                    yield seen(packets, conversation=cause, domain=asked.name, host=host, address=record)


def _callers(facts: Facts) -> list[tuple[Asked, Talk, list[int]]]:
    """Return the lookups by which mail servers ask who their client is, of each client the first of each server; with
    the packets of those in which the same was asked again for the same conversation.
    """
    told: dict[tuple[str, str], tuple[Asked, Talk, list[int]]] = {}
    for asked in facts.asked:
        lookup, talk = asked.lookup, asked.cause
        if lookup.type != "PTR" or talk is None or talk.conversation.protocol != "smtp":
            continue
        key = talk.conversation.key
        about = asked.name.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa") == reversed_address(key.client.host)
        if about and lookup.client == key.server.host:
            _, first, packets = told.setdefault((key.client.host, key.server.host), (asked, talk, []))
            if talk is first:
                packets += lookup.packets
    return list(told.values())


@rule("DNS016", Severity.WARNING, CAPTURE, "{server} found no name for the address {address} of its client")
def no_reverse_name(facts: Facts) -> Iterator[Seen]:
    """A mail server looked up the name of its client's address, which is public, and there is none (no PTR record).

    Why: Many servers refuse mail from nameless addresses, since they mostly belong to hijacked home computers (5.7.25).

    Mend: Ask the owner of the network, mostly the provider, to set a PTR record; its name must have an A record back.
        bind: 25.2.0.192.in-addr.arpa. IN PTR mail.example.org.

    Not when: The address is private (DNS017), the client logged in, or the DNS did not answer.

    Source: RFC 7372 section 3.3, RFC 1912 section 2.1.
    """
    for talk, packets in _nameless(facts, public=True):
        address = talk.conversation.key.client.host
        yield seen(packets, conversation=talk.conversation_id, server=talk.server, address=address)


@rule("DNS017", Severity.INFO, CAPTURE, "{server} found no name for the private address {address} of its client")
def private_address_without_name(facts: Facts) -> Iterator[Seen]:
    """A mail server looked up the name of its client's address, which is private, and there is none.

    Why: Nobody outside ever sees the address, so it is no fault. The lookup takes time at each greeting all the same.

    Mend: Give the local name server a reverse zone for the private network, with a name for each host.
        bind: zone "111.168.192.in-addr.arpa" { type master; file "db.192.168.111"; };

    Not when: The address is public (DNS016), the client logged in, or the DNS did not answer.

    Source: RFC 6303 section 3.
    """
    for talk, packets in _nameless(facts, public=False):
        address = talk.conversation.key.client.host
        yield seen(packets, conversation=talk.conversation_id, server=talk.server, address=address)


def _nameless(facts: Facts, public: bool) -> Iterator[tuple[Talk, list[int]]]:
    for asked, talk, packets in _callers(facts):
        address = _address(talk.conversation.key.client.host)
        missing = asked.lookup.rcode == "NXDOMAIN" or asked.lookup.nodata
        known = any(login.accepted for login in talk.conversation.dialogue.logins)
        if missing and not known and address is not None and address.is_private is not public:
            yield talk, packets


@rule(
    "DNS018",
    Severity.WARNING,
    CAPTURE,
    "The PTR record of {address} says {name}, but that name does not lead back to it",
)
def reverse_name_not_confirmed(facts: Facts) -> Iterator[Seen]:
    """The PTR record of a client's address gives a name, and that name does not have the address (FCrDNS mismatch).

    Why: Whoever owns an address can write any name into its PTR record; only the way back proves it. Servers distrust
    such clients, and Sendmail writes "may be forged" into the mail.

    Mend: Give the name an A or AAAA record with the address, or change the PTR record.
        bind: mail.example.org. IN A 192.0.2.25

    Not when: The name was not looked up in the capture, one of several names leads back, or there is no name at all.

    Source: RFC 8601 section 3, RFC 1912 section 2.1.
    """
    told: set[str] = set()
    for _, talk, _ in _callers(facts):
        address = talk.conversation.key.client.host
        for check in client_checks(facts.authenticator.book, address, talk.conversation.start_ns):
            if check.kind == "reverse-name" and check.result == "fail" and address not in told:
                told.add(address)
                name = claimed_name(facts.authenticator.book, address, talk.conversation.start_ns)
                yield seen(check.packets, conversation=talk.conversation_id, address=address, name=name)


def _listings(facts: Facts, result: str) -> Iterator[Seen]:
    """Yield what blocklists were found to say of clients; of each client and list once."""
    told: set[str] = set()
    for talk in facts.talks_by_protocol.get("smtp", ()):
        key = talk.conversation.key
        for check in client_checks(facts.authenticator.book, key.client.host, talk.conversation.start_ns):
            if check.kind == "blocklist" and check.result == result and check.because not in told:
                told.add(check.because)
                yield seen(check.packets, conversation=talk.conversation_id, because=check.because)


@rule("DNS019", Severity.WARNING, CAPTURE, "A client is on a blocklist: {because}")
def client_on_a_blocklist(facts: Facts) -> Iterator[Seen]:
    """A mail server asked a blocklist (DNSBL) about its client, and the client is listed.

    Why: The server will mostly refuse its mail. The address has sent spam, or stands among home connections that should
    send by their provider's server.

    Mend: Find out on the list's web page why, stop what sends the spam, then ask for removal.
        postfix: reject_rbl_client zen.spamhaus.org is what asks
        exim: dnslists = zen.spamhaus.org is what asks

    Not when: The answer is NXDOMAIN (not listed), an error of the list (DNS020), or the list is one of good senders.

    Source: RFC 5782 section 2.1.
    """
    yield from _listings(facts, "listed")


@rule("DNS020", Severity.WARNING, CAPTURE, "A blocklist does not answer as one: {because}")
def blocklist_unusable(facts: Facts) -> Iterator[Seen]:
    """A blocklist answered with an error code, or with an address that no list gives.

    Why: A server that takes every answer for a listing refuses all mail. Public resolvers are often refused; a list
    that was given up may answer yes to everything.

    Mend: Ask through a resolver of your own, and take out lists that no longer exist.
        postfix: reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]

    Not when: The answer is in 127.0.0.0/8 and no error, or NXDOMAIN.

    Source: RFC 5782 section 2.1, RFC 5782 section 5.
    """
    yield from _listings(facts, "unclear")
