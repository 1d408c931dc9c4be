"""The header that a proxy writes before a conversation, with the addresses in it replaced.

Source: haproxy.org, The PROXY protocol, versions 1 and 2.
"""

from __future__ import annotations

from mailtrace.redact.fields import ADDRESSES
from mailtrace.redact.text import Rewriter

_TEXT, _BINARY = b"PROXY ", b"\r\n\r\n\0\r\nQUIT\n"
_SIZES = {0x11: 4, 0x12: 4, 0x21: 16, 0x22: 16}
"""Octets of an address by family and transport."""


def proxied(octets: bytes, rewriter: Rewriter) -> bytes:
    """Return the header with which `octets` begin, replaced; nothing where they begin otherwise."""
    if octets.startswith(_TEXT):
        line = octets[: octets.find(b"\n") + 1]
        return rewriter.text(line)
    if not octets.startswith(_BINARY) or len(octets) < 16:
        return b""
    size, fields = _SIZES.get(octets[13], 0), octets[: 16 + int.from_bytes(octets[14:16], "big")]
    addresses = [fields[16 + at * size : 16 + (at + 1) * size] for at in range(2)]
    if ADDRESSES in rewriter.fields:
        addresses = [rewriter.addresses.ip(each) for each in addresses]
    return fields[:16] + b"".join(addresses) + fields[16 + 2 * size :]
