"""Expectations of what is wrong: findings of some severity or some rules, and passwords that everybody could read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from mailtrace.errors import UsageError
from mailtrace.expectations.picking import PROTOCOL, SIDES, lifted
from mailtrace.expectations.values import one_of, texts
from mailtrace.expectations.words import Kind, Pick
from mailtrace.findings.catalog import chosen_rules, findings, rules
from mailtrace.findings.facts import Facts, Talk
from mailtrace.model import Finding, Severity

PASSWORDS = ("SMTP001", "POP001", "IMAP001")
"""Rules that see a password cross the network in clear."""

SEVERITIES = tuple(each.value for each in Severity)


class Judged(NamedTuple):
    """A finding, and the conversation that it is about, None where it is about none."""

    finding: Finding
    talk: Talk | None


def judged(facts: Facts) -> list[Judged]:
    """Return all findings."""
    return [Judged(each, facts.talks_by_id.get(each.conversation or 0)) for each in findings(facts.analysis)]


def passwords(facts: Facts) -> list[Judged]:
    """Return the findings that tell of passwords in clear."""
    chosen = [rules()[code] for code in PASSWORDS]
    found = findings(facts.analysis, chosen)
    return [Judged(each, facts.talks_by_id.get(each.conversation or 0)) for each in found]


def codes(value: object) -> frozenset[str]:
    """Return the codes of rules that are named by code, beginning of codes, or name. Raises: `ValueError`."""
    words = texts(value)
    try:
        return frozenset(rule.code for rule in chosen_rules(words))
    except UsageError as error:
        raise ValueError(f"codes or names of rules: {error}") from None


def _says(thing: Judged) -> str:
    finding = thing.finding
    return f"{finding.code} {finding.name}: {finding.message}"


def _packets(thing: Judged) -> tuple[int, ...]:
    return thing.finding.packets


def _talk(thing: Judged) -> Talk | None:
    return thing.talk


def _counts(thing: Judged) -> int:
    return 1 + thing.finding.more


TALKS: Mapping[str, Pick[Judged]] = lifted({**PROTOCOL, **SIDES}, _talk)

FINDINGS: Kind[Judged] = Kind(
    "{count} finding",
    "{count} findings",
    "no finding",
    judged,
    _says,
    _packets,
    {
        "severity": Pick(
            one_of(*SEVERITIES), lambda thing, wanted: thing.finding.severity.rank <= Severity(wanted).rank
        ),
        "codes": Pick(codes, lambda thing, wanted: thing.finding.code in wanted),
        **TALKS,
    },
    {},
    _counts,
)

PASSWORDS_IN_CLEAR: Kind[Judged] = Kind(
    "{count} password in clear",
    "{count} passwords in clear",
    "no password in clear",
    passwords,
    _says,
    _packets,
    TALKS,
    {},
    _counts,
)
