"""Where every sentence of a walkthrough is fetched: whole templates with named fields, in the language that is spoken.

A sentence is never glued from fragments: what varies is a field (a name, an address, a counted noun). The tables are
English; other languages have a catalogue of what stands in them (`mailtrace.model.language`).
"""

from __future__ import annotations

from mailtrace.explain.english import ENGLISH, NOUNS
from mailtrace.model import language
from mailtrace.model.figures import SECOND_NS, between, numbers, packets, rounded, seconds
from mailtrace.model.language import said
from mailtrace.protocols.word import Word

__all__ = [
    "SECOND_NS",
    "between",
    "counted",
    "has_text",
    "listed",
    "meaning",
    "numbers",
    "packets",
    "rounded",
    "seconds",
    "text",
]


def text(key: str, **fields: object) -> str:
    """Return the sentence named `key` with its fields filled in."""
    return said(ENGLISH[key], **fields)


def has_text(key: str) -> bool:
    """Tell whether there is a sentence of that name."""
    return key in ENGLISH


def counted(noun: str, number: int) -> str:
    """Return a number with its noun: `1 octet`, `1,230 octets`."""
    return language.counted(*NOUNS[noun], number)


def meaning(word: Word) -> str:
    """Return what a word means."""
    return said(word.means)


def listed(items: list[str]) -> str:
    """Return items as people list them: `1, 2 and 4`."""
    if len(items) < 2:
        return "".join(items)
    return text("list", most=", ".join(items[:-1]), last=items[-1])
