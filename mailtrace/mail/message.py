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
from mailtrace.mail.headers import Field, Head, head_of, parse_head
from mailtrace.mail.holes import marked_header
from mailtrace.mail.mime import outline
from mailtrace.mail.received import parse_received
from mailtrace.model import AttachedMessage, Content, Direction, Message, Received

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
    kept = content.kept
    head = parse_head(kept, 0, len(kept), defects)
    holes = frozenset([octets for _, octets in content.holes]) if content.holes else _NO_HOLES
    head = _marked(head, holes) if holes else head
    fields, places = head.fields, head.places
    if len(places) != len(fields):
        defects += _ambiguities(fields)
    if not content.kept_all:
        defects.append(f"{CONTENT_LIMIT_REACHED}: {len(kept)} of {content.size_bytes} octets kept")
    received = _received(fields, places["received"], defects) if "received" in places else ()
    told = outline(kept, head, defects, holes)
    parts = tuple(told.parts)
    encoded = kept.find(b"?", 0, head.body) >= 0  # this one octet is in every encoded word, and in few other fields
    return Message(
        id,
        conversation,
        direction,
        content,
        head.message_id or None,
        decode_words(head.subject, defects) if head.subject is not None else None,
        parse_addresses(head.from_, defects) if head.from_ else (),
        parse_addresses(head.to, defects) if head.to else (),
        parse_addresses(head.cc, defects) if head.cc else (),
        parse_date(head.date) if head.date else None,
        _decoded(fields, defects) if encoded else tuple(fields),
        received,
        parts,
        None,
        _each_once(defects) if defects else (),
        tuple([_attached(*each) for each in told.heads[:ATTACHED_LIMIT]]) if told.heads else (),
        tuple(told.files) if told.files else (),
        read_report(head, parts, told.heads) if told.may_report or FAILED_RECIPIENTS in places else None,
    )


def _received(fields: Sequence[Field], places: Sequence[int], defects: list[str]) -> tuple[Received, ...]:
    """Return what the trace fields say, which stand at these places."""
    if len(places) > RECEIVED_LIMIT:
        defects.append(f"{RECEIVED_LIMIT_REACHED}: {len(places) - RECEIVED_LIMIT} more")
    received: list[Received] = []
    for place in places[:RECEIVED_LIMIT]:
        received.append(parse_received(fields[place][1]))
    return tuple(received)


def _decoded(fields: Sequence[Field], defects: list[str]) -> tuple[Field, ...]:
    """Return header fields with their encoded words decoded; one octet is looked for, which takes less than two."""
    return tuple([(each[0], decode_words(each[1], defects)) if "?" in each[1] else each for each in fields])


def _marked(head: Head, holes: frozenset[int]) -> Head:
    """Return a head with marks for what was not captured of it."""
    return head_of([(name, marked_header(value, holes)) for name, value in head.fields], head.body)


def _attached(path: str, head: Head) -> AttachedMessage:
    """Return what the head of an attached message says; its faults are not those of the mail that carries it."""
    return AttachedMessage(
        path=path,
        message_id=head.message_id or None,
        subject=decode_words(head.subject, []) if head.subject is not None else None,
        from_=parse_addresses(head.from_, []) if head.from_ else (),
        date=parse_date(head.date) if head.date else None,
    )


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
    told = list(dict.fromkeys(defects))
    if len(told) > DEFECTS_LIMIT:
        told[DEFECTS_LIMIT:] = [f"{DEFECTS_LIMIT_REACHED}: {len(told) - DEFECTS_LIMIT} more"]
    return tuple(told)
