"""Where the time of a journey went: the waits of its hops, and what the mail waited for in between.

A hop has the time from where its connection began, or its mail, until the mail had changed hands; where two overlap, as
those to several recipients do, the earlier one has it. Between two hops a mail lies in a queue or in a mailbox, or its
sender waits until it may try again; a long lookup that it makes to pass the mail on is no queue any more. So journeys
are tiled as conversations are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct

from mailtrace.explain.english import REPLY_HINTS
from mailtrace.explain.journeys.summary import AT_A_MAILBOX, hop_span, took_ns
from mailtrace.explain.waits.causes import Causes
from mailtrace.explain.waits.said import LATE_NS
from mailtrace.explain.waits.server import asking
from mailtrace.explain.waits.tiles import laid_over, part
from mailtrace.model import NO_TIME, Confidence, Conversation, Hop, HopKind, HopWait, Journey, Side, Wait, WaitKind

GREYLISTED = "hint.greylist"

WaitsOf = Callable[[Conversation], Sequence[Wait]]


class _Window(Struct, frozen=True, gc=False):
    """When the hop at `place` began and ended, seen from the capture."""

    start_ns: int
    end_ns: int
    place: int
    hop: Hop
    conversation: Conversation


def journey_waits(
    journey: Journey, conversations: Mapping[int, Conversation], waits_of: WaitsOf, asked: Mapping[int, Causes]
) -> list[HopWait]:
    """Return the waits that tile a journey, none where its beginning was not captured.

    `waits_of` gives those of a conversation, and `asked` what was caused by conversations, by their numbers.
    """
    if took_ns(journey, conversations) is None:
        return []
    windows = sorted(_windows(journey, conversations), key=lambda window: (window.start_ns, window.place))
    tiles: list[HopWait] = []
    reached: _Window | None = None
    for window in windows:
        start_ns = window.start_ns
        if reached is not None:
            if start_ns > reached.end_ns:
                wait = _between(reached, window, [each for each in windows if each.start_ns < start_ns])
                tiles += [HopWait(each, window.place, between=True) for each in _looked_up(wait, window, asked)]
            start_ns = max(start_ns, reached.end_ns)
        tiles += _inside(window, start_ns, waits_of(window.conversation))
        if reached is None or window.end_ns > reached.end_ns:
            reached = window
    return tiles


def _windows(journey: Journey, conversations: Mapping[int, Conversation]) -> Iterator[_Window]:
    for place, hop in enumerate(journey.hops):
        conversation = conversations.get(hop.conversation or 0)
        if conversation is None:
            continue
        start_ns, end_ns = hop_span(hop, conversation)
        if NO_TIME not in (start_ns, end_ns):
            yield _Window(start_ns, max(start_ns, end_ns), place, hop, conversation)


def _inside(window: _Window, start_ns: int, waits: Sequence[Wait]) -> Iterator[HopWait]:
    """Yield the waits of a hop from a time on."""
    for wait in waits:
        begin, end = max(wait.start_ns, start_ns), min(wait.end_ns, window.end_ns)
        if begin < end:
            yield HopWait(part(wait, begin, end, wait.packets), window.place)


def _between(before: _Window, window: _Window, earlier: Sequence[_Window]) -> Wait:
    """Return why nothing was done for a mail between two hops."""
    kind = WaitKind.MAILBOX if window.hop.kind in AT_A_MAILBOX else WaitKind.QUEUE
    side = Side.SERVER if kind is WaitKind.MAILBOX else Side.CLIENT
    tried = [each for each in earlier if _same_way(each.hop, window.hop) and each.hop.kind is HopKind.DEFERRED]
    if tried:
        side = Side.SERVER
        kind = WaitKind.GREYLISTING if _is_greylisted(tried[-1]) else WaitKind.DEFERRED
    proof = (*before.hop.packets[-1:], *window.conversation.numbers[:1])
    took = window.start_ns - before.end_ns
    return Wait(kind, before.end_ns, took, proof, Confidence.CERTAIN, "", side)


def _looked_up(wait: Wait, window: _Window, asked: Mapping[int, Causes]) -> list[Wait]:
    """Return a time in a queue, and what the sender looked up in it to pass the mail on, where that took long."""
    caused = asked.get(window.conversation.id)
    if wait.kind is not WaitKind.QUEUE or caused is None:
        return [wait]
    host = window.conversation.key.client.host
    own = sorted((each for each in caused.lookups if each.client == host), key=lambda each: each.start_ns)
    long = [each for each in asking(own, Side.CLIENT, window.start_ns) if each.duration_ns >= LATE_NS]
    return laid_over([wait], long, (WaitKind.QUEUE,))


def _same_way(one: Hop, other: Hop) -> bool:
    return (one.sender, one.receiver) == (other.sender, other.receiver)


def _is_greylisted(window: _Window) -> bool:
    """Tell whether the server that put a mail off says why."""
    last = max(window.hop.packets, default=0)
    replies = [reply for turn in window.conversation.dialogue.turns for reply in turn.replies if reply.packet <= last]
    said = b" ".join(line for reply in replies[-2:] for line in reply.lines).lower()
    return any(hint == GREYLISTED and word in said for word, hint in REPLY_HINTS)
