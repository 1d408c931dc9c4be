"""What tshark is known to get wrong, so that a difference can be told from a discovery.

Each fault has a test that looks at what was said around a difference, and for mails makes tshark's octets out of ours:
a difference is explained only when the fault gives exactly what tshark shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256

from msgspec import Struct

from mailtrace.crosscheck.facts import Difference, Kind
from mailtrace.crosscheck.ours import mail_words
from mailtrace.model import Command, Content, Continuation, Conversation, Outcome, Reply

PORTS = frozenset({24, 25, 53, 110, 143, 465, 587, 993, 995})
"""TCP ports at which tshark looks for mail, DNS, or TLS with mail inside."""

LITERAL = re.compile(rb"\{\d+\+?\}")

LINE_STARTS = re.compile(rb"^\.", re.MULTILINE)


class Case(Struct, frozen=True):
    """A difference with what is known around it; `conversation` is None where only tshark sees one."""

    difference: Difference
    conversation: Conversation | None

    def commands(self) -> Iterator[Command]:
        """Yield the commands of the conversation up to the difference."""
        last = max(self.difference.fact.packets, default=0)
        for event in self.conversation.dialogue.events if self.conversation else ():
            if isinstance(event, Command) and event.packet <= last:
                yield event

    def content(self) -> Content | None:
        """Return the mail that the difference is about, as we read it."""
        ours = self.difference.ours
        contents = self.conversation.dialogue.contents if self.conversation else []
        return next((each for each in contents if ours is not None and each.packets == ours.packets), None)


class Fault(Struct, frozen=True):
    """One fault of tshark: a name, what it does in plain words, and how a difference shows that it is the cause."""

    name: str
    says: str
    explains: Callable[[Case], bool]


class Explained(Struct, frozen=True):
    """A difference, our conversation that it is in, and the known fault that explains it; None where there is none."""

    difference: Difference
    conversation: Conversation | None
    fault: Fault | None


def fault_of(case: Case) -> Fault | None:
    """Return the known fault that explains a difference, None for one that nothing explains."""
    return next((fault for fault in KNOWN_FAULTS if fault.explains(case)), None)


def explained(found: Iterable[Difference], conversations: Iterable[Conversation]) -> list[Explained]:
    """Return each difference with our conversation that it is in, and the known fault that explains it."""
    by_packet = {packet.number: each for each in conversations for packet in each.packets}
    cases = []
    for difference in found:
        packets = difference.fact.packets
        cases.append(Case(difference, next((by_packet[each] for each in packets if each in by_packet), None)))
    return [Explained(case.difference, case.conversation, fault_of(case)) for case in cases]


def _only_ours(case: Case, *kinds: Kind) -> bool:
    return case.difference.theirs is None and case.difference.fact.kind in kinds


def _only_theirs(case: Case, *kinds: Kind) -> bool:
    return case.difference.ours is None and case.difference.fact.kind in kinds


def _speaks(case: Case, protocol: str) -> bool:
    return case.conversation is not None and case.conversation.protocol == protocol


def _other_port(case: Case) -> bool:
    key = case.conversation.key if case.conversation else None
    return case.difference.theirs is None and key is not None and key.server.port not in PORTS


def _retr(case: Case) -> bool:
    if case.difference.fact.kind is not Kind.MESSAGE or not _speaks(case, "pop3"):
        return False
    return case.difference.ours is not None or _in_a_mail(case)


def _in_a_mail(case: Case) -> bool:
    """Tell whether the difference is in a packet that carries a mail, as we read it."""
    contents = case.conversation.dialogue.contents if case.conversation else []
    return any({*content.packets} & {*case.difference.fact.packets} for content in contents)


def _exchange(case: Case) -> bool:
    """The lines between AUTH and its outcome: challenges from the server, answers from the client."""
    if not _speaks(case, "pop3"):
        return False
    if case.difference.fact.kind in (Kind.REPLY, Kind.MESSAGE):
        return "+" in set(_statuses(case))
    return _only_theirs(case, Kind.COMMAND) and bool(_told(case, Continuation))


def _response(case: Case) -> bool:
    """A client's answer between AUTH and its outcome, which four letters of base64 make look like a command."""
    return _only_theirs(case, Kind.COMMAND) and _speaks(case, "smtp") and bool(_told(case, Continuation))


def _told(case: Case, kind: type[Continuation] | type[Command]) -> list[Continuation | Command]:
    """Return what we see the client say in the packets of the difference."""
    packets = {*case.difference.fact.packets}
    events = case.conversation.dialogue.events if case.conversation else ()
    return [event for event in events if isinstance(event, kind) and packets & {*event.packets}]


def _append(case: Case) -> bool:
    content = case.content()
    return _only_ours(case, Kind.MESSAGE) and _speaks(case, "imap") and content is not None and content.how == "APPEND"


def _fetched_piece(case: Case) -> bool:
    """The server sends pieces of mails in this packet, and we see no whole mail in it."""
    return _only_theirs(case, Kind.MESSAGE) and _speaks(case, "imap") and "FETCH" in set(_statuses(case))


def _statuses(case: Case) -> Iterator[str]:
    packets = {*case.difference.fact.packets}
    for event in case.conversation.dialogue.events if case.conversation else ():
        if isinstance(event, Reply) and packets & {*event.packets}:
            yield event.status


def _literal(case: Case) -> bool:
    """What the client says in this packet is, at least in part, a literal and no command line."""
    if not _only_theirs(case, Kind.COMMAND) or not _speaks(case, "imap") or case.conversation is None:
        return False
    packets = {*case.difference.fact.packets}
    for event in case.conversation.dialogue.events:
        if isinstance(event, Command) and not LITERAL.search(event.line):
            continue
        if isinstance(event, Continuation | Content | Command) and packets & {*event.packets}:
            return True
    return False


def _bdat(case: Case) -> bool:
    """tshark stays in its data state: it loses commands and mails, and glues what it takes for data into one mail."""
    lost = _only_ours(case, Kind.COMMAND, Kind.MESSAGE) or _only_theirs(case, Kind.MESSAGE)
    return lost and _speaks(case, "smtp") and any(command.verb == "BDAT" for command in case.commands())


def _refused_data(case: Case) -> bool:
    lost = _only_ours(case, Kind.COMMAND) or _only_theirs(case, Kind.MESSAGE)
    if not lost or not _speaks(case, "smtp") or case.conversation is None:
        return False
    last = max(case.difference.fact.packets, default=0)
    return any(
        turn.command is not None
        and turn.command.verb == "DATA"
        and turn.command.packet <= last
        and any(reply.outcome in (Outcome.LATER, Outcome.NO) for reply in turn.replies)
        for turn in case.conversation.dialogue.turns
    )


def _beside_mail(case: Case) -> bool:
    """A packet that carries a mail, or a part of it, carries commands, too."""
    lost = _only_ours(case, Kind.COMMAND) or case.difference.fact.kind is Kind.MESSAGE
    return lost and _speaks(case, "smtp") and _in_a_mail(case) and bool(_told(case, Command))


def _empty(case: Case) -> bool:
    content = case.content()
    return _only_ours(case, Kind.MESSAGE) and content is not None and not content.size_bytes and content.complete


def _passed_over(case: Case) -> bool:
    contents = case.conversation.dialogue.contents if case.conversation else []
    packets = {*case.difference.fact.packets}
    return _only_theirs(case, Kind.MESSAGE) and any(
        not each.complete and packets & {*each.packets} for each in contents
    )


def _line_end(case: Case) -> bool:
    return _shows(case, lambda octets: octets[:-2]) or _shows(case, lambda octets: octets[:-1])


def _dots(case: Case) -> bool:
    return _shows(case, _stuffed) or _shows(case, lambda octets: _stuffed(octets).removesuffix(b"\r\n"))


def _stuffed(octets: bytes) -> bytes:
    return LINE_STARTS.sub(b"..", octets)


def _shows(case: Case, fault: Callable[[bytes], bytes]) -> bool:
    """Tell whether tshark shows our mail with a fault made in it."""
    ours, theirs, content = case.difference.ours, case.difference.theirs, case.content()
    if ours is None or theirs is None or content is None or not content.kept_all or ours.kind is not Kind.MESSAGE:
        return False
    octets = fault(content.kept)
    return mail_words(len(octets), sha256(octets).hexdigest()) in theirs.details


def _unreadable(case: Case) -> bool:
    """A record that we show as octets stops tshark before it has found the question."""
    lookups = case.conversation.dialogue.lookups if case.conversation else []
    packets = {*case.difference.fact.packets}
    broken = [each for each in lookups if any(answer.startswith("\\#") for answer in each.answers)]
    return case.difference.fact.kind is Kind.LOOKUP and any(packets & {*each.packets} for each in broken)


def _asked_again(case: Case) -> bool:
    """tshark's question is one of the packets of ours, which tshark counts apart."""
    fact = case.difference.fact
    if fact.kind is not Kind.LOOKUP or case.conversation is None:
        return False
    return any(lookup.retries and {*lookup.packets} & {*fact.packets} for lookup in case.conversation.dialogue.lookups)


KNOWN_FAULTS: tuple[Fault, ...] = (
    Fault(
        "port-decides",
        "tshark chooses the protocol by the port, and this port is not one of its mail ports; --decode-as tells both.",
        _other_port,
    ),
    Fault(
        "retr-in-pieces",
        "tshark does not put together the mails that RETR fetches: it shows fragments, or each packet as a mail.",
        _retr,
    ),
    Fault(
        "login-is-mail",
        "tshark takes the challenges of a POP3 login for mails, and the client's answers for commands.",
        _exchange,
    ),
    Fault(
        "response-is-command",
        "tshark takes an answer of an SMTP login for a command when it has four letters, as a short name in base64.",
        _response,
    ),
    Fault(
        "append-is-no-mail",
        "tshark does not see that the literal of an APPEND command is a mail.",
        _append,
    ),
    Fault(
        "piece-is-mail",
        "tshark shows a piece of a mail that IMAP fetches (its header, one part, some octets) as a mail of its own.",
        _fetched_piece,
    ),
    Fault(
        "literal-is-request",
        "tshark takes what IMAP sends as a literal for command lines (RFC 9051 section 4.3).",
        _literal,
    ),
    Fault(
        "bdat-is-data-for-ever",
        "After BDAT tshark takes all that the client says for data until a line with a single dot: commands are lost, "
        "and mails are lost or glued together.",
        _bdat,
    ),
    Fault(
        "refused-data-is-data",
        "tshark takes the client's lines after DATA for data, although the server refused it.",
        _refused_data,
    ),
    Fault(
        "empty-mail",
        "tshark shows no mail where the final dot follows DATA at once; it is a mail all the same, an empty one.",
        _empty,
    ),
    Fault(
        "hole-is-passed-over",
        "tshark shows a mail as if it were whole, although octets of it were not captured.",
        _passed_over,
    ),
    Fault(
        "last-line-end",
        "tshark leaves out the line end before the final dot, or half of it, when both come in one packet; it belongs "
        "to the mail (RFC 5321 section 4.1.1.4).",
        _line_end,
    ),
    Fault(
        "dots-kept",
        "tshark keeps the dots that the sender doubled at the start of lines (RFC 5321 section 4.5.2).",
        _dots,
    ),
    Fault(
        "command-beside-mail",
        "tshark loses commands that come in one packet with a mail or its end, or takes them for a part of it.",
        _beside_mail,
    ),
    Fault(
        "broken-record",
        "tshark stops at a record that breaks its format, and does not find the question that the answer belongs to.",
        _unreadable,
    ),
    Fault(
        "asked-again",
        "tshark counts a question that is repeated after a while as another one, and leaves the first unanswered.",
        _asked_again,
    ),
)
"""In the order in which they are asked; each with our explanation."""
