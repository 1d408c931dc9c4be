"""At which moment of a mail conversation something else happened: a lookup, an ident call.

What waits for its answer then is most likely the cause: the server does not answer before it knows what it asked.
"""

from __future__ import annotations

from mailtrace.explain.draft import Scene, shortened
from mailtrace.explain.texts import text
from mailtrace.model import Command, Turn


def moment(scene: Scene, packet: int, name: str = "") -> str:
    """Return in words when a packet came, seen from the conversation; `name` is the domain name it asks for, if any."""
    conversation = scene.conversation
    turns = conversation.dialogue.turns
    if packet < conversation.numbers[0]:
        return text("moment.before")
    if packet > conversation.numbers[-1]:
        return text("moment.ended")
    begun = [turn for turn in turns if turn.command is not None and turn.command.packet < packet]
    waiting = [turn for turn in begun if not turn.replies or turn.replies[-1].packet > packet]
    if waiting:
        named = (turn for turn in waiting if turn.command is not None and _names(turn.command, name))
        return _waiting(scene, next(named, waiting[0]), packet)
    if begun:
        return text("moment.answered", command=_line(scene, begun[-1]))
    greeted = any(reply.packet < packet for turn in turns[:1] for reply in turn.replies)
    return text("moment.greeted" if greeted else "moment.opened")


def _waiting(scene: Scene, turn: Turn, packet: int) -> str:
    """Return that a command waits, or the mail that followed it."""
    sent = any(content.packets and content.packet < packet for content in scene.conversation.dialogue.contents)
    asked = turn.command is not None and turn.command.verb == "DATA"
    if asked and sent and any(reply.packet < packet for reply in turn.replies):
        return text("moment.mail")
    return text("moment.waiting", command=_line(scene, turn))


def _line(scene: Scene, turn: Turn) -> str:
    return shortened(scene.line(turn.command)) if turn.command is not None else ""


def _names(command: Command, name: str) -> bool:
    """Tell whether a command has a domain in it that the name is, or is below."""
    labels = name.rstrip(".").lower().encode("utf-8", "backslashreplace").split(b".")
    line = command.line.lower()
    return any(b"@" + b".".join(labels[at:]) + b">" in line for at in range(len(labels) - 1))
