"""What `mailtrace rules` and `mailtrace explain` do: the rules in a list; a rule or a word of mail on a page."""

from __future__ import annotations

import sys
from difflib import get_close_matches

from mailtrace.command import DONE
from mailtrace.errors import UsageError
from mailtrace.explain.glossary import look_up, similar
from mailtrace.findings.catalog import find_rule
from mailtrace.findings.catalog import rules as all_rules
from mailtrace.reports.glossary import write_entries
from mailtrace.reports.layout import text_stream
from mailtrace.reports.manual import write_manual, write_rules

MOST_RULES = 3  # proposed beside words of the glossary: more would hide those


def list_rules() -> int:
    """List all rules on standard output, and return the exit code."""
    with text_stream(sys.stdout.buffer) as out:
        write_rules(list(all_rules().values()), out)
    return DONE


def explain_word(word: str) -> int:
    """Explain a finding or a word of mail on standard output, and return the exit code.

    Raises: `UsageError` for an unknown word, with those that are nearly like it.
    """
    rule, entries = find_rule(word.strip()), look_up(word)
    if rule is None and not entries:
        known = ", ".join([*_similar_rules(word), *similar(word)])
        hint = f"did you mean {known}?" if known else "try a command, a code or a term, such as 354, EHLO or MX"
        raise UsageError(f"nothing is known of {word!r}: {hint}")
    with text_stream(sys.stdout.buffer) as out:
        if rule is not None:
            write_manual(rule, out)
        else:
            write_entries(entries, out)
    return DONE


def _similar_rules(word: str) -> list[str]:
    """Return the names of rules that are nearly like a word."""
    return get_close_matches(word.casefold(), [rule.name for rule in all_rules().values()], MOST_RULES)
