"""Where every sentence of a walkthrough is fetched: whole templates with named fields, so that a language is one table.

A sentence is never glued from fragments: what varies is a field (a name, an address, a counted noun). A second language
is a second table like `ENGLISH` and a second set of `words` tables.
"""

from __future__ import annotations

from mailtrace.explain.english import ENGLISH, NOUNS
from mailtrace.model import NO_TIME

SECOND_NS = 1_000_000_000


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


def seconds(duration_ns: int) -> str:
    """Return a duration as people say it, in seconds: `4.99`, `12.3`, `0.021`, `0.0002`; no unit."""
    value = max(duration_ns, 0) / SECOND_NS
    if not value:
        return "0"
    for least, digits in ((10, 1), (0.1, 2), (0.001, 3)):
        if value >= least:
            return f"{value:.{digits}f}"
    return f"{value:.4f}"


def between(earlier_ns: int, later_ns: int) -> int:
    """Return the nanoseconds from one time to another, 0 where a capture does not tell one of them."""
    return 0 if NO_TIME in (earlier_ns, later_ns) else later_ns - earlier_ns


def rounded(duration_ns: int) -> str:
    """Return a duration to a tenth of a second, whole where it is whole: `3`, `1.5`; no unit."""
    return f"{max(duration_ns, 0) / SECOND_NS:.1f}".removesuffix(".0")


def listed(items: list[str]) -> str:
    """Return items as people list them: `1, 2 and 4`."""
    if len(items) < 2:
        return "".join(items)
    return text("list", most=", ".join(items[:-1]), last=items[-1])


def numbers(packets: list[int] | tuple[int, ...]) -> str:
    """Return packet numbers with runs joined: `16, 18-20`."""
    runs: list[list[int]] = []
    for number in sorted(set(packets)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ", ".join("-".join(str(end) for end in run) for run in runs)
