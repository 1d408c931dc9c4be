"""Where in the octets of a conversation stands what was said in it: events say their packets, packets their place.

What each side said lies here as one row of octets, with NUL where some are missing. An event is looked for in the
octets of its packets, behind the one before it; what is not found there, as behind compression, has no place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from mailtrace.model import Command, Content, Continuation, Conversation, Gap, Packet, Reply, Side, Transport, WentDark

Span = tuple[int, int]
"""Half-open."""

_END = b"\r\n.\r\n"
_COUNTED = frozenset(("BDAT", "APPEND", "FETCH"))
"""How mails come whose octets are counted, and nothing in them doubled."""


class Said(Struct):
    """What one side said: its octets, and the offsets at which packets carried some."""

    octets: bytearray
    ranges: dict[int, Span]


class Placed(Struct):
    """An event and where it stands: of a mail in chunks there are several spans.

    Without spans it was not found; then it is somewhere in `within`, if anywhere.
    """

    event: Command | Continuation | Reply | Content | Gap
    side: Side
    spans: list[Span]
    within: Span | None = None


class Placing:
    """Finds the places of the events of one conversation; `dark` are the offsets from which nothing is in clear."""

    def __init__(self, conversation: Conversation, said: Mapping[Side, Said]) -> None:
        """Take what both sides said."""
        self._conversation = conversation
        self._said = said
        self._cursor = {Side.CLIENT: 0, Side.SERVER: 0}
        self._chunks: list[Span] = []
        self.dark: dict[Side, int] = {}

    def places(self) -> Iterator[Placed]:
        """Yield lines and mails with their places, and holes, in order, up to where they go dark."""
        for event in self._conversation.dialogue.events:
            if isinstance(event, WentDark):
                self.go_dark()
                return
            if isinstance(event, Command | Continuation):
                yield self._line(event, Side.CLIENT, event.line)
            elif isinstance(event, Reply):
                yield self._line(event, Side.SERVER, event.lines[0] if event.lines else b"")
            elif isinstance(event, Content):
                yield self._mail(event)
            elif isinstance(event, Gap):
                yield Placed(event, event.side, [])

    def go_dark(self) -> None:
        """Note that nothing is in clear behind the lines that were read last."""
        for side, at in self._cursor.items():
            stop = self._said[side].octets.find(b"\n", at)
            self.dark[side] = stop + 1 if at and 0 <= stop <= at + 1 else at

    def _line(self, event: Command | Continuation | Reply, side: Side, line: bytes) -> Placed:
        within = self._within(event.packets, side)
        at = self._find(line, side, within)
        if at is None:
            return Placed(event, side, [], within)
        stop = at + len(line)
        self._cursor[side] = stop
        if isinstance(event, Command) and event.verb == "BDAT":
            self._chunk(event, stop)
        return Placed(event, side, [(at, stop)])

    def _chunk(self, command: Command, at: int) -> None:
        """Note where the octets of a chunk lie. Source: RFC 3030 section 2."""
        words = command.line[command.argument_at :].split()
        size = int(words[0]) if words and words[0].isdigit() and len(words[0]) < 16 else 0
        octets = self._said[Side.CLIENT].octets
        start = octets.find(b"\n", at) + 1 or len(octets)
        stop = min(start + size, len(octets))
        self._chunks.append((start, stop))
        self._cursor[Side.CLIENT] = stop

    def _mail(self, content: Content) -> Placed:
        side = Side.SERVER if content.how in ("RETR", "TOP", "XMIT", "FETCH") else Side.CLIENT
        chunks, self._chunks = self._chunks, []
        if content.how == "BDAT":
            return Placed(content, side, [span for span in chunks if span[0] < span[1]])
        within = self._within(content.packets, side)
        octets = self._said[side].octets
        if content.how in _COUNTED:
            at = self._find(content.kept, side, within)
            start, stop = (0, 0) if at is None else (at, min(at + content.size_bytes, len(octets)))
        else:
            start = octets.find(b"\n", self._cursor[side]) + 1
            end = octets.find(_END, max(start + content.size_bytes - 2, start - 2, 0))
            stop = min(start + content.size_bytes, len(octets)) if end < 0 else end + 2
            at = start
            if octets[start : start + 3] == b".\r\n":
                stop = start
        if at is None:
            return Placed(content, side, [], within)
        self._cursor[side] = stop
        return Placed(content, side, [(start, stop)])

    def _within(self, packets: Iterable[int], side: Side) -> Span | None:
        """Return from where to where the octets of some packets reach."""
        ranges = [self._said[side].ranges[number] for number in packets if number in self._said[side].ranges]
        return (min(start for start, _ in ranges), max(stop for _, stop in ranges)) if ranges else None

    def _find(self, line: bytes, side: Side, within: Span | None) -> int | None:
        if within is None:
            return None
        at = self._said[side].octets.find(line, max(self._cursor[side], within[0]), within[1])
        return at if at >= 0 else None


def said_by(packets: Iterable[Packet], transport: Transport) -> dict[Side, dict[int, Span]]:
    """Return the offsets of the octets that each packet of a conversation carried, by side."""
    ranges: dict[Side, dict[int, Span]] = {Side.CLIENT: {}, Side.SERVER: {}}
    for row in packets:
        start = max(row.sequence - 1, 0) if transport is Transport.TCP else 0
        if row.length:
            ranges[row.side][row.number] = (start, start + row.length)
    return ranges
