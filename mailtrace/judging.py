"""Which findings the user asked for, and which of them make the exit code 1."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mailtrace.model import Analysis, Finding, Severity


@dataclass(frozen=True, slots=True)
class Judging:
    """The rules that are `select`ed (all, where none is) and not `ignore`d: codes, beginnings of codes, or names.

    `fail_on` is the least severity that makes the exit code 1, None where none does.
    """

    fail_on: Severity | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def check(self) -> None:
        """Refuse words that name no rule. Raises: `UsageError`."""
        if self.select or self.ignore:
            from mailtrace.findings.catalog import chosen_rules

            chosen_rules(self.select, self.ignore)

    def findings(self, analysis: Analysis) -> list[Finding]:
        """Return what these rules find in a whole analysis, the worst first. Raises: `UsageError`."""
        from mailtrace.findings.catalog import chosen_rules, findings

        return findings(analysis, chosen_rules(self.select, self.ignore))

    def fails(self, findings: Iterable[Finding]) -> bool:
        """Tell whether one of the findings is as severe as the user asked to fail on."""
        return self.fail_on is not None and any(each.severity.rank <= self.fail_on.rank for each in findings)


ALL_FINDINGS = Judging()
"""What is wanted where the user does not say: all findings are shown, and none makes the command fail."""


def findings_within(
    findings: Iterable[Finding], chosen: Analysis, whole: bool, mails_alone: bool = False
) -> list[Finding]:
    """Return the findings about conversations, messages and journeys of an analysis that may be narrowed.

    What is about the capture as such is among them only where the analysis is `whole`. Where it is narrowed to
    journeys, `mails_alone`, what was seen in other mails of their conversations is not among them.
    """
    if whole:
        return list(findings)
    conversations = {each.id for each in chosen.conversations}
    mails = {each.id for each in chosen.messages}
    journeys = {each.id for each in chosen.journeys}
    others = _packets_of_others(chosen) if mails_alone else frozenset()

    def is_about_them(each: Finding) -> bool:
        if each.journey is not None or each.mail is not None:
            return each.mail in mails or each.journey in journeys
        return each.conversation in conversations and not others.issuperset(each.packets)

    return [each for each in findings if is_about_them(each)]


def _packets_of_others(chosen: Analysis) -> frozenset[int]:
    """Return the packets that carry only mails of chosen conversations that are not of the chosen journeys."""
    ours = {number for journey in chosen.journeys for hop in journey.hops for number in hop.packets}
    messages = {each.id for each in chosen.messages}
    others: set[int] = set()
    for conversation in chosen.conversations:
        for content in conversation.dialogue.contents:
            (ours if content.message in messages else others).update(content.packets)
        for transaction in conversation.dialogue.transactions:
            if transaction.content is None and ours.isdisjoint(transaction.packets):
                others.update(transaction.packets)
    return frozenset(others - ours)
