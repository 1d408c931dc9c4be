"""What rules may look at: all that was found in a capture, indexed; each subject knows the facts around it.

Everything is looked up when a rule first asks for it. `Facts(analysis)` is for a whole capture. For one
conversation that has just ended, give an analysis of nothing else: rules whose `Over` says `alone` judge it as they
would in the end.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import cached_property
from typing import TypeVar

from mailtrace.mail.authentication import Authenticator, RecordBook
from mailtrace.mail.naming import Naming
from mailtrace.model import (
    Analysis,
    Authentication,
    Command,
    Conversation,
    Encryption,
    Flags,
    Gap,
    Journey,
    Lookup,
    Mark,
    Message,
    Outcome,
    Packet,
    Reply,
    Turn,
    Violation,
    WentDark,
    masked,
    wire_text,
)
from mailtrace.protocols.smtp.grammar import HELLOS
from mailtrace.streams.resent import Again, sent_again

REFUSALS = (Outcome.LATER, Outcome.NO)

CONTROLS = int(Flags.SYN | Flags.FIN | Flags.RST)

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class Facts:
    """A capture, as rules see it; it is a subject itself, for rules about all of it."""

    conversation_id = None
    mail_id = None
    journey_id = None

    def __init__(self, analysis: Analysis) -> None:
        """Index an analysis, which must not be narrowed: what is not in it cannot speak for or against anything."""
        self.analysis = analysis
        self.naming = Naming(analysis.hosts)

    @cached_property
    def talks(self) -> list[Talk]:
        """All conversations."""
        return [Talk(conversation, self) for conversation in self.analysis.conversations]

    @cached_property
    def talks_by_id(self) -> dict[int, Talk]:
        """Conversations by number."""
        return {talk.conversation.id: talk for talk in self.talks}

    @cached_property
    def talks_by_protocol(self) -> dict[str, list[Talk]]:
        """Conversations by protocol."""
        return _grouped(self.talks, lambda talk: talk.conversation.protocol)

    @cached_property
    def refusing(self) -> list[Talk]:
        """Conversations of SMTP in which the server refused something."""
        return [talk for talk in self.talks_by_protocol.get("smtp", []) if talk.refusals]

    @cached_property
    def with_tls(self) -> list[Talk]:
        """Conversations in which TLS began."""
        return [talk for talk in self.talks if talk.conversation.dialogue.tls is not None]

    @cached_property
    def disturbed(self) -> list[Talk]:
        """Connections with packets that are remarkable: repeated, swapped, out of place."""
        return [talk for talk in self.talks if talk.conversation.tcp_stream is not None and talk.marked]

    @cached_property
    def talks_by_violation(self) -> dict[str, list[Talk]]:
        """Conversations in which a rule of the protocol was broken, by the code of the violation."""
        by_code: dict[str, list[Talk]] = {}
        for talk in self.talks:
            for code in talk.violations:
                by_code.setdefault(code, []).append(talk)
        return by_code

    @cached_property
    def caused_talks(self) -> dict[int, list[Talk]]:
        """Conversations by the number of the one that they happened for: ident calls, lookups."""
        caused = [talk for talk in self.talks if talk.conversation.caused_by is not None]
        return _grouped(caused, lambda talk: talk.conversation.caused_by or 0)

    @cached_property
    def mails(self) -> list[Mail]:
        """All messages of conversations that are there."""
        by_id = self.talks_by_id
        return [Mail(each, by_id[each.conversation]) for each in self.analysis.messages if each.conversation in by_id]

    @cached_property
    def mails_by_id(self) -> dict[int, Mail]:
        """Messages by number."""
        return {mail.message.id: mail for mail in self.mails}

    @cached_property
    def mails_by_name(self) -> dict[str | None, list[Mail]]:
        """Messages by their Message-ID: what has the same is one mail, seen several times on its way."""
        return _grouped(self.mails, lambda mail: mail.message.message_id)

    @cached_property
    def mails_by_talk(self) -> dict[int, list[Mail]]:
        """Messages by the number of their conversation."""
        return _grouped(self.mails, lambda mail: mail.message.conversation)

    @cached_property
    def asked(self) -> list[Asked]:
        """All lookups."""
        return [Asked(each, self) for each in self.analysis.lookups]

    @cached_property
    def asked_by_name(self) -> dict[tuple[str, str], list[Asked]]:
        """Lookups by name (in lower case, without the last dot) and type."""
        return _grouped(self.asked, lambda asked: (asked.name, asked.lookup.type))

    @cached_property
    def answered(self) -> dict[tuple[str, str, str], list[Asked]]:
        """Lookups that were answered, by asker, name and type, in the order of time."""
        answered = sorted(
            (asked for asked in self.asked if asked.lookup.rcode is not None), key=lambda each: each.lookup.start_ns
        )
        return _grouped(answered, lambda asked: (asked.lookup.client, asked.name, asked.lookup.type))

    @cached_property
    def answering(self) -> frozenset[str]:
        """The name servers of which the capture has an answer."""
        return frozenset(asked.lookup.server for asked in self.asked if asked.lookup.rcode is not None)

    @cached_property
    def reports(self) -> dict[int | None, list[Way]]:
        """Journeys of reports by the number of the journey whose fate they tell."""
        return _grouped(self.ways, lambda way: way.journey.reports)

    @cached_property
    def ways(self) -> list[Way]:
        """All journeys."""
        return [Way(each, self) for each in self.analysis.journeys]

    @cached_property
    def authenticator(self) -> Authenticator:
        """Who judges SPF, DKIM, ARC and DMARC by all records of the capture."""
        known = self.analysis.known
        return Authenticator(RecordBook(self.analysis.lookups if known is None else known))


def broken_in(facts: Facts, codes: Sequence[str], protocols: Sequence[str] = ()) -> list[Broken]:
    """Return the conversations (of some protocols, or of all) with violations of these codes, each with its own."""
    found: dict[int, Talk] = {}
    for code in codes:
        for talk in facts.talks_by_violation.get(code, []):
            if not protocols or talk.conversation.protocol in protocols:
                found[talk.conversation.id] = talk
    return [Broken(talk, [each for code in codes for each in talk.violations.get(code, ())]) for talk in found.values()]


class Talk:
    """One conversation and what is around it; `client` and `server` are names to be shown."""

    mail_id = None
    journey_id = None

    def __init__(self, conversation: Conversation, facts: Facts) -> None:
        """See the class."""
        self.conversation = conversation
        self.facts = facts
        self.conversation_id: int | None = conversation.id

    @cached_property
    def _pair(self) -> tuple[str, str]:
        return self.facts.naming.pair(self.conversation.key)

    @property
    def client(self) -> str:
        """The client's name, or its address."""
        return self._pair[0]

    @property
    def server(self) -> str:
        """The server's name, or its address."""
        return self._pair[1]

    @property
    def turns(self) -> Sequence[Turn]:
        """What was said, exchange by exchange."""
        return self.conversation.dialogue.turns

    @cached_property
    def replies(self) -> list[tuple[Turn, Reply]]:
        """All replies, with the exchange they belong to."""
        return [(turn, reply) for turn in self.turns for reply in turn.replies]

    @cached_property
    def refusals(self) -> list[tuple[Turn, Reply]]:
        """The replies that refuse something, for now or for good, with the exchange they belong to."""
        return [(turn, reply) for turn, reply in self.replies if reply.outcome in REFUSALS]

    @cached_property
    def commands(self) -> list[Turn]:
        """The exchanges that have a command."""
        return [turn for turn in self.turns if turn.command is not None]

    @cached_property
    def hellos(self) -> list[tuple[Command, Reply | None]]:
        """How an SMTP client introduced itself, each time with the answer, None where there is none."""
        return [
            (turn.command, turn.replies[0] if turn.replies else None)
            for turn in self.turns
            if turn.command is not None and turn.command.verb in HELLOS
        ]

    @cached_property
    def violations(self) -> dict[str, list[Violation]]:
        """Broken protocol rules by code."""
        broken = [event for event in self.conversation.dialogue.events if type(event) is Violation]
        return _grouped(broken, lambda violation: violation.code)

    @cached_property
    def gaps(self) -> list[Gap]:
        """The holes in what was said, in the order in which they were found."""
        return [event for event in self.conversation.dialogue.events if type(event) is Gap]

    @cached_property
    def controls(self) -> list[Packet]:
        """The packets that open, close or break off the connection."""
        return [packet for packet in self.conversation.packets if packet.flags & CONTROLS]

    @cached_property
    def marked(self) -> dict[Mark, list[Packet]]:
        """The packets that are remarkable, by what is remarkable about them."""
        return _grouped((each for each in self.conversation.packets if each.mark is not Mark.NONE), _mark_of)

    @cached_property
    def again(self) -> Again:
        """The packets that were sent again, and those that came late."""
        return sent_again(self.conversation.packets)

    def knew(self, packet: int, other: int) -> bool:
        """Tell whether the sender of a packet had got another one, by what it acknowledges; false if not known."""
        mine, theirs = self._by_number.get(packet), self._by_number.get(other)
        return mine is not None and theirs is not None and mine.acknowledged >= theirs.sequence + theirs.length

    @cached_property
    def _by_number(self) -> dict[int, Packet]:
        return {packet.number: packet for packet in self.conversation.packets}

    def is_clear(self, packet: int) -> bool:
        """Tell whether everybody on the way could read what was said in a packet; it counts before TLS began."""
        dialogue = self.conversation.dialogue
        if dialogue.encryption is Encryption.NO:
            return True
        return dialogue.encryption is Encryption.STARTTLS and packet < self._dark_at

    @cached_property
    def _dark_at(self) -> int:
        """The packet with which TLS began, 0 where none was."""
        return next((event.packet for event in self.conversation.dialogue.events if type(event) is WentDark), 0)

    @property
    def mails(self) -> list[Mail]:
        """The messages that it carried."""
        return self.facts.mails_by_talk.get(self.conversation.id, [])

    @property
    def packets(self) -> tuple[int, ...]:
        """The numbers of its packets; the first and the last are enough to show what is about all of it."""
        return self.conversation.numbers


class Broken:
    """The violations of one code in one conversation, of which there is at least one."""

    mail_id = None
    journey_id = None

    def __init__(self, talk: Talk, violations: Sequence[Violation]) -> None:
        """See the class."""
        self.talk = talk
        self.violations = violations
        self.conversation_id = talk.conversation_id

    @property
    def packets(self) -> tuple[int, ...]:
        """The packets that show them, each once."""
        return tuple(dict.fromkeys(violation.packet for violation in self.violations))


class Mail:
    """One message, and the conversation that carried it."""

    journey_id = None

    def __init__(self, message: Message, talk: Talk) -> None:
        """See the class."""
        self.message = message
        self.talk = talk
        self.facts = talk.facts
        self.mail_id: int | None = message.id
        self.conversation_id = talk.conversation_id

    @property
    def packets(self) -> tuple[int, ...]:
        """The packets that carried it."""
        return self.message.content.packets

    @cached_property
    def authentication(self) -> Authentication:
        """What is judged of it: SPF, DKIM, ARC, DMARC, and what else the captured lookups say."""
        return self.facts.authenticator.message(self.message, self.talk.conversation)

    def header(self, name: str) -> list[str]:
        """Return the values of a header field, decoded, in their order; `name` is in lower case."""
        return [value for field, value in self.message.headers if field.lower() == name]


class Asked:
    """One lookup; `name` is in lower case, without the last dot."""

    mail_id = None
    journey_id = None

    def __init__(self, lookup: Lookup, facts: Facts) -> None:
        """See the class."""
        self.lookup = lookup
        self.facts = facts
        self.name = lookup.name.rstrip(".").lower()
        self.conversation_id: int | None = lookup.conversation or None

    @property
    def client(self) -> str:
        """Who asked: a name or an address."""
        return self.facts.naming.of(self.lookup.client)

    @property
    def server(self) -> str:
        """Who was asked: a name or an address."""
        return self.facts.naming.of(self.lookup.server)

    @property
    def cause(self) -> Talk | None:
        """The mail conversation that it happened for, None where none is known."""
        return self.facts.talks_by_id.get(self.lookup.caused_by or 0)


class Way:
    """One journey."""

    conversation_id = None
    mail_id = None

    def __init__(self, journey: Journey, facts: Facts) -> None:
        """See the class."""
        self.journey = journey
        self.facts = facts
        self.journey_id: int | None = journey.id


def said(command: Command) -> str:
    """Return a command as text, secrets masked."""
    return wire_text(masked(command.line, command.secrets))


def answered(reply: Reply) -> str:
    """Return a reply as text: status and lines, and the enhanced code of a reply that has one once."""
    lines = [wire_text(line) for line in reply.lines]
    if reply.enhanced is not None:
        lines[1:] = [line.removeprefix(f"{reply.enhanced} ") for line in lines[1:]]
    return " ".join([reply.status, *lines]).strip()


def _mark_of(packet: Packet) -> Mark:
    return packet.mark


def _grouped(items: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    groups: dict[K, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups
