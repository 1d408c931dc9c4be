"""Read trace fields: who says to have got a message from whom, how, under which id, and when.

MTAs differ in everything but the keywords `from`, `by`, `via`, `with`, `id`, `for` and the semicolon before the time,
so that is all this relies on. Comments are passed over: they hold what the receiver looked up, in its own spelling, and
the whole field stands among the message's headers. Source: RFC 5321 section 4.4.
"""

from __future__ import annotations

import re

from mailtrace.mail.dates import parse_date
from mailtrace.mail.headers import without_comments
from mailtrace.model import Received

_KEYWORDS = frozenset(("from", "by", "via", "with", "id", "for"))

WORDS_LIMIT = 200
"""Words of one trace field that are looked at; real ones have fewer than forty."""

_WORD = r"((?!(?i:from|by|via|with|id|for)\b)[^\s\"();\\]+)"
_COMMENT = r"(?:\s\([^\"()\\]*\))?"
_USUAL = re.compile(
    rf"from\s{_WORD}{_COMMENT}\s+by\s{_WORD}{_COMMENT}\s+with\s{_WORD}{_COMMENT}\s+id\s{_WORD}{_COMMENT}"
    rf"(?:\s+for\s<[^\s\"();\\]*>)?;\s*([^\"();\\]*){_COMMENT}"
)
"""The order in which most MTAs say it all, without anything quoted."""


def parse_received(value: str) -> Received:
    """Return what one Received field says, each thing None where it says nothing; the first clause of a kind counts."""
    usual = _USUAL.fullmatch(value)
    if usual is not None:
        from_, by, with_, id_, time = usual.groups()
        return Received(from_, by, with_, id_, parse_date(time))
    plain = without_comments(value)
    clauses, _, time = plain.rpartition(";")
    if not clauses:
        clauses, time = plain, ""
    found: dict[str, list[str]] = {}
    words: list[str] = []
    for word in clauses.split(None, WORDS_LIMIT)[:WORDS_LIMIT]:
        key = word.lower()
        if key in _KEYWORDS and key not in found:
            words = found[key] = []
        else:
            words.append(word)
    return Received(
        from_=_first(found, "from"),
        by=_first(found, "by"),
        with_=" ".join(found["with"]) or None if "with" in found else None,
        id=_first(found, "id"),
        time=parse_date(time.strip()),
    )


def _first(found: dict[str, list[str]], keyword: str) -> str | None:
    """Return the first word of a clause, or None without one."""
    words = found.get(keyword)
    return words[0].rstrip(";") or None if words else None
