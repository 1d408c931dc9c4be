"""What a packet means, for its comment in an exported capture: the steps of walkthroughs, as Wireshark shows them."""

from __future__ import annotations

from collections.abc import Iterable

from mailtrace.explain.walkthrough import walkthroughs
from mailtrace.mail.correlator import Final
from mailtrace.model import Analysis, CaptureInfo, Host, Step, Walkthrough
from mailtrace.reports.safe import safe

SAID_LIMIT = 8
"""Lines said that a comment repeats: the packet itself has them all."""

LINE_LIMIT = 200
"""Characters of a line that a comment repeats."""

COMMENTS_LIMIT = 200_000
"""Packets with comments: nobody reads as many, and they are in memory until the packets are written."""

Comments = dict[int, list[str]]


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
        who = f"journey {walkthrough.journey}" if walkthrough.journey is not None else _conversations(walkthrough)
        for step in walkthrough.steps:
            for place, number in enumerate(step.packets):
                text = _text(step, who) if not place else f"Step {step.number} of {who}, continued."
                found.setdefault(number, []).append(text)
    return found


def _conversations(walkthrough: Walkthrough) -> str:
    ids = [str(each) for each in walkthrough.conversations]
    return f"conversation{'s' * (len(ids) > 1)} {', '.join(ids)}"


def _text(step: Step, who: str) -> str:
    lines = [f"Step {step.number} of {who}: {safe(step.speaker)} to {safe(step.listener)}"]
    lines += [_line(said) for said in step.says[:SAID_LIMIT]]
    if len(step.says) > SAID_LIMIT:
        lines.append(f"({len(step.says) - SAID_LIMIT} more lines)")
    if step.means:
        lines.append(safe(step.means))
    if step.source:
        lines.append(step.source)
    return "\n".join(lines)


def _line(said: str) -> str:
    shown = safe(said)
    return shown if len(shown) <= LINE_LIMIT else f"{shown[:LINE_LIMIT]}..."
