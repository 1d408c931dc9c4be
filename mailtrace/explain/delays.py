"""Why a step came late: each pause of half a second or more gets its reason, as the waits of the conversation tell it.

What a pause was stands in `waits`, and only there; here it becomes a sentence that names the steps it is about.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property

from mailtrace.explain.draft import Draft, Scene
from mailtrace.explain.texts import between, packets, rounded, seconds, text
from mailtrace.explain.waits.said import LATE_NS, MAIL
from mailtrace.explain.waits.table import CONNECTING, Told, added_up
from mailtrace.explain.waits.tiles import part
from mailtrace.model import Side, StepKind, Wait, WaitKind

SAYING = (StepKind.COMMAND, StepKind.CONTENT, StepKind.REPLY)

BY_STEP = {
    WaitKind.LOSS: "late.took.again",
    WaitKind.TYPING: "late.typing",
    WaitKind.LOOKUP: "",
    WaitKind.IDENT: "",
    WaitKind.GREETING_PARTS: "",
    WaitKind.TRANSFER: "",
    WaitKind.CONNECT: "",
    WaitKind.CONNECT_AGAIN: "",
}
"""Waits that a step of their own tells about, and what is said of it if there is more to say than that it took long."""

KEYS = {
    WaitKind.CLIENT: "late.client",
    WaitKind.SERVER: "late.reply",
    WaitKind.LOGIN_REFUSED: "late.login-refused",
    WaitKind.DELAYED_ACK: "late.delayed-ack",
    WaitKind.WINDOW: "late.window",
    WaitKind.TLS: "late.tls",
    WaitKind.IDLE: "late.idle",
}
"""What is said of a wait that no step of its own tells about."""

NEARLY_ALL = (9, 10)
"""From nine tenths on a part is called all of a pause."""


def explain_delays(drafts: list[Draft], scene: Scene) -> None:
    """Add to each late step why it was late; `drafts` are in their final order, and those to be told are numbered."""
    reasons = _Reasons(drafts, scene)
    for index, draft in enumerate(drafts):
        if draft.greeting and index:
            draft.means += reasons.greeting(index)
        elif is_late(drafts, index):
            draft.means += reasons.step(index)


def is_late(drafts: Sequence[Draft], index: int) -> bool:
    """Tell whether a step came so long after the one before it that people ask why."""
    pause = between(_since_ns(drafts, index), drafts[index].time_ns) if index else 0
    return pause >= LATE_NS and not drafts[index].patient


def _since_ns(drafts: Sequence[Draft], index: int) -> int:
    """Return since when a step was waited for: the step before it, and for a close the last word of that."""
    previous = drafts[index - 1]
    return previous.until_ns if drafts[index].kind is StepKind.CLOSE else previous.time_ns


class _Reasons:
    """The steps of a conversation and what it waited for."""

    def __init__(self, drafts: Sequence[Draft], scene: Scene) -> None:
        self._drafts = drafts
        self._scene = scene

    @cached_property
    def _steps(self) -> dict[int, int | str]:
        """The numbers of the steps that are told, by their packets; of a packet that several share, the first."""
        steps: dict[int, int | str] = {**self._scene.told_elsewhere}
        for draft in self._drafts:
            if draft.number:
                for packet in draft.packets:
                    steps.setdefault(packet, draft.number)
        return steps

    @cached_property
    def _starts(self) -> list[int]:
        return [wait.start_ns for wait in self._scene.waits]

    def greeting(self, index: int) -> list[str]:
        """Explain how late the greeting came after the connection stood."""
        before, greeting = self._drafts[:index], self._drafts[index]
        parts = [each for each in self._scene.waits if each.kind is WaitKind.GREETING_PARTS]
        if parts and parts[0].duration_ns >= LATE_NS:
            return [text("late.greeting.parts", late=seconds(parts[0].duration_ns))]
        opened_ns = self._opened_ns(before)
        late = between(opened_ns, greeting.time_ns) if opened_ns is not None else 0
        waits = self._within(opened_ns, greeting.time_ns) if opened_ns is not None and late >= LATE_NS else []
        if not waits:
            return []
        ident = self._ident(before, waits)
        waited = next((each for each in waits if each.kind is WaitKind.IDENT and each.duration_ns >= LATE_NS), None)
        if ident is not None and waited is not None:
            return [_because_of_ident(*ident, greeting, waited, waits)]
        if sum(wait.duration_ns >= LATE_NS for wait in waits) > 1:
            told = [Told(wait, self._scene.names) for wait in waits]
            return [text("late.greeting.sum", late=seconds(late), parts=added_up(told))]
        return self._greeting_because_of(max(waits, key=_duration_ns), late, ident)

    def _opened_ns(self, before: Sequence[Draft]) -> int | None:
        """Return when the connection stood, None where that is not known: a late repeat of its packets is no set-up."""
        opened = next((draft for draft in before if draft.kind is StepKind.CONNECT), None)
        set_up = [wait.end_ns for wait in self._scene.waits if wait.kind in CONNECTING]
        return None if opened is None else max(set_up, default=opened.until_ns)

    def _ident(self, before: Sequence[Draft], waits: Sequence[Wait]) -> tuple[int | str, int] | None:
        """Return the step that tells of an ident call before the greeting, and when that began; None without one."""
        ident = next((draft for draft in before if draft.kind is StepKind.IDENT and draft.number), None)
        if ident is not None:
            return ident.number, ident.time_ns
        calls = ((self._step(wait), wait.start_ns) for wait in waits if wait.kind is WaitKind.IDENT)
        return next(((step, start_ns) for step, start_ns in calls if step is not None), None)

    def _greeting_because_of(self, wait: Wait, late: int, ident: tuple[int | str, int] | None) -> list[str]:
        """Explain how late the greeting came by the one wait that took most of the time."""
        fields: dict[str, object] = {"late": seconds(late), "pause": seconds(late)}
        match wait.kind:
            case WaitKind.LOSS:
                return self._by_step(wait, "late.took.again", fields)
            case WaitKind.LOOKUP:
                return self._by_step(wait, "late.greeting.lookup", fields)
            case WaitKind.LOOKUP_UNSEEN:
                return [text("late.greeting.unseen", **fields)]
        paused = wait.kind is WaitKind.GREET_PAUSE
        if ident is not None:
            return [text("late.greeting.pause" if paused else "late.greeting.not-ident", step=ident[0], **fields)]
        return [text("late.greeting.sendmail" if paused else "late.greeting", **fields)]

    def step(self, index: int) -> list[str]:
        """Explain a pause before a step that is no greeting."""
        draft, since_ns = self._drafts[index], _since_ns(self._drafts, index)
        pause = between(since_ns, draft.time_ns)
        wait = max(self._within(since_ns, draft.time_ns), key=_duration_ns, default=None)
        if wait is None:
            return []
        names = self._scene.names
        fields: dict[str, object] = {"pause": seconds(pause), "took": seconds(wait.duration_ns)}
        fields |= {"client": names[Side.CLIENT], "server": names[Side.SERVER]}
        if wait.kind in BY_STEP:
            whole = wait.duration_ns * NEARLY_ALL[1] >= pause * NEARLY_ALL[0]
            return self._by_step(wait, BY_STEP[wait.kind] or f"late.took.{'all' if whole else 'most'}", fields)
        if draft.kind is StepKind.CLOSE:
            return [text("late.close", name=draft.speaker, **fields)]
        if draft.kind not in SAYING:
            return []
        if wait.kind is WaitKind.NETWORK:
            return [self._scene.once("late.network", **fields)]
        key = KEYS.get(wait.kind, "late.client" if draft.side is Side.CLIENT else "late.reply")
        return [text("late.reply.content" if key == "late.reply" and wait.about == MAIL else key, **fields)]

    def _within(self, start_ns: int, end_ns: int) -> list[Wait]:
        """Return the waits within a time, each as long as it lies within."""
        waits = self._scene.waits
        inside = []
        for at in range(max(0, bisect_right(self._starts, start_ns) - 1), len(waits)):
            wait = waits[at]
            begin, end = max(wait.start_ns, start_ns), min(wait.end_ns, end_ns)
            if begin < end:
                inside.append(part(wait, begin, end, wait.packets))
            elif begin >= end_ns:
                break
        return inside

    def _by_step(self, wait: Wait, key: str, fields: dict[str, object]) -> list[str]:
        """Explain a pause by the step that took the time; nothing where no step tells of it."""
        step = self._step(wait)
        return [] if step is None else [text(key, step=step, packet=packets(wait.packets[-1:]), **fields)]

    def _step(self, wait: Wait) -> int | str | None:
        """Return the step that tells of what a wait is about; None where no step does."""
        return next((self._steps[packet] for packet in wait.packets if packet in self._steps), None)


def _because_of_ident(step: int | str, start_ns: int, greeting: Draft, waited: Wait, waits: Sequence[Wait]) -> str:
    """Explain a greeting that waited for the answer to an ident call, and perhaps for a pause after it."""
    fields: dict[str, object] = {"step": step, "late": seconds(between(start_ns, greeting.time_ns))}
    pause = sum(wait.duration_ns for wait in waits if wait.kind is WaitKind.GREET_PAUSE)
    if pause < LATE_NS:
        return text("late.greeting.ident", **fields)
    return text("late.greeting.ident-and-pause", ident=rounded(waited.duration_ns), rest=seconds(pause), **fields)


def _duration_ns(wait: Wait) -> int:
    return wait.duration_ns
