"""What a SEARCH looks for, in words: `UNSEEN FROM "kim"` is unread and from "kim". Source: RFC 9051 section 6.4.4."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from mailtrace.explain.english import SEARCH_HEADER, SEARCH_KEYS, SEARCH_KEYS_OF_ONE
from mailtrace.explain.imap.syntax import Value
from mailtrace.explain.imap.words import mails_shown
from mailtrace.explain.texts import listed, text
from mailtrace.model.language import said

MAX_KEYS = 48
"""Search keys and brackets that are told; more are left to the line itself."""

TAKES = {"NOT": 1, "OR": 2}
"""Keys that say something about the next ones, and about how many."""

_OPEN, _CLOSE = "(", ")"


@dataclass(slots=True)
class _Waiting:
    """A key or a bracket that waits for its conditions; `wanted` is 0 where it takes all up to the closing bracket."""

    how: str
    wanted: int
    having: list[str] = field(default_factory=list)

    def told(self) -> str:
        """Return it as one condition."""
        if self.how == _OPEN:
            return f"({listed(self.having)})" if len(self.having) > 1 else listed(self.having)
        return text(f"imap.search.{self.how.lower()}", one=self.having[0], other=self.having[-1])


def conditions(keys: Sequence[Value]) -> str:
    """Return what mails must be, '' for all of them: each condition in words, joined.

    What waits for more conditions waits on a stack, so that nothing calls itself however deep the brackets are.
    """
    left = deque(_flat(keys))
    waiting = [_Waiting(_OPEN, 0)]
    while left:
        key = left.popleft()
        upper = key.upper()
        if upper in TAKES or key == _OPEN:
            waiting.append(_Waiting(upper, TAKES.get(upper, 0)))
            continue
        if key == _CLOSE:
            condition = waiting.pop().told() if len(waiting) > 1 and waiting[-1].how == _OPEN else ""
        else:
            condition = _condition(key, upper, left)
        while condition:
            waiting[-1].having.append(condition)
            full = len(waiting[-1].having) == waiting[-1].wanted
            condition = waiting.pop().told() if full else ""
    told = waiting[0].having
    return "" if told == [said(SEARCH_KEYS["ALL"])] else listed(told)


def _condition(key: str, upper: str, left: deque[str]) -> str:
    """Return a key in words, its arguments taken off; as it stands where it is not known."""
    if upper in SEARCH_KEYS:
        return said(SEARCH_KEYS[upper])
    if upper in SEARCH_KEYS_OF_ONE and left:
        return said(SEARCH_KEYS_OF_ONE[upper], value=left.popleft())
    if upper == "HEADER" and len(left) > 1:
        return said(SEARCH_HEADER, name=left.popleft(), value=left.popleft())
    return mails_shown(key, uid=False) if key[:1].isdigit() or key in ("*", "$") else key


def _flat(keys: Sequence[Value]) -> list[str]:
    """Return the keys with the brackets around some of them as words; FUZZY, CHARSET and RETURN are left out."""
    flat: list[str] = []
    waiting = deque(keys)
    while waiting and len(flat) < MAX_KEYS:
        key = waiting.popleft()
        if isinstance(key, list):
            waiting.extendleft(reversed([_OPEN, *key, _CLOSE]))
        elif isinstance(key, str) and key.upper() in ("CHARSET", "RETURN") and waiting:
            waiting.popleft()
        elif isinstance(key, str) and key.upper() != "FUZZY":
            flat.append(key)
    return flat
