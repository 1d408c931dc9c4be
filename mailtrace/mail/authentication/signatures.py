"""What a mail's signatures say of themselves, read from its headers without checking anything.

A stream of mails passes by faster than bodies can be hashed: a signature whose key has not been seen is told by this.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from mailtrace.mail.authentication.spf import ascii_domain, not_captured
from mailtrace.model import Dkim, Verdict
from mailtrace.model.language import language, said

SIGNATURES_LIMIT = 20
"""Signatures of one mail that are looked at; honest mails have up to five, and each costs a hash of the body."""

REMEMBERED_SIGNERS = 1024
"""Signers whose verdict is made once for all their mails."""


_TAG = re.compile(r";\s*+([ads])\s*+(?:=([^;]*+)|(?=;|\Z))")
"""Only the tags that tell whose a signature is; the others, long ones among them, are for those who check it."""

Signer = tuple[str, str, str]
"""Domain, selector and algorithm of a signature, '' for what is missing."""


def unchecked(signers: Sequence[Signer]) -> tuple[Dkim, ...]:
    """Return the signatures of a mail for which no key has been captured so far."""
    spoken = language()
    return tuple([_unchecked(*signer, spoken) for signer in signers])


def key_names(signers: Sequence[Signer]) -> list[str]:
    """Return the names under which the keys of a mail's signatures stand in the DNS, in lower case."""
    return [f"{selector}._domainkey.{domain}".lower() for domain, selector, _ in signers]


def signer(value: str) -> Signer:
    """Return whose a signature is by its header.

    Of a tag that stands twice the last counts, which is for others to complain of.
    """
    domain = selector = algorithm = ""
    for tag, text in _TAG.findall(f";{value}"):
        if tag == "d":
            domain = text.strip()
        elif tag == "s":
            selector = text.strip()
        else:
            algorithm = text.strip()
    return domain, selector, algorithm


@lru_cache(maxsize=REMEMBERED_SIGNERS)
def _unchecked(domain: str, selector: str, algorithm: str, spoken: str) -> Dkim:
    """Return a verdict in the language that is spoken, whose code is `spoken`."""
    domain = ascii_domain(domain)
    if not domain or not selector:
        return Dkim(Verdict.NEUTRAL, said("the signature cannot be read: it does not say whose it is"))
    because = not_captured(f"{selector}._domainkey.{domain}", "TXT", so_far=True)
    return Dkim(Verdict.UNKNOWN, because, domain, selector, algorithm or None)
