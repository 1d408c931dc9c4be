"""Conversations made by hand, packet by packet, so that tests of explanations need no capture and no session."""

from __future__ import annotations

from mailtrace.model import (
    Analysis,
    CaptureInfo,
    ClosedHow,
    Command,
    Content,
    Continuation,
    Conversation,
    Dialogue,
    Direction,
    Endpoint,
    Flags,
    Gap,
    GapReason,
    Host,
    Login,
    Lookup,
    Mark,
    Message,
    MessagePart,
    Outcome,
    Packet,
    Person,
    Recipient,
    Reply,
    Side,
    StreamKey,
    Transaction,
    TransactionOutcome,
    Transport,
    Turn,
    Violation,
    WentDark,
)

CLIENT, SERVER = Side.CLIENT, Side.SERVER
START_NS = 1_714_096_678_000_000_000

OUTCOMES = {
    "2": Outcome.GOOD,
    "3": Outcome.MORE,
    "4": Outcome.LATER,
    "5": Outcome.NO,
    "+": Outcome.GOOD,
    "-": Outcome.NO,
}


def at(seconds: float) -> int:
    """Return a time so many seconds after the start."""
    return START_NS + round(seconds * 1_000_000_000)


class Talk:
    """A conversation being written down: every method adds one packet, and the event it completes."""

    def __init__(
        self,
        protocol: str = "smtp",
        client: str = "10.0.0.1",
        server: str = "10.0.0.2",
        port: int = 25,
        number: int = 1,
    ) -> None:
        self.protocol, self.id = protocol, number
        self.key = StreamKey(Endpoint(client, 40000), Endpoint(server, port), Transport.TCP)
        self.packets: list[Packet] = []
        self.dialogue = Dialogue()
        self.sent = [0, 0]
        self.waiting: list[Turn] = []
        self.closed = ClosedHow.OPEN
        self.caused_by: int | None = None

    def packet(
        self,
        number: int,
        seconds: float,
        side: Side,
        flags: int,
        length: int = 0,
        mark: Mark = Mark.NONE,
        back: int = 0,
    ) -> None:
        """Add a packet; `back` octets of its side are said again."""
        sequence = self.sent[side] - back
        other = self.sent[side.other] if flags & Flags.ACK else 0
        self.packets.append(Packet(number, at(seconds), side, int(flags), sequence, other, length, mark))
        counted = length + bool(flags & Flags.SYN) + bool(flags & Flags.FIN)
        self.sent[side] = max(self.sent[side], sequence + counted)

    def handshake(self, first: int, seconds: float) -> None:
        """Add SYN, SYN+ACK, ACK, a tenth of a millisecond apart."""
        self.packet(first, seconds, CLIENT, Flags.SYN)
        self.packet(first + 1, seconds + 0.0001, SERVER, Flags.SYN | Flags.ACK)
        self.ack(first + 2, seconds + 0.0002, CLIENT)

    def ack(self, number: int, seconds: float, side: Side) -> None:
        """Add a bare acknowledgement of all that was said."""
        self.packet(number, seconds, side, Flags.ACK)

    def fin(self, number: int, seconds: float, side: Side) -> None:
        """Close one side."""
        self.packet(number, seconds, side, Flags.FIN | Flags.ACK)
        self.closed = ClosedHow.FIN

    def data(self, number: int, seconds: float, side: Side, length: int) -> None:
        """Add octets that no event tells."""
        self.packet(number, seconds, side, Flags.PSH | Flags.ACK, length)

    def command(
        self, number: int, seconds: float, line: str, secrets: tuple[tuple[int, int], ...] = (), *, new: bool = True
    ) -> Command:
        """Add a command in one packet of its own, or (`new` false) in a packet that is there."""
        octets = line.encode()
        if new:
            self.data(number, seconds, CLIENT, len(octets) + 2)
        verb = line.split(" ")[0].upper()
        command = Command(verb, octets, len(verb) + 1, number, at(seconds), (number,), secrets)
        turn = Turn(command)
        self.dialogue.events.append(command)
        self.dialogue.turns.append(turn)
        self.waiting.append(turn)
        return command

    def reply(
        self, number: int, seconds: float, status: str, *lines: str, enhanced: str | None = None, new: bool = True
    ) -> Reply:
        """Add an answer to the oldest open command, or a greeting."""
        octets = tuple(line.encode() for line in lines)
        if new:
            self.data(number, seconds, SERVER, sum(len(line) + 6 for line in octets))
        reply = Reply(status, OUTCOMES[status[0]], octets, number, at(seconds), (number,), enhanced)
        self.dialogue.events.append(reply)
        if self.waiting:
            turn = self.waiting[0]
            turn.replies.append(reply)
            if status[0] != "3":
                self.waiting.pop(0)
        else:
            self.dialogue.turns.append(Turn(None, [reply]))
        return reply

    def continuation(self, number: int, seconds: float, line: str, secrets: tuple[tuple[int, int], ...]) -> None:
        """Add an AUTH response."""
        self.data(number, seconds, CLIENT, len(line) + 2)
        event = Continuation(line.encode(), number, at(seconds), (number,), secrets)
        self.dialogue.events.append(event)

    def content(self, how: str, packets: tuple[int, ...], kept: bytes, message: int | None = None) -> Content:
        """Add a mail whose packets are there already."""
        times = {packet.number: packet.time_ns for packet in self.packets}
        content = Content(
            how, kept, len(kept), "", packets, times[packets[0]], times[packets[-1]], complete=True, message=message
        )
        self.dialogue.events.append(content)
        self.dialogue.contents.append(content)
        return content

    def transaction(
        self, sender: str, recipients: dict[str, str], content: Content | None, status: str, queue_id: str | None = None
    ) -> None:
        """Add a transaction; `recipients` maps addresses to reply codes."""
        outcome = {
            "2": TransactionOutcome.ACCEPTED,
            "4": TransactionOutcome.DEFERRED,
            "5": TransactionOutcome.REJECTED,
        }[status[0]]
        named = [Recipient(address, code[0] == "2", code, 1) for address, code in recipients.items()]
        self.dialogue.transactions.append(Transaction(sender, named, content, status, queue_id, outcome))

    def login(self, mechanism: str, user: str, accepted: bool, packets: tuple[int, ...]) -> None:
        """Add a login."""
        self.dialogue.logins.append(Login(mechanism, user, accepted, packets))

    def violation(self, number: int, seconds: float, side: Side, code: str, detail: str) -> None:
        """Add a broken rule about a packet that is there."""
        self.dialogue.events.append(Violation(code, side, number, at(seconds), detail))

    def gap(self, number: int, seconds: float, side: Side, missing: int, why: GapReason) -> None:
        """Add a hole that `number` proved."""
        self.sent[side] += missing
        self.dialogue.events.append(Gap(side, missing, why, number, at(seconds)))

    def dark(self, number: int, seconds: float, why: str) -> None:
        """Encrypt from a packet on."""
        self.dialogue.events.append(WentDark(why, number, at(seconds)))

    def conversation(self) -> Conversation:
        """Return it finished."""
        return Conversation(
            self.id, self.protocol, self.key, 0, tuple(self.packets), self.dialogue, True, self.closed, self.caused_by
        )


def lookup(
    packets: tuple[int, ...],
    seconds: float,
    type_: str,
    name: str,
    rcode: str | None = "NOERROR",
    answers: tuple[str, ...] = (),
    *,
    client: str = "10.0.0.2",
    server: str = "10.0.0.53",
    nodata: bool = False,
    edns: bool = False,
    caused_by: int | None = None,
    duration: float | None = 0.0003,
    retries: int = 0,
) -> Lookup:
    """Return a lookup."""
    return Lookup(
        name,
        type_,
        rcode,
        answers,
        packets,
        at(seconds),
        None if duration is None else round(duration * 1e9),
        0x1234,
        nodata=nodata,
        edns=edns,
        retries=retries,
        client=client,
        server=server,
        caused_by=caused_by,
    )


def resolver(number: int, *lookups: Lookup) -> Conversation:
    """Return a DNS conversation over UDP with these lookups, one question packet and one answer packet each."""
    rows = []
    for asked in lookups:
        for index, packet in enumerate(asked.packets):
            side = Side(index % 2)
            rows.append(Packet(packet, asked.start_ns + index * (asked.duration_ns or 0), side, 0, 0, 0, 40))
    key = StreamKey(Endpoint(lookups[0].client, 5353), Endpoint(lookups[0].server, 53), Transport.UDP)
    dialogue = Dialogue(events=list(lookups), lookups=list(lookups))
    return Conversation(number, "dns", key, None, tuple(rows), dialogue, True, ClosedHow.IDLE)


def mail(
    number: int,
    content: Content,
    *,
    sender: tuple[str, str] = ("", "lee@naver.com"),
    to: str = "kim@daum.net",
    subject: str = "test",
    text: str = "hello",
    headers: tuple[tuple[str, str], ...] = (),
    parts: tuple[MessagePart, ...] | None = None,
) -> Message:
    """Return a message made of a content."""
    content.message = number
    outline = parts or (MessagePart("1", "text/plain", "utf-8", None, len(text), "", text),)
    return Message(
        number,
        1,
        Direction.SUBMITTED,
        content,
        "<1@naver.com>",
        subject,
        (Person(*sender),),
        (Person("", to),),
        (),
        None,
        headers,
        (),
        outline,
    )


def analysis(
    *conversations: Conversation, messages: tuple[Message, ...] = (), names: dict[str, str] | None = None
) -> Analysis:
    """Return an analysis of these conversations."""
    hosts = [Host(address, (name,), ()) for address, name in (names or {}).items()]
    lookups = [found for conversation in conversations for found in conversation.dialogue.lookups]
    return Analysis(CaptureInfo(["made"]), hosts, conversations, messages, lookups)
