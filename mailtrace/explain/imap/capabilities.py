"""What an IMAP server says that it can: explained the first time, later only what has changed."""

from __future__ import annotations

from collections.abc import Sequence

from mailtrace.explain.texts import listed, meaning, text
from mailtrace.model import Reply, wire_text
from mailtrace.protocols.imap.grammar import code_of
from mailtrace.protocols.imap.words import CAPABILITIES

NOTABLE = (
    "STARTTLS",
    "LOGINDISABLED",
    "IDLE",
    "LITERAL+",
    "LITERAL-",
    "MOVE",
    "UIDPLUS",
    "CONDSTORE",
    "QRESYNC",
    "COMPRESS",
    "SPECIAL-USE",
    "UTF8",
    "QUOTA",
)
"""Capabilities worth explaining where they are offered; servers name thirty, and most are for programs."""

NAME = "CAPABILITY"
LOGIN_BY = "AUTH="
NO_LOGIN = "LOGINDISABLED"


class Capabilities:
    """Remembers the last list."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._known: list[str] = []

    def told(self, replies: Sequence[Reply]) -> list[str]:
        """Return what replies say of capabilities in words, nothing where they say nothing. RFC 9051 section 7.2.2."""
        named = named_capabilities(replies)
        if not named:
            return []
        before, self._known = self._known, named
        if not before:
            told = [text("imap.CAPABILITY.list", offered=_explained(named))]
            return [*told, text("imap.no-login")] if NO_LOGIN in named else told
        new = [name for name in named if name not in before]
        gone = [name for name in before if name not in named]
        if not new and not gone:
            return [text("imap.CAPABILITY.same")]
        told = [text("imap.CAPABILITY.more", new=_explained(new))] if new else []
        return [*told, text("imap.CAPABILITY.less", gone=listed(gone))] if gone else told


def named_capabilities(replies: Sequence[Reply]) -> list[str]:
    """Return the names in an untagged CAPABILITY or in the code of that name, in upper case."""
    for reply in reversed(replies):
        first = wire_text(reply.lines[0]) if reply.lines else ""
        if reply.tag is None and reply.status == NAME:
            return first.upper().split()[1:]
        if reply.lines and code_of(reply.lines[0]) == NAME:
            return first.partition("]")[0].upper().split()[1:]
    return []


def _explained(names: Sequence[str]) -> str:
    """Return the notable names with their meaning, then the ways to log in; the others are counted."""
    mechanisms = [name.removeprefix(LOGIN_BY) for name in names if name.startswith(LOGIN_BY)]
    known = [name for notable in NOTABLE for name in names if name.partition("=")[0] == notable]
    told = [text("extension", keyword=name, means=meaning(CAPABILITIES[name.partition("=")[0]])) for name in known]
    if mechanisms:
        told.append(text("extension.AUTH", mechanisms=listed(mechanisms)))
    others = len(names) - len(known) - len(mechanisms)
    if not told:
        return listed(list(names))
    return text("imap.CAPABILITY.others", told="; ".join(told), count=others) if others else "; ".join(told)
