"""Where the time went, as people read it: waits of one reason together, the longest first, in words.

What is short is told together, so that a table of a thousand commands has a few lines, and they add up all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from mailtrace.explain.texts import has_text, packets, seconds, text
from mailtrace.explain.waits.causes import Causes
from mailtrace.explain.waits.journeys import WaitsOf, journey_waits
from mailtrace.explain.waits.said import LATE_NS, MAIL
from mailtrace.mail.naming import Naming
from mailtrace.model import Confidence, Conversation, Journey, Side, TimeShare, TimeTable, Wait, WaitKind

SLOW_NS = LATE_NS
"""What takes less is not slow, and gets no table."""

TOLD_ALONE = 20
"""A reason is told by itself from a twentieth of the time on, else together with others of its kind."""

TOLD_AT_ALL = 100
"""What took less than a hundredth of the time is told together."""

MOST_SHARES = 10
"""Lines of a table; what does not fit is counted in the last one."""

BY_SUBJECT = (WaitKind.SERVER, WaitKind.CLIENT, WaitKind.LOOKUP, WaitKind.TRANSFER)
"""Kinds of which several may be told together."""

ALL = "all"
"""What short waits of one kind are told to be about, together."""

CONNECTING = (WaitKind.CONNECT, WaitKind.CONNECT_AGAIN)
SETTING_UP = (*CONNECTING, WaitKind.TLS)

Names = tuple[str, str]
"""Of client and server."""

Key = tuple[object, ...]


class Told(NamedTuple):
    """A wait with what its words need: the names of the two sides, and of a journey the number of the hop."""

    wait: Wait
    names: Names
    hop: int | None = None


def conversation_times(conversation: Conversation, waits: Sequence[Wait], names: Names) -> TimeTable | None:
    """Return where the time of a conversation went, None where it was not slow."""
    total = sum(wait.duration_ns for wait in waits)
    if total < SLOW_NS:
        return None
    shares = shares_of([Told(wait, names) for wait in waits])
    return TimeTable(total, shares, tuple(_greeting(conversation, waits, names)))


def journey_times(
    journey: Journey,
    conversations: Mapping[int, Conversation],
    waits_of: WaitsOf,
    asked: Mapping[int, Causes],
    naming: Naming,
) -> TimeTable | None:
    """Return where the time of a journey went, None where it was not slow, or its beginning was not captured."""
    waits = journey_waits(journey, conversations, waits_of, asked)
    total = sum(each.wait.duration_ns for each in waits)
    if total < SLOW_NS:
        return None
    told = []
    for each in waits:
        conversation = conversations[journey.hops[each.place].conversation or 0]
        told.append(Told(each.wait, naming.pair(conversation.key), None if each.between else each.place + 1))
    return TimeTable(total, shares_of(told))


def shares_of(waits: Sequence[Told]) -> tuple[TimeShare, ...]:
    """Return the shares of waits that follow each other, the longest first, and what is left over last."""
    total = _total(waits)
    alone = _grouped(waits, lambda each: (each.wait.kind, each.wait.about, each.wait.side, each.names, each.hop))
    together: dict[Key, list[Told]] = {}
    for key, group in alone.items():
        kind, about, *others = key
        short = _total(group) * TOLD_ALONE < total and kind in BY_SUBJECT and about != MAIL
        together.setdefault((kind, ALL if short else about, *others), []).extend(group)
    ordered = sorted(together.items(), key=lambda item: -_total(item[1]))
    told = [item for item in ordered if _total(item[1]) * TOLD_AT_ALL >= total][:MOST_SHARES]
    start_ns = waits[0].wait.start_ns
    shares = [_share(group, key[1] == ALL and len(group) > 1, start_ns) for key, group in told]
    rest = [each for _, group in ordered[len(told) :] for each in group]
    if rest:
        shares.append(_made(text("wait.rest"), text("wait.why.rest"), rest, start_ns, proven=False))
    return tuple(shares)


def _grouped(waits: Iterable[Told], key: Callable[[Told], Key]) -> dict[Key, list[Told]]:
    groups: dict[Key, list[Told]] = {}
    for each in waits:
        groups.setdefault(key(each), []).append(each)
    return groups


def _total(waits: Iterable[Told]) -> int:
    return sum(each.wait.duration_ns for each in waits)


def _share(waits: list[Told], several: bool, start_ns: int) -> TimeShare:
    first = waits[0]
    what, why = words(first, several)
    if first.hop is not None:
        what = text("wait.hop", hop=first.hop, what=what)
    return _made(what, why, waits, start_ns)


def _made(what: str, why: str, told: Sequence[Told], start_ns: int, *, proven: bool = True) -> TimeShare:
    waits = [each.wait for each in told]
    likely = proven and any(wait.confidence is Confidence.LIKELY for wait in waits)
    return TimeShare(
        what,
        why,
        _total(told),
        tuple(sorted({number for wait in waits for number in wait.packets})) if proven else (),
        Confidence.LIKELY if likely else Confidence.CERTAIN,
        tuple(sorted((wait.start_ns - start_ns, wait.duration_ns) for wait in waits)),
    )


def words(told: Told, several: bool = False) -> tuple[str, str]:
    """Return what a wait was in a few words, and in a sentence; `several` of its kind are told together."""
    wait, names = told.wait, told.names
    fields: dict[str, object] = {
        "client": names[Side.CLIENT],
        "server": names[Side.SERVER],
        "about": wait.about,
        "waited": names[wait.side if wait.side is not None else Side.SERVER],
    }
    kind = wait.kind.value
    special = ALL if several else wait.about if wait.about else "hidden"
    what = next(key for key in (f"wait.{kind}.{special}", f"wait.{kind}") if has_text(key))
    whys = (f"wait.why.{kind}.{special}", f"wait.why.{kind}.{wait.confidence.value}", f"wait.why.{kind}")
    why = next((key for key in whys if has_text(key)), None)
    return text(what, **fields), "" if why is None else text(why, **fields)


def _greeting(conversation: Conversation, waits: Sequence[Wait], names: Names) -> Iterator[str]:
    """Yield what the greeting waited for, added up, where that was long."""
    before = [Told(each, names) for each in greeting_waits(conversation, waits)]
    total = _total(before)
    if total < LATE_NS:
        return
    yield text("sums.greeting", seconds=seconds(total), parts=added_up(before))


def greeting_waits(conversation: Conversation, waits: Iterable[Wait]) -> list[Wait]:
    """Return those of a conversation's waits that passed until it was greeted, set-up left out; none if it was not."""
    turns = conversation.dialogue.turns
    if not turns or turns[0].command is not None or not turns[0].replies:
        return []
    greeted_ns = turns[0].replies[-1].time_ns
    return [each for each in waits if each.start_ns < greeted_ns and each.kind not in SETTING_UP]


def added_up(waits: Sequence[Told]) -> str:
    """Return waits as a sum, those of one reason together, in the order in which they began."""
    total = _total(waits)
    groups = _grouped(waits, lambda each: (each.wait.kind, each.wait.about)).values()
    told = [group for group in groups if _total(group) * TOLD_AT_ALL >= total]
    parts = [_part(group) for group in told]
    rest = total - sum(map(_total, told))
    if rest * TOLD_AT_ALL >= total:
        parts.append(text("sums.rest", seconds=seconds(rest)))
    sum_ = parts[0]
    for part in parts[1:]:
        sum_ = text("sums.plus", sum=sum_, part=part)
    return sum_


def _part(waits: Sequence[Told]) -> str:
    first = waits[0].wait
    proof = packets([number for each in waits for number in each.wait.packets])
    likely = ".likely" if first.confidence is Confidence.LIKELY else ""
    keys = (f"sum.{first.kind.value}.{first.about}", f"sum.{first.kind.value}", f"sum.part{likely}")
    key = next(key for key in keys if has_text(key))
    return text(key, what=words(waits[0])[0], seconds=seconds(_total(waits)), packets=proof)
