"""HOT. Authentication of mails from the capture alone, offline: SPF, DKIM, ARC, DMARC, and what else the DNS said.

SPF is judged where a mail comes in from outside. That is taken to be every SMTP conversation but those in which the
client logs in, hands in new mail at a submission port, speaks LMTP, or is the server's own host; and a fetched or
stored mail does not come in at all. There `unknown` says so. DKIM, ARC and DMARC are judged wherever the mail is seen.

A mail without a signature and without a captured policy costs a few microseconds: everything else is loaded and
computed only where there is something to judge (tests/bench `mail`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from mailtrace.mail.authentication.checks import client_checks, domain_checks
from mailtrace.mail.authentication.dmarc import check_dmarc, walked_names
from mailtrace.mail.authentication.records import RecordBook
from mailtrace.mail.authentication.signatures import key_names, unchecked
from mailtrace.mail.authentication.spf import ascii_domain, check_spf
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
    wire_text,
)

__all__ = ["Authenticator", "RecordBook", "authenticate"]

SUBMISSION_PORTS = frozenset({465, 587})
"""Where clients hand in new mail. Source: RFC 6409 section 3.1, RFC 8314 section 3.3."""

HELLO_TURNS = 50
"""Turns in which the client's hello is looked for: it comes first, and once more after STARTTLS."""

RECIPIENTS_LIMIT = 50
"""Recipients of one mail whose domains are looked into; most mails have one or two."""

REMEMBERED = 4096
"""Verdicts about which nothing is known that are made once for all mails between the same domains."""

TELLING = frozenset(
    (
        *("dkim-signature", "arc-seal", "arc-message-signature", "arc-authentication-results"),
        *("authentication-results", "received-spf"),
    )
)
"""Headers without which a mail itself has nothing to judge."""

_SIGNED_ONLY = frozenset({"dkim-signature"})
NO_ARC = Arc(Verdict.NONE, "the mail has no ARC seals")
NO_FROM = Dmarc(Verdict.UNKNOWN, "no mail was sent, and so it has no From")


def authenticate(message: Message, conversation: Conversation, book: RecordBook) -> Authentication:
    """Judge a mail by what it says, by how it came, and by the records in `book`. Never raises."""
    return Authenticator(book).message(message, conversation)


class Authenticator:
    """Judges mails by the records in a book; it remembers what it found out about the last conversation."""

    def __init__(self, book: RecordBook) -> None:
        self.book = book
        self._case: _Case | None = None
        self._version = 0
        self._domains: dict[str, tuple[Check, ...]] = {}

    def message(self, message: Message, conversation: Conversation) -> Authentication:
        """Judge a mail of a conversation. Never raises."""
        case = self._of(conversation)
        transaction = case.transactions.get(message.id)
        time_ns = message.content.end_ns
        spf = self._spf(case, transaction, time_ns)
        checks = tuple(self._checks(case, transaction, time_ns))
        authors = tuple([person.address for person in message.from_])
        telling = TELLING.intersection([name.lower() for name, _ in message.headers])
        if not telling or (telling == _SIGNED_ONLY and self._lacks_keys(message)):
            dkim = unchecked(message) if telling else ()
            return Authentication(spf, dkim, NO_ARC, self._dmarc(authors, spf, dkim, time_ns), (), checks)
        from mailtrace.mail.authentication.arc import check_arc
        from mailtrace.mail.authentication.claims import claims_of
        from mailtrace.mail.authentication.dkim import check_dkim, signed_mail

        content = message.content
        mail = signed_mail(content.kept, content.complete and content.kept_all and not content.holes, time_ns)
        dkim, arc = check_dkim(mail, self.book), check_arc(mail, self.book)
        dmarc = self._dmarc(authors, spf, dkim, time_ns)
        return Authentication(spf, dkim, arc, dmarc, claims_of(message, self.book, spf, dkim, arc, dmarc), checks)

    def refused(self, transaction: Transaction, conversation: Conversation) -> Authentication:
        """Judge a transaction that ended before there was a mail: its sender and its client. Never raises."""
        case = self._of(conversation)
        spf = self._spf(case, transaction, conversation.end_ns)
        return Authentication(spf, (), NO_ARC, NO_FROM, (), tuple(self._checks(case, transaction, conversation.end_ns)))

    def _of(self, conversation: Conversation) -> _Case:
        if self._case is None or self._case.conversation is not conversation:
            self._case = _Case(conversation)
        return self._case

    def _spf(self, case: _Case, transaction: Transaction | None, time_ns: int) -> Spf:
        if case.inside:
            return _not_judged(case.inside)
        if transaction is None or transaction.sender is None:
            return _not_judged("the sender of the envelope was not captured")
        domain = transaction.sender.rpartition("@")[2] or case.hello
        if not self.book.knows(ascii_domain(domain), "TXT"):
            return _spf_unknown(domain, self.book.so_far)
        return check_spf(self.book, case.client, case.hello, transaction.sender, time_ns)

    def _dmarc(self, authors: tuple[str, ...], spf: Spf, dkim: tuple[Dkim, ...], time_ns: int) -> Dmarc:
        if not self.book.texts or not any(self.book.knows(name, "TXT") for name in _policy_names(authors)):
            return _dmarc_unknown(authors, self.book.so_far)
        return check_dmarc(self.book, authors, spf, dkim, time_ns)

    def _lacks_keys(self, message: Message) -> bool:
        """Tell whether no signature of a mail can be judged so far: then the time for its body's hash is saved, too."""
        if not self.book.so_far:
            return False
        return not self.book.texts or not any(self.book.knows(name, "TXT") for name in key_names(message))

    def _checks(self, case: _Case, transaction: Transaction | None, time_ns: int) -> Iterator[Check]:
        if case.conversation.protocol != "smtp":
            return
        yield from client_checks(self.book, case.client, time_ns)
        if transaction is not None:
            addresses = [each.address for each in transaction.recipients[:RECIPIENTS_LIMIT]]
            addresses.append(transaction.sender or "")
            for domain in dict.fromkeys([each.rpartition("@")[2].lower() for each in addresses]):
                yield from self._domain(domain, time_ns)

    def _domain(self, domain: str, time_ns: int) -> tuple[Check, ...]:
        """Return what is known of a domain; while lookups still come, it is found out once between two of them."""
        if not self.book.so_far:
            return tuple(domain_checks(self.book, domain, time_ns))
        if self._version != self.book.version:
            self._version = self.book.version
            self._domains.clear()
        found = self._domains.get(domain)
        if found is None:
            found = self._domains[domain] = tuple(domain_checks(self.book, domain, time_ns))
        return found


class _Case:
    """What is the same for all mails of a conversation; `inside` says why SPF is not judged in it, '' if it is."""

    __slots__ = ("client", "conversation", "hello", "inside", "transactions")

    def __init__(self, conversation: Conversation) -> None:
        dialogue = conversation.dialogue
        proxied = dialogue.proxied.client if dialogue.proxied is not None else None
        self.conversation = conversation
        self.client = conversation.key.client.host if proxied is None else proxied.host
        verb, self.hello = _hello(conversation)
        self.inside = _inside(conversation, self.client, verb)
        self.transactions = {
            each.content.message: each
            for each in dialogue.transactions
            if each.content is not None and each.content.message is not None
        }


def _hello(conversation: Conversation) -> tuple[str, str]:
    """Return the verb and the name of the client's last hello, both '' where there is none."""
    verb = name = ""
    for turn in conversation.dialogue.turns[:HELLO_TURNS]:
        command = turn.command
        if command is not None and command.verb in ("EHLO", "HELO", "LHLO"):
            words = command.line[command.argument_at :].split(None, 1)
            verb, name = command.verb, wire_text(words[0]) if words else ""
    return verb, name


def _inside(conversation: Conversation, client: str, verb: str) -> str:
    """Return why a mail does not come in from outside here, '' where it does."""
    if conversation.protocol != "smtp":
        return "the mail was not received here, and SPF is judged where it is"
    if verb == "LHLO":
        return "the mail was delivered within its destination (LMTP), and SPF is judged where it comes in"
    if any(login.accepted for login in conversation.dialogue.logins):
        return "the client had logged in, and SPF is about clients that nobody knows"
    if conversation.key.server.port in SUBMISSION_PORTS:
        return "the mail was handed in by one of the server's own users, and SPF is about clients that nobody knows"
    if client == conversation.key.server.host:
        return "the client is the server's own host"
    return ""


@lru_cache(maxsize=REMEMBERED)
def _not_judged(because: str) -> Spf:
    return Spf(Verdict.UNKNOWN, because)


@lru_cache(maxsize=REMEMBERED)
def _spf_unknown(domain: str, so_far: bool) -> Spf:
    """Return what is known of a sender whose TXT records were not captured: the same for all clients."""
    judged = check_spf(RecordBook(so_far=so_far), "0.0.0.0", "", f"@{domain}", 0)
    return Spf(judged.result, judged.because, judged.domain)


@lru_cache(maxsize=REMEMBERED)
def _dmarc_unknown(authors: tuple[str, ...], so_far: bool) -> Dmarc:
    """Return what is known of a From without any policy record."""
    return check_dmarc(RecordBook(so_far=so_far), authors, Spf(Verdict.UNKNOWN, ""), (), 0)


@lru_cache(maxsize=REMEMBERED)
def _policy_names(authors: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names at which policies for a From may stand."""
    domains = dict.fromkeys(ascii_domain(author.rpartition("@")[2]) for author in authors)
    return tuple([f"_dmarc.{name}" for domain in domains for name in walked_names(domain)])
