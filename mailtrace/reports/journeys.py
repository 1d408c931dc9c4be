"""HOT. What the JSON contract says of a journey, key by key; made by position like `records` (tests/bench `mail`)."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

from msgspec import Struct, field

from mailtrace.model import Evidence, EvidenceKind, Hop, HopKind, HopWait, Journey, JourneyOutcome, RecipientOutcome
from mailtrace.reports.times import iso
from mailtrace.reports.waits import HopWaitRecord, hop_wait_record

_kind_of = attrgetter("kind")


class _Hop(Struct, gc=False):
    kind: HopKind
    conversation: int | None
    message: int | None
    from_: str = field(name="from")
    to: str
    time: str | None
    recipients: tuple[str, ...]
    queue_id: str | None
    status: str | None
    before: int | None
    evidence: list[EvidenceKind]
    because: tuple[Evidence, ...]
    score: int
    changes: tuple[str, ...]
    lookups: tuple[int, ...]
    idents: tuple[int, ...]
    packets: tuple[int, ...]


class JourneyRecord(Struct, gc=False):
    """What the contract says of a journey: `recipient` is the first of `recipients`.

    `before` and `hop` are places in `hops`, from 0; `evidence` are the kinds of reasons, told in full by `because`.
    `waits` are null where the conversations were not kept, as in streamed results.
    """

    id: int
    message_id: str | None
    subject: str | None
    sender: str | None
    recipient: str | None
    recipients: tuple[RecipientOutcome, ...]
    hops: list[_Hop]
    lookups: tuple[int, ...]
    outcome: JourneyOutcome
    reports: int | None
    notes: tuple[str, ...]
    waits: list[HopWaitRecord] | None


class JourneyLine(JourneyRecord, gc=False, tag_field="type", tag="journey"):
    """The same on a line of its own, which tells first what it is about."""


def journey_record(
    journey: Journey, waits: Iterable[HopWait] | None = None, kind: type[JourneyRecord] = JourneyRecord
) -> JourneyRecord:
    """Return the record of a journey; `waits` are its own, None where its conversations are no longer at hand."""
    return kind(
        journey.id,
        journey.message_id,
        journey.subject,
        journey.sender,
        journey.recipients[0].address if journey.recipients else None,
        journey.recipients,
        [_hop(hop) for hop in journey.hops],
        journey.lookups,
        journey.outcome,
        journey.reports,
        journey.notes,
        None if waits is None else [hop_wait_record(each) for each in waits],
    )


def _hop(hop: Hop) -> _Hop:
    return _Hop(
        hop.kind,
        hop.conversation,
        hop.message,
        hop.sender,
        hop.receiver,
        iso(hop.time_ns),
        hop.recipients,
        hop.queue_id,
        hop.status,
        hop.before,
        list(map(_kind_of, hop.evidence)) if hop.evidence else [],
        hop.evidence,
        hop.score,
        hop.changes,
        hop.lookups,
        hop.idents,
        hop.packets,
    )
