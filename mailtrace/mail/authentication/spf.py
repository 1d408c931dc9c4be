"""SPF: may this client send mail for this domain? Source: RFC 7208.

The record is worked through term by term on a stack of its own: an include is a record on top of another, a redirect
takes the place of one. Every name comes from the capture; the first that is needed and was not captured ends the check
with `unknown`, while terms behind the one that matches are never asked for.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from mailtrace.mail.authentication.records import Answer, RecordBook, text_octets
from mailtrace.mail.authentication.spfmacros import Address, Subject, expanded
from mailtrace.mail.authentication.spfterms import VERSION, Pieces, SpfRecord, SpfSyntaxError, Term, parse_spf
from mailtrace.model import Spf, Verdict
from mailtrace.model.language import said

MAX_QUERIES = 10
"""Terms that may ask the DNS in one check. Source: RFC 7208 section 4.6.4."""

MAX_VOID = 2
"""Terms whose questions may find nothing. Source: RFC 7208 section 4.6.4."""

MAX_HOSTS = 10
"""Exchangers of one `mx` and names of one `ptr` that may be asked for. Source: RFC 7208 section 4.6.4."""

QUERYING = frozenset({"include", "a", "mx", "ptr", "exists"})
RESULTS = {"+": Verdict.PASS, "-": Verdict.FAIL, "~": Verdict.SOFTFAIL, "?": Verdict.NEUTRAL}
_TYPES = {4: "A", 6: "AAAA"}

NO_MATCH = "no term of the SPF record of {domain} matches {client}"
INCLUDED = "{because}, which `{term}` of {domain} uses"
TOO_MANY_QUERIES = "the SPF record of {domain} and those it leads to ask the DNS more than {count} times"
TOO_MANY_VOID = "more than {count} terms ask for names or records that do not exist"
TOO_MANY_HOSTS = "`{term}` asks for more than {count} exchangers of {domain}"
LEADS_NOWHERE = "`{term}` of {domain} leads to {target}, which has no SPF record"
REDIRECTS_NOWHERE = "{domain} redirects to {target}, which has no SPF record"
DNS_FAILED = "the DNS failed for the {type} record of {name}: {rcode}"
NOT_CAPTURED = "the {type} record for {name} was not captured"
NOT_SO_FAR = "the {type} record for {name} was not captured so far"

ABOUT_CLIENT = {
    "+": "`{term}` in the SPF record of {domain} allows {client}",
    "-": "`{term}` in the SPF record of {domain} forbids {client}",
    "~": "`{term}` in the SPF record of {domain} suspects {client}",
    "?": "`{term}` in the SPF record of {domain} says nothing for or against {client}",
}
ALL_THE_REST = {
    **dict.fromkeys("-~?", "the SPF record of {domain} does not name {client}, and ends with `{term}`"),
    "+": "`{term}` in the SPF record of {domain} lets anybody send",
}
"""What a term says of the client, by its qualifier; and what `all` says."""


class _Ended(Exception):
    """The check cannot go on: its verdict is known, and why."""

    def __init__(self, result: Verdict, because: str) -> None:
        super().__init__(because)
        self.result = result
        self.because = because


class _Level:
    """One record that is being worked through; `included_by` is the term it answers, None for the first."""

    __slots__ = ("at", "domain", "included_by", "record")

    def __init__(self, domain: str, record: SpfRecord, included_by: Term | None) -> None:
        self.domain, self.record, self.included_by = domain, record, included_by
        self.at = 0


def check_spf(book: RecordBook, client: str, helo: str, sender: str, time_ns: int) -> Spf:
    """Judge a client by the captured records; `sender` is the path of MAIL, '' for the null one. Never raises."""
    local, _, domain = sender.rpartition("@") if sender else ("postmaster", "", helo)
    identity = "mailfrom" if sender else "helo"
    domain = ascii_domain(domain)
    try:
        address = ip_address(client)
    except ValueError:
        return Spf(Verdict.UNKNOWN, said("{client} is no address", client=client), domain, identity)
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    check = _Check(book, Subject(address, helo, local or "postmaster", domain), time_ns)
    result, because = check.run(domain)
    return Spf(
        result,
        because,
        domain or None,
        identity,
        str(address),
        check.mechanism or None,
        check.queries,
        check.void,
        tuple(check.lookups),
        tuple(check.packets),
    )


def ascii_domain(domain: str) -> str:
    """Return a domain as the DNS has it: lower case, no dot at the end, other scripts as A-labels where they have any.

    Source: RFC 8616 section 3.
    """
    plain = domain.strip().rstrip(".").lower()
    if plain.isascii():
        return plain
    try:
        return plain.encode("idna").decode("ascii")
    except UnicodeError:
        return plain


def is_domain(name: str) -> bool:
    """Tell whether a name can be asked for: several labels, none empty or too long. Source: RFC 7208 section 4.3."""
    labels = name.split(".")
    return len(labels) > 1 and len(name) <= 253 and all(0 < len(label) <= 63 for label in labels)


class _Check:
    """One check: what it is about, what it has asked, and what proves it."""

    def __init__(self, book: RecordBook, subject: Subject, time_ns: int) -> None:
        self.book, self.subject, self.time_ns = book, subject, time_ns
        self.queries = self.void = 0
        self.mechanism = ""
        self.lookups: dict[int, None] = {}
        self.packets: dict[int, None] = {}

    def run(self, domain: str) -> tuple[Verdict, str]:
        """Return the verdict on a domain, and why."""
        try:
            if not is_domain(domain):
                return Verdict.NONE, said("`{domain}` is no domain that could have an SPF record", domain=domain)
            record = self._record(domain)
            if record is None:
                return Verdict.NONE, said("{domain} has no SPF record", domain=domain)
            return self._work([_Level(domain, record, None)])
        except _Ended as end:
            return end.result, end.because

    def _work(self, stack: list[_Level]) -> tuple[Verdict, str]:
        """Work through records until the first is decided."""
        while True:
            level = stack[-1]
            if level.at == len(level.record.terms):
                if level.record.redirect is not None and not _has_all(level.record):
                    stack[-1] = self._redirected(level)
                    continue
                ended = Verdict.NEUTRAL, said(NO_MATCH, domain=level.domain, client=self.subject.client)
                matched = None
            else:
                matched = level.record.terms[level.at]
                level.at += 1
                if matched.name in QUERYING:
                    self._count(level.domain)
                if matched.name == "include":
                    stack.append(self._included(matched, level.domain))
                    continue
                if not self._matches(matched, level.domain):
                    continue
                ended = RESULTS[matched.qualifier], self._told(matched, level.domain)
            while True:  # the record on top is decided; if it was included, that decides the term that included it
                result, because = ended
                including = stack.pop().included_by
                if including is None:
                    self.mechanism = matched.text if matched else ""
                    return result, because
                if result is not Verdict.PASS:
                    break
                matched = including
                told = said(INCLUDED, because=because, term=including.text, domain=stack[-1].domain)
                ended = RESULTS[including.qualifier], told

    def _told(self, term: Term, domain: str) -> str:
        fields = {"term": term.text, "domain": domain, "client": self.subject.client}
        return said(ALL_THE_REST[term.qualifier] if term.name == "all" else ABOUT_CLIENT[term.qualifier], **fields)

    def _count(self, domain: str) -> None:
        self.queries += 1
        if self.queries > MAX_QUERIES:
            raise _Ended(Verdict.PERMERROR, said(TOO_MANY_QUERIES, domain=domain, count=MAX_QUERIES))

    def _found_nothing(self) -> None:
        self.void += 1
        if self.void > MAX_VOID:
            raise _Ended(Verdict.PERMERROR, said(TOO_MANY_VOID, count=MAX_VOID))

    def _record(self, domain: str) -> SpfRecord | None:
        """Return the SPF record of a domain, None where it has none."""
        answer = self._answer(domain, "TXT")
        texts = map(text_octets, answer.records)
        found = [text for text in texts if text[:6].lower() == VERSION and text[6:7] in (b"", b" ")]
        if len(found) > 1:
            several = said("{domain} has {count} SPF records, and may have one", domain=domain, count=len(found))
            raise _Ended(Verdict.PERMERROR, several)
        if not found:
            return None
        try:
            return parse_spf(found[0])
        except SpfSyntaxError as error:
            unusable = said("the SPF record of {domain} cannot be used: {why}", domain=domain, why=error)
            raise _Ended(Verdict.PERMERROR, unusable) from None

    def _included(self, term: Term, domain: str) -> _Level:
        target = self._name(term.domain, domain)
        record = self._record(target) if is_domain(target) else None
        if record is None:
            raise _Ended(Verdict.PERMERROR, said(LEADS_NOWHERE, term=term.text, domain=domain, target=target))
        return _Level(target, record, term)

    def _redirected(self, level: _Level) -> _Level:
        """Return the record that a redirect puts in the place of another. Source: RFC 7208 section 6.1."""
        self._count(level.domain)
        target = self._name(level.record.redirect, level.domain)
        record = self._record(target) if is_domain(target) else None
        if record is None:
            raise _Ended(Verdict.PERMERROR, said(REDIRECTS_NOWHERE, domain=level.domain, target=target))
        return _Level(target, record, level.included_by)

    def _matches(self, term: Term, domain: str) -> bool:
        match term.name:
            case "ip4" | "ip6":
                return self.subject.client in term.network if term.network is not None else False
            case "a":
                addresses = self._addresses(self._name(term.domain, domain))
                if not addresses:
                    self._found_nothing()
                return self._is_near(addresses, term)
            case "mx":
                return self._is_exchanger(term, self._name(term.domain, domain))
            case "exists":
                found = self._answer(self._name(term.domain, domain), "A").records
                if not found:
                    self._found_nothing()
                return bool(found)
            case "ptr":
                target = ascii_domain(self._name(term.domain, domain))
                names = self._own_names(void_counts=True)
                return any(name == target or name.endswith("." + target) for name in names)
        return True

    def _is_exchanger(self, term: Term, name: str) -> bool:
        """Tell whether the client is one of the hosts that take mail for a name. Source: RFC 7208 section 5.4."""
        hosts = [record.partition(" ")[2].rstrip(".") for record in self._answer(name, "MX").records]
        if len(hosts) > MAX_HOSTS:
            raise _Ended(Verdict.PERMERROR, said(TOO_MANY_HOSTS, term=term.text, count=MAX_HOSTS, domain=name))
        found = False
        for host in filter(None, hosts):
            addresses = self._addresses(host)
            found = found or bool(addresses)
            if self._is_near(addresses, term):
                return True
        if not found:
            self._found_nothing()
        return False

    def _addresses(self, name: str) -> list[Address]:
        return _addresses(self._answer(name, _TYPES[self.subject.client.version]).records)

    def _is_near(self, addresses: list[Address], term: Term) -> bool:
        bits = term.length4 if self.subject.client.version == 4 else term.length6
        return any(self.subject.client in ip_network(f"{address}/{bits}", strict=False) for address in addresses)

    def _own_names(self, *, void_counts: bool = False) -> list[str]:
        """Return the names of the client that lead back to it. Source: RFC 7208 section 5.5."""
        pointer = self.subject.client.reverse_pointer
        answer = self._answer(pointer, "PTR", failing=False)
        if void_counts and not answer.records:
            self._found_nothing()
        names = [record.rstrip(".").lower() for record in answer.records[:MAX_HOSTS]]
        type_ = _TYPES[self.subject.client.version]
        return [
            name
            for name in names
            if self.subject.client in _addresses(self._answer(name, type_, failing=False).records)
        ]

    def _name(self, pieces: Pieces | None, domain: str) -> str:
        """Return the domain a term means."""
        return domain if pieces is None else expanded(pieces, self.subject, domain, self._own_name)

    def _own_name(self) -> str:
        """Return what the macro p stands for. Source: RFC 7208 section 7.3."""
        names = self._own_names()
        domain = self.subject.sender_domain
        related = [name for name in names if name == domain or name.endswith("." + domain)]
        return (related or names or ["unknown"])[0]

    def _answer(self, name: str, type_: str, *, failing: bool = True) -> Answer:
        """Return a captured answer; without one the check ends, and where the DNS failed unless not `failing`."""
        answer = self.book.answer(name, type_, self.time_ns)
        if answer is None:
            raise _Ended(Verdict.UNKNOWN, not_captured(name, type_, self.book.so_far))
        self.lookups[answer.lookup] = None
        self.packets.update(dict.fromkeys(answer.packets))
        if answer.failed and failing:
            raise _Ended(Verdict.TEMPERROR, said(DNS_FAILED, type=type_, name=name, rcode=answer.failed))
        return answer


def not_captured(name: str, type_: str, so_far: bool) -> str:
    """Return the sentence that says which record is missing; `so_far` as in `RecordBook`."""
    return said(NOT_SO_FAR if so_far else NOT_CAPTURED, type=type_, name=name)


def _has_all(record: SpfRecord) -> bool:
    return any(term.name == "all" for term in record.terms)


def _addresses(records: tuple[str, ...]) -> list[Address]:
    found: list[IPv4Address | IPv6Address] = []
    for record in records:
        try:
            found.append(ip_address(record))
        except ValueError:
            continue
    return found
