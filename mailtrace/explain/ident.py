"""The ident exchange a mail server starts before it greets: who opened the connection? Source: RFC 1413 section 4."""

from __future__ import annotations

from mailtrace.explain.connection import is_bare_ack
from mailtrace.explain.draft import Draft, Scene
from mailtrace.explain.texts import between, listed, meaning, rounded, text
from mailtrace.explain.waits.causes import ident_outcome
from mailtrace.model import Command, Flags, Reply, Side, StepKind, wire_text
from mailtrace.protocols.ident.words import ERRORS

OVERVIEW = "RFC 1413 section 2"
ANSWERS_SECTION = "RFC 1413 section 5"


def ident_step(scene: Scene, *, inside: bool) -> Draft:
    """Return one step for a whole ident exchange; `inside` when told within the mail conversation it belongs to."""
    conversation = scene.conversation
    outcome = ident_outcome(conversation)
    packets = conversation.packets
    opening = min(3, len(packets))
    acks = [p.number for index, p in enumerate(packets) if index >= opening and is_bare_ack(p)]
    said = [
        wire_text(event.line) if isinstance(event, Command) else _answer(event)
        for event in conversation.dialogue.events
        if isinstance(event, Command | Reply)
    ]
    draft = scene.draft(
        StepKind.IDENT,
        Side.CLIENT,
        [p.number for p in packets if p.number not in acks],
        [
            text("ident.asks", port=conversation.key.server.port, listener=scene.names[Side.SERVER]),
            *(said or [text(f"ident.short.{outcome}")]),
        ],
        [text("ident.purpose"), *_outcome_means(scene, outcome)],
        ANSWERS_SECTION if outcome == "answered" else OVERVIEW,
    )
    draft.acks = acks
    draft.until_ns = packets[-1].time_ns
    draft.unanswered = outcome in ("unanswered", "silent")
    if inside and outcome == "unanswered":
        draft.means.append(text("ident.waits"))
    return draft


def _answer(reply: Reply) -> str:
    """Return an answer as text, with its kind even where the session left that out of the line."""
    said = " ".join(wire_text(line) for line in reply.lines)
    return said if reply.status in said else f"{reply.status} : {said}"


def _outcome_means(scene: Scene, outcome: str) -> list[str]:
    packets = scene.conversation.packets
    server = scene.names[Side.SERVER]
    if outcome == "unanswered":
        delays = [rounded(between(packets[0].time_ns, p.time_ns)) for p in packets[1:] if p.flags & Flags.SYN]
        if not delays:
            return [text("ident.unanswered", server=server)]
        return [text("ident.unanswered.repeated", server=server, delays=listed(list(dict.fromkeys(delays))))]
    if outcome == "refused":
        return [text("ident.refused", server=server)]
    if outcome == "silent":
        return [text("ident.silent", server=server)]
    answers = [event for event in scene.conversation.dialogue.events if isinstance(event, Reply)]
    return [_answered(reply) for reply in answers]


def _answered(reply: Reply) -> str:
    """Explain `ports : USERID : system : user` or `ports : ERROR : reason`. Source: RFC 1413 section 5."""
    fields = [field.strip() for field in _answer(reply).split(":")]
    user_at = fields.index("USERID") if "USERID" in fields else -1
    if user_at >= 0 and len(fields) > user_at + 2:
        return text("ident.user", user=":".join(fields[user_at + 2 :]))
    reason = fields[-1].upper()
    return text("ident.error", means=meaning(ERRORS[reason]) if reason in ERRORS else reason)
