"""HOT. The course of a conversation: what several look for in its turns, found on one walk over them (`mail`)."""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct

from mailtrace.model import Command, Conversation, Reply, Transaction, wire_text

HELLO_TURNS = 50
"""Turns in which the client's hello is looked for: it comes first, and once more after STARTTLS."""

REMEMBERED_LINE = 300
"""Octets of a line that is read once for all that are the same; a path has at most 256 (RFC 5321 section 4.5.3.1.3)."""

_HELLOS = frozenset(("EHLO", "HELO", "LHLO"))
_SENDING = frozenset(("DATA", "BDAT"))

_DOMAIN = re.compile(rb"@([^@<>\s,:\"]{1,255})>")
_DOMAIN_ALONE = re.compile(rb"@([^@<>\s,:\"]{1,255})")

Asked = tuple[int, int | None, str, tuple[str, ...]]
"""A command, as far as it tells what a conversation is about: when it was sent and answered (None: never), its verb,
and the domains that it names."""


Carried = tuple[Transaction, int | None]
"""A transaction, and the place of its message among those of its conversation; None without one."""


class Name(Struct, frozen=True, gc=False):
    """The name with which a side introduces itself: as it stands, and as it is compared; `line` is all that it says."""

    text: str
    domains: tuple[str, ...]
    line: str


Hello = tuple[int, str, Name]
"""The place of a turn with the client's hello, its verb and the client's name."""

NO_HELLO: Hello = (0, "", Name("", (), ""))


class Course(Struct, gc=False):
    """What is looked for in what was said.

    `greeting` is the reply with which the server spoke first, `server` the name in it. `hellos` are the client's. For
    each command that sends a mail `sendings` has the MAIL before it, and the last reply to it.
    """

    greeting: Reply | None
    server: Name | None
    asked: tuple[Asked, ...]
    hellos: list[Hello]
    sendings: list[tuple[Command, Reply]]


def course_of(conversation: Conversation) -> Course:
    """Walk over the turns of a conversation."""
    turns = conversation.dialogue.turns
    asked: list[Asked] = []
    hellos: list[Hello] = []
    sendings: list[tuple[Command, Reply]] = []
    mail = None
    for place, turn in enumerate(turns):
        command, replies = turn.command, turn.replies
        if command is None:
            continue
        verb, line = command.verb, command.line
        domains: tuple[str, ...] = ()
        if verb == "MAIL" or verb == "RCPT":
            domains = (_domains if len(line) <= REMEMBERED_LINE else _domains.__wrapped__)(line, command.argument_at)
            if verb == "MAIL":
                mail = command
        elif verb in _HELLOS:
            name = _name(line, command.argument_at)
            domains = name.domains
            if place < HELLO_TURNS:
                hellos.append((place, verb, name))
        elif mail is not None and replies and verb in _SENDING:
            sendings.append((mail, replies[-1]))
        asked.append((command.time_ns, replies[-1].time_ns if replies else None, verb, domains))
    greeting = turns[0].replies[0] if turns and turns[0].command is None and turns[0].replies else None
    server = _name(greeting.lines[0], 0) if greeting is not None and greeting.lines else None
    return Course(greeting, server, tuple(asked), hellos, sendings)


def plain(name: str) -> str:
    """Return a domain name as it is compared: lower case, no dot at the end."""
    return name.rstrip(".").lower()


@lru_cache(maxsize=4096)
def _domains(line: bytes, at: int) -> tuple[str, ...]:
    """Return the domain of the address that a line gives from `at` on; none when it gives none."""
    argument = line[at:]
    found = _DOMAIN.search(argument) or _DOMAIN_ALONE.search(argument)
    return (plain(found[1].decode("utf-8", "replace")),) if found else ()


def _name(line: bytes, at: int) -> Name:
    """Return the name that a line gives from `at` on."""
    return (_read_name if len(line) <= REMEMBERED_LINE else _read_name.__wrapped__)(line, at)


@lru_cache(maxsize=4096)
def _read_name(line: bytes, at: int) -> Name:
    argument = line[at:]
    words = argument.split(None, 1)
    first = words[0] if words else b""
    return Name(wire_text(first), (plain(first.decode("utf-8", "replace")),), wire_text(argument))
