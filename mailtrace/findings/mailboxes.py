"""What the rules of POP3 and IMAP share: logins that others can read, that are refused, or that somebody guesses."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrace.findings.facts import Facts, Talk
from mailtrace.findings.rule import Seen, seen
from mailtrace.findings.smtp_security import GUESSES, REVERSIBLE, is_inside
from mailtrace.model import Encryption, Login
from mailtrace.model.language import said

SHOWING = REVERSIBLE | {"USER"}
"""Ways to log in that show the password, or a token, to whoever sees the packets; USER stands for USER and PASS."""

GUESSING_NS = 600_000_000_000
"""Ten minutes: refused logins that are further apart are a person or a program that has not learnt the new password."""


def shown_logins(talk: Talk) -> Iterator[Seen]:
    """Yield the logins whose password everybody could read."""
    for login in _shown(talk):
        yield seen(login.packets, client=talk.client, server=talk.server, user=named(login), mechanism=how(login))


def _shown(talk: Talk) -> list[Login]:
    """Return the logins whose password everybody could read; a USER that is refused never comes to PASS."""
    logins = talk.conversation.dialogue.logins
    if not logins or is_inside(talk):
        return []
    passed = {turn.command.packet for turn in talk.commands if turn.command and turn.command.verb == "PASS"}
    return [
        login
        for login in logins
        if login.mechanism in SHOWING and talk.is_clear(login.packets[0])
        if login.mechanism != "USER" or passed.intersection(login.packets)
    ]


def refused_logins(talk: Talk) -> Iterator[Seen]:
    """Yield the logins that the server refused."""
    for login in talk.conversation.dialogue.logins:
        if login.accepted is False:
            yield seen(login.packets, client=talk.client, server=talk.server, user=named(login), mechanism=how(login))


def guessed_passwords(facts: Facts, protocol: str) -> Iterator[Seen]:
    """Yield clients whose logins at one server were refused again and again within a short time."""
    refused: dict[tuple[str, str], list[tuple[Talk, Login]]] = {}
    for talk in facts.talks_by_protocol.get(protocol, ()):
        key = talk.conversation.key
        for login in talk.conversation.dialogue.logins:
            if login.accepted is False:
                refused.setdefault((key.client.host, key.server.host), []).append((talk, login))
    for tries in refused.values():
        start_ns = min(talk.conversation.start_ns for talk, _ in tries)
        end_ns = max(talk.conversation.start_ns for talk, _ in tries)
        if len(tries) < GUESSES or end_ns - start_ns > GUESSING_NS * (len(tries) // GUESSES):
            continue
        talk = tries[0][0]
        packets = [packet for _, login in tries for packet in login.packets]
        users = len({login.user for _, login in tries})
        yield seen(packets, client=talk.client, server=talk.server, count=len(tries), users=users)


def shown_mails(talk: Talk) -> tuple[int, ...]:
    """Return the packets of mails that everybody could read on their way."""
    if is_inside(talk):
        return ()
    contents = talk.conversation.dialogue.contents
    return tuple(sorted({packet for content in contents for packet in content.packets if talk.is_clear(packet)}))


def unused_offer(talk: Talk, offer: bytes, verb: str) -> Iterator[int]:
    """Yield the packets of a server's offer to encrypt and of the login in clear behind it; none without both.

    An offer that the client asked for only after its login could not be taken up any more.
    """
    if talk.conversation.dialogue.encryption is not Encryption.NO:
        return
    shown = _shown(talk)
    asked = any(turn.command is not None and turn.command.verb == verb for turn in talk.commands)
    offers = [
        reply
        for _, reply in talk.replies
        if any(offer in line.upper().replace(b"]", b" ").split() for line in reply.lines)
    ]
    if shown and offers and not asked and offers[0].packet < shown[0].packets[0]:
        yield from (offers[0].packet, *shown[0].packets)


def named(login: Login) -> str:
    """Return who logs in."""
    return login.user or said("(unknown)")


def how(login: Login) -> str:
    """Return the commands or the mechanism of a login."""
    return said("USER and PASS") if login.mechanism == "USER" else login.mechanism
