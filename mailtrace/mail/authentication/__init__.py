"""HOT. Authentication of mails from the capture alone, offline: SPF, DKIM, ARC, DMARC, and what else the DNS said.

What is judged of a mail is gathered in a `Subject` (`subjects`); here it is judged by the records that were captured.
Where SPF is not judged, `unknown` says why. DKIM, ARC and DMARC are judged wherever the mail is seen.

A mail without a signature and without a captured policy costs a few microseconds: everything else is loaded and
computed only where there is something to judge (tests/bench `mail`).
"""

from __future__ import annotations

from functools import lru_cache

from mailtrace.mail.authentication.checks import client_checks, domain_checks
from mailtrace.mail.authentication.dmarc import check_dmarc, walked_names
from mailtrace.mail.authentication.records import RecordBook
from mailtrace.mail.authentication.signatures import Signer, key_names, unchecked
from mailtrace.mail.authentication.spf import ascii_domain, check_spf
from mailtrace.mail.authentication.subjects import INSIDE, NO_SEALS, Subject, subject
from mailtrace.model import (
    Arc,
    Authentication,
    Check,
    Conversation,
    Dkim,
    Dmarc,
    Message,
    Spf,
    Transaction,
    Verdict,
)
from mailtrace.model.language import language, said

__all__ = ["Authenticator", "RecordBook", "Subject", "authenticate"]

REMEMBERED = 4096
"""Verdicts about which nothing is known that are made once for all mails between the same domains."""

CLIENT_TYPES = frozenset({"PTR", "A"})
"""Types by which a client's address is looked up: its name, and whether a block list has it."""

NO_FROM = "no mail was sent, and so it has no From"
NO_SENDER = "the sender of the envelope was not captured"


def authenticate(message: Message, conversation: Conversation, book: RecordBook) -> Authentication:
    """Judge a mail by what it says, by how it came, and by the records in `book`. Never raises."""
    return Authenticator(book).message(message, conversation)


class Authenticator:
    """Judges mails by the records in a book."""

    def __init__(self, book: RecordBook) -> None:
        self.book = book
        self._version = 0
        self._domains: dict[str, tuple[Check, ...]] = {}
        self._strangers: set[str] = set()  # clients of which nothing is known so far

    def message(self, message: Message, conversation: Conversation) -> Authentication:
        """Judge a mail of a conversation. Never raises."""
        content = message.content
        transactions = conversation.dialogue.transactions
        transaction = next((each for each in transactions if each.content is content), None)
        return self.judge(subject(conversation, transaction, message))

    def refused(self, transaction: Transaction, conversation: Conversation) -> Authentication:
        """Judge a transaction that ended before there was a mail: its sender and its client. Never raises."""
        return self.judge_refused(subject(conversation, transaction, None))

    def judge(self, of: Subject) -> Authentication:
        """Judge a mail. Never raises."""
        spoken, mail, time_ns = language(), of.mail, of.time_ns
        spf = self._spf(of, spoken)
        if mail is None or (mail.signed_only and self._lacks_keys(mail.signers)):
            dkim = () if mail is None else unchecked(mail.signers)
            return Authentication(spf, dkim, _no_arc(spoken), self._dmarc(of, spf, dkim, spoken), (), self._found(of))
        from mailtrace.mail.authentication.arc import check_arc
        from mailtrace.mail.authentication.claims import claims_of
        from mailtrace.mail.authentication.dkim import check_dkim, signed_mail

        signed = signed_mail(mail.octets, mail.whole, time_ns)
        dkim, arc = check_dkim(signed, self.book), check_arc(signed, self.book)
        dmarc = self._dmarc(of, spf, dkim, spoken)
        claims = claims_of(mail.claims, time_ns, self.book, spf, dkim, arc, dmarc)
        return Authentication(spf, dkim, arc, dmarc, claims, self._found(of))

    def judge_refused(self, of: Subject) -> Authentication:
        """Judge a transaction that ended before there was a mail. Never raises."""
        spoken = language()
        return Authentication(self._spf(of, spoken), (), _no_arc(spoken), _no_from(spoken), (), self._found(of))

    def _spf(self, of: Subject, spoken: str) -> Spf:
        if of.inside:
            return _not_judged(said(INSIDE[of.inside]))
        if of.sender is None:
            return _not_judged(said(NO_SENDER))
        domain = of.sender.rpartition("@")[2] or of.hello
        if not ("TXT" in self.book.types and self.book.knows(ascii_domain(domain), "TXT")):
            return _spf_unknown(domain, self.book.so_far, spoken)
        return check_spf(self.book, of.client, of.hello, of.sender, of.time_ns)

    def _dmarc(self, of: Subject, spf: Spf, dkim: tuple[Dkim, ...], spoken: str) -> Dmarc:
        domains = tuple([author.rpartition("@")[2] for author in of.authors])
        if "TXT" not in self.book.types or not any(self.book.knows(name, "TXT") for name in _policy_names(domains)):
            return _dmarc_unknown(domains, self.book.so_far, spoken)
        return check_dmarc(self.book, domains, spf, dkim, of.time_ns)

    def _lacks_keys(self, signers: tuple[Signer, ...]) -> bool:
        """Tell whether no signature of a mail can be judged so far: then the time for its body's hash is saved, too."""
        if not self.book.so_far:
            return False
        return "TXT" not in self.book.types or not any(self.book.knows(name, "TXT") for name in key_names(signers))

    def _found(self, of: Subject) -> tuple[Check, ...]:
        """Return what is known of the client and of the domains of the envelope."""
        client, domains, book = of.client, self._domains, self.book
        if not client:
            return ()
        if self._version != book.version or not book.so_far:  # what is known is found out once between two lookups
            self._version = book.version
            domains.clear()
            self._strangers.clear()
        found: tuple[Check, ...] = ()
        if not book.types.isdisjoint(CLIENT_TYPES) and client not in self._strangers:
            found = tuple(client_checks(book, client, of.time_ns))
            if not found and len(self._strangers) < REMEMBERED:
                self._strangers.add(client)
        for domain in of.domains:
            known = domains.get(domain)
            if known is None:
                known = domains[domain] = tuple(domain_checks(book, domain, of.time_ns))
            found += known
        return found


# What is remembered is in words: `spoken` is the code of the language that they are in.


@lru_cache(maxsize=2)
def _no_arc(spoken: str) -> Arc:
    return Arc(Verdict.NONE, said(NO_SEALS))


@lru_cache(maxsize=2)
def _no_from(spoken: str) -> Dmarc:
    return Dmarc(Verdict.UNKNOWN, said(NO_FROM))


@lru_cache(maxsize=REMEMBERED)
def _not_judged(because: str) -> Spf:
    return Spf(Verdict.UNKNOWN, because)


@lru_cache(maxsize=REMEMBERED)
def _spf_unknown(domain: str, so_far: bool, spoken: str) -> Spf:
    """Return what is known of a sender whose TXT records were not captured: the same for all clients."""
    judged = check_spf(RecordBook(so_far=so_far), "0.0.0.0", "", f"@{domain}", 0)
    return Spf(judged.result, judged.because, judged.domain)


@lru_cache(maxsize=REMEMBERED)
def _dmarc_unknown(domains: tuple[str, ...], so_far: bool, spoken: str) -> Dmarc:
    """Return what is known of a From with these domains without any policy record."""
    return check_dmarc(RecordBook(so_far=so_far), domains, Spf(Verdict.UNKNOWN, ""), (), 0)


@lru_cache(maxsize=REMEMBERED)
def _policy_names(domains: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names at which policies for a From with these domains may stand."""
    found = dict.fromkeys(map(ascii_domain, domains))
    return tuple([f"_dmarc.{name}" for domain in found for name in walked_names(domain)])
