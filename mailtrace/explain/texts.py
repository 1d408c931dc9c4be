"""Where every sentence of a walkthrough is fetched: whole templates with named fields, so that a language is one table.

A sentence is never glued from fragments: what varies is a field (a name, an address, a counted noun). A second language
is a second table like `ENGLISH` and a second set of `words` tables.
"""

from __future__ import annotations

from mailtrace.explain.english import ENGLISH, NOUNS
from mailtrace.model.figures import SECOND_NS, between, numbers, rounded, seconds

__all__ = ["SECOND_NS", "between", "counted", "has_text", "listed", "numbers", "rounded", "seconds", "text"]


def text(key: str, **fields: object) -> str:
    """Return the sentence named `key` with its fields filled in."""
    return ENGLISH[key].format(**fields)


def has_text(key: str) -> bool:
    """Tell whether there is a sentence of that name."""
    return key in ENGLISH


def counted(noun: str, number: int) -> str:
    """Return a number with its noun: `1 octet`, `1,230 octets`."""
    one, many = NOUNS[noun]
    return f"{number:,} {one if number == 1 else many}"


def listed(items: list[str]) -> str:
    """Return items as people list them: `1, 2 and 4`."""
    if len(items) < 2:
        return "".join(items)
    return text("list", most=", ".join(items[:-1]), last=items[-1])
