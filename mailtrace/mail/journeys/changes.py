"""What became different of a mail from one hop to the next, as plain facts."""

from __future__ import annotations

from collections import Counter

from mailtrace.mail.journeys.trace import Trace
from mailtrace.mail.journeys.words import WORDS
from mailtrace.model.language import said

NAMES_TOLD = 20
"""Header fields named in one fact; who changes more than that rewrites the mail."""

ADDRESSES_TOLD = 5
"""Recipients named in one fact."""


def changes(before: Trace, after: Trace) -> tuple[str, ...]:
    """Return what is different in `after`, which continues `before`."""
    return (*_envelope(before, after), *_head(before, after), *_body(before, after))


def _envelope(before: Trace, after: Trace) -> list[str]:
    """A list gives a mail its own sender, an alias and `.forward` other recipients. Source: RFC 5321 section 3.9."""
    if before.retrieved or after.retrieved or not before.recipients or not after.recipients:
        return []
    found = []
    if None not in (before.sender, after.sender) and before.sender != after.sender:
        found.append(said(WORDS["sender-changed"], before=before.sender or "<>", after=after.sender or "<>"))
    if not after.addresses <= before.addresses:
        new = [each.address for each in after.recipients if each.address.lower() not in before.addresses]
        was = [each.address for each in before.recipients]
        found.append(said(WORDS["recipients-changed"], before=_some(was), after=_some(new)))
    return found


def _head(before: Trace, after: Trace) -> list[str]:
    """Fields are compared by name and value; one that is gone and there again with another value is changed."""
    if not before.how or not after.how:
        return []
    had, has = _fields(before), _fields(after)
    new = Counter(name for name, _ in (has - had).elements())
    gone = Counter(name for name, _ in (had - has).elements())
    changed = new & gone
    found = []
    for word, names in (("added", new - changed), ("removed", gone - changed), ("changed", changed)):
        if names:
            told = [name if many == 1 else f"{name} ({many})" for name, many in names.items()]
            found.append(said(WORDS[word], names=_some(told, NAMES_TOLD)))
    return found


def _fields(trace: Trace) -> Counter[tuple[str, int]]:
    names = trace.names.split("\n") if trace.values else []
    return Counter(zip(names, memoryview(trace.values).cast("q"), strict=True))


def _body(before: Trace, after: Trace) -> list[str]:
    """The body hash of a DKIM signature is over the body as it is transmitted. Source: RFC 6376 section 3.7."""
    if before.body is None or after.body is None or before.body == after.body:
        return []
    if before.text != after.text:
        return [said(WORDS["body-changed"])]
    if (before.encoding or "").lower() == (after.encoding or "").lower():
        return [said(WORDS["spaces-changed"])]
    return [said(WORDS["re-encoded"], before=before.encoding or "7bit", after=after.encoding or "7bit")]


def _some(names: list[str], limit: int = ADDRESSES_TOLD) -> str:
    told = ", ".join(names[:limit])
    return told if len(names) <= limit else said(WORDS["and-more"], names=told, count=len(names) - limit)
