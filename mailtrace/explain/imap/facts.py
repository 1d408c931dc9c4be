"""The facts that untagged replies of IMAP bring, in words: folders, what they hold, what was found, flags, names."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mailtrace.explain.english import FOLDER_USES, STATUS_FACTS
from mailtrace.explain.imap.commands import id_shown
from mailtrace.explain.imap.syntax import Value, pairs, values, words
from mailtrace.explain.imap.words import folder_shown, mails_shown
from mailtrace.explain.texts import counted, listed, text
from mailtrace.model import Reply, wire_text
from mailtrace.model.language import said

MAX_FOLDERS = 12
"""Folders that a sentence names; more are counted."""

MAX_FOUND = 200
"""Mails found that are read for a sentence; it names some of them."""


def _folders(replies: Sequence[Reply]) -> list[str]:
    """Tell the folders listed, with what they are for. Source: RFC 9051 section 7.3.1."""
    named = []
    for reply in replies[:MAX_FOLDERS]:
        told = [*values(*reply.lines), None, None, None]
        name = folder_shown(told[3])
        uses = [said(FOLDER_USES[word.upper()]) for word in words(told[1]) if word.upper() in FOLDER_USES]
        named.append(text("imap.LIST.one", folder=name, about=", ".join(uses)) if uses else name)
        if not name and len(replies) == 1:
            return [text("imap.LIST.separator-is", separator=told[2] or "NIL")]
    folders = counted("folders", len(replies))
    if len(replies) > MAX_FOLDERS:
        names = text("imap.LIST.more", names=", ".join(named), count=f"{len(replies) - MAX_FOLDERS:,}")
    else:
        names = listed(named)
    return [text("imap.LIST.found", folders=folders, names=names)]


_STATUS_ORDER = {name: at for at, name in enumerate(STATUS_FACTS)}


def _status(replies: Sequence[Reply]) -> list[str]:
    """Tell how folders stand. Source: RFC 9051 section 7.3.4."""
    told = []
    for reply in replies[:MAX_FOLDERS]:
        fields = [*values(*reply.lines), None, None]
        facts = [
            said(STATUS_FACTS[name], value=value)
            for name, value in sorted(pairs(words(fields[2])), key=lambda fact: _STATUS_ORDER.get(fact[0], 0))
            if name in STATUS_FACTS and isinstance(value, str)
        ]
        told.append(text("imap.STATUS.is", folder=folder_shown(fields[1]), facts=listed(facts)))
    return told


def _found(replies: Sequence[Reply]) -> list[str]:
    """Tell which mails a search found. Source: RFC 9051 section 7.3.4, RFC 3501 section 7.2.5."""
    found = [word for reply in replies for word in wire_text(b" ".join(reply.lines)).split()[1:]]
    numbers = [word for word in found if word.isdecimal()]
    if not numbers:
        return [text("imap.SEARCH.none")]
    if len(numbers) > MAX_FOUND:
        return [text("imap.SEARCH.count", mails=counted("mails", len(numbers)))]
    return [text("imap.SEARCH.found", which=mails_shown(",".join(numbers), uid=False))]


def _found_extended(replies: Sequence[Reply]) -> list[str]:
    """Tell an extended search result. Source: RFC 9051 section 7.3.4."""
    said = values(*replies[-1].lines)[1:]
    uid = any(isinstance(word, str) and word.upper() == "UID" for word in said)
    rest = [word for word in said if isinstance(word, str) and word.upper() != "UID"]
    facts = {rest[at].upper(): rest[at + 1] for at in range(len(rest) - 1)}
    if "ALL" in facts:
        return [text("imap.SEARCH.found", which=mails_shown(facts["ALL"], uid=uid))]
    if facts.get("COUNT", "").isdecimal() and len(facts["COUNT"]) < 20:
        return [text("imap.SEARCH.count", mails=counted("mails", int(facts["COUNT"])))]
    return [] if facts else [text("imap.SEARCH.none")]


def _program(replies: Sequence[Reply]) -> list[str]:
    said = [*values(*replies[-1].lines), None]
    facts = id_shown(said[1])
    return [text("imap.ID.server", facts=facts) if facts else text("imap.ID.server.silent")]


def _namespace(replies: Sequence[Reply]) -> list[str]:
    """Tell where own, other users' and shared folders begin. Source: RFC 9051 section 6.3.10."""
    own, others, shared = [*values(*replies[-1].lines)[1:], None, None, None][:3]
    return [text("imap.NAMESPACE.are", own=_places(own), others=_places(others), shared=_places(shared))]


def _places(value: Value) -> str:
    """Return the places of one namespace in words."""
    told = []
    for place in value if isinstance(value, list) else []:
        if isinstance(place, list) and len(place) > 1:
            prefix, separator = folder_shown(place[0]), place[1] if isinstance(place[1], str) else ""
            key = "imap.NAMESPACE.one" if prefix else "imap.NAMESPACE.any"
            told.append(text(key, prefix=prefix, separator=separator))
    return listed(told) or text("imap.NAMESPACE.none")


def _enabled(replies: Sequence[Reply]) -> list[str]:
    what = [word for reply in replies for word in wire_text(b" ".join(reply.lines)).split()[1:]]
    return [text("imap.ENABLED", what=listed(what)) if what else text("imap.ENABLED.none")]


def _vanished(replies: Sequence[Reply]) -> list[str]:
    """Tell mails that are gone, by UID. Source: RFC 7162 section 3.2.10."""
    told = []
    for reply in replies:
        said = values(*reply.lines)[1:]
        earlier = any(isinstance(word, list) for word in said)
        numbers = next((word for word in reversed(said) if isinstance(word, str)), "")
        shown = mails_shown(numbers, uid=True)
        told.append(text("imap.VANISHED.earlier" if earlier else "imap.VANISHED", which=shown))
    return told


FACTS: dict[str, Callable[[Sequence[Reply]], list[str]]] = {
    "LIST": _folders,
    "XLIST": _folders,
    "LSUB": _folders,
    "STATUS": _status,
    "SEARCH": _found,
    "SORT": _found,
    "ESEARCH": _found_extended,
    "ID": _program,
    "NAMESPACE": _namespace,
    "ENABLED": _enabled,
    "VANISHED": _vanished,
}
"""How each kind of untagged reply is told; others speak for themselves."""
