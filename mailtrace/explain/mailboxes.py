"""What happened in a mailbox, in a few words: who looked in, what was fetched, stored and removed, how it ended."""

from __future__ import annotations

from collections.abc import Sequence

from mailtrace.explain.endings import Ending, ending
from mailtrace.explain.imap.syntax import values
from mailtrace.explain.imap.words import folder_shown
from mailtrace.explain.texts import counted, listed, text
from mailtrace.model import Conversation, Outcome, Reply, Turn, wire_text
from mailtrace.protocols.pop3.marks import marked

MAX_FOLDERS = 3
"""Folders named in a cell; the others are counted."""

SAID_ANYWAY = ("QUIT", "EHLO", "RSET", "NOOP")
"""Commands whose refusal does not matter: a hello is tried again, a goodbye is one all the same."""


def mailbox_visited(conversation: Conversation) -> str:
    """Return what a POP3 or IMAP conversation did, '' where nothing of it is known."""
    dialogue = conversation.dialogue
    parts = []
    if dialogue.logins:
        login = dialogue.logins[-1]
        parts.append(text("happened.login", user=login.user or login.mechanism))
    parts += _imap(conversation) if conversation.protocol == "imap" else _pop3(conversation)
    return ", ".join(parts)


def _pop3(conversation: Conversation) -> list[str]:
    found = _listed(conversation)
    parts = [text("happened.listed", messages=counted("messages", found))] if found is not None else []
    counts = {verb: len(_done(conversation, verb)) for verb in ("RETR", "TOP")}
    counts["DELE"] = len(marked(conversation.dialogue.turns))
    for verb, done in counts.items():
        if done:
            parts.append(text(f"happened.{verb}", count=f"{done:,}"))
    return parts


def _imap(conversation: Conversation) -> list[str]:
    """Return the folders opened, and how many mails came, were stored, marked, copied, moved, removed."""
    folders = [_folder(turn) for turn in _done(conversation, "SELECT", "EXAMINE")]
    distinct = list(dict.fromkeys(name for name in folders if name))
    shown = listed(distinct)
    if len(distinct) > MAX_FOLDERS:
        shown = text("happened.more", shown=", ".join(distinct[:MAX_FOLDERS]), count=len(distinct) - MAX_FOLDERS)
    parts = [text("happened.opened", folders=shown)] if shown else []
    contents = conversation.dialogue.contents
    counts = {
        "RETR": sum(1 for content in contents if content.how == "FETCH" and content.complete),
        "APPEND": sum(1 for content in contents if content.how == "APPEND"),
        "COPY": len(_done(conversation, "COPY", "UID COPY")),
        "MOVE": len(_done(conversation, "MOVE", "UID MOVE")),
        "EXPUNGE": sum(
            1 for turn in _done(conversation, "EXPUNGE", "UID EXPUNGE") for r in turn.replies if r.status == "EXPUNGE"
        ),
    }
    parts += [text(f"happened.{what}", count=f"{count:,}") for what, count in counts.items() if count]
    if any(turn.command and turn.command.verb == "IDLE" for turn in conversation.dialogue.turns):
        parts.append(text("happened.IDLE"))
    return parts


def _folder(turn: Turn) -> str:
    """Return the folder that a command names first, as people know it."""
    command = turn.command
    if command is None:
        return ""
    said = values(command.line[command.argument_at :], *(each.line for each in turn.continuations))
    return folder_shown(said[0]) if said else ""


def _done(conversation: Conversation, *verbs: str) -> list[Turn]:
    """Return the exchanges of these commands that the server carried out."""
    return [t for t in conversation.dialogue.turns if t.command and t.command.verb in verbs and _good(t.replies)]


def _good(replies: list[Reply]) -> bool:
    return bool(replies) and replies[-1].outcome is Outcome.GOOD


def _listed(conversation: Conversation) -> int | None:
    """Return how many messages the last LIST or UIDL of all of them, or STAT, showed."""
    found = None
    for turn in conversation.dialogue.turns:
        command = turn.command
        if command is None or not _good(turn.replies):
            continue
        reply = turn.replies[-1]
        if command.verb in ("LIST", "UIDL") and len(command.line.split()) == 1:
            found = max(len(reply.lines) - 1, 0)
        elif command.verb == "STAT":
            count = reply.lines[0].split()[:1] if reply.lines else []
            found = int(count[0]) if count and count[0].isdigit() and len(count[0]) < 10 else found
    return found


def mailbox_ending(conversation: Conversation) -> Ending:
    """Return whether a POP3 or IMAP session logged in and ended in order."""
    dialogue = conversation.dialogue
    if dialogue.logins and dialogue.logins[-1].accepted is False:
        refused = last_refusal(conversation, ("USER", "PASS", "APOP", "AUTH", "LOGIN", "AUTHENTICATE"))
        return refused or ending("result.login-refused")
    if conversation.protocol == "imap":
        goodbye = bool(_done(conversation, "LOGOUT"))
        return ending("result.pop3.quit" if goodbye else f"result.closed.{conversation.closed.value}")
    goodbye = bool(_done(conversation, "QUIT"))
    deleted = marked(conversation.dialogue.turns)
    if deleted:
        return ending("result.pop3.deleted" if goodbye else "result.pop3.not-deleted", count=len(deleted))
    if _done(conversation, "RETR"):
        return ending("result.pop3.kept")
    return ending("result.pop3.quit" if goodbye else f"result.closed.{conversation.closed.value}")


def last_refusal(conversation: Conversation, of: Sequence[str] = ()) -> Ending | None:
    """Return the last refusing reply that matters, None where there is none; `of`: only to these commands."""
    for turn in reversed(conversation.dialogue.turns):
        verb = turn.command.verb if turn.command is not None else ""
        if verb in SAID_ANYWAY or (of and verb not in of):
            continue
        for reply in reversed(turn.replies):
            if reply.outcome in (Outcome.NO, Outcome.LATER):
                words = wire_text(reply.lines[0]) if reply.lines else ""
                words += " …" if len(reply.lines) > 1 else ""
                key = "result.refused" if reply.outcome is Outcome.NO else "result.deferred-reply"
                return ending(key, reply=f"{reply.status} {words}".strip())
    return None
