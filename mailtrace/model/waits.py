"""Words for waits: where the time of a conversation or of a journey went."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from mailtrace.model.findings import Confidence
from mailtrace.model.network import Side


class WaitKind(Enum):
    """What was waited for."""

    CONNECT = "connect"  # the handshake of TCP
    CONNECT_AGAIN = "syn-retransmission"  # nobody answered, so that the handshake began again
    GREETING = "greeting"  # the server's first words, as far as nothing tells why they took so long
    GREETING_PARTS = "greeting-in-parts"  # from the first of them to the last
    GREET_PAUSE = "greet-pause"  # a pause on purpose before them
    IDENT = "ident"
    LOOKUP = "lookup"
    LOOKUP_UNSEEN = "lookup-not-seen"
    SERVER = "server"
    LOGIN_REFUSED = "login-refused"  # the server, before it refused a login
    CLIENT = "client"
    TYPING = "typing"  # a person at the keyboard, in the middle of a line
    TRANSFER = "transfer"
    NETWORK = "network"  # the way there and back
    LOSS = "retransmission"
    WINDOW = "zero-window"  # the receiver had no room
    DELAYED_ACK = "delayed-ack"  # sender and receiver waited for each other
    TLS = "tls-handshake"
    ENCRYPTED = "encrypted"
    IDLE = "idle"  # nothing was asked for
    CLOSE = "tear-down"
    QUEUE = "queue"  # a server had the mail, and did not pass it on yet
    GREYLISTING = "greylisting"  # refused for now, until the sender tried again
    DEFERRED = "deferred"  # refused for now for another reason, likewise
    MAILBOX = "mailbox"  # nobody had come to fetch it

    __hash__ = object.__hash__  # members are single, and the hash of an Enum is slow


class Wait(Struct, frozen=True, gc=False):
    """A stretch of time that belongs to one reason.

    `packets` prove it: those it is about, or the one after which it began and the one that ended it. `about` is the
    verb that was waited for, `mail` for the mail itself, the question of a lookup, how an ident call ended (refused,
    answered, unanswered, silent), or '' where there is nothing to name. `side` is who let the other wait, None where
    it was neither or not known.
    """

    kind: WaitKind
    start_ns: int
    duration_ns: int
    packets: tuple[int, ...]
    confidence: Confidence = Confidence.CERTAIN
    about: str = ""
    side: Side | None = None

    @property
    def end_ns(self) -> int:
        """When it was over."""
        return self.start_ns + self.duration_ns


class HopWait(Struct, frozen=True, gc=False):
    """A wait of a journey: within the hop at `place` among its hops, or (`between`) until that one began."""

    wait: Wait
    place: int
    between: bool = False


class TimeShare(Struct, frozen=True, gc=False):
    """What one reason took of some time, altogether: `what` in a few words, `why` in a sentence, or '' if all is said.

    `packets` are empty where many small reasons are told together. `spans` are where it lies: each an offset from the
    start and a length, in nanoseconds.
    """

    what: str
    why: str
    duration_ns: int
    packets: tuple[int, ...]
    confidence: Confidence
    spans: tuple[tuple[int, int], ...]


class TimeTable(Struct, frozen=True):
    """Where `total_ns` went: the greatest shares first, what is left over last; the shares add up to all of it.

    `sums` are lines that add up a part of it, such as what the greeting waited for.
    """

    total_ns: int
    shares: tuple[TimeShare, ...]
    sums: tuple[str, ...] = ()
