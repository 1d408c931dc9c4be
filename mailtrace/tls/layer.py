"""TLS between the stream and the conversation: events of the stream in, events in clear out, and facts on the way.

What comes before keys hold is read as it is; what comes after is opened where the keys are known. What is
encrypted can only be read once both hellos are here, and sides may be delivered apart, so it waits for them, up to a
limit. Nothing here raises: octets that are no TLS, holes, and records that do not open are named, and what can still
be read is read.
"""

from __future__ import annotations

from mailtrace.model import Closed, Data, Gap, GapReason, Side, TlsAlert, TlsFacts, TlsMessage, Violation
from mailtrace.tls.direction import Direction
from mailtrace.tls.handshake import Message
from mailtrace.tls.keys import Keys
from mailtrace.tls.negotiation import Negotiation
from mailtrace.tls.numbers import (
    ALERT,
    ALERT_NAMES,
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    CLIENT_HELLO,
    CLOSE_NOTIFY,
    ENCRYPTED_EXTENSIONS,
    HANDSHAKE,
    HANDSHAKE_NAMES,
    SERVER_HELLO,
)
from mailtrace.tls.records import Hole, NoRecord, Piece, Record

HELD_OCTETS_LIMIT = 256 * 1024
"""Octets of one side that wait for the other's hello: it is late by a round trip at most, or it is lost."""

HELD_RECORDS_LIMIT = 1024
"""Records that wait for it; they may be empty."""

MESSAGES_LIMIT = 200
"""Messages listed of one connection; a handshake has a dozen."""

ALERTS_LIMIT = 32
"""Alerts of one connection that are taken without a word; one ends it."""

EMPTY_LIMIT = 32
"""Records without content in a row that are taken without a word; OpenSSL takes as many."""

OVERHEAD_BYTES = 24
"""About what protection adds to the octets of a record: a checksum, a nonce or a kind."""

FATAL = 2

CLEAR_OCTETS = 16
"""Octets looked at to tell text from noise."""

ENCRYPTED = "encrypted"
"""How a message is listed that cannot be read."""


class TlsLayer:
    """Reads one TLS connection; `facts` is what is known so far, `violations` what was wrong with it."""

    def __init__(self, keys: Keys) -> None:
        """Begin before the first record; `keys` may still grow."""
        self.facts = TlsFacts()
        self.violations: list[Violation] = []
        self._keys = keys
        self._keys_tried = 0
        self._agreed = Negotiation(self.facts)
        self._sides = (Direction(Side.CLIENT), Direction(Side.SERVER))
        self._blind = False  # one of the hellos will not come
        self._alerts = 0
        self._clear: list[Data | Gap | Closed] = []

    def feed(self, event: Data | Gap | Closed) -> list[Data | Gap | Closed]:
        """Take the next event of either side; return what can be read now, in clear."""
        if isinstance(event, Closed):
            self._close(event)
        else:
            side = self._sides[event.side]
            pieces = side.records.feed(event)
            if not pieces:  # most segments are the middle of a record
                return []
            for piece in pieces:
                self._take(side, piece)
            for each in self._sides:
                self._release(each)
        clear, self._clear = self._clear, []
        return clear

    def _close(self, event: Closed) -> None:
        """One side says no more: what waits for the other's hello is read as far as it can be."""
        if any(side.held for side in self._sides):
            self._go_blind()
            for side in self._sides:
                self._release(side)
        self._tell_lost(self._sides[event.side])
        self._clear.append(event)

    def _take(self, side: Direction, piece: Piece) -> None:
        """Handle a piece, or hold it until it can be read."""
        if not side.held and not self._must_wait(side, piece):
            self._handle(side, piece)
            return
        side.held.append(piece)
        side.held_octets += len(piece.body) if isinstance(piece, Record) else 0
        if side.held_octets > HELD_OCTETS_LIMIT or len(side.held) > HELD_RECORDS_LIMIT:
            self._go_blind()

    def _must_wait(self, side: Direction, piece: Piece) -> bool:
        """Tell whether a piece can only be read once more of the other side is seen."""
        if self._blind or not isinstance(piece, Record) or piece.kind not in (CHANGE_CIPHER_SPEC, APPLICATION_DATA):
            return False
        if self._agreed.in_1_3 and piece.kind == CHANGE_CIPHER_SPEC:  # it means nothing. RFC 8446 appendix D.4
            return False
        if self._agreed.asked and self._agreed.answered:
            return side.side is Side.CLIENT and self._agreed.early and self._sides[Side.SERVER].has_keys
        hello_came = self._agreed.asked if side.side is Side.CLIENT else self._agreed.answered
        if not hello_came:  # it would have come before
            self._go_blind()
        return hello_came

    def _release(self, side: Direction) -> None:
        """Handle what was held, as far as that is possible now."""
        if not side.held or self._must_wait(side, side.held[0]):
            return
        held, side.held = side.held, []
        side.held_octets = 0
        for piece in held:
            self._handle(side, piece)

    def _go_blind(self) -> None:
        """What tells how to read what is encrypted will not come."""
        self._blind = True

    def _handle(self, side: Direction, piece: Piece) -> None:
        """Understand what one side sent next."""
        if isinstance(piece, Record):
            self._record(side, piece)
        elif isinstance(piece, Hole):
            self._lose(side, piece.missing, piece.why, piece.packet, piece.time_ns)
            side.messages.clear()
            side.lose_count(piece.missing)
            hello_came = self._agreed.asked if side.side is Side.CLIENT else self._agreed.answered
            if not hello_came:
                self._go_blind()
        else:
            self._no_record(side, piece)

    def _record(self, side: Direction, record: Record) -> None:
        """Read a record as it is, or open it."""
        side.empty = 0 if record.body else side.empty + 1
        if side.empty == EMPTY_LIMIT:
            self._name("tls-empty-records", side, record)
        if record.kind == APPLICATION_DATA:
            if not side.sealed:  # what announced it was lost
                self._seal(side)
            self._count(side, record)
            self._open(side, record)
        elif side.sealed and not self._agreed.in_1_3:
            self._open(side, record)
        elif record.kind == CHANGE_CIPHER_SPEC:
            self._list(side, "ChangeCipherSpec", record)
            if not self._agreed.in_1_3:
                self._change(side)
        else:
            self._read(side, record.kind, record.body, record)

    def _count(self, side: Direction, record: Record) -> None:
        """Count application data as it is sent."""
        if side.side is Side.CLIENT:
            self.facts.client_octets += len(record.body)
        else:
            self.facts.server_octets += len(record.body)

    def _change(self, side: Direction) -> None:
        """New keys hold for what one side sends. Source: RFC 5246 section 7.1."""
        if side.side is Side.SERVER and side.lost is None:
            self._agreed.server_changes_keys()
        side.lost = None
        side.begin_count()
        self._seal(side)

    def _seal(self, side: Direction) -> None:
        """From here on one side's records are encrypted."""
        side.seal(self._agreed.openers(self._keys, side.side))
        self._keys_tried = self._keys.added
        self._not_read(side, "" if side.has_keys else self._agreed.why_unread())

    def _use_keys(self) -> None:
        """Look for keys that were not known, or could not be told, when encryption began."""
        self._keys_tried = self._keys.added
        for each in self._sides:
            if each.sealed and not each.has_keys:
                each.use(self._agreed.openers(self._keys, each.side))

    def _not_read(self, side: Direction, why: str) -> None:
        """Note why one side cannot be read, or that it can."""
        side.unread = why
        self.facts.unread = self._sides[Side.CLIENT].unread or self._sides[Side.SERVER].unread

    def _open(self, side: Direction, record: Record) -> None:
        """Open an encrypted record and read what is inside."""
        if not side.has_keys and self._keys_tried < self._keys.added:  # some became known meanwhile
            self._use_keys()
        opened = side.open(record)
        if opened is not None:
            self._read(side, *opened, record)
            return
        if record.kind == HANDSHAKE or (record.kind == ALERT and not side.has_keys):
            self._list(side, ENCRYPTED if record.kind == HANDSHAKE else "Alert", record)
        if side.has_keys:
            if side.told:
                self._name("tls-bad-record", side, record)
            else:
                self._not_read(side, "its keys do not fit")
            self._lose(side, len(record.body), GapReason.LOST, record.packet, record.time_ns)

    def _read(self, side: Direction, kind: int, octets: bytes, record: Record) -> None:
        """Read the content of a record."""
        if kind == APPLICATION_DATA:
            self._hand_out(side, octets, record)
        elif kind == HANDSHAKE:
            if not side.sealed:
                side.lost = None
            for message in _messages(side, octets, record):
                self._message(side, message, record.ssl2)
        elif kind == ALERT:
            for at in range(0, len(octets) - 1, 2):
                self._alert(side, octets[at], octets[at + 1], record)
        elif kind == CHANGE_CIPHER_SPEC and not self._agreed.in_1_3:
            self._list(side, "ChangeCipherSpec", record)
            self._change(side)

    def _hand_out(self, side: Direction, octets: bytes, record: Record) -> None:
        """Hand out what was said, behind the hole before it."""
        first = 0 if self._agreed.in_1_3 else 1  # Finished is the record before. RFC 5246 section 7.4.9
        if not side.told and side.opened_at <= first:
            side.lost = None  # what is missing is of the handshake
        self._tell_lost(side)
        if not self.facts.decrypted or side.unread:
            self.facts.decrypted = True
            self._not_read(side, "")
        side.told = True
        if octets:
            self._clear.append(Data(side.side, octets, record.packet, record.time_ns))

    def _lose(self, side: Direction, missing: int, why: GapReason, packet: int, time_ns: int) -> None:
        """Note a hole, to be told before what is handed out next."""
        missing += side.lost.missing if side.lost is not None else 0
        side.lost = Gap(side.side, missing, why, packet, time_ns)

    def _tell_lost(self, side: Direction) -> None:
        """Hand out a hole: about as many octets as the records had without their protection."""
        lost, side.lost = side.lost, None
        if lost is not None and side.has_keys:
            missing = max(1, lost.missing - OVERHEAD_BYTES)
            self._clear.append(Gap(lost.side, missing, lost.why, lost.packet, lost.time_ns))

    def _message(self, side: Direction, message: Message, ssl2: bool) -> None:
        """Take a message of the handshake."""
        whole = message.whole
        name = HANDSHAKE_NAMES.get(message.kind, f"handshake message {message.kind}")
        if whole and message.kind == CLIENT_HELLO and side.side is Side.CLIENT:
            whole = self._agreed.client_hello(message, ssl2)
            self._use_keys()
        elif whole and message.kind == SERVER_HELLO and side.side is Side.SERVER:
            whole = self._agreed.server_hello(message)
            if whole and not self._agreed.answered:
                name = "HelloRetryRequest"
            elif whole and self._agreed.in_1_3:
                for each in self._sides:
                    self._seal(each)
        else:
            self._agreed.other(side.side, message)
            if message.kind == ENCRYPTED_EXTENSIONS and not self.facts.early_data:  # refused
                client = self._sides[Side.CLIENT]
                client.seal(self._agreed.openers(self._keys, Side.CLIENT))
        self._list(side, name, message)
        if not whole:
            self._name("tls-bad-handshake", side, message, f"{name} cannot be read, or not all of it")

    def _alert(self, side: Direction, level: int, number: int, record: Record) -> None:
        """Take an alert. Source: RFC 8446 section 6."""
        self._alerts += 1
        if self._alerts > ALERTS_LIMIT:
            self._name("tls-alert-flood", side, record)
            return
        description = ALERT_NAMES.get(number, f"alert {number}")
        self._list(side, "Alert", record)
        if self.facts.alert is None or not self.facts.alert.fatal:
            self.facts.alert = TlsAlert(side.side, level == FATAL, description, record.packet, record.time_ns)
        if description == CLOSE_NOTIFY:
            side.ended = True

    def _no_record(self, side: Direction, piece: NoRecord) -> None:
        """Deal with octets that are no TLS: text goes on in clear, all else is lost."""
        if piece.before:
            self._name("plaintext-before-tls", side, piece)
            return
        if piece.too_long:
            self._name("tls-record-too-long", side, piece)
        elif _is_clear(piece.octets):
            self._name("plaintext-after-tls", side, piece)
            self._clear.append(Data(side.side, piece.octets, piece.packet, piece.time_ns))
            return
        else:
            self._name("tls-broken", side, piece)
        if not side.ended:
            self._not_read(side, "what came at last was no TLS")
            self._lose(side, len(piece.octets), GapReason.LOST, piece.packet, piece.time_ns)

    def _list(self, side: Direction, name: str, place: Record | Message) -> None:
        """List a message of the handshake."""
        if len(self.facts.messages) < MESSAGES_LIMIT:
            self.facts.messages.append(TlsMessage(side.side, name, place.packet, place.time_ns))
        else:
            self._name("tls-handshake-flood", side, place)

    def _name(self, code: str, side: Direction, place: Record | Message | NoRecord, detail: str = "") -> None:
        """Name what is wrong, each once for a side."""
        if code not in side.named:
            side.named.add(code)
            self.violations.append(Violation(code, side.side, place.packet, place.time_ns, detail))


def _messages(side: Direction, octets: bytes, record: Record) -> list[Message]:
    """Return the handshake messages that a record completes; a hello in the form of SSL 2.0 is a record of its own."""
    if record.ssl2:
        return [Message(CLIENT_HELLO, octets, record.packet, record.time_ns)]
    return side.messages.feed(octets, record.packet, record.time_ns)


def _is_clear(octets: bytes) -> bool:
    """Tell text from noise."""
    return all(octet in b"\t\r\n" or 32 <= octet < 127 for octet in octets[:CLEAR_OCTETS])
