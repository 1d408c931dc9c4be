"""Which steps of a conversation belong to the journey of one mail: what was said about this mail, and how it began.

A conversation may carry a thousand mails. Of all its steps a journey tells the opening of the connection and the
greeting, what kept people waiting or refused before the first mail, the commands and answers of this mail, and the
lookups and ident calls made for it. A command and the answer that simply agrees become one step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailtrace.explain.delays import is_late
from mailtrace.explain.draft import Draft
from mailtrace.model import Command, Content, Conversation, Event, Hop, Outcome, Reply, Side, StepKind, Turn

ENVELOPE = ("MAIL", "RCPT")
SENDING = ("DATA", "BDAT")
ENDING = ("MAIL", "RSET", "EHLO", "HELO", "LHLO", "QUIT")
FETCHING = ("RETR", "TOP", "XTND", "FETCH", "UID FETCH", "APPEND")

BAD = (Outcome.LATER, Outcome.NO)

SAYING = (StepKind.COMMAND, StepKind.REPLY, StepKind.CONTENT)


class Selection:
    """Chooses among `drafts`, all steps of a conversation in order, those that the journey of one mail tells.

    `ident_packets` are those of the ident calls made for the hop.
    """

    def __init__(self, drafts: Sequence[Draft], conversation: Conversation, hop: Hop, ident_packets: set[int]) -> None:
        """Find the events of this mail."""
        self._drafts = drafts
        self._hop = hop
        self._ident_packets = ident_packets
        self._dialogue = conversation.dialogue
        self._turns = {id(reply): turn for turn in self._dialogue.turns for reply in turn.replies}
        self._content = next((c for c in self._dialogue.contents if c.message == hop.message is not None), None)
        self._is_mailbox = conversation.protocol in ("pop3", "imap")
        mails = [event.packet for event in self._dialogue.events if isinstance(event, Command) and event.verb == "MAIL"]
        self._first_mail = min(mails, default=conversation.numbers[-1] + 1)
        self._connecting = self._connects()
        events = self._mailbox_events() if self._is_mailbox else self._smtp_events()
        self._told = {id(event) for event in events}

    def steps(self) -> list[Draft]:
        """Return the chosen steps, each command with the answer that agrees."""
        chosen: list[Draft] = []
        for index, draft in enumerate(self._drafts):
            if not self._is_chosen(index):
                continue
            if chosen and not is_late(self._drafts, index) and self._agrees(chosen[-1], draft):
                _absorb(chosen[-1], draft)
            else:
                chosen.append(draft)
        return chosen

    def _is_chosen(self, index: int) -> bool:
        draft = self._drafts[index]
        match draft.kind:
            case StepKind.CONNECT:
                return index in self._connecting
            case StepKind.LOOKUP:
                return any(lookup.id in self._hop.lookups for lookup in draft.lookups)
            case StepKind.IDENT:
                return not self._ident_packets.isdisjoint(draft.packets)
            case StepKind.CLOSE:
                return self._hop.status is None and not self._is_mailbox
        if draft.event is None:
            return draft.kind is StepKind.TROUBLE and not self._is_mailbox
        if id(draft.event) in self._told:
            return True
        return draft.greeting or self._matters_before(index)

    def _connects(self) -> set[int]:
        """Return where in the steps the connection opens, and of TLS what was agreed on and what stays hidden."""
        places = [place for place, draft in enumerate(self._drafts) if draft.kind is StepKind.CONNECT]
        tls = self._dialogue.tls
        if tls is None:
            return set(places)
        agreed = {message.packet for message in tls.messages if message.name == "ServerHello"}
        chosen = {place for place in places if not agreed.isdisjoint(self._drafts[place].packets)}
        return chosen | set(places[:1]) | set(() if tls.decrypted else places[-1:])

    def _matters_before(self, index: int) -> bool:
        """Tell whether a step before the first mail kept people waiting, was waited for, or refused something."""
        draft = self._drafts[index]
        if self._is_mailbox or draft.kind not in SAYING or draft.place >= self._first_mail:
            return False
        waited_for = index + 1 < len(self._drafts) and is_late(self._drafts, index + 1)
        refused = isinstance(draft.event, Reply) and draft.event.outcome in BAD
        return refused or waited_for or is_late(self._drafts, index)

    def _agrees(self, asked: Draft, answer: Draft) -> bool:
        """Tell whether a step is the good answer to the one before it."""
        if not isinstance(answer.event, Reply) or answer.kind is not StepKind.REPLY or answer.event.outcome in BAD:
            return False
        turn = self._turns.get(id(answer.event))
        command = turn.command if turn is not None else None
        if command is None or asked.side is not Side.CLIENT:
            return False
        return asked.event is command or (asked.event is self._content is not None and command.verb in SENDING)

    def _smtp_events(self) -> Iterator[Event]:
        """Yield what was said about this mail: its transaction. Source: RFC 5321 section 3.3."""
        events = self._dialogue.events
        begin, end = self._transaction()
        if self._content is None and end < len(events) and _verb(events[end]) == "RSET":
            end += 1  # the client took it back
        inside = {id(event) for event in events[begin:end]}
        for event in events[begin:end]:
            if isinstance(event, Command):
                if event.verb in (*ENVELOPE, "RSET") or (event.verb in SENDING and self._is_told_by_itself(event)):
                    yield event
            elif not isinstance(event, Reply):
                yield event
        for turn in self._dialogue.turns:
            if turn.command is not None and id(turn.command) in inside:
                yield from self._answers(turn, turn.command)
                if any(reply.outcome in BAD for reply in turn.replies):
                    yield turn.command

    def _transaction(self) -> tuple[int, int]:
        """Return where in the events the mail's own begin and end: from its MAIL to the next one, or what ends it."""
        events, packets = self._dialogue.events, set(self._hop.packets)
        at = next((i for i, event in enumerate(events) if event is self._content), None)
        if at is None:
            at = next(
                (i for i, event in enumerate(events) if _verb(event) == "MAIL" and _packet(event) in packets), None
            )
        if at is None:
            return 0, 0
        begun = [i for i in range(at, -1, -1) if _verb(events[i]) == "MAIL"]
        begin = next((i for i in begun if _packet(events[i]) in packets), begun[0] if begun else 0)
        ends = (i for i in range(at + 1, len(events)) if _verb(events[i]) in ENDING)
        return begin, next(ends, len(events))

    def _is_told_by_itself(self, command: Command) -> bool:
        """Tell whether a command that sends the mail is a step of its own: the last piece, or where none was taken."""
        if self._content is None or command.verb == "DATA":
            return self._content is None
        return any(draft.event is command and draft.kind is StepKind.CONTENT for draft in self._drafts)

    def _answers(self, turn: Turn, command: Command) -> Iterator[Event]:
        if command.verb in (*ENVELOPE, "RSET"):
            yield from turn.replies
        elif command.verb == "DATA" or (command.verb == "BDAT" and self._is_told_by_itself(command)):
            yield from (reply for reply in turn.replies if reply.outcome is not Outcome.MORE)
        else:
            yield from (reply for reply in turn.replies if reply.outcome in BAD)

    def _mailbox_events(self) -> Iterator[Event]:
        """Yield how the mail was fetched or stored, and of POP3 whether it was then deleted."""
        content = self._content
        if content is None:
            return
        carried = set(content.packets)
        holders = (d for d in self._drafts if d.kind is StepKind.CONTENT and carried <= set(d.packets))
        holder = next(holders, None)
        turn = self._turn_of(holder.event, content) if holder is not None else None
        if holder is not None and holder.event is not None:
            yield holder.event
        if turn is None or turn.command is None:
            return
        yield turn.command
        if turn.command.verb == "APPEND":
            yield from (reply for reply in turn.replies if reply.tag is not None)
        number = _argument(turn.command)
        for other in self._dialogue.turns:
            if other.command is not None and other.command.verb == "DELE" and _argument(other.command) == number:
                yield other.command
                yield from other.replies

    def _turn_of(self, event: Event | None, content: Content) -> Turn | None:
        """Return the exchange that a fetched or stored mail belongs to."""
        if isinstance(event, Reply) and id(event) in self._turns:
            return self._turns[id(event)]
        asked = [
            turn
            for turn in self._dialogue.turns
            if turn.command and turn.command.verb in FETCHING and turn.command.packet <= content.packet
        ]
        return asked[-1] if asked else None


def _verb(event: Event) -> str:
    return event.verb if isinstance(event, Command) else ""


def _packet(event: Event) -> int:
    return event.packet if isinstance(event, Command) else 0


def _argument(command: Command) -> bytes:
    """Return the first word of what a command asks for."""
    return command.line[command.argument_at :].strip().partition(b" ")[0]


def _absorb(asked: Draft, answer: Draft) -> None:
    """Make one step of a command and its answer."""
    asked.says = [*asked.says, *answer.says]
    asked.answers += len(answer.says)
    asked.means = [*asked.means, *answer.means]
    asked.packets = sorted({*asked.packets, *answer.packets})
    asked.acks = sorted({*asked.acks, *answer.acks} - set(asked.packets))
