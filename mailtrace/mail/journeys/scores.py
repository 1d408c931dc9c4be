"""How sure it is that two sightings are of one mail: evidence for and against, each with its weight.

No single piece is enough but the queue number, which the server that gave it wrote into the mail: two mails may say the
same, carry the same Message-ID, or go from the same sender to the same recipient. Bodies count least: a newsletter has
one body for thousands of mails, and local delivery writes the same text in another encoding.
"""

from __future__ import annotations

from mailtrace.mail.journeys.places import Places
from mailtrace.mail.journeys.trace import Trace
from mailtrace.mail.journeys.words import WORDS
from mailtrace.model import Evidence, EvidenceKind
from mailtrace.model.language import said

QUEUE_ID = 45
MESSAGE_ID = 35
SAME_BODY = 25
SAME_TEXT = 20
ENVELOPE = 15
RECEIVED = 15
ADDRESS = 10
TIME = 5
"""Weights: what makes two sightings one mail."""

OTHER_MESSAGE_ID = -60
OTHER_BODY = -25
OTHER_TIME = -5
"""Weights against it."""

ENOUGH = 50
"""The least score of a link."""

RECIPIENTS_COMPARED = 100
"""Recipients of one mail that are looked for in the envelope before."""


def compared(before: Trace, after: Trace, places: Places, continues: bool) -> tuple[int, list[Evidence]]:
    """Return how sure it is (0 to 100) that both are one mail, and the evidence.

    `continues` asks whether `after` comes from where `before` went, else whether both come from the same host.
    """
    score = 0
    evidence: list[Evidence] = []
    for weight, reason in (
        _message_id(before, after),
        _queue_id(before, after),
        _envelope(before, after),
        _body(before, after),
        _received(before, after, places),
        _address(before, after, places, continues),
        _time(before, after),
    ):
        score += weight
        if reason is not None:
            evidence.append(reason)
    return max(0, min(100, score)), evidence


Weighed = tuple[int, Evidence | None]
_NOTHING: Weighed = (0, None)


def _message_id(before: Trace, after: Trace) -> Weighed:
    if not before.message_id or not after.message_id:
        return _NOTHING
    if before.message_id != after.message_id:
        return OTHER_MESSAGE_ID, None
    return MESSAGE_ID, _because(EvidenceKind.MESSAGE_ID, "message-id", before, after, id=after.message_id)


def _queue_id(before: Trace, after: Trace) -> Weighed:
    number = before.queue_id
    if not number or all(stamp.id != number for stamp in after.stamps):
        return _NOTHING
    return QUEUE_ID, _because(EvidenceKind.QUEUE_ID, "queue-id", before, after, id=number)


def _envelope(before: Trace, after: Trace) -> Weighed:
    if before.retrieved:
        return _NOTHING
    if after.retrieved:
        user = after.user
        if user and user.lower() in before.users:
            return ENVELOPE, _because(EvidenceKind.ENVELOPE, "mailbox", before, after, user=user)
        return _NOTHING
    if before.sender is None or before.sender != after.sender:
        return _NOTHING
    known = before.addresses
    same = [each for each in after.recipients[:RECIPIENTS_COMPARED] if each.address.lower() in known]
    if not same:
        return _NOTHING
    named = next((each for each in same if each.accepted), same[0])
    detail = {"sender": after.sender or "<>", "recipient": named.address}
    return ENVELOPE, _because(EvidenceKind.ENVELOPE, "envelope", before, after, **detail)


def _body(before: Trace, after: Trace) -> Weighed:
    if before.body is None or after.body is None:
        return _NOTHING
    if before.body == after.body:
        return SAME_BODY, _because(EvidenceKind.BODY, "body", before, after)
    if before.text == after.text:
        return SAME_TEXT, _because(EvidenceKind.BODY, "text", before, after)
    return OTHER_BODY, None


def _received(before: Trace, after: Trace, places: Places) -> Weighed:
    """What `before`'s receiver wrote into the mail: its own name, and that or the address of its client."""
    if before.retrieved or len(after.stamps) <= len(before.stamps):
        return _NOTHING
    stamp = after.stamps[-len(before.stamps) - 1]
    if not places.same(stamp.peer, (before.client,)) and not places.same(stamp.by, (before.server,)):
        return _NOTHING
    return RECEIVED, _because(EvidenceKind.RECEIVED, "received", before, after, by=stamp.by, peer=stamp.peer)


def _address(before: Trace, after: Trace, places: Places, continues: bool) -> Weighed:
    if places.key(before.holder if continues else before.source) != places.key(after.source):
        return _NOTHING
    word = "address" if continues else "same-source"
    return ADDRESS, _because(EvidenceKind.ADDRESS, word, before, after, host=after.source)


def _time(before: Trace, after: Trace) -> Weighed:
    passed_ns = after.time_ns - before.time_ns
    if passed_ns < 0:
        return OTHER_TIME, None
    return TIME, _because(EvidenceKind.TIME, "time", before, after, seconds=f"{passed_ns / 1e9:,.3f}")


def _because(kind: EvidenceKind, word: str, before: Trace, after: Trace, **facts: str) -> Evidence:
    return Evidence(kind, said(WORDS[word], **facts), (*before.packets[-1:], *after.packets[-1:]))
