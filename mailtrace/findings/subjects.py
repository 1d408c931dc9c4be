"""What rules look at, one by one: the values of a rule's `over`."""

from __future__ import annotations

from mailtrace.findings.facts import Asked, Broken, Facts, Mail, Talk, Way, broken_in
from mailtrace.findings.rule import Over

CAPTURE: Over[Facts] = Over("the whole capture", lambda facts: [facts], alone=False)

MAILS: Over[Mail] = Over("each mail", lambda facts: facts.mails, alone=False)

LOOKUPS: Over[Asked] = Over("each DNS lookup", lambda facts: facts.asked, alone=False)

JOURNEYS: Over[Way] = Over("each journey of a mail", lambda facts: facts.ways, alone=False)

TLS: Over[Talk] = Over("each conversation in which TLS began", lambda facts: facts.with_tls, alone=True)

REFUSING: Over[Talk] = Over(
    "each conversation of SMTP in which something was refused", lambda facts: facts.refusing, alone=True
)

DISTURBED: Over[Talk] = Over(
    "each TCP connection whose packets were not all new and in order", lambda facts: facts.disturbed, alone=True
)

TCP: Over[Talk] = Over(
    "each TCP connection",
    lambda facts: [talk for talk in facts.talks if talk.conversation.tcp_stream is not None],
    alone=True,
)


def talks(*protocols: str, alone: bool = True) -> Over[Talk]:
    """Look at each conversation of these protocols. Not `alone`: the rule looks at others beside it, or at lookups."""
    return Over(
        "each conversation of {of}",
        lambda facts: [talk for protocol in protocols for talk in facts.talks_by_protocol.get(protocol, [])],
        alone,
        tuple([protocol.upper() for protocol in protocols]),
    )


def violations(*codes: str, protocols: tuple[str, ...] = ()) -> Over[Broken]:
    """Look at the violations of these codes that one conversation has; of all protocols, or only of some."""
    return Over("violations of the protocol ({of})", lambda facts: broken_in(facts, codes, protocols), True, codes)
