"""What octets look like where the protocol itself cannot tell, and how a few of them are shown."""

from __future__ import annotations

from mailtrace.model import MASK, masked, wire_text
from mailtrace.protocols.smtp.grammar import VERBS, looks_like_command, parse_command
from mailtrace.protocols.smtp.logins import secret_spans

LOOK = 512
"""Octets looked at to tell a command by its shape. Source: RFC 5321 section 4.5.3.1.4."""

SHOWN = 200
"""Octets of injected text that a violation shows."""


_BEGINNINGS = frozenset({b"MAIL ", b"RCPT ", b"EHLO ", b"HELO ", b"LHLO ", b"AUTH ", b"BDAT "})

_TLS_BEGINS = frozenset({0x14, 0x15, 0x16, 0x17, 0x18, 0x80})
"""The content types of TLS records, and how a hello of SSL 2 begins."""


def begins_with_command(octets: bytes) -> bool:
    """Tell whether the first line of `octets` is surely meant as a command and not a line of a mail."""
    return looks_like_command(octets.split(b"\n", 1)[0].removesuffix(b"\r"))


def begins_transaction(octets: bytes) -> bool:
    """Tell whether the first line of `octets` is a command that a mail hardly ever has as a line: no lone word."""
    return octets[:5].upper() in _BEGINNINGS and begins_with_command(octets)


def begins_clear(octets: bytes) -> bool:
    """Tell whether octets begin like no TLS record and no hello of SSL 2. Source: RFC 8446 section 5.1."""
    return octets[0] not in _TLS_BEGINS


def named_octets(octets: bytes) -> str:
    """Spell out octets of a line end."""
    names = {0: "NUL", 10: "LF", 13: "CR"}
    return "".join(f"<{names[octet]}>" if octet in names else chr(octet) for octet in octets)


def shown(octets: bytes) -> str:
    """Return the beginning of injected text, its secrets masked: a line that is no known command could be one."""
    lines = []
    for line in octets[:SHOWN].splitlines():
        verb, argument_at = parse_command(line)
        lines.append(masked(line, secret_spans(verb, line, argument_at)) if verb in VERBS else line and MASK)
    return wire_text(b" | ".join(lines))
