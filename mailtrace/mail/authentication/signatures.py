"""What a mail's signatures say of themselves, read from its headers without checking anything.

A stream of mails passes by faster than bodies can be hashed: a signature whose key has not been seen is told by this.
"""

from __future__ import annotations

from functools import lru_cache

from mailtrace.mail.authentication.spf import ascii_domain, not_captured
from mailtrace.mail.authentication.tags import TAGS_LIMIT
from mailtrace.model import Dkim, Message, Verdict

SIGNATURES_LIMIT = 20
"""Signatures of one mail that are looked at; honest mails have up to five, and each costs a hash of the body."""

REMEMBERED_SIGNERS = 1024
"""Signers whose verdict is made once for all their mails."""


def unchecked(message: Message) -> tuple[Dkim, ...]:
    """Return the signatures of a mail for which no key has been captured so far."""
    return tuple([_unchecked(*signer) for signer in _signers(message)])


def key_names(message: Message) -> list[str]:
    """Return the names under which the keys of a mail's signatures stand in the DNS, in lower case."""
    return [f"{selector}._domainkey.{domain}".lower() for domain, selector, _ in _signers(message)]


def _signers(message: Message) -> list[tuple[str, str, str]]:
    """Return domain, selector and algorithm of each signature, '' for what is missing."""
    values = [value for name, value in message.headers if name.lower() == "dkim-signature"]
    return [_signer(value) for value in values[:SIGNATURES_LIMIT]]


def _signer(value: str) -> tuple[str, str, str]:
    domain = selector = algorithm = ""
    for tag in value.split(";", TAGS_LIMIT):
        name, _, text = tag.partition("=")
        match name.strip():
            case "d":
                domain = text.strip()
            case "s":
                selector = text.strip()
            case "a":
                algorithm = text.strip()
    return domain, selector, algorithm


@lru_cache(maxsize=REMEMBERED_SIGNERS)
def _unchecked(domain: str, selector: str, algorithm: str) -> Dkim:
    domain = ascii_domain(domain)
    if not domain or not selector:
        return Dkim(Verdict.NEUTRAL, "the signature cannot be read: it does not say whose it is")
    because = not_captured(f"{selector}._domainkey.{domain}", "TXT", so_far=True)
    return Dkim(Verdict.UNKNOWN, because, domain, selector, algorithm or None)
