"""Who kept whom waiting, told from what was said: a silence belongs to whoever ends it.

So time is cut at what was said: before a command the server waits for the client, before an answer the client for the
server; between the first packet and the last of what is said, it travels. This tiles a conversation whatever is missing
from it. The packets tell when a line or an answer began; without them (the results for machines keep only the first and
the last) all of it counts as waiting for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from mailtrace.model import (
    Command,
    Confidence,
    Content,
    Continuation,
    Conversation,
    Encryption,
    Flags,
    Mark,
    Outcome,
    Packet,
    Reply,
    Side,
    Turn,
    Wait,
    WaitKind,
)

LATE_NS = 500_000_000
"""Pauses from here on are explained: people notice half a second."""

TYPED_NS = 300_000_000
"""A line takes a person at least that long to type."""

TOGETHER_NS = 200_000_000
"""Packets of one side that follow each other within this time are taken for one thing said, where it cannot be read."""

LOGINS = frozenset({"AUTH", "AUTHENTICATE", "LOGIN", "PASS", "APOP"})
GOODBYES = frozenset({"QUIT", "LOGOUT"})
FAREWELLS = frozenset({"221", "421", "BYE"})
CLIENT_SENDS = frozenset({"DATA", "BDAT", "APPEND"})
ENDING = int(Flags.FIN | Flags.RST)

GREETING, GREETING_PARTS = WaitKind.GREETING, WaitKind.GREETING_PARTS
CLIENT, SERVER, TRANSFER, IDLE, CLOSE = (
    WaitKind.CLIENT, WaitKind.SERVER, WaitKind.TRANSFER, WaitKind.IDLE, WaitKind.CLOSE,
)  # fmt: skip
BY_CLIENT, BY_SERVER, CERTAIN = Side.CLIENT, Side.SERVER, Confidence.CERTAIN
# By these names a member is found at once, and not looked up in its enum: the code below runs for every mail.

MAIL = "mail"
"""What `Wait.about` calls the mail itself, and the answer to it."""


def said(conversation: Conversation, times: Mapping[int, int]) -> list[Wait]:
    """Return tiles from the first packet to the last; `times` has those of all packets by number, or is empty."""
    tape = _Tape(conversation, times)
    turns, contents = conversation.dialogue.turns, conversation.dialogue.contents
    taken = 0
    for index, turn in enumerate(turns):
        following = turns[index + 1] if index + 1 < len(turns) else None
        first = taken
        if taken < len(contents) and turn.command is not None:
            until_ns = _next_ns(following, tape.end_ns)
            while taken < len(contents) and contents[taken].end_ns < turn.command.time_ns:
                taken += 1  # of an exchange that was not captured
            first = taken
            while taken < len(contents) and _carries(turn.command.verb, contents[taken], until_ns):
                taken += 1
        if turn.command is None:
            tape.unasked(turn, greets=not index)
        else:
            tape.asked(turn.command, turn, contents[first:taken])
    tape.rest(conversation)
    return tape.tiles


def _carries(verb: str, content: Content, until_ns: int) -> bool:
    """Tell whether a mail belongs to an exchange, of which it is told until when it can."""
    return content.end_ns < until_ns and (verb.endswith(content.how) or content.how == "XMIT")


def _next_ns(turn: Turn | None, end_ns: int) -> int:
    """Return until when a mail can belong to the exchange before this one."""
    if turn is None:
        return end_ns + 1
    if turn.replies:
        return turn.replies[0].time_ns
    return turn.command.time_ns if turn.command is not None else end_ns + 1


Part = Reply | Continuation | Content
"""What may follow a command within its exchange."""


class _Tape:
    """Tiles, one behind the other; `now_ns` is how far they reach and `packet` what was said last."""

    __slots__ = ("_times", "end_ns", "now_ns", "packet", "said_by", "tiles")

    def __init__(self, conversation: Conversation, times: Mapping[int, int]) -> None:
        self._times = times
        self.now_ns = conversation.start_ns
        self.end_ns = conversation.end_ns
        self.packet = conversation.packets[0].number
        self.said_by: Side | None = None
        self.tiles: list[Wait] = []

    def until(self, time_ns: int, packet: int, kind: WaitKind, about: str = "", side: Side | None = None) -> None:
        """Add a tile up to a packet; nothing where tiles reach that far already."""
        if time_ns > self.end_ns:
            time_ns = self.end_ns
        if time_ns > self.now_ns:
            proof = (self.packet, packet) if packet != self.packet else (packet,)
            self.tiles.append(Wait(kind, self.now_ns, time_ns - self.now_ns, proof, CERTAIN, about, side))
            self.now_ns = time_ns
            self.packet = packet
        elif time_ns == self.now_ns:
            self.packet = packet

    def speech(self, event: Command | Continuation | Reply, kind: WaitKind, about: str, side: Side) -> None:
        """Add the silence before what a side says, of the given kind, and the time it takes to say it."""
        times = self._times
        waited = side if kind is not IDLE else None
        if times and len(event.packets) > 1:
            packets = event.packets
            begun = times.get(packets[0])
            if begun is not None:
                self.until(begun, packets[0], kind, about, waited)
                kind, waited = _travelling(event, event.time_ns - begun), side
        self.until(event.time_ns, event.packet, kind, about, waited)
        self.said_by = side

    def unasked(self, turn: Turn, greets: bool) -> None:
        """Add what the server says without being asked: its greeting, or later that it closes, or news of a mailbox."""
        for reply in turn.replies:
            if not greets:
                self.speech(reply, IDLE, reply.status, BY_SERVER)
                continue
            first = reply.packets[0] if reply.packets else reply.packet
            self.until(self._times.get(first, reply.time_ns), first, GREETING, "", BY_SERVER)
            self.until(reply.time_ns, reply.packet, GREETING_PARTS, "", BY_SERVER)
            self.said_by = BY_SERVER

    def asked(self, command: Command, turn: Turn, contents: Sequence[Content]) -> None:
        """Add an exchange: a command, what belongs to it, its answers."""
        verb = command.verb
        self.speech(command, CLIENT, verb, BY_CLIENT)
        if len(turn.replies) == 1 and not contents and not turn.continuations:
            reply = turn.replies[0]
            self.speech(reply, SERVER if verb not in LOGINS else self._judging(reply), verb, BY_SERVER)
            return
        parts: list[Part] = [*turn.replies, *turn.continuations, *contents]
        parts.sort(key=_time_ns)
        if not self._times:
            parts = _shortened(parts)
        about, idle = verb, False
        for part in parts:
            if isinstance(part, Content):
                about = self._content(part, about)
            elif isinstance(part, Continuation):
                self.speech(part, IDLE if idle else CLIENT, about, BY_CLIENT)
                idle = False
            else:
                waited = SERVER if verb not in LOGINS else self._judging(part)
                self.speech(part, IDLE if idle else waited, about, BY_SERVER)
                idle = idle or (verb == "IDLE" and part.outcome is Outcome.MORE)

    def _judging(self, reply: Reply) -> WaitKind:
        """Return what the wait for the answer to a login is: a late refusal is late on purpose."""
        late = reply.time_ns - self.now_ns >= LATE_NS
        return WaitKind.LOGIN_REFUSED if late and reply.outcome is Outcome.NO else SERVER

    def _content(self, content: Content, about: str) -> str:
        """Add a mail on its way; return what is waited for next."""
        sent = content.how in CLIENT_SENDS
        first = content.packets[0] if content.packets else self.packet
        last = self._last(content)
        waiting, side = (CLIENT, BY_CLIENT) if sent else (SERVER, BY_SERVER)
        self.until(content.start_ns, first, waiting, MAIL if sent else about, side)
        self.until(content.end_ns, last, TRANSFER, MAIL, side)
        self.said_by = side
        return MAIL if sent else about

    def _last(self, content: Content) -> int:
        """Return the packet that completed a mail: repeats may have come after it."""
        times, end_ns = self._times, content.end_ns
        in_time = (number for number in reversed(content.packets) if times.get(number, end_ns) <= end_ns)
        return next(in_time, self.packet)

    def rest(self, conversation: Conversation) -> None:
        """Add what comes behind the last that was understood: what cannot be read, and the end."""
        turns = conversation.dialogue.turns
        last = turns[-1] if turns else None
        if not self._times:
            self._rest_untold(conversation, last)
            return
        behind: list[Packet] = []
        for packet in reversed(conversation.packets):
            if packet.number <= self.packet and turns:
                break
            behind.append(packet)
        read = self.packet
        for packet in reversed(behind):
            if packet.length and packet.mark is Mark.NONE:
                self._unread(packet)
        kind, about = _waiting_for(last) if read == self.packet else (IDLE, "")
        closing = next((p for p in reversed(behind) if p.flags & ENDING and p.time_ns >= self.now_ns), None)
        if closing is not None:
            short = kind is IDLE and closing.time_ns - self.now_ns < LATE_NS
            self.until(closing.time_ns, closing.number, CLOSE if short else kind, about)
            kind, about = CLOSE, ""
        elif any(p.flags & ENDING for p in conversation.packets[-4:]):
            kind, about = CLOSE, ""
        self.until(self.end_ns, conversation.packets[-1].number, kind, about)

    def _unread(self, packet: Packet) -> None:
        """Add octets that nobody could read: who says more within a moment has not waited."""
        side = Side(packet.side)
        together = side is self.said_by and packet.time_ns - self.now_ns < TOGETHER_NS
        waiting = CLIENT if side is BY_CLIENT else SERVER
        self.until(packet.time_ns, packet.number, TRANSFER if together else waiting, "", side)
        self.said_by = side

    def _rest_untold(self, conversation: Conversation, last: Turn | None) -> None:
        """Add the rest where only the first packet and the last are known."""
        dialogue = conversation.dialogue
        dark = dialogue.encryption is not Encryption.NO and (dialogue.tls is None or not dialogue.tls.decrypted)
        kind, about = (WaitKind.ENCRYPTED, "") if dark else _waiting_for(last)
        self.until(self.end_ns, conversation.packets[-1].number, kind, about)


def _travelling(event: Command | Continuation | Reply, took_ns: int) -> WaitKind:
    """Return what the time between the packets of a line is: a person's who types it, or the network's."""
    if isinstance(event, Reply) or took_ns < TYPED_NS or len(event.line) + 2 > 2 * len(event.packets):
        return TRANSFER
    return WaitKind.TYPING


def _waiting_for(turn: Turn | None) -> tuple[WaitKind, str]:
    """Return what is waited for behind the last exchange."""
    if turn is None:
        return IDLE, ""
    command = turn.command
    final = turn.replies[-1] if turn.replies else None
    if command is not None and command.verb in GOODBYES:
        return CLOSE, ""
    if final is not None and final.status in FAREWELLS:
        return CLOSE, ""
    if command is not None and final is None:
        return SERVER, command.verb
    return IDLE, ""


def _shortened(parts: list[Part]) -> list[Part]:
    """Return the parts of an exchange with only the last of answers that follow each other: one wait tells of them."""
    return [
        part
        for part, following in pairwise(parts)
        if not (isinstance(part, Reply) and isinstance(following, Reply)) or part.outcome is Outcome.MORE
    ] + parts[-1:]


def _time_ns(part: Part) -> int:
    return part.time_ns
