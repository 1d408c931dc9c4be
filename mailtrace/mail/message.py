"""HOT. Make a `Message` of the octets of a mail; the all-mail benchmark in `tests/bench` reads twenty thousand of them.

Each step has its own file; this one only brings the results together. Nothing here fails: whatever the octets are,
there is a message, and what was wrong with them stands in its `defects`, each once.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailtrace.mail.addresses import parse_addresses
from mailtrace.mail.bounces import FAILED_RECIPIENTS, read_report
from mailtrace.mail.dates import parse_date
from mailtrace.mail.encodedwords import decode_words
from mailtrace.mail.headers import Field, Head, parse_head
from mailtrace.mail.holes import marked_header
from mailtrace.mail.mime import outline
from mailtrace.mail.received import parse_received
from mailtrace.model import AttachedMessage, Content, Direction, Message, Person

DEFECTS_LIMIT = 100
"""Different defects told of one message; who has more is understood to be broken."""

RECEIVED_LIMIT = 100
"""Trace fields read: MTAs refuse a message with more as looping (RFC 5321 section 6.3)."""

ATTACHED_LIMIT = 100
"""Attached messages whose heads are told; a digest has a few dozen."""

AMBIGUOUS = "header-given-twice"
CONTENT_LIMIT_REACHED = "limit-content"
DEFECTS_LIMIT_REACHED = "limit-defects"
RECEIVED_LIMIT_REACHED = "limit-received"

_ONCE = frozenset(
    (
        *("from", "to", "cc", "subject", "date", "message-id", "sender", "reply-to"),
        *("content-type", "content-transfer-encoding", "content-disposition", "mime-version"),
    )
)
"""Fields that may stand once only. Source: RFC 5322 section 3.6, RFC 2045 section 3."""


_NO_HOLES: frozenset[int] = frozenset()


def read_message(content: Content, *, id: int, conversation: int, direction: Direction) -> Message:
    """Return what the mail in `content` says; `id` and `conversation` are the numbers it is known by.

    `date` is None when the Date field is missing or no date; the field itself is among `headers` in any case.
    """
    defects: list[str] = []
    head = parse_head(content.kept, 0, len(content.kept), defects)
    holes = frozenset([octets for _, octets in content.holes]) if content.holes else _NO_HOLES
    head = _marked(head, holes) if holes else head
    first = head.first
    if len(first) != len(head.fields):
        defects += _ambiguities(head.fields)
    if not content.kept_all:
        defects.append(f"{CONTENT_LIMIT_REACHED}: {len(content.kept)} of {content.size_bytes} octets kept")
    subject = first.get("subject")
    date = first.get("date")
    trace = [value for name, value in head.fields if len(name) == 8 and name.lower() == "received"]
    if len(trace) > RECEIVED_LIMIT:
        defects.append(f"{RECEIVED_LIMIT_REACHED}: {len(trace) - RECEIVED_LIMIT} more")
    told = outline(content.kept, head, defects, holes)
    parts = tuple(told.parts)
    return Message(
        id=id,
        conversation=conversation,
        direction=direction,
        content=content,
        message_id=first.get("message-id") or None,
        subject=decode_words(subject, defects) if subject is not None else None,
        from_=_people(first.get("from"), defects),
        to=_people(first.get("to"), defects),
        cc=_people(first.get("cc"), defects),
        date=parse_date(date) if date else None,
        headers=tuple([(each[0], decode_words(each[1], defects)) if "=?" in each[1] else each for each in head.fields]),
        received=tuple([parse_received(value) for value in trace[:RECEIVED_LIMIT]]),
        parts=parts,
        defects=_each_once(defects),
        attached=tuple([_attached(*each) for each in told.heads[:ATTACHED_LIMIT]]) if told.heads else (),
        embedded=tuple(told.files) if told.files else (),
        reports=read_report(head, parts, told.heads) if told.may_report or FAILED_RECIPIENTS in first else None,
    )


def _marked(head: Head, holes: frozenset[int]) -> Head:
    """Return a head with marks for what was not captured of it."""
    fields = [(name, marked_header(value, holes)) for name, value in head.fields]
    return Head(fields, head.body, {name.lower(): value for name, value in reversed(fields)})


def _attached(path: str, head: Head) -> AttachedMessage:
    """Return what the head of an attached message says; its faults are not those of the mail that carries it."""
    first = head.first
    subject, date = first.get("subject"), first.get("date")
    return AttachedMessage(
        path=path,
        message_id=first.get("message-id") or None,
        subject=decode_words(subject, []) if subject is not None else None,
        from_=_people(first.get("from"), []),
        date=parse_date(date) if date else None,
    )


def _people(value: str | None, defects: list[str]) -> tuple[Person, ...]:
    """Return the mailboxes of an address field that may be missing."""
    return parse_addresses(value, defects) if value else ()


def _ambiguities(fields: Sequence[Field]) -> list[str]:
    """Tell the fields that stand more than once though they may not; the first of them is the one that is used."""
    counts: dict[str, int] = {}
    for name, _ in fields:
        name = name.lower()
        if name in _ONCE:
            counts[name] = counts.get(name, 0) + 1
    return [f"{AMBIGUOUS}: {name}" for name, count in counts.items() if count > 1]


def _each_once(defects: list[str]) -> tuple[str, ...]:
    """Return the defects in order, each once, up to the limit."""
    if not defects:
        return ()
    told = list(dict.fromkeys(defects))
    if len(told) > DEFECTS_LIMIT:
        told[DEFECTS_LIMIT:] = [f"{DEFECTS_LIMIT_REACHED}: {len(told) - DEFECTS_LIMIT} more"]
    return tuple(told)
