"""Words for judgements: what is wrong in a capture, or worth knowing, each with the packets that show it."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct


class Severity(Enum):
    """How bad it is."""

    ERROR = "error"  # mail was lost or not delivered, or somebody attacks
    WARNING = "warning"  # it works, but somebody should change something
    INFO = "info"  # worth knowing

    @property
    def rank(self) -> int:
        """Return its place among the others, 0 for the worst."""
        return list(Severity).index(self)


class Confidence(Enum):
    """How sure it is."""

    CERTAIN = "certain"
    LIKELY = "likely"  # the capture fits, but another cause would look the same


class Finding(Struct, frozen=True, gc=False):
    """One judgement. `packets` show it and are never empty; `message` says what was seen, with the names of this case.

    `advice` says what to do about it. `conversation`, `mail` and `journey` are numbers of what it is about, None where
    it is about more or about something else. `more` further ones of the same kind are counted and not listed.
    """

    code: str
    name: str
    severity: Severity
    confidence: Confidence
    message: str
    packets: tuple[int, ...]
    advice: str
    conversation: int | None = None
    mail: int | None = None
    journey: int | None = None
    more: int = 0
