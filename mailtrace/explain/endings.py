"""How something ended, in a few words, and whether it ended badly: reports show that by a colour, too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from mailtrace.explain.texts import text

BAD = frozenset(
    (
        *("result.rejected", "result.deferred", "result.aborted", "result.refused", "result.deferred-reply"),
        *("result.count.rejected", "result.count.deferred", "result.count.aborted", "result.login-refused"),
        *("result.tls-failed", "result.refused-connection", "result.unanswered"),
        *("result.ident.refused", "result.ident.unanswered", "result.ident.silent", "result.dns.none"),
        *("result.closed.rst", "result.closed.idle"),
        *("outcome.deferred", "outcome.broken-off", "outcome.bounced", "outcome.rejected"),
    )
)
"""Sentences that tell of a bad end."""


class Ending(NamedTuple):
    """How it ended in a few words, and whether that was bad."""

    says: str
    is_bad: bool = False


def ending(key: str, **fields: object) -> Ending:
    """Return an ending by the name of its sentence."""
    return Ending(text(key, **fields), key in BAD)


def joined(endings: Iterable[Ending]) -> Ending:
    """Return several endings as one, bad where one of them is."""
    all_of_them = list(endings)
    return Ending(", ".join(each.says for each in all_of_them), any(each.is_bad for each in all_of_them))
