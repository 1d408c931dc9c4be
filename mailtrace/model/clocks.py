"""Words for clocks: how far a host's clock is from the capture's, between which bounds, and what tells so."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct


class ClockCertainty(Enum):
    """How sure an estimate of a clock is."""

    CERTAIN = "certain"  # all of the host's stamps agree with it
    LIKELY = "likely"  # most do; others do not fit, so that the clock was set meanwhile, or a stamp is not the host's
    WEAK = "weak"  # only dates of its mails tell, which are written by whoever wrote the mail, some time before


class ClockEvidence(Struct, frozen=True, gc=False):
    """A stamp of a host that tells of its clock: `kind` is greeting, received or date, `stamp` the time as ISO 8601.

    `packets` are those between which it was made, and the one that carried it.
    """

    kind: str
    stamp: str
    packets: tuple[int, ...]


class ClockSkew(Struct, frozen=True, gc=False):
    """A host's clock is ahead of the capture's by `low_s` to `high_s` seconds, behind where they are negative.

    `high_s` is None where nothing sets it. `skew_s` is the best single value: 0 where the clocks may be the same, the
    middle of both bounds where not, or the only bound; None where that leaves all open. `zone_hours` is not 0 where
    the difference is so nearly whole hours that a time zone is wrong. Of `readings` of the clock, `contradicting` do
    not fit. `evidence` are the stamps that set the bounds.
    """

    low_s: float
    high_s: float | None
    skew_s: float | None
    zone_hours: int
    sure: ClockCertainty
    readings: int
    contradicting: int
    evidence: tuple[ClockEvidence, ...]
