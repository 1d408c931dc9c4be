"""The third reading: each packet is copied with everything replaced in it.

Packets keep their numbers, times and lengths on the wire. Of a packet that belongs to no conversation that was
understood the headers stay, and what it carries is left out, as if the capture had a snap length.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from mailtrace.model import RawBatch
from mailtrace.packets.decode import Decoder, Header
from mailtrace.packets.places import FRAGMENT
from mailtrace.redact.cleaning import CleanWriter
from mailtrace.redact.fields import ADDRESSES
from mailtrace.redact.fragments import Whole, moved
from mailtrace.redact.frames import Carried, carried, known_end, mend_checksums, replace_addresses
from mailtrace.redact.lookups import Lookups
from mailtrace.redact.secrets import hidden
from mailtrace.redact.streams import Found
from mailtrace.redact.text import Rewriter

FCS_BYTES = 4


class Copying:
    """Takes the batches of a capture again, and writes them; `cut` counts packets of which octets were left out."""

    def __init__(self, found: Found, rewriter: Rewriter, writer: CleanWriter) -> None:
        """Replace what was found and chosen."""
        self.cut = 0
        self._found, self._rewriter, self._writer = found, rewriter, writer
        self._lookups = Lookups(rewriter)
        self._decoder = Decoder()
        self._pieces: dict[int, list[tuple[int, bytes]]] = {}
        for whole in found.wholes:
            self._take_apart(whole)
        found.wholes.clear()

    def feed(self, batch: RawBatch) -> None:
        """Write the next batch."""
        _, trace = self._decoder.decode_traced(batch)
        for index, headers in enumerate(trace):
            start = int(batch.start[index])
            octets = batch.buffer[start : start + int(batch.captured[index])]
            own = [header for header in headers if start <= header.at < start + max(len(octets), 1)]
            fcs_bytes = batch.interfaces[int(batch.interface[index])].fcs_bytes
            made = self.frame(batch.first_number + index, octets, moved(own, start), fcs_bytes)
            self.cut += len(made) < len(octets)
            self._writer.add_replaced(batch, index, made)

    def frame(self, number: int, octets: bytes, headers: Sequence[Header], fcs_bytes: int = 0) -> bytes:
        """Return the octets of a frame, replaced, and maybe cut."""
        made = bytearray(octets)
        end = self._payloads(number, octets, made, headers)
        if end is None:
            return self._headers_alone(octets, headers)
        made[end:] = bytes(len(made) - end)  # padding may hold what was in somebody's memory
        if ADDRESSES in self._rewriter.fields:
            replace_addresses(made, headers, self._rewriter.addresses)
        mend_checksums(octets, made, headers)
        if (
            fcs_bytes == FCS_BYTES
            and end < len(octets)
            and zlib.crc32(octets[:-4]) == int.from_bytes(octets[-4:], "little")
        ):
            made[-4:] = zlib.crc32(made[:-4]).to_bytes(4, "little")
        return bytes(made)

    def _headers_alone(self, octets: bytes, headers: Sequence[Header]) -> bytes:
        """Return what is known of a frame that carries nobody knows what."""
        end = known_end(octets, headers)
        made = bytearray(octets[:end])
        if ADDRESSES in self._rewriter.fields:
            inside = [header for header in headers if header.at < end]
            replace_addresses(made, inside, self._rewriter.addresses)
            mend_checksums(octets[:end], made, inside)
        return bytes(made)

    def _payloads(self, number: int, octets: bytes, made: bytearray, headers: Sequence[Header]) -> int | None:
        """Replace what a frame carries; return where it ends, None where it is not to be copied."""
        last = headers[-1] if headers else None
        if last is None:
            return None
        if last.kind == FRAGMENT:
            return self._fragment(number, made, last)
        end = None
        for each in carried(octets, headers):
            new = self._replaced(number, each)
            if new is None:
                return None
            made[each.at : each.at + len(new)] = new
            end = each.at + len(new)
        return end

    def _fragment(self, number: int, made: bytearray, header: Header) -> int | None:
        pieces = self._pieces.get(number)
        if pieces is None:
            return None
        for at, octets in pieces:
            made[at : at + len(octets)] = octets
        return header.captured_end

    def _replaced(self, number: int, payload: Carried) -> bytes | None:
        """Return what a packet carries, replaced; None where that is not known."""
        ends = frozenset((payload.source, payload.target))
        if not payload.octets:
            return b""
        if not payload.is_tcp:
            return self._lookups.message(payload.octets) if ends in self._found.datagrams else None
        for place in self._found.places.get(number, ()):
            if self._found.ends[place.talk] != ends:
                continue
            if place.is_hidden:
                return hidden(payload.octets)
            made = bytearray(payload.octets)
            self._found.edits[place.talk, place.side].apply(made, place.offset)
            return bytes(made)
        return None

    def _take_apart(self, whole: Whole) -> None:
        """Replace in a packet that was put together, and note what becomes of its pieces."""
        made = bytearray(whole.octets)
        end = self._payloads(whole.number, whole.octets, made, whole.headers)
        if end is None:
            return
        old = bytes(whole.octets)
        if ADDRESSES in self._rewriter.fields:
            replace_addresses(made, whole.headers, self._rewriter.addresses)
        mend_checksums(old, made, whole.headers)
        for piece in whole.pieces:
            start = whole.size + piece.start
            self._pieces.setdefault(piece.number, []).append((piece.at, bytes(made[start : start + piece.size])))
