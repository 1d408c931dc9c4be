"""A TCP stream cut into DNS messages, each preceded by its length. Source: RFC 1035 section 4.2.2, RFC 7766 section 8.

A hole inside a message costs that message its end; the length still tells where the next one begins. A hole that hides
a length loses the count: then the next segment that begins with a believable message is where reading goes on.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from mailtrace.model import Data, Gap
from mailtrace.protocols.dns.grammar import looks_like_message

LENGTH_OCTETS = 2


class Cut(Struct, frozen=True):
    """One message: `whole` is false when some of it was not captured; `missing` then tells how many octets."""

    wire: bytes
    packets: tuple[int, ...]
    time_ns: int
    missing: int = 0


class MessageCutter:
    """Feed it one side of a stream; it holds at most one message, so at most 64 KiB."""

    def __init__(self) -> None:
        """Begin where a message begins."""
        self._held = bytearray()
        self._packets: list[int] = []
        self._time_ns = 0
        self._skip = 0  # octets of a damaged message that are still to come
        self._lost = False
        self._length_alone = b""  # while lost: some servers send the length in a segment of its own

    def feed(self, data: Data) -> Iterator[Cut]:
        """Take the next octets; yield the messages they complete."""
        octets = data.data
        if self._skip:
            skipped = min(self._skip, len(octets))
            self._skip -= skipped
            octets = octets[skipped:]
        if self._lost:
            octets = self._length_alone + octets
            self._length_alone = octets if len(octets) == LENGTH_OCTETS else b""
            if not looks_like_message(octets[LENGTH_OCTETS:]):
                return
            self._lost = False
        if not octets:
            return
        self._held += octets
        self._time_ns = data.time_ns
        if not self._packets or self._packets[-1] != data.packet:
            self._packets.append(data.packet)
        yield from self._whole_messages(data.packet)

    def _whole_messages(self, packet: int) -> Iterator[Cut]:
        """Yield all messages held whole, and keep the rest."""
        held, at = self._held, 0
        while at + LENGTH_OCTETS <= len(held):
            stop = at + LENGTH_OCTETS + self._length_at(at)
            if stop > len(held):
                break
            yield Cut(bytes(held[at + LENGTH_OCTETS : stop]), tuple(self._packets), self._time_ns)
            self._packets = [packet]
            at = stop
        del held[:at]
        if not held:
            self._packets = []

    def _length_at(self, at: int) -> int:
        return self._held[at] << 8 | self._held[at + 1]

    def gap(self, gap: Gap) -> Cut | None:
        """Octets are missing here: return the message they damaged, if its beginning is known."""
        missing = gap.missing
        if self._skip:
            self._lost = self._lost or missing > self._skip
            self._skip = max(0, self._skip - missing)
            return None
        wanted = LENGTH_OCTETS + self._length_at(0) - len(self._held) if len(self._held) >= LENGTH_OCTETS else 0
        damaged = self.finish()
        if missing > wanted:
            self._lost = True
        else:
            self._skip = wanted - missing
        return damaged

    def finish(self) -> Cut | None:
        """No more will come: return the unfinished message, if there is one."""
        held, self._held = self._held, bytearray()
        packets, self._packets = tuple(self._packets), []
        if len(held) <= LENGTH_OCTETS:
            return None
        missing = LENGTH_OCTETS + (held[0] << 8 | held[1]) - len(held)
        return Cut(bytes(held[LENGTH_OCTETS:]), packets, self._time_ns, missing)
