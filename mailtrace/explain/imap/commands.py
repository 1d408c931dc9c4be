"""What an IMAP command asks for, in words: which mails, which parts of them, which folder, which flags."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from mailtrace.explain.draft import Scene
from mailtrace.explain.english import STATUS_ITEMS
from mailtrace.explain.imap.search import conditions
from mailtrace.explain.imap.syntax import Value, values, words
from mailtrace.explain.imap.words import (
    flags_shown,
    folder_shown,
    is_peek,
    items_shown,
    mails_shown,
    piece_of,
    section_of,
)
from mailtrace.explain.login import mechanism_means
from mailtrace.explain.texts import counted, has_text, listed, meaning, text
from mailtrace.model import Command, Continuation
from mailtrace.model.language import said
from mailtrace.protocols.imap.grammar import literal_at_end
from mailtrace.protocols.imap.words import COMMANDS

DELETED = "\\DELETED"

BARE_FACTS = ("name", "version")
"""What a program says of itself that needs no word before it."""

Told = list[str]


class Request:
    """A command with its arguments taken apart, the literals that followed it in their place."""

    def __init__(self, command: Command, continuations: list[Continuation], scene: Scene) -> None:
        """Read the arguments; of a login only the user is told, as the session found it."""
        self.command = command
        logins = scene.conversation.dialogue.logins
        users = [login.user for login in logins if login.user and command.packet in login.packets]
        self.user = users[0] if users else text("imap.LOGIN.nobody")
        self.is_uid = command.verb.startswith("UID ")
        self.verb = command.verb.removeprefix("UID ")
        lines = [command.line[command.argument_at :], *(each.line for each in continuations)]
        self.arguments: list[Value] = [] if self.verb in ("LOGIN", "AUTHENTICATE") else values(*lines)

    def word(self, at: int) -> str:
        """Return an argument that is a word or a string, '' where there is none."""
        value = self.arguments[at] if at < len(self.arguments) else None
        return value if isinstance(value, str) else ""

    def words(self, at: int) -> list[str]:
        """Return the words of an argument that is a list, or a word alone."""
        return words(self.arguments[at]) if at < len(self.arguments) else []

    @property
    def folder(self) -> str:
        """The folder that the command is about, '' where it names none."""
        return folder_shown(self.word(1 if self.verb in ("COPY", "MOVE", "REPLACE") else 0))

    @property
    def other(self) -> str:
        """The second folder, of a command that names two."""
        return folder_shown(self.word(1))

    @property
    def mails(self) -> str:
        """The mails that the command is about."""
        return mails_shown(self.word(0), uid=self.is_uid)


def command_means(request: Request, scene: Scene) -> Told:
    """Return what a command means; the sentence of its table where it needs no arguments."""
    teller = _TELLERS.get(request.verb)
    if teller is not None:
        told = teller(request, scene)
    elif request.verb in COMMANDS and has_text(f"imap.{request.verb}"):
        told = [text(f"imap.{request.verb}", folder=request.folder, which=request.mails)]
    else:
        word = COMMANDS.get(request.command.verb) or COMMANDS.get(request.verb)
        told = [meaning(word) if word else text("imap.unknown-command")]
    return [*told, *_name_decoded(request, scene), literal_means(request.command.line, scene)]


def command_source(command: Command) -> str:
    """Return where a command is written."""
    word = COMMANDS.get(command.verb) or COMMANDS.get(command.verb.removeprefix("UID "))
    return (word.source if word else None) or "RFC 9051 section 6"


def literal_means(line: bytes, scene: Scene) -> str:
    """Explain the announcement of a literal at the end of a line, once at length; '' where there is none."""
    literal = literal_at_end(line)
    if literal is None:
        return ""
    octets = counted("octets", literal.count)
    key = "imap.literal" if literal.waits else "imap.literal.at-once"
    return scene.once(key, count=literal.count, octets=octets) or text("imap.literal.more", octets=octets)


def _name_decoded(request: Request, scene: Scene) -> Told:
    """Tell once that a folder's name is written in an encoding. Source: RFC 3501 section 5.1.3."""
    for argument in request.arguments:
        if isinstance(argument, str) and "&" in argument and folder_shown(argument) != argument:
            return [scene.once("imap.name.decoded", wire=argument, folder=folder_shown(argument))]
    return []


def _login(request: Request, scene: Scene) -> Told:
    readable = scene.on_the_wire(request.command.packet)
    return [text("imap.LOGIN" if readable else "imap.LOGIN.inside", user=request.user)]


def _authenticate(request: Request, scene: Scene) -> Told:
    mechanism = scene.argument(request.command).split(" ")[0].upper()
    return [mechanism_means(mechanism, scene, request.command.packet)]


def _list(request: Request, scene: Scene) -> Told:
    pattern = folder_shown(request.word(0)) + folder_shown(request.word(1))
    if request.verb == "LSUB":
        return [text("imap.LSUB.some", pattern=pattern)]
    if pattern in ("*", "%", ""):
        return [text({"*": "imap.LIST.all", "%": "imap.LIST.top", "": "imap.LIST.separator"}[pattern])]
    return [text("imap.LIST.some", pattern=pattern)]


def _rename(request: Request, scene: Scene) -> Told:
    return [text("imap.RENAME", folder=request.folder, other=request.other)]


def _status(request: Request, scene: Scene) -> Told:
    items = [_status_item(item) for item in request.words(1)]
    return [text("imap.STATUS", folder=request.folder, items=listed(items))]


def _status_item(item: str) -> str:
    known = STATUS_ITEMS.get(item.upper())
    return item if known is None else said(known)


def _fetch(request: Request, scene: Scene) -> Told:
    items = request.words(1)
    told = [_asked_for(request, items)]
    content = [item for item in items if section_of(item) is not None]
    if any(is_peek(item) for item in content):
        told.append(scene.once("imap.FETCH.peek"))
    elif content:
        told.append(scene.once("imap.FETCH.marks"))
    return told


def _asked_for(request: Request, items: list[str]) -> str:
    """Tell what is fetched: a mail as a whole, a piece of it, or some facts and parts."""
    if [section_of(item) for item in items] != [""]:
        return text("imap.FETCH", what=items_shown(items), which=request.mails)
    start, octets = piece_of(items[0])
    if start is None:
        return text("imap.FETCH.whole", which=request.mails)
    return text("imap.FETCH.one-piece", octets=octets, which=request.mails, start=start)


def _store(request: Request, scene: Scene) -> Told:
    how, _, silent = request.word(1).upper().partition(".")
    flags = [flag for at in range(2, len(request.arguments)) for flag in request.words(at)]
    key = {"+": "imap.STORE.add", "-": "imap.STORE.remove"}.get(how[:1], "imap.STORE.set")
    told = [text(key, which=request.mails, flags=flags_shown(flags))]
    if silent:
        told.append(scene.once("imap.STORE.silent"))
    if how[:1] != "-" and any(flag.upper() == DELETED for flag in flags):
        told.append(scene.once("imap.deleted-later"))
    return told


def _search(request: Request, scene: Scene) -> Told:
    wanted = conditions(request.arguments)
    return [text("imap.SEARCH", conditions=wanted) if wanted else text("imap.SEARCH.all")]


def _sort(request: Request, scene: Scene) -> Told:
    order = listed([word.lower() for word in request.words(0)])
    return [text("imap.SORT", order=order, conditions=conditions(request.arguments[2:]) or text("imap.search.any"))]


def _append(request: Request, scene: Scene) -> Told:
    told = [text("imap.APPEND", folder=request.folder)]
    for argument in request.arguments[1:]:
        if isinstance(argument, list) and argument:
            told.append(text("imap.APPEND.flags", flags=flags_shown(words(argument))))
        elif isinstance(argument, str) and argument.strip().count(":") > 1:
            told.append(text("imap.APPEND.date", date=argument.strip()))
    return told


def _expunge(request: Request, scene: Scene) -> Told:
    return [text("imap.EXPUNGE.uid", which=request.mails) if request.is_uid else text("imap.EXPUNGE")]


def _id(request: Request, scene: Scene) -> Told:
    facts = id_shown(request.arguments[0]) if request.arguments else ""
    return [text("imap.ID", facts=facts) if facts else text("imap.ID.silent")]


def id_shown(value: Value) -> str:
    """Return what a program says of itself, in words, '' where it says nothing. Source: RFC 2971 section 3.3."""
    said = value if isinstance(value, list) else []
    facts = [(name, of) for name, of in list(pairwise(said))[::2] if isinstance(name, str) and isinstance(of, str)]
    bare = [of for name, of in facts if name.lower() in BARE_FACTS]
    named = [text("imap.ID.one", name=name, value=of) for name, of in facts if name.lower() not in BARE_FACTS]
    return ", ".join([" ".join(bare), *named] if bare else named)


def _enable(request: Request, scene: Scene) -> Told:
    return [text("imap.ENABLE", what=listed([word for word in request.arguments if isinstance(word, str)]))]


def _compress(request: Request, scene: Scene) -> Told:
    return [text("imap.COMPRESS", how=request.word(0).upper())]


_TELLERS: dict[str, Callable[[Request, Scene], Told]] = {
    "LOGIN": _login,
    "AUTHENTICATE": _authenticate,
    "LIST": _list,
    "XLIST": _list,
    "LSUB": _list,
    "RENAME": _rename,
    "STATUS": _status,
    "FETCH": _fetch,
    "STORE": _store,
    "SEARCH": _search,
    "SORT": _sort,
    "APPEND": _append,
    "EXPUNGE": _expunge,
    "ID": _id,
    "ENABLE": _enable,
    "COMPRESS": _compress,
}
"""Commands whose arguments change what they mean."""
