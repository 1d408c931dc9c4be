"""Values in a file of expectations: each reader takes one and returns it, or says what would be right.

Every reader raises `ValueError`, whose text ends the sentence `type is 3, but wants ...`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from math import isfinite

from mailtrace.expectations.words import Amount
from mailtrace.model.language import said

MOST_COUNTED = 10**9
"""Numbers above this are slips of the finger: no capture holds so much."""

HOW_MANY = {"exactly": "exactly {number}", "at most": "at most {number}"}

AMOUNTS = 'a number such as 3 (for at least 3), "exactly 3", "at most 3", "all" or "none"'


def amount(value: object) -> Amount:
    """Return how many are expected. Raises: `ValueError`."""
    if _is_count(value):
        number = int(str(value))
        return Amount(said("at least {number}", number=number), number) if number else Amount(said("none"), 0, 0)
    words = value.lower().split() if isinstance(value, str) else []
    if words == ["all"]:
        return Amount(said("all"), every=True)
    if words == ["none"]:
        return Amount(said("none"), 0, 0)
    how, number_word = " ".join(words[:-1]), words[-1] if words else ""
    if how not in ("", "exactly", "at most", "at least") or not (number_word.isascii() and number_word.isdecimal()):
        raise ValueError(AMOUNTS)
    if len(number_word) > len(str(MOST_COUNTED)) or not _is_count(int(number_word)):
        raise ValueError(AMOUNTS)
    number = int(number_word)
    if how in ("", "at least"):
        return amount(number)
    return Amount(said(HOW_MANY[how], number=number), number if how == "exactly" else 0, number)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_COUNTED


def text(value: object) -> str:
    """Return a text that is not empty. Raises: `ValueError`."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError('a text in quotes, such as "test"')
    return value.strip()


def texts(value: object) -> tuple[str, ...]:
    """Return one text, or a list of them. Raises: `ValueError`."""
    each = value if isinstance(value, list) else [value]
    if not each or not all(isinstance(item, str) and item.strip() for item in each):
        raise ValueError('a text in quotes, or a list of them, such as ["naver.com", "daum.net"]')
    return tuple(str(item).strip() for item in each)


def yes(value: object) -> bool:
    """Return true or false. Raises: `ValueError`."""
    if not isinstance(value, bool):
        raise ValueError("true or false, without quotes")
    return value


def seconds(value: object) -> int:
    """Return seconds as nanoseconds. Raises: `ValueError`."""
    if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) and 0 <= value < MOST_COUNTED:
        return round(value * 1_000_000_000)
    raise ValueError("a number of seconds, such as 2 or 0.5")


def one_of(*words: str) -> Callable[[object], str]:
    """Return a reader that takes one of some words, whatever their case."""

    def read(value: object) -> str:
        if isinstance(value, str) and value.strip().lower() in words:
            return value.strip().lower()
        known = ", ".join(f'"{word}"' for word in words)
        raise ValueError(f"one of {known}{nearest(str(value).lower(), words)}")

    return read


def nearest(word: str, known: Sequence[str]) -> str:
    """Return a question after the known word that is nearly like one, '' where there is none."""
    near = get_close_matches(word, known, 1)
    return f": did you mean {near[0]}?" if near else ""
