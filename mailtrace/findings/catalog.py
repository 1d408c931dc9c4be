"""All rules, by code; and what they find in a capture.

A family of rules is a file; a new file is one line of `FAMILIES`. Files are loaded when the rules are first wanted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any

from mailtrace.errors import UsageError
from mailtrace.findings.facts import Facts
from mailtrace.findings.rule import Rule
from mailtrace.model import Analysis, Finding

FAMILIES = (
    *("smtp_security", "smtp_smuggling", "smtp_octets", "smtp_dialogue", "smtp_hello"),
    *("smtp_refusals", "smtp_deferrals", "smtp_endings", "smtp_relay"),
    *("tls_start", "tls_trust", "tcp_paths", "tcp_capture"),
    *("pop3", "pop3_mails", "imap", "dns_answers", "dns_hosts", "dns_spf", "dns_keys"),
    *("mail_headers", "mail_content", "mail_checks", "journeys", "journey_changes"),
)
"""The files of this room that hold rules."""


@lru_cache(maxsize=1)
def rules() -> dict[str, Rule[Any]]:
    """Return all rules by code, in the order of the codes."""
    modules = [import_module(f"mailtrace.findings.{family}") for family in FAMILIES]
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Rule)]
    return {rule.code: rule for rule in sorted(found, key=lambda rule: rule.code)}


def find_rule(word: str) -> Rule[Any] | None:
    """Return the rule of a code or a name, None where there is none."""
    return next((rule for rule in rules().values() if word.casefold() in (rule.code.casefold(), rule.name)), None)


def chosen_rules(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> list[Rule[Any]]:
    """Return the rules that are selected (all, where none is) and not ignored.

    Each word is a code, the beginning of codes (`SMTP`, `DNS00`) or a name. Raises: `UsageError` for one that is none.
    """
    wanted = _covered(select) or set(rules())
    wanted -= _covered(ignore)
    return [rule for code, rule in rules().items() if code in wanted]


def _covered(words: Iterable[str]) -> set[str]:
    covered: set[str] = set()
    for word in words:
        found = {c for c, rule in rules().items() if c.startswith(word.upper()) or rule.name == word.casefold()}
        if not found:
            raise UsageError(f"no rule has the code or name {word!r}; `mailtrace rules` lists them")
        covered |= found
    return covered


def findings(analysis: Analysis, chosen: Sequence[Rule[Any]] | None = None) -> list[Finding]:
    """Return what the chosen rules (None: all) find in a capture, the worst first, then in order of appearance.

    `analysis` must not be narrowed: a lookup or a hop that is left out would be taken for missing.
    """
    facts = Facts(analysis)
    found = [each for rule in (rules().values() if chosen is None else chosen) for each in rule.findings(facts)]
    return sorted(found, key=lambda each: (each.severity.rank, each.packets[:1], each.code))
