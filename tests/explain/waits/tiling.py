"""What holds of the waits of any conversation, for the tests that make some."""

from __future__ import annotations

from collections.abc import Iterable

from mailtrace.explain.waits import Causes, waits
from mailtrace.model import Conversation, Wait, WaitKind
from tests.explain.making import START_NS

Told = tuple[str, float, str, tuple[int, ...]]
"""A wait as tests write it: kind, seconds (to the millisecond), what it is about, packets."""


def broken(conversation: Conversation, found: Iterable[Wait], proofs: Iterable[int] = ()) -> list[str]:
    """Return what is wrong with waits that should tile a conversation; `proofs` are packets of its causes."""
    known = {*conversation.numbers, *proofs}
    complaints = []
    reached = conversation.start_ns
    for wait in found:
        if wait.start_ns != reached:
            complaints.append(f"{wait} does not begin at {reached}")
        if wait.duration_ns <= 0:
            complaints.append(f"{wait} takes no time")
        if not wait.packets or not known.issuperset(wait.packets):
            complaints.append(f"{wait} is proven by other packets")
        reached = wait.end_ns
    if reached != conversation.end_ns:
        complaints.append(f"they end at {reached}, not at {conversation.end_ns}")
    return complaints


def told(conversation: Conversation, asked: Causes | None = None) -> list[Told]:
    """Return the waits of a conversation in short, after seeing that they tile it."""
    found = waits(conversation, asked)
    proofs: set[int] = set()
    if asked is not None:
        proofs.update(number for ident in asked.idents for number in ident.numbers)
        proofs.update(number for each in asked.lookups for number in each.packets)
    if broken(conversation, found, proofs):
        raise ValueError(broken(conversation, found, proofs))
    return [(each.kind.value, round(each.duration_ns / 1e9, 3), each.about, each.packets) for each in found]


def longest(conversation: Conversation, asked: Causes | None = None, least: float = 0.3) -> list[Told]:
    """Return the waits that took at least so many seconds."""
    return [each for each in told(conversation, asked) if each[1] >= least]


def wait(kind: WaitKind, start: float, seconds: float, *packets: int) -> Wait:
    """Return a wait that begins so many seconds after the start."""
    return Wait(kind, START_NS + round(start * 1e9), round(seconds * 1e9), packets)
