"""Names in what TLS says in clear: the server's name that a client asks for, and names in certificates.

What is encrypted is left as it is; nobody has the keys. Names stand in handshakes as plain text with counts before
them, so it is enough to replace what looks like one in the records of that kind.
"""

from __future__ import annotations

import re

from mailtrace.redact.fields import HOSTS
from mailtrace.redact.text import Rewriter

_RECORD = 5
_HANDSHAKE = 22
_PROTECTED = 20
"""The record behind which a side's handshake goes on encrypted, but for a second hello: ChangeCipherSpec."""

_NAME = re.compile(rb"[A-Za-z0-9*_-][A-Za-z0-9_.@-]{2,252}")


def _is_hello(record: bytes) -> bool:
    """Tell whether a record is another hello of a client, which was asked for one. Source: RFC 8446 section 4.1.4."""
    return record[5:6] == b"\x01" and int.from_bytes(record[6:9], "big") == len(record) - _RECORD - 4


class Handshakes:
    """Replaces in TLS."""

    def __init__(self, rewriter: Rewriter) -> None:
        """Replace what the rewriter was told to."""
        self._rewriter = rewriter

    def replaced(self, octets: bytes) -> bytes:
        """Return what one side sent from its first record on."""
        if not self._rewriter.fields:
            return octets
        pieces, at, is_protected = [], 0, False
        while at + _RECORD <= len(octets):
            kind, size = octets[at], int.from_bytes(octets[at + 3 : at + 5], "big")
            stop = min(at + _RECORD + size, len(octets))
            record = octets[at:stop]
            is_protected = is_protected or kind == _PROTECTED
            is_clear = kind == _HANDSHAKE and (not is_protected or _is_hello(record))
            pieces.append(_NAME.sub(self._name, record) if is_clear else record)
            at = stop
        return b"".join([*pieces, octets[at:]])

    def _name(self, found: re.Match[bytes]) -> bytes:
        word = found[0]
        labels = word.split(b".")
        if b"@" in word:
            return self._rewriter.text(word)
        if HOSTS not in self._rewriter.fields or len(labels) < 2 or not self._rewriter.is_host(word.decode()):
            return self._rewriter.text(word)
        return self._rewriter.host(word)
