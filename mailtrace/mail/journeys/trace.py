"""HOT. What a journey needs to know of a mail each time it was seen: a `Trace`, small enough to be kept (`mail`).

Conversations and messages are let go once they are told, traces are kept to the end of the capture. So they hold no
octets: header values and bodies are there as hashes, by which two sightings of a mail can be compared. A trace is taken
as soon as all was said, when its conversation has no number yet and may still get late packets; `joined` adds those.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import lru_cache
from struct import pack

from msgspec import Struct

from mailtrace.model import (
    NO_TIME,
    Content,
    Conversation,
    DeliveryReport,
    Direction,
    HopKind,
    Message,
    Received,
    Recipient,
    Transaction,
    TransactionOutcome,
    Turn,
)

STAMPS_LIMIT = 30
"""Trace fields remembered of a mail, the latest; a mail that passed more hosts than that goes round in circles."""

RECIPIENTS_LIMIT = 1_000
"""Recipients remembered of an envelope: servers take some hundred at a time (RFC 5321 section 4.5.3.1.8: 100)."""

PACKETS_LIMIT = 50
"""Packets remembered of a hop, half of them its first: a big mail has thousands, and its message lists them all."""

FIELDS_LIMIT = 200
"""Header fields compared from hop to hop; real mails have fewer."""

NAMES_REMEMBERED = 1_000
"""Different lists of header names that are stored once for all mails that have them."""

ENCODING = "content-transfer-encoding"

ACCEPTED = TransactionOutcome.ACCEPTED
SUBMITTED = HopKind.SUBMITTED
RELAYED = HopKind.RELAYED
WAS_RELAYED = Direction.RELAYED

_KINDS = {TransactionOutcome.REJECTED: HopKind.REFUSED, TransactionOutcome.DEFERRED: HopKind.DEFERRED,
          TransactionOutcome.ABORTED: HopKind.DEFERRED}  # fmt: skip
_DIRECTIONS = {kind.value: kind for kind in HopKind}


class Stamp(Struct, frozen=True, array_like=True, gc=False):
    """What a trace field tells of one hop; `peer` is the address that handed over, or else its name, '' without one.

    It is `by` where the mail did not come over the network: a program on that host handed it in, or the server made it.

    `id` is the number under which the receiver `by` had the mail, `time` as in `Received`.
    """

    peer: str
    by: str
    id: str | None
    time: str | None


class Trace(Struct, array_like=True, gc=False):
    """One sighting of a mail, or of an envelope whose mail was refused before it came (`how` is '' then).

    `start_ns` and `time_ns` are when its transfer began, and when it was done. `stamps` are its trace fields, latest
    first. `sender` is that of the envelope; in a mailbox, what the mail says of it. `body` is a hash of the body as
    transmitted, but for empty lines at its end as in DKIM's simple canonicalization (RFC 6376 section 3.4.3); it is
    None where the body is empty or was not seen whole. `text` is a hash of what it says when it is decoded. `names` and
    `values` are its header fields, the former one a line, the latter as hashes of eight octets each.
    """

    kind: HopKind
    conversation: int
    client: str
    server: str
    start_ns: int
    time_ns: int
    packets: tuple[int, ...]
    how: str = ""
    message: int | None = None
    message_id: str | None = None
    subject: str | None = None
    sender: str | None = None
    recipients: tuple[Recipient, ...] = ()
    recipients_left_out: int = 0
    user: str | None = None
    outcome: TransactionOutcome | None = None
    status: str | None = None
    queue_id: str | None = None
    stamps: tuple[Stamp, ...] = ()
    body: int | None = None
    text: int | None = None
    encoding: str | None = None
    names: str = ""
    values: bytes = b""
    reports: DeliveryReport | None = None
    _addresses: frozenset[str] | None = None
    _users: dict[str, list[Recipient]] | None = None

    @property
    def addresses(self) -> frozenset[str]:
        """The recipients as they are compared; made once, since a mail for many is compared with many."""
        if self._addresses is None:
            self._addresses = frozenset([each.address.lower() for each in self.recipients])
        return self._addresses

    @property
    def users(self) -> dict[str, list[Recipient]]:
        """The recipients by the names that the owners of their mailboxes are likely to log in with."""
        if self._users is None:
            self._users = {}
            for each in self.recipients:
                address = each.address.lower()
                for name in {address, address.rpartition("@")[0]}:
                    self._users.setdefault(name, []).append(each)
        return self._users

    @property
    def retrieved(self) -> bool:
        """Whether a client took it from a mailbox."""
        return self.kind is HopKind.RETRIEVED

    @property
    def source(self) -> str:
        """The address of the host that had the mail before."""
        return self.server if self.kind is HopKind.RETRIEVED else self.client

    @property
    def holder(self) -> str:
        """The address of the host that has the mail afterwards."""
        return self.client if self.kind is HopKind.RETRIEVED else self.server


def joined(trace: Trace, conversation: Conversation, numbers: Sequence[int]) -> Trace:
    """Give a trace what is known once its conversation is final; `numbers` are those of its messages."""
    trace.conversation = conversation.id
    if trace.message is not None:
        trace.message = numbers[trace.message]
    if trace.start_ns == NO_TIME:
        trace.start_ns = conversation.start_ns
    if trace.time_ns == NO_TIME:
        trace.time_ns = conversation.end_ns
    if not trace.how and not trace.packets:
        trace.packets = limited(conversation.numbers)
    trace.names = _stored_once(trace.names)
    return trace


def sent(conversation: Conversation, transaction: Transaction, message: Message | None, place: int | None) -> Trace:
    """Return the trace of a mail in SMTP, the one at `place`; `message` is None where nothing of it was sent."""
    recipients = transaction.recipients
    trace = _trace(conversation, _kind(conversation, transaction, message), transaction.packets)
    trace.sender = transaction.sender
    if len(recipients) > RECIPIENTS_LIMIT:
        trace.recipients_left_out = len(recipients) - RECIPIENTS_LIMIT
        recipients = recipients[:RECIPIENTS_LIMIT]
    trace.recipients = tuple(recipients)
    trace.outcome = transaction.outcome
    trace.status = transaction.status
    trace.queue_id = transaction.queue_id
    if message is not None:
        _describe(trace, message, place)
    elif transaction.packets:
        turns = conversation.dialogue.turns
        first = bisect_left(turns, transaction.packets[0], key=_packet)
        last = bisect_right(turns, transaction.packets[-1], key=_packet) - 1
        trace.start_ns = _time_ns(turns[first : first + 1])
        trace.time_ns = _time_ns(turns[max(0, last) : last + 1])
    return trace


def called(conversation: Conversation) -> Trace:
    """Return the trace of a call to a mail server in which no mail was named; its status is that of a bad greeting."""
    trace = _trace(conversation, HopKind.DEFERRED, ())
    trace.outcome = TransactionOutcome.ABORTED
    for turn in conversation.dialogue.turns[:1]:
        if turn.command is None and turn.replies and turn.replies[0].status[:1] in ("4", "5"):
            late = turn.replies[0].status[0] == "4"
            trace.status = turn.replies[0].status
            trace.outcome = TransactionOutcome.DEFERRED if late else TransactionOutcome.REJECTED
            trace.kind = _KINDS[trace.outcome]
    return trace


def kept(conversation: Conversation, message: Message, place: int) -> Trace:
    """Return the trace of a mail that was taken from a mailbox, put into one, or handed in by POP3's XMIT."""
    trace = _trace(conversation, _DIRECTIONS[message.direction.value], message.content.packets)
    trace.user = next((each.user for each in conversation.dialogue.logins if each.accepted), None)
    path = next((value for name, value in message.headers if name.lower() == "return-path"), None)
    author = message.from_[0].address if message.from_ else None
    trace.sender = author if path is None else path.strip().strip("<>")
    _describe(trace, message, place)
    return trace


def limited(packets: tuple[int, ...]) -> tuple[int, ...]:
    """Return the packets that are remembered of a hop."""
    if len(packets) <= PACKETS_LIMIT:
        return packets
    return packets[: PACKETS_LIMIT // 2] + packets[-PACKETS_LIMIT // 2 :]


def _trace(conversation: Conversation, kind: HopKind, packets: tuple[int, ...]) -> Trace:
    key = conversation.key
    return Trace(kind, 0, key.client.host, key.server.host, NO_TIME, NO_TIME, limited(packets))


def _packet(turn: Turn) -> int:
    """Return the packet with which a turn began."""
    if turn.command is not None:
        return turn.command.packet
    return turn.replies[0].packet if turn.replies else 0


def _time_ns(turns: Sequence[Turn]) -> int:
    """Return when the first of some turns began; no time where there is none."""
    return turns[0].command.time_ns if turns and turns[0].command is not None else NO_TIME


def _kind(conversation: Conversation, transaction: Transaction, message: Message | None) -> HopKind:
    if transaction.outcome is not ACCEPTED and transaction.outcome in _KINDS:
        return _KINDS[transaction.outcome]
    for turn in conversation.dialogue.turns[:3]:
        if turn.command is not None and turn.command.verb == "LHLO":
            return HopKind.DELIVERED
    return RELAYED if message is not None and message.direction is WAS_RELAYED else SUBMITTED


def _describe(trace: Trace, message: Message, place: int | None) -> None:
    """Note what the mail says of itself."""
    content, headers = message.content, message.headers[:FIELDS_LIMIT]
    trace.how = content.how
    trace.message = place
    trace.start_ns, trace.time_ns = content.start_ns, content.end_ns
    trace.message_id = message.message_id
    trace.subject = message.subject
    trace.stamps = tuple(map(_stamp, message.received[:STAMPS_LIMIT]))
    if headers:
        names, values = zip(*headers, strict=True)
        trace.names = "\n".join(names)
        trace.values = pack(f"{len(values)}q", *map(hash, values))
        lower = trace.names.lower()
        if ENCODING in lower and ENCODING in (fields := lower.split("\n")):
            trace.encoding = values[fields.index(ENCODING)]
    trace.reports = message.reports
    if content.complete and content.kept_all and content.how != "TOP":
        body = _body(content)
        trace.body = hash(body) if body else None
        trace.text = hash(tuple([each.sha256 if each.text is None else each.text.rstrip() for each in message.parts]))


@lru_cache(maxsize=NAMES_REMEMBERED)
def _stored_once(names: str) -> str:
    """Return the list of header names that is equal to this one: most mails of a capture share theirs with others."""
    return names


def _stamp(received: Received) -> Stamp:
    """Return what a trace field tells; a mail that its own host made came from that host."""
    by = received.by or ""
    peer = received.address or received.rdns or received.from_ or ""
    if received.with_ == "local" or (received.with_ is None and peer in ("", "localhost")):
        peer = by
    return Stamp(peer, by, received.id, received.time)


def _body(content: Content) -> bytes:
    """Return the body without the empty lines at its end."""
    octets = content.kept
    at = octets.find(b"\r\n\r\n") + 4
    if at < 4:
        at = octets.find(b"\n\n") + 2
    return octets[at:].rstrip(b"\r\n") if at >= 2 else b""
