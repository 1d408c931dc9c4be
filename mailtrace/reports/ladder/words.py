"""What stands beside the arrows of a ladder, the same in every drawing: times, packet numbers, pauses."""

from __future__ import annotations

from collections.abc import Sequence

from mailtrace.explain.waits.said import LATE_NS
from mailtrace.model import StepKind
from mailtrace.model.figures import numbers, seconds
from mailtrace.model.language import said
from mailtrace.reports.ladder.figures import Arrow, Manner, Note, Pause
from mailtrace.reports.times import offset

MOST_RUNS = 2
"""Runs of packet numbers in the gutter; of more the first and the last number are shown."""

MEANINGS = {
    Manner.ASKS: "request",
    Manner.ANSWERS: "answer",
    Manner.REFUSES: "refusal",
    Manner.BRINGS: "a mail",
    Manner.TOGETHER: "both sides",
    Manner.LOST: "came to nothing",
}
"""What the shapes of arrows mean."""

USUAL = {
    Manner.ASKS: StepKind.COMMAND,
    Manner.BRINGS: StepKind.CONTENT,
    Manner.TOGETHER: StepKind.CONNECT,
    Manner.LOST: StepKind.COMMAND,
}
"""What an arrow of such a shape usually is; the others are answers."""

COLOURS = {
    StepKind.LOOKUP: "DNS lookup",
    StepKind.IDENT: "ident call",
    StepKind.CONNECT: "connection",
    StepKind.CLOSE: "connection",
}
"""Arrows with a colour of their own beside their shape."""


def time_said(rung: Arrow | Note | Pause) -> str:
    """Return when something happened, as walkthroughs say it; '' where it has no time."""
    match rung:
        case Arrow():
            return offset(rung.offset_ns)
        case Note() if rung.offset_ns is not None:
            return offset(rung.offset_ns)
    return ""


def gutter_packets(packets: Sequence[int]) -> str:
    """Return packet numbers short enough for the gutter: `65-67`, `16, 18`, `124 ... 310`."""
    runs = numbers(packets)
    if runs.count(",") < MOST_RUNS:
        return runs
    return f"{min(packets)} … {max(packets)}"


def pause_said(pause: Pause) -> str:
    """Return how long nothing happened."""
    return said("{seconds} s", seconds=seconds(pause.duration_ns))


def took_said(arrow: Arrow) -> str:
    """Return how long it took until the last of its packets, '' where nobody notices."""
    return said("took {seconds} s", seconds=seconds(arrow.took_ns)) if arrow.took_ns >= LATE_NS else ""


def rung_title(arrow: Arrow) -> str:
    """Return what is shown to who points at an arrow: what it means."""
    if not arrow.means or not arrow.step:
        return arrow.means
    return said("Step {number}: {means}", number=arrow.step, means=arrow.means)


def legend_words(rungs: Sequence[Arrow | Note | Pause]) -> list[tuple[Arrow, str]]:
    """Return an arrow of each look that a ladder has, with a word for it."""
    looks: dict[str, Arrow] = {}
    for arrow in (rung for rung in rungs if isinstance(rung, Arrow)):
        if arrow.kind in COLOURS:
            manner = Manner.ASKS if arrow.kind in (StepKind.LOOKUP, StepKind.IDENT) else Manner.TOGETHER
            looks[said(COLOURS[arrow.kind])] = Arrow(arrow.kind, manner, 0, 1, (), 0, ())
        if arrow.kind not in COLOURS or arrow.manner in (Manner.LOST, Manner.REFUSES):
            kind = USUAL.get(arrow.manner, StepKind.REPLY)
            looks[said(MEANINGS[arrow.manner])] = Arrow(kind, arrow.manner, 0, 1, (), 0, ())
    known = [*(said(MEANINGS[manner]) for manner in MEANINGS), *(said(COLOURS[kind]) for kind in COLOURS)]
    return [(looks[word], word) for word in dict.fromkeys(known) if word in looks]
