"""What a packet means, for its comment in an exported capture: the steps of walkthroughs, as Wireshark shows them."""

from __future__ import annotations

from collections.abc import Iterable

from mailtrace.explain.walkthrough import walkthroughs
from mailtrace.mail.correlator import Final
from mailtrace.model import Analysis, CaptureInfo, Host, Step, Walkthrough
from mailtrace.model.language import said
from mailtrace.reports.safe import safe

SAID_LIMIT = 8
"""Lines said that a comment repeats: the packet itself has them all."""

LINE_LIMIT = 200
"""Characters of a line that a comment repeats."""

COMMENTS_LIMIT = 200_000
"""Packets with comments: nobody reads as many, and they are in memory until the packets are written."""

Comments = dict[int, list[str]]

STEP = "Step {number} of {who}: {speaker} to {listener}"
CONTINUED = "Step {number} of {who}, continued."


def conversation_comments(final: Final, show_secrets: bool) -> Comments:
    """Return comments by packet for a conversation that is told alone."""
    conversation = final.conversation
    hosts = [Host(address, (name,), ()) for address, name in final.names.items()]
    analysis = Analysis(CaptureInfo(files=[]), hosts, [conversation], final.messages, final.lookups)
    return comments(walkthroughs(analysis, conversation=conversation.id, show_secrets=show_secrets))


def comments(told: Iterable[Walkthrough]) -> Comments:
    """Return comments by packet: the first packet of a step has its text, the others its number."""
    found: Comments = {}
    for walkthrough in told:
        who = _journey(walkthrough) or _conversations(walkthrough)
        for step in walkthrough.steps:
            for place, number in enumerate(step.packets):
                text = _text(step, who) if not place else said(CONTINUED, number=step.number, who=who)
                found.setdefault(number, []).append(text)
    return found


def _journey(walkthrough: Walkthrough) -> str:
    return "" if walkthrough.journey is None else said("journey {number}", number=walkthrough.journey)


def _conversations(walkthrough: Walkthrough) -> str:
    ids = [str(each) for each in walkthrough.conversations]
    return said("conversations {numbers}" if len(ids) > 1 else "conversation {numbers}", numbers=", ".join(ids))


def _text(step: Step, who: str) -> str:
    speaker, listener = safe(step.speaker), safe(step.listener)
    lines = [said(STEP, number=step.number, who=who, speaker=speaker, listener=listener)]
    lines += [_line(each) for each in step.says[:SAID_LIMIT]]
    if len(step.says) > SAID_LIMIT:
        lines.append(said("({count} more lines)", count=len(step.says) - SAID_LIMIT))
    if step.means:
        lines.append(safe(step.means))
    if step.source:
        lines.append(step.source)
    return "\n".join(lines)


def _line(said: str) -> str:
    shown = safe(said)
    return shown if len(shown) <= LINE_LIMIT else f"{shown[:LINE_LIMIT]}..."
