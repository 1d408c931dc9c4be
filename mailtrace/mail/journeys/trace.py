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

from mailtrace.mail.course import Course
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

LHLO_TURNS = 3
"""Turns of a conversation among which the hello is looked for by which LMTP is known."""

ENCODING = "content-transfer-encoding"

ACCEPTED = TransactionOutcome.ACCEPTED
SUBMITTED = HopKind.SUBMITTED
RELAYED = HopKind.RELAYED
DELIVERED = HopKind.DELIVERED
RETRIEVED = HopKind.RETRIEVED
WAS_RELAYED = Direction.RELAYED

_KINDS = {TransactionOutcome.REJECTED: HopKind.REFUSED, TransactionOutcome.DEFERRED: HopKind.DEFERRED,
          TransactionOutcome.ABORTED: HopKind.DEFERRED}  # fmt: skip
_DIRECTIONS = {kind.value: kind for kind in HopKind}

_Said = tuple[
    str, int | None, str | None, str | None, tuple["Stamp", ...], int | None, int | None, str | None, str, bytes,
    DeliveryReport | None,
]  # fmt: skip
"""What a mail says of itself: the fields of its `Trace` from `how` to `reports`."""

_NOTHING_SAID: _Said = ("", None, None, None, (), None, None, None, "", b"", None)


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
    sender: str | None = None
    recipients: tuple[Recipient, ...] = ()
    recipients_left_out: int = 0
    user: str | None = None
    outcome: TransactionOutcome | None = None
    status: str | None = None
    queue_id: str | None = None
    how: str = ""
    message: int | None = None
    message_id: str | None = None
    subject: str | None = None
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
        return self.kind is RETRIEVED

    @property
    def source(self) -> str:
        """The address of the host that had the mail before."""
        return self.way()[0]

    @property
    def holder(self) -> str:
        """The address of the host that has the mail afterwards."""
        return self.way()[1]

    def way(self) -> tuple[str, str]:
        """Return the addresses of the hosts that had the mail before, and have it afterwards."""
        return (self.server, self.client) if self.kind is RETRIEVED else (self.client, self.server)


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


def sent(
    conversation: Conversation, transaction: Transaction, message: Message | None, place: int, course: Course
) -> Trace:
    """Return the trace of a mail in SMTP, the one at `place`; `message` is None where nothing of it was sent."""
    key, recipients = conversation.key, transaction.recipients
    if message is None:
        start_ns, time_ns = _times(conversation.dialogue.turns, transaction.packets)
    else:
        start_ns, time_ns = message.content.start_ns, message.content.end_ns
    return Trace(
        _kind(transaction, message, course),
        0,
        key.client.host,
        key.server.host,
        start_ns,
        time_ns,
        limited(transaction.packets),
        transaction.sender,
        tuple(recipients[:RECIPIENTS_LIMIT]),
        max(0, len(recipients) - RECIPIENTS_LIMIT),
        None,
        transaction.outcome,
        transaction.status,
        transaction.queue_id,
        *(_NOTHING_SAID if message is None else _said(message, place)),
    )


def called(conversation: Conversation, course: Course) -> Trace:
    """Return the trace of a call to a mail server in which no mail was named; its status is that of a bad greeting."""
    key = conversation.key
    trace = Trace(HopKind.DEFERRED, 0, key.client.host, key.server.host, NO_TIME, NO_TIME, ())
    trace.outcome = TransactionOutcome.ABORTED
    if course.greeting is not None and course.greeting.status[:1] in ("4", "5"):
        trace.status = course.greeting.status
        late = trace.status[0] == "4"
        trace.outcome = TransactionOutcome.DEFERRED if late else TransactionOutcome.REJECTED
        trace.kind = _KINDS[trace.outcome]
    return trace


def kept(conversation: Conversation, message: Message, place: int) -> Trace:
    """Return the trace of a mail that was taken from a mailbox, put into one, or handed in by POP3's XMIT."""
    key, content = conversation.key, message.content
    user = next((each.user for each in conversation.dialogue.logins if each.accepted), None)
    path = next((value for name, value in message.headers if name.lower() == "return-path"), None)
    author = message.from_[0].address if message.from_ else None
    return Trace(
        _DIRECTIONS[message.direction.value],
        0,
        key.client.host,
        key.server.host,
        content.start_ns,
        content.end_ns,
        limited(content.packets),
        author if path is None else path.strip().strip("<>"),
        (),
        0,
        user,
        None,
        None,
        None,
        *_said(message, place),
    )


def limited(packets: tuple[int, ...]) -> tuple[int, ...]:
    """Return the packets that are remembered of a hop."""
    if len(packets) <= PACKETS_LIMIT:
        return packets
    return packets[: PACKETS_LIMIT // 2] + packets[-PACKETS_LIMIT // 2 :]


def _packet(turn: Turn) -> int:
    """Return the packet with which a turn began."""
    if turn.command is not None:
        return turn.command.packet
    return turn.replies[0].packet if turn.replies else 0


def _times(turns: Sequence[Turn], packets: tuple[int, ...]) -> tuple[int, int]:
    """Return when the first and the last turn within some packets began; no time where there is none."""
    if not packets:
        return NO_TIME, NO_TIME
    first = bisect_left(turns, packets[0], key=_packet)
    last = bisect_right(turns, packets[-1], key=_packet) - 1
    return _time_ns(turns[first : first + 1]), _time_ns(turns[max(0, last) : last + 1])


def _time_ns(turns: Sequence[Turn]) -> int:
    """Return when the first of some turns began; no time where there is none."""
    return turns[0].command.time_ns if turns and turns[0].command is not None else NO_TIME


def _kind(transaction: Transaction, message: Message | None, course: Course) -> HopKind:
    if transaction.outcome is not ACCEPTED and transaction.outcome in _KINDS:
        return _KINDS[transaction.outcome]
    for place, verb, _ in course.hellos:
        if verb == "LHLO" and place < LHLO_TURNS:
            return DELIVERED
    return RELAYED if message is not None and message.direction is WAS_RELAYED else SUBMITTED


def _said(message: Message, place: int) -> _Said:
    """Return what the mail says of itself."""
    content, headers = message.content, message.headers[:FIELDS_LIMIT]
    listed, hashes, encoding = "", b"", None
    if headers:
        names, values = zip(*headers, strict=True)
        listed, at = _listed(names)
        hashes = pack(f"{len(values)}q", *map(hash, values))
        encoding = None if at is None else values[at]
    body = text = None
    if content.complete and content.kept_all and content.how != "TOP":
        octets = _body(content)
        body, text = hash(octets) if octets else None, _text(message)
    return (
        content.how,
        place,
        message.message_id,
        message.subject,
        tuple(map(_stamp, message.received[:STAMPS_LIMIT])),
        body,
        text,
        encoding,
        listed,
        hashes,
        message.reports,
    )


@lru_cache(maxsize=NAMES_REMEMBERED)
def _listed(names: tuple[str, ...]) -> tuple[str, int | None]:
    """Return header names one a line, and the place of the one that tells the encoding, None without one."""
    lower = [name.lower() for name in names]
    return "\n".join(names), lower.index(ENCODING) if ENCODING in lower else None


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


def _text(message: Message) -> int:
    """Return a hash of what all parts of a mail say; of one that is no text, of its octets."""
    texts: list[str] = []
    for part in message.parts:
        texts.append(part.sha256 if part.text is None else part.text.rstrip())
    return hash(tuple(texts))


def _body(content: Content) -> bytes:
    """Return the body without the empty lines at its end."""
    octets = content.kept
    at = octets.find(b"\r\n\r\n") + 4
    if at < 4:
        at = octets.find(b"\n\n") + 2
    return octets[at:].rstrip(b"\r\n") if at >= 2 else b""
