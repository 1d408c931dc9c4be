"""Words for results: messages, hosts, steps of a walkthrough, and the analysis that reports receive."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from msgspec import Struct, field

from mailtrace.model.dialogue import Content, Conversation, Direction, Lookup
from mailtrace.model.network import Side


class Person(Struct, frozen=True, gc=False):
    """A mailbox in a header: decoded display name and address."""

    name: str
    address: str


class Received(Struct, frozen=True, gc=False):
    """One trace header; fields are None where it does not say, `time` is ISO 8601. Source: RFC 5321 section 4.4."""

    from_: str | None
    by: str | None
    with_: str | None
    id: str | None
    time: str | None


class MessagePart(Struct, frozen=True, gc=False):
    """One leaf of the MIME tree; `path` is its IMAP section number, size and sha256 are over its decoded octets.

    `text` is decoded and capped for text parts, None for others; `charset_guessed` tells that nothing declared it.
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


class Message(Struct, gc=False):
    """One mail as it travelled in one conversation; headers decoded, content exact (see `Content`)."""

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


class Note(Struct, frozen=True):
    """Something about the capture the user should know: damage, a limit, an oddity. `packets` may be empty.

    `damage` notes make the exit code 4: the results are partial.
    """

    code: str
    message: str
    packets: tuple[int, ...] = ()
    damage: bool = False


class Host(Struct, frozen=True):
    """One address with the names known for it, best first, and what it did: mta, client, pop3, dns, ident ..."""

    address: str
    names: tuple[str, ...]
    roles: tuple[str, ...]


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


class Step(Struct, frozen=True):
    """One line of a walkthrough: facts and plain words, no markup.

    `acks` are the bare acknowledgements that belong to it. `offset_ns` counts from the conversation's start,
    `since_ns` from the step before. `speaker` and `listener` are addresses or names. `says` is what was said (masked,
    not yet sanitised: every report does that), one entry a line; `means` explains it; `source` is the RFC section.
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


class Walkthrough(Struct, frozen=True):
    """A conversation told step by step; `conversations` are the ids it tells, `result` is a few words."""

    conversations: tuple[int, ...]
    title: str
    summary: str
    result: str
    steps: tuple[Step, ...]


class Analysis(Struct):
    """Everything found in a capture: the only thing reports and views receive. Sequences are ordered by id, from 1."""

    capture: CaptureInfo
    hosts: Sequence[Host]
    conversations: Sequence[Conversation]
    messages: Sequence[Message]
    lookups: Sequence[Lookup]
