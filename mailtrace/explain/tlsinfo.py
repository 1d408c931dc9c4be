"""The Info text of a TLS segment: the names of its records, `Server Hello, Change Cipher Spec, Application Data`."""

from __future__ import annotations

RECORDS = {20: "Change Cipher Spec", 21: "Alert", 22: "Handshake", 23: "Application Data"}
"""Source: RFC 8446 section 5.1."""

HANDSHAKES = {
    0: "Hello Request",
    1: "Client Hello",
    2: "Server Hello",
    4: "New Session Ticket",
    8: "Encrypted Extensions",
    11: "Certificate",
    12: "Server Key Exchange",
    13: "Certificate Request",
    14: "Server Hello Done",
    15: "Certificate Verify",
    16: "Client Key Exchange",
    20: "Finished",
    22: "Certificate Status",
}
"""Source: RFC 8446 section 4, RFC 5246 section 7.4."""

NAMES_LIMIT = 32
"""Records named in one row; a segment of 64 kB can hold thousands of empty ones."""


def tls_info(payload: bytes) -> str:
    """Return the records that start in a segment, '' where none does at its beginning (it continues another)."""
    names: list[str] = []
    at = 0
    while at + 5 <= len(payload) and payload[at] in RECORDS and payload[at + 1] == 3 and len(names) < NAMES_LIMIT:
        length = int.from_bytes(payload[at + 3 : at + 5], "big")
        body = payload[at + 5 : at + 5 + length]
        names += _handshakes(body, length) if payload[at] == 22 else [RECORDS[payload[at]]]
        at += 5 + length
    return ", ".join(names)


def _handshakes(body: bytes, length: int) -> list[str]:
    """Name the messages of a handshake record; one that makes no sense is encrypted."""
    names: list[str] = []
    at = 0
    while at + 4 <= len(body) and len(names) < NAMES_LIMIT:
        size = int.from_bytes(body[at + 1 : at + 4], "big")
        name = HANDSHAKES.get(body[at])
        if name is None or (at + 4 + size > length and size > 0xFFFF):
            return ["Encrypted Handshake Message"]
        names.append(name)
        at += 4 + size
    return names or ["Handshake"]
