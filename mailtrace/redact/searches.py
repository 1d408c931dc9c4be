"""What an IMAP client looks for: words of subjects and texts, names of people. Source: RFC 9051 section 6.4.4."""

from __future__ import annotations

import re

from mailtrace.redact.fields import BODIES, NAMES, SUBJECTS
from mailtrace.redact.text import Rewriter

SEARCHES = frozenset(f"{before}{verb}" for before in ("", "UID ") for verb in ("SEARCH", "SORT", "THREAD"))
"""Commands that look for something."""

_LITERAL = re.compile(rb"\{([0-9]{1,10})\+?\}\Z")
_WORDS = re.compile(
    rb'(?i)("(?:[^"\\\r\n]|\\[^\r\n])*")'
    rb"|((?:SUBJECT|BODY|TEXT|FROM|TO|CC|BCC) )([^\s\"()]+)"
)


class Searches:
    """Replaces in searches; what comes behind a literal belongs to the search that announced it."""

    def __init__(self, rewriter: Rewriter) -> None:
        """Replace what the rewriter was told to."""
        self._rewriter = rewriter
        self._literal = 0

    def first(self, argument: bytes) -> bytes:
        """Return the argument of a search, up to its first literal if it has one."""
        self._announced(argument)
        if not self._rewriter.fields & {BODIES, NAMES, SUBJECTS}:
            return self._rewriter.text(argument)
        return _WORDS.sub(self._found, argument)

    def next(self, line: bytes) -> bytes:
        """Return a literal and what follows it."""
        size = min(self._literal, len(line))
        looked_for = line[:size]
        if self._rewriter.fields & {BODIES, NAMES, SUBJECTS}:
            looked_for = self._rewriter.person(looked_for)
        return looked_for + self.first(line[size:])

    def _announced(self, text: bytes) -> None:
        found = _LITERAL.search(text[-16:])
        self._literal = int(found[1]) if found else 0

    def _found(self, found: re.Match[bytes]) -> bytes:
        if found[1] is not None:
            return b'"' + self._rewriter.person(found[1][1:-1]) + b'"'
        word = found[3]
        return found[2] + (word if _LITERAL.match(word) else self._rewriter.person(word))
