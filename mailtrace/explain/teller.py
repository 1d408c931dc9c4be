"""What the tellers of all protocols share: a step for each event, pairing of answers, what went wrong on the way."""

from __future__ import annotations

from collections import deque

from mailtrace.explain.draft import Draft, Scene
from mailtrace.explain.english import GAP_REASONS, SMALL_FAULTS, VIOLATIONS
from mailtrace.explain.texts import counted, text
from mailtrace.mail.naming import endpoint_text
from mailtrace.model import (
    Command,
    Content,
    Continuation,
    Event,
    Gap,
    Proxied,
    Reply,
    Side,
    StepKind,
    Turn,
    Violation,
    wire_text,
)
from mailtrace.model.language import said
from mailtrace.model.remarks import remark
from mailtrace.protocols.sasl import shown


class Teller:
    """Turns a dialogue's events into drafts; a protocol overrides what it can explain better."""

    def __init__(self, scene: Scene) -> None:
        """Look at the dialogue once to know which answer belongs to which command."""
        self.scene = scene
        self.dialogue = scene.conversation.dialogue
        self.drafts: list[Draft] = []
        self._turns = {id(reply): turn for turn in self.dialogue.turns for reply in turn.replies}
        self._replied = {id(turn.command) for turn in self.dialogue.turns if turn.command and turn.replies}
        self._waiting: deque[Draft] = deque()
        self._gaps: list[Draft] = []
        self._faults: list[Violation] = []

    def tell(self) -> list[Draft]:
        """Return the drafts of all events, in the order they happened."""
        for event in self.dialogue.events:
            draft = self._one(event)
            if draft is not None:
                draft.event = event
                self.drafts.append(draft)
        self._tell_faults()
        self._place()
        return self.drafts

    def turn_of(self, reply: Reply) -> Turn | None:
        """Return the exchange an answer belongs to, None where that is not known."""
        return self._turns.get(id(reply))

    def command(self, command: Command) -> Draft | None:
        """Return the step of a command."""
        return self.scene.draft(
            StepKind.COMMAND, Side.CLIENT, command.packets, [self.scene.line(command)], [], time_ns=command.time_ns
        )

    def reply(self, reply: Reply, turn: Turn | None) -> Draft | None:
        """Return the step of an answer."""
        return self.scene.draft(
            StepKind.REPLY, Side.SERVER, reply.packets, self.answer_lines(reply), [], time_ns=reply.time_ns
        )

    def content(self, content: Content) -> Draft | None:
        """Return the step of a mail."""
        return None

    def continuation(self, continuation: Continuation) -> Draft | None:
        """Return the step of a client line inside an exchange."""
        return self.scene.draft(
            StepKind.COMMAND,
            Side.CLIENT,
            continuation.packets,
            [self.scene.line(continuation)],
            [],
            time_ns=continuation.time_ns,
        )

    def answer_lines(self, reply: Reply) -> list[str]:
        """Return an answer as it stood on the wire."""
        first, *rest = [wire_text(line) for line in shown(reply.lines, self.scene.show_secrets)] or [""]
        return [f"{reply.status} {first}".strip(), *rest]

    def _one(self, event: Event) -> Draft | None:
        match event:
            case Command():
                return self._told_command(event)
            case Reply():
                return self._told_reply(event)
            case Content():
                asks = event.how == "DATA" and not event.as_server_read
                return self.awaited(self.content(event)) if asks else self.content(event)
            case Continuation():
                return self.awaited(self.continuation(event))
            case Proxied():
                return self._proxied(event)
            case Violation():
                return self._violation(event)
            case Gap():
                return self._gap(event)
        return None  # TLS and lookups have tellers of their own

    def awaited(self, draft: Draft | None) -> Draft | None:
        """Note that an answer to this step is to come."""
        if draft is not None:
            self._waiting.append(draft)
        return draft

    def _told_command(self, command: Command) -> Draft | None:
        """Tell a command and whether it came before earlier ones were answered. Source: RFC 2920 section 3.1."""
        draft = self.command(command)
        if draft is None:
            return None
        if not command.certain:
            draft.means.append(text("uncertain"))
        if self._waiting and id(command) in self._replied:
            draft.means.append(self.pipelined(draft, self._waiting[-1]))
        self._waiting.append(draft)
        return draft

    def pipelined(self, draft: Draft, before: Draft) -> str:
        """Return what to say of a command that did not wait for the answer to the one before it."""
        if draft.place not in before.packets:
            return text("pipelined.apart")
        return text(f"pipelined.{'mail' if before.kind is StepKind.CONTENT else 'together'}")

    def answered(self, reply: Reply) -> None:
        """Note that the step that has waited longest is answered."""
        if self._waiting:
            self._waiting.popleft()

    def _told_reply(self, reply: Reply) -> Draft | None:
        draft = self.reply(reply, self.turn_of(reply))
        self.answered(reply)
        previous = self.drafts[-1] if self.drafts else None
        if draft is None or previous is None or previous.kind is not StepKind.REPLY:
            return draft
        if draft.place in previous.packets and previous.side is draft.side:
            draft.means.append(text("replies.together"))
        return draft

    def _proxied(self, header: Proxied) -> Draft:
        """Tell for whom a proxy opened the connection."""
        client, server = header.client, header.server
        fields: dict[str, object] = {"version": header.version}
        if client is None or server is None:
            means = text("proxy.itself", **fields)
        else:
            shown = {"client": endpoint_text(client), "server": endpoint_text(server)}
            means = text("proxy.client", **fields, **shown)
        details = [text("proxy.detail", name=name, value=value) for name, value in header.details]
        return self.scene.draft(
            StepKind.CONNECT, Side.CLIENT, header.packets, [header.said, *details], [means], time_ns=header.time_ns
        )

    def _violation(self, violation: Violation) -> Draft | None:
        """Tell a broken rule; the same one again right after is the same step, a small one no step of its own."""
        told = remark(violation.detail) or violation.code
        if violation.code in SMALL_FAULTS:
            self._fault(violation)
            return None
        previous = self.drafts[-1] if self.drafts else None
        if previous is not None and previous.kind is StepKind.TROUBLE and previous.says[:1] == [told]:
            previous.claim(violation.packet)
            return None
        known = VIOLATIONS.get(violation.code)
        means = said(known) if known else text("violation")
        return self.scene.draft(
            StepKind.TROUBLE, violation.side, [violation.packet], [told], [means], time_ns=violation.time_ns
        )

    def _fault(self, fault: Violation) -> None:
        """Add a small fault to what was said last in its packet, or keep it for what comes next."""
        own = (d for d in reversed(self.drafts) if d.side is fault.side and d.kind is not StepKind.TROUBLE)
        about = next(own, None)
        if about is None or fault.packet not in about.packets:
            self._faults.append(fault)
            return
        told = text("fault", fault=remark(fault.detail) or fault.code)
        if told not in about.says:
            about.says.append(told)

    def _tell_faults(self) -> None:
        """Add the small faults that came before what they are about, last; without any such step they are steps."""
        saying = {(d.side, packet): d for d in self.drafts if d.kind is not StepKind.TROUBLE for packet in d.packets}
        for fault in self._faults:
            told = text("fault", fault=remark(fault.detail) or fault.code)
            draft = saying.get((fault.side, fault.packet))
            if draft is None:
                draft = self.scene.draft(
                    StepKind.TROUBLE, fault.side, [fault.packet], [], [text("violation")], time_ns=fault.time_ns
                )
                self.drafts.append(draft)
            if told not in draft.says:
                draft.says.append(told)

    def _gap(self, gap: Gap) -> Draft:
        self._waiting.clear()
        draft = self.scene.draft(
            StepKind.TROUBLE,
            gap.side,
            [gap.packet],
            [text("gap", octets=counted("octets", gap.missing))],
            [said(GAP_REASONS[gap.why.value]), text("gap.meaning")],
            time_ns=gap.time_ns,
        )
        self._gaps.append(draft)
        return draft

    def _place(self) -> None:
        """Keep each side's steps in the order of its stream, even where a packet that filled a hole came late.

        A gap stands before what follows it, whatever packet proved it. A mail of which nothing was captured has no
        packet: it stands, with its gap, behind what was said before.
        """
        gaps = {id(draft) for draft in self._gaps}
        following: dict[Side, Draft] = {}
        for draft in reversed(self.drafts):
            after = following.get(draft.side)
            if id(draft) in gaps and after is not None and after.place < draft.place:
                draft.place, draft.time_ns, draft.until_ns = after.place, after.time_ns, after.time_ns
            if draft.packets:
                following[draft.side] = draft
        for before, draft, after in zip(self.drafts, self.drafts[1:], [*self.drafts[2:], None], strict=False):
            if not draft.packets or (id(draft) in gaps and after is not None and not after.packets):
                draft.place, draft.time_ns, draft.until_ns = before.place, before.time_ns, before.time_ns
        reached = {Side.CLIENT: 0, Side.SERVER: 0}
        for draft in self.drafts:
            draft.place = reached[draft.side] = max(reached[draft.side], draft.place)
