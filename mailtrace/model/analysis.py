"""Words for results: messages, hosts, steps of a walkthrough, and the analysis that reports receive."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from msgspec import Struct, field

from mailtrace.model.clocks import ClockSkew
from mailtrace.model.dialogue import Content, Conversation, Direction, Lookup
from mailtrace.model.findings import Finding
from mailtrace.model.journey import Journey
from mailtrace.model.network import Side
from mailtrace.model.waits import TimeTable


class Person(Struct, frozen=True, gc=False):
    """A mailbox in a header: decoded display name and address."""

    name: str
    address: str


class Received(Struct, frozen=True, gc=False, omit_defaults=True):
    """One trace header; fields are None where it does not say, `time` is ISO 8601. Source: RFC 5321 section 4.4.

    `from_`, `by` and `id` are the first words of their clauses, as written. What the receiver wrote of its peer:
    `helo` is the peer's own word, `rdns` the name found for its `address`, which is spelled as conversations spell it.
    `tls` is like `TLS 1.3, TLS_AES_256_GCM_SHA384`, or less where less is told; that TLS was used can also be told by
    `with_` alone (ESMTPS, RFC 3848). `for_` are recipients, `envelope_from` is '' for the null path.
    """

    from_: str | None = field(name="from")
    by: str | None
    with_: str | None = field(name="with")
    id: str | None
    time: str | None
    for_: tuple[str, ...] = field(default=(), name="for")
    address: str | None = None
    helo: str | None = None
    rdns: str | None = None
    tls: str | None = None
    envelope_from: str | None = None


class MessagePart(Struct, frozen=True, gc=False):
    """One leaf of the MIME tree; `path` is its IMAP section number, size and sha256 are over its decoded octets.

    `text` is decoded and capped for text parts, None for others; `charset_guessed` tells that nothing declared it.
    `nature` is what it is beyond that, in a word such as `smime-signed`, `calendar-request` or `zip-archive`, if known.
    Of the decoded octets `missing_bytes` were not captured.
    """

    path: str
    content_type: str
    charset: str | None
    filename: str | None
    size_bytes: int
    sha256: str
    text: str | None
    charset_guessed: bool = False
    disposition: str | None = None
    nature: str | None = None
    missing_bytes: int = 0


class EmbeddedFile(Struct, frozen=True, gc=False):
    """A file that MIME knows nothing of, within the part `path`: `encoding` is uuencode, yenc, binhex or tnef.

    `size_bytes` and `sha256` are over its decoded octets, None where only its name can be told.
    """

    path: str
    encoding: str
    filename: str
    size_bytes: int | None
    sha256: str | None


class AttachedMessage(Struct, frozen=True, gc=False):
    """The head of a message that another one carries as its part `path`; fields as those of `Message`."""

    path: str
    message_id: str | None
    subject: str | None
    from_: tuple[Person, ...] = field(name="from")
    date: str | None


class ReportedRecipient(Struct, frozen=True, gc=False):
    """What a report says of one recipient; None where it does not say.

    `original` is the address as the sender wrote it, `action` is failed, delayed, delivered, relayed or expanded, or of
    a disposition notification what was done with the mail (displayed, deleted, processed ...). `status` is the enhanced
    code, `diagnostic` what the server `remote` answered. Source: RFC 3464 section 2.3, RFC 8098 section 3.2.
    """

    address: str
    original: str | None = None
    action: str | None = None
    status: str | None = None
    diagnostic: str | None = None
    remote: str | None = None


class DeliveryReport(Struct, frozen=True, gc=False):
    """What a mail says of the fate of another one: a bounce, a warning of delay, a receipt.

    `kind` is `delivery-status`, `disposition-notification`, or for bounces in plain words the program that writes them
    so: `qmail`, `exim`. `message_id` is that of the mail it reports, `reporter` the host that reports, `queue_id` the
    number under which that host had the mail, `envelope_id` what the sender asked to be told (ENVID, RFC 3461).
    """

    kind: str
    message_id: str | None
    recipients: tuple[ReportedRecipient, ...]
    reporter: str | None = None
    queue_id: str | None = None
    envelope_id: str | None = None


class Message(Struct, gc=False, array_like=True):
    """One mail as it travelled in one conversation; headers decoded, content exact (see `Content`).

    `attached` are the heads of the messages among its parts, `embedded` the files within them that are no parts.
    `reports` is there where it is about another mail.
    """

    id: int
    conversation: int
    direction: Direction
    content: Content
    message_id: str | None
    subject: str | None
    from_: tuple[Person, ...]
    to: tuple[Person, ...]
    cc: tuple[Person, ...]
    date: str | None
    headers: tuple[tuple[str, str], ...]
    received: tuple[Received, ...]
    parts: tuple[MessagePart, ...]
    queue_id: str | None = None
    defects: tuple[str, ...] = ()
    attached: tuple[AttachedMessage, ...] = ()
    embedded: tuple[EmbeddedFile, ...] = ()
    reports: DeliveryReport | None = None


class Note(Struct, frozen=True):
    """Something about the capture the user should know: damage, a limit, an oddity. `packets` may be empty.

    `damage` notes make the exit code 4: the results are partial.
    """

    code: str
    message: str
    packets: tuple[int, ...] = ()
    damage: bool = False


class Host(Struct, frozen=True):
    """One address with the names known for it, best first, and what it did: mta, client, pop3, dns, ident ...

    `clock` is None where nothing tells how its clock stood.
    """

    address: str
    names: tuple[str, ...]
    roles: tuple[str, ...]
    clock: ClockSkew | None = None


class CaptureInfo(Struct):
    """What was read. Counters tell packets of other traffic, which is counted and not listed."""

    files: list[str]
    packets: int = 0
    bytes: int = 0
    first_ns: int | None = None
    last_ns: int | None = None
    link_types: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)


class StepKind(Enum):
    """What a step is about, for colour and for reports that choose."""

    CONNECT = "connect"
    LOOKUP = "lookup"
    IDENT = "ident"
    COMMAND = "command"
    REPLY = "reply"
    CONTENT = "content"
    CLOSE = "close"
    TROUBLE = "trouble"
    HOP = "hop"  # heading in a journey: where the mail goes next, and how that is known
    OUTCOME = "outcome"  # heading in a journey: how it ended for one recipient


class Step(Struct, frozen=True):
    """One line of a walkthrough: facts and plain words, no markup. `number` is 0 for the headings of a journey.

    `acks` are the bare acknowledgements that belong to it. `offset_ns` counts from the conversation's start,
    `since_ns` from the step before. `speaker` and `listener` are addresses or names. `says` is what was said (masked,
    not yet sanitised: every report does that), one entry a line; `means` explains it; `source` is the RFC section. Of
    `says` the last `answers` are what the other side answered, where both were put into one step.
    """

    number: int
    kind: StepKind
    packets: tuple[int, ...]
    acks: tuple[int, ...]
    offset_ns: int
    since_ns: int
    side: Side
    speaker: str
    listener: str
    says: tuple[str, ...]
    means: str
    source: str | None = None
    answers: int = 0


class Walkthrough(Struct, frozen=True):
    """A conversation or a journey told step by step; `conversations` are the ids it tells, `result` is a few words.

    `facts` are further lines about all of it. Of a journey `journey` is the number. `times` is there where it was slow.
    `ended_badly` where the result is one: refused, broken off, without an answer.
    """

    conversations: tuple[int, ...]
    title: str
    summary: str
    result: str
    steps: tuple[Step, ...]
    facts: tuple[str, ...] = ()
    journey: int | None = None
    times: TimeTable | None = None
    ended_badly: bool = False


class Analysis(Struct):
    """Everything found in a capture: the only thing reports and views receive. Sequences are ordered by id, from 1.

    `known` are all lookups of the capture where `lookups` are only the chosen ones, None where these are all;
    `everything` are all its conversations likewise. `findings` are the worst first.
    """

    capture: CaptureInfo
    hosts: Sequence[Host]
    conversations: Sequence[Conversation]
    messages: Sequence[Message]
    lookups: Sequence[Lookup]
    journeys: Sequence[Journey] = ()
    known: Sequence[Lookup] | None = None
    findings: Sequence[Finding] = ()
    everything: Sequence[Conversation] | None = None
