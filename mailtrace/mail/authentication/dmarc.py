"""DMARC: does the domain that the reader sees stand behind the mail? Source: RFC 9989.

The policy is looked for by the tree walk: at the domain of From, then at the names above it. What is aligned is found
in the same way: two names belong to the same organisation when their walks end at the same domain. A name above whose
record was not captured is taken to have none where a record below it was found, and the verdict says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from msgspec import Struct

from mailtrace.mail.authentication.records import RecordBook, text_octets
from mailtrace.mail.authentication.spf import ascii_domain, is_domain, not_captured
from mailtrace.mail.authentication.tags import Tags, parse_tags, text_tag
from mailtrace.model import Dkim, Dmarc, Spf, Verdict
from mailtrace.model.language import said

WALK_LABELS = 8
"""A name with so many labels or more is cut to one less before the walk goes on. Source: RFC 9989 section 4.10."""

REMEMBERED_NAMES = 1024
"""Domains whose walk is laid out once for all their mails."""

POLICIES = ("none", "quarantine", "reject")

NO_DOMAIN = "From has no domain, so that nobody knows whose policy counts"
SEVERAL_DOMAINS = "From has addresses of {count} domains, so that nobody knows whose policy counts"
TAKEN_NOT_TO_EXIST = "{because}; the records of {names} were not captured, and are taken not to exist"
BOTH_PASSED = "SPF and DKIM passed for {domain} or a name that its policy lets stand for it"
ONE_PASSED = "{method} passed for {domain} or a name that its policy lets stand for it"
NEITHER_PASSED = "neither SPF nor DKIM passed for {domain} or a name that its policy lets stand for it"


class _Walk:
    """What stands at a name and at those above it: policy records by name, longest name first."""

    def __init__(self, book: RecordBook, domain: str, time_ns: int) -> None:
        self.domain = domain
        self.records: dict[str, Tags] = {}
        self.missing: list[str] = []
        self.failed = ""
        self.lookups: dict[int, None] = {}
        self.packets: dict[int, None] = {}
        for name in walked_names(domain):
            tags = self._at(book, name, time_ns)
            if tags is not None:
                self.records[name] = tags
                psd = text_tag(tags, "psd")
                if psd == "n" or (psd == "y" and name != domain):
                    break

    def _at(self, book: RecordBook, name: str, time_ns: int) -> Tags | None:
        answer = book.answer(f"_dmarc.{name}", "TXT", time_ns)
        if answer is None:
            self.missing.append(name)
            return None
        self.lookups[answer.lookup] = None
        self.packets.update(dict.fromkeys(answer.packets))
        self.failed = self.failed or (
            said("{rcode} for {name}", rcode=answer.failed, name=f"_dmarc.{name}") if answer.failed else ""
        )
        found = [tags for record in answer.records if (tags := _policy_record(text_octets(record))) is not None]
        return found[0] if len(found) == 1 else None  # several count as none

    def organisation(self) -> str:
        """Return the organisational domain. Source: RFC 9989 section 4.10.2."""
        for name, tags in self.records.items():
            psd = text_tag(tags, "psd")
            if psd == "n":
                return name
            if psd == "y" and name != self.domain:
                below = self.domain.removesuffix("." + name).rpartition(".")[2]
                return f"{below}.{name}"
        return min(self.records, key=_label_count, default=self.domain)


class _Alignment(Struct):
    """What passed and belongs to the domain of From, or may do so; `unknown` says why it may."""

    spf: bool | None = False
    dkim: bool | None = False
    unknown: str = ""


def check_dmarc(book: RecordBook, authors: Sequence[str], spf: Spf, signatures: Sequence[Dkim], time_ns: int) -> Dmarc:
    """Judge a mail by the addresses of From, or their domains alone, and by what SPF and DKIM found. Never raises."""
    domains = list(dict.fromkeys(ascii_domain(author.rpartition("@")[2]) for author in authors))
    if len(domains) != 1 or not is_domain(domains[0]):
        return Dmarc(Verdict.PERMERROR, said(NO_DOMAIN if len(domains) < 2 else SEVERAL_DOMAINS, count=len(domains)))
    (domain,) = domains
    walk = _Walk(book, domain, time_ns)
    proof = (tuple(walk.lookups), tuple(walk.packets))
    at = _policy_at(walk)
    if at is None:
        result, because = _without_policy(book, walk)
        return Dmarc(result, because, domain, lookups=proof[0], packets=proof[1])
    tags = walk.records[at]
    policy = _policy(book, tags, at, domain, time_ns)
    aligned = _alignment(book, tags, walk, spf, signatures, time_ns)
    result, because = _verdict(aligned, domain)
    if walk.missing and at != domain:
        because = said(TAKEN_NOT_TO_EXIST, because=because, names=", ".join(walk.missing))
    return Dmarc(result, because, domain, f"_dmarc.{at}", policy, aligned.spf, aligned.dkim, *proof)


@lru_cache(maxsize=REMEMBERED_NAMES)
def walked_names(domain: str) -> tuple[str, ...]:
    """Return the names of a walk, longest first. Source: RFC 9989 section 4.10."""
    labels = domain.split(".")
    above = labels[1:] if len(labels) < WALK_LABELS else labels[1 - WALK_LABELS :]
    return (domain, *(".".join(above[at:]) for at in range(len(above))))


def _label_count(name: str) -> int:
    return name.count(".")


def _policy_record(record: bytes) -> Tags | None:
    """Return the tags of a policy record, None for other texts. Source: RFC 9989 section 4.7."""
    if not record.lstrip().lower().startswith(b"v"):
        return None
    tags = parse_tags(record)
    if tags is None or next(iter(tags), "") != "v" or tags["v"] != b"DMARC1":
        return None
    return tags


def _policy_at(walk: _Walk) -> str | None:
    """Return the name whose record counts: that of From, else the organisation's, else that of a public suffix."""
    if walk.domain in walk.records:
        return walk.domain
    organisation = walk.organisation()
    if organisation in walk.records:
        return organisation
    return next((name for name, tags in walk.records.items() if text_tag(tags, "psd") == "y"), None)


def _without_policy(book: RecordBook, walk: _Walk) -> tuple[Verdict, str]:
    if walk.failed:
        return Verdict.TEMPERROR, said("the DNS failed: {rcode}", rcode=walk.failed)
    if walk.missing:
        name = f"_dmarc.{walk.missing[0]}"
        return Verdict.UNKNOWN, not_captured(name, "TXT", book.so_far)
    return Verdict.NONE, said("neither {domain} nor a name above it has a DMARC record", domain=walk.domain)


def _policy(book: RecordBook, tags: Tags, at: str, domain: str, time_ns: int) -> str:
    """Return what the record asks for mail from a domain that fails. Source: RFC 9989 section 4.7."""
    asked = text_tag(tags, "p")
    if at != domain:
        answers = (book.answer(domain, type_, time_ns) for type_ in ("MX", "A", "AAAA", "TXT"))
        missing = any(answer is not None and not answer.exists for answer in answers)
        below = text_tag(tags, "sp", asked)
        asked = text_tag(tags, "np", below) if missing else below
    asked = asked if asked in POLICIES else "none"
    if text_tag(tags, "t") == "y":  # testing: one step less. Source: RFC 9989 section 4.7
        return POLICIES[max(0, POLICIES.index(asked) - 1)]
    return asked


def _alignment(
    book: RecordBook, tags: Tags, walk: _Walk, spf: Spf, signatures: Iterable[Dkim], time_ns: int
) -> _Alignment:
    """Compare who was authenticated with the domain of From. Source: RFC 9989 section 4.4."""
    aligned = _Alignment()
    strict = text_tag(tags, "aspf") == "s"
    if spf.domain is not None and _belongs(book, walk, spf.domain, strict, time_ns):
        if spf.result is Verdict.PASS:
            aligned.spf = True
        elif spf.result is Verdict.UNKNOWN:
            aligned.spf, aligned.unknown = None, spf.because
    elif spf.result is Verdict.UNKNOWN and spf.domain is None:
        aligned.spf, aligned.unknown = None, spf.because
    strict = text_tag(tags, "adkim") == "s"
    for each in signatures:
        if each.domain is None or not _belongs(book, walk, each.domain, strict, time_ns):
            continue
        if each.result is Verdict.PASS:
            aligned.dkim = True
        elif each.result is Verdict.UNKNOWN and not aligned.dkim:
            aligned.dkim, aligned.unknown = None, each.because
    return aligned


def _belongs(book: RecordBook, walk: _Walk, name: str, strict: bool, time_ns: int) -> bool:
    """Tell whether an authenticated name is aligned with the domain of From."""
    if name == walk.domain or strict:
        return name == walk.domain
    organisation = walk.organisation()
    if name != organisation and not name.endswith("." + organisation):
        return False
    return _Walk(book, name, time_ns).organisation() == organisation


def _verdict(aligned: _Alignment, domain: str) -> tuple[Verdict, str]:
    if aligned.spf or aligned.dkim:
        method = "SPF" if aligned.spf else "DKIM"
        both = aligned.spf and aligned.dkim
        return Verdict.PASS, said(BOTH_PASSED if both else ONE_PASSED, method=method, domain=domain)
    if aligned.unknown:
        return Verdict.UNKNOWN, aligned.unknown
    return Verdict.FAIL, said(NEITHER_PASSED, domain=domain)
