"""From the secrets of a key log to the keys of one direction, with the primitives of `cryptography`."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "MD5": hashes.MD5,
    "SHA": hashes.SHA1,
    "SHA256": hashes.SHA256,
    "SHA384": hashes.SHA384,
}
"""Hash functions by the name they have in cipher suites."""


def mac(digest: str, key: bytes, octets: bytes) -> bytes:
    """Return the HMAC of `octets`. Source: RFC 2104 section 2."""
    context = hmac.HMAC(key, HASHES[digest]())
    context.update(octets)
    return context.finalize()


def key_block(digest: str | None, master: bytes, client_random: bytes, server_random: bytes, size: int) -> bytes:
    """Return the keys of both directions; `digest` None: as before TLS 1.2.

    Source: RFC 5246 section 6.3, RFC 2246 section 5.
    """
    seed = b"key expansion" + server_random + client_random
    if digest is not None:
        return _expand(digest, master, seed, size)
    half = (len(master) + 1) // 2
    first, second = _expand("MD5", master[:half], seed, size), _expand("SHA", master[-half:], seed, size)
    return bytes(left ^ right for left, right in zip(first, second, strict=True))


def _expand(digest: str, secret: bytes, seed: bytes, size: int) -> bytes:
    """Return `size` octets of the data expansion. Source: RFC 5246 section 5."""
    octets, link = b"", seed
    while len(octets) < size:
        link = mac(digest, secret, link)
        octets += mac(digest, secret, link + seed)
    return octets[:size]


def expand_label(digest: str, secret: bytes, label: bytes, size: int) -> bytes:
    """Return HKDF-Expand-Label without a context. Source: RFC 8446 section 7.1."""
    name = b"tls13 " + label
    info = size.to_bytes(2, "big") + bytes((len(name),)) + name + b"\0"
    return HKDFExpand(HASHES[digest](), size, info).derive(secret)


def next_secret(digest: str, secret: bytes) -> bytes:
    """Return the secret that holds after a key update. Source: RFC 8446 section 7.2."""
    return expand_label(digest, secret, b"traffic upd", len(secret))
