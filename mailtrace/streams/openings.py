"""HOT. How mail begins: the first octets of a conversation, by which it is found on any port (tests/bench `mixed`).

Four octets cannot prove a protocol; they only choose the few streams that are worth a closer look.
"""

from __future__ import annotations

import numpy as np

from mailtrace.packets.columns import Bools, Ints, Octets

SERVER_OPENINGS = (
    *(b"220 ", b"220-", b"421 ", b"421-", b"554 ", b"554-"),  # SMTP greets or refuses: RFC 5321 section 4.3.2
    *(b"+OK ", b"+OK\r", b"+OK\n"),  # POP3: RFC 1939 section 4
    *(b"* OK", b"* PR", b"* BY"),  # IMAP: RFC 9051 section 7.1
    *(b"250 ", b"250-"),  # SMTP, where the greeting was not captured
)

CLIENT_OPENINGS = (
    *(b"EHLO", b"HELO", b"LHLO", b"MAIL", b"RCPT"),
    *(b"PROX", b"\r\n\r\n"),  # the header of a proxy, version 1 and version 2
)

SEEN_OCTETS = 4

LOWER_CASE = 0x20
"""The bit that letters of both cases differ in; other octets are told apart well enough without it."""


def _word(octets: bytes) -> int:
    return int.from_bytes(bytes(octet | LOWER_CASE for octet in octets), "big")


_SERVER_WORDS = frozenset(_word(opening[:size]) for opening in SERVER_OPENINGS for size in range(1, SEEN_OCTETS + 1))
_CLIENT_WORDS = frozenset(_word(opening[:size]) for opening in CLIENT_OPENINGS for size in range(1, SEEN_OCTETS + 1))
_WORDS = np.array(sorted(_SERVER_WORDS | _CLIENT_WORDS), dtype=np.int64)
"""All beginnings of openings, the short ones too: a greeting may come octet by octet."""


def begin_like_mail(octets: Octets, at: Ints, captured: Ints) -> Bools:
    """Tell which payloads, each of `captured` octets from `at` on, begin like mail as far as they go."""
    word = np.zeros(len(at), dtype=np.int64)
    for index in range(SEEN_OCTETS):
        longer = (word << 8) | octets.u8(at + index) | LOWER_CASE
        word = np.where(captured > index, longer, word)
    found: Bools = _WORDS[np.minimum(np.searchsorted(_WORDS, word), len(_WORDS) - 1)] == word
    return found


def spoken_by_server(payload: bytes) -> bool | None:
    """Tell from the first octets who says them, None where they do not tell."""
    word = _word(payload[:SEEN_OCTETS])
    if word in _SERVER_WORDS:
        return True
    return False if word in _CLIENT_WORDS else None
