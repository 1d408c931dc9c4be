"""Looking for secrets in octets, in whatever form programs write them."""

from __future__ import annotations

import html
import json
import quopri
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from functools import cache
from urllib.parse import quote, quote_from_bytes

LEAST = 8
"""Characters of a piece of base64 that is looked for; shorter ones are there by chance."""


def forms(secret: str) -> Iterator[bytes]:
    """Yield every form of a secret: plain, base64 at three alignments, hexadecimal, escaped, wide, turned around."""
    plain = secret.encode()
    yield from (plain, plain.swapcase(), plain.upper(), plain.lower(), plain[::-1])
    for before in range(3):
        for encode in (b64encode, urlsafe_b64encode):
            encoded = encode(b"\0" * before + plain)
            whole = encoded[-(-before * 8 // 6) : len(encoded) // 4 * 4 - 4]
            if len(whole) >= LEAST:
                yield whole
    for octets in (plain, secret.encode("utf-16-le")):
        yield from (
            octets.hex().encode(),
            octets.hex().upper().encode(),
            octets.hex(" ").encode(),
            octets.hex(":").encode(),
        )
    yield quote_from_bytes(plain, safe="").encode()
    yield quote(secret).encode()
    yield "".join(f"={octet:02X}" for octet in plain).encode()
    yield quopri.encodestring(plain, quotetabs=True).strip()
    yield from (secret.encode("utf-16-le"), secret.encode("utf-16-be"))
    yield json.dumps(secret)[1:-1].encode()
    yield html.escape(secret).encode()
    yield "".join(f"&#{ord(letter)};" for letter in secret).encode()


def leaks(octets: bytes, secrets: list[str]) -> list[str]:
    """Return the secrets that are found in octets, also where lines are broken or something stands between letters."""
    squeezed = octets.translate(None, b" \t\r\n")
    return [secret for secret in secrets if any(form in squeezed for form in _squeezed_forms(secret))]


@cache
def _squeezed_forms(secret: str) -> frozenset[bytes]:
    return frozenset(form.translate(None, b" \t\r\n") for form in forms(secret)) - {b""}
