"""The mails of an IMAP conversation: fetched whole, fetched in pieces, appended. Source: RFC 9051 section 6.4.5.

What is asked for as `BODY[]`, `RFC822` or `BINARY[]` is a mail. Headers, texts and parts that are fetched on their own
are none: they stand in their reply. Pieces such as `BODY[]<2048>` are joined while each begins where the one before
ended, of the same mail in the same folder; they are a whole mail once one is shorter than asked, or they have the size
that the server told. Otherwise they are a mail that is not complete, with a hole before a piece that does not begin it.
"""

from __future__ import annotations

from msgspec import Struct

from mailtrace.model import Content, Dialogue, Event, Reply
from mailtrace.protocols.imap.items import Item
from mailtrace.protocols.octets import Octets

SIZES_LIMIT = 10_000
"""Sizes of mails remembered, as told by RFC822.SIZE: those of a folder that a client shows at once."""

PARTLY_LIMIT = 8
"""Mails that may be under way in pieces at the same time."""


class _Partly(Struct):
    """A mail that came in pieces so far; its content will stand behind the last reply that brought one."""

    octets: Octets
    uid: int | None
    reply: Reply


class MailBook:
    """Lists the mails of a dialogue, those in pieces when nothing more comes of them."""

    def __init__(self, dialogue: Dialogue) -> None:
        self._dialogue = dialogue
        self._partly: dict[int, _Partly] = {}  # by sequence number
        self._sizes: dict[int, int] = {}

    def whole(self, content: Content) -> None:
        """List a mail right here."""
        self._dialogue.events.append(content)
        self._dialogue.contents.append(content)

    def sized(self, number: int, size: int) -> None:
        """Note what the server says the size of a mail is."""
        if len(self._sizes) < SIZES_LIMIT or number in self._sizes:
            self._sizes[number] = size

    def piece(
        self, number: int, uid: int | None, item: Item, content: Content, asked: int | None, reply: Reply
    ) -> None:
        """Take a piece of mail `number`, of which `asked` octets were wanted."""
        if not content.kept_all:  # nothing can be joined to what is not here
            content.complete = False
            self.whole(content)
            return
        origin = item.origin or 0
        partly = self._partly.get(number)
        if partly is not None and not _goes_on(partly, uid, origin):
            self._close(number)
            partly = None
        if partly is None:
            if len(self._partly) >= PARTLY_LIMIT:
                self._close(next(iter(self._partly)))
            partly = self._partly[number] = _Partly(Octets("FETCH"), uid, reply)
            if origin:
                partly.octets.hole(origin)
        partly.reply = reply
        _join(partly.octets, content)
        size = partly.octets.size_bytes
        if content.complete and (self._sizes.get(number) == size or (asked is not None and content.size_bytes < asked)):
            self._close(number, ended=True)

    def ended(self, number: int, origin: int) -> None:
        """Take the answer that nothing is left of mail `number` from `origin` on."""
        partly = self._partly.get(number)
        if partly is not None and partly.octets.size_bytes == origin:
            self._close(number, ended=True)

    def expunged(self, number: int) -> None:
        """Numbers from this one on mean other mails now. Source: RFC 9051 section 7.5.1."""
        for each in [each for each in self._partly if each >= number]:
            self._close(each)
        self._sizes.clear()

    def forget_numbers(self) -> None:
        """Another folder, or none: numbers mean other mails now, or nothing."""
        for number in list(self._partly):
            self._close(number)
        self._sizes.clear()

    def _close(self, number: int, ended: bool = False) -> None:
        """List a mail that came in pieces."""
        partly = self._partly.pop(number)
        partly.octets.complete = ended
        content = partly.octets.content()
        events: list[Event] = self._dialogue.events
        at = next(at for at in range(len(events) - 1, -1, -1) if events[at] is partly.reply) + 1
        while at < len(events) and isinstance(events[at], Content):
            at += 1
        events.insert(at, content)
        self._dialogue.contents.append(content)


def _goes_on(partly: _Partly, uid: int | None, origin: int) -> bool:
    """Tell whether a piece surely follows those that are here."""
    same = uid is None or partly.uid is None or uid == partly.uid
    return same and origin == partly.octets.size_bytes


def _join(octets: Octets, piece: Content) -> None:
    """Append a piece with its holes."""
    at = 0
    for packet in piece.packets:
        octets.carried(packet, piece.end_ns if packet == piece.packets[-1] else piece.start_ns)
    for offset, missing in piece.holes:
        octets.add(piece.kept[at:offset])
        octets.hole(missing)
        at = offset + missing
    octets.add(piece.kept[at:])
