"""Sentences about SPF, DKIM, ARC and DMARC; the reasons in them come with the verdicts."""

from __future__ import annotations

AUTHENTICATION: dict[str, str] = {
    "authentication.what": (
        "What the captured DNS records say of it: SPF asks whether this client may send for the sender's domain, DKIM "
        "whether the mail is as its signer sent it, DMARC whether the domain in From stands behind it."
    ),
    "authentication.spf": "SPF {result}: {because}.",
    "authentication.dkim": "DKIM {result}: {because}.",
    "authentication.arc": "ARC {result}: {because}.",
    "authentication.dmarc": "DMARC {result}: {because}.",
    "authentication.dmarc.policy": "DMARC {result}: {because}. The domain asks for: {policy}.",
    "authentication.claim": (
        "The header {header} ({server}) says {method}={claimed}, which is not what the capture shows."
    ),
    "authentication.nobody": "of an unnamed server",
    "authentication.refused": "The captured records say the same. SPF {result}: {because}.",
    "authentication.listed": "The captured records say the same: {because}.",
}
