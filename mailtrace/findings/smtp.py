"""What rules of SMTP ask of a conversation: what was offered, how the client introduced itself, who refused what."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrace.findings.facts import Talk, answered
from mailtrace.model import Command, Outcome, Reply, Turn, wire_text
from mailtrace.model.language import said
from mailtrace.protocols.smtp.grammar import parse_path
from mailtrace.protocols.smtp.words import ENHANCED, REPLIES


def offers(reply: Reply) -> dict[str, str]:
    """Return what an answer to EHLO offers: keywords in upper case, with their arguments. RFC 5321 section 4.1.1.1."""
    found = {}
    for line in reply.lines[1:]:
        keyword, _, arguments = wire_text(line).strip().partition(" ")
        found[keyword.upper()] = arguments.strip()
    return found


def offered(talk: Talk, before: int | None = None) -> dict[str, str] | None:
    """Return what the server offered last (before a packet), {} after HELO; None where no hello and answer is seen."""
    command, reply = welcome(talk, before) or (None, None)
    if command is None or reply is None:
        return None
    return {} if command.verb == "HELO" else offers(reply)


def welcome(talk: Talk, before: int | None = None) -> tuple[Command, Reply] | None:
    """Return the last hello (before a packet) that was answered well, with the answer; None where none is seen."""
    last: tuple[Command, Reply] | None = None
    for command, reply in talk.hellos:
        if before is not None and command.packet >= before:
            break
        if reply is not None and reply.outcome is Outcome.GOOD:
            last = command, reply
    return last


def argument(command: Command) -> str:
    """Return the argument of a command as text. Not for AUTH: it is a secret."""
    return wire_text(command.line[command.argument_at :]).strip()


def address(command: Command) -> str:
    """Return the address in the argument of MAIL or RCPT, `<>` for the null path, the argument where it is none."""
    keyword = b"FROM" if command.verb == "MAIL" else b"TO"
    path = parse_path(command.line[command.argument_at :], keyword)
    return argument(command) if path is None else path.address or "<>"


def explained(reply: Reply) -> str:
    """Return a reply with what its code means: the enhanced one where it has one, else the reply code.

    Source: the registry of enhanced codes that RFC 5248 set up.
    """
    words = None if reply.enhanced is None else ENHANCED.get(reply.enhanced.partition(".")[2])
    code = reply.status if words is None else reply.enhanced
    words = words or REPLIES.get(reply.status)
    return f"{answered(reply)} [{code}: {said(words.means)}]" if words is not None else answered(reply)


def refusals(talk: Talk, *verbs: str) -> Iterator[tuple[Turn, Command, Reply]]:
    """Yield the refusals of these commands; of DATA also those that came behind the mail."""
    for turn, reply in talk.refusals:
        if turn.command is not None and turn.command.verb in verbs:
            yield turn, turn.command, reply
