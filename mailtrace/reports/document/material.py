"""What a report is built from: the analysis, what was read a second time, what is wanted; and how much of it fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from mailtrace.explain.frame import FrameView
from mailtrace.explain.listing import ListingRow
from mailtrace.mail.naming import Naming
from mailtrace.model import Analysis, Conversation, Walkthrough

PARTS = (
    *("summary", "topology", "journeys", "walkthroughs", "packets", "waits"),
    *("findings", "messages", "dns", "glossary", "appendix"),
)
"""What a report may consist of. Walkthroughs, packets and waits stand with the conversation that they are about."""

MOST_CONVERSATIONS = 100
"""Conversations told step by step. A report of more has thousands of pages; tables count and list the others."""

MOST_ROWS = 1_000
"""Rows of a table, but for those of packets; no reader looks at more."""

MOST_PACKETS = 5_000
"""Packets listed in a report, all tables together: a browser still scrolls them, and a printer needs a day for more."""

MOST_PACKETS_EACH = 500
"""Packets listed of one conversation; of a larger one the first, which tell what it is about."""

MOST_FRAMES = 200
"""Packets shown in full, where the user lists them; each takes half a page."""

MOST_MAILS = 100
"""Mails shown as their readers see them."""

MOST_BODY_LINES = 120
"""Lines of the text of a mail that are shown, two pages of it."""

MOST_SOURCE_LINES = 120
"""Lines of the source of a mail that are shown: its headers, and as much of its content as the text takes."""


class SourceFile(NamedTuple):
    """A capture file: its name without directories, its size, and the SHA-256 of its octets in hexadecimal."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user wants of the report; `title` and `author` may be ''. `level` is novice or expert.

    `packets` is a range of packet numbers, both included, None for all. `by_journey`: steps are told along the way of
    mails, since mails were asked for, and else by conversation.
    """

    title: str = ""
    author: str = ""
    level: str = "novice"
    parts: frozenset[str] = frozenset(PARTS)
    show_secrets: bool = False
    packets: tuple[int, int] | None = None
    by_journey: bool = False

    @property
    def explained(self) -> bool:
        """Whether it is said what things mean."""
        return self.level == "novice"


@dataclass(frozen=True)
class Material:
    """Everything that the parts of a report look at.

    `analysis` holds what was chosen, and its findings; `everything` is the whole capture. `told` are the walkthroughs
    of `groups` of conversations, place by place; `ways` those of journeys. `rows` are packets by number, `frames`
    those to be shown in full. `links` are link addresses by IP address.
    """

    wishes: Wishes
    analysis: Analysis
    everything: Analysis
    files: Sequence[SourceFile]
    groups: Sequence[Sequence[Conversation]]
    told: Sequence[Walkthrough]
    ways: Sequence[Walkthrough]
    rows: Mapping[int, ListingRow] = field(default_factory=dict)
    frames: Mapping[int, FrameView] = field(default_factory=dict)
    links: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @cached_property
    def naming(self) -> Naming:
        """What hosts are called."""
        return Naming(self.everything.hosts)

    @cached_property
    def anchors(self) -> Mapping[int, str]:
        """The sections in which conversations are told, by the number of the conversation."""
        return {each.id: conversation_anchor(group) for group in self.groups for each in group}

    def wants(self, *parts: str) -> bool:
        """Tell whether any of these parts is wanted."""
        return not self.wishes.parts.isdisjoint(parts)


def packets_of(group: Sequence[Conversation], told: Walkthrough) -> list[int]:
    """Return the packets of conversations and of all that is told within them, such as lookups, in order."""
    own = {number for each in group for number in each.numbers}
    return sorted(own | {number for step in told.steps for number in (*step.packets, *step.acks)})


def conversation_anchor(group: Sequence[Conversation]) -> str:
    """Return the anchor of the section that tells conversations together."""
    return f"conversation-{group[0].id}"
