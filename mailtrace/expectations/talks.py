"""Expectations of conversations: how soon servers greet, and whether mail is encrypted between servers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mailtrace.expectations.picking import MAIL_PROTOCOLS, PROTOCOL, SIDES, lifted
from mailtrace.expectations.values import seconds, yes
from mailtrace.expectations.words import Demand, Fact, Kind
from mailtrace.explain.waits import causes, waits
from mailtrace.explain.waits.table import Told, added_up, greeting_waits
from mailtrace.findings.facts import Facts, Talk
from mailtrace.findings.smtp import offered
from mailtrace.model import Encryption, HopKind, Wait, WentDark
from mailtrace.model.figures import seconds as figure
from mailtrace.model.language import said
from mailtrace.protocols.services import SUBMISSION_PORTS

EXPLAINED_NS = 100_000_000
"""A greeting that takes longer is told with what it waited for."""


class Greeting(NamedTuple):
    """A conversation in which a server greets first, and what passed until it did; no waits where it did not."""

    talk: Talk
    waits: Sequence[Wait]


def greetings(facts: Facts) -> list[Greeting]:
    """Return the conversations in which a server has to greet."""
    asked = causes(facts.analysis.conversations)
    found = (talk for protocol in MAIL_PROTOCOLS for talk in facts.talks_by_protocol.get(protocol, []))
    return [
        Greeting(talk, greeting_waits(talk.conversation, waits(talk.conversation, asked.get(talk.conversation.id))))
        for talk in sorted(found, key=lambda talk: talk.conversation.id)
    ]


def _within(greeting: Greeting, wanted: int) -> Fact:
    if not greeting.waits:
        return Fact(False, said("not seen when it greeted"))
    took = sum(wait.duration_ns for wait in greeting.waits)
    if took >= EXPLAINED_NS:
        names = (greeting.talk.client, greeting.talk.server)
        parts = added_up([Told(wait, names) for wait in greeting.waits])
        return Fact(took <= wanted, said("greeted after {seconds} s = {parts}", seconds=figure(took), parts=parts))
    return Fact(took <= wanted, said("greeted after {seconds} s", seconds=figure(took)))


def _greeting_packets(greeting: Greeting) -> tuple[int, ...]:
    """Return the packets of what was waited for, and of the greeting."""
    numbers = {number for wait in greeting.waits for number in wait.packets}
    if greeting.waits:
        numbers.add(greeting.talk.turns[0].replies[-1].packet)
    return tuple(sorted(numbers)) or greeting.talk.packets[:1]


def relays(facts: Facts) -> list[Talk]:
    """Return the conversations of SMTP that one mail server has with another.

    A server is who takes mail itself, somewhere in the capture, or hands on what others have handed to it.
    """
    hops = (hop for way in facts.ways for hop in way.journey.hops)
    relayed = {hop.conversation for hop in hops if hop.kind is HopKind.RELAYED}
    servers = {host.address for host in facts.analysis.hosts if "mta" in host.roles}
    return [
        talk
        for talk in facts.talks_by_protocol.get("smtp", [])
        if talk.conversation.id in relayed or (talk.conversation.key.client.host in servers and _is_relay(talk))
    ]


def _is_relay(talk: Talk) -> bool:
    """Tell whether a server's conversation is no submission, no delivery into a mailbox (LMTP), and no vain call."""
    into_mailbox = any(command.verb == "LHLO" for command, _ in talk.hellos)
    return bool(talk.turns) and not into_mailbox and talk.conversation.key.server.port not in SUBMISSION_PORTS


def _encrypted(talk: Talk, wanted: bool) -> Fact:
    return _told(talk, wanted, (Encryption.STARTTLS, Encryption.IMPLICIT))


def _starttls(talk: Talk, wanted: bool) -> Fact:
    return _told(talk, wanted, (Encryption.STARTTLS,))


def _told(talk: Talk, wanted: bool, good: Sequence[Encryption]) -> Fact:
    dialogue = talk.conversation.dialogue
    asked = [turn.command.packet for turn in talk.commands if turn.command and turn.command.verb == "STARTTLS"]
    if dialogue.encryption is Encryption.NO:
        has_offer = "STARTTLS" in (offered(talk) or {})
        if asked:
            return Fact(not wanted, said("in clear: STARTTLS was asked for and not agreed to"), tuple(asked))
        says = said("in clear, though STARTTLS was offered" if has_offer else "in clear; STARTTLS was not offered")
        return Fact(not wanted, says, _clear(talk))
    tls = dialogue.tls
    if tls is not None and tls.alert is not None and tls.alert.fatal and not tls.client_octets:
        says = said("TLS failed: {alert}", alert=tls.alert.description)
        return Fact(not wanted, says, (tls.alert.packet,))
    starts = tuple(event.packet for event in dialogue.events if type(event) is WentDark)[:1]
    by_starttls = dialogue.encryption is Encryption.STARTTLS
    says = said("encrypted by STARTTLS" if by_starttls else "encrypted from the beginning, without STARTTLS")
    return Fact((dialogue.encryption in good) is wanted, says, (*asked, *starts))


def _clear(talk: Talk) -> tuple[int, ...]:
    """Return packets that show what went in clear: the sender of each mail; without one, the hello."""
    packets = [turn.command.packet for turn in talk.commands if turn.command and turn.command.verb == "MAIL"]
    return tuple(packets) or tuple(command.packet for command, _ in talk.hellos)


def named(talk: Talk) -> str:
    """Return a conversation in a few words: `mail.naver.com -> mail.daum.net, conversation 13 (SMTP)`."""
    key, protocol = talk.conversation.id, talk.conversation.protocol.upper()
    who = f"{talk.client} -> {talk.server}"
    return said("{who}, conversation {number} ({protocol})", who=who, number=key, protocol=protocol)


GREETINGS: Kind[Greeting] = Kind(
    "{count} greeting",
    "{count} greetings",
    "no greeting",
    greetings,
    lambda greeting: named(greeting.talk),
    _greeting_packets,
    lifted({**PROTOCOL, **SIDES}, lambda greeting: greeting.talk),
    {"within": Demand(seconds, _within)},
)

RELAYS: Kind[Talk] = Kind(
    "{count} relay",
    "{count} relays",
    "no relay",
    relays,
    named,
    lambda talk: talk.packets[:1],
    SIDES,
    {"starttls": Demand(yes, _starttls), "encrypted": Demand(yes, _encrypted)},
)
