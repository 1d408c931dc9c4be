"""Words for journeys: one mail followed from its first client to its last, hop by hop.

The hops of a journey form a tree, since a mail for several recipients parts on its way: `Hop.before` is the place,
among the journey's hops, of the hop that it continues. Hops are in the order in which they happened, each behind the
one it continues. Several may continue none: of a mail that a host sent to two others, or tried to send twice, when it
was not seen how it got there; the evidence of the later ones tells what they have in common.
"""

from __future__ import annotations

from enum import Enum

from msgspec import Struct


class HopKind(Enum):
    """What became of the mail in one hop."""

    SUBMITTED = "submitted"  # by the first client to its server
    RELAYED = "relayed"  # from server to server
    DELIVERED = "delivered"  # into the mailbox, by LMTP
    RETRIEVED = "retrieved"  # by POP3 or IMAP
    APPENDED = "appended"  # stored by a client in a folder of its own
    REFUSED = "refused"  # for good
    DEFERRED = "deferred"  # refused for now, or broken off: the sender has to try again


class EvidenceKind(Enum):
    """By what two hops are known to carry the same mail."""

    MESSAGE_ID = "message-id"
    QUEUE_ID = "queue-id"
    ENVELOPE = "envelope"
    BODY = "body"
    RECEIVED = "received"
    TIME = "time"
    ADDRESS = "address"


class Evidence(Struct, frozen=True, gc=False):
    """One reason why a hop continues the one before; `detail` says what was found, `packets` where."""

    kind: EvidenceKind
    detail: str
    packets: tuple[int, ...] = ()


class Hop(Struct, frozen=True, gc=False):
    """One time that the mail was handed over, or tried to be.

    `sender` and `receiver` are the addresses of the two hosts. A hop of which only a trace field tells has no
    `conversation`, and the names or addresses that stand there, '' where none does. `message` is the `Message.id` of
    what was carried, None where it was refused before or cannot be read. `recipients` are those of the envelope (of a
    mailbox: who logged in). `status` is the reply that decided. `score` (0 to 100) tells how sure it is that the hop
    belongs here: 100 where a journey begins. `changes` are facts of what is different from when it was seen before.
    `lookups` are numbers of lookups and `idents` of ident conversations made for this hop. `time_ns` is when the mail
    changed hands. `packets` are those that carried it, of many only the first and the last.
    """

    kind: HopKind
    conversation: int | None
    message: int | None
    sender: str
    receiver: str
    time_ns: int | None
    recipients: tuple[str, ...] = ()
    queue_id: str | None = None
    status: str | None = None
    before: int | None = None
    evidence: tuple[Evidence, ...] = ()
    score: int = 100
    changes: tuple[str, ...] = ()
    lookups: tuple[int, ...] = ()
    idents: tuple[int, ...] = ()
    packets: tuple[int, ...] = ()


class JourneyOutcome(Enum):
    """How far a mail came, best first."""

    FETCHED = "fetched"  # the recipient's own program took it from the mailbox
    DELIVERED = "delivered"  # it lies in the mailbox
    ACCEPTED = "accepted"  # the last server seen took responsibility for it
    UNKNOWN = "unknown"
    DEFERRED = "deferred"  # refused for now
    BOUNCED = "bounced"  # accepted at first, and reported as failed later
    REJECTED = "rejected"


class RecipientOutcome(Struct, frozen=True, gc=False):
    """What became of the mail for one recipient: `because` is one sentence, `hop` the place of the hop it rests on."""

    address: str
    outcome: JourneyOutcome
    because: str
    hop: int | None = None


class Journey(Struct, frozen=True, gc=False):
    """One mail on its way; numbered from 1 in the order in which journeys began.

    `recipients` are those of the first envelope, then those an alias added; of a mail that was only retrieved, whose
    mailbox it was in. `lookups` are those of all hops. `outcome` is the one that the worst-off recipient got.
    `reports` is the number of the journey whose fate this mail tells: it is a bounce, a warning or a receipt.
    `notes` are sentences about what is odd, such as a Message-ID that other mails carry too.
    """

    id: int
    message_id: str | None
    subject: str | None
    sender: str | None
    recipients: tuple[RecipientOutcome, ...]
    hops: tuple[Hop, ...]
    outcome: JourneyOutcome
    lookups: tuple[int, ...] = ()
    reports: int | None = None
    notes: tuple[str, ...] = ()
