"""Words for what was said: commands, replies, contents, transactions, and the conversation they make."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct, field

from mailtrace.model.network import Endpoint, Gap, Packet, Side, StreamKey
from mailtrace.model.security import TlsFacts


class Outcome(Enum):
    """What a reply means for the one who asked."""

    GOOD = "good"
    MORE = "more"  # go on: 334, 354, "+ "
    LATER = "later"  # refused for now: 4yz
    NO = "no"

    __hash__ = object.__hash__  # members are single, and the hash of an Enum is slow: this one is a key for every reply


class Command(Struct, frozen=True, array_like=True, tag=True, tag_field="event", gc=False):
    """One client request.

    `line` is the request as sent, without its line end; the argument starts at `argument_at`. `secrets` are half-open
    spans of `line` that every output masks. `packets` lists all packets that carried it, `packet` is the last of them.
    Not `certain`: it follows a hole, and could be a line of a mail whose beginning is missing. `tag` is what its IMAP
    reply will name it by (RFC 9051 section 2.2.1), None in the other protocols. An IMAP command with literals is its
    first line; what comes behind each literal is a `Continuation`, a literal that is a mail is a `Content`.
    """

    verb: str
    line: bytes
    argument_at: int
    packet: int
    time_ns: int
    packets: tuple[int, ...]
    secrets: tuple[tuple[int, int], ...] = ()
    certain: bool = True
    tag: str | None = None


class Continuation(Struct, frozen=True, array_like=True, tag=True, tag_field="event", gc=False):
    """A client line that is part of a command's exchange: an AUTH response, DONE, a literal and what follows it."""

    line: bytes
    packet: int
    time_ns: int
    packets: tuple[int, ...]
    secrets: tuple[tuple[int, int], ...] = ()


class Reply(Struct, frozen=True, array_like=True, tag=True, tag_field="event", gc=False):
    """One server answer: `status` as on the wire, `lines` the text behind it, one entry a line, without line ends.

    `packet` is the packet that completed it; `time_ns` its time. A multi-line POP3 answer has its items in `lines`
    unless they are a message, which becomes a `Content`.

    IMAP: `tag` names the command it completes; it is None for what the server says besides. Such an untagged reply has
    the status of its first word (`OK`, `BYE`, `LIST`) or the word behind a number (`EXISTS`, `FETCH`), and `lines` have
    everything behind the star unless the status is OK, NO, BAD, BYE or PREAUTH. A literal stands as `{n}` at the end of
    its line, its own lines follow unless it is a message. A request to go on has status `+`.
    """

    status: str
    outcome: Outcome
    lines: tuple[bytes, ...]
    packet: int
    time_ns: int
    packets: tuple[int, ...]
    enhanced: str | None = None
    tag: str | None = None


class Turn(Struct, array_like=True, gc=False):
    """One exchange: a greeting has no command, a lost or awaited reply is missing from `replies`."""

    command: Command | None
    replies: list[Reply] = field(default_factory=list)
    continuations: list[Continuation] = field(default_factory=list)


class Violation(Struct, frozen=True, array_like=True, tag=True, tag_field="event", gc=False):
    """A protocol rule was broken: `code` is a stable name such as `bare-line-feed`, `detail` one sentence or empty."""

    code: str
    side: Side
    packet: int
    time_ns: int
    detail: str = ""


class WentDark(Struct, frozen=True, array_like=True, tag=True, tag_field="event", gc=False):
    """From here the conversation is encrypted: `why` is starttls or implicit."""

    why: str
    packet: int
    time_ns: int


class Proxied(Struct, frozen=True, array_like=True, tag=True, tag_field="event", gc=False):
    """The header with which a proxy opens a connection that it relays for somebody else.

    `client` is the real client and `server` the address it connected to; both are None when the proxy speaks for itself
    or does not tell. `said` is the header in words, `details` are further facts of it, each a name and a value.
    `packet` is the packet that completed it. Source: haproxy.org, The PROXY protocol, versions 1 and 2.
    """

    version: int
    client: Endpoint | None
    server: Endpoint | None
    said: str
    packet: int
    time_ns: int
    packets: tuple[int, ...]
    details: tuple[tuple[str, str], ...] = ()


class Direction(Enum):
    """Which way a message travelled."""

    SUBMITTED = "submitted"
    RELAYED = "relayed"
    RETRIEVED = "retrieved"
    APPENDED = "appended"


class Content(Struct, array_like=True, tag=True, tag_field="event", gc=False):
    """A message exactly as transmitted, dot-unstuffed, with the last CRLF before the final dot.

    `how` is DATA, BDAT, RETR, TOP, XMIT, FETCH or APPEND. `size_bytes` and `sha256` (hex) cover the whole message;
    `kept` holds its octets up to a limit (`kept_all` tells whether that is all). `holes` are (offset in message, octets
    missing); what is missing stands as NUL octets. `packets` carried it. `complete` is false when it was cut short or
    has holes.
    `as_server_read`: by the rules it is a part of another message; the server's replies show that it took it for one.
    """

    how: str
    kept: bytes
    size_bytes: int
    sha256: str
    packets: tuple[int, ...]
    start_ns: int
    end_ns: int
    complete: bool
    kept_all: bool = True
    holes: tuple[tuple[int, int], ...] = ()
    message: int | None = None  # the Message made of it, numbered by the pipeline
    as_server_read: bool = False

    @property
    def packet(self) -> int:
        """The packet that completed it (0 when it has none)."""
        return self.packets[-1] if self.packets else 0

    @property
    def time_ns(self) -> int:
        """When it was complete."""
        return self.end_ns


class Recipient(Struct, frozen=True, gc=False):
    """One RCPT: `status` is the reply code as text, and `answer_packet` where it came.

    They and `accepted` are None while unanswered.
    """

    address: str
    accepted: bool | None
    status: str | None
    packet: int
    answer_packet: int | None = None


class TransactionOutcome(Enum):
    """How one mail transaction ended."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DEFERRED = "deferred"
    ABORTED = "aborted"  # RSET, a new MAIL or hello, or the connection ended first
    UNKNOWN = "unknown"  # the deciding reply was not captured


class Transaction(Struct, array_like=True, gc=False):
    """One mail transaction: `sender` is '' for the null path, None if not seen. Source: RFC 5321 section 3.3."""

    sender: str | None
    recipients: list[Recipient]
    content: Content | None
    status: str | None
    queue_id: str | None
    outcome: TransactionOutcome
    packets: tuple[int, ...] = ()


class Login(Struct, frozen=True, gc=False):
    """One attempt to log in; `user` is None when it cannot be told without guessing, `accepted` when unanswered."""

    mechanism: str
    user: str | None
    accepted: bool | None
    packets: tuple[int, ...]


class Lookup(Struct, array_like=True, tag=True, tag_field="event", gc=False):
    """One DNS question and its answer.

    `rcode` is None while unanswered. `answers` are in presentation format, in the order sent. `packets` are those
    of question and answer (repeats included). `nodata` tells an empty NOERROR from NXDOMAIN (RFC 2308 section 2.2).
    `duration_ns` runs from the first question to the answer. Where the client asked again because that had not arrived,
    `missed_ns` runs to the last answer, or to the last question if that has none. `opcode` is QUERY unless something
    else than a lookup was asked for (NOTIFY, UPDATE); `class_` is IN but for oddities; `authenticated` is the AD bit of
    the answer.
    `authority` and `additional` are lines as in a zone file: owner, time to live, type, data.
    """

    name: str
    type: str
    rcode: str | None
    answers: tuple[str, ...]
    packets: tuple[int, ...]
    start_ns: int
    duration_ns: int | None
    message_id: int
    nodata: bool = False
    authoritative: bool = False
    edns: bool = False
    truncated: bool = False
    retries: int = 0
    authority: tuple[str, ...] = ()
    additional: tuple[str, ...] = ()
    client: str = ""
    server: str = ""
    id: int = 0  # numbered by the pipeline
    conversation: int = 0
    caused_by: int | None = None  # the mail conversation it happened for
    class_: str = "IN"
    opcode: str = "QUERY"
    authenticated: bool = False
    missed_ns: int | None = None

    @property
    def is_question(self) -> bool:
        """Whether something is asked, not told (NOTIFY) or ordered (UPDATE)."""
        return self.opcode == "QUERY"

    @property
    def is_unasked(self) -> bool:
        """Whether there is an answer to it alone: the question was not captured, or never asked."""
        return self.rcode is not None and self.duration_ns is None

    @property
    def took_ns(self) -> int | None:
        """How long the client waited, None while unanswered."""
        return self.duration_ns if self.missed_ns is None else self.missed_ns


class Encryption(Enum):
    """Whether and how the conversation became unreadable."""

    NO = "no"
    STARTTLS = "starttls"
    IMPLICIT = "implicit"


class ClosedHow(Enum):
    """How the stream ended."""

    FIN = "fin"
    RST = "rst"
    IDLE = "idle"
    OPEN = "open"  # still open when the capture ended


Event = Command | Continuation | Reply | Content | Lookup | Violation | WentDark | Proxied | Gap


class Dialogue(Struct, array_like=True, gc=False):
    """What a session has understood so far; a session appends, everybody else reads.

    `events` holds all of it in the order it happened; the other lists are views by kind. `tls` is there once TLS began,
    `proxied` where a proxy's header came before everything else.
    """

    events: list[Event] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    logins: list[Login] = field(default_factory=list)
    contents: list[Content] = field(default_factory=list)
    lookups: list[Lookup] = field(default_factory=list)
    encryption: Encryption = Encryption.NO
    tls: TlsFacts | None = None
    proxied: Proxied | None = None


class Conversation(Struct, array_like=True, gc=False):
    """All that was said over one stream; ids count in the order in which streams were found to be mail.

    `complete` means that nothing is missing: seen from its start to its close without a gap. `caused_by` is the mail
    conversation that an ident or DNS conversation happened for. `numbers` are those of all its packets; `packets` tells
    more of each, but for the results for machines only of the first and the last.
    """

    id: int
    protocol: str
    key: StreamKey
    tcp_stream: int | None
    packets: tuple[Packet, ...]
    dialogue: Dialogue
    complete: bool
    closed: ClosedHow
    caused_by: int | None = None
    numbers: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Number the packets, where they are all here."""
        if not self.numbers:
            self.numbers = tuple([packet.number for packet in self.packets])

    @property
    def start_ns(self) -> int:
        """When its first packet was captured."""
        return self.packets[0].time_ns

    @property
    def end_ns(self) -> int:
        """When its last packet was captured; never before its start."""
        return self.span_ns()[1]

    def span_ns(self) -> tuple[int, int]:
        """Return `start_ns` and `end_ns`, which costs less than one after the other."""
        start_ns, end_ns = self.packets[0].time_ns, self.packets[-1].time_ns
        return start_ns, end_ns if end_ns > start_ns else start_ns

    @property
    def duration_ns(self) -> int:
        """How long it lasted; never less than no time."""
        start_ns, end_ns = self.span_ns()
        return end_ns - start_ns
