"""The registry: each rule is a manual page, its sentence has a value for every field, and its number is its own."""

from __future__ import annotations

import re

import pytest

from mailtrace.errors import UsageError
from mailtrace.findings.catalog import FAMILIES, chosen_rules, find_rule, rules

RULES = list(rules().values())

CODE = re.compile(r"(SMTP|POP|IMAP|DNS|TLS|TCP|MAIL|JRN)\d{3}")


def test_codes_and_names_are_used_once() -> None:
    from importlib import import_module

    from mailtrace.findings.rule import Rule

    every = [
        value
        for family in FAMILIES
        for value in vars(import_module(f"mailtrace.findings.{family}")).values()
        if isinstance(value, Rule)
    ]
    assert len({rule.code for rule in every}) == len(every)
    assert len({rule.name for rule in every}) == len(every)
    assert [rule.code for rule in every if not CODE.fullmatch(rule.code)] == []


@pytest.mark.parametrize("rule", RULES, ids=[rule.code for rule in RULES])
def test_a_rule_is_its_own_manual_page(rule) -> None:  # type: ignore[no-untyped-def]
    manual = rule.manual
    assert all((manual.what, manual.why, manual.mend, manual.not_when))
    assert all(
        not part[0].islower() and part.endswith((".", "?", ":"))
        for part in (manual.what, manual.why, manual.mend, manual.not_when)
    )
    assert all(program and setting for program, setting in manual.examples)
    assert not rule.says.endswith(".")


def test_rules_are_chosen_by_code_beginning_or_name() -> None:
    assert [rule.code for rule in chosen_rules(["smtp001"])] == ["SMTP001"]
    assert [rule.code for rule in chosen_rules(["password-sent-in-clear"])] == ["SMTP001"]
    assert {rule.code for rule in chosen_rules(["SMTP"], ["SMTP001"])} == {
        rule.code for rule in RULES if rule.code.startswith("SMTP")
    } - {"SMTP001"}
    assert len(chosen_rules()) == len(RULES)


def test_a_word_that_names_no_rule_is_refused() -> None:
    with pytest.raises(UsageError, match="'NOPE1'"):
        chosen_rules(["NOPE1"])
    assert find_rule("nope") is None
