"""COMPRESS=DEFLATE: what one side says from there on is inflated, segment by segment. Source: RFC 4978 section 4.

A segment is inflated as far as it goes; senders flush at the end of what they say. Behind a hole nothing can be
inflated any more, since every octet depends on those before it.
"""

from __future__ import annotations

import zlib

from mailtrace.model import Data, Gap

CHUNK = 64 * 1024
"""Octets inflated at a time."""

RATIO_LIMIT = 200
"""Octets out of one: deflate can make a thousand, mail makes some ten."""

RATIO_FROM = 16 * 1024 * 1024
"""Octets inflated before the ratio counts: an empty mailbox full of spaces is no attack."""

TOTAL_LIMIT = 2 * 1024 * 1024 * 1024
"""Octets inflated of one side of one conversation."""


class Inflater:
    """Inflates one side; `trouble` is the violation code of what stopped it, empty while it goes on."""

    def __init__(self) -> None:
        self.trouble = ""
        self._inflate = zlib.decompressobj(-15)
        self._came = 0
        self._made = 0

    def feed(self, event: Data | Gap) -> list[Data | Gap]:
        """Return what the next segment says, with its packet and time; a hole stops all."""
        if self.trouble:
            return []
        if isinstance(event, Gap):
            self.trouble = "compressed-octets-missing"
            return [event]
        self._came += len(event.data)
        said: list[Data | Gap] = []
        rest = event.data
        while rest and not self.trouble:
            try:
                octets = self._inflate.decompress(rest, CHUNK)
            except zlib.error:
                self.trouble = "bad-compression"
                break
            rest = self._inflate.unconsumed_tail
            self._made += len(octets)
            if octets:
                said.append(Data(event.side, octets, event.packet, event.time_ns))
            if self._inflate.eof:
                self.trouble = "compression-ended"
            elif self._made > TOTAL_LIMIT or (self._made > RATIO_FROM and self._made > RATIO_LIMIT * self._came):
                self.trouble = "compression-bomb"
        return said
