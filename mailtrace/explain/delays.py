"""Why a step came late: each pause of half a second or more gets its reason, `likely` where it is no more than that.

A mail server that asks the client's ident service waits for its answer before it greets; what remains after that is,
for Sendmail, the greeting pause that catches clients which talk too early. A refused ident costs nothing, so the pause
after it has another reason.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailtrace.explain.draft import Draft, Scene
from mailtrace.explain.texts import SECOND_NS, between, seconds, text
from mailtrace.model import Flags, Side, StepKind

LATE_NS = SECOND_NS // 2
"""Pauses from here on are explained: people notice half a second."""

SENDMAIL_IDENT_NS = 5 * SECOND_NS
"""How long Sendmail waits for ident unless told otherwise (Timeout.ident)."""


def explain_delays(drafts: list[Draft], scene: Scene) -> None:
    """Add to each late step why it was late; `drafts` are in their final order, and those to be told are numbered."""
    for index, draft in enumerate(drafts):
        if draft.greeting and index:
            draft.means += _greeting(drafts, index)
        elif is_late(drafts, index):
            draft.means += _reason(drafts, index, between(drafts[index - 1].time_ns, draft.time_ns), scene)


def is_late(drafts: Sequence[Draft], index: int) -> bool:
    """Tell whether a step came so long after the one before it that people ask why."""
    pause = between(drafts[index - 1].time_ns, drafts[index].time_ns) if index else 0
    return pause >= LATE_NS and not drafts[index].patient


def _greeting(drafts: list[Draft], index: int) -> list[str]:
    """Explain how late the greeting came after the connection stood."""
    opened = next((d for d in drafts[:index] if d.kind is StepKind.CONNECT), None)
    if opened is None:
        return []
    late = between(opened.until_ns, drafts[index].time_ns)
    if late < LATE_NS:
        return []
    fields: dict[str, object] = {"late": seconds(late)}
    earlier = [step for step in drafts[:index] if step.number]
    for step in earlier:
        if step.kind is not StepKind.IDENT:
            continue
        waited = between(step.time_ns, drafts[index].time_ns)
        if not step.unanswered and between(step.time_ns, step.until_ns) < LATE_NS:
            key = "late.greeting.pause" if _is_sendmail(drafts[index]) else "late.greeting.not-ident"
            return [text(key, step=step.number, **fields)]
        return _because_of_ident(step.number, waited, drafts[index])
    slow = _slow_lookup(earlier, late)
    if slow:
        return [text("late.greeting.lookup", step=slow, **fields)]
    return [text("late.greeting.sendmail" if _is_sendmail(drafts[index]) else "late.greeting", **fields)]


def _because_of_ident(number: int, waited: int, greeting: Draft) -> list[str]:
    rest = waited - SENDMAIL_IDENT_NS
    if _is_sendmail(greeting) and rest >= LATE_NS:
        return [text("late.greeting.ident-and-pause", step=number, late=seconds(waited), rest=seconds(rest))]
    return [text("late.greeting.ident", step=number, late=seconds(waited))]


def _is_sendmail(greeting: Draft) -> bool:
    return any("sendmail" in line.lower() for line in greeting.says)


def _slow_lookup(earlier: list[Draft], late: int) -> int:
    """Return the number of a lookup that took at least half of the time, 0 where none did."""
    slow = (d for d in earlier if d.kind is StepKind.LOOKUP and between(d.time_ns, d.until_ns) >= late // 2)
    return next((lookup.number for lookup in slow), 0)


def _reason(drafts: list[Draft], index: int, pause: int, scene: Scene) -> list[str]:
    """Explain a pause before a step that is no greeting."""
    draft, previous = drafts[index], drafts[index - 1]
    fields: dict[str, object] = {"pause": seconds(pause)}
    if between(previous.time_ns, previous.until_ns) >= pause // 2:
        again = _sent_again(previous, scene)
        key = "late.took.again" if again else "late.took"
        return [text(key, step=previous.number, packet=again, **fields)]
    if draft.kind is StepKind.CLOSE:
        return [text("late.close", name=draft.speaker, **fields)]
    if draft.kind not in (StepKind.COMMAND, StepKind.CONTENT, StepKind.REPLY):
        return []
    way = _way(scene, draft.side)
    if way >= pause // 2:
        return [scene.once("late.network", way=seconds(way), **fields)]
    if draft.side is Side.CLIENT:
        return [text("late.client", client=scene.names[Side.CLIENT], **fields)]
    key = "late.reply.content" if previous.kind is StepKind.CONTENT else "late.reply"
    return [text(key, server=scene.names[Side.SERVER], **fields)]


def _way(scene: Scene, side: Side) -> int:
    """Return how long the way to a side and back took in the handshake, seen from where it was captured; 0 if unknown.

    TCP answers at once in the handshake, so that all of it is the way.
    """
    packets = scene.conversation.packets
    asked = next((p for p in packets if p.flags & Flags.SYN and p.side is side.other), None)
    if asked is None:
        return 0
    answered = next((p for p in packets if p.number > asked.number and p.side is side), None)
    return between(asked.time_ns, answered.time_ns) if answered else 0


def _sent_again(step: Draft, scene: Scene) -> int:
    """Return the packet that repeated octets of a step after a noticeable time, 0 where none did."""
    for original, again in step.repeats:
        first, second = scene.by_number.get(original), scene.by_number.get(again)
        if first and second and between(first.time_ns, second.time_ns) >= LATE_NS:
            return again
    return 0
